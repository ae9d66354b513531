"""Reading a run document: whole, or refused with what can be said all the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import ExitCode, UsageError
from conformance.outcome.load import salvage
from conformance.release import IncompleteDocumentError, load, sha256

Document = dict[str, Any]


def written(tmp_path: Path, text: str) -> Path:
    """Write a document."""
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_document_is_read(tmp_path: Path, conformant: Document) -> None:
    """What was written is what is read."""
    assert load(written(tmp_path, json.dumps(conformant))) == conformant


def test_a_document_without_its_end_is_refused_with_an_account(tmp_path: Path, nonconformant: Document) -> None:
    """The refusal names the run, what is broken already, and how to get a whole document."""
    del nonconformant["end"]
    with pytest.raises(IncompleteDocumentError) as refused:
        load(written(tmp_path, json.dumps(nonconformant)))
    text = str(refused.value)
    assert refused.value.exit_code is ExitCode.INCOMPLETE
    assert "Broken already: bad-never-200, one-verdict, converges-upload" in text
    assert "4f1c2a9be07d" in text
    assert "dds-conformance judge" in text


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9, 0.999])
def test_a_cut_file_is_refused_with_what_it_still_holds(tmp_path: Path, nonconformant: Document, share: float) -> None:
    """Wherever the file was cut, the part that is left is told."""
    text = json.dumps(nonconformant, indent=1)
    with pytest.raises(IncompleteDocumentError) as refused:
        load(written(tmp_path, text[: int(len(text) * share)]))
    assert "run 4f1c2a9be07d" in str(refused.value)


def test_every_prefix_of_a_document_is_refused(tmp_path: Path) -> None:
    """No cut makes a document that passes for whole, and none crashes the reader."""
    small = {"format": "dds-conformance-report", "version": 1, "requirements": [{"id": "a"}], "end": True}
    text = json.dumps(small)
    for length in range(len(text)):
        with pytest.raises((IncompleteDocumentError, UsageError)):
            load(written(tmp_path, text[:length]))
    assert load(written(tmp_path, text)) == small


def test_salvage_keeps_whole_members_and_whole_elements() -> None:
    """A cut array gives its whole elements, a cut value nothing."""
    assert salvage('{"a": 1, "b": [1, {"c": 2}, {"d": ') == {"a": 1, "b": [1, {"c": 2}]}
    assert salvage('{"a": "x') == {}
    assert salvage("nonsense") == {}


@pytest.mark.parametrize("text", ["[]", "{}", "", '{"format": "other", "end": true}', "\x00\x01"])
def test_what_is_no_document_of_ours_is_a_usage_error(tmp_path: Path, text: str) -> None:
    """Another file is not called an incomplete report."""
    with pytest.raises(UsageError, match="not a run document"):
        load(written(tmp_path, text))


def test_another_version_is_refused_by_its_number(tmp_path: Path, conformant: Document) -> None:
    """A newer document is not misread."""
    conformant["version"] = 2
    with pytest.raises(UsageError, match="version 2"):
        load(written(tmp_path, json.dumps(conformant)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path is in the sentence."""
    with pytest.raises(UsageError, match="nowhere"):
        load(tmp_path / "nowhere.json")


def test_the_digest_is_that_of_the_file_as_the_suite_writes_it(tmp_path: Path, conformant: Document) -> None:
    """`sha256sum report.json` agrees, also after reading the document back."""
    import hashlib  # noqa: PLC0415 - an independent way to the same number

    from conformance.outcome.document import write  # noqa: PLC0415 - the writer under comparison

    conformant["target"]["version"] = "ünïcode \u2028 and \U0001f600"
    write(conformant, tmp_path / "report.json")
    assert hashlib.sha256((tmp_path / "report.json").read_bytes()).hexdigest() == sha256(conformant)
    assert sha256(load(tmp_path / "report.json")) == sha256(conformant)
