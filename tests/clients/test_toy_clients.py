"""Each toy client is convicted of its own fault and of nothing unrelated; the reference client of nothing.

Here each meets the scenarios that show its fault and one that does not; `selftest --clients` tries them all.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from conformance.api import catalogue
from conformance.clients.client_scenarios import choose
from conformance.errors import UsageError
from conformance.model import Level
from conformance.selftest.client_matrix import TOYS, Toy, ToyTried, client_matrix, toys, try_toy

SHOWN_BY = {
    "client": ("calm", "create-file-answer-lost", "complete-answer-cut", "found-bad", "project-gone", "slow-project"),
    "retries-integrity": ("found-bad",),
    "leaks-token": ("storage-redirects-upload",),
    "gives-up-at-nc": ("nc-on-create-upload", "nc-on-chunks"),
    "hammers": ("slow-project", "nc-for-ever-on-create-upload"),
    "takes-404-for-temporary": ("project-gone",),
    "duplicates": ("create-project-answer-lost",),
    "never-ends": ("nc-for-ever-on-create-upload",),
    "ignores-retry-after": ("too-many-requests",),
    "swallows-integrity": ("bytes-differ",),
    "trusts-202": ("slow-upload",),
    "resends-parts": ("calm",),
    "does-not-renew": ("token-ends-at-upload",),
}


def test_there_are_twelve_toys_each_with_a_fault_of_its_own() -> None:
    """Every binding requirement of a client convicts one of them."""
    own = [toy.breaks[0] for toy in TOYS if toy.breaks]
    assert len(own) == 12
    assert len(set(own)) == 12
    must = {one.id for one in catalogue.requirements(catalogue.CLIENT) if one.level is Level.MUST}
    assert must <= set(own)
    assert set(SHOWN_BY) == {toy.name for toy in TOYS}


@pytest.mark.parametrize("toy", TOYS, ids=lambda toy: toy.name)
def test_a_toy_is_convicted_of_its_own_fault_and_of_nothing_else(toy: Toy) -> None:
    """By the scenarios that show it, and not by one that does not."""
    scenarios = [
        replace(one, time_limit=min(one.time_limit, 30)) for one in choose((*SHOWN_BY[toy.name], "storage-error"))
    ]
    tried = try_toy(toy, scenarios, jobs=4, seed=0)
    assert tried.right, (tried.convicted, tried.core, tried.trouble)


def test_a_toy_that_does_not_exist_is_refused() -> None:
    """A typo must not try nothing."""
    assert [toy.name for toy in toys(["hammers"])] == ["hammers"]
    with pytest.raises(UsageError, match="hamers"):
        toys(["hamers"])


def test_the_matrix_shows_survivors_and_false_accusations() -> None:
    """Neither is hidden, and neither counts as right."""
    toy = next(toy for toy in TOYS if toy.name == "hammers")
    killed = ToyTried(toy, Counter({"client-waits": 2}), "told: it hammers", (), (), 1.0)
    survived = replace(killed, convicted=Counter())
    accused = replace(killed, convicted=Counter({"client-waits": 1, "client-404-is-final": 1}))
    good = ToyTried(TOYS[0], Counter(), "", (), (), 1.0)
    vacuous = replace(good, core=("a plain 404",))
    assert [row.right for row in (killed, survived, accused, good, vacuous)] == [True, False, False, True, False]
    text = client_matrix(
        [killed, survived, accused, good, vacuous], catalogue.requirements(catalogue.CLIENT), made="now"
    )
    for words in ("2 of 5", "**survived**", "**unrelated**: client-404-is-final", "**core not met**: a plain 404"):
        assert words in text
