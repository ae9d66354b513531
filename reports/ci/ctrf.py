"""``ctrf.json``: the same cases in the Common Test Report Format (https://ctrf.io), for tools that read it.

A warning is ``passed``, as in every other view for CI, with ``warn`` as its raw status; what was not tried is
``skipped``. An incomplete run adds a case that failed.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.outcome.display_text import judged

from .case_rows import RUN, cut, epoch_ms, findings_of, headline, kind, shares_s, stated, took_s, unique

Document = Mapping[str, Any]
NAME = "ctrf.json"
SPEC = "0.0.0"
STATUSES = {"failure": "failed", "error": "failed", "skipped": "skipped", "": "passed"}
MOST_CHARACTERS = 20_000


def write(document: Document, directory: Path) -> Path:
    """Write ``ctrf.json`` into `directory` and give its path."""
    path = directory / NAME
    path.write_text(json.dumps(ctrf(document), indent=1) + "\n", encoding="utf-8")
    return path


def ctrf(document: Document) -> dict[str, Any]:
    """Return a run as a document of that format."""
    tests = _tests(document)
    return {
        "reportFormat": "CTRF",
        "specVersion": SPEC,
        "reportId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"dds-conformance:{document['run_id']}")),
        "runId": _text(document["run_id"]) or "unknown",
        "timestamp": document["ended"],
        "generatedBy": f"dds-conformance {document['versions'].get('suite', '')}".strip(),
        "results": {
            "tool": {"name": "dds-conformance", "version": document["versions"].get("suite", "")},
            "summary": _summary(document, tests),
            "tests": tests,
            "environment": _environment(document),
            "extra": {"outcome": document["outcome"], "reasons": [_text(reason) for reason in document["reasons"]]},
        },
    }


def _summary(document: Document, tests: list[dict[str, Any]]) -> dict[str, int]:
    counts = {status: sum(one["status"] == status for one in tests) for status in ("passed", "failed", "skipped")}
    times = {"start": epoch_ms(document["begun"]), "stop": epoch_ms(document["ended"])}
    took_ms = round(took_s(document) * 1000)
    return {"tests": len(tests), **counts, "pending": 0, "other": 0, "suites": 1, **times, "duration": took_ms}


def _environment(document: Document) -> dict[str, Any]:
    target = document["target"]
    return {
        "reportName": _text(f"dds-conformance: {judged(document)}"),
        "appName": _text(target["base_url"]),
        **({"appVersion": _text(target["version"])} if target.get("version") else {}),
        "healthy": document["outcome"] != "incomplete",
        "extra": {
            **{name: document[name] for name in ("effort", "seed", "strict", "partial", "interrupted")},
            "converge_within_s": target["converge_within_s"],
            "versions": dict(document["versions"]),
        },
    }


def _tests(document: Document) -> list[dict[str, Any]]:
    rows = document["requirements"]
    names = unique([row["id"] for row in rows])
    tests = [_test(*one, document) for one in zip(rows, names, shares_s(document), strict=True)]
    if document["outcome"] == "incomplete":
        message = _text("; ".join(document["reasons"]) or "incomplete")
        tests.append({"name": RUN, "status": "failed", "duration": 0, "suite": ["run"], "message": message})
    return tests


def _test(row: Document, name: str, share_s: float, document: Document) -> dict[str, Any]:
    findings = findings_of(row, document)
    said = {"message": _text(headline(row, findings)), "trace": stated(row, findings, MOST_CHARACTERS)}
    return {
        "name": name,
        "testId": name,
        "status": STATUSES[kind(row, document["outcome"])],
        "rawStatus": row["outcome"],
        "duration": round(share_s * 1000),
        "suite": ["requirements", row["level"]],
        "tags": [row["level"], *(["warning"] if row["outcome"] == "warn" else [])],
        "labels": {"section": _text(row["section"]), "title": _text(row["title"])},
        "extra": {"exposures": row["exposures"], "bound_95": row["bound_95"], "findings": len(findings)},
        **(said if findings or row["outcome"] != "pass" else {}),
    }


def _text(value: object) -> str:
    return cut(value, MOST_CHARACTERS)
