"""What `verify` prints: a line for each thing it looked at, and what all of them come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from conformance.errors import ExitCode
from conformance.model import Json

MOST_SHOWN = 3


class State(StrEnum):
    """What became of one look."""

    HOLDS = "holds"
    FAILS = "fails"
    NOTE = "note"
    """Decides nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at, and what was seen."""

    check: str
    state: State
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """All lines, in order; the grade that may be granted, and the outcome as judged again (empty if it was not)."""

    lines: Sequence[Line]
    grade: str = ""
    outcome: str = ""

    @property
    def holds(self) -> bool:
        """Whether everything that decides holds."""
        return all(line.state is not State.FAILS for line in self.lines)

    @property
    def exit_code(self) -> ExitCode:
        """0: holds and conformant; 1: something does not hold; 4: holds, and is not conformant."""
        if not self.holds:
            return ExitCode.NONCONFORMANT
        return ExitCode.CONFORMANT if self.outcome == "conformant" else ExitCode.INCOMPLETE

    def document(self) -> dict[str, Json]:
        """Give it as JSON."""
        return {
            "holds": self.holds,
            "grade": self.grade if self.holds else "",
            "outcome": self.outcome,
            "exit_code": int(self.exit_code),
            "lines": [
                {"check": line.check, "state": str(line.state), "sentence": line.sentence} for line in self.lines
            ],
        }


def decided(check: str, problems: Iterable[str], otherwise: str) -> Line:
    """Return the line of a look that found problems, the first of them told, or none."""
    found = list(problems)
    if not found:
        return Line(check, State.HOLDS, otherwise)
    more = f"; and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    return Line(check, State.FAILS, "; ".join(found[:MOST_SHOWN]) + more)
