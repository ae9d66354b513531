"""The distribution of convergence lag from intervals: Turnbull's estimator, by self-consistency (EM).

A lag is never seen, only bounded: by the last not-consistent answer from below, by the first truth from above. Taking
the first truth for the lag overstates it, the more so the lazier the poller. The estimator uses what is known and no
more: within an innermost interval the data cannot place the mass, so quantiles and curve carry bounds. Seconds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from math import ceil, floor, inf, sqrt

from conformance.model import Json, LagInterval

QUANTILES = (0.5, 0.9, 0.95, 0.99)
_ROUNDS = 1000
_STILL = 1e-7
_Z = 1.96
_POINTS = 200
_MANY = 1000
"""More intervals than this are widened to a grid of as many steps."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """The `p`-quantile of the lag (s): an estimate, and bounds of 95 % confidence. None stands for beyond any sight."""

    p: float
    estimate_s: float | None
    low_s: float
    high_s: float | None


@dataclass(frozen=True, slots=True)
class LagCurve:
    """Mass on innermost intervals, in order: `left` and `right` bound each (s, `inf` allowed), `mass` adds up to 1.

    `at_least` and `at_most` are the ends of the data, sorted: whatever the lags were, their distribution lies between.
    """

    left: tuple[float, ...]
    right: tuple[float, ...]
    mass: tuple[float, ...]
    at_least: tuple[float, ...]
    at_most: tuple[float, ...]

    @property
    def n(self) -> int:
        """How many lags were bounded."""
        return len(self.at_least)

    def quantile(self, p: float) -> Quantile:
        """Give the `p`-quantile; its bounds assume nothing and allow for sampling as well."""
        if not self.n:
            return Quantile(p, None, 0.0, None)
        spread = _Z * sqrt(p * (1 - p) / self.n)
        low, high = ceil(self.n * (p - spread)) - 1, ceil(self.n * (p + spread)) - 1
        right = self.at_most[high] if high < self.n else inf
        return Quantile(p, self._estimate(p), self.at_least[low] if low >= 0 else 0.0, None if right == inf else right)

    def _estimate(self, p: float) -> float | None:
        below = 0.0
        for left, right, mass in zip(self.left, self.right, self.mass, strict=True):
            if below + mass >= p - 1e-9:
                share = (p - below) / mass if mass > 0 else 1.0
                return None if right == inf else left + (right - left) * min(1.0, max(0.0, share))
            below += mass
        return None

    def at(self, t: float) -> tuple[float, float, float]:
        """Give the share converged by `t` (s): at least, estimated, at most."""
        estimate = 0.0
        for left, right, mass in zip(self.left, self.right, self.mass, strict=True):
            if left > t:
                break
            span = right - left
            estimate += mass * (1.0 if right <= t else 0.0 if span == inf else (t - left) / span)
        low, high = bisect_right(self.at_most, t) / self.n, bisect_right(self.at_least, t) / self.n
        return low, min(high, max(low, estimate)), high


def estimate(intervals: Iterable[LagInterval]) -> LagCurve:
    """Estimate the distribution of the lags that `intervals` bound."""
    return estimate_pairs([(one.at_least_s, inf if one.at_most_s is None else one.at_most_s) for one in intervals])


def estimate_pairs(pairs: Sequence[tuple[float, float]]) -> LagCurve:
    """Estimate from closed intervals ``(at least, at most)`` in seconds, ``inf`` for right-censored."""
    if not pairs:
        return LagCurve((), (), (), (), ())
    at_least, at_most = sorted(low for low, _ in pairs), sorted(high for _, high in pairs)
    pairs = _coarse(pairs) if len(pairs) > _MANY else pairs
    inner = _innermost(pairs)
    lefts, rights = [left for left, _ in inner], [right for _, right in inner]
    spans = Counter((bisect_left(lefts, low), bisect_right(rights, high)) for low, high in pairs)
    mass = _settle([1.0 / len(inner)] * len(inner), spans, len(pairs))
    return LagCurve(tuple(lefts), tuple(rights), tuple(mass), tuple(at_least), tuple(at_most))


def _coarse(pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Widen many intervals to a grid, so that the work stays bounded; a wider interval is true as well."""
    step = max((end for pair in pairs for end in pair if end != inf), default=1.0) / _MANY or 1.0
    return [(floor(low / step) * step, high if high == inf else ceil(high / step) * step) for low, high in pairs]


def _innermost(pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Give the intervals from a left end to a right one that hold no other end: mass lies there only."""
    ends = sorted({(low, 0) for low, _ in pairs} | {(high, 1) for _, high in pairs})
    return [(one[0], other[0]) for one, other in pairwise(ends) if (one[1], other[1]) == (0, 1)]


def _settle(mass: list[float], spans: Counter[tuple[int, int]], n: int) -> list[float]:
    for _ in range(_ROUNDS):
        below = [0.0, *accumulate(mass)]
        steps = [0.0] * (len(mass) + 1)
        for (start, stop), count in spans.items():
            within = below[stop] - below[start]
            if within > 0:
                steps[start] += count / within
                steps[stop] -= count / within
        fresh = [old * weight / n for old, weight in zip(mass, accumulate(steps[:-1]), strict=True)]
        total = sum(fresh)
        fresh = [one / total for one in fresh]
        if max(abs(new - old) for new, old in zip(fresh, mass, strict=True)) < _STILL:
            return fresh
        mass = fresh
    return mass


def summary(lags: Sequence[LagInterval]) -> dict[str, Json]:
    """Draw the section of the run document about lag: a group for each kind of resource and endpoint."""
    origin = min((one.begun_ns for one in lags), default=0)
    ordered = sorted(lags, key=lambda one: (one.kind, one.endpoint, one.begun_ns, one.subject))
    groups = [list(group) for _, group in groupby(ordered, key=lambda one: (one.kind, one.endpoint))]
    return {"intervals": len(lags), "origin_ns": origin, "groups": [_group(group, origin) for group in groups]}


def _group(lags: list[LagInterval], origin: int) -> dict[str, Json]:
    curve = estimate(lags)
    left, right = sum(one.left_censored for one in lags), sum(one.right_censored for one in lags)
    both = sum(one.left_censored and one.right_censored for one in lags)
    return {
        "endpoint": lags[0].endpoint,
        "kind": lags[0].kind,
        "n": len(lags),
        "left_censored": left,
        "right_censored": right,
        "interval_censored": len(lags) - left - right + both,
        "quantiles": [
            {"p": q.p, "estimate_s": q.estimate_s, "low_s": q.low_s, "high_s": q.high_s}
            for q in (curve.quantile(p) for p in QUANTILES)
        ],
        "curve": _points(curve),
        "over_time": [
            {"begun_s": (one.begun_ns - origin) / 1e9, "at_least_s": one.at_least_s, "at_most_s": one.at_most_s}
            for one in lags
        ],
    }


def _points(curve: LagCurve) -> list[dict[str, float]]:
    times = sorted({0.0, *curve.left, *(right for right in curve.right if right != inf)})
    step = max(1, len(times) // _POINTS)
    chosen = sorted({*times[::step], *times[-1:]})
    points = []
    for t in chosen:
        low, estimate_at, high = curve.at(t)
        points.append({"t_s": t, "low": low, "high": high, "estimate": estimate_at})
    return points
