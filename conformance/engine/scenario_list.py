"""Where scenarios come from: the suite's own, then those that installed packages name under an entry point.

A package adds its own by an entry point of the group `GROUP` whose object is a sequence of `Scenario` values.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from conformance.engine.scenario import Scenario
from conformance.errors import UsageError, did_you_mean

GROUP = "conformance.scenarios"
OWN = (
    EntryPoint("plans", "conformance.scenarios.plans:PLANS", GROUP),
    EntryPoint("fuzz", "conformance.scenarios.fuzz_scenarios:FUZZING", GROUP),
)
"""The suite's own, by name rather than by import: the values stand above everything that reads them."""


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Return every scenario, the suite's own first, in the order in which they are to run.

    Raises:
        UsageError: a package's entry point cannot be loaded or holds something else, or two scenarios share a name.
    """
    found: dict[str, Scenario] = {}
    for point in (*OWN, *sorted(entry_points(group=GROUP), key=lambda point: point.name)):
        for scenario in _loaded(point):
            if scenario.name in found:
                raise UsageError(
                    f"two scenarios are called {scenario.name!r}.", remedy=f"One comes from {point.value}."
                )
            found[scenario.name] = scenario
    return tuple(found.values())


LISTING = "`pytest --pyargs conformance.scenarios --collect-only -q` lists them."


def _loaded(point: EntryPoint) -> Iterator[Scenario]:
    try:
        given = tuple(point.load())
    except (ImportError, AttributeError, TypeError) as trouble:
        raise UsageError(
            f"the scenarios of {point.value} cannot be loaded: {trouble}.", remedy="Repair or uninstall that package."
        ) from trouble
    for scenario in given:
        if not isinstance(scenario, Scenario):
            raise UsageError(
                f"{point.value} holds something that is no scenario.", remedy="It must hold Scenario values."
            )
        yield scenario


def select(wanted: Iterable[str]) -> tuple[Scenario, ...]:
    """Return the scenarios whose names match any of the globs, in their order; all of them when none is given.

    Raises:
        UsageError: a glob matches nothing; the remedy names the nearest right name.
    """
    names, chosen = [scenario.name for scenario in scenarios()], set[str]()
    for pattern in (patterns := tuple(wanted)):
        matches = fnmatch.filter(names, pattern)
        if not matches:
            raise UsageError(f"no scenario is called {pattern!r}.", remedy=did_you_mean(pattern, names, LISTING))
        chosen.update(matches)
    return tuple(scenario for scenario in scenarios() if not patterns or scenario.name in chosen)


def exercising(requirement: str) -> tuple[str, ...]:
    """Return the names of the scenarios that exercise a requirement."""
    return tuple(scenario.name for scenario in scenarios() if requirement in scenario.requirements)
