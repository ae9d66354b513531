"""What a soak shows beside its verdict: throughput, latency by call, and lag against load (pure).

Load at a moment is how many requests were under way then, on the mean of the time slice that the moment lies in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.api.answers import Classified
from conformance.judge.lag import estimate_pairs
from conformance.model import Json, Operation

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
SLICES = 60
LEAST_LAGS = 20
"""Lags in each half before anything is said of the two."""
QUANTILES = (0.5, 0.95, 0.99)
_MOST_MARKS = 2000


@dataclass(slots=True)
class Slice:
    """One slice of the time: requests that ended in it, and nanoseconds that requests were under way in it."""

    ended: int = 0
    busy_ns: int = 0


@dataclass(slots=True)
class Load:
    """Requests over time, in slices of `width_ns` from `begun_ns` on."""

    begun_ns: int
    width_ns: int
    slices: list[Slice] = field(default_factory=lambda: [Slice() for _ in range(SLICES)])

    def at(self, instant: int) -> int:
        """Return the number of the slice that an instant lies in."""
        return min(SLICES - 1, max(0, (instant - self.begun_ns) // self.width_ns))

    def add(self, a: int, b: int) -> None:
        """Take a request from its beginning to its end."""
        self.slices[self.at(b)].ended += 1
        for number in range(self.at(a), self.at(b) + 1):
            start = self.begun_ns + number * self.width_ns
            self.slices[number].busy_ns += max(0, min(b, start + self.width_ns) - max(a, start))

    def under_way(self, number: int) -> float:
        """Return how many requests were under way in a slice, on the mean."""
        return self.slices[number].busy_ns / self.width_ns

    def rate(self, number: int) -> float:
        """Return the requests that ended in a slice, per second."""
        return self.slices[number].ended * NS_PER_S / self.width_ns


def load_summary(
    operations: Sequence[Operation], classes: Sequence[Classified], lag: Mapping[str, Json]
) -> dict[str, Json]:
    """Return the section of the run document about load; `lag` is its section about lag, set against the load."""
    spans = [(one.a_ns, one.b_ns) for one in operations if one.b_ns is not None]
    begun, ended = min((a for a, _ in spans), default=0), max((b for _, b in spans), default=1)
    load = Load(begun, max(1, -(-(ended - begun) // SLICES)))
    for a, b in spans:
        load.add(a, b)
    marks = list(_marks(lag, load))
    return {
        "slice_s": load.width_ns / NS_PER_S,
        "over_time": [
            {"at_s": n * load.width_ns / NS_PER_S, "per_s": load.rate(n), "under_way": load.under_way(n)}
            for n in range(SLICES)
        ],
        "latency": _latency(operations, classes),
        "lag_against_load": marks[:: max(1, len(marks) // _MOST_MARKS)],
        "slows_down": _compared(marks),
    }


def _marks(lag: Mapping[str, Json], load: Load) -> Iterator[dict[str, Json]]:
    origin = int(lag.get("origin_ns") or 0)
    for group in lag.get("groups") or ():
        if not group["kind"].endswith("upload"):
            continue
        for one in group["over_time"]:
            begun = origin + int(one["begun_s"] * NS_PER_S)
            yield {
                "load": load.under_way(load.at(begun)),
                "at_least_s": one["at_least_s"],
                "at_most_s": one["at_most_s"],
            }


def _compared(marks: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """Compare the lags under less load with those under more; `answer` is yes only where the bounds lie apart."""
    ordered = sorted(marks, key=lambda mark: mark["load"])
    less, more = ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :]
    if len(less) < LEAST_LAGS:
        return {"answer": "unknown", "lags": len(marks)}
    halves = [_half(half) for half in (less, more)]
    low, high = (half["median"] for half in halves)
    apart = low["high_s"] is not None and high["low_s"] > low["high_s"]
    return {"answer": "yes" if apart else "not seen", "lags": len(marks), "less": halves[0], "more": halves[1]}


def _half(marks: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    beyond = float("inf")
    pairs = [(mark["at_least_s"], beyond if mark["at_most_s"] is None else mark["at_most_s"]) for mark in marks]
    median = estimate_pairs(pairs).quantile(0.5)
    loads = [mark["load"] for mark in marks]
    return {
        "load_from": min(loads),
        "load_to": max(loads),
        "median": {"p": 0.5, "estimate_s": median.estimate_s, "low_s": median.low_s, "high_s": median.high_s},
    }


def _latency(operations: Sequence[Operation], classes: Sequence[Classified]) -> list[dict[str, Json]]:
    took: dict[str, list[float]] = defaultdict(list)
    for one, of in zip(operations, classes, strict=True):
        if one.b_ns is not None:
            took[of.call.name].append((one.b_ns - one.a_ns) / NS_PER_MS)
    return [
        {"call": name, "count": len(times), **_quantiles(sorted(times))}
        for name, times in sorted(took.items(), key=lambda item: -len(item[1]))
    ]


def _quantiles(times: Sequence[float]) -> dict[str, float]:
    last = len(times) - 1
    named = {f"p{p * 100:g}_ms": round(times[min(last, int(p * len(times)))], 3) for p in QUANTILES}
    return {**named, "longest_ms": round(times[-1], 3)}
