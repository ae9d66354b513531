"""Load: many uploads completed at one moment, in one project and over many; one thing read on and on."""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Actor, Plan, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share, of_both_truths

from . import shapes
from .exercised import ACCEPTED, COMPLETED, GOOD, WINDOW
from .plan_parts import OF_BURSTS, Draw, attach, named_project

FEW, MANY, FLOOD = 8, 16, 64
"""Powers of two: where queues, pages and pools end."""
_PLACES = "filled", "opened"
IDS = ("distinct-ids", "body-own-resource")
"""By making much at one moment."""
LONG = 140
"""Reads of one thing in a row: beyond 128."""
OFTEN = 18
"""Downloads of one thing: beyond 16."""


@st.composite
def bursts(draw: Draw, *, theme: str, uploads: int, apart: bool) -> Plan:
    """Many uploads, up to half of them bad, are completed at one moment: in one project, or each in one of its own.

    In one project, as many again are opened before that and left open.
    """
    bad = draw(st.sets(st.integers(1, uploads), min_size=uploads // 4, max_size=uploads // 2))
    parties = uploads + (not apart)
    actors = [_one(draw, n, parties, bad=n in bad, apart=apart) for n in range(1, uploads + 1)]
    return Plan(theme, f"{uploads} at one moment", (*actors, *([] if apart else [_opener(uploads)])))


def _one(draw: Draw, n: int, parties: int, *, bad: bool, apart: bool) -> Actor:
    shape = draw(shapes.one_part(bad=bad))
    start, project = ([named_project(f"p{n}", OF_BURSTS + n - 1)], f"p{n}") if apart else ([], COMMON)
    upload, meets = f"u{n}", [do("meet", at=place, parties=parties) for place in _PLACES[apart:]]
    steps = (*start, *shape.writes(upload, project), *meets, shape.completes(upload), attach(upload, f"f{n}", project))
    return Actor(f"writer-{n}", steps)


def _opener(uploads: int) -> Actor:
    filled, opened = (do("meet", at=place, parties=uploads + 1) for place in _PLACES)
    return Actor("opener", (filled, *(do("create_upload", f"o{n}", parts=[n]) for n in range(1, uploads + 1)), opened))


@st.composite
def long_polls(draw: Draw, *, bad: bool) -> Plan:
    """One file's url, its version's and its upload are read on and on, while it is pending and long after.

    Another file is downloaded again and again, by a new url each time.
    """
    shape = draw(shapes.one_part(bad=bad))
    good = draw(shapes.one_part(bad=False))
    start = (*good.writes("u2"), good.completes("u2"), attach("u2", "f2", COMMON), do("settle", file="f2"))
    fetches = do("download", file="f2", times=OFTEN), do("download_version", version=first_version("f2"), times=2)
    fetcher = Actor("fetcher", (*start, *fetches))
    writer = Actor("writer", (*shape.writes("u1"), shape.completes("u1"), attach("u1", "f1", COMMON)))
    polls = do("read_url", file="f1", times=LONG, every_s=0.01)
    others = (
        do("read_version_url", version=first_version("f1"), times=6, every_s=0.3),
        do("read_upload", upload="u1", times=6, every_s=0.3),
    )
    return Plan("long-polls", "read on and on", (writer, Actor("poller", (polls,)), Actor("reader", others), fetcher))


LOAD = (
    PlanScenario(
        "bursts",
        "Many uploads of one project are completed at one moment",
        (*COMPLETED, *WINDOW, *GOOD, "bad-never-200", "integrity-payload", *IDS),
        Share(0, 1, 2),
        partial(bursts, theme="bursts", uploads=MANY, apart=False),
    ),
    PlanScenario(
        "bursts-apart",
        "Many uploads, each in a project of its own, are completed at one moment",
        (*COMPLETED, *WINDOW, *GOOD, *ACCEPTED, "bad-never-200", "integrity-payload", *IDS),
        Share(0, 1, 2),
        partial(bursts, theme="bursts-apart", uploads=FEW, apart=True),
    ),
    PlanScenario(
        "floods",
        "Very many uploads of one project are completed at one moment",
        (*COMPLETED, *WINDOW, *GOOD, "bad-never-200", "integrity-payload", *IDS),
        Share(0, 0, 1),
        partial(bursts, theme="floods", uploads=FLOOD, apart=False),
    ),
    of_both_truths(
        "long-polls",
        "One file's url is read on and on, while it is pending and long after, and another file is downloaded often",
        (*COMPLETED, *WINDOW, *GOOD),
        Share(0, 1, 2),
        long_polls,
    ),
)
