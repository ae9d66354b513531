"""What each effort creates and sends: said before a run writes to a target that is not on this machine.

Counted on the embedded server at a lag of 0.3 s with seed 0, and rounded up by half: a slower target is read more
often.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.settings.consent import EffortCost
from conformance.settings.run_settings import MIB

COSTS: Mapping[str, EffortCost] = {
    "quick": EffortCost(projects=40, uploads=80, requests=3_000, bytes=5 * MIB),
    "standard": EffortCost(projects=130, uploads=270, requests=12_000, bytes=60 * MIB),
    "thorough": EffortCost(projects=600, uploads=1_500, requests=80_000, bytes=400 * MIB),
}
