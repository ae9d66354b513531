"""What each effort costs: said before a run writes to a target, drawn from for how long a run will take.

The table is made by ``python benchmarks/measure_costs.py --write``, which runs each effort against the embedded server
at two lags, with seed 0. A slower target is read more often, one that is paced less often.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.settings.effort_cost import EffortCost

# fmt: off
COSTS: Mapping[str, EffortCost] = {
    "quick": EffortCost(projects=26, uploads=60, requests=1_800, bytes=3_200_000, seconds=20, lags=6),
    "standard": EffortCost(projects=90, uploads=180, requests=7_000, bytes=40_000_000, seconds=45, lags=20),
    "thorough": EffortCost(projects=400, uploads=1_000, requests=45_000, bytes=260_000_000, seconds=360, lags=70),
}
# fmt: on
