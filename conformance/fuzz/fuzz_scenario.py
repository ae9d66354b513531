"""What a scenario of fuzzing is: one documented call, one group of hostile requests, or the walks along the links."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from conformance.engine.scenario import Scenario


class Kind(StrEnum):
    """What is fuzzed."""

    CALL = "call"
    HOSTILE = "hostile"
    LINKS = "links"


@dataclass(frozen=True, slots=True)
class FuzzScenario(Scenario):
    """A scenario of fuzzing: `subject` is the operation id of the call, or the group of hostile requests.

    Its share counts requests, seeding of resources not included; of walks along the links, the walks.
    """

    kind: Kind
    subject: str = ""
