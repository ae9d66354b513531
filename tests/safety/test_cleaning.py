"""Cleaning removes what a run made, all of it, and nothing else; what it cannot remove it names."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest
from closed_ports import nobody_listens
from embedded import bystanders, bytes_of, listed, make_file, settings_for

from conformance.driver import Driver, Ledger, RecordError
from conformance.driver.report_folder import prepare
from conformance.driver.safety import ledger as ledgers
from conformance.driver.safety.cleaning import FEW, clean, rescue, target_of, tidy
from conformance.errors import TargetUnreachableError, UsageError
from conformance.history.read import read
from conformance.model import Exchange, Target
from conformance.reference.launch import RunningServer
from conformance.settings.run_settings import Settings


def make_some(settings: Settings, projects: int = 3) -> list[str]:
    """Make projects, one with a file; give their ids."""
    driver = Driver(settings)
    client = driver.client("maker")
    made = [make_file(client, "f", b"abc")[0]]
    made += [client.create_project(driver.name(), "d").exchange.response["id"] for _ in range(projects - 1)]
    driver.close()
    return made


def test_clean_removes_the_run_and_nothing_else(server: RunningServer, tmp_path: Path) -> None:
    """Twice: the second time there is nothing left to do."""
    others = bystanders(server, tmp_path)
    before = bytes_of(server, tmp_path, others)
    settings = settings_for(server, tmp_path)
    made = make_some(settings)
    assert target_of(settings.ledger_path) == settings.target.base_url
    report = clean(settings.ledger_path, dataclasses.replace(settings, run_id="another"))
    assert sorted(report.removed) == sorted(made)
    assert report.clean
    assert not set(made) & set(listed(server, tmp_path))
    assert bytes_of(server, tmp_path, others) == before
    again = clean(settings.ledger_path, settings)
    assert (again.removed, again.leftovers) == ((), ())


def test_of_many_projects_a_listing_shows_most_and_none_is_deleted_unread(
    server: RunningServer, tmp_path: Path
) -> None:
    """Each deletion follows a sight of the project with its mark: in the listing, or by itself if it is not there."""
    settings = settings_for(server, tmp_path)
    made = make_some(settings, FEW + 2)
    report = tidy(settings)
    assert (sorted(report.removed), report.leftovers) == (sorted(made), ())
    cleaned = [one for one in read(settings.history_path).operations if one.scenario == "cleaning"]
    assert len([one for one in cleaned if "/projects?" in one.exchange.path]) == 1
    assert len(cleaned) == 1 + 2 * len(made), "one deletion of each, and one look whether it is gone"


def test_a_run_tidies_up_on_record_or_keeps_on_purpose(server: RunningServer, tmp_path: Path) -> None:
    """With `keep` nothing is removed and everything is listed; without it the reverse."""
    settings = settings_for(server, tmp_path)
    made = make_some(settings, 2)
    retained = tidy(dataclasses.replace(settings, keep=True))
    assert {left.id for left in retained.leftovers} == set(made)
    assert "on purpose" in retained.leftovers[0].reason
    done = tidy(settings)
    assert (sorted(done.removed), done.leftovers) == (sorted(made), ())
    assert '"scenario":"cleaning"' in settings.history_path.read_text()
    assert json.dumps(done.document())


def test_a_run_without_creates_has_nothing_to_tidy(server: RunningServer, tmp_path: Path) -> None:
    """No ledger, no cleaning."""
    assert tidy(settings_for(server, tmp_path)).clean


def test_a_create_without_an_answer_is_found_by_its_name(server: RunningServer, tmp_path: Path) -> None:
    """The connection was cut before the answer; the project is there all the same, and is removed."""
    settings = settings_for(server, tmp_path)
    driver = Driver(settings)
    names = [driver.name("cut") for _ in range(5)]
    for name in names:
        driver.client("maker").create_project(name, "d", cut_after_s=0.0)
    driver.close()
    report = clean(settings.ledger_path, settings)
    assert report.clean
    assert len(report.removed) + report.absent == 5
    assert not {item["name"] for item in listed(server, tmp_path).values()} & set(names)


def test_what_bears_another_name_is_not_deleted(server: RunningServer, tmp_path: Path) -> None:
    """A ledger whose id leads to somebody else's project: it stays, and is named as a leftover."""
    others = bystanders(server, tmp_path)
    settings = settings_for(server, tmp_path)
    ledger = Ledger(settings.ledger_path, run_id=settings.run_id, base_url=settings.target.base_url)
    asked = Exchange("POST", "/api/v1/projects", request={"name": f"ddsc {settings.run_id} x", "description": "d"})
    ledger.intend("k1", "project", asked)
    ledger.made("k1", others[1])
    ledger.close()
    report = clean(settings.ledger_path, settings)
    assert [(left.id, left.reason) for left in report.leftovers] == [
        (others[1], "the target shows another name under this id")
    ]
    assert others[1] in listed(server, tmp_path)
    assert ledgers.read(settings.ledger_path).open


