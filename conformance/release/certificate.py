"""The certificate: what a complete, unfiltered, thorough run entitles a target to, or why to none (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.release.digest import sha256

Document = Mapping[str, Any]
FORMAT = "dds-conformance-certificate"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """A certificate as plain JSON, or the sentences that say why there is none (exactly one of the two is empty)."""

    certificate: Mapping[str, Any] | None
    refusals: tuple[str, ...] = ()


def certify(document: Document) -> Decision:
    """Decide whether `document` entitles its target to a certificate, and draw it if so."""
    refusals = tuple(_refusals(document))
    return Decision(None, refusals) if refusals else Decision(_certificate(document))


def _refusals(document: Document) -> Iterable[str]:
    if document.get("end") is not True:
        yield "the run document has no end"
    if document.get("role") == "client":
        yield "a client was judged, and a certificate is a server's"
    if document["outcome"] != "conformant":
        yield f"the outcome is {document['outcome']}: {'; '.join(document['reasons'])}"
    if document.get("recorded") or document["effort"] == "recorded":
        yield "it is the judgement of a recording, not of a run"
    elif document["effort"] != "thorough":
        yield f"the effort was {document['effort']}; a certificate needs a thorough run"
    if document["partial"]:
        yield "only selected requirements were judged, or selected scenarios tried"
    if document["interrupted"] or document.get("complete") is False:
        yield "the run did not come to its end"
    if document.get("expected") is not None:
        yield "the run was judged with expected deviations (--expect)"
    yield from _missing(document)


def _missing(document: Document) -> Iterable[str]:
    stuck = [row["id"] for row in document["requirements"] if row["outcome"] == "error"]
    if stuck:
        yield f"the suite itself failed at: {', '.join(stuck)}"
    blocked = [row["id"] for row in document["requirements"] if row["outcome"] == "blocked" and row.get("core")]
    if blocked:
        yield f"duties of the core were blocked: {', '.join(blocked)}"
    if not document["target"].get("version") and not document["target"].get("embedded"):
        yield "the target's version is not known; name it with --target-version"
    if not (document.get("history") or {}).get("sha256"):
        yield "the history has no fingerprint"


def _certificate(document: Document) -> Mapping[str, Any]:
    rows = document["requirements"]
    versions = document["versions"]
    return {
        "format": FORMAT,
        "version": VERSION,
        "outcome": document["outcome"],
        "target": {name: document["target"].get(name) for name in ("base_url", "version", "embedded")},
        "run_id": document["run_id"],
        "begun": document["begun"],
        "ended": document["ended"],
        "versions": {name: versions.get(name) for name in ("suite", "catalogue", "spec")},
        "effort": document["effort"],
        "seed": document["seed"],
        "strict": document["strict"],
        "converge_within_s": document["target"]["converge_within_s"],
        "second_user": bool(document["target"].get("second_user")),
        "exchanges": document["exchanges"],
        "exercised": _picked(rows, ("pass", "warn"), ("id", "level", "outcome", "exposures", "bound_95")),
        "not_observed": _picked(
            rows, ("not-observed", "not-applicable", "blocked"), ("id", "level", "outcome", "note")
        ),
        "warnings": _warnings(document),
        "history_sha256": document["history"]["sha256"],
        "document_sha256": sha256(document),
    }


def _picked(rows: Sequence[Document], outcomes: Sequence[str], fields: Sequence[str]) -> list[dict[str, Any]]:
    return [{name: row.get(name) for name in fields} for row in rows if row["outcome"] in outcomes]


def _warnings(document: Document) -> list[dict[str, Any]]:
    findings = document["findings"]
    return [
        {"id": row["id"], "level": row["level"], "sentence": findings[row["findings"][0]]["sentence"]}
        for row in document["requirements"]
        if row["outcome"] == "warn" and row["findings"]
    ]
