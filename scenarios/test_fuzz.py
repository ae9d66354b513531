"""The published OpenAPI document, fuzzed by schemathesis through the driver: every call, every state, every link.

What the scenarios are stands in `conformance.scenarios.fuzz_scenarios`, the legal cases that schemathesis cannot know
of in `conformance.fuzz.exemptions`. An item here only provokes: whether it passes is decided when the history of the
whole run has been judged.
"""

from __future__ import annotations

from conformance.fuzz.fuzz_scenario import FuzzScenario
from conformance.fuzz.fuzzer import Campaign


def test_no_answer_to_fuzzing_breaks_a_requirement(fuzz_scenario: FuzzScenario, campaign: Campaign) -> None:
    """Examples, coverage and fuzzing of a call, hostile requests, or walks along the links."""
    campaign.provoke(fuzz_scenario)
