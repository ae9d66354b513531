"""Hundreds of waits, a handful of threads: actors are generators, and say when they want to go on.

A task yields the monotonic instant (seconds) at which it wants to be resumed, or a `Signal` that it waits for. Between
two yields it may block on the network: that is what the threads are for. When nothing can move any more, tasks that
wait for signals are let go, so that a plan whose resource never came cannot hang the run.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Generator

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
        self.waiting: list[Task] = []


Task = Generator[float | Signal, None, None]


class Scheduler:
    """Run tasks on `threads` threads until none is left. Errors of tasks are kept, and raised by `run`."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._gate = threading.Condition()
        self._due: list[tuple[float, int, Task]] = []
        self._parked: set[Signal] = set()
        self._order = itertools.count()
        self._running = 0
        self._external = 0
        self._quiet = 0
        self._stopped = False
        self._errors: list[BaseException] = []

    def spawn(self, task: Task, at: float = 0.0) -> None:
        """Add a task, to be begun at the monotonic instant `at`; safe from any thread, also while running."""
        with self._gate:
            heapq.heappush(self._due, (at, next(self._order), task))
            self._gate.notify()

    def fire(self, signal: Signal) -> None:
        """Let everything that waits for `signal` go on, now and in future."""
        with self._gate:
            self._release(signal)

    def _release(self, signal: Signal) -> None:
        signal.fired = True
        self._parked.discard(signal)
        for task in signal.waiting:
            heapq.heappush(self._due, (0.0, next(self._order), task))
        signal.waiting.clear()
        self._gate.notify_all()

    def hush(self, by: int) -> None:
        """Count one more (+1) or one less (-1) who asks for quiet, and works on a thread of its own."""
        with self._gate:
            self._quiet += by
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
        threads = [threading.Thread(target=self._work, name=f"plans-{n}", daemon=True) for n in range(self._threads)]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                threads[-1].join(BREATH_S)
                threads = [thread for thread in threads if thread.is_alive()] or threads[:1]
        except BaseException:
            self.stop()
            for thread in threads:
                thread.join(LEAVE_S)
            raise
        if self._errors:
            raise self._errors[0]

    def _work(self) -> None:
        while task := self._next():
            wake: float | Signal | None = None
            try:
                wake = next(task, None)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the main thread raises it
                self.fail(error)
            self._put_back(task, wake)

    def _put_back(self, task: Task, wake: float | Signal | None) -> None:
        with self._gate:
            self._running -= 1
            if isinstance(wake, Signal) and not wake.fired:
                wake.waiting.append(task)
                self._parked.add(wake)
            elif wake is not None:
                at = 0.0 if isinstance(wake, Signal) else wake
                heapq.heappush(self._due, (at, next(self._order), task))
            self._gate.notify()

    def _next(self) -> Task | None:
        with self._gate:
            while not self._stopped:
                now = time.monotonic()
                if self._due and self._due[0][0] <= now and self._running < self._limit():
                    self._running += 1
                    return heapq.heappop(self._due)[2]
                if not self._due and not self._running and not self._external and not self._let_go():
                    self._gate.notify_all()
                    return None
                self._gate.wait(max(0.0, self._due[0][0] - now) if self._due and self._free() else None)
            return None

    def _limit(self) -> int:
        return 1 if self._quiet else self._threads

    def _free(self) -> bool:
        return self._running < self._limit()

    def _let_go(self) -> bool:
        hopeful = [signal for signal in self._parked if not signal.an_end]
        for signal in hopeful or list(self._parked):
            self._release(signal)
        return bool(self._due)
