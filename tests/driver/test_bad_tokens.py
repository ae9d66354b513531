"""What is sent in place of a token that a target must refuse."""

from __future__ import annotations

import pytest

from conformance.driver.tokens import Tokens
from conformance.settings.credentials import Credentials, Secret


def asked(credentials: Credentials, times: int = 6) -> list[str | None]:
    """Return what who has no good token speaks with, request after request."""
    tokens = Tokens(credentials, "run", lambda agent, person: pytest.fail(f"{agent} and {person} were spent"))
    return [tokens.of("invalid") for _ in range(times)]


def test_a_bad_token_is_invented_or_nearly_a_good_one_by_turns() -> None:
    """A target that looks at the beginning of a token alone takes the second for the first."""
    sent = asked(Credentials(api_token=Secret("good")))
    assert len(set(sent)) == 2
    assert sent[::2] == [sent[0]] * 3
    assert sent[1::2] == ["good.x"] * 3


def test_without_a_token_at_hand_all_bad_ones_are_invented() -> None:
    """Keys are not spent on a request that must be refused."""
    keys = Credentials(agent_key=Secret("agent"), user_key=Secret("person"))
    assert set(asked(keys)) == {"invalid-run"}
