"""Walks along the document's links: from a created resource to its uses, through our driver.

A step that follows a link keeps the ids that it was given; a step that starts something is aimed at one of the
seeds, one state after the other, so that every use is also tried on resources that no link leads to.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import count
from typing import Any

import hypothesis
import hypothesis.errors

from conformance.engine.search.fixed_constants import fixed_constants
from conformance.fuzz import cases
from conformance.fuzz.fuzz_requests import Question, question
from conformance.fuzz.seeds import Aim
from conformance.model import Json, Operation

_TOGETHER = 5
"""Walks that Hypothesis draws from one seed, the first of them the simplest."""
Step = Callable[[Question, Any, Any], Operation | None]
Aiming = Callable[[str, int], tuple[Aim | None, Json]]


def walk(  # noqa: PLR0913 - what a walk needs from its campaign, named
    base_url: str, seed: int, *, walks: int, steps: int, aim: Aiming, ask: Step, name: Callable[[], str]
) -> None:
    """Walk `walks` times, up to `steps` steps each; `ask` sends and judges, `aim` gives ids where no link does."""
    machine = cases.schema(base_url).as_state_machine()
    machine.step = _step(aim, ask, name)
    for first in range(0, walks, _TOGETHER):
        examples = cases.settings(min(_TOGETHER, walks - first))
        limits = hypothesis.settings(examples, stateful_step_count=steps, phases=[hypothesis.Phase.generate])
        # A live target answers the same walk differently the second time, which Hypothesis takes for a flaky
        # strategy. What was sent is recorded and judged; the next walks draw from the next seed.
        with fixed_constants(), contextlib.suppress(hypothesis.errors.Flaky):
            hypothesis.seed(seed * 1009 + first)(machine).run(settings=limits)


def _step(aim: Aiming, ask: Step, name: Callable[[], str]) -> Callable[[Any, Any], Any]:
    from schemathesis.generation.stateful.state_machine import StepOutput  # noqa: PLC0415 - loaded with the machine

    number = count()

    def step(self: Any, given: Any) -> Any:
        case = given.case
        call = str(case.operation.definition.raw["operationId"])
        linked = {(location.value, parameter) for location, parameter in given.applied_parameters}
        aimed, ids = aim(call, next(number))
        if ("path", "id") in linked:
            aimed = Aim(str(case.path_parameters["id"]), "linked")
        if any(location == "body" for location, _ in linked):
            ids = {}
        asked = question(call, case, aimed, ids, name())
        ask(asked, case, self.recorder)
        retained = self.recorder.interactions.get(case.id)
        response = retained.response if retained is not None else None
        return StepOutput(response, case) if response is not None else None

    return step
