"""Sample run documents, built by hand: what the writers and gates are tried on. Run this file to write them out."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data" / "documents"
MS = 1_000_000
QUOTE = "This status for an upload will now be made eventually consistent"
Document = dict[str, Any]

DUTIES: tuple[tuple[str, str, str, str], ...] = (
    ("project-create-202", "MUST", "Implementation View", "POST /projects answers 202"),
    ("project-create-body", "IMPLIED", "Implementation View", "The 202 of POST /projects carries the project"),
    ("complete-202", "MUST", "Implementation View", "PUT complete answers 202"),
    ("complete-no-integrity", "MUST", "Clients and Eventual Consistency", "PUT complete never answers the exception"),
    ("nc-payload", "MUST", "New Response Messages", "The not-consistent payload is whole"),
    ("integrity-payload", "MUST", "New Response Messages", "The integrity payload is whole"),
    ("error-payload", "MUST", "Implementation View", "Every error carries its four fields"),
    ("error-number", "SHOULD", "New Response Messages", "`error` is a JSON number"),
    ("spec-wording", "SHOULD", "New Response Messages", "Reason and suggestion are the spec's own words"),
    ("nc-until-consistent", "MUST", "Clients and Eventual Consistency", "Not consistent is told by the 404"),
    ("nc-only-extended", "MUST", "Extended Endpoint URLs", "Only extended endpoints tell not-consistent"),
    ("bad-never-200", "MUST", "Clients and Eventual Consistency", "A bad upload never answers 200"),
    (
        "good-never-integrity",
        "IMPLIED",
        "Clients and Eventual Consistency",
        "A good upload never answers the exception",
    ),
    ("one-verdict", "IMPLIED", "Clients and Eventual Consistency", "An upload has one verdict, for ever"),
    ("converges-project", "MUST", "Background", "A project becomes consistent"),
    ("converges-upload", "MUST", "Background", "An upload becomes consistent"),
    ("api-description", "SHOULD", "Implementation View", "The target's own description says so too"),
    ("session-monotonic", "SHOULD", "Clients and Eventual Consistency", "One client never sees time run back"),
    ("realtime-monotonic", "MEASURED", "Background", "All clients together never see time run back"),
    ("read-your-writes", "MEASURED", "Background", "Own writes are visible to the own next read"),
    ("other-user-403", "SHOULD", "Background", "Another user's resource is 403"),
    ("no-5xx-legal", "SHOULD", "Background", "No 5xx on legal requests"),
)
UNSEEN = {
    "session-monotonic": (
        "not-observed",
        0,
        412,
        "never seen in 412 racing reads (95 % upper bound on its rate: 0.0073)",
    ),
    "api-description": ("not-applicable", 0, 0, "no description of the target was given"),
    "other-user-403": ("blocked", 0, 0, "no second user's token was given"),
}


def requirement(given: tuple[str, str, str, str], outcome: str = "pass", exposures: int = 1200) -> Document:
    """Build one row of the catalogue with what it came to."""
    ident, level, section, title = given
    outcome, exposures, looked, note = UNSEEN.get(ident, (outcome, exposures, exposures, ""))
    return {
        "id": ident,
        "level": level,
        "section": section,
        "title": title,
        "quote": QUOTE if section == "Clients and Eventual Consistency" else "",
        "asks": f"{title}, whenever a client asks.",
        "reading": "The spec is silent on precedence; either order is accepted."
        if ident == "nc-until-consistent"
        else "",
        "core": level == "MUST",
        "checks": [f"check_{ident.replace('-', '_')}"],
        "scenarios": ["fleet"],
        "outcome": outcome,
        "exposures": exposures,
        "occasions": "answers of an extended endpoint",
        "looked": looked,
        "bound_95": 3 / exposures if outcome == "pass" else None,
        "note": note,
        "measured": {"staleness_s": 0.012} if level == "MEASURED" else {},
        "findings": [],
    }


def operation(ident: str, begun_ms: float, ended_ms: float | None, call: str, **more: Any) -> Document:
    """Build one exchange of a finding's evidence; times in milliseconds of the run's clock."""
    methods = {"complete_upload": "PUT", "create_upload": "POST"}
    paths = {"complete_upload": "/uploads/u-77/complete", "file_url": "/files/f-12/url"}
    return {
        "id": ident,
        "session": "reader-3",
        "user": "owner",
        "a_ns": int(begun_ms * MS),
        "b_ns": None if ended_ms is None else int(ended_ms * MS),
        "method": methods.get(call, "GET"),
        "path": "/api/v1" + paths.get(call, "/file_versions/v-12/url"),
        "host": "127.0.0.1:4567",
        "role": "api",
        "call": call,
        "answer": "done",
        "source": "api",
        "status": 200,
        "code": None,
        "failure": None,
        "phase": "trouble",
        "scenario": "fleet",
        "plan": "p1",
        "request": None,
        "response": {"http_verb": "GET", "host": "http://127.0.0.1:4568", "url": "/o/77"},
        "headers": {"content-type": "application/json", "x-request-id": f"req-{ident}"},
        **more,
    }


NOT_CONSISTENT = {
    "error": 404,
    "code": "resource_not_consistent",
    "reason": "resource changes are still being processed by system",
    "suggestion": "this is a temporary state that will eventually be resolved by the system; please retry request",
}
NC = {"status": 404, "answer": "not-consistent", "code": "resource_not_consistent", "response": NOT_CONSISTENT}


def finding(requirement_id: str, level: str, sentence: str, evidence: Sequence[Document], **more: Any) -> Document:
    """Build one finding over its evidence."""
    return {
        "index": 0,
        "requirement": requirement_id,
        "level": level,
        "rule": f"{requirement_id}-rule",
        "subject": "upload u-77",
        "sentence": sentence,
        "expected": "the same verdict as before, or nothing at all",
        "observed": "404 resource_not_consistent",
        "numbers": {},
        "operations": [one["id"] for one in evidence],
        "evidence": list(evidence),
        "curl": [
            f"curl -sS -i -X {one['method']} -H \"Authorization: $DDS_API_TOKEN\" 'http://{one['host']}{one['path']}'"
            for one in evidence
        ],
        "plan": "p1",
        **more,
    }


def findings() -> list[Document]:
    """Build findings of each kind the timeline must draw: one, two and three exchanges, a long gap, no end."""
    relapse = [operation("op-5", 1180.0, 1192.4, "file_url"), operation("op-7", 1232.4, 1241.0, "version_url", **NC)]
    complete = operation("op-2", 20.0, 95.0, "complete_upload", status=202, session="uploader-1")
    late = operation("op-9", 60_420.0, 60_431.5, "file_url", **NC, phase="final")
    lost = operation(
        "op-4",
        100.0,
        None,
        "complete_upload",
        status=None,
        failure="reset",
        session="uploader-2",
        response=None,
        headers={},
    )
    text = operation("op-8", 400.0, 410.0, "file_url", status=404, response=dict(NOT_CONSISTENT, error="404"))
    return [
        finding(
            "one-verdict",
            "IMPLIED",
            "read op-7 began 40 ms after read op-5 had returned 200, and answered resource_not_consistent",
            relapse,
        ),
        finding(
            "converges-upload",
            "MUST",
            "upload u-77 was not converged 60 s after its completion, while 118 others needed at most 2.4 s",
            [complete, late],
            expected="200 or the integrity exception by then",
        ),
        finding(
            "bad-never-200",
            "MUST",
            "upload u-77 holds bytes of another hash than was reported, and its url answered 200",
            [complete, lost, operation("op-6", 300.0, 312.0, "version_url")],
            expected="400, the integrity exception, or not consistent until then",
            observed="200 with a signed url",
        ),
        finding(
            "error-number",
            "SHOULD",
            '`error` is the string "404", not the number',
            [text],
            repeats=311,
            expected="404",
            observed='"404"',
        ),
    ]


def lag_group(endpoint: str, kind: str, median: float, n: int = 118) -> Document:
    """Build one lag group whose distribution is log-normal about `median` seconds."""
    rng = random.Random(f"{endpoint}{kind}")
    lags = sorted(median * math.exp(rng.gauss(0, 0.35)) for _ in range(n))
    points = [(lags[i], (i + 1) / n) for i in range(0, n, 3)]
    return {
        "endpoint": endpoint,
        "kind": kind,
        "n": n,
        "left_censored": 3,
        "right_censored": 1,
        "interval_censored": n - 4,
        "quantiles": [
            {
                "p": p,
                "estimate_s": lags[int(p * (n - 1))],
                "low_s": lags[int(p * (n - 1))] * 0.9,
                "high_s": _high(p, lags),
            }
            for p in (0.5, 0.9, 0.95, 0.99)
        ],
        "curve": [{"t_s": t, "low": max(0.0, p - 0.08), "high": min(1.0, p + 0.08), "estimate": p} for t, p in points],
        "over_time": [
            {"begun_s": i * 0.9, "at_least_s": lag * 0.92, "at_most_s": None if i == 57 else lag * 1.04}
            for i, lag in enumerate(rng.sample(lags, n))
        ],
    }


def _high(p: float, lags: Sequence[float]) -> float | None:
    return None if p > 0.98 else lags[int(p * (len(lags) - 1))] * 1.12


def document(outcome: str, broken: Sequence[Document] = (), **more: Any) -> Document:
    """Build a whole document in which exactly `broken` was found."""
    rows = [requirement(given) for given in DUTIES]
    for index, one in enumerate(broken):
        one["index"] = index
        row = next(row for row in rows if row["id"] == one["requirement"])
        row.update(outcome="fail" if row["level"] in ("MUST", "IMPLIED") else "warn", bound_95=None)
        row["findings"].append(index)
    fails = [row["id"] for row in rows if row["outcome"] == "fail"]
    return {
        "format": "dds-conformance-report",
        "version": 1,
        "run_id": "4f1c2a9be07d",
        "outcome": outcome,
        "reasons": [f"broken: {', '.join(fails)}"]
        if fails
        else ["no requirement is broken, and the core was exercised"],
        "target": {
            "base_url": "http://127.0.0.1:4567/api/v1",
            "embedded": True,
            "second_user": False,
            "version": "2.1.0",
            "gateway": "",
            "converge_within_s": 60.0,
        },
        "effort": "thorough",
        "seed": 7,
        "strict": False,
        "partial": False,
        "recorded": False,
        "interrupted": False,
        "complete": True,
        "exit_code": 1 if fails else 0,
        "begun": "2026-11-23T18:30:05.000+00:00",
        "ended": "2026-11-23T18:31:56.400+00:00",
        "duration_s": 111.4,
        "versions": {"suite": "0.1.0", "catalogue": "1", "spec": "DDS-872", "python": "3.11.9", "httpx": "0.28.1"},
        "exchanges": 14_203,
        "requirements": rows,
        "findings": list(broken),
        "readings": [
            {"id": "precedence", "about": "not-consistent against 401, 403 and 400", "text": "Any order is accepted."},
            {"id": "eventually", "about": "how long eventually is", "text": "The operator's bound decides."},
        ],
        "lag": {"intervals": 354, "groups": lag_groups()},
        "traffic": traffic(),
        "sensitivity": sensitivity(),
        "plans": [{"id": "p1", "text": PLAN, "document": {"format": "dds-conformance-plan", "version": 1}}],
        "fuzz": {"cases": 2_140, "filtered": 51},
        "leftovers": [],
        "history": {"path": "history.jsonl", "sha256": "ab" * 32},
        **more,
        "end": True,
    }


PLAN = """p = create_project()
u = create_upload(p, size=11 MiB, chunked)
put_chunk(u, 1, 5 MiB); put_chunk(u, 2, 6 MiB, wrong hash)
together: complete(u) | f = create_file(p, u) | 4 readers of url(f), every 3 ms
settle"""


def lag_groups() -> list[Document]:
    """Build the lag groups of two endpoints and two kinds of upload."""
    return [
        lag_group("file_url", "good", 1.1),
        lag_group("file_url", "bad", 1.5),
        lag_group("version_url", "good", 1.0),
        lag_group("create_upload", "project", 0.4, n=40),
    ]


def traffic() -> Document:
    """Build a traffic summary."""
    calls: list[tuple[str, Mapping[str, int]]] = [
        ("file_url", {"done": 5200, "nc": 3100, "integrity": 800}),
        ("version_url", {"done": 2200, "nc": 1400, "integrity": 410}),
        ("create_upload", {"done": 354, "nc": 96}),
        ("complete_upload", {"done": 354, "unknown": 9}),
        ("storage", {"done": 280}),
    ]
    return {
        "operations": 14_203,
        "by_call": [{"call": name, "count": sum(kinds.values()), "by_answer": kinds} for name, kinds in calls],
        "by_status": {"200": 7400, "201": 700, "202": 394, "400": 1210, "404": 4500},
        "failures": {"reset": 6, "timeout": 3},
        "bytes_sent": 734_003_200,
        "bytes_received": 690_001_000,
        "duration_s": 111.4,
        "requests_per_s": 127.5,
    }


def sensitivity() -> Document:
    """Build the section on how short a window would have been seen."""
    good = {"tracers": 78, "reads": 5120, "watched_s": 91.4, "width_s": 0.0042, "width_sure_s": 0.0117}
    bad = {"tracers": 0, "reads": 0, "watched_s": 0, "width_s": None, "width_sure_s": None}
    whole = {name: good[name] for name in ("tracers", "reads", "width_s", "width_sure_s")}
    return {"confidence": 0.95, **whole, "good": good, "bad": bad}


def samples() -> dict[str, Document]:
    """Build every sample by its name."""
    cut = document("incomplete", interrupted=True, complete=False, exit_code=130)
    cut["reasons"] = ["the run was interrupted before its end"]
    return {
        "conformant": document("conformant"),
        "nonconformant": document("nonconformant", findings()),
        "interrupted": cut,
    }


if __name__ == "__main__":
    DATA.mkdir(parents=True, exist_ok=True)
    for name, sample in samples().items():
        (DATA / f"{name}.json").write_text(json.dumps(sample, indent=1) + "\n", encoding="utf-8")
