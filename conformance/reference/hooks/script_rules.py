"""A script: which trouble a server makes for the requests that it gets, counted call by call.

The file is JSON: `rules` (each `call`, `nth`, `do`, and where they matter `retry_after` and `seconds`), `lags` (seconds
for `project` and `upload`), `record` and `world` (where to write what was seen, and what there was in the end).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Script", "ScriptRule"]


@dataclass(frozen=True, slots=True)
class ScriptRule:
    """Trouble for the requests to `call` (a glob, or several) from the `first` to the `last` (None: every later one).

    `retry_after` and `seconds` are seconds: what the Retry-After header says, and how long an answer is held back.
    """

    call: tuple[str, ...]
    do: str
    first: int = 1
    last: int | None = 1
    retry_after: int | None = None
    seconds: float = 15.0

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> ScriptRule:
        """Read one rule; `nth` is a number, `A-B` or `A-`."""
        first, dash, last = str(row.get("nth", 1)).partition("-")
        bound = int(last) if last else None if dash else int(first)
        calls = (row["call"],) if isinstance(row["call"], str) else tuple(row["call"])
        return cls(calls, str(row["do"]), int(first), bound, row.get("retry_after"), float(row.get("seconds", 15.0)))

    def takes(self, call: str) -> bool:
        """Whether the rule counts requests to the call."""
        return any(fnmatch(call, pattern) for pattern in self.call)

    def at(self, count: int) -> bool:
        """Whether the rule acts on the request with this number, counted from 1."""
        return count >= self.first and (self.last is None or count <= self.last)


@dataclass(slots=True)
class Script:
    """The rules with their counters, and what came of them: tokens that ended, uploads that are to be found bad."""

    rules: tuple[ScriptRule, ...]
    record: Path
    world: Path
    lags: Mapping[str, float] = field(default_factory=dict)
    ended_tokens: set[str] = field(default_factory=set)
    condemned: set[str] = field(default_factory=set)
    counts: dict[int, int] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Script:
        """Read a script file; raise ValueError or KeyError for one that is none."""
        asked = json.loads(path.read_text(encoding="utf-8"))
        rules = tuple(ScriptRule.read(row) for row in asked["rules"])
        return cls(rules, Path(asked["record"]), Path(asked["world"]), asked.get("lags", {}))

    def choose(self, call: str) -> tuple[int, ScriptRule] | None:
        """Count a request and return the first rule that acts on it, with its place in the script."""
        acting: tuple[int, ScriptRule] | None = None
        for index, rule in enumerate(self.rules):
            if rule.takes(call):
                self.counts[index] = self.counts.get(index, 0) + 1
                if acting is None and rule.at(self.counts[index]):
                    acting = index, rule
        return acting