def test_a_nameless_create_without_an_answer_is_named_as_a_leftover(server: RunningServer, tmp_path: Path) -> None:
    """It cannot be known among the others, so nothing is guessed."""
    settings = settings_for(server, tmp_path)
    ledger = Ledger(settings.ledger_path, run_id=settings.run_id, base_url=settings.target.base_url)
    ledger.intend("k1", "project", Exchange("POST", "/api/v1/projects", request={"name": 0, "description": 1}))
    ledger.close()
    (left,) = clean(settings.ledger_path, settings).leftovers
    assert "no name by which" in left.reason


def test_what_cannot_be_deleted_is_a_leftover(server: RunningServer, tmp_path: Path) -> None:
    """The second user may not delete the first one's project: the ledger keeps it open for another try."""
    settings = settings_for(server, tmp_path)
    made = make_some(settings, 1)
    wrong = settings.credentials.of({"api_token": server.other_token})
    report = clean(settings.ledger_path, dataclasses.replace(settings, credentials=wrong))
    assert [left.id for left in report.leftovers] == made
    assert "403" in report.leftovers[0].reason
    assert clean(settings.ledger_path, settings).removed == tuple(made)


def test_a_target_that_is_down_leaves_the_ledger_as_it_was(server: RunningServer, tmp_path: Path) -> None:
    """Exit 3, and the next try can still do everything."""
    settings = settings_for(server, tmp_path)
    made = make_some(settings, 1)
    before = settings.ledger_path.read_bytes()
    with nobody_listens() as url, pytest.raises(TargetUnreachableError) as stated:
        clean(settings.ledger_path, dataclasses.replace(settings, target=Target(base_url=url)))
    assert stated.value.exit_code == 3
    assert "doctor" in stated.value.remedy
    assert settings.ledger_path.read_bytes() == before
    assert clean(settings.ledger_path, settings).removed == tuple(made)


@pytest.mark.parametrize("text", ["", "not json\n", '{"a": 1}\n', "[]\n", '{"format": "dds-conformance-history"}\n'])
def test_a_file_that_is_no_ledger_is_refused(text: str, tmp_path: Path) -> None:
    """Exit 2, and nothing is sent."""
    path = tmp_path / "ledger.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError):
        ledgers.read(path)
    with pytest.raises(UsageError):
        ledgers.read(tmp_path / "missing.jsonl")


def test_a_line_cut_short_by_a_kill_is_left_out(tmp_path: Path) -> None:
    """Its create was never sent; a damaged line in the middle is an error instead."""
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path, run_id="r1", base_url="http://h/api/v1")
    ledger.intend("k1", "project", Exchange("POST", "/api/v1/projects", request={"name": "ddsc r1 a"}))
    ledger.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"create": "proj')
    assert [entry.key for entry in ledgers.read(path).entries] == ["k1"]
    path.write_bytes(b'{"create": "proj\n' + whole)
    with pytest.raises(UsageError, match="line 1"):
        ledgers.read(path)


def test_a_ledger_that_cannot_be_written_stops_the_create(server: RunningServer, tmp_path: Path) -> None:
    """A full disk: nothing is sent that could not be removed again; reading goes on."""
    settings = settings_for(server, tmp_path)
    driver = Driver(settings)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, driver.ledger._file._fd)
    os.close(full)
    client = driver.client("maker")
    name = driver.name("never")
    for _ in range(2):
        with pytest.raises(RecordError, match="No space left"):
            client.create_project(name, "d")
    assert client.list_projects().exchange.status == 200
    driver.close()
    assert name not in {item["name"] for item in listed(server, tmp_path).values()}


def test_a_used_report_folder_loses_no_open_ledger(server: RunningServer, tmp_path: Path) -> None:
    """A new run in the same folder keeps the older run's ledger under its name, unless nothing is open in it."""
    settings = settings_for(server, tmp_path)
    make_some(settings, 1)
    aside = prepare(settings.report_dir)
    assert aside is not None
    assert aside.name == f"ledger-{settings.run_id}.jsonl"
    assert not settings.history_path.exists()
    assert not settings.ledger_path.exists()
    assert len(clean(aside, settings).removed) == 1
    aside.rename(settings.ledger_path)
    assert prepare(settings.report_dir) is None


def test_after_a_run_whose_process_died_the_command_cleans_up(server: RunningServer, tmp_path: Path) -> None:
    """As `clean` does, unless things are to be kept; what cannot be done is told."""
    settings = settings_for(server, tmp_path)
    assert rescue(settings).leftovers == ()
    settings.report_dir.mkdir(exist_ok=True, parents=True)
    settings.ledger_path.write_text('{"form')
    assert rescue(settings).leftovers == ()
    settings.ledger_path.unlink()
    made = make_some(settings, 2)
    assert len(rescue(dataclasses.replace(settings, keep=True)).leftovers) == 2
    with nobody_listens() as url:
        away = dataclasses.replace(settings, target=Target(base_url=url))
        assert "does not accept connections" in rescue(away).leftovers[0].reason
    assert sorted(rescue(settings).removed) == sorted(made)


def test_a_file_without_a_whole_line_is_told_from_a_damaged_ledger(tmp_path: Path) -> None:
    """A run that was killed at its first breath leaves such a file."""
    path = tmp_path / "ledger.jsonl"
    for text, stated in (("", "killed before it created anything"), ('{"a": 1}\n', "no ledger of a run")):
        path.write_text(text)
        with pytest.raises(UsageError, match=stated):
            ledgers.read(path)
