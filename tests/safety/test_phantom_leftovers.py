"""Only what was sent is a create, and what may have been made can be looked for: nothing is left behind for ever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from embedded import listed, settings_for
from hypothesis import given
from hypothesis import strategies as st

from conformance.driver import Driver, RecordError
from conformance.driver.safety import ledger as ledgers
from conformance.driver.safety.cleaning import clean, tidy
from conformance.driver.safety.ownership import Ownership
from conformance.driver.wire.request import Wanted
from conformance.model import Exchange, Octets
from conformance.reference.launch import RunningServer

RUN, BASE = "0123456789ab", "http://127.0.0.1:1/api/v1"
XML = Octets(10, "aedffc237dbf73096ec2ae39dba0f041", "<project/>")


def test_a_refused_create_without_a_name_is_no_leftover(server: RunningServer, tmp_path: Path) -> None:
    """As every standard run of seed 0 sends one: XML, answered 415."""
    settings = settings_for(server, tmp_path)
    driver = Driver(settings)
    sent = driver.client("maker").send("POST", "/projects", content=b"<project/>", content_type="application/xml")
    driver.close()
    assert sent.exchange.status == 415
    assert tidy(settings).leftovers == ()
    assert clean(settings.ledger_path, settings).leftovers == ()


def test_what_was_withheld_or_not_announced_is_no_create(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the rules of ownership, by a history that cannot be written, by a port that nobody listens at."""
    settings = settings_for(server, tmp_path)
    driver = Driver(settings)
    client = driver.client("maker")
    withheld = client.send("POST", "/projects/../projects", json={"name": "n"})
    monkeypatch.setattr(Ownership, "objection", lambda _self, _wanted: "for the sake of the test")
    assert "withheld" in client.send("POST", "/projects", json={}).notes
    monkeypatch.undo()

    def full(_: object) -> None:
        raise RecordError("the disk is full")

    monkeypatch.setattr(driver.recorder, "begin", full)
    with pytest.raises(RecordError):
        client.create_project(driver.name(), "d")
    driver.close()
    assert withheld.exchange.status is None
    assert ledgers.read(settings.ledger_path).entries == ()


@pytest.mark.parametrize("answer", ["400", "404", "413", "415", "422"])
def test_a_definite_refusal_made_nothing(answer: str, server: RunningServer, tmp_path: Path) -> None:
    """Whether or not the create bore a name."""
    settings = settings_for(server, tmp_path)
    ledger = ledgers.Ledger(settings.ledger_path, run_id=settings.run_id, base_url=settings.target.base_url)
    for key, request in (("k1", XML), ("k2", {"name": 0, "description": 1})):
        ledger.intend(key, "project", Exchange("POST", "/api/v1/projects", request=request))
        ledger.answered(key, answer)
    ledger.close()
    report = clean(settings.ledger_path, settings)
    assert (report.leftovers, report.absent) == ((), 2)


@pytest.mark.parametrize(
    ("answer", "known"), [("500", "was answered 500"), ("timeout", "had no answer"), ("", "had no")]
)
def test_what_became_of_a_create_is_said_as_it_was(
    answer: str, known: str, server: RunningServer, tmp_path: Path
) -> None:
    """An answer of 500 is no silence; the fields may have been taken for a name."""
    settings = settings_for(server, tmp_path)
    ledger = ledgers.Ledger(settings.ledger_path, run_id=settings.run_id, base_url=settings.target.base_url)
    ledger.intend("k1", "project", Exchange("POST", "/api/v1/projects", request={"name": 0, "description": 1}))
    if answer:
        ledger.answered("k1", answer)
    ledger.close()
    (left,) = clean(settings.ledger_path, settings).leftovers
    assert known in left.reason


def test_a_create_without_any_field_made_nothing_where_no_project_lacks_a_name(
    server: RunningServer, tmp_path: Path
) -> None:
    """The listing was seen whole, and everything in it has a name."""
    settings = settings_for(server, tmp_path)
    ledger = ledgers.Ledger(settings.ledger_path, run_id=settings.run_id, base_url=settings.target.base_url)
    ledger.intend("k1", "project", Exchange("POST", "/api/v1/projects", request=XML))
    ledger.answered("k1", "500")
    ledger.close()
    assert clean(settings.ledger_path, settings).clean


@pytest.mark.parametrize(
    "fields", [{}, {"name": ""}, {"name": None, "description": 7}, {"name": 5, "description": ["x"]}]
)
def test_a_create_without_a_name_gets_one_to_be_looked_for(
    fields: dict[str, object], server: RunningServer, tmp_path: Path
) -> None:
    """As JSON, as the bytes of JSON, as a form: on the wire and in the ledger, each one of its own."""
    settings = settings_for(server, tmp_path)
    driver = Driver(settings)
    client = driver.client("maker")
    client.send("POST", "/projects", json=fields, cut_after_s=0.0)
    client.send("POST", "/projects", content=json.dumps(fields).encode(), content_type="application/json")
    client.send("POST", "/projects", content=b"slug=x", content_type="application/x-www-form-urlencoded")
    driver.close()
    texts = [f"{entry.name}{entry.description}" for entry in ledgers.read(settings.ledger_path).entries]
    assert len(set(texts)) == 3
    assert all(settings.run_id in text for text in texts)
    assert tidy(settings).clean
    assert not any(settings.run_id in str(item) for item in listed(server, tmp_path).values())


@given(
    st.dictionaries(
        st.sampled_from(["name", "description", "slug"]), st.none() | st.text() | st.integers() | st.lists(st.text())
    )
)
def test_every_create_with_fields_bears_the_mark(fields: dict[str, object]) -> None:
    """A name that is no text is sent as it was drawn: it is what the request is about."""
    wanted = Ownership(RUN, BASE).marked(Wanted("POST", "/projects", json=fields))
    texts = [wanted.json.get(name) for name in ("name", "description")]
    assert any(isinstance(text, str) and RUN in text for text in texts)
    if not isinstance(fields.get("name"), str):
        assert wanted.json.get("name", "none") == fields.get("name", "none")


def test_a_change_of_a_project_gets_no_name_that_it_did_not_have() -> None:
    """An update without a name leaves the name as it is."""
    wanted = Wanted("PUT", "/projects/x", json={})
    assert Ownership(RUN, BASE).marked(wanted) is wanted or Ownership(RUN, BASE).marked(wanted).json == {}
