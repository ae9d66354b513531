"""Check findings without the judge: do the one to four operations of each, alone, show the violation?

Every run asks this of every finding before it is reported. One that does not convict again is the suite's own error.
A pattern, which no four operations show, is counted again over the whole history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.api.answers import Classified
from conformance.api.classifier import Classifier, classify_all
from conformance.judge.history_judge import judge_history
from conformance.judge.rechecks import Proof, Shown
from conformance.judge.rules_table import rule_of
from conformance.model import Finding, History, Judgement, Operation, Tally

_UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What a re-check raises where the operations do not even have the parts that the violation would show in."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A judgement whose findings all convict again, and those that did not."""

    judgement: Judgement
    dropped: tuple[Finding, ...] = ()


def verify(
    finding: Finding,
    history: History,
    operations: Mapping[str, Operation] | None = None,
    classes: Mapping[str, Classified] | None = None,
) -> bool:
    """Return whether the operations that `finding` names prove it by themselves.

    `operations` and `classes` are those that findings name, and what they and all that is foreign were classified as,
    by their ids, where many findings are asked about.
    """
    known = {one.id: one for one in history.operations} if operations is None else operations
    rule = rule_of(finding.requirement, finding.rule)
    if rule is None or not 1 <= len(finding.operations) <= 4 or any(name not in known for name in finding.operations):
        return False
    classify, given = Classifier(history.target), classes or {}
    stated = [Shown.as_what(known[name], given.get(name) or classify(known[name])) for name in finding.operations]
    try:
        return rule.recheck(Proof(finding, stated, history, given))
    except _UNREADABLE:
        return False


def verified(judgement: Judgement, history: History, classes: Sequence[Classified] | None = None) -> Verified:
    """Return the judgement without the findings that do not convict again, and those.

    `classes` are those of `classify_all`, where they are known already.
    """
    named = {name for tally in judgement.tallies.values() for finding in tally.findings for name in finding.operations}
    if not named and not any(tally.findings for tally in judgement.tallies.values()):
        return Verified(judgement)
    classes = classify_all(history.operations, history.target) if classes is None else classes
    operations = {one.id: one for one in history.operations if one.id in named}
    pairs = zip(history.operations, classes, strict=True)
    given = {one.id: of for one, of in pairs if of.foreign or one.id in named}
    dropped: list[Finding] = []
    tallies = {}
    for name, tally in judgement.tallies.items():
        wrong = tuple(finding for finding in tally.findings if not verify(finding, history, operations, given))
        tallies[name] = _without(tally, wrong) if wrong else tally
        dropped += wrong
    return Verified(replace(judgement, tallies=tallies), tuple(dropped))


def judge_verified(history: History) -> Judgement:
    """Return the judgement of a history with no finding that does not convict again."""
    classes = classify_all(history.operations, history.target)
    return verified(judge_history(history, classes), history, classes).judgement


def _without(tally: Tally, wrong: tuple[Finding, ...]) -> Tally:
    rules = ", ".join(sorted({finding.rule for finding in wrong}))
    left = tuple(finding for finding in tally.findings if finding not in wrong)
    measured = dict(tally.measured)
    if not left and "state" in measured:
        measured["state"] = "not verified"
    error = f"what the rule {rules} found did not convict again from its own operations"
    return replace(tally, findings=left, error=error, measured=measured)
