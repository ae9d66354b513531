"""The published OpenAPI document, fuzzed by schemathesis through the driver: every call, every state, every link.

How much is drawn stands in `conformance.fuzz.fuzz_efforts`, the legal cases that schemathesis cannot know of in
`conformance.fuzz.exemptions`. Each test writes what it came to beside the history: nothing is lost over workers.
"""

from __future__ import annotations

import pytest

from conformance.fuzz import GROUPS, Campaign, calls


@pytest.mark.parametrize("call", calls())
def test_no_answer_to_a_documented_call_breaks_a_duty(call: str, campaign: Campaign) -> None:
    """Examples, coverage and fuzzing, aimed at resources in every state that matters."""
    crimes = campaign.call(call)
    assert not crimes, "\n".join(crimes)


@pytest.mark.parametrize("group", GROUPS)
def test_no_answer_to_a_hostile_request_breaks_a_duty(group: str, campaign: Campaign) -> None:
    """What no client should send is accepted or refused with a standard error."""
    crimes = campaign.hostile(group)
    assert not crimes, "\n".join(crimes)


def test_no_walk_along_the_links_breaks_a_duty(campaign: Campaign) -> None:
    """From created resources to their uses, also under 202."""
    crimes = campaign.walks()
    assert not crimes, "\n".join(crimes)
