"""The interval-censored estimator against data whose truth is known."""

from __future__ import annotations

import random
from math import inf

import pytest

from conformance.judge.lag import QUANTILES, estimate, estimate_pairs, summary
from conformance.model import LagInterval


def polled(dice: random.Random, lag: float) -> tuple[float, float]:
    """Poll with exponential back-off from completion on; give the last nc and the first truth (s)."""
    last, now, step = 0.0, 0.05 * dice.random(), 0.25 * dice.uniform(0.8, 1.2)
    while now < lag:
        last, now, step = now, now + step, 2 * step
    return last, now


def lags_of_known_truth(dice: random.Random, n: int) -> list[float]:
    """Draw lags with a median of 1.97 s and a 95th percentile of 3.01 s."""
    return [max(0.3, dice.gauss(1.97, 0.632)) for _ in range(n)]


@pytest.mark.parametrize("seed", range(5))
def test_back_off_polling_is_not_mistaken_for_lag(seed: int) -> None:
    """The time of the first 200 overstates by half; the estimator finds the true median and 95th percentile."""
    dice = random.Random(seed)
    pairs = [polled(dice, lag) for lag in lags_of_known_truth(dice, 800)]
    naive = sorted(high for _, high in pairs)[len(pairs) // 2]
    curve = estimate_pairs(pairs)
    median, tail = curve.quantile(0.5), curve.quantile(0.95)
    assert naive > 2.8
    assert median.estimate_s == pytest.approx(1.97, abs=0.25)
    assert tail.estimate_s == pytest.approx(3.01, abs=0.5)


@pytest.mark.parametrize("seed", range(20))
def test_the_bounds_of_a_quantile_hold_the_truth(seed: int) -> None:
    """Whatever the polling, at 95 % confidence and with nothing assumed."""
    dice = random.Random(100 + seed)
    curve = estimate_pairs([polled(dice, lag) for lag in lags_of_known_truth(dice, 200)])
    for p, truth in ((0.5, 1.97), (0.9, 2.78), (0.95, 3.01)):
        quantile = curve.quantile(p)
        assert quantile.low_s <= truth
        assert quantile.high_s is None or truth <= quantile.high_s


def test_many_intervals_are_estimated_in_bounded_work() -> None:
    """Beyond a thousand, intervals are widened to a grid; the estimate stays."""
    dice = random.Random(9)
    curve = estimate_pairs([polled(dice, lag) for lag in lags_of_known_truth(dice, 6000)])
    assert curve.n == 6000
    assert len(curve.left) <= 1001
    assert curve.quantile(0.5).estimate_s == pytest.approx(1.97, abs=0.15)


def test_exact_data_give_the_empirical_distribution() -> None:
    """Intervals without width are plain observations."""
    curve = estimate_pairs([(x, x) for x in (1.0, 2.0, 3.0, 4.0)])
    assert (curve.left, curve.right) == ((1.0, 2.0, 3.0, 4.0), (1.0, 2.0, 3.0, 4.0))
    assert curve.mass == pytest.approx((0.25, 0.25, 0.25, 0.25))
    assert curve.at(2.5) == pytest.approx((0.5, 0.5, 0.5))


def test_a_textbook_example_has_its_known_masses() -> None:
    """Two intervals overlap, one lies apart: the mass lies on the overlap and on the third, two to one."""
    curve = estimate_pairs([(0.0, 2.0), (1.0, 3.0), (5.0, 6.0)])
    assert list(zip(curve.left, curve.right, strict=True)) == [(1.0, 2.0), (5.0, 6.0)]
    assert curve.mass == pytest.approx((2 / 3, 1 / 3))


def test_right_censored_data_leave_the_tail_open() -> None:
    """Where half never converged, the 95th percentile is beyond sight, and said so."""
    curve = estimate_pairs([(0.0, 1.0)] * 50 + [(5.0, inf)] * 50)
    assert curve.quantile(0.25).estimate_s == pytest.approx(0.5)
    assert curve.quantile(0.95).estimate_s is None
    assert curve.quantile(0.95).high_s is None
    assert curve.quantile(0.95).low_s == 5.0


def test_nothing_gives_nothing() -> None:
    """No lag, no figure."""
    assert estimate([]).quantile(0.5).estimate_s is None
    assert summary([]) == {"intervals": 0, "origin_ns": 0, "groups": []}


def test_the_summary_counts_what_is_censored() -> None:
    """Each kind of resource and endpoint is a group of its own, with its course over the run."""
    lags = [
        LagInterval("upload", "u1", "file_url", 0.0, 1.0, 2_000_000_000),
        LagInterval("upload", "u2", "file_url", 0.5, None, 3_000_000_000),
        LagInterval("upload", "u3", "file_url", 0.5, 1.5, 4_000_000_000),
        LagInterval("project", "p", "create_upload", 0.0, 0.1, 1_000_000_000),
    ]
    first, second = summary(lags)["groups"]
    assert (first["kind"], first["n"]) == ("project", 1)
    assert [second[name] for name in ("n", "left_censored", "right_censored", "interval_censored")] == [3, 1, 1, 1]
    assert [row["begun_s"] for row in second["over_time"]] == [1.0, 2.0, 3.0]
    assert [row["p"] for row in second["quantiles"]] == list(QUANTILES)
    shares = [point["estimate"] for point in second["curve"]]
    assert shares == sorted(shares)
