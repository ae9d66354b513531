"""The kill matrix: which fault is convicted of which requirement, how soon; which variant is left in peace (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.model import Requirement
from conformance.selftest.trial import Trialled


@dataclass(frozen=True, slots=True)
class Matrix:
    """Every subject that was tried, with how: effort, seed, when (ISO 8601), suite version, wall time in seconds."""

    rows: tuple[Trialled, ...]
    effort: str
    seed: int
    when: str
    version: str
    took_s: float

    @property
    def faults(self) -> tuple[Trialled, ...]:
        """The broken servers."""
        return tuple(row for row in self.rows if not row.subject.legal)

    @property
    def variants(self) -> tuple[Trialled, ...]:
        """The legal ones."""
        return tuple(row for row in self.rows if row.subject.legal)

    @property
    def wrong(self) -> tuple[Trialled, ...]:
        """Faults that survived or were falsely accused, variants that were accused or not cleared."""
        return tuple(row for row in self.rows if not row.right)

    @property
    def sensitivity(self) -> float | None:
        """The share of faults that were convicted of what they break."""
        return _share(self.faults)

    @property
    def specificity(self) -> float | None:
        """The share of legal variants that passed."""
        return _share(self.variants)


def _share(rows: Sequence[Trialled]) -> float | None:
    return sum(row.right for row in rows) / len(rows) if rows else None


def convictions(rows: Iterable[Trialled]) -> Counter[str]:
    """Count, for each requirement, the faults that it convicts rightly."""
    return Counter(name for row in rows for name in row.caught_by)


def gaps(matrix: Matrix, requirements: Iterable[Requirement]) -> tuple[str, ...]:
    """Name the MUST and IMPLIED requirements that convict no fault: what nobody has shown to work."""
    counted = convictions(matrix.faults)
    return tuple(r.id for r in requirements if r.level.gates and not counted[r.id])


def markdown(matrix: Matrix, requirements: Sequence[Requirement]) -> str:
    """Write the matrix for people: the figures, each fault, each variant, each requirement with what it convicts."""
    made = (
        f"Made by `dds-conformance selftest --effort {matrix.effort} --seed {matrix.seed}` on {matrix.when}, "
        f"dds-conformance {matrix.version}, in {matrix.took_s / 60:.1f} minutes."
    )
    figures = (
        f"Sensitivity: {_percent(matrix.sensitivity)} of {len(matrix.faults)} faults convicted of what they break. "
        f"Specificity: {_percent(matrix.specificity)} of {len(matrix.variants)} legal variants passed."
    )
    head = ["# Kill matrix", "", made, "", figures, ""]
    return "\n".join([*head, *_fault_rows(matrix), *_variant_rows(matrix), *_duty_rows(matrix, requirements)]) + "\n"


def _percent(share: float | None) -> str:
    return "none tried" if share is None else f"{share:.1%}"


def _fault_rows(matrix: Matrix) -> Iterable[str]:
    yield from (
        "## Faults",
        "",
        "| fault | what it does | convicted of | requests | seconds |",
        "|---|---|---|---|---|",
    )
    for row in matrix.faults:
        said = ", ".join(row.caught_by) if row.killed else f"**survived** ({', '.join((row.outcome, *row.caught_by))})"
        said += f"; beside them {', '.join(row.unrelated)}" if row.unrelated else ""
        said += f"; **accused** of {', '.join(row.accused)}" if row.accused else ""
        soon = f"{row.requests} | {row.seconds:.2f}" if row.seconds is not None else " | "
        yield f"| {row.subject.name} | {row.subject.summary} | {said} | {soon} |"
    yield ""


def _variant_rows(matrix: Matrix) -> Iterable[str]:
    yield from ("## Legal variants", "", "| variant | what it does | outcome | warnings |", "|---|---|---|---|")
    for row in matrix.variants:
        warned = ", ".join(name for name in row.convicted if name not in row.gating)
        accused = f" **accused**: {', '.join(row.gating)}" if row.gating else ""
        yield f"| {row.subject.name} | {row.subject.summary} | {row.outcome}{accused} | {warned} |"
    yield ""


def _duty_rows(matrix: Matrix, requirements: Sequence[Requirement]) -> Iterable[str]:
    counted = convictions(matrix.faults)
    yield from ("## Requirements", "", "| requirement | level | faults convicted |", "|---|---|---|")
    for requirement in requirements:
        count = counted[requirement.id]
        gap = " **gap**" if requirement.level.gates and not count else ""
        yield f"| {requirement.id} | {requirement.level} | {count}{gap} |"
