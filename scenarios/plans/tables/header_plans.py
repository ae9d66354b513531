"""Headers: each manner of asking once in every run at standard, HEAD beside GET, and clients that revalidate."""

from __future__ import annotations

from conformance.engine.lot import Lot
from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import Share, tabled
from conformance.engine.values.manners import MANNERS

from ..exercised import BAD, COMPLETED, GOOD, WINDOW
from ..plan_parts import attach, attach_meanwhile, settling
from .rows import chunked, lot_of, single

_SHARE = Share(1, 6, 6)


def headers(effort: str, seed: int, wave: int) -> list[Plan]:
    """Return the plans of all manners, each with a good upload and a bad one; at quick of two of them."""
    lot = lot_of("headers", seed, wave)
    manners = lot.order("manners", tuple(MANNERS))
    if effort == "quick":
        return [_of_manners(lot, manners[:2])]
    count = _SHARE.at(effort) - 1
    return [*(_of_manners(lot.under(str(n)), manners[n::count]) for n in range(count)), _of_methods(lot)]


def _of_manners(lot: Lot, manners: list[str]) -> Plan:
    """Return a plan in which a client of each manner makes a good upload, and reads it and a bad one to the end."""
    actors: list[Actor] = []
    for n, manner in enumerate(manners, start=1):
        good, bad = f"g{n}", f"b{n}"
        steps = [*_writes(lot.under(manner), good), attach(good, f"f{good}", COMMON), *_watched(f"f{good}")]
        shape = chunked((lot.number(f"bad {n}", 20, 300),), lot, defect="hash")
        meet = do("meet", at=bad, parties=2)
        steps += [*shape.writes(bad), meet, shape.completes(bad), settling(), do("settle", file=f"f{bad}")]
        actors.append(Actor(f"client-{n}", tuple(steps), manner=manner))
        attacher = (*attach_meanwhile(bad, f"f{bad}", meet), *_watched(f"f{bad}"))
        actors.append(Actor(f"attacher-{n}", attacher, manner=manner))
    return Plan("headers", f"asked {', '.join(MANNERS[one].says for one in manners)}", tuple(actors))


def _writes(lot: Lot, symbol: str) -> list[Step]:
    size = lot.number("size", 20, 3000)
    shape = single(size) if lot.chance("single") else chunked((size,), lot)
    return [*shape.writes(symbol), shape.completes(symbol)]


def _watched(file: str) -> tuple[Step, ...]:
    version = first_version(file)
    look = do("read_version_url", version=version)
    return look, do("read_url", file=file), settling(), do("settle", file=file), look


def _of_methods(lot: Lot) -> Plan:
    """Return a plan in which HEAD and a part stand beside GET, and others revalidate what they were answered.

    One of them holds the url of a version, and asks again once another one, long consistent, has taken its place.
    """
    good = [*_writes(lot.under("asked by HEAD"), "u1"), attach("u1", "f1", COMMON)]
    good += [do("read_head", file="f1"), do("settle", file="f1"), do("read_head", file="f1"), do("read_url", file="f1")]
    good += [do("read_part", file="f1"), do("download", file="f1")]
    bad = chunked((lot.number("bad", 20, 300),), lot, defect="hash")
    meet = do("meet", at="bad", parties=2)
    newer = [*_writes(lot.under("newer"), "u3"), attach("u3", "f3", COMMON), do("settle", file="f3")]
    held, renewed = (do("meet", at=at, parties=2) for at in ("held", "renewed"))
    newer += [held, do("new_version", "v2", file="f1", upload="u3"), renewed]
    writer = Actor("writer", (*good, *bad.writes("u2"), meet, bad.completes("u2"), *newer))
    head = do("read_head", file="f2")
    again = Actor("attacher", (*attach_meanwhile("u2", "f2", meet), head, do("revalidate", file="f2")))
    more = Actor("other", (do("read_file", file="f2"), do("revalidate", file="f2", of_version=True)))
    once = do("revalidate", file="f1")
    holder = Actor("cache-1", (once, held, renewed, once))
    early = Actor("cache-2", (do("revalidate", file="f1", of_version=True),))
    return Plan("headers", "HEAD, a part, and asked again by validators", (writer, again, more, holder, early))


HEADERS = (
    tabled(
        "headers",
        "Headers that must change nothing, HEAD and parts beside GET, and clients that revalidate",
        (*COMPLETED, *WINDOW, *GOOD, *BAD, "conditional-same-state"),
        _SHARE,
        headers,
    ),
)
