"""Runs over time, as data: what changes, what was first and last seen, what is flaky."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner
from past import night, sample, write_nights

from conformance.cli.trend_command import trend as command
from conformance.release.past_runs import find
from conformance.release.trend import ABSENT, PastRun, Trend, past_run, trends

BROKEN = {row["requirement"] for row in sample("nonconformant")["findings"]}


def past(number: int, name: str = "conformant", **changes: object) -> PastRun:
    """Return what a trend keeps of one night."""
    return past_run(night(number, name, **changes), place=f"night-{number}", link=f"night-{number}/report.html")


def only(*runs: PastRun) -> Trend:
    """Return the one target's trend."""
    (trend,) = trends(runs)
    return trend


def test_runs_stand_in_the_order_of_time_whatever_the_order_of_the_folders() -> None:
    """The oldest first."""
    laid = only(past(3), past(1), past(2))
    assert [run.run_id for run in laid.runs] == ["run000000001", "run000000002", "run000000003"]


def test_a_run_that_was_found_twice_counts_once() -> None:
    """Artefacts are copied about; a run is known by its id."""
    assert len(only(past(1), past(1)).runs) == 1


def test_other_targets_are_told_apart() -> None:
    """Two addresses are two trends, the one with more runs first."""
    elsewhere = {**sample("conformant")["target"], "base_url": "https://dds.example/api/v1", "embedded": False}
    first, second = trends([past(1), past(2, target=elsewhere), past(3)])
    assert (first.base_url, len(first.runs)) == ("the embedded server", 2)
    assert (second.base_url, len(second.runs)) == ("https://dds.example/api/v1", 1)


def test_a_finding_knows_its_first_and_last_sight_and_how_often_it_was_seen() -> None:
    """Seen on nights 2 and 4 of 5, tried on night 3 as well: flaky."""
    laid = only(past(1), past(2, "nonconformant"), past(3), past(4, "nonconformant"), past(5))
    assert {sight.requirement for sight in laid.sights} == BROKEN
    for sight in laid.sights:
        assert (sight.first.run_id[-1], sight.last.run_id[-1], sight.seen) == ("2", "4", 2)
        exercised = laid.runs[2].outcomes.get(sight.requirement) in ("pass", "warn", "fail")
        assert sight.tried == 2 + exercised
        assert sight.flaky == exercised


def test_a_finding_of_every_night_is_not_flaky() -> None:
    """Nor is one that began in the middle and stayed."""
    laid = only(past(1), past(2, "nonconformant"), past(3, "nonconformant"))
    assert not any(sight.flaky for sight in laid.sights)


def test_a_requirement_that_a_run_does_not_know_is_absent_there() -> None:
    """An older catalogue has fewer rows; that is no outcome."""
    fewer = night(1)
    gone = fewer["requirements"][0]["id"]
    fewer["requirements"] = fewer["requirements"][1:]
    laid = only(past_run(fewer, place="", link=""), past(2))
    row = next(row for row in laid.rows if row.id == gone)
    assert row.outcomes[0] == ABSENT
    assert row.changes == 1


def test_documents_are_found_at_any_depth_and_broken_ones_are_named(tmp_path: Path) -> None:
    """What cannot be read is left out aloud, never silently."""
    write_nights(tmp_path / "deep" / "er", [night(1), night(2)])
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "report.json").write_text('{"format": "dds-conformance-report", "version": 1, "run_id": "x"')
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "report.json").write_text("[]")
    found = find([tmp_path], seen_from=tmp_path)
    assert len(found.runs) == 2
    assert len(found.left_out) == 2
    assert all(run.link.endswith("report.html") and run.link.startswith("deep/er/") for run in found.runs)


def test_links_are_relative_to_the_page(tmp_path: Path) -> None:
    """The page may be published beside the runs."""
    write_nights(tmp_path / "runs", [night(1)])
    (run,) = find([tmp_path / "runs"], seen_from=tmp_path / "site").runs
    assert run.link == "../runs/2026-01/run000000001/report.html"


def test_the_command_draws_a_page_and_ends_with_0_for_broken_runs_too(tmp_path: Path) -> None:
    """It decides nothing."""
    write_nights(tmp_path, [night(1), night(2, "nonconformant")])
    page = tmp_path / "trend.html"
    done = CliRunner().invoke(command, [str(tmp_path), "-o", str(page)], standalone_mode=False)
    assert (done.exception, done.return_value) == (None, 0)
    assert "bad-never-200" in page.read_text(encoding="utf-8")


def test_the_command_gives_the_same_as_json(tmp_path: Path) -> None:
    """For machines: runs, requirements, findings."""
    write_nights(tmp_path, [night(1), night(2, "nonconformant")])
    done = CliRunner().invoke(command, [str(tmp_path), "--json"], standalone_mode=False)
    (target,) = json.loads(done.stdout)["targets"]
    assert [run["outcome"] for run in target["runs"]] == ["conformant", "nonconformant"]
    assert {finding["requirement"] for finding in target["findings"]} == BROKEN
    assert all(len(row["outcomes"]) == 2 for row in target["requirements"])


def test_a_folder_without_a_run_is_a_usage_error(tmp_path: Path) -> None:
    """With what to name instead."""
    done = CliRunner().invoke(command, [str(tmp_path)], standalone_mode=False)
    assert "no whole run document" in str(done.exception)


def test_many_runs_are_one_page(tmp_path: Path) -> None:
    """Every run has its column."""
    write_nights(tmp_path, [night(n, "nonconformant" if n % 7 == 0 else "conformant") for n in range(60)])
    page = tmp_path / "trend.html"
    CliRunner().invoke(command, [str(tmp_path), "-o", str(page)], standalone_mode=False)
    assert page.read_text(encoding="utf-8").count('<th scope="col"><a class="cell') == 60
