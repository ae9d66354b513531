"""The scheduler: many waits, few threads, no hanging, no lost error."""

from __future__ import annotations

import threading
import time

import pytest

from conformance.engine.execution.scheduler import Scheduler, Signal, Task

PATIENCE_S = 20.0


def finish(scheduler: Scheduler) -> None:
    """Run a scheduler, and fail if it hangs."""
    runner = threading.Thread(target=scheduler.run, daemon=True)
    runner.start()
    runner.join(PATIENCE_S)
    assert not runner.is_alive()


def test_waits_overlap_whatever_the_number_of_threads() -> None:
    """A hundred tasks that wait half a second each are done long before fifty seconds are over."""
    scheduler, done = Scheduler(2), []

    def wait(number: int) -> Task:
        yield time.monotonic() + 0.5
        done.append(number)

    for number in range(100):
        scheduler.spawn(wait(number))
    finish(scheduler)
    assert sorted(done) == list(range(100))


def test_a_signal_lets_everything_go_that_waits_for_it_and_whatever_comes_later() -> None:
    """Before or after the firing: nobody waits for what has happened."""
    scheduler, signal, seen = Scheduler(3), Signal(), []

    def wait(name: str) -> Task:
        if not signal.fired:
            yield signal
        seen.append((name, signal.fired))

    def fire() -> Task:
        yield time.monotonic() + 0.01
        scheduler.fire(signal)
        scheduler.spawn(wait("late"))

    for name in ("one", "two"):
        scheduler.spawn(wait(name))
    scheduler.spawn(fire())
    finish(scheduler)
    assert sorted(seen) == [("late", True), ("one", True), ("two", True)]


def test_what_will_never_happen_does_not_hang_the_run() -> None:
    """When nothing can move, tasks are let go; those that wait for the end of others go last."""
    scheduler, never, end, order = Scheduler(2), Signal(), Signal(an_end=True), []

    def hope() -> Task:
        yield never
        order.append("hope")
        scheduler.fire(end)

    def outlast() -> Task:
        yield end
        order.append("end")

    scheduler.spawn(outlast())
    scheduler.spawn(hope())
    finish(scheduler)
    assert order == ["hope", "end"]


def test_an_error_in_a_task_is_raised_in_the_main_thread_and_stops_the_rest() -> None:
    """The suite's own mistakes are never swallowed."""
    scheduler = Scheduler(2)

    def fail() -> Task:
        yield 0.0
        raise LookupError("of the suite's own making")

    def wait_long() -> Task:
        yield time.monotonic() + 1000

    scheduler.spawn(wait_long())
    scheduler.spawn(fail())
    with pytest.raises(LookupError, match="own making"):
        scheduler.run()


def test_stopping_drops_what_was_planned() -> None:
    """After the first proof nothing more is begun."""
    scheduler, begun = Scheduler(1), []

    def stop() -> Task:
        scheduler.stop()
        yield from ()

    def later() -> Task:
        yield time.monotonic() + 2.0
        begun.append(1)

    scheduler.spawn(later())
    scheduler.spawn(stop())
    finish(scheduler)
    assert begun == []
    assert scheduler.stopped


def test_the_lowest_rank_goes_first_among_what_is_ready() -> None:
    """A plan once begun is carried on before another is begun."""
    scheduler, order = Scheduler(1), []

    def step(name: str, times: int) -> Task:
        for _ in range(times):
            order.append(name)
            yield 0.0

    scheduler.spawn(step("second", 3), rank=2)
    scheduler.spawn(step("first", 3), rank=1)
    finish(scheduler)
    assert order == ["first"] * 3 + ["second"] * 3


def test_quiet_lets_one_task_run_at_a_time() -> None:
    """While dense readers read, everybody else keeps off; and the run does not end before they have."""
    scheduler, lock, most, now, beats = Scheduler(6), threading.Lock(), [0], [0], [0]

    def work() -> Task:
        for _ in range(5):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.001)
            with lock:
                now[0] -= 1
                beats[0] += 1
            yield 0.0

    scheduler.quieten(+1)
    for _ in range(6):
        scheduler.spawn(work())
    runner = threading.Thread(target=scheduler.run, daemon=True)
    runner.start()
    ends = time.monotonic() + PATIENCE_S
    while beats[0] < 30 and time.monotonic() < ends:
        time.sleep(0.01)
    assert runner.is_alive()
    assert (beats[0], most[0]) == (30, 1)
    scheduler.quieten(-1)
    runner.join(PATIENCE_S)
    assert not runner.is_alive()


def test_a_scheduler_may_be_given_more_threads_while_it_runs() -> None:
    """Four tasks meet that block a thread each: one thread alone would wait for ever, and fewer change nothing."""
    scheduler, all_there, met = Scheduler(1), threading.Barrier(4), []

    def meet() -> Task:
        all_there.wait(PATIENCE_S)
        met.append(1)
        yield time.monotonic()

    def widen() -> Task:
        scheduler.widen(4)
        scheduler.widen(2)
        for _ in range(4):
            scheduler.spawn(meet())
        yield time.monotonic()

    scheduler.spawn(widen())
    finish(scheduler)
    assert len(met) == 4
