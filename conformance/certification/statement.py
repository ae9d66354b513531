"""The in-toto Statement v1 that a bundle's attestation carries: what was run, with what, and what came of it (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.certification.eligibility import SLOW, Wish
from conformance.model import Json

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
OURS = "dds-conformance"
"""The key under which the predicate holds what the predicate's own type has no field for."""
SELF_ASSERTED, CHALLENGED, WITNESSED = "self-asserted", "challenged", "witnessed"
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Suite:
    """The suite that made a run: its version, the fingerprint of its code, and the catalogue's version."""

    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a statement says beside the report: the wish, the suite, the key that signs, and whose challenge it answers.

    `certifier` is the id of a challenge's key, `tls_peer` that of the target's TLS key; both may be empty.
    """

    wish: Wish
    suite: Suite
    signer: str
    certifier: str = ""
    tls_peer: str = ""

    @property
    def grade(self) -> str:
        """The grade that is claimed; what a verifier grants depends on the keys that it pins."""
        if self.wish.witnessed:
            return WITNESSED
        return CHALLENGED if self.certifier else SELF_ASSERTED


def statement(report: Document, digests: Mapping[str, str], claims: Claims) -> dict[str, Json]:
    """Draw the statement about a report and the members of its bundle (`digests`, SHA-256 by name)."""
    return {
        "_type": TYPE,
        "subject": [*_subjects(digests), *_product(claims.wish)],
        "predicateType": PREDICATE,
        "predicate": {
            "result": result(report),
            "configuration": [_configuration(report, claims.suite)],
            "passedTests": _tests(report, "pass"),
            "warnedTests": _tests(report, "warn"),
            "failedTests": _tests(report, "fail", "error"),
            OURS: _ours(report, claims),
        },
    }


def result(report: Document) -> str:
    """Return the outcome in the predicate's words: what is not conformant has failed."""
    if report["outcome"] != "conformant":
        return "FAILED"
    return "WARNED" if _tests(report, "warn") else "PASSED"


def _subjects(digests: Mapping[str, str]) -> list[Json]:
    return [{"name": name, "digest": {"sha256": digests[name]}} for name in sorted(digests)]


def _product(wish: Wish) -> list[Json]:
    named = wish.digest.removeprefix("sha256:")
    return [{"name": wish.product, "digest": {"sha256": named}}] if named else []


def _configuration(report: Document, suite: Suite) -> Json:
    return {
        "name": OURS,
        "uri": f"pkg:pypi/{OURS}@{suite.version}",
        "digest": {"sha256": suite.digest},
        "annotations": {name: str(report["versions"].get(name, "")) for name in sorted(report["versions"])},
    }


def _tests(report: Document, *outcomes: str) -> list[str]:
    return [row["id"] for row in report["requirements"] if row["outcome"] in outcomes]


def _ours(report: Document, claims: Claims) -> dict[str, Json]:
    wish, target = claims.wish, report["target"]
    return {
        "grade": claims.grade,
        "title": title(report, claims),
        "product": wish.product,
        "organisation": wish.organisation,
        "contact": wish.contact,
        "digest": wish.digest,
        "profile": wish.profile,
        "demo": wish.demo,
        "signer": claims.signer,
        "certifier": claims.certifier,
        "tlsPeer": claims.tls_peer,
        "outcome": report["outcome"],
        "history": (report.get("history") or {}).get("sha256", ""),
        "notObserved": _tests(report, "not-observed", "not-applicable", "blocked"),
        "target": {name: target.get(name) for name in sorted(target)},
        "run": {name: report[name] for name in ("run_id", "begun", "ended", "effort", "seed", "strict", "exchanges")},
    }


def title(report: Document, claims: Claims) -> str:
    """Return the certificate's title: its grade, and the bound where it is a slow one."""
    if claims.wish.demo:
        return "Demonstration, no certificate"
    grades = {SELF_ASSERTED: "self-asserted", CHALLENGED: "challenged", WITNESSED: "witnessed"}
    slow = f", within {report['target']['converge_within_s']:g} s" if claims.wish.profile == SLOW else ""
    return f"Certificate of conformance ({grades[claims.grade]}{slow})"


def claims_of(found: Document) -> Claims:
    """Read back what a statement claims beside its report.

    Raises:
        ValueError: it is no statement of ours.
    """
    try:
        predicate = found["predicate"]
        ours, (configuration,) = predicate[OURS], predicate["configuration"]
        said = {name: _text(ours[name]) for name in ("product", "organisation", "contact", "digest", "profile")}
        wish = Wish(**said, demo=ours["demo"] is True, witnessed=ours["grade"] == WITNESSED)
        version = str(configuration["uri"]).rpartition("@")[2]
        suite = Suite(version, _text(configuration["digest"]["sha256"]))
        return Claims(wish, suite, *(_text(ours[name]) for name in ("signer", "certifier", "tlsPeer")))
    except (KeyError, TypeError, ValueError, AttributeError) as trouble:
        raise ValueError("it is no statement of ours") from trouble


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
