"""What each effort may spend beside the share that each scenario has of it: dense reads, repeats, making small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """What one effort may spend.

    Of the plans in series the first `least` run in any case, the others while `tracing_s` seconds last; `dense_reads`
    bounds the dense reads of one plan. After a failure `shrinks` smaller fleets are tried, and the plan found is run
    `repeats` more times, as long as all of it ends within `shrink_s` seconds. `waves` campaigns follow each other.
    A slow client takes `slow_s` seconds in all, about a third of what a campaign takes. What has settled rests `rest_s`
    seconds before its last look. What `closing` plans made is looked at again in the end, with `whole_rest` not before
    the bound on convergence has passed.
    """

    least: int
    dense_reads: int
    shrinks: int
    repeats: int
    waves: int = 1
    tracing_s: float = 6.0
    shrink_s: float = 40.0
    slow_s: float = 11.0
    rest_s: float = 6.5
    closing: int = 18
    whole_rest: bool = False


QUICK = Effort(
    least=1, dense_reads=400, shrinks=1, repeats=1, tracing_s=1.5, shrink_s=8.0, slow_s=2.5, rest_s=1.5, closing=5
)
STANDARD = Effort(least=3, dense_reads=2500, shrinks=4, repeats=3)
THOROUGH = Effort(
    least=4,
    dense_reads=6000,
    shrinks=10,
    repeats=5,
    waves=4,
    tracing_s=15.0,
    shrink_s=240.0,
    slow_s=45.0,
    rest_s=12.0,
    closing=60,
    whole_rest=True,
)
EFFORTS: Mapping[str, Effort] = {"quick": QUICK, "standard": STANDARD, "thorough": THOROUGH}
