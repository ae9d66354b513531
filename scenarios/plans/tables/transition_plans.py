"""Changes of state under dense readers: whatever a server does at that moment, somebody is looking.

That an upload is found good or bad has its tracers; here are a project that becomes ready, a version that becomes the
current one, by a switch and by a promotion, a file that is deleted, and rights that are withdrawn.
"""

from __future__ import annotations

from conformance.engine.lot import Lot
from conformance.engine.plan import COMMON, RIGHTS, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import Share, tabled

from ..exercised import COMPLETED, GOOD, WINDOW
from ..plan_parts import attach
from .rows import chunked, lot_of, single

READERS = 2
_TIMES, _EVERY = 9, 0.006
_ACCESS = ("project-create-202", "converges-project", "new-version-served")


def transitions(effort: str, seed: int, wave: int) -> list[Plan]:
    """Return a plan for each change of state; at quick one of them."""
    lot = lot_of("transitions", seed, wave)
    made = [change(lot.under(change.__name__)) for change in CHANGES]
    return lot.order("which", made)[:1] if effort == "quick" else made


def ready(lot: Lot) -> Plan:
    """A project becomes ready while several clients ask for uploads in it."""
    steps = [do("create_project", "p1"), *_filled(lot, "u1", "p1"), attach("u1", "f1", "p1"), do("settle", file="f1")]
    asks = [step for n in range(6) for step in (_hasty(n), do("pause", lags=0.2))]
    others = [Actor(f"asker-{n}", tuple(asks)) for n in range(1, READERS + 1)]
    return Plan("transitions", "a project becomes ready", (Actor("maker", tuple(steps)), *others))


def _hasty(number: int) -> Step:
    return do("create_upload", project="p1", parts=[number + 1], patient=False)


def current(lot: Lot) -> Plan:
    """A bad upload becomes a file's current one, while it is pending, and the good one becomes it again."""
    bad = chunked((lot.number("bad", 20, 300),), lot, defect="hash")
    steps = [*_filled(lot, "u1", COMMON), attach("u1", "f1", COMMON), do("settle", file="f1"), *bad.writes("u2")]
    steps += [bad.completes("u2"), _meet(1), do("new_version", "v2", file="f1", upload="u2"), do("settle", file="f1")]
    steps += [_meet(2), do("promote", version=first_version("f1")), do("settle", file="f1")]
    return _read("another version becomes the current one", steps, "f1", rounds=2)


def deleted(lot: Lot) -> Plan:
    """A file is deleted."""
    steps = [*_filled(lot, "u1", COMMON), attach("u1", "f1", COMMON), do("settle", file="f1")]
    return _read("a file is deleted", [*steps, _meet(1), do("pause", s=0.01), do("delete_file", file="f1")], "f1")


def withdrawn(lot: Lot) -> Plan:
    """A member's rights are withdrawn while the member reads."""
    steps = [do("create_project", "p1"), do("grant", RIGHTS, project="p1"), *_filled(lot, "u1", "p1")]
    steps += [attach("u1", "f1", "p1"), do("settle", file="f1"), _meet(1), do("pause", s=0.01)]
    return _read("rights are withdrawn", [*steps, do("withdraw", rights=RIGHTS)], "f1", user="member")


CHANGES = (ready, current, deleted, withdrawn)


def _filled(lot: Lot, symbol: str, project: str) -> list[Step]:
    shape = single(lot.number("size", 20, 300))
    return [*shape.writes(symbol, project), shape.completes(symbol)]


def _meet(number: int) -> Step:
    return do("meet", at=f"change-{number}", parties=1 + READERS)


def _read(about: str, steps: list[Step], file: str, *, rounds: int = 1, user: str = "owner") -> Plan:
    """Let readers begin together with each change, each of them at one of the endpoints first."""
    by = [
        do("read_url", file=file, times=_TIMES, every_s=_EVERY),
        do("read_version_url", version=first_version(file), times=3, every_s=_EVERY),
    ]
    seen = do("read_file", file=file)
    readers = [
        Actor(
            f"reader-{n}",
            (seen, *(one for r in range(1, rounds + 1) for one in (_meet(r), *by[:: 1 - 2 * (n % 2)]))),
            user,
        )
        for n in range(READERS)
    ]
    return Plan("transitions", about, (Actor("writer", tuple(steps)), *readers))


TRANSITIONS = (
    tabled(
        "transitions",
        "Projects, versions, files and rights change while several clients read them densely",
        (*COMPLETED, *WINDOW, *GOOD, *_ACCESS),
        Share(1, len(CHANGES), len(CHANGES)),
        transitions,
    ),
)
