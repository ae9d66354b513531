"""How much each effort sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """Requests and seconds of one effort, seeding of resources not counted.

    `per_call` bounds the requests to each documented call, `hostile` those of each hostile group; `walks` walks of
    `steps` requests each follow the document's links. `seconds` bounds each test by itself: what is left out is noted.
    """

    per_call: int
    hostile: int
    walks: int
    steps: int
    seconds: float


EFFORTS: Mapping[str, Effort] = {
    "quick": Effort(per_call=6, hostile=4, walks=5, steps=5, seconds=20.0),
    "standard": Effort(per_call=24, hostile=14, walks=10, steps=8, seconds=60.0),
    "thorough": Effort(per_call=165, hostile=60, walks=60, steps=12, seconds=300.0),
}
"""About 150, 600 and 4,000 requests in all."""
