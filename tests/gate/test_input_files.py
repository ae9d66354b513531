"""Files are read as users have them, positions in messages are right, and what is something else is named."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from forked import Streams, dds, preload
from trouble_files import DOCUMENT, RECORDED

from conformance import history as histories
from conformance.errors import HistoryError, UsageError
from conformance.history.input_files import other_kind
from conformance.release import load
from conformance.release.deviations_file import read as read_deviations
from conformance.settings.configuration import gather
from conformance.settings.credentials import Credentials

BOM = b"\xef\xbb\xbf"
TEXT = RECORDED.read_bytes()
LINES = TEXT.splitlines(keepends=True)
Bend = Callable[[bytes], bytes]


def _zstd(data: bytes) -> bytes:
    pyarrow = pytest.importorskip("pyarrow", reason="the extra 'columnar' brings zstd")
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


BENT: dict[str, Bend] = {
    "a byte order mark": lambda data: BOM + data,
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "blank lines": lambda data: b"\n" + data.replace(b"\n", b"\n\n \r\n") + b"\n",
    "gzip": gzip.compress,
    "gzip in two parts": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": _zstd,
    "UTF-16 of a shell": lambda data: data.decode().encode("utf-16"),
    "gzip of a byte order mark and CRLF": lambda data: gzip.compress(BOM + data.replace(b"\n", b"\r\n")),
    "no end of line at the end": lambda data: data.rstrip(b"\n"),
}


def bent(tmp_path: Path, how: str, data: bytes) -> Path:
    """Write `data` as some tool leaves it."""
    path = tmp_path / "bent"
    path.write_bytes(BENT[how](data))
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("how", BENT)
def test_a_history_is_read_as_it_comes(how: str, tmp_path: Path) -> None:
    """The same operations as in the plain file, whatever was done to it on its way."""
    plain = [operation.exchange for operation in histories.read(RECORDED).operations]
    assert [operation.exchange for operation in histories.read(bent(tmp_path, how, TEXT)).operations] == plain


@pytest.mark.parametrize("how", BENT)
def test_so_are_configuration_credentials_deviations_and_documents(how: str, tmp_path: Path) -> None:
    """Each in its own format, by the same reader."""
    assert gather({}, environ={}, file=bent(tmp_path, how, b"effort = 'quick'\nseed = 7\n")).get("seed") == 7
    given = Credentials.from_file(bent(tmp_path, how, b"dds_api_token = 'abcd'\ndds_other_api_token = 'efgh'\n"))
    assert given == Credentials.of({"api_token": "abcd", "other_api_token": "efgh"})
    deviation = b"[[deviation]]\nid = 'x'\nreason = 'r'\nowner = 'o'\nexpires = 2027-01-01\nlink = 'l'\n"
    assert [one.id for one in read_deviations(bent(tmp_path, how, deviation), {"x"})] == ["x"]
    assert load(bent(tmp_path, how, DOCUMENT.read_bytes()))["outcome"] == "conformant"


def test_standard_input_is_a_history_too(tmp_path: Path) -> None:
    """``judge -``, packed or not."""
    preload()
    packed = bent(tmp_path, "gzip", TEXT)
    for source in (str(RECORDED), str(packed)):
        done = dds("judge", "-", "--report-dir", "out", cwd=tmp_path, streams=Streams(stdin=source))
        assert done.code == 0, done.said


@pytest.mark.parametrize("before", [b"", BOM, b"\n\n", b"\r\n", BOM + b"\n"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_position_is_the_one_that_an_editor_shows(before: bytes, end: bytes, tmp_path: Path) -> None:
    """The line counts blank ones, the column is that of the line."""
    path = tmp_path / "history.jsonl"
    path.write_bytes(before + LINES[0].strip() + end + b'{"a_ns": 1, oops}' + end)
    line = before.count(b"\n") + 2
    with pytest.raises(HistoryError, match=rf"line {line}: not JSON: .* at column 13\.") as stated:
        list(histories.lines(path))
    assert stated.value.line == line


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\r"])
def test_lines_end_at_a_line_feed_alone(odd: str, tmp_path: Path) -> None:
    """Whatever else Unicode calls the end of a line stands in texts; a lone carriage return is JSON's blank space."""
    path = tmp_path / "history.jsonl"
    text = LINES[0].decode().rstrip("\n")
    text = text.replace('{"', '{\r"', 1) if odd == "\r" else text.replace('"session": "', f'"session": "{odd}', 1)
    text = text.replace('"session":"', f'"session":"{odd}', 1) if odd not in text else text
    if odd < "\x20" and odd != "\r":
        with pytest.raises(HistoryError, match="line 1: not JSON: Invalid control character"):
            histories.read(_written(path, text))
        return
    assert len(histories.read(_written(path, text)).operations) == 1


def _written(path: Path, text: str) -> Path:
    path.write_bytes(f"{text}\n".encode())
    return path


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04rest", "a ZIP archive"),
        (b"\n <!doctype html><html>", "an HTML page"),
        (b"<html><head>", "an HTML page"),
        (b'<?xml version="1.0"?><testsuites>', "a JUnit report (XML)"),
        (b'{\n  "log": {\n "version"', "a HAR recording of a browser or proxy"),
        (DOCUMENT.read_bytes(), "a run document (report.json)"),
        (b'{"format": "dds-conformance-ledger", "version": 1}\n', "the ledger of a run"),
        (b'{"format": "dds-conformance-certificate"}', "a certificate"),
        (b"openapi: 3.1.0\n", "an API description (OpenAPI)"),
        (b"%PDF-1.7", "a PDF document"),
        (b"effort = 'quick'\n", "a TOML file"),
        (TEXT, ""),
    ],
)
def test_what_is_something_else_is_named_for_what_it_is(data: bytes, kind: str, tmp_path: Path) -> None:
    """In the message of the reader that got it."""
    assert other_kind(data) == kind
    if kind:
        path = tmp_path / "file"
        path.write_bytes(data)
        with pytest.raises(HistoryError) as stated:
            histories.read(path)
        assert kind in str(stated.value)


def test_a_wrong_kind_is_named_by_every_reader(tmp_path: Path) -> None:
    """Packed or not: what was packed is what counts."""
    page = tmp_path / "page"
    page.write_bytes(gzip.compress(b"<!DOCTYPE html><html>"))
    page.chmod(0o600)
    for read in (
        lambda: gather({}, environ={}, file=page),
        lambda: Credentials.from_file(page),
        lambda: read_deviations(page, {"x"}),
        lambda: load(page),
        lambda: histories.read(page),
    ):
        with pytest.raises(UsageError, match="an HTML page"):
            read()
