"""When to look next: gentle polls, measured lags, dense readers, and one set of them at a time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NoReturn

import pytest

from conformance.api.answers import Answer
from conformance.engine.execution.campaign import waits
from conformance.engine.execution.context import LONGEST_TRACING, Sent, Stage, patience
from conformance.engine.execution.dense_readers import TAIL_READS, Teeth
from conformance.engine.execution.polling import GUESS_S, LONGEST_GAP_S, Timing
from conformance.engine.execution.quiet_lock import LOOK_EVERY_S, QuietLock
from conformance.engine.execution.scheduler import Scheduler
from conformance.engine.plan import Actor, Plan, do
from conformance.model import Exchange, Operation


def operation(**headers: str) -> Operation:
    """Make an operation with response headers."""
    return Operation("o", "s", 0, 1, Exchange("GET", "/", status=429, headers=headers))


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Return the instant."""
        return self.now


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> float:
    """Let the clock of the polls stand; return its instant."""
    clock = Clock()
    clock.now = 1e7
    monkeypatch.setattr("conformance.engine.execution.polling.time", clock)
    return clock.now


def test_polls_grow_apart_with_the_time_waited_and_no_further_than_bearable(still: float) -> None:
    """A wait is overshot by a share of itself at most."""
    timing = Timing(60.0, None, loopback=True)
    gaps = [timing.next_look(still - waited) - still for waited in (0.0, 1.0, 10.0, 1e6)]
    assert gaps == sorted(gaps)
    assert gaps[-1] <= LONGEST_GAP_S


def test_early_polls_are_spread_over_the_lag_that_was_measured(still: float) -> None:
    """A few looks before the usual lag is over tell it as well as a hundred."""
    timing = Timing(60.0, None, loopback=True)
    before = timing.next_look(still) - still
    timing.bounded(5.0, blind_s=0.1)
    after = timing.next_look(still) - still
    assert before < 0.2
    assert after == pytest.approx(1.5)


def test_many_pollers_keep_to_half_the_pace_together(still: float) -> None:
    """Thirty pollers at 20 requests a second look every three seconds each."""
    timing = Timing(60.0, 20.0, loopback=True)
    for _ in range(30):
        timing.begin_wait()
    assert timing.next_look(still) - still == pytest.approx(3.0)


def test_the_last_read_of_a_wait_begins_after_the_bound() -> None:
    """Only such a read can show that something never converged."""
    assert Timing(60.0, None, loopback=True).deadline(100.0) > 160.0


def test_a_lag_counts_only_when_somebody_had_looked_shortly_before() -> None:
    """An upload first read long after its convergence says nothing about the lag."""
    timing = Timing(60.0, None, loopback=True)
    assert (timing.lag_s, timing.known) == (GUESS_S, False)
    timing.bounded(9.0, blind_s=8.0)
    assert not timing.known
    timing.bounded(2.0, blind_s=0.2)
    timing.bounded(1.0, blind_s=0.1)
    assert (timing.lag_s, timing.typical_s) == (2.0, 1.5)


@pytest.mark.parametrize(("asked", "least"), [("", 0.1), ("3", 3.0), ("soon", 0.1)])
def test_retry_after_is_honoured(asked: str, least: float) -> None:
    """A target that asks for time gets it."""
    assert least <= patience(0, operation(**{"retry-after": asked})) < least + 0.1


def test_the_teeth_of_a_comb_are_staggered_over_its_readers() -> None:
    """Four readers share the slots; together they leave one spacing between reads."""
    teeth = Teeth(begun=0.0, spacing=0.01, dense_until=100.0, deadline=1e9)
    taken = []
    for reader in range(4):
        now, slot = 0.0, reader - 4
        for _ in range(5):
            now, slot = teeth.after(now, slot, 4)
            taken.append(slot)
    assert sorted(taken) == sorted(set(taken))
    assert {slot % 4 for slot in taken} == {0, 1, 2, 3}


def test_a_reader_that_is_late_leaves_out_what_it_missed() -> None:
    """A slow server is not asked in bursts afterwards."""
    teeth = Teeth(begun=0.0, spacing=0.01, dense_until=100.0, deadline=1e9)
    at, slot = teeth.after(1.0, 0, 4)
    assert at > 1.0
    assert slot % 4 == 0


