"""Scenarios of a client as values, read from ``scenarios/clients/*.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatch
from functools import cache
from importlib import resources
from typing import Any

from conformance.errors import SuiteError, UsageError, did_you_mean
from conformance.model import Json

TIME_LIMIT_S = 60.0
DEPLOYED = ("deployed-listing",)
"""What every scenario's server has in common with the deployed service."""


class Ends(StrEnum):
    """What a right client comes to in a scenario."""

    SUCCESS = "success"
    FAILURE = "failure"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is done to the requests of one call (a glob, or several): `nth` is ``N``, ``A-B`` or ``A-``.

    `retry_after` (seconds) goes into the header of that name; `seconds` is how long a stalled answer is held back.
    """

    call: tuple[str, ...]
    do: str
    nth: str = "1"
    retry_after: int | None = None
    seconds: float = 15.0

    @property
    def endless(self) -> bool:
        """Whether the trouble never stops."""
        return self.nth.endswith("-")

    def row(self) -> dict[str, Json]:
        """Give the rule as the server's script has it, and the run document."""
        return {"call": list(self.call), "nth": self.nth, "do": self.do, "retry_after": self.retry_after,
                "seconds": self.seconds}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClientScenario:
    """One world that a client is put into.

    `lag` gives the seconds until a project and an upload are consistent; `ends` what a right client comes to; `shows`
    the requirements that the scenario was made for; `time_limit` bounds the client's run, in seconds. `world` says how
    many `projects` and `files` of the names that the client was given there are after a success.
    """

    name: str
    title: str
    ends: Ends
    shows: tuple[str, ...]
    rules: tuple[Trouble, ...] = ()
    lag: Mapping[str, float] = field(default_factory=dict)
    world: Mapping[str, int] = field(default_factory=dict)
    variants: tuple[str, ...] = ()
    time_limit: float = TIME_LIMIT_S
    size: int = 4096

    @property
    def calm(self) -> bool:
        """Whether nothing is in the client's way."""
        return not self.rules and not any(self.lag.values())


@cache
def scenarios() -> tuple[ClientScenario, ...]:
    """Give every scenario of a client, by file and in the file's order.

    Raises:
        SuiteError: two scenarios share a name.
    """
    folder = resources.files("conformance.scenarios").joinpath("clients")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    rows = [row for file in files for row in tomllib.loads(file.read_text(encoding="utf-8"))["scenario"]]
    found = tuple(_scenario(row) for row in rows)
    if len({scenario.name for scenario in found}) != len(found):
        raise SuiteError("two scenarios of a client share a name.")
    return found


def _scenario(row: Mapping[str, Any]) -> ClientScenario:
    rules = tuple(_trouble(rule) for rule in row.get("rules", ()))
    lists = {"shows": tuple(row["shows"]), "variants": tuple(row.get("variants", ()))}
    lag = {"project": 0.0, "upload": 0.0, **row.get("lag", {})}
    return ClientScenario(**{**row, **lists, "rules": rules, "lag": lag, "ends": Ends(row["ends"])})


def _trouble(rule: Mapping[str, Any]) -> Trouble:
    calls = (rule["call"],) if isinstance(rule["call"], str) else tuple(rule["call"])
    return Trouble(**{**rule, "call": calls, "nth": str(rule.get("nth", "1"))})


def choose(patterns: Iterable[str]) -> tuple[ClientScenario, ...]:
    """Give the scenarios whose names match any of the globs, all when none is given.

    Raises:
        UsageError: a glob matches nothing.
    """
    wanted = tuple(patterns)
    for pattern in wanted:
        if not any(fnmatch(scenario.name, pattern) for scenario in scenarios()):
            names = [scenario.name for scenario in scenarios()]
            remedy = did_you_mean(pattern, names, f"--scenario takes one of: {', '.join(names)}.")
            raise UsageError(f"no scenario is called {pattern!r}.", remedy=remedy)
    return tuple(s for s in scenarios() if not wanted or any(fnmatch(s.name, pattern) for pattern in wanted))
