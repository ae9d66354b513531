"""What the plans of several scenarios have in common: whose project, who reads, who attaches, how long to wait."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.values.name_classes import NAME_CLASSES

Draw = st.DrawFn
PROJECT_NAMES = tuple(kind for kind, one in NAME_CLASSES.items() if one.unique)
"""The classes of names that a project may have: it must be found among those of others."""
OF_BURSTS, OF_SLOW, OF_NAMES = 0, 8, 15
"""From which of them on the projects of bursts apart, of slow uploads and of the table of names have theirs."""
_MOMENTS = st.sampled_from((0.0, 0.003, 0.01, 0.03, 0.1))
_LAGS = st.sampled_from((0.0, 0.3, 0.7, 1.0, 1.2))


def own_or_common(draw: Draw) -> tuple[list[Step], str]:
    """Draw a project of the plan's own, used the moment it is accepted, or the one that all plans share."""
    own = draw(st.booleans())
    return ([do("create_project", "p1")], "p1") if own else ([], COMMON)


def reads(draw: Draw, file: str) -> list[Step]:
    """Draw a reader's program: both url endpoints, in any order, a few times."""
    every = draw(st.sampled_from((0.005, 0.02, 0.05)))
    by_file = do("read_url", file=file, times=draw(st.integers(1, 6)), every_s=every)
    by_version = do("read_version_url", version=first_version(file), times=draw(st.integers(1, 6)), every_s=every)
    return list(draw(st.permutations((by_file, by_version))))


def attach(upload: str, file: str, project: str, *, eager: bool = False) -> Step:
    """Return the step that makes a file of an upload; an `eager` one tries again while it is refused."""
    return do("attach", file, upload=upload, project=project, **({"eager": True} if eager else {}))


def attach_in(upload: str, file: str, folder: str, project: str) -> Step:
    """Return the step that makes a file of an upload in a folder of a project."""
    return do("attach", file, upload=upload, folder=folder, project=project)


def attach_meanwhile(upload: str, file: str, meet: Step) -> tuple[Step, ...]:
    """Attach an upload of another actor while it is completed: `meet` is where that actor has stored its bytes."""
    return do("read_upload", upload=upload), meet, attach(upload, file, COMMON, eager=True)


def pause(draw: Draw) -> Step:
    """Draw a pause of a moment, or none."""
    return do("pause", s=draw(_MOMENTS))


def late(draw: Draw) -> Step:
    """Draw a pause of about the lag seen so far, or none."""
    return do("pause", lags=draw(_LAGS))


def named_project(symbol: str, number: int) -> Step:
    """Return the step that makes a project whose name is of the class of that number.

    What a server makes of a project's name shows only in projects that have one: `PROJECT_NAMES` are shared out over
    those that plans make anyway.
    """
    return do("create_project", symbol, name_class=PROJECT_NAMES[number % len(PROJECT_NAMES)])


def settling() -> Step:
    """Wait until what was just completed has most probably settled."""
    return do("pause", lags=1.3)
