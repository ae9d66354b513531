"""``summary.md``: the report for a CI job's summary page; all that a target said is made harmless."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.outcome.display_text import code, count, escaped, judged, rate, seconds
from conformance.release.next_step import command

from .page import unseen_sentence, within
from .scripts import script_names
from .words import LEVELS, OUTCOMES, endpoint

Document = Mapping[str, Any]
NAME = "summary.md"
MOST_FINDINGS = 3


def write(document: Document, directory: Path) -> Path:
    """Write ``summary.md`` into `directory` and give its path."""
    path = directory / NAME
    path.write_text(summary(document), encoding="utf-8")
    return path


def summary(document: Document) -> str:
    """Draw the summary as GitHub-flavoured Markdown."""
    blocks = [*_head(document), *_broken(document), *_expected(document), *_duties(document), *_unseen(document)]
    again = [] if document.get("recorded") else [f"Run it again: {code(command(document))}"]
    return "\n\n".join([*blocks, *_scenarios(document), *_lag(document), *_rest(document), *again]) + "\n"


def _head(document: Document) -> Iterable[str]:
    _, sign = OUTCOMES[{"conformant": "pass", "nonconformant": "fail"}.get(document["outcome"], "blocked")]
    target = document["target"]
    version = f" version {escaped(target['version'])}" if target.get("version") else ""
    yield f"# {sign} DDS conformance: {document['outcome']}"
    yield f"Judged: **{escaped(judged(document))}**"
    yield (
        f"Target {code(target['base_url'])}{version}; effort {escaped(document['effort'])}, seed {document['seed']}; "
        f"{count(document['exchanges'])} exchanges; eventually means within {seconds(target['converge_within_s'])}."
    )
    yield "\n".join(f"- {escaped(reason)}" for reason in document["reasons"])
    counts = Counter(row["outcome"] for row in document["requirements"])
    counted = [(outcome, word, mark) for outcome, (word, mark) in OUTCOMES.items() if counts[outcome]]
    heads, rules = " | ".join(f"{mark} {word}" for _, word, mark in counted), "---|" * len(counted)
    yield f"| {heads} |\n|{rules}\n| {' | '.join(str(counts[outcome]) for outcome, _, _ in counted)} |"


def _broken(document: Document) -> Iterable[str]:
    for row in document["requirements"]:
        if row["outcome"] not in ("fail", "error", "warn"):
            continue
        word, sign = OUTCOMES[row["outcome"]]
        yield f"### {sign} {escaped(row['title'])} ({code(row['id'])}, {row['level']}, {word})"
        quote = f", “{escaped(row['quote'])}”" if row.get("quote") else ""
        yield f"{escaped(row['asks'])} Spec: {escaped(row['section'])}{quote}"
        for index in row["findings"][:MOST_FINDINGS]:
            yield _finding(document["findings"][index])
        hidden = len(row["findings"]) - MOST_FINDINGS
        if hidden > 0:
            yield f"And {count(hidden)} more, in report.html and report.json."
        if not row["findings"]:
            yield escaped(row["note"])


def _finding(finding: Document) -> str:
    lines = [f"- **{escaped(finding['sentence'])}**"]
    lines += [f"  - expected: {escaped(finding['expected'])}"] if finding.get("expected") else []
    lines += [f"  - observed: {escaped(finding['observed'])}"] if finding.get("observed") else []
    lines += [f"  - shown again by: {code(name)}" for name in script_names(finding)[:1]]
    return "\n".join([*lines, *(f"  - {code(one)}" for one in finding["curl"])])


def _scenarios(document: Document) -> Iterable[str]:
    client = document.get("client")
    if client:
        yield "## Scenarios of the client"
        rows = [
            f"| {OUTCOMES[one['outcome']][1]} {OUTCOMES[one['outcome']][0]} | {code(one['name'])} "
            f"| {escaped('; '.join([*one['findings'], *one['never_met'], one['trouble']]).strip('; '))} |"
            for one in client["scenarios"]
        ]
        yield "\n".join(["| outcome | scenario | what was found |\n|---|---|---|", *rows])


def _rest(document: Document) -> Iterable[str]:
    if closing := document.get("closing"):
        yield escaped(f"After a rest: {closing['sentence']}.")
    if crossed := document.get("combinations"):
        missed = int(crossed["possible"]) - int(crossed["reached"])
        more = f" {count(missed)} were not reached: see report.html." if missed else ""
        yield escaped(f"Combinations: {crossed['sentence']}.{more}")


def _expected(document: Document) -> Iterable[str]:
    gate = document.get("expected")
    if gate:
        yield f"## Known deviations: the gate {'passes' if gate['passed'] else 'fails'}"
        yield "\n".join(f"- {escaped(one['state'])}: {escaped(one['sentence'])}" for one in gate["lines"]) or "None."


def _duties(document: Document) -> Iterable[str]:
    rows = [
        f"| {OUTCOMES[row['outcome']][1]} {OUTCOMES[row['outcome']][0]} | {code(row['id'])} | {row['level']} "
        f"| {count(row['exposures'])} | {rate(row.get('bound_95'))} | {len(row['findings']) or ''} |"
        for level in LEVELS
        for row in document["requirements"]
        if row["level"] == level
    ]
    head = "| outcome | duty | level | exposures | bound, 95 % | findings |\n|---|---|---|---:|---:|---:|"
    yield "\n".join(["<details><summary>All duties</summary>\n", head, *rows, "\n</details>"])


def _unseen(document: Document) -> Iterable[str]:
    rows = [row for row in document["requirements"] if row["outcome"] in ("blocked", "not-observed", "not-applicable")]
    if rows:
        yield "## What was not observed"
        yield "\n".join(f"- {code(row['id'])}: {escaped(unseen_sentence(row))}" for row in rows)


def _lag(document: Document) -> Iterable[str]:
    groups = (document.get("lag") or {}).get("groups") or []
    rows = [
        f"| {code(endpoint(group['endpoint']))} | {escaped(group['kind'])} | {group['n']} | {group['left_censored']} "
        f"| {group['right_censored']} | {_quantile(group, 0.5)} | {_quantile(group, 0.95)} |"
        for group in groups
    ]
    if rows:
        head = (
            "| endpoint | kind | n | wait never seen | end never seen | p50 | p95 |\n|---|---|---:|---:|---:|---|---|"
        )
        yield "## Convergence lag"
        yield "\n".join([head, *rows])


def _quantile(group: Document, p: float) -> str:
    return next((within(one).removeprefix("within ") for one in group.get("quantiles") or [] if one["p"] == p), "")
