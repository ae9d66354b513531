"""A comparison in words: Markdown for a pull request or the page of a job, plain text for a terminal (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.outcome.display_text import count, judged, seconds
from conformance.release.compare import Change, Comparison
from conformance.release.lag_shift import LagShift
from conformance.release.markup import Markdown, Markup, Plain

Document = Mapping[str, Any]
VERDICTS = {
    0: "No regression, and nothing that was exercised before is missing.",
    1: "Regression: the second run breaks what the first did not.",
    4: "Not comparable to the end: evidence that the first run had is missing in the second.",
}
SECTIONS = (
    ("regressions", "Regressions"),
    ("warnings", "New warnings"),
    ("fixes", "Fixes"),
    ("unexercised", "No longer executed"),
    ("unseen", "Newly not observed"),
    ("gained", "Newly exercised"),
)


def markdown(comparison: Comparison, before: Document, after: Document) -> str:
    """Write the comparison of two runs as Markdown."""
    return Telling(Markdown()).of(comparison, before, after)


def plain(comparison: Comparison, before: Document, after: Document) -> str:
    """Write the comparison of two runs for a terminal."""
    return Telling(Plain()).of(comparison, before, after)


@dataclass(frozen=True, slots=True)
class Telling:
    """A comparison told in one markup."""

    markup: Markup

    def of(self, comparison: Comparison, before: Document, after: Document) -> str:
        """Tell it."""
        blocks = [
            self.markup.heading("Comparison of two runs", 1),
            self.markup.strong(VERDICTS[comparison.exit_code]),
            f"- before: {self._run(before)}\n- after: {self._run(after)}",
        ]
        if comparison.conditions:
            listed = "\n".join(f"- {self.markup.text(said)}" for said in comparison.conditions)
            blocks.append(f"The runs were not alike:\n\n{listed}")
        for name, title in SECTIONS:
            blocks += self._section(title, getattr(comparison, name))
        return "\n\n".join([*blocks, *self._lag(comparison.lag)]) + "\n"

    def _run(self, document: Document) -> str:
        text, code, target = self.markup.text, self.markup.code, document["target"]
        version = f" version {text(target['version'])}" if target.get("version") else ""
        return (
            f"{text(document['outcome'])}, judged: {text(judged(document))}, {code(target['base_url'])}{version}, "
            f"effort {text(document['effort'])}, run {code(document['run_id'])}, begun {text(document['begun'])}"
        )

    def _section(self, title: str, changes: Sequence[Change]) -> Iterable[str]:
        if changes:
            yield self.markup.heading(f"{title} ({len(changes)})", 2)
            rows = [
                (self.markup.code(one.id), one.level, one.before or "unknown", one.after or "gone",
                 self.markup.text(one.detail))
                for one in changes
            ]  # fmt: skip
            yield self.markup.table(("requirement", "level", "before", "after", ""), rows)

    def _lag(self, shifts: Sequence[LagShift]) -> Iterable[str]:
        """Show the rows that moved, and count the others: what cannot be told apart is no news."""
        if not shifts:
            return
        yield self.markup.heading("Convergence lag", 2)
        moved = [shift for shift in shifts if shift.moved]
        if moved:
            heads = ("endpoint", "kind", "quantile", "before", "after", "shift lies within", "", "n")
            yield self.markup.table(heads, [self._row(shift) for shift in moved])
        still = len(shifts) - len(moved)
        others = f"{'The other ' if moved else ''}{count(still)} of {count(len(shifts))} quantiles show no shift. "
        yield f"{others if still else ''}A shift is one only when the bounds of both estimates rule zero out."

    def _row(self, shift: LagShift) -> Sequence[str]:
        return (
            self.markup.code(shift.endpoint),
            self.markup.text(shift.kind),
            f"p{shift.p * 100:g}",
            seconds(shift.before_s),
            seconds(shift.after_s),
            f"{seconds(shift.low_s)} to {seconds(shift.high_s)}",
            self.markup.strong("slower" if shift.slower else "faster"),
            f"{shift.n_before}, {shift.n_after}",
        )
