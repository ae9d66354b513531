"""A finding that its own operations do not show again is dropped, and is the suite's own error."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from judge_timeline import SIZE, TICK, Scribe, drawn, prepared
from judged import alone, findings
from legal_dds import Crime, pack

from conformance.api.catalogue import by_id
from conformance.cli.screen.console import Console, Mode
from conformance.judge import judge_history, rules_table
from conformance.judge.evidence import verified, verify
from conformance.judge.findings import Book
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.model import Exchange, Finding, History, Octets, Operation
from conformance.outcome.assemble import Framing, assemble

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/run.schema.json").read_text(encoding="utf-8"))
LEGAL = drawn("actor   [complete 202] [file 201]\nreader                           [vurl nc] [vurl 200]", prepared())
BROKEN = drawn("actor   [complete 202] [file 201]\nreader                           [vurl 200]", prepared("bad"))


def unsound(requirement: str, recheck: Callable[..., bool] = lambda _: False) -> Rule:
    """Give a rule that convicts every server of `requirement`, from operations that show nothing."""

    def accuse(case: Case, _context: Context, book: Book) -> None:
        if case.upload.created:
            book.find(requirement, "unsound", case.name, (case.upload.created,), "a lie")

    occasions = rules_table.occasions()[requirement]
    return Rule("unsound", requirement, Need.UPLOAD, accuse, recheck, occasions=occasions)


@pytest.mark.parametrize("requirement", ["one-verdict", "state-order", "session-monotonic"])
def test_an_unsound_rule_is_the_suites_own_error_whatever_it_serves(
    requirement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 5, no finding, the rule's name in the reasons and the dropped finding in the document."""
    monkeypatch.setattr(rules_table, "RULES", (*rules_table.RULES, unsound(requirement)))
    document = assemble(LEGAL, Framing(recorded=True))
    jsonschema.validate(document, SCHEMA)
    assert (document["outcome"], document["exit_code"]) == ("incomplete", 5)
    assert not [one for one in document["findings"] if one["rule"] == "unsound"]
    (dropped,) = document["dropped"]
    assert (dropped["requirement"], dropped["rule"], dropped["sentence"]) == (requirement, "unsound", "a lie")
    assert any("unsound" in reason and requirement in reason for reason in document["reasons"])
    (row,) = [row for row in document["requirements"] if row["id"] == requirement]
    assert row["outcome"] == "error"


def test_a_re_check_that_stumbles_is_no_conviction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations without the parts that the violation would show in prove nothing."""
    stumbling = unsound("one-verdict", lambda p: p.numbers["nothing"] and p.cited[7])
    monkeypatch.setattr(rules_table, "RULES", (*rules_table.RULES, stumbling))
    assert assemble(LEGAL, Framing(recorded=True))["exit_code"] == 5


def test_a_verified_must_still_makes_the_target_nonconformant(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite's own error is told beside it, and does not hide it."""
    monkeypatch.setattr(rules_table, "RULES", (*rules_table.RULES, unsound("bad-never-200")))
    document = assemble(BROKEN, Framing(recorded=True))
    assert (document["outcome"], document["exit_code"]) == ("nonconformant", 1)
    assert [one["rule"] for one in document["findings"]] == ["bad-answered-200"]
    assert [one["rule"] for one in document["dropped"]] == ["unsound"]
    assert any("unsound" in reason for reason in document["reasons"])


def test_what_is_dropped_of_a_requirement_that_was_not_selected_is_not_spoken_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run of selected requirements claims nothing about the others."""
    monkeypatch.setattr(rules_table, "RULES", (*rules_table.RULES, unsound("state-order")))
    document = assemble(LEGAL, Framing(recorded=True, only=("good-never-integrity",)))
    assert document["dropped"] == []
    assert document["exit_code"] == 0


def test_nothing_is_dropped_of_what_sound_rules_found() -> None:
    """The document says so with an empty list."""
    assert assemble(BROKEN, Framing(recorded=True))["dropped"] == []


def test_the_screen_says_what_was_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the sentence that gives the outcome."""
    monkeypatch.setattr(rules_table, "RULES", (*rules_table.RULES, unsound("one-verdict")))
    shown = io.StringIO()
    Console(Mode.PLAIN, out=shown).show(assemble(LEGAL, Framing(recorded=True)))
    assert "a finding of the rule unsound against one-verdict" in " ".join(shown.getvalue().split())


# ---- patterns, counted again


def several(bad: int = 3, good: int = 3, status: str = "500") -> History:
    """Give a history in which bad uploads meet an error at completion and good ones do not."""
    scribe: Scribe | None = None
    for n in range(1, bad + good + 1):
        scribe = prepared("bad" if n <= bad else "good", (n,), scribe)
    assert scribe is not None
    for n in range(1, bad + good + 1):
        scribe.complete("actor", n * TICK, n * TICK + 1, status if n <= bad else "202", n)
    return scribe.history()


def pattern(history: History) -> Finding:
    """Give the pattern's finding."""
    return next(one for one in findings(judge_history(history)) if one.rule.startswith("mismatch-"))


@pytest.mark.parametrize("status", ["500", "404"])
def test_a_pattern_is_counted_again_over_the_whole_history(status: str) -> None:
    """Its examples alone prove nothing; with the good uploads beside them they do."""
    history = several(status=status)
    found = pattern(history)
    assert verify(found, history)
    assert not verify(found, replace(history, operations=alone(replace(found, rule="none"), history).operations))


def test_a_pattern_that_good_uploads_meet_as_well_is_dropped() -> None:
    """Then the mismatch is not its cause, whatever the judge says."""
    found = pattern(several())
    history = several()
    failing = [one for one in history.operations if one.exchange.status == 202 and one.exchange.method == "PUT"][:1]
    spoilt = tuple(
        replace(one, exchange=replace(one.exchange, status=500)) if one in failing else one
        for one in history.operations
    )
    assert not verify(found, replace(history, operations=spoilt))


def test_a_pattern_of_uploads_that_were_stored_as_reported_is_dropped() -> None:
    """The verifier tells good from bad by what was sent, not by what the finding says."""
    found = pattern(several())
    mended = tuple(_as_reported(one) for one in several().operations)
    assert not verify(found, replace(several(), operations=mended))


def _as_reported(one: Operation) -> Operation:
    exchange: Exchange = one.exchange
    hashed = {"value": "0" * 32, "algorithm": "md5"}
    if exchange.method == "PUT" and exchange.path.endswith("/chunks"):
        return replace(one, exchange=replace(exchange, request={**exchange.request, "hash": hashed}))
    if isinstance(exchange.request, Octets):
        return replace(one, exchange=replace(exchange, request=Octets(SIZE, "0" * 32)))
    return one


@pytest.mark.parametrize("crime", [crime for crime in Crime if crime])
def test_every_finding_about_a_mutant_is_verified(crime: Crime) -> None:
    """A sound rule's findings are never dropped, whatever chaos surrounds them."""
    history = pack(21, 30, crime)
    checked = verified(judge_history(history), history)
    assert checked.dropped == ()
    assert any(tally.findings for name, tally in checked.judgement.tallies.items() if name in by_id())
