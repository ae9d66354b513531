"""How long a run takes: measured costs, told by the dry run, the first line, the doctor, the README and the docs."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.doctor import Line, Mark, durations, durations_stated
from conformance.model import Target
from conformance.settings import consent
from conformance.settings.costs import COSTS
from conformance.settings.durations import expected_s, stated
from conformance.settings.run_settings import Budgets, Settings

ROOT = Path(__file__).parents[2]
FAR = Settings(Target("https://192.0.2.1/api/v1"), "r", i_may_write=True)
NEAR = Settings(Target("http://127.0.0.1:9/api/v1"), "r")
MOST_APART = 2.0
"""A figure in a text may differ from the measured one by this factor: it is said as "about"."""


def test_a_paced_run_lasts_as_long_as_its_requests_need() -> None:
    """At ten a second, or at what the operator allows."""
    assert expected_s(FAR, COSTS) == COSTS["standard"].requests / 10
    faster = dataclasses.replace(FAR, max_rps=1e6)
    assert expected_s(faster, COSTS) == COSTS["standard"].seconds


def test_latency_and_lag_lengthen_a_run_and_a_budget_ends_it() -> None:
    """Each is told apart, and none shortens it."""
    plain = expected_s(NEAR, COSTS)
    slow, late = expected_s(NEAR, COSTS, latency_s=0.3), expected_s(NEAR, COSTS, lag_s=2.0)
    assert plain < min(slow, late)
    assert expected_s(dataclasses.replace(NEAR, budgets=Budgets(seconds=7)), COSTS) == 7
    assert expected_s(dataclasses.replace(FAR, budgets=Budgets(requests=1000)), COSTS) == 100


@pytest.mark.parametrize(
    ("value", "said"), [(2, "5 seconds"), (21, "20 seconds"), (1200, "20 minutes"), (7920, "2.2 hours")]
)
def test_a_duration_is_told_as_roughly_as_it_is_known(value: float, said: str) -> None:
    """Nobody knows the seconds of an hour."""
    assert stated(value) == said


def test_the_dry_run_tells_the_duration_and_so_does_the_doctor() -> None:
    """The doctor for every effort, from the latency and the lag that it measured."""
    assert f"takes about {stated(COSTS['standard'].requests / 10)}" in consent.plan(FAR, COSTS)
    lines = [
        Line("latency", Mark.GOOD, "", seconds=0.3), Line("readiness", Mark.GOOD, "", seconds=1.0),
        Line("storage", Mark.GOOD, "", lag_s=2.0),
    ]  # fmt: skip
    measured = durations(NEAR, lines)
    assert set(measured) == set(COSTS)
    assert measured["standard"] == round(expected_s(NEAR, COSTS, latency_s=0.3, lag_s=2.0), 1)
    assert durations(NEAR, [])["quick"] < measured["quick"]
    assert "thorough about" in durations_stated(NEAR, measured)


def tables() -> Iterator[tuple[str, str, int]]:
    """Yield each number of requests that a table of the README or of the docs gives for an effort."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        head: list[str] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            cells = [cell.strip(" `*").lower() for cell in line.strip().strip("|").split("|")]
            if not line.startswith("|"):
                head = []
            elif "requests" in cells:
                head = cells
            elif head and cells[0] in COSTS and (found := re.search(r"\d[\d,\u202f ]*", cells[head.index("requests")])):
                yield path.name, cells[0], int(re.sub(r"\D", "", found[0]))


def test_the_texts_give_the_figures_that_were_measured() -> None:
    """One table, made by `benchmarks/measure_costs.py`; what a text says of it is within bounds."""
    found = list(tables())
    assert {effort for _, effort, _ in found} >= {"quick", "standard"}
    for where, effort, requests in found:
        apart = requests / COSTS[effort].requests
        assert 1 / MOST_APART < apart < MOST_APART, f"{where} says {requests} requests for {effort}"


def test_the_table_grows_with_the_effort() -> None:
    """Whatever is measured: more effort costs more."""
    for name in ("projects", "uploads", "requests", "bytes", "seconds"):
        values = [getattr(COSTS[effort], name) for effort in ("quick", "standard", "thorough")]
        assert values == sorted(values)
