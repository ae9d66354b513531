"""What each effort costs: said before a run writes to a target, drawn from for how long a run will take.

The table is made by ``python benchmarks/measure_costs.py --write``, which runs each effort against the embedded server
at two lags, with seed 0. A slower target is read more often, one that is paced less often.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.settings.effort_cost import EffortCost

# fmt: off
COSTS: Mapping[str, EffortCost] = {
    "quick": EffortCost(projects=37, uploads=130, requests=3_000, bytes=3_200_000, seconds=14, lags=6),
    "standard": EffortCost(projects=160, uploads=560, requests=12_000, bytes=220_000_000, seconds=32, lags=5),
    "thorough": EffortCost(projects=1100, uploads=4_400, requests=110_000, bytes=4_800_000_000, seconds=333, lags=27),
}
# fmt: on
