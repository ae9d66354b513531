"""How far convergence moved between two runs, with the uncertainty of both estimates.

A quantile of an interval-censored lag is known only between two bounds. The shift lies between the least and the
greatest difference that these allow, and is called a shift only when it cannot be zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Group = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LagShift:
    """The move of one quantile `p` of one group. Times are seconds, `high_s` infinite where a bound is unknown."""

    endpoint: str
    kind: str
    p: float
    before_s: float | None
    after_s: float | None
    low_s: float
    high_s: float
    n_before: int
    n_after: int

    @property
    def moved(self) -> bool:
        """Whether it moved beyond doubt."""
        return self.slower or self.faster

    @property
    def slower(self) -> bool:
        """Whether the second run was slower beyond doubt."""
        return self.low_s > 0

    @property
    def faster(self) -> bool:
        """Whether the second run was faster beyond doubt."""
        return self.high_s < 0


def shifts(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[LagShift, ...]:
    """Compare the lag sections of two documents: each quantile of each group that both have."""
    old, new = _groups(before), _groups(after)
    return tuple(shift for key in old if key in new for shift in _group_shifts(*key, old[key], new[key]))


def _groups(document: Mapping[str, Any]) -> dict[tuple[str, str], Group]:
    groups = (document.get("lag") or {}).get("groups") or []
    return {(str(group["endpoint"]), str(group["kind"])): group for group in groups}


def _group_shifts(endpoint: str, kind: str, old: Group, new: Group) -> Iterable[LagShift]:
    later = {quantile["p"]: quantile for quantile in new.get("quantiles") or []}
    for quantile in old.get("quantiles") or []:
        other = later.get(quantile["p"])
        if other is not None:
            yield LagShift(
                endpoint=endpoint,
                kind=kind,
                p=quantile["p"],
                before_s=quantile.get("estimate_s"),
                after_s=other.get("estimate_s"),
                low_s=_low(other) - _high(quantile),
                high_s=_high(other) - _low(quantile),
                n_before=int(old.get("n", 0)),
                n_after=int(new.get("n", 0)),
            )


def _low(quantile: Mapping[str, Any]) -> float:
    low = quantile.get("low_s")
    return 0.0 if low is None else float(low)


def _high(quantile: Mapping[str, Any]) -> float:
    high = quantile.get("high_s")
    return math.inf if high is None else float(high)
