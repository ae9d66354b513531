"""Where files and folders lay, and what looking at a thing itself showed."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.api.answers import Effect
from conformance.judge.state.interval import NEVER, Interval


@dataclass(frozen=True, slots=True)
class Stay:
    """Where something came to lie, in a folder or at a project's root: its creation there, or a move.

    An empty `parent` is a place that nobody can read from the request.
    """

    parent: str
    is_folder: bool
    interval: Interval
    effect: Effect


@dataclass(slots=True)
class Folder:
    """A folder: where it lay, and the attempts to delete it."""

    id: str
    project: str = ""
    created: Interval | None = None
    stays: dict[str, Stay] = field(default_factory=dict)
    deletes: dict[str, tuple[Interval, Effect]] = field(default_factory=dict)
    doomed: int = NEVER


@dataclass(slots=True)
class Look:
    """What looking at a project, file or version showed: it, first and last, or that it is not there (any more)."""

    kind: str
    id: str
    seen: Interval | None = None
    seen_last: Interval | None = None
    gone: Interval | None = None
