"""Values to places, round ticks, and long series thinned to what an eye can tell (pure)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Scale:
    """Linear: values from `low` to `high` lie from `start` to `stop`."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        """Give the place of a value, kept within the ends."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + min(1.0, max(0.0, share)) * (self.stop - self.start)


def nice_ticks(high: float, wanted: int = 5) -> list[float]:
    """Give round values from 0 to `high`, about `wanted` of them."""
    if high <= 0:
        return [0.0]
    rough = high / wanted
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough)
    return [step * i for i in range(int(high / step) + 1)]


def thin(items: Sequence[Item], most: int) -> list[Item]:
    """Keep at most `most` items, evenly, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    stride = (len(items) - 1) / (most - 1)
    return [items[round(i * stride)] for i in range(most)]
