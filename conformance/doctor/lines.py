"""What the doctor says: one line per question, each with its remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from conformance.model import Json


class Mark(StrEnum):
    """How a question was answered."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class Line:
    """One question, how it was answered, and what to do about it ("" when there is nothing to do).

    `seconds` is what was measured, where something was, and `lag_s` how long an upload took to become consistent.
    """

    question: str
    mark: Mark
    sentence: str
    remedy: str = ""
    seconds: float | None = None
    lag_s: float | None = None

    def document(self) -> dict[str, Json]:
        """Give it as JSON."""
        return asdict(self)


def stops(line: Line) -> bool:
    """Whether nothing further can be found out after this line."""
    return line.mark is Mark.BAD and line.question in ("name", "TLS", "reachability", "credentials", "patience")
