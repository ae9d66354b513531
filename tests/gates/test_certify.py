"""A certificate: only a complete, unfiltered, thorough, conformant run entitles to one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.release import certify, sha256

Document = dict[str, Any]


def test_a_complete_thorough_run_entitles_to_a_certificate(conformant: Document) -> None:
    """The certificate says what was judged, with what, what was exercised and what was not."""
    given = certify(conformant).certificate
    assert given is not None
    assert given["target"] == {"base_url": "http://127.0.0.1:4567/api/v1", "version": "2.1.0", "embedded": True}
    assert given["versions"] == {"suite": "0.1.0", "catalogue": "1", "spec": "DDS-872"}
    assert (given["effort"], given["seed"], given["converge_within_s"]) == ("thorough", 7, 60.0)
    assert given["second_user"] is False
    assert given["history_sha256"] == conformant["history"]["sha256"]
    assert given["document_sha256"] == sha256(conformant)
    exercised = {row["id"] for row in given["exercised"]}
    missed = {row["id"] for row in given["not_observed"]}
    assert missed == {"session-monotonic", "api-description", "other-user-403"}
    assert exercised | missed == {row["id"] for row in conformant["requirements"]}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("effort", "standard", "thorough"),
        ("effort", "recorded", "recording"),
        ("recorded", True, "recording"),
        ("partial", True, "selected requirements"),
        ("interrupted", True, "did not come to its end"),
        ("complete", False, "did not come to its end"),
        ("outcome", "nonconformant", "the outcome is nonconformant"),
        ("outcome", "incomplete", "the outcome is incomplete"),
        ("expected", {"passed": True, "lines": []}, "expected deviations"),
        ("end", False, "has no end"),
        ("history", {}, "no fingerprint"),
    ],
)
def test_anything_less_says_why_there_is_none(conformant: Document, field: str, value: Any, told: str) -> None:
    """Each shortcoming alone refuses the certificate and is named."""
    conformant[field] = value
    decision = certify(conformant)
    assert decision.certificate is None
    assert any(told in refusal for refusal in decision.refusals)


def test_a_target_without_a_version_gets_none(conformant: Document) -> None:
    """A certificate of an unnamed version certifies nothing."""
    conformant["target"].update(version="", embedded=False)
    assert any("--target-version" in refusal for refusal in certify(conformant).refusals)


@pytest.mark.parametrize("outcome", ["error", "blocked"])
def test_a_core_that_was_not_tried_gets_none(
    conformant: Document, set_outcome: Callable[..., None], outcome: str
) -> None:
    """An error anywhere, or a blocked duty of the core, refuses."""
    set_outcome(conformant, "nc-payload", outcome)
    assert certify(conformant).certificate is None


def test_warnings_are_carried_in_the_certificate(conformant: Document, nonconformant: Document) -> None:
    """A warned-of SHOULD does not refuse the certificate, and is not left out of it."""
    warned = nonconformant["findings"][3] | {"index": 0}
    conformant["findings"] = [warned]
    row = next(row for row in conformant["requirements"] if row["id"] == "error-number")
    row.update(outcome="warn", findings=[0])
    given = certify(conformant).certificate
    assert given is not None
    assert [one["id"] for one in given["warnings"]] == ["error-number"]
