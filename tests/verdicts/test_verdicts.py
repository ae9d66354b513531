"""Tallies to verdicts to the outcome of a run."""

from __future__ import annotations

import pytest

from conformance.model import Conformance, Finding, Level, Outcome, Requirement, Tally, Verdict
from conformance.outcome.verdicts import Circumstances, conclude, verdict, verdicts


def requirement(level: Level = Level.MUST, name: str = "x", *, core: bool = False) -> Requirement:
    """Make a requirement of the given level."""
    return Requirement(name, level, "Logical View", "title", "asks", "always", core=core)


def broken(name: str = "x") -> Tally:
    """Make a tally with one finding."""
    return Tally(name, 3, (Finding(name, "rule", "upload 1", ("1",), "a sentence"),))


def passed(name: str = "x", exposures: int = 60) -> Verdict:
    """Make a verdict that was earned."""
    return verdict(requirement(name=name), Tally(name, exposures))


@pytest.mark.parametrize(
    ("level", "strict", "expected"),
    [
        (Level.MUST, False, Outcome.FAIL),
        (Level.IMPLIED, False, Outcome.FAIL),
        (Level.SHOULD, False, Outcome.WARN),
        (Level.SHOULD, True, Outcome.FAIL),
        (Level.MEASURED, False, Outcome.WARN),
        (Level.MEASURED, True, Outcome.WARN),
    ],
)
def test_a_violation_weighs_what_its_level_says(level: Level, strict: bool, expected: Outcome) -> None:  # noqa: FBT001
    """MUST and IMPLIED fail, SHOULD warns or fails under strict, MEASURED never gates."""
    assert verdict(requirement(level), broken(), strict=strict).outcome is expected


@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        (None, Outcome.NOT_OBSERVED),
        (Tally("x"), Outcome.NOT_OBSERVED),
        (Tally("x", looked=40), Outcome.NOT_OBSERVED),
        (Tally("x", blocked="no project"), Outcome.BLOCKED),
        (Tally("x", exposures=1, blocked="later"), Outcome.PASS),
        (Tally("x", inapplicable="404 on first use"), Outcome.NOT_APPLICABLE),
        (Tally("x", error="our own"), Outcome.ERROR),
        (Tally("x", exposures=1), Outcome.PASS),
    ],
)
def test_nothing_is_a_pass_that_was_not_exercised(tally: Tally | None, expected: Outcome) -> None:
    """A requirement starts as not observed and must be earned."""
    assert verdict(requirement(), tally).outcome is expected


def test_a_finding_outweighs_the_suites_own_error() -> None:
    """What was proved stays proved."""
    tally = Tally("x", 1, broken().findings, error="our own")
    assert verdict(requirement(), tally).outcome is Outcome.FAIL


def test_none_in_sixty_bounds_the_rate_at_five_percent() -> None:
    """The rule of three."""
    assert passed().bound_95 == pytest.approx(0.05)


def test_a_window_never_seen_says_how_many_reads_looked_for_it() -> None:
    """Honesty about what was not seen."""
    assert "never seen in 300 racing reads" in verdict(requirement(), Tally("x", looked=300)).note


def test_a_run_with_its_core_exercised_and_nothing_broken_is_conformant() -> None:
    """The one way to conformant."""
    assert conclude([passed()], Circumstances())[0] is Conformance.CONFORMANT


@pytest.mark.parametrize(
    "circumstances",
    [
        Circumstances(interrupted=True),
        Circumstances(complete=False),
        Circumstances(missing_core=("a 401 error payload",)),
        Circumstances(trouble=("a scenario crashed",)),
    ],
)
def test_a_run_that_was_stopped_or_left_the_core_out_is_incomplete(circumstances: Circumstances) -> None:
    """Blocked, error and interrupted never count as pass."""
    outcome, reasons = conclude([passed()], circumstances)
    assert outcome is Conformance.INCOMPLETE
    assert reasons


def test_a_broken_must_is_nonconformant_whatever_else_could_not_be_tried() -> None:
    """A violation outweighs an interrupt and a missing core."""
    stopped = Circumstances(interrupted=True, complete=False, missing_core=("everything",))
    given = verdicts([requirement()], {"x": broken()})
    assert conclude(given, stopped)[0] is Conformance.NONCONFORMANT


def test_a_run_that_exercised_nothing_is_never_conformant() -> None:
    """Nothing executed is never a pass, also for a recording and a selection."""
    for circumstances in (Circumstances(), Circumstances(recorded=True), Circumstances(partial=True)):
        assert conclude([verdict(requirement(), None)], circumstances)[0] is Conformance.INCOMPLETE


def test_a_recording_speaks_only_of_what_it_exercises() -> None:
    """A missing core does not make a recording incomplete; its reasons name what was not observed."""
    given = [passed("a"), verdict(requirement(name="b"), None)]
    outcome, reasons = conclude(given, Circumstances(recorded=True, missing_core=("a good upload",)))
    assert outcome is Conformance.CONFORMANT
    assert "not observed: b" in reasons


def test_a_blocked_core_duty_makes_a_run_incomplete() -> None:
    """Blocked core duties are incomplete even when the rest passed."""
    stuck = verdict(requirement(name="b", core=True), Tally("b", blocked="no upload"))
    assert conclude([passed("a"), stuck], Circumstances())[0] is Conformance.INCOMPLETE
