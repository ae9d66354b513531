"""Connections that a session has done with, lent to the next one that goes to the same place.

One session after another speaks over them, never two at once, as a user's browser does who starts anew. Only load asks
for it: a run's sessions each have connections of their own.
"""

from __future__ import annotations

from collections import defaultdict

from conformance.driver.wire.stream import Wire
from conformance.driver.wire.transport import Transport

Road = tuple[Wire, Transport]


class IdleRoads:
    """Roads by where they lead. None is retained unless `lends` is set. Safe from any thread: one step each."""

    def __init__(self) -> None:
        self.lends = False
        self._idle: dict[str, list[Road]] = defaultdict(list)

    def take(self, place: str) -> Road | None:
        """Return an idle road to a place, the one used last; None where there is none."""
        try:
            return self._idle[place].pop()
        except IndexError:
            return None

    def leave(self, place: str, road: Road) -> None:
        """Leave a road for others, or close it."""
        if self.lends:
            self._idle[place].append(road)
        else:
            road[1].close()

    def close(self) -> None:
        """Close all that is idle."""
        self.lends = False
        for roads in self._idle.values():
            while roads:
                roads.pop()[1].close()
