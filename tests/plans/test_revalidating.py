"""A client that revalidates goes on until nothing but a fault explains what it is told, and then no further."""

from __future__ import annotations

from pathlib import Path

import pytest
from campaign_stand import Stand

from conformance.engine.plan import Actor, Plan, do
from conformance.judge import judge_history
from conformance.model import History, Operation
from conformance.reference.launch import launch

BOUND_S = 1.2
ONCE = do("revalidate", file="f1")


def plan() -> Plan:
    """Give one whose cache holds the url of a version while another one, long consistent, takes its place."""
    made = [
        step
        for n in (1, 2)
        for step in (
            do("create_upload", f"u{n}", parts=[25]),
            do("put_part", upload=f"u{n}", number=1),
            do("complete", upload=f"u{n}"),
            do("attach", f"f{n}", upload=f"u{n}"),
        )
    ]
    held, renewed = (do("meet", at=at, parties=2) for at in ("held", "renewed"))
    renew = (do("settle", file="f2"), held, do("new_version", "v2", file="f1", upload="u2"), renewed)
    return Plan("headers", "by hand", (Actor("writer", (*made, *renew)), Actor("cache", (ONCE, held, renewed, ONCE))))


def asked(stand: Stand) -> list[Operation]:
    """Return what the cache asked by its validators."""
    return [one for one in stand.watcher.operations if one.notes.get("conditional")]


@pytest.mark.parametrize("fault", ["etag-for-ever", "modified-never", "etag-same-name"])
def test_who_is_told_by_304_alone_asks_until_it_is_proved(fault: str, tmp_path: Path) -> None:
    """Three times later than the bound, before or after a switch; the judge convicts the server by it."""
    with launch(lag="0.2", faults=[fault]) as server:
        stand = Stand(server, tmp_path, bound_s=BOUND_S)
        stand.run(plan())
        stand.driver.close()
    assert [one.exchange.status for one in asked(stand)][-3:] == [304] * 3
    judgement = judge_history(History(tuple(stand.watcher.operations), stand.settings.target))
    assert judgement.tallies["conditional-same-state"].findings


@pytest.mark.parametrize("variants", [[], ["exact-tags"]])
def test_who_is_told_of_every_change_asks_no_more(variants: list[str], tmp_path: Path) -> None:
    """Once told, it asks a last time, which may be answered by 304; nobody is convicted."""
    with launch(lag="0.2", variants=variants) as server:
        stand = Stand(server, tmp_path, bound_s=BOUND_S)
        stand.run(plan())
        stand.driver.close()
    unchanged = [one for one in asked(stand) if one.exchange.status == 304]
    assert len(unchanged) == (2 if variants else 0)
    judgement = judge_history(History(tuple(stand.watcher.operations), stand.settings.target))
    assert not any(tally.findings for tally in judgement.tallies.values())
