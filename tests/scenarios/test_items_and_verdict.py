"""Pytest's items and the verdict agree, always: an item fails only for a finding that its scenario provoked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.api import catalogue
from conformance.api.classifier import classify_all
from conformance.engine.scenario import Scenario
from conformance.engine.scenario_list import scenarios
from conformance.errors import ExitCode
from conformance.model import Exchange, Finding, Operation, Run, Tally, Target
from conformance.outcome.assemble import Framing, exit_code, now
from conformance.outcome.document import document
from conformance.outcome.verdicts import Circumstances, conclude, verdicts
from conformance.reference.faults import FAULTS
from conformance.reference.variants import VARIANTS
from conformance.run.item_names import Owner, item_name, owner_of
from conformance.run.item_outcomes import RUN, failing, final

EVERY = scenarios()
LEVELS = {requirement.id: requirement.level for requirement in catalogue.requirements()}


def nodeid(scenario: str, shard: int = 0, shards: int = 1) -> str:
    """Give the node id of an item."""
    named = next((one for one in EVERY if one.name == scenario), None) or Scenario(scenario, "", (), EVERY[0].share)
    return f"test_plans.py::test_plans[{item_name(named, shard, shards)}]"


def held(name: str, *, call: str = "passed") -> list[pytest.TestReport]:
    """Give the reports of an item that has run."""
    made = [pytest.TestReport(name, ("f", 1, name), {}, "passed", None, when) for when in ("setup", "call", "teardown")]
    made[1].outcome, made[1].longrepr = call, "raised" if call == "failed" else None  # type: ignore[assignment]
    return made


def stated(names: Iterable[str], document: dict[str, Any]) -> dict[str, list[pytest.TestReport]]:
    """Give what is told of each item."""
    return {reports[0].nodeid: reports for reports in final({name: held(name) for name in names}, document)}


def failures(reports: dict[str, list[pytest.TestReport]]) -> dict[str, str]:
    """Give the items that failed with their texts; errors are none."""
    every = (report for of in reports.values() for report in of)
    return {report.nodeid: str(report.longrepr) for report in every if report.failed and report.when == "call"}


def errors(reports: dict[str, list[pytest.TestReport]]) -> dict[str, str]:
    """Give the items in error with their texts."""
    every = (report for of in reports.values() for report in of)
    return {report.nodeid: str(report.longrepr) for report in every if report.failed and report.when != "call"}


def document_of(
    found: dict[str, str],
    *,
    strict: bool = False,
    shards: dict[str, int] | None = None,
    interrupted: bool = False,
    trouble: tuple[str, ...] = (),
    shortage: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Give the document of a run in which each scenario of `found` provoked a finding of a requirement.

    `found` maps a requirement to the scenario; `shards` the scenario to the shard that its plan was part of.
    """
    operations, tallies = [], {}
    for n, (requirement, scenario) in enumerate(found.items()):
        exchange = Exchange("GET", "/api/v1/projects", status=200, response={"results": []})
        operations.append(
            Operation(f"o{n}", "s", 10 * n, 10 * n + 1, exchange, scenario=scenario, plan=f"p-{scenario}")
        )
        tallies[requirement] = Tally(requirement, 1, (Finding(requirement, "rule", "x", (f"o{n}",), "it is broken"),))
    plans = [
        {"id": f"p-{name}", "theme": name, "shard": shard, "text": "plan"} for name, shard in (shards or {}).items()
    ]
    given_ = verdicts(catalogue.requirements(), tallies, strict=strict)
    circumstances = Circumstances(strict=strict, trouble=(*trouble, *shortage), interrupted=interrupted)
    outcome, reasons = conclude(given_, circumstances)
    status = exit_code(outcome, Framing(strict=strict, trouble=trouble, shortage=shortage, interrupted=interrupted))
    run = Run(
        outcome, Target("http://t/api/v1"), given_, len(operations), "quick", 0, strict, partial=False,
        interrupted=interrupted, begun=now(), ended=now(), run_id="r", versions={}, reasons=reasons,
        extras={"exit_code": int(status)},
    )  # fmt: skip
    pairs = zip(operations, classify_all(operations, run.target), strict=True)
    return document(run, {operation.id: (operation, of) for operation, of in pairs}, {"plans": plans})


NAMES = [scenario.name for scenario in EVERY]
FOUND = st.dictionaries(st.sampled_from(sorted(LEVELS)), st.sampled_from([*NAMES, "house", "cleaning"]), max_size=6)


