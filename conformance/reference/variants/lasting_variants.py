"""Variants of what lasts: queues, cold storage, limits of reading, records that are purged."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import URLS, Variant
from conformance.reference.hooks.recipes import busy
from conformance.reference.hooks.seam import Layer
from conformance.reference.server_clock import iso

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from starlette.responses import Response

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, Visit, World

__all__ = ["FAMILY"]

_READS = 40  # reads of one url in a second


class _OneAfterAnother(Layer):
    """Works at uploads one after the other: each takes 10 ms, and the last of many waits for all."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._free = 0.0

    def lag(self, kind: str, subject: str, seconds: float) -> float:  # noqa: ARG002
        """Queue it."""
        now = self.world.clock.now()
        if kind != "upload":
            return seconds
        self._free = max(self._free, now) + 0.01
        return max(seconds, self._free - now)


class _LoadSlows(Layer):
    """Takes longer the more uploads of a project are pending."""

    def lag(self, kind: str, subject: str, seconds: float) -> float:
        """Count them."""
        sql = """SELECT count(*) AS count FROM uploads u JOIN uploads own ON own.project_id = u.project_id
            WHERE own.id = ? AND u.due > ?"""
        row = self.world.database.one(sql, subject, self.world.clock.now()) if kind == "upload" else None
        return seconds if row is None else seconds + min(2.0, 0.02 * row["count"])


class _ColdStorage(Layer):
    """Fetches an object that is six seconds old from slow storage, which takes half a second."""

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Wait for it."""
        row = self.world.database.one("SELECT due FROM uploads WHERE id = ?", visit.name)
        if visit.verb == "GET" and row is not None and row["due"] and self.world.clock.now() > row["due"] + 6.0:
            await asyncio.sleep(0.5)
        return response


class _ReadsLimited(Layer):
    """Answers 429 with Retry-After to who reads one url more than forty times in a second."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._reads: defaultdict[str, deque[float]] = defaultdict(deque)

    async def before(self, call: Call) -> Reply | None:
        """Count them."""
        if call.operation not in URLS:
            return None
        reads = self._reads[call.request.scope["path"]]
        while reads and reads[0] < call.now - 1.0:
            reads.popleft()
        reads.append(call.now)
        return busy(429, retry_after="1") if len(reads) > _READS else None


class _RecordsPurged(Layer):
    """Writes into the record of a bad upload, after five seconds, that its bytes are purged."""

    def status_record(self, call: Call, upload: sqlite3.Row, record: dict[str, Any]) -> dict[str, Any]:
        """Write it."""
        old = record["error_on"] is not None and call.now > upload["due"] + 5.0
        return record | ({"purged_on": iso(upload["due"] + 5.0)} if old else {})


class _FirstSlow(Layer):
    """Takes three seconds for the first project and the first upload after the start: workers have to wake up."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._awake: set[str] = set()

    def lag(self, kind: str, subject: str, seconds: float) -> float:  # noqa: ARG002
        """Add it once."""
        first = kind not in self._awake
        self._awake.add(kind)
        return seconds + 3.0 if first else seconds


class _BadSlow(Layer):
    """Takes a second longer to be sure that an upload is bad."""

    def lag(self, kind: str, subject: str, seconds: float) -> float:
        """Look at the size of what is stored."""
        if kind != "upload":
            return seconds
        row = self.world.database.one("SELECT size FROM uploads WHERE id = ?", subject)
        stored = sum(part.size for part in self.world.objects.parts(subject))
        return seconds + (1.0 if row is not None and row["size"] != stored else 0.0)


FAMILY: dict[Variant, LayerFactory] = {
    Variant("one-after-another", "one worker has all uploads, in order", "within the bound"): _OneAfterAnother,
    Variant("load-slows", "every pending upload of a project adds to the next one's lag", "within the bound"): (
        _LoadSlows
    ),
    Variant("cold-storage", "an object of six seconds is fetched in half a second", "no bound on a download"): (
        _ColdStorage
    ),
    Variant(
        "reads-limited", "more than forty reads of a url in a second are 429 with Retry-After", "429 is no information"
    ): _ReadsLimited,
    Variant("records-purged", "a bad upload's record says later that its bytes are purged", "the verdict stays"): (
        _RecordsPurged
    ),
    Variant("first-slow", "the first project and the first upload take three seconds more", "within the bound"): (
        _FirstSlow
    ),
    Variant("bad-slow", "a wrong total size takes a second more to be found", "within the bound"): _BadSlow,
}
