"""Known deviations: the gate fails on all that the file does not foresee, and changes no result."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from conformance.errors import ExitCode
from conformance.release import Deviation, State, weigh
from conformance.release.deviations import Seen

Document = dict[str, Any]
TODAY = date(2026, 11, 23)
BROKEN = ("bad-never-200", "one-verdict", "converges-upload")


def line(
    ident: str, *, expires: date = date(2027, 1, 1), rules: tuple[str, ...] = (), seen: Seen = "always"
) -> Deviation:
    """Build a line of the file."""
    return Deviation(ident, "known", "storage team", expires, "https://example.org/1", rules, seen)


def states(document: Document, *lines: Deviation) -> dict[str, State]:
    """Weigh and give the last state by id."""
    return {one.id: one.state for one in weigh(document, lines, TODAY).weighed}


def test_failures_all_foreseen_pass_the_gate(nonconformant: Document) -> None:
    """A run that deviates only as foreseen passes."""
    gate = weigh(nonconformant, [line(ident) for ident in BROKEN], TODAY)
    assert {one.state for one in gate.weighed} == {State.MET}
    assert gate.exit_code is ExitCode.CONFORMANT


def test_the_results_stay_as_they_are(nonconformant: Document) -> None:
    """Weighing reads the document and changes nothing in it."""
    before = copy.deepcopy(nonconformant)
    weigh(nonconformant, [line(ident) for ident in BROKEN], TODAY)
    assert nonconformant == before


def test_a_failure_without_a_line_fails_the_gate(nonconformant: Document) -> None:
    """One failure that is not foreseen is enough."""
    gate = weigh(nonconformant, [line(ident) for ident in BROKEN[:2]], TODAY)
    assert [one.id for one in gate.weighed if one.state is State.UNEXPECTED_FAILURE] == [BROKEN[2]]
    assert gate.exit_code is ExitCode.NONCONFORMANT


def test_a_line_whose_duty_passes_fails_the_gate(conformant: Document) -> None:
    """A repaired deviation must be taken out of the file."""
    gate = weigh(conformant, [line("nc-payload")], TODAY)
    assert [one.state for one in gate.weighed] == [State.UNEXPECTED_PASS]
    assert gate.exit_code is ExitCode.NONCONFORMANT


def test_a_line_that_is_seen_sometimes_may_be_met_or_not(conformant: Document, nonconformant: Document) -> None:
    """A run that does not meet it is no news; one that does is foreseen; past its date it counts as any other."""
    sometimes = [line(ident, seen="sometimes") for ident in BROKEN]
    assert weigh(nonconformant, sometimes, TODAY).exit_code is ExitCode.CONFORMANT
    assert weigh(conformant, sometimes, TODAY).exit_code is ExitCode.CONFORMANT
    assert {one.state for one in weigh(conformant, sometimes, TODAY).weighed} == {State.NOT_SEEN}
    late = line(BROKEN[0], expires=date(2020, 1, 1), seen="sometimes")
    assert weigh(conformant, [late], TODAY).exit_code is ExitCode.NONCONFORMANT


@pytest.mark.parametrize(("expires", "counts"), [(date(2026, 11, 23), True), (date(2026, 11, 22), False)])
def test_a_line_counts_to_the_end_of_its_day(nonconformant: Document, expires: date, *, counts: bool) -> None:
    """The day of expiry still counts; the next one fails the gate, and the failure is unforeseen again."""
    others = [line(ident) for ident in BROKEN[1:]]
    gate = weigh(nonconformant, [line(BROKEN[0], expires=expires), *others], TODAY)
    assert (gate.exit_code == 0) is counts
    kinds = {one.state for one in gate.weighed if one.id == BROKEN[0]}
    assert kinds == ({State.MET} if counts else {State.EXPIRED, State.UNEXPECTED_FAILURE})


def test_an_expired_line_fails_the_gate_even_where_nothing_deviates(conformant: Document) -> None:
    """A file is kept in order, whatever the target does."""
    gate = weigh(conformant, [line("other-user-403", expires=date(2020, 1, 1))], TODAY)
    assert gate.exit_code is ExitCode.NONCONFORMANT


def test_a_line_of_an_unexercised_duty_is_neither_met_nor_passed(conformant: Document) -> None:
    """Not observed says nothing about the line."""
    assert states(conformant, line("session-monotonic")) == {"session-monotonic": State.NOT_SEEN}


@pytest.mark.parametrize("change", [{"recorded": True}, {"interrupted": True}, {"complete": False}])
def test_a_pass_in_a_recording_or_a_cut_run_is_no_news(conformant: Document, change: Document) -> None:
    """What was hardly exercised does not show that a deviation is gone."""
    assert states({**conformant, **change}, line("nc-payload")) == {"nc-payload": State.NOT_SEEN}


def test_a_foreseen_warning_is_met(nonconformant: Document) -> None:
    """A SHOULD that warns is a deviation too."""
    lines = [line(ident) for ident in (*BROKEN, "error-number")]
    assert states(nonconformant, *lines)["error-number"] is State.MET


def test_a_line_narrowed_to_a_rule_foresees_no_other(nonconformant: Document) -> None:
    """A known way of failing does not excuse a new one."""
    lines = [line(BROKEN[0], rules=("some-other-rule",)), *(line(ident) for ident in BROKEN[1:])]
    gate = weigh(nonconformant, lines, TODAY)
    assert {one.state for one in gate.weighed if one.id == BROKEN[0]} == {
        State.UNEXPECTED_PASS,
        State.UNEXPECTED_FAILURE,
    }


def test_two_lines_narrowed_to_both_rules_foresee_both(nonconformant: Document) -> None:
    """Rules of several lines add up."""
    extra = copy.deepcopy(nonconformant["findings"][0])
    extra.update(rule="second-rule", index=4)
    nonconformant["findings"].append(extra)
    ident = extra["requirement"]
    next(row for row in nonconformant["requirements"] if row["id"] == ident)["findings"].append(4)
    others = [line(other) for other in BROKEN if other != ident]
    narrow = [line(ident, rules=(f"{ident}-rule",)), line(ident, rules=("second-rule",))]
    assert weigh(nonconformant, [*narrow, *others], TODAY).exit_code is ExitCode.CONFORMANT
    assert weigh(nonconformant, [narrow[0], *others], TODAY).exit_code is ExitCode.NONCONFORMANT


def test_an_interrupted_run_never_passes_the_gate(interrupted: Document) -> None:
    """What was not tried cannot be foreseen."""
    assert weigh(interrupted, [], TODAY).exit_code is ExitCode.INCOMPLETE


def test_a_blocked_core_is_not_hidden_by_foreseen_failures(
    nonconformant: Document, set_outcome: Callable[..., None]
) -> None:
    """A nonconformant outcome says nothing of what was blocked, so the gate looks itself."""
    set_outcome(nonconformant, "nc-payload", "blocked")
    gate = weigh(nonconformant, [line(ident) for ident in BROKEN], TODAY)
    assert gate.exit_code is ExitCode.INCOMPLETE


def test_the_section_is_plain_json(nonconformant: Document) -> None:
    """The document's section holds every line with its date as text."""
    section = weigh(nonconformant, [line(BROKEN[0])], TODAY).section()
    met = next(one for one in section["lines"] if one["state"] == "met")
    assert met["line"]["expires"] == "2027-01-01"
    assert section["passed"] is False
    assert section["exit_code"] == 1
