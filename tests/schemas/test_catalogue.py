"""The catalogue is whole, its ids are stable, and what it names exists."""

from __future__ import annotations

import pytest

from conformance.api import catalogue
from conformance.engine.scenario_list import exercising
from conformance.errors import UsageError
from conformance.judge import rules_table
from conformance.judge.exchange import RULES
from conformance.judge.rule import Need
from conformance.model import Level
from conformance.outcome import target_description

M, D, S, X = Level.MUST, Level.IMPLIED, Level.SHOULD, Level.MEASURED

IDS = {
    "project-create-202": M, "project-create-body": D, "complete-202": M, "complete-body": D,
    "complete-no-integrity": M, "complete-no-500": M, "nc-payload": M, "integrity-payload": M, "error-payload": M,
    "error-payload-unrouted": S, "code-not-provided": S, "error-number": S, "spec-wording": S,
    "nc-until-consistent": M, "nc-only-extended": M, "nc-tolerated-endpoints": S, "nc-unknown-id": M,
    "nc-after-delete": D, "integrity-only-url": M, "integrity-listing": S, "no-early-answer": M, "bad-never-200": M,
    "good-never-integrity": D, "one-verdict": D,
    "verdict-final": D,
    "verdict-final-store": S,
    "conditional-same-state": D, "bytes-at-once": S, "bytes-exact": D, "converges-project": M,
    "converges-upload": M, "wrong-chunk-size-integrity": S, "api-description": S, "new-version-served": D,
    "old-version-downloadable": D, "refused-create-no-trace": D, "refused-write-no-effect": D,
    "distinct-ids": D, "body-own-resource": D, "session-monotonic": S, "realtime-monotonic": X,
    "state-order": X, "read-your-writes": X,
    "name-kept": X, "status-record": S, "no-token-401": S, "other-user-403": S,
    "other-user-attach": S,
    "complete-repeat-no-5xx": S, "complete-repeat-same-outcome": D, "no-5xx-legal": S, "invalid-no-5xx": S,
}  # fmt: skip
"""Published: an id is never renamed, removed or reused, and its level does not change silently."""


def test_the_catalogue_holds_exactly_the_published_ids_and_levels() -> None:
    """In their order."""
    assert {requirement.id: requirement.level for requirement in catalogue.requirements()} == IDS
    assert [requirement.id for requirement in catalogue.requirements()] == list(IDS)


def test_every_requirement_is_said_in_full() -> None:
    """Section, title, what it asks, when it is sound."""
    for requirement in catalogue.requirements():
        assert all((requirement.section, requirement.title, requirement.asks, requirement.sound_when)), requirement.id
        assert len(requirement.asks) > 40


def test_every_section_is_a_heading_of_the_specification() -> None:
    """So that a vendor finds the sentence."""
    headings = {
        "Background", "Clients and Eventual Consistency", "Extended Endpoint URLs", "New Response Messages",
        "Implementation View",
    }  # fmt: skip
    assert {requirement.section for requirement in catalogue.requirements()} <= headings


def test_every_reading_names_requirements_that_exist() -> None:
    """And says what was chosen."""
    for reading in catalogue.readings():
        assert reading.requirements
        assert set(reading.requirements) <= set(IDS), reading.id
        assert reading.about
        assert len(reading.text) > 40
    assert len({reading.id for reading in catalogue.readings()}) == len(catalogue.readings())


def test_the_rules_of_single_exchanges_stand_in_the_table() -> None:
    """Each with every requirement that it serves, and none is left out."""
    served = {(rule, requirement) for rule, requirements in RULES.items() for requirement in requirements}
    assert {(rule.id, rule.requirement) for rule in rules_table.RULES if rule.needs is Need.ANSWERS} == served


def test_the_core_spans_what_a_conformant_run_must_exercise() -> None:
    """Both 202s, verdicts of good and bad uploads, bytes, error payloads."""
    core = {requirement.id for requirement in catalogue.requirements() if requirement.core}
    assert {"project-create-202", "complete-202", "bytes-exact", "bad-never-200", "error-payload"} <= core
    assert all(IDS[name].gates for name in core)


def test_selection_takes_ids_and_globs_in_the_order_of_the_catalogue() -> None:
    """Whatever order they were asked in."""
    chosen = [requirement.id for requirement in catalogue.select(["one-verdict", "complete-*02", "nc-pay*"])]
    assert chosen == ["complete-202", "nc-payload", "one-verdict"]


@pytest.mark.parametrize(("wrong", "near"), [("bad-never-20", "bad-never-200"), ("nc-paylod*", "nc-payload")])
def test_a_selection_of_nothing_names_the_nearest_id(wrong: str, near: str) -> None:
    """A typo must not select an empty run."""
    with pytest.raises(UsageError, match=near):
        catalogue.select(["one-verdict", wrong])


def test_the_catalogue_and_the_specification_have_names() -> None:
    """They are printed with every verdict."""
    assert catalogue.version()
    assert "DDS-872" in catalogue.spec()


def test_the_catalogue_names_just_the_scenarios_that_exercise_each_requirement() -> None:
    """The values in `scenarios/` say what they exercise, and the published catalogue says the same."""
    for requirement in catalogue.requirements():
        assert requirement.scenarios == exercising(requirement.id), requirement.id
        assert requirement.scenarios or requirement.id == target_description.REQUIREMENT, requirement.id
