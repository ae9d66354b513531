"""Hashes that are another upload's: of its whole and of its parts, reported of as many other bytes."""

from __future__ import annotations

from conformance.engine.lot import Lot
from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.scenario import Share, tabled

from ..exercised import BAD, COMPLETED, GOOD, WINDOW
from ..plan_parts import attach, attach_meanwhile
from ..shapes import Shape
from .rows import lot_of, single

_SHARE = Share(0, 1, 2)


def borrowed(effort: str, seed: int, wave: int) -> list[Plan]:
    """Return plans in which uploads report the hashes of good ones that have settled, and are of their size.

    Where only the hash of the whole is another's, a server may take the upload for good: by its own bytes.
    """
    lot = lot_of("borrowed-hashes", seed, wave)
    return [_plan(lot.under(str(n))) for n in range(_SHARE.at(effort))]


def _plan(lot: Lot) -> Plan:
    size, first, second = (lot.number(which, 20, 300) for which in ("whole", "first", "second"))
    whole, one, two = single(size), Shape((size,), (1,)), Shape((first, second), (1, 2))
    lenders = [*whole.writes("u1"), *two.writes("u2"), whole.completes("u1"), two.completes("u2")]
    lenders += [attach("u1", "f1", COMMON), attach("u2", "f2", COMMON)]
    ready = do("meet", at="settled", parties=6)
    lenders += [do("settle", file="f1"), do("settle", file="f2"), ready]
    wrong = lot.number("where", 1, 2)
    made = [
        (_lied(whole, "b1", "u1"), "u1"),
        (_lied(one, "b2", "u1"), "u1"),
        (_lied(two, "b3", "u2", wrong), "u2"),
        (one.writes("b4"), "u1"),
        (two.writes("b5"), "u2"),
    ]
    actors: list[Actor] = []
    for n, (steps, lender) in enumerate(made, start=1):
        meet = do("meet", at=f"filled-{n}", parties=2)
        complete = do("complete", upload=f"b{n}", as_of=lender)
        actors.append(Actor(f"borrower-{n}", (ready, *steps, meet, complete)))
        actors.append(Actor(f"attacher-{n}", attach_meanwhile(f"b{n}", f"g{n}", meet)))
    return Plan("borrowed-hashes", "another upload's hashes", (Actor("lender", tuple(lenders)), *actors))


def _lied(shape: Shape, symbol: str, lender: str, part: int = 1) -> list[Step]:
    """Fill an upload with bytes of its own, one part reported by the hash that the lender's has."""
    steps = shape.writes(symbol)
    return [
        do("put_part", upload=symbol, number=part, as_of=lender)
        if step.verb == "put_part" and step.args["number"] == part
        else step
        for step in steps
    ]


BORROWED = (
    tabled(
        "borrowed-hashes",
        "Uploads report the hashes of good ones of their size, which have settled before",
        (*COMPLETED, *WINDOW, *GOOD, *BAD),
        _SHARE,
        borrowed,
    ),
)
