"""The instrument proved: the sums of the kill matrix, and a few servers really tried."""

from __future__ import annotations

import pytest

from conformance.api.catalogue import requirements
from conformance.errors import UsageError
from conformance.reference.faults import FAULTS
from conformance.reference.variants import VARIANTS
from conformance.selftest import Matrix, Subject, Trialled, gaps, markdown, subjects, try_subject

FAULT = Subject("f", "breaks it", ("bad-never-200", "one-verdict"))
ODDITY = Subject("o", "odd, but legal")


def trialled(subject: Subject, *convicted: str, outcome: str = "nonconformant", gating: bool = True) -> Trialled:
    """Make what came of a subject."""
    return Trialled(subject, outcome, convicted, convicted if gating else (), 12, 0.5, 9.0)


def matrix(*rows: Trialled) -> Matrix:
    """Make a matrix of some rows."""
    return Matrix(rows, "quick", 0, "2026-11-23", "0.1.0", 60.0)


def test_a_fault_convicted_of_its_crime_is_killed() -> None:
    """Its own crime, or one that it commits beside it."""
    assert trialled(FAULT, "bad-never-200").right
    assert trialled(FAULT, "one-verdict").right


def test_a_fault_convicted_only_of_what_it_did_not_do_is_not_killed() -> None:
    """A conviction of the wrong crime is a false one."""
    row = trialled(FAULT, "nc-payload")
    assert not row.right
    assert row.unrelated == ("nc-payload",)


def test_a_fault_convicted_only_of_lesser_crimes_survives() -> None:
    """A broken MUST that only shows in a measured row, or earns a warning, is not caught."""
    lesser = Subject("f", "breaks it", ("complete-202", "session-monotonic", "read-your-writes"))
    assert not trialled(lesser, "read-your-writes", outcome="conformant", gating=False).right
    assert not trialled(lesser, "session-monotonic", outcome="conformant", gating=False).right
    assert trialled(lesser, "session-monotonic", "complete-202").right
    small = Subject("f", "is only unreasonable", ("session-monotonic", "realtime-monotonic"))
    assert trialled(small, "session-monotonic", outcome="conformant", gating=False).right


def test_a_fault_that_fails_a_must_it_did_not_break_is_accused() -> None:
    """Even beside its own crime a false accusation is one; a measured row beside it is not."""
    both = trialled(FAULT, "bad-never-200", "nc-payload")
    assert both.accused == ("nc-payload",)
    assert not both.right
    assert "**accused** of nc-payload" in markdown(matrix(both), requirements())
    beside = Trialled(FAULT, "nonconformant", ("bad-never-200", "state-order"), ("bad-never-200",), 1, 0.1, 1.0)
    assert beside.right


def test_a_fault_that_nobody_noticed_survives() -> None:
    """Conformant is the worst that a fault's run can say."""
    assert not trialled(FAULT, outcome="conformant").right


def test_an_variant_that_passes_with_warnings_is_left_in_peace() -> None:
    """Warnings are no accusation."""
    assert trialled(ODDITY, "error-number", outcome="conformant", gating=False).right


@pytest.mark.parametrize("outcome", ["nonconformant", "incomplete", "error 5"])
def test_an_variant_that_does_not_pass_is_wronged(outcome: str) -> None:
    """A legal server must be cleared, not merely left undecided."""
    assert not trialled(ODDITY, outcome=outcome).right


def test_the_figures_are_shares_of_what_was_tried() -> None:
    """One of two faults, one of one variant."""
    rows = (trialled(FAULT, "bad-never-200"), trialled(FAULT), trialled(ODDITY, outcome="conformant"))
    tried = matrix(*rows)
    assert (tried.sensitivity, tried.specificity) == (0.5, 1.0)
    assert tried.wrong == (rows[1],)


def test_a_binding_requirement_that_convicts_no_fault_is_a_gap() -> None:
    """What nobody has shown to work is named."""
    missing = gaps(matrix(trialled(FAULT, "bad-never-200")), requirements())
    assert "bad-never-200" not in missing
    assert "nc-payload" in missing
    assert "spec-wording" not in missing


def test_the_matrix_reads_as_markdown_with_survivors_and_gaps_marked() -> None:
    """What is published says where it fails."""
    text = markdown(matrix(trialled(FAULT), trialled(ODDITY, "nc-payload")), requirements())
    assert "**survived**" in text
    assert "**accused**: nc-payload" in text
    assert "**gap**" in text


def test_every_binding_requirement_has_a_fault_that_breaks_it() -> None:
    """The catalogue of faults covers the catalogue of duties."""
    broken = {name for fault in FAULTS.values() for name in fault.breaks}
    assert {r.id for r in requirements()} - broken <= {"realtime-monotonic", "state-order", "name-kept"}
    assert broken <= {r.id for r in requirements()}


def test_subjects_are_chosen_by_glob_and_a_wrong_name_is_an_error() -> None:
    """All by default; a typo does not silently try nothing."""
    assert len(subjects()) == len(FAULTS) + len(VARIANTS)
    assert {subject.name for subject in subjects(("early-200-*",))} == {f"early-200-{n}ms" for n in (5, 20, 100)}
    with pytest.raises(UsageError, match="erly"):
        subjects(("erly-200-*",))


@pytest.mark.parametrize("name", ["complete-200", "nc-code-missing"])
def test_a_fault_is_convicted_at_quick(name: str) -> None:
    """A few of the faults; the whole matrix is a command of its own."""
    (subject,) = subjects((name,))
    row = try_subject(subject, effort="quick", seed=1)
    assert row.right, row
    assert row.requests


def test_a_legal_variant_passes_at_quick() -> None:
    """One of the variants: of its own kind of host, so that everything else is tried beside it."""
    (subject,) = subjects(("bare-host",))
    assert (row := try_subject(subject, effort="quick", seed=1)).right, row
