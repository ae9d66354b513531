"""How a reference server is asked to run: ports, lag, folder, seed, faults and variants."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Lag", "Settings"]


@dataclass(frozen=True, slots=True)
class Lag:
    """How long a resource takes to become consistent, in seconds: uniform between two bounds."""

    low: float
    high: float

    @classmethod
    def parse(cls, text: str) -> Lag:
        """Read `SECONDS` or `MIN-MAX`; raise ValueError for anything else."""
        low, _, high = text.strip().partition("-")
        bounds = float(low), float(high or low)
        if not 0 <= bounds[0] <= bounds[1] < float("inf"):
            raise ValueError(f"a lag is SECONDS or MIN-MAX, not {text!r}")
        return cls(*bounds)

    def draw(self, seed: int, subject: str) -> float:
        """Draw one resource's lag: the same seed and resource always give the same seconds."""
        return random.Random(f"{seed}:{subject}").uniform(self.low, self.high)  # noqa: S311 (no secret is drawn)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the command line decides. A port of 0 means a free one."""

    data: Path
    lag: Lag
    seed: int = 0
    port: int = 0
    storage_port: int = 0
    faults: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    habits: str | None = None
    die_with_parent: bool = False
    script: Path | None = None
