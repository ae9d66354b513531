"""The traffic that an effort demands: so many plans of each scenario, those in series watched, everything fuzzed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.certification.bundle_contents import Contents
from conformance.certification.fidelity.own_scenarios import own_fuzzing, own_plans
from conformance.engine.efforts import EFFORTS


def problems(contents: Contents) -> Iterator[str]:
    """Yield what the run's effort demands and its history does not have."""
    name = str(contents.history.header.get("effort", ""))
    effort = EFFORTS.get(name)
    if effort is None:
        yield f"there is no effort {name!r}"
        return
    done = Counter(one.plan.theme for one in contents.executed)
    for scenario in own_plans():
        wanted = scenario.share.at(name) * effort.waves
        if done[scenario.name] < wanted:
            yield f"the effort demands {wanted} plans of {scenario.name}, and there are {done[scenario.name]}"
    series = {scenario.name for scenario in own_plans() if scenario.in_series}
    watched = sum(one.plan.theme in series and not one.left_out for one in contents.executed)
    if watched < effort.least * effort.waves:
        yield f"the effort demands {effort.least * effort.waves} plans in series to be tried, and {watched} were"
    yield from _fuzzed(contents)


def _fuzzed(contents: Contents) -> Iterator[str]:
    tried = {operation.scenario for operation in contents.history.operations}
    missing = [scenario.name for scenario in own_fuzzing() if scenario.name not in tried]
    if missing:
        yield f"never fuzzed: {', '.join(missing)}"
