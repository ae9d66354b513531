"""The judge as every test uses it: batch and stream must agree, and each certificate must convict by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.judge import Judge, judge_history
from conformance.judge.evidence import verify
from conformance.judge.rules_table import rule_of
from conformance.model import Finding, History, Judgement, Operation, Role

MEASURED = frozenset({"realtime-monotonic", "state-order", "read-your-writes", "name-kept"})


def judged(history: History) -> Judgement:
    """Judge in batch; check the stream and every certificate on the way."""
    judgement = judge_history(history)
    found = findings(judgement)
    assert streamed(history) == found
    for finding in found:
        assert verify(finding, alone(finding, history)), finding
    return judgement


def alone(finding: Finding, history: History) -> History:
    """Give the history that a finding's re-check may see: its own operations, or all of them for a pattern."""
    rule = rule_of(finding.requirement, finding.rule)
    if rule is not None and rule.pattern:
        return history
    return replace(history, operations=tuple(one for one in history.operations if one.id in finding.operations))


def findings(judgement: Judgement) -> list[Finding]:
    """Give every finding of a judgement."""
    return [finding for name in sorted(judgement.tallies) for finding in judgement.tallies[name].findings]


def crimes(judgement: Judgement) -> set[str]:
    """Give the requirements broken, those that are only measured left out."""
    return {finding.requirement for finding in findings(judgement)} - MEASURED


def measured(judgement: Judgement) -> set[str]:
    """Give the measured guarantees that are broken."""
    return {finding.requirement for finding in findings(judgement)} & MEASURED


def streamed(history: History) -> list[Finding]:
    """Judge as a run would: announcements and ends in the order of time, asking for proofs on the way."""
    small = history.header.get("small_parts_accepted") is True
    court = Judge(history.target, recorded=history.recorded, accepts_small_parts=small)
    proofs: set[tuple[str, str, str]] = set()
    for moment, operation in moments(history.operations):
        if moment == "begin":
            court.begin(operation)
        else:
            court.add(operation)
            proofs |= {(one.requirement, one.rule, one.subject) for one in court.proved()}
    found = findings(court.conclude(complete=history.complete))
    assert proofs <= {(one.requirement, one.rule, one.subject) for one in found}, "a proof was undone"
    return found


def moments(operations: Iterable[Operation]) -> list[tuple[str, Operation]]:
    """Give what a run's listener hears: a beginning at `a`, an end at `b`; a write that never ended is only begun."""
    heard: list[tuple[int, int, str, Operation]] = []
    for operation in operations:
        heard.append((operation.a_ns, 0, "begin", operation))
        announced = operation.exchange.method != "GET" and operation.exchange.role is Role.API
        if operation.b_ns is not None or not announced:
            heard.append((operation.b_ns or operation.a_ns, 1, "end", operation))
    heard.sort(key=lambda one: (one[0], one[1]))
    return [(moment, operation) for _, _, moment, operation in heard]
