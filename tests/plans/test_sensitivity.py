"""The width of window that a run would have seen: computed, and compared with windows thrown at random."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from conformance.api.classifier import classify_all
from conformance.judge.sensitivity import Watch, missed, missed_by_all, sensitivity, watches, width_seen
from conformance.model import Exchange, Octets, Operation, Target

BASE = "/api/v1"
TARGET = Target("http://dds.test/api/v1")
NC = {"error": 404, "code": "resource_not_consistent", "reason": "r", "suggestion": "s"}
IE = {"error": 400, "code": "not_provided", "reason": "r", "suggestion": "You must begin a new upload process"}


def watched(spacing: float, lag: float, width: float = 0.0) -> Watch:
    """Make a watch whose reads are evenly spaced and take `width` seconds each."""
    count = int(lag / spacing)
    reads = tuple((spacing * n, spacing * n + width) for n in range(1, count + 1))
    return Watch("bad", 0.0, lag, reads)


def test_an_even_comb_misses_what_falls_between_its_teeth() -> None:
    """Of windows half as wide as the spacing, half are missed; of windows as wide as the spacing, none."""
    watch = watched(0.01, 1.0)
    assert missed(watch, 0.005, sure=False) == pytest.approx(0.5, abs=0.01)
    assert missed(watch, 0.01, sure=False) == pytest.approx(0.0, abs=0.02)


def test_several_tracers_miss_only_together() -> None:
    """Their chances multiply: five tracers that miss half each miss 3 %."""
    assert missed_by_all([watched(0.01, 1.0)] * 5, 0.005, sure=False) == pytest.approx(0.5**5, abs=0.01)


def test_the_sure_figure_is_never_better_than_the_likely_one() -> None:
    """A read may act anywhere in its interval."""
    watch = watched(0.01, 1.0, width=0.004)
    likely, sure = width_seen([watch], sure=False), width_seen([watch], sure=True)
    assert likely is not None
    assert sure is not None
    assert sure == pytest.approx(likely + 0.004, abs=0.001)


def test_without_tracers_nothing_is_claimed() -> None:
    """No tracer, no figure; a tracer without reads sees nothing."""
    assert width_seen([], sure=False) is None
    assert missed(Watch("bad", 0.0, 1.0, ()), 0.5, sure=False) == 1.0


def test_random_windows_agree_with_the_formula() -> None:
    """Windows thrown at random reads are missed as often as was computed."""
    dice = random.Random(5)
    reads = tuple((at, at) for at in sorted(dice.uniform(0, 1) for _ in range(60)))
    watch, width, throws = Watch("bad", 0.0, 1.0, reads), 0.02, 20_000
    begun = [dice.uniform(0, 1 - width) for _ in range(throws)]
    unseen = sum(not any(start <= a <= start + width for a, _ in reads) for start in begun)
    assert missed(watch, width, sure=False) == pytest.approx(unseen / throws, abs=0.015)


def operation(number: int, at_ms: float, request: str, status: int, body: object, **notes: str) -> Operation:
    """Make an operation of one millisecond."""
    method, path = request.split()
    exchange = Exchange(method, f"{BASE}{path}", status=status, response=body)
    return Operation(f"o{number}", "s", int(at_ms * 1e6), int((at_ms + 1) * 1e6), exchange, notes=notes)


def test_tracers_are_found_in_a_history_by_what_their_readers_noted() -> None:
    """From the end of the completion to the first truth; reads of anything else do not count."""
    noted = {"tracer": "bad", "upload": "u"}
    history = [
        operation(1, 0, "PUT /uploads/u/complete", 202, {"id": "u"}),
        *(operation(n, 10 * n, "GET /files/f/url", 404, NC, **noted) for n in range(2, 10)),
        operation(10, 100, "GET /files/f/url", 400, IE, **noted),
        operation(11, 50, "GET /files/g/url", 404, NC),
    ]
    (watch,) = watches(history, classify_all(history, TARGET))
    assert (watch.begun, watch.ended, len(watch.reads)) == (0.001, 0.101, 9)
    figures = sensitivity(history, classify_all(history, TARGET))
    assert figures["tracers"] == figures["bad"]["tracers"] == 1
    assert figures["good"] == {"tracers": 0, "reads": 0, "watched_s": 0, "width_s": None, "width_sure_s": None}
    assert 0.009 < figures["width_s"] < 0.02


def test_reads_that_tell_nothing_do_not_count() -> None:
    """A 500, or an answer of the storage, is no look at the state."""
    noted = {"tracer": "good", "upload": "u"}
    history = [
        operation(1, 0, "PUT /uploads/u/complete", 202, {"id": "u"}),
        operation(2, 20, "GET /files/f/url", 503, Octets(3, "x"), **noted),
        operation(3, 50, "GET /files/f/url", 200, {"url": "/x"}, **noted),
    ]
    cut = [*history, replace(history[1], id="o9", b_ns=None)]
    (watch,) = watches(cut, classify_all(cut, TARGET))
    assert len(watch.reads) == 1
