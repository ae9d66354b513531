"""What a run is doing, read from the history while it grows: how many operations, what is awaited, for how long."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from conformance.api.error_bodies import NOT_CONSISTENT, code_of
from conformance.api.routes import BASE, EXTENDED_CALLS, base_of, call_of
from conformance.driver.safety.pace import BUSY, retry_after_s

NS_PER_S = 1_000_000_000
FORGOTTEN_NS = 3 * NS_PER_S
FUZZING = ("fuzz-", "hostile-", "link-")
"""How the names of the scenarios begin that are no plans."""
ENOUGH_ANSWERS, ENOUGH_LAGS = 20, 5
"""So many are needed before a mean of them says anything."""
NO_PLANS = ("fuzz", "house", "")
"""What is said in place of a scenario where something is only made ready."""


@dataclass(slots=True)
class Progress:
    """Counts of what was sent, and every extended endpoint whose last answer was not-consistent.

    `awaited` maps the path to the instants of its first and its last such answer, in nanoseconds of the history's
    clock. `base` is the base path that the history's header says. `done` holds the plans that came to their last reads,
    `fuzzed` the scenarios of fuzzing that began, `troubled_ns` the instant of the last operation that made trouble.
    `answering_ns` is what all `answered` requests to the API took together, `settling_ns` how long all `settled`
    paths were waited for.
    """

    base: str = BASE
    operations: int = 0
    projects: int = 0
    uploads: int = 0
    awaited: dict[str, tuple[int, int]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    fuzzed: set[str] = field(default_factory=set)
    troubled_ns: int = 0
    answered: int = 0
    answering_ns: int = 0
    settled: int = 0
    settling_ns: int = 0
    paused: str = ""
    paused_until_ns: int = 0

    def add(self, line: dict[str, Any]) -> None:
        """Take one line of a history; lines that are not ended operations say nothing."""
        if "format" in line:
            self.base = base_of(line["target"]["base_url"])
        if "a_ns" not in line or line.get("begin"):
            return
        self.operations += 1
        self._pause(line)
        self._place(line)
        name = call_of(line["method"], line["path"], self.base).name
        self.projects += name == "create_project" and line.get("status") == 202
        self.uploads += name == "complete_upload" and line.get("status") == 202
        if line.get("status") and line.get("b_ns") and line.get("role", "api") == "api":
            self.answered += 1
            self.answering_ns += line["b_ns"] - line["a_ns"]
        if name in EXTENDED_CALLS and line.get("status"):
            self._await(line)

    def _place(self, line: dict[str, Any]) -> None:
        """Note where in the run an operation stands: which plan came to its last reads, what is being fuzzed."""
        scenario, plan = str(line.get("scenario") or ""), str(line.get("plan") or "")
        if scenario.startswith(FUZZING):
            self.fuzzed.add(scenario)
        elif plan and scenario not in NO_PLANS:
            if line.get("phase") == "final":
                self.done.add(plan)
            elif line.get("phase") == "trouble":
                self.troubled_ns = line["a_ns"]

    def _pause(self, line: dict[str, Any]) -> None:
        asked_s = retry_after_s(line.get("headers") or {}) if line.get("status") in BUSY else None
        if asked_s and line.get("role", "api") == "api":
            self.paused = f"answered {line['status']}, the target asks for a pause of {asked_s:.0f} s"
            self.paused_until_ns = max(self.paused_until_ns, line["a_ns"] + int(min(asked_s, 1e9) * NS_PER_S))

    def _await(self, line: dict[str, Any]) -> None:
        if code_of(line.get("response")) == NOT_CONSISTENT:
            first, _ = self.awaited.get(line["path"], (line["a_ns"], 0))
            self.awaited[line["path"]] = first, line["a_ns"]
        elif awaited := self.awaited.pop(line["path"], None):
            self.settled += 1
            self.settling_ns += line["a_ns"] - awaited[0]

    def measured_s(self) -> tuple[float, float]:
        """Return about how many seconds an answer and a lag last at this target; 0 as long as too few are known."""
        latency = self.answering_ns / self.answered / NS_PER_S if self.answered >= ENOUGH_ANSWERS else 0.0
        lag = self.settling_ns / self.settled / NS_PER_S if self.settled >= ENOUGH_LAGS else 0.0
        return latency, lag

    def awaited_at(self, now_ns: int) -> dict[str, int]:
        """Give what is still asked for, with the instant since when; what nobody asks for any more is not awaited."""
        return {path: first for path, (first, last) in self.awaited.items() if now_ns - last < FORGOTTEN_NS}

    def sentence(self, now_ns: int | None = None) -> str:
        """Say how far the run is, and what it pauses for at `now_ns` of the history's clock (None: now)."""
        said = f"{self.operations} requests, {self.projects} projects, {self.uploads} uploads completed"
        now_ns = time.monotonic_ns() if now_ns is None else now_ns
        return f"{said}; {self.paused}" if now_ns < self.paused_until_ns else said


class Tail:
    """Follow a history that other processes append to; each of its lines is given to `hear`."""

    def __init__(self, path: Path, hear: Callable[[bytes], None] | None = None) -> None:
        self._hear = hear
        self.progress = Progress()
        self._path = path
        self._position = 0
        self._rest = b""

    def read(self) -> None:
        """Take what is new."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._position)
            new = file.read()
        self._position += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in lines:
            if self._hear:
                self._hear(line)
            try:
                self.progress.add(msgspec.json.decode(line))
            except (ValueError, KeyError, TypeError, RecursionError):
                continue  # progress is not evidence: the judge reads every line strictly
