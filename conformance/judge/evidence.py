"""Check findings without the judge: do the one to four operations of each, alone, show the violation?

Every run asks this of every finding before it is reported. One that does not convict again is the suite's own error.
A pattern, which no four operations show, is counted again over the whole history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from conformance.judge.history_judge import judge_history
from conformance.judge.rechecks import Proof
from conformance.judge.rules_table import rule_of
from conformance.model import Finding, History, Judgement, Operation, Tally

_UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What a re-check raises where the operations do not even have the parts that the violation would show in."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A judgement whose findings all convict again, and those that did not."""

    judgement: Judgement
    dropped: tuple[Finding, ...] = ()


def verify(finding: Finding, history: History, operations: Mapping[str, Operation] | None = None) -> bool:
    """Return whether the operations that `finding` names prove it by themselves.

    `operations` are those of the history by their ids, where many findings are asked about.
    """
    known = {one.id: one for one in history.operations} if operations is None else operations
    rule = rule_of(finding.requirement, finding.rule)
    if rule is None or not 1 <= len(finding.operations) <= 4 or any(name not in known for name in finding.operations):
        return False
    told = [known[name] for name in finding.operations]
    try:
        return rule.recheck(Proof(finding, told, history))
    except _UNREADABLE:
        return False


def verified(judgement: Judgement, history: History) -> Verified:
    """Return the judgement without the findings that do not convict again, and those."""
    operations = {one.id: one for one in history.operations}
    dropped: list[Finding] = []
    tallies = {}
    for name, tally in judgement.tallies.items():
        wrong = tuple(finding for finding in tally.findings if not verify(finding, history, operations))
        tallies[name] = _without(tally, wrong) if wrong else tally
        dropped += wrong
    return Verified(replace(judgement, tallies=tallies), tuple(dropped))


def judge_verified(history: History) -> Judgement:
    """Return the judgement of a history with no finding that does not convict again."""
    return verified(judge_history(history), history).judgement


def _without(tally: Tally, wrong: tuple[Finding, ...]) -> Tally:
    rules = ", ".join(sorted({finding.rule for finding in wrong}))
    left = tuple(finding for finding in tally.findings if finding not in wrong)
    measured = dict(tally.measured)
    if not left and "state" in measured:
        measured["state"] = "not verified"
    error = f"what the rule {rules} found did not convict again from its own operations"
    return replace(tally, findings=left, error=error, measured=measured)
