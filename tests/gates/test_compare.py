"""Two runs compared: each kind of move is found, and the gate answers for it."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from conformance.errors import ExitCode
from conformance.release import compare, comparison_markdown

Document = dict[str, Any]
SetOutcome = Callable[..., None]
OUTCOMES = ("pass", "fail", "warn", "not-observed", "not-applicable", "blocked", "error")


def ids(changes: tuple[Any, ...]) -> list[str]:
    """Give the ids of changes."""
    return [change.id for change in changes]


def test_a_run_compared_with_itself_has_not_moved(nonconformant: Document) -> None:
    """A run that fails as before is no regression."""
    moved = compare(nonconformant, nonconformant)
    assert ids(moved.regressions + moved.fixes + moved.unseen + moved.unexercised + moved.warnings) == []
    assert moved.conditions == ()
    assert moved.exit_code is ExitCode.CONFORMANT


def test_a_new_failure_is_a_regression(conformant: Document, nonconformant: Document) -> None:
    """What passes before and fails after closes the gate."""
    moved = compare(conformant, nonconformant)
    assert set(ids(moved.regressions)) == {"bad-never-200", "one-verdict", "converges-upload"}
    assert ids(moved.warnings) == ["error-number"]
    assert moved.exit_code is ExitCode.NONCONFORMANT


def test_a_failure_that_is_gone_is_a_fix(conformant: Document, nonconformant: Document) -> None:
    """What failed and passes now opens nothing and closes nothing."""
    moved = compare(nonconformant, conformant)
    assert set(ids(moved.fixes)) == {"bad-never-200", "one-verdict", "converges-upload", "error-number"}
    assert moved.exit_code is ExitCode.CONFORMANT


def test_a_failure_that_is_merely_unseen_is_no_fix(nonconformant: Document, set_outcome: SetOutcome) -> None:
    """Not observed is never called fixed."""
    after = copy.deepcopy(nonconformant)
    set_outcome(after, "one-verdict", "not-observed", findings=[])
    moved = compare(nonconformant, after)
    assert ids(moved.fixes) == []
    assert ids(moved.unseen) == ["one-verdict"]


def test_a_second_rule_broken_in_a_failing_duty_is_a_regression(nonconformant: Document) -> None:
    """A duty that failed before cannot hide a new way of failing."""
    after = copy.deepcopy(nonconformant)
    after["findings"][0]["rule"] = "another-rule"
    moved = compare(nonconformant, after)
    assert [change.detail for change in moved.regressions] == ["broken before too, now also by: another-rule"]
    assert moved.exit_code is ExitCode.NONCONFORMANT


@pytest.mark.parametrize("outcome", ["blocked", "error", "not-applicable"])
def test_a_duty_no_longer_executed_is_lost_evidence(
    conformant: Document, set_outcome: SetOutcome, outcome: str
) -> None:
    """A gate must not open because nobody looks any more."""
    after = copy.deepcopy(conformant)
    set_outcome(after, "nc-payload", outcome)
    moved = compare(conformant, after)
    assert ids(moved.unexercised) == ["nc-payload"]
    assert moved.exit_code is ExitCode.INCOMPLETE


def test_a_duty_that_is_gone_is_lost_evidence(conformant: Document) -> None:
    """A duty missing from the second document is told."""
    after = copy.deepcopy(conformant)
    after["requirements"] = [row for row in after["requirements"] if row["id"] != "nc-payload"]
    moved = compare(conformant, after)
    assert [(change.id, change.after) for change in moved.unexercised] == [("nc-payload", "")]
    assert moved.exit_code is ExitCode.INCOMPLETE


def test_newly_not_observed_gates_only_when_strict(conformant: Document, set_outcome: SetOutcome) -> None:
    """Chance can hide a window, so only a strict gate closes for it."""
    after = copy.deepcopy(conformant)
    set_outcome(after, "nc-payload", "not-observed")
    assert compare(conformant, after).exit_code is ExitCode.CONFORMANT
    assert compare(conformant, after, strict=True).exit_code is ExitCode.INCOMPLETE


def test_a_new_warning_gates_only_when_strict(conformant: Document, set_outcome: SetOutcome) -> None:
    """A broken SHOULD gates where the user asked for it."""
    after = copy.deepcopy(conformant)
    set_outcome(after, "spec-wording", "warn")
    assert compare(conformant, after).exit_code is ExitCode.CONFORMANT
    assert compare(conformant, after, strict=True).exit_code is ExitCode.NONCONFORMANT


def test_an_interrupted_second_run_opens_no_gate(conformant: Document, interrupted: Document) -> None:
    """A cut run without a regression is not a pass."""
    assert compare(conformant, interrupted).exit_code is ExitCode.INCOMPLETE


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(OUTCOMES, 2)))
def test_every_move_is_told_in_exactly_one_place_or_is_no_news(
    conformant: Document, set_outcome: SetOutcome, before: str, after: str
) -> None:
    """No move between outcomes is told twice, and each one from or to an exercised outcome is told."""
    old, new = copy.deepcopy(conformant), copy.deepcopy(conformant)
    set_outcome(old, "nc-payload", before)
    set_outcome(new, "nc-payload", after)
    moved = compare(old, new)
    places = (moved.regressions, moved.warnings, moved.fixes, moved.unseen, moved.unexercised, moved.gained)
    stated = sum(bool(place) for place in places)
    exercised = {before, after} & {"pass", "fail", "warn"}
    improved = (before, after) == ("fail", "warn")
    assert stated == (1 if exercised and not improved else 0)


def test_a_shift_of_lag_is_one_only_when_the_bounds_rule_zero_out(conformant: Document) -> None:
    """Overlapping bounds show nothing; separate ones show slower, and faster the other way round."""
    slow = copy.deepcopy(conformant)
    for quantile in slow["lag"]["groups"][0]["quantiles"]:
        for name in ("estimate_s", "low_s", "high_s"):
            quantile[name] = quantile[name] and quantile[name] * 3
    there, back = compare(conformant, slow).lag, compare(slow, conformant).lag
    assert there[0].slower
    assert not there[0].faster
    assert back[0].faster
    assert not any(shift.slower or shift.faster for shift in compare(conformant, conformant).lag)


def test_an_unbounded_quantile_never_shows_a_faster_run(conformant: Document) -> None:
    """A lag whose upper bound is unknown can be as long as any."""
    after = copy.deepcopy(conformant)
    for quantile in after["lag"]["groups"][0]["quantiles"]:
        quantile.update(low_s=0.0, high_s=None)
    assert not any(shift.faster for shift in compare(conformant, after).lag)


def test_what_else_differs_between_the_runs_is_told(conformant: Document) -> None:
    """Two runs with other bounds, versions or effort are not silently compared."""
    after = copy.deepcopy(conformant)
    after["effort"] = "quick"
    after["target"]["converge_within_s"] = 5.0
    after["versions"]["suite"] = "9"
    stated = " ".join(compare(conformant, after).conditions)
    assert "effort differs" in stated
    assert "converge_within_s differs" in stated
    assert "suite version differs" in stated


def test_the_markdown_tells_every_move(conformant: Document, nonconformant: Document) -> None:
    """The text names regressions, the shift of lag and the verdict, and lets no markup of a target through."""
    nonconformant["target"]["version"] = "<script>|x"
    text = comparison_markdown(compare(conformant, nonconformant), conformant, nonconformant)
    assert "## Regressions (3)" in text
    assert "16 of 16 quantiles show no shift" in text
    assert "Regression: the second run breaks what the first did not." in text
    assert "<script>" not in text
