"""Violations told while a run goes on, as soon as they are proved: read from its history while it grows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from conformance.api import catalogue
from conformance.api.routes import base_of
from conformance.history.decode import Decoder
from conformance.history.entries import Begun, Header
from conformance.judge import Judge
from conformance.model import Level, Operation
from conformance.outcome.display_text import line

_GATING = (Level.MUST, Level.IMPLIED)
MOST_SENTENCE = 300
"""Characters of a sentence that is told while the run goes on; the report has all of it."""


@dataclass(slots=True)
class Proofs:
    """Takes the lines of a history, and gives each broken requirement once, with the first sentence that proves it.

    `selected` are the ids that the run judges, `strict` says that a broken SHOULD fails too. What this class gets wrong
    is only not told early: it stops at its first trouble.
    """

    selected: Collection[str]
    strict: bool = False
    broken: set[str] = field(default_factory=set)
    failures: int = 0
    _decoder: Decoder = field(default_factory=Decoder)
    _judge: Judge | None = None
    _works: bool = True

    def hear(self, raw: bytes) -> None:
        """Take one line."""
        if not self._works:
            return
        try:
            entry = self._decoder(raw, 1)
            if isinstance(entry, Header):
                self._decoder.base = base_of(entry.target.base_url)
                self._judge = Judge(entry.target, recorded=True)
            elif self._judge and isinstance(entry, Begun):
                self._judge.begin(entry.operation)
            elif self._judge and isinstance(entry, Operation):
                self._judge.add(entry)
        except Exception:  # noqa: BLE001 - whatever it is, the judgement at the end of the run tells it
            self._works = False

    def news(self) -> list[tuple[bool, str]]:
        """Give what was proved since the last call: whether it makes the run fail, and a sentence."""
        try:
            found = self._judge.proved() if self._judge and self._works else ()
        except Exception:  # noqa: BLE001 - as above
            self._works, found = False, ()
        stated = []
        for finding in found:
            name = finding.requirement
            level = catalogue.by_id()[name].level
            if name in self.broken or name not in self.selected or level is Level.MEASURED:
                continue
            self.broken.add(name)
            fails = level in _GATING or self.strict
            self.failures += fails
            stated.append((fails, f"{level} {name}: {line(finding.sentence)[:MOST_SENTENCE]}"))
        return stated
