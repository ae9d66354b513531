"""What bounds the fuzzing of each effort, beside the share that each scenario has of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """`steps` requests make up one walk; `seconds` bounds each scenario by itself: what is left out is noted."""

    steps: int
    seconds: float


EFFORTS: Mapping[str, Effort] = {
    "quick": Effort(steps=5, seconds=20.0),
    "standard": Effort(steps=8, seconds=60.0),
    "thorough": Effort(steps=12, seconds=300.0),
}
