"""The traffic that an effort demands: so many plans of each theme, tracers under dense reading, every call fuzzed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import yaml

from conformance.certification.bundle_contents import Contents
from conformance.engine.efforts import EFFORTS
from conformance.model import Operation

TRACERS = "tracers"
HOSTILE_GROUPS = 9
"""Groups of hostile requests; a test holds it to what the fuzzing has."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def problems(contents: Contents) -> Iterator[str]:
    """Yield what the run's effort demands and its history does not have."""
    effort = EFFORTS.get(str(contents.history.header.get("effort", "")))
    if effort is None:
        yield f"there is no effort {contents.history.header.get('effort')!r}"
        return
    done = Counter(one.plan.theme for one in contents.executed)
    wanted = {name: count * effort.waves for name, count in effort.plans.items()}
    for name, count in {**wanted, TRACERS: effort.tracers * effort.waves}.items():
        if done[name] < count:
            yield f"the effort demands {count} plans of the theme {name}, and there are {done[name]}"
    traced = sum(one.plan.theme == TRACERS and not one.left_out for one in contents.executed)
    if traced < effort.least * effort.waves:
        yield f"the effort demands {effort.least * effort.waves} tracers that were watched, and there are {traced}"
    yield from _fuzzed(contents)


def _fuzzed(contents: Contents) -> Iterator[str]:
    asked = {operation.plan for operation in contents.history.operations if _is_fuzz(operation)}
    missing = sorted({*_calls(contents), "links"} - asked)
    if missing:
        yield f"never fuzzed: {', '.join(missing)}"
    hostile = sum(plan.startswith("hostile ") for plan in asked)
    if hostile < HOSTILE_GROUPS:
        yield f"{HOSTILE_GROUPS} groups of hostile requests are demanded, and there are {hostile}"


def _is_fuzz(operation: Operation) -> bool:
    return operation.scenario == "fuzz"


def _calls(contents: Contents) -> Iterator[str]:
    document = yaml.load(contents.bundle.read("schemas/openapi.yaml"), Loader=_LOADER)  # noqa: S506 - a safe loader
    for item in document["paths"].values():
        yield from (one["operationId"] for one in item.values() if isinstance(one, dict) and "operationId" in one)
