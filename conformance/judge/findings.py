"""Where rules write down what they looked at and what they found: tallies, findings as data, and their sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.judge.state.interval import NEVER, Interval
from conformance.model import Finding, Json, Tally


def short(name: str) -> str:
    """Abbreviate an id for a sentence."""
    return f"{name[:8]}…" if len(name) > 12 else name


def speaker(session: str) -> str:
    """Give the part of a session's name that a person reads: what stands before it names the process and the plan."""
    return session.rpartition("/")[2]


class Book:
    """Tallies while they are made. `origin` (ns) is the moment from which sentences count seconds."""

    def __init__(self, origin: int = 0) -> None:
        self.origin = origin
        self._exposed: dict[str, int] = {}
        self._looked: dict[str, int] = {}
        self._figures: dict[str, dict[str, Json]] = {}
        self._findings: dict[str, dict[tuple[str, str, str], Finding]] = {}

    def expose(self, requirement: str, count: int = 1) -> None:
        """Count occasions that could have shown a violation."""
        self._exposed[requirement] = self._exposed.get(requirement, 0) + count

    def look(self, requirement: str, count: int = 1) -> None:
        """Count attempts to reach an occasion."""
        self._looked[requirement] = self._looked.get(requirement, 0) + count

    def measure(self, requirement: str, **figures: Json) -> None:
        """Keep figures for the report."""
        self._figures.setdefault(requirement, {}).update(figures)

    def stale(self, requirement: str, staleness_s: float) -> None:
        """Keep the greatest staleness (s) that a measured guarantee needs to be explained."""
        held = self._figures.setdefault(requirement, {})
        held["staleness_s"] = max(staleness_s, held.get("staleness_s", 0.0))

    def name_states(self, *requirements: str) -> None:
        """Say of each measured guarantee whether it was provided, broken or not exercised."""
        for name in requirements:
            exercised = "provided" if self._exposed.get(name) else "not exercised"
            self.measure(name, state="broken" if name in self._findings else exercised)

    def find(  # noqa: PLR0913 - the parts of one decision, each named
        self,
        requirement: str,
        rule: str,
        subject: str,
        evidence: Iterable[Interval],
        sentence: str,
        *,
        expected: str = "",
        observed: str = "",
        detail: str = "",
        **numbers: Json,
    ) -> None:
        """Write a violation down once for its subject and `detail`; the first one stands."""
        held = self._findings.setdefault(requirement, {})
        names = tuple(dict.fromkeys(interval.operation for interval in evidence))[:4]
        held.setdefault(
            (rule, subject, detail),
            Finding(requirement, rule, subject, names, sentence, expected, observed, numbers),
        )

    def when(self, interval: Interval) -> str:
        """Say when and by whom, as in ``reader-3 at 12.481-12.497 s``, with a dash for ranges."""
        begun = (interval.begun_ns - self.origin) / 1e9
        if interval.ended_ns >= NEVER:
            return f"{speaker(interval.session)} from {begun:.3f} s on"
        ended = (interval.ended_ns - self.origin) / 1e9
        return f"{speaker(interval.session)} at {begun:.3f}–{ended:.3f} s"  # noqa: RUF001 - a dash between times

    def tallies(self, occasions: Mapping[str, str]) -> dict[str, Tally]:
        """Return the tallies, findings in an order that does not depend on the order of the operations."""
        names = sorted({*self._exposed, *self._looked, *self._figures, *self._findings})
        return {
            name: Tally(
                name,
                exposures=self._exposed.get(name, 0),
                findings=self.findings(name),
                occasions=occasions.get(name, "answers"),
                looked=self._looked.get(name, 0),
                measured=self._figures.get(name, {}),
            )
            for name in names
        }

    def findings(self, requirement: str) -> tuple[Finding, ...]:
        """Give the findings against one requirement."""
        held = self._findings.get(requirement)
        if not held:
            return ()
        return tuple(held[key] for key in sorted(held))

    def all_findings(self) -> tuple[Finding, ...]:
        """Give every finding."""
        return tuple(finding for name in sorted(self._findings) for finding in self.findings(name))
