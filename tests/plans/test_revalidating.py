"""A client that revalidates goes on until nothing but a fault explains what it is told, and then no further."""

from __future__ import annotations

from pathlib import Path

import pytest
from campaign_stand import Stand, made, ran

from conformance.engine.plan import Actor, Plan, do
from conformance.model import Operation

BOUND_S = 1.2
ONCE = do("revalidate", file="f1")


def plan() -> Plan:
    """Give one whose cache holds the url of a version while another one, long consistent, takes its place."""
    held, renewed = (do("meet", at=at, parties=2) for at in ("held", "renewed"))
    renew = (do("settle", file="f2"), held, do("new_version", "v2", file="f1", upload="u2"), renewed)
    return Plan(
        "headers",
        "by hand",
        (Actor("writer", (*made(1), *made(2), *renew)), Actor("cache", (ONCE, held, renewed, ONCE))),
    )


def asked(stand: Stand) -> list[Operation]:
    """Return what the cache asked by its validators."""
    return [one for one in stand.watcher.operations if one.notes.get("conditional")]


@pytest.mark.parametrize("fault", ["etag-for-ever", "modified-never", "etag-same-name"])
def test_who_is_told_by_304_alone_asks_until_it_is_proved(fault: str, tmp_path: Path) -> None:
    """Three times later than the bound, before or after a switch; the judge convicts the server by it."""
    stand = ran(plan(), tmp_path, lag="0.2", bound_s=BOUND_S, faults=[fault])
    assert [one.exchange.status for one in asked(stand)][-3:] == [304] * 3
    assert stand.judged().tallies["conditional-same-state"].findings


@pytest.mark.parametrize("variants", [[], ["exact-tags"]])
def test_who_is_told_of_every_change_asks_no_more(variants: list[str], tmp_path: Path) -> None:
    """Once told, it asks a last time, which may be answered by 304; nobody is convicted."""
    stand = ran(plan(), tmp_path, lag="0.2", bound_s=BOUND_S, variants=variants)
    unchanged = [one for one in asked(stand) if one.exchange.status == 304]
    assert len(unchanged) == (2 if variants else 0)
    assert not any(tally.findings for tally in stand.judged().tallies.values())
