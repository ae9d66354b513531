"""Cases drawn by schemathesis: the whole plan first, so that no answer steers a draw and one seed gives one plan."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import hypothesis
import msgspec
import schemathesis
from schemathesis.generation.hypothesis.builder import (
    # Not public, but what the command line and the pytest plugin of schemathesis both build their tests with; the
    # public ways to the coverage phase send the cases themselves. The ceiling in pyproject.toml and a test guard it.
    HypothesisTestConfig,
    HypothesisTestMode,
    create_test,
)

from conformance.engine.search.fixed_constants import fixed_constants
from conformance.fuzz import openapi_document

_SPARE = 3
"""Random cases drawn beyond those that are used: the first ones that Hypothesis draws are the simplest."""
_PLAINEST = ("examples", "coverage", "fuzzing")
Case = Any
"""A schemathesis case; it carries no public type that says more than its attributes do."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The cases of one call. `plain` is a valid one, to be aimed at each state; `others` are in their drawn order.

    The first of the others has no token, wherever the document lays such a case out.
    """

    plain: Case
    others: tuple[Case, ...]


def schema(base_url: str) -> Any:
    """Load the published document for schemathesis, afresh: what it remembers of one draw would steer the next."""
    walks = {"generation": {"mode": "positive"}}  # what is invalid is tried by the other phases, and leads nowhere
    config = schemathesis.Config.from_dict(
        {"base-url": base_url, "cache": {"enabled": False}, "phases": {"stateful": walks}}
    )
    loaded = schemathesis.openapi.from_dict(msgspec.json.decode(_parsed()), config=config)
    loaded.location = openapi_document.path().as_uri()  # what its references are relative to
    return loaded


@cache
def _parsed() -> bytes:
    """Read the document as schemathesis does, once, into JSON: YAML takes twenty times as long as all else of loading.

    As bytes it cannot be changed by those who draw from it.
    """
    return msgspec.json.encode(schemathesis.openapi.from_path(openapi_document.path()).raw_schema)


def settings(examples: int) -> hypothesis.settings:
    """Give the settings of drawing: nothing remembered, nothing shrunk, no health check of a clock."""
    return hypothesis.settings(
        max_examples=max(1, examples),
        database=None,
        deadline=None,
        derandomize=False,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def draw(base_url: str, call: str, count: int, seed: int) -> Drawn:
    """Draw examples, coverage and fuzzing of a call, at most `count` of them beside the plain one.

    Each way has the share that it would have if as many random cases were drawn as all together, and no more are.
    """
    laid_out = _cases(base_url, call, (HypothesisTestMode.EXAMPLES, HypothesisTestMode.COVERAGE), 1, seed)
    share = math.ceil(count * count / max(1, count + len(laid_out)))
    random_ones = _cases(base_url, call, (HypothesisTestMode.FUZZING,), min(count, share + _SPARE), seed)
    method = openapi_document.form(call)[0]
    every = (*laid_out, *random_ones)
    valid = [case for case in every if case.meta.generation.mode.is_positive and case.method == method]
    plain = min(valid, key=lambda case: _PLAINEST.index(_phase(case)))
    lot = random.Random(f"{seed}:{call}")  # noqa: S311 - a plan, not a secret
    others = [case for case in random_ones if case is not plain]
    fuzzed = lot.sample(others, min(share, len(others)))
    rest = [case for case in laid_out if case is not plain]
    strangers = [case for case in rest if _tokenless(case)]
    tokenless = lot.sample(strangers, min(1, len(strangers)))
    rest = [case for case in rest if case not in tokenless]
    mixed = [*fuzzed, *lot.sample(rest, min(len(rest), max(0, count - len(fuzzed) - len(tokenless))))]
    lot.shuffle(mixed)
    return Drawn(plain, (*tokenless, *mixed))


def _tokenless(case: Case) -> bool:
    """Whether all that is wrong with a case is the missing header that carries the token."""
    wrong = [place.value for place, info in case.meta.components.items() if not info.mode.is_positive]
    return wrong == ["header"] and "authorization" not in {str(name).lower() for name in case.headers or {}}


def _cases(base_url: str, call: str, modes: Sequence[HypothesisTestMode], examples: int, seed: int) -> list[Case]:
    """Draw all cases of a call in some ways: as many random ones as `examples` says, where fuzzing is one of them."""
    drawn: list[Case] = []

    def keep(case: Case) -> None:
        drawn.append(case)

    method, template = openapi_document.form(call)
    target = schema(base_url)[template][method]
    drawing = settings(examples)
    config = HypothesisTestConfig(project=target.schema.config, modes=list(modes), settings=drawing, seed=seed)
    with fixed_constants():
        create_test(operation=target, test_func=keep, config=config)()
    return drawn


def _phase(case: Case) -> str:
    return str(case.meta.phase.name.value)
