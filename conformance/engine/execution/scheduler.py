"""Hundreds of waits, a handful of threads: actors are generators, and say when they want to go on.

A task yields the monotonic instant (seconds) at which it wants to be resumed, or a `Signal` that it waits for. Between
two yields it may block on the network: that is what the threads are for. Among tasks that are ready, the
lowest rank goes first: a plan once begun is carried on swiftly before another is begun. When nothing can move any more,
tasks that wait for signals are let go, so that a plan whose resource never came cannot hang the run.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

BREATH_S = 0.2
"""Seconds between two looks of the waiting main thread, so that an interrupt is noticed."""


LEAVE_S = 2.0
"""Seconds that an interrupted run gives each request under way to come to its end."""


class Signal:
    """Something that happens at most once; tasks that yield it are resumed when it has. Fired by `Scheduler.fire`.

    When nothing can move any more, signals are let go; those that stand for the end of a task (`an_end`) last.
    """

    __slots__ = ("an_end", "fired", "waiting")

    def __init__(self, *, an_end: bool = False) -> None:
        self.an_end = an_end
        self.fired = False
        self.waiting: list[Item] = []


Task = Generator[float | Signal, None, None]


@dataclass(frozen=True, slots=True)
class Item:
    """A task with its rank."""

    task: Task
    rank: int


class Scheduler:
    """Run tasks on `threads` threads until none is left. Errors of tasks are kept, and raised by `run`.

    While somebody asks for quiet, here or `elsewhere`, one task runs at a time.
    """

    def __init__(self, threads: int, elsewhere: Callable[[], bool] = bool) -> None:
        self._threads = threads
        self._elsewhere = elsewhere
        self._gate = threading.Condition()
        self._due: list[tuple[float, int, Item]] = []
        self._ready: list[tuple[int, int, Item]] = []
        self._parked: set[Signal] = set()
        self._order = itertools.count()
        self._running = 0
        self._external = 0
        self._quiet = 0
        self._stopped = False
        self._errors: list[BaseException] = []
        self._crew: list[threading.Thread] = []

    def spawn(self, task: Task, rank: int = 0) -> None:
        """Add a task; safe from any thread, also while running."""
        with self._gate:
            self._push(Item(task, rank))
            self._gate.notify()

    def _push(self, item: Item, at: float = 0.0) -> None:
        heapq.heappush(self._due, (at, next(self._order), item))

    def fire(self, signal: Signal) -> None:
        """Let everything that waits for `signal` go on, now and in future."""
        with self._gate:
            self._release(signal)

    def _release(self, signal: Signal) -> None:
        signal.fired = True
        self._parked.discard(signal)
        for item in signal.waiting:
            self._push(item)
        signal.waiting.clear()
        self._gate.notify_all()

    @property
    def quiet(self) -> bool:
        """Whether somebody asked for quiet, here or elsewhere, so that tasks run one after the other."""
        return bool(self._quiet) or self._elsewhere()

    def quieten(self, by: int, *, still: bool = True) -> None:
        """Count one more (+1) or one less (-1) who works on threads of its own, and if `still` asks for quiet."""
        with self._gate:
            self._quiet += by if still else 0
            self._external += by
            self._gate.notify_all()

    def fail(self, error: BaseException) -> None:
        """Keep an error for `run` to raise, and stop."""
        with self._gate:
            self._errors.append(error)
        self.stop()

    def stop(self) -> None:
        """Ask every thread to leave after the request it is in; what was planned is dropped."""
        with self._gate:
            self._stopped = True
            self._gate.notify_all()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped

    def run(self) -> None:
        """Work until no task is left or `stop` is called; raise the first error of a task; honour Ctrl-C."""
        try:
            self._hire(self._threads)
            while alive := [thread for thread in self._crew if thread.is_alive()]:
                alive[-1].join(BREATH_S)
        except BaseException:
            self.stop()  # also where the interrupt came while the threads were being started
            for thread in self._crew:
                if thread.ident is not None:
                    thread.join(LEAVE_S)
            raise
        if self._errors:
            raise self._errors[0]

    def widen(self, threads: int) -> None:
        """Work on so many threads from now on, if those are more than before; while `run` runs."""
        more = threads - self._threads
        if more > 0:
            self._threads = threads
            self._hire(more)

    def _hire(self, threads: int) -> None:
        for _ in range(threads):
            thread = threading.Thread(target=self._work, name=f"plans-{len(self._crew)}", daemon=True)
            self._crew.append(thread)
            thread.start()

    def _work(self) -> None:
        while item := self._next():
            wake: float | Signal | None = None
            try:
                wake = next(item.task, None)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the main thread raises it
                self.fail(error)
            self._put_back(item, wake)

    def _put_back(self, item: Item, wake: float | Signal | None) -> None:
        with self._gate:
            self._running -= 1
            if isinstance(wake, Signal) and not wake.fired:
                wake.waiting.append(item)
                self._parked.add(wake)
            elif wake is not None:
                self._push(item, 0.0 if isinstance(wake, Signal) else wake)
            self._gate.notify()

    def _next(self) -> Item | None:
        with self._gate:
            while not self._stopped:
                self._ripen()
                if self._ready and self._running < self._limit():
                    self._running += 1
                    return heapq.heappop(self._ready)[2]
                if self._idle() and not self._let_go():
                    self._gate.notify_all()
                    return None
                self._gate.wait(self._nap())
            return None

    def _ripen(self) -> None:
        """Move what is due to what is ready."""
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            item = heapq.heappop(self._due)[2]
            heapq.heappush(self._ready, (item.rank, next(self._order), item))

    def _idle(self) -> bool:
        return not (self._due or self._ready or self._running or self._external)

    def _nap(self) -> float | None:
        if self._due and self._running < self._limit():
            return max(0.0, self._due[0][0] - time.monotonic())
        return None

    def _limit(self) -> int:
        return 1 if self.quiet else self._threads

    def _let_go(self) -> bool:
        hopeful = [signal for signal in self._parked if not signal.an_end]
        for signal in hopeful or list(self._parked):
            self._release(signal)
        return bool(self._due)
