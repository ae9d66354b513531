"""dds-conformance: decides whether a server keeps the eventual-consistency contract of the DDS API.

The door for programs: `read_history` a recording, `judge_history` it, `verify` that the operations which a finding
names convict by themselves; and the nouns that these speak in. It is a lazy door: `import conformance` loads nothing,
and each name loads what it needs when it is first asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as a type checker reads it; `typing` itself would be loaded before an interrupt is answered
if TYPE_CHECKING:
    from typing import Any

    from conformance.history import read as read_history
    from conformance.judge import judge_history
    from conformance.judge.evidence import verify
    from conformance.model import (
        Conformance,
        Exchange,
        Failure,
        Finding,
        History,
        Judgement,
        Level,
        Octets,
        Operation,
        Outcome,
        Phase,
        Requirement,
        Role,
        Run,
        Tally,
        Target,
        Verdict,
    )

__all__ = [
    "Conformance",
    "Exchange",
    "Failure",
    "Finding",
    "History",
    "Judgement",
    "Level",
    "Octets",
    "Operation",
    "Outcome",
    "Phase",
    "Requirement",
    "Role",
    "Run",
    "Tally",
    "Target",
    "Verdict",
    "judge_history",
    "read_history",
    "verify",
]

_ELSEWHERE = {
    "judge_history": ("conformance.judge", "judge_history"),
    "read_history": ("conformance.history", "read"),
    "verify": ("conformance.judge.evidence", "verify"),
}
"""Where a name is found that is none of the model's."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - late, as everything here

    module, attribute = _ELSEWHERE.get(name, ("conformance.model", name))
    found = globals()[name] = getattr(import_module(module), attribute)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
