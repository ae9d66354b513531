"""What operations that are judged by others contribute to a judge's sentences and sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.judge.state.expected import Defect
from conformance.judge.state.interval import NEVER


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What operations that are judged elsewhere contribute: the columnar path leaves out what can break nothing.

    `origin` is the earliest beginning and `answered` the latest beginning of a truth (ns); `converged` gives, by kind,
    how many resources converged within the bound and the longest lag (s); the others count uploads completed.
    """

    origin: int = NEVER
    answered: int = -1
    converged: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    good_accepted: int = 0
    bad_accepted: Mapping[Defect, int] = field(default_factory=dict)