@settings(max_examples=60, deadline=None)
@given(found=FOUND, strict=st.booleans(), shards=st.integers(1, 3), interrupted=st.booleans())
def test_an_item_fails_exactly_for_the_findings_that_make_the_run_fail(
    *, found: dict[str, str], strict: bool, shards: int, interrupted: bool
) -> None:
    """Whatever was found by whatever scenario, in however many shards."""
    drawn = document_of(
        found, strict=strict, shards={name: len(name) % shards for name in NAMES}, interrupted=interrupted
    )
    reports = stated([nodeid(name, shard, shards) for name in NAMES for shard in range(shards)], drawn)
    failed = failures(reports)
    gating = {finding["requirement"] for finding in failing(drawn)}
    assert bool(failed) == (drawn["outcome"] == "nonconformant")
    assert {said.partition(":")[0] for text in failed.values() for said in text.split("\n\n")} == gating
    for requirement in gating:
        owners = [owner_of(name) for name, text in failed.items() if f"{requirement}: it is broken" in text]
        scenario = found[requirement]
        expected = [Owner(scenario, len(scenario) % shards if shards > 1 else None)] if scenario in NAMES else [None]
        assert owners == expected
    assert (drawn["exit_code"] == 0) == (not failed and not errors(reports))


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_fails_the_item_that_provoked_it_and_only_where_it_gates(name: str) -> None:
    """Every fault of the embedded server, found by some scenario that exercises what it breaks."""
    broken = tuple(dict.fromkeys(FAULTS[name].breaks))
    provoking = {one: next((s.name for s in EVERY if one in s.requirements), "house") for one in broken}
    for strict in (False, True):
        drawn = document_of(provoking, strict=strict)
        failed = failures(stated(map(nodeid, NAMES), drawn))
        gating = [one for one in broken if LEVELS[one].gates or (strict and LEVELS[one] == "SHOULD")]
        assert (drawn["exit_code"] == 1) == bool(gating) == bool(failed)
        assert set(failed) == {RUN if provoking[one] == "house" else nodeid(provoking[one]) for one in gating}


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_a_legal_variant_fails_no_item_whatever_it_warns_of(name: str) -> None:
    """What only warns, each requirement by each scenario that exercises it in turn, is no failure."""
    warning = [one for one, level in LEVELS.items() if not level.gates]
    turn = sum(map(ord, name))
    found = {one: NAMES[(turn + n) % len(NAMES)] for n, one in enumerate(warning)}
    drawn = document_of(found)
    assert drawn["exit_code"] != 1
    assert failures(stated(map(nodeid, NAMES), drawn)) == {}


def test_what_the_suite_itself_got_wrong_is_an_error_and_no_failure() -> None:
    """An exception in an item is no finding, also where another item has one."""
    drawn = document_of({"bad-never-200": "uploads"}, trouble=("it broke",))
    names = [nodeid("uploads"), nodeid("crowds")]
    broken = {nodeid("uploads"): held(names[0], call="failed"), nodeid("crowds"): held(names[1], call="failed")}
    reports = {of[0].nodeid: of for of in final(broken, drawn)}
    assert list(failures(reports)) == [nodeid("uploads")]
    assert errors(reports) == {nodeid("crowds"): "raised"}


def test_a_run_without_success_is_never_green_although_no_item_failed() -> None:
    """Whoever reads the items alone learns that the run was incomplete."""
    drawn = document_of({}, shortage=("the budget was spent",))
    reports = stated(map(nodeid, NAMES), drawn)
    assert drawn["exit_code"] == ExitCode.INCOMPLETE
    assert failures(reports) == {}
    assert "the budget was spent" in errors(reports)[RUN]


def test_an_item_of_a_crashed_worker_is_told_if_it_owns_a_finding() -> None:
    """Its reports are lost, its operations are not."""
    drawn = document_of({"bad-never-200": "uploads"})
    reports = {of[0].nodeid: of for of in final({nodeid("uploads"): [], nodeid("crowds"): []}, drawn)}
    assert list(reports) == list(failures(reports)) == [nodeid("uploads")]


@pytest.mark.parametrize("shards", [1, 2, 11])
def test_the_name_of_an_item_says_whose_it_is(shards: int) -> None:
    """Back and forth, for every scenario and shard."""
    for scenario in EVERY:
        for shard in range(shards):
            assert owner_of(nodeid(scenario.name, shard, shards)) == Owner(scenario.name, shard if shards > 1 else None)
    assert owner_of("test_x.py::test_y") is None