def test_after_its_aim_a_comb_widens_like_a_polite_poller() -> None:
    """The truth was expected earlier: no need to hammer."""
    teeth = Teeth(begun=0.0, spacing=0.01, dense_until=1.0, deadline=1e9)
    assert teeth.after(10.0, 40, 4)[0] > 11.0


def test_dense_readers_read_on_a_little_after_the_truth() -> None:
    """A server may take its word back."""
    teeth = Teeth(begun=0.0, spacing=0.01, dense_until=1.0, deadline=time.monotonic() + 100)
    waiting, truth = (Sent(operation(), answer, 0.0) for answer in (Answer.NC, Answer.DONE))
    assert all(teeth.count(waiting) for _ in range(50))
    assert sum(teeth.count(answer) for answer in [truth, *[waiting] * 100]) == TAIL_READS


def test_dense_readers_of_one_plan_read_at_a_time_over_all_processes(tmp_path: Path) -> None:
    """Whoever has the silence keeps it until it leaves; the others see it."""
    one, other = QuietLock(tmp_path / "run" / "dense-readers"), QuietLock(tmp_path / "run" / "dense-readers")
    assert one.take()
    assert not other.take()
    assert other.elsewhere()
    assert not one.elsewhere()
    one.leave()
    deadline = time.monotonic() + 1000 * LOOK_EVERY_S
    while other.elsewhere():
        assert time.monotonic() < deadline
    assert other.take()
    one.close()
    other.close()


def test_a_run_of_one_process_shares_with_nobody() -> None:
    """Without a file there is nothing to wait for."""
    quiet = QuietLock()
    assert quiet.take()
    assert not quiet.elsewhere()
    quiet.leave()
    quiet.close()


def tracers(monkeypatch: pytest.MonkeyPatch, each_s: float, planned: int = 12) -> tuple[int, float]:
    """Begin tracers that take `each_s` seconds as long as there is room; return how many, and the seconds they took."""
    clock = Clock()
    monkeypatch.setattr("conformance.engine.execution.context.time", clock)
    timing = Timing(60.0, None, loopback=True)
    timing.bounded(each_s / 2, blind_s=0.01)
    stage = Stage(Nobody(), timing, Scheduler(1), "token")
    done = 0
    while done < planned and stage.room_for_tracer(done):
        clock.now += each_s
        done += 1
    return done, clock.now


class Nobody:
    """A driver that nobody asks."""

    def client(self, *_: object, **__: object) -> NoReturn:
        """Fail: nothing is to be sent."""
        raise AssertionError


@pytest.mark.parametrize(("each_s", "least"), [(0.4, 12), (2.0, 12), (5.5, 12), (60.0, 3)])
def test_tracers_get_the_time_that_the_lag_of_the_target_asks_for(
    each_s: float, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lag of two seconds and slow answers cost as many tracers as a fast target: none; and there is an end to it."""
    done, took = tracers(monkeypatch, each_s)
    assert done >= least
    assert took <= 6.0 * LONGEST_TRACING + 2 * each_s


@pytest.mark.parametrize(("lag_s", "expected"), [(0.3, 1), (0.9, 1), (1.1, 2), (2.5, 3), (40.0, 4)])
def test_more_tracers_run_side_by_side_the_longer_the_lag_is(lag_s: float, expected: int) -> None:
    """So that the lag is not waited for as often as there are tracers."""
    timing = Timing(60.0, None, loopback=True)
    timing.bounded(lag_s, blind_s=0.01)
    assert Stage(Nobody(), timing, Scheduler(1), "token").tracers_abreast() == expected


def test_plans_that_wait_for_more_lags_begin_earlier() -> None:
    """Waits of one actor add up, those of several overlap; a pause counts by its lags."""
    patient = Actor("a", (do("create_project", "p1"), do("settle", file="f1"), do("pause", lags=0.5)))
    hasty = Actor("b", (do("settle", file="f1"), do("read_url", file="f1")))
    assert waits(Plan("t", "v", (hasty, patient))) == 2.5
    assert waits(Plan("t", "v", (hasty, hasty))) == 1.0
    assert waits(Plan("t", "v", ())) == 0.0
