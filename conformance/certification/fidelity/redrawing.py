"""The plans drawn again from the seed, where suite, Hypothesis and Python are those of the run."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator
from importlib import metadata

from conformance.certification.bundle_contents import Contents
from conformance.certification.fidelity.own_scenarios import own_plans
from conformance.certification.suite_digest import suite_digest
from conformance.engine.efforts import EFFORTS
from conformance.engine.plan import Plan
from conformance.engine.search.portion import Portion


def differs(contents: Contents) -> str:
    """Return what keeps the plans from being drawn again, as a clause; empty when nothing does."""
    versions = contents.report["versions"]
    here = {"Hypothesis": metadata.version("hypothesis"), "Python": platform.python_version()}
    for name, version in here.items():
        theirs = versions.get(name.lower())
        if theirs != version:
            return f"{name} is {version} here, and was {theirs}"
    return "" if contents.claims.suite.digest == suite_digest() else "another suite is installed than made the run"


def problems(contents: Contents) -> Iterator[str]:
    """Yield how many plans of each scenario the seed gives that the bundle does not hold."""
    header = contents.history.header
    effort, seed, workers = EFFORTS[str(header["effort"])], header.get("seed", 0), header.get("workers", 0)
    if not isinstance(seed, int) or not isinstance(workers, int) or not 0 <= workers <= 64:
        yield f"no run has the seed {seed!r} and {workers!r} workers"
        return
    shards = max(1, workers)
    held = Counter(executed.plan.key() for executed in contents.executed)
    missing: Counter[str] = Counter()
    for wave in range(effort.waves):
        for shard in range(shards):
            for plan in _drawn(Portion(str(header["effort"]), seed, wave, shard, shards)):
                held[plan.key()] -= 1
                missing[plan.theme] += held[plan.key()] < 0
    for theme, count in missing.items():
        if count:
            yield f"{count} plans of {theme} that the seed gives are not in the bundle"


def _drawn(portion: Portion) -> Iterator[Plan]:
    for scenario in own_plans():
        yield from portion.plans(scenario)
