"""Secrets that passing requests carry, learnt before anything about them is written."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

from conformance.driver.recorder import Recorder
from conformance.history.redact import Redactor

REMEMBERED = 64
"""Secrets of clients that are looked for in every line; those not met for longest are left to the structural net."""


class LearntSecrets:
    """What must be hidden in every line from now on. `given` is what the operator's own settings hide."""

    def __init__(self, given: Redactor) -> None:
        self._given = given
        self._met: OrderedDict[str, None] = OrderedDict()
        self.redact = given

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these too."""
        fresh = False
        for secret in secrets:
            fresh |= secret not in self._met
            self._met[secret] = None
            self._met.move_to_end(secret)
        if fresh:
            while len(self._met) > REMEMBERED:
                self._met.popitem(last=False)
            self.redact = self._given.with_secrets(*self._met)


class HidingRecorder(Recorder):
    """A recorder that hides what was learnt as well as what its own driver knows."""

    def __init__(self, path: Path, learnt: LearntSecrets) -> None:
        super().__init__(path)
        self._learnt = learnt

    def _write(self, line: bytes, redact: Redactor | None = None) -> None:
        hidden = self._learnt.redact.line(line.decode().removesuffix("\n"))
        super()._write(hidden.encode() + b"\n", redact)
