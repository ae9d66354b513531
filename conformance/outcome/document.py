"""A run as one JSON document: the source that every report is drawn from (``schemas/run.schema.json``).

The document holds findings with their evidence and summaries of the rest, never the whole history, so that drawing
from it stays quick. Its last key, ``end``, tells a whole document from one whose writing was cut short.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from conformance.api.answers import Classified
from conformance.api.curl import curl
from conformance.api.error_bodies import code_of
from conformance.history.whole_file import write_whole
from conformance.judge.rules_table import names_of
from conformance.model import Finding, Json, Octets, Operation, Run, Verdict
from conformance.outcome.display_text import what_is_judged

FORMAT = "dds-conformance-report"
VERSION = 1
EVIDENCE_TEXT = 4096
"""Characters kept of one body in the evidence of a finding."""


Evidence = Mapping[str, tuple[Operation, Classified]]
"""Operations by id, each with what it was classified as."""


def document(
    run: Run, operations: Evidence, summaries: Mapping[str, Json], programs: Mapping[int, Json] | None = None
) -> dict[str, Json]:
    """Draw the document of `run`.

    `operations` holds at least those that the findings name; `summaries` the sections drawn from the whole history
    (lag, traffic, sensitivity, plans, fuzz, leftovers, history); `programs` show findings again, by their indexes.
    """
    findings = [(v, finding) for v in run.verdicts for finding in v.tally.findings]
    return {
        **_heading(run),
        "requirements": _requirements(run.verdicts),
        "findings": [
            {**_finding(i, v, f, operations, run.target.base_url), "program": (programs or {}).get(i)}
            for i, (v, f) in enumerate(findings)
        ],
        **summaries,
        **run.extras,
        "end": True,
    }


def _heading(run: Run) -> dict[str, Json]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "run_id": run.run_id,
        "outcome": str(run.outcome),
        "reasons": list(run.reasons),
        "judged": what_is_judged(dataclasses.asdict(run.target)),
        "target": dataclasses.asdict(run.target),
        "effort": run.effort,
        "seed": run.seed,
        "strict": run.strict,
        "partial": run.partial,
        "interrupted": run.interrupted,
        "begun": run.begun,
        "ended": run.ended,
        "duration_s": max(0.0, (_instant(run.ended) - _instant(run.begun)).total_seconds()),
        "versions": dict(run.versions),
        "exchanges": run.exchanges,
    }


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _requirements(verdicts: Iterable[Verdict]) -> list[dict[str, Json]]:
    rows, index = [], 0
    for verdict in verdicts:
        count = len(verdict.tally.findings)
        rows.append(_requirement(verdict, list(range(index, index + count))))
        index += count
    return rows


def _requirement(verdict: Verdict, findings: list[int]) -> dict[str, Json]:
    requirement, tally = verdict.requirement, verdict.tally
    return {
        "id": requirement.id,
        "level": str(requirement.level),
        "section": requirement.section,
        "title": requirement.title,
        "since": requirement.since,
        "asks": requirement.asks,
        "quote": requirement.quote,
        "reading": requirement.reading,
        "core": requirement.core,
        "checks": list(names_of(requirement.id)),
        "scenarios": list(requirement.scenarios),
        "outcome": str(verdict.outcome),
        "exposures": tally.exposures,
        "occasions": tally.occasions,
        "looked": tally.looked,
        "bound_95": verdict.bound_95,
        "note": verdict.note,
        "measured": dict(tally.measured),
        "findings": findings,
    }


def _finding(index: int, verdict: Verdict, finding: Finding, operations: Evidence, base_url: str) -> dict[str, Json]:
    proof = [operations[name] for name in finding.operations if name in operations]
    return {
        "index": index,
        "requirement": finding.requirement,
        "level": str(verdict.requirement.level),
        "rule": finding.rule,
        "subject": finding.subject,
        "sentence": finding.sentence,
        "expected": finding.expected,
        "observed": finding.observed,
        "numbers": dict(finding.numbers),
        "operations": list(finding.operations),
        "evidence": [evidence(operation, of) for operation, of in proof],
        "curl": [curl(operation.exchange, base_url) for operation, _ in proof],
        "plan": next((operation.plan for operation, _ in proof if operation.plan), ""),
    }


def evidence(operation: Operation, of: Classified) -> dict[str, Json]:
    """Show one operation as a finding's evidence: what was asked, when, and what came, bodies cut to a bound.

    `answer` and `source` say what it was classified as, so that no view of it needs to decide again.
    """
    exchange = operation.exchange
    return {
        "id": operation.id,
        "session": operation.session,
        "user": exchange.user,
        "a_ns": operation.a_ns,
        "b_ns": operation.b_ns,
        "method": exchange.method,
        "path": exchange.path,
        "host": exchange.host,
        "role": str(exchange.role),
        "call": of.call.name,
        "answer": str(of.answer),
        "source": str(of.source),
        "status": exchange.status,
        "code": code_of(exchange.response),
        "failure": str(exchange.failure) if exchange.failure else None,
        "phase": str(operation.phase),
        "scenario": operation.scenario,
        "plan": operation.plan,
        "request": _body(exchange.request),
        "response": _body(exchange.response),
        "headers": dict(exchange.headers),
    }


def _body(body: Json | Octets | None) -> Json:
    if isinstance(body, Octets):
        return dataclasses.asdict(body)
    text = json.dumps(body, ensure_ascii=False)
    return body if len(text) <= EVIDENCE_TEXT else {"cut": text[:EVIDENCE_TEXT], "characters": len(text)}


def write(document: Mapping[str, Any], path: Path) -> None:
    """Write the document so that a reader sees either all of it or the one that was there before."""
    # ASCII: a lone surrogate of a target stays writable
    pieces = json.JSONEncoder(indent=1, allow_nan=False).iterencode(document)
    write_whole(path, itertools.chain(pieces, ("\n",)), durable=True)
