"""Files as they come: each maker writes one kind of wrong file, and what it is is no command's business to crash on."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

RECORDED = Path(__file__).parents[1] / "data" / "recorded" / "deployed-history.jsonl"
DOCUMENT = Path(__file__).parents[1] / "data" / "documents" / "conformant.json"
Maker = Callable[[Path], Path | None]
"""Puts a file (or something else, or nothing) at a path; gives another path where the trouble is in the path."""


def _holding(data: bytes) -> Maker:
    def make(path: Path) -> None:
        path.write_bytes(data)

    return make


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("history.jsonl", RECORDED.read_bytes())


def _tar(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("history.jsonl"), io.BytesIO())


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _below_a_file(path: Path) -> Path:
    path.write_bytes(b"{}")
    return path / "below"


def _har() -> bytes:
    entry = {"request": {"method": "GET", "url": "http://x/api/v1/projects"}, "response": {"status": 200}}
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "b"}, "entries": [entry]}}, indent=2).encode()


def _pickled(path: Path) -> None:
    path.write_bytes(b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s.")


FILES: Mapping[str, Maker] = {
    "an empty file": _holding(b""),
    "blank lines alone": _holding(b"\n\r\n \n"),
    "a byte order mark alone": _holding(b"\xef\xbb\xbf"),
    "NUL bytes": _holding(b"\0" * 4096),
    "bytes that are no text": _holding(bytes(range(128, 256)) * 16),
    "UTF-16 cut in the middle of a character": _holding('{"a": 1}'.encode("utf-16")[:-1]),
    "a gzip file cut short": _holding(gzip.compress(RECORDED.read_bytes())[:500]),
    "a damaged gzip file": _holding(b"\x1f\x8b\x08\x00" + b"\xff" * 400),
    "a bzip2 file with garbage in it": _holding(bz2.compress(b"x" * 999)[:30] + b"garbage"),
    "a damaged zstd file": _holding(b"\x28\xb5\x2f\xfd" + b"\xff" * 300),
    "a damaged xz file": _holding(b"\xfd7zXZ\x00" + b"\xff" * 300),
    "a ZIP archive": _zip,
    "a tar archive": _tar,
    "an HTML page": _holding(b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n"),
    "an XML report": _holding(b'<?xml version="1.0"?>\n<testsuites><testsuite name="x"/></testsuites>\n'),
    "a HAR recording": _holding(_har()),
    "a JSON array": _holding(b'[{"a_ns": 1}]\n'),
    "JSON nested without end": _holding(b'{"a":' + b"[" * 100_000),
    "JSON with numbers that are none": _holding(b'{"a_ns": NaN, "b_ns": ' + b"9" * 5000 + b"}\n"),
    "JSON cut in the middle": _holding(b'{"format": "dds-conformance-report", "version": 1, "outcome": "conf'),
    "JSON of another version": _holding(b'{"format": "dds-conformance-history", "version": 99}\n'),
    "a half-written line of our own": _holding(b'{"format": "dds-conformance-ledger", "version": 1, "run_id"'),
    "lone surrogates": _holding(b'{"id": "\\ud800", "format": "\\udfff"}\n'),
    "a pickled object": _pickled,
    "a key twice": _holding(b"effort = 'quick'\neffort = 'quick'\n"),
    "a directory": lambda path: path.mkdir(),
    "nothing at all": lambda path: None,  # noqa: ARG005 - that is the trouble
    "a link that leads to itself": _loop,
    "a path below a file": _below_a_file,
    "a name too long for the file system": lambda path: path.with_name("n" * 300),
    "a device": lambda path: Path(os.devnull),  # noqa: ARG005 - the same for every name
}
"""What may lie where a file was asked for."""

EMPTY = ("an empty file", "blank lines alone", "a byte order mark alone", "a device")
"""Files without a word: whole as TOML."""
TOML_READERS = ("judge --expect", "run --config", "run --credentials", "run --expect", "doctor --credentials",
                "config show --config")  # fmt: skip
READERS: Mapping[str, tuple[str, ...]] = {
    "judge": ("judge", "{bad}"),
    "judge --expect": ("judge", str(RECORDED), "--expect", "{bad}"),
    "replay": ("replay", "{bad}", "--embedded", "--report-dir", "out"),
    "report": ("report", "{bad}", "--report-dir", "out"),
    "compare": ("compare", "{bad}", str(DOCUMENT)),
    "matrix": ("matrix", str(DOCUMENT), "{bad}", "--report-dir", "out"),
    "clean": ("clean", "{bad}"),
    "trend": ("trend", "{bad}"),
    "certify": ("certify", "{bad}", "--product", "a 1", "--organisation", "b", "--contact", "c"),
    "verify": ("verify", "{bad}"),
    "run --challenge": ("run", "--target", "http://127.0.0.1:9", "--challenge", "{bad}"),
    "run --config": ("run", "--config", "{bad}", "--credentials", "{bad}"),
    "run --credentials": ("run", "--target", "http://127.0.0.1:9", "--credentials", "{bad}"),
    "run --expect": ("run", "--target", "http://127.0.0.1:9", "--expect", "{bad}"),
    "doctor --credentials": ("doctor", "--target", "http://127.0.0.1:9", "--credentials", "{bad}"),
    "config show --config": ("config", "show", "--config", "{bad}"),
}
"""Commands that read a file, with the place where it stands."""
