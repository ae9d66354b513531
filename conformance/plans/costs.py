"""What each effort creates and sends: said before a run writes to a target that is not on this machine.

Counted on the embedded server at a lag of 0.3 s with seed 0, and rounded up by half: a slower target is read more
often.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.consent import EffortCost
from conformance.settings import MIB

COSTS: Mapping[str, EffortCost] = {
    "quick": EffortCost(projects=20, uploads=40, requests=3_000, bytes=20 * MIB),
    "standard": EffortCost(projects=60, uploads=180, requests=12_000, bytes=80 * MIB),
    "thorough": EffortCost(projects=300, uploads=900, requests=80_000, bytes=400 * MIB),
}
