"""Dense readers: several of them, all of one tracer, staggered so that together they leave only small gaps.

They are aimed: dense for as long as the lag measured so far lets the truth be expected, and spread over that time
within a budget of reads; later it widens like any polite poller. It ends a few reads after the first truth was seen,
because a server may take its word back. Who sees the first truth looks at once whether the upload's record says so too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from conformance.engine.execution.bindings import Upload, World
from conformance.engine.execution.context import Sent, Speaker, Stage, Turn
from conformance.engine.execution.polling import GROWTH
from conformance.engine.execution.reads import TRUTHS, ask_url, note_lag
from conformance.engine.execution.scheduler import Signal, Task
from conformance.engine.plan import Actor
from conformance.model import Json

FINEST_S = 0.0025
"""Spacing of the teeth in seconds, of both endpoints together: a wrong window of 5 ms at one of them is met."""
TAIL_READS = 8
"""Reads after the first truth, all readers together."""
AIM = 1.3
"""Dense readers stay dense for this many of the lags measured so far."""


@dataclass(slots=True)
class Teeth:
    """What the dense readers of one plan share: their beginning, their spacing in seconds, how many reads they made."""

    begun: float
    spacing: float
    dense_until: float
    deadline: float
    reads: int = 0
    truths: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def after(self, now: float, slot: int, step: int) -> tuple[float, int]:
        """Return the instant of a reader's next tooth, and its number; teeth missed are left out."""
        if now >= self.dense_until:
            return now + step * GROWTH / 4 * max(self.spacing, now - self.begun), slot + step
        due = int((now - self.begun) / self.spacing) + 1
        slot += step
        slot += max(0, -(-(due - slot) // step)) * step
        return self.begun + slot * self.spacing, slot

    def count(self, last: Sent) -> bool:
        """Count a read; False when the dense readers have seen enough."""
        with self.lock:
            self.reads += 1
            self.truths += self.truths > 0 or last.answer in TRUTHS
            return self.truths <= TAIL_READS and time.monotonic() < self.deadline


def read_densely(turn: Turn) -> Task:
    """Read a file's url and its version's with several clients at once until it settled."""
    file = turn.file()
    upload = file.current or file.versions[0].upload
    paths = (f"/files/{file.id}/url", f"/file_versions/{file.versions[0].id}/url")
    readers = int(turn.option("readers"))
    done = Signal(an_end=True)
    job = _Job(turn.stage, turn.world, upload, paths, _teeth(turn.stage, upload), _notes(turn, upload))
    still = turn.stage.tracing == 1
    turn.stage.scheduler.quieten(+1, still=still)
    crew = _Crew(readers, lambda: _leave(turn.stage, done, still=still))
    for n in range(readers):
        name = f"dense-{n + 1}"
        client = turn.stage.client(turn.world, Actor(name, ()))
        threading.Thread(target=crew.run, args=(job, client, n, readers), name=name, daemon=True).start()
    if not done.fired:
        yield done


def _leave(stage: Stage, done: Signal, *, still: bool) -> None:
    stage.scheduler.fire(done)
    stage.scheduler.quieten(-1, still=still)


def _notes(turn: Turn, upload: Upload) -> Mapping[str, Json]:
    kind = turn.option("tracer")
    return {"tracer": kind, "upload": upload.id} if kind else {}


def _teeth(stage: Stage, upload: Upload) -> Teeth:
    now, timing = time.monotonic(), stage.timing
    since = upload.completed or now
    dense = AIM * timing.lag_s if timing.known else timing.bound_s
    spacing = max(FINEST_S, dense / stage.dense_reads if timing.known else FINEST_S)
    if timing.rate:
        spacing = max(spacing, 1.0 / timing.rate)
    return Teeth(now, stage.tracing * spacing, now + max(dense, 0.1), timing.deadline(since))


@dataclass(frozen=True, slots=True)
class _Job:
    stage: Stage
    world: World
    upload: Upload
    paths: tuple[str, str]
    teeth: Teeth
    notes: Mapping[str, Json]


class _Crew:
    """The reader threads of one plan's dense readers; the last to leave says so, whatever happened to it."""

    def __init__(self, size: int, left: Callable[[], None]) -> None:
        self._size = size
        self._left = left
        self._lock = threading.Lock()

    def run(self, job: _Job, client: Speaker, first: int, step: int) -> None:
        """Read until the dense readers have seen enough."""
        try:
            _read(job, client, first, step)
        except BaseException as error:  # noqa: BLE001 - the scheduler raises it in the main thread
            job.stage.scheduler.fail(error)
        finally:
            client.close()
            with self._lock:
                self._size -= 1
                last = self._size == 0
            if last:
                self._left()


def _read(job: _Job, client: Speaker, first: int, step: int) -> None:
    slot, turn, more = first - step, first, True
    while more and not job.stage.scheduler.stopped:
        at, slot = job.teeth.after(time.monotonic(), slot, step)
        time.sleep(max(0.0, at - time.monotonic()))
        last = ask_url(client, job.world, job.paths[turn % 2], job.notes)
        note_lag(job.stage, job.upload, last)
        if last.answer in TRUTHS and job.world.first_time(f"the record of {job.upload.id}"):
            client.send("GET", f"/uploads/{job.upload.id}")
        more = job.teeth.count(last)
        turn += 1
