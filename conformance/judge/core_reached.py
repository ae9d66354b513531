"""How much of the core a judge reached: which good and bad uploads were answered, where, and with what bytes."""

from __future__ import annotations

from collections import Counter

from conformance.judge.rule import Case, Context
from conformance.judge.rules.content_rules import compared
from conformance.judge.state.chain import crossing
from conformance.judge.state.expected import Truth


def reached(context: Context) -> dict[str, int]:
    """Count the parts of the core that were reached."""
    counters: Counter[str] = Counter()
    for case in context.cases.values():
        _at_endpoints(case, counters)
        truth, upload = case.known.truth, case.upload
        if truth is Truth.GOOD and any(one.octets for _, one in compared(case, context)):
            counters["good-bytes"] += 1
            counters["good-chunked" if upload.chunked else "good-single-part"] += 1
        if truth is Truth.BAD and crossing(upload.refused_files, case.chain.done):
            counters["bad-refused"] += 1
    return dict(counters)


def _at_endpoints(case: Case, counters: Counter[str]) -> None:
    for endpoint in case.sight.endpoints:
        reads = endpoint.reads
        if case.known.truth is Truth.GOOD and reads.ok:
            counters[f"good-{reads.kind}"] += 1
        if case.known.truth is Truth.BAD and reads.bad:
            counters[f"bad-{reads.kind}"] += 1
