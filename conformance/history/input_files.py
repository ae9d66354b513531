# ruff: noqa: SIM115 - an unpacker ends with the file that it reads from, which is closed
"""What a user hands in, as files really are: packed, with a byte order mark, from standard input, or something else.

Packing is known by its first bytes, never by a name. A file that is not what was asked for is named for what it is.
"""

from __future__ import annotations

import bz2
import codecs
import contextlib
import gzip
import io
import lzma
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, cast

from conformance.errors import UsageError

HISTORY = "the history of a run"
LEDGER = "the ledger of a run"
STDIN = "-"
"""The name that stands for standard input where a command says so."""
HEAD_BYTES = 65_536
"""Bytes of a file's start by which it is known."""
DAMAGED = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)
"""What unpackers raise when what they read is cut short or damaged; OSError without a number comes from them too."""


class PackingError(ValueError):
    """A packed file that cannot be unpacked; says why."""


@contextlib.contextmanager
def opened(path: Path | str) -> Iterator[BinaryIO]:
    """Open a file, or standard input for "-", for reading: unpacked, as UTF-8 without a byte order mark.

    Raises:
        OSError: it cannot be opened.
        PackingError: it is packed in a way that nothing here unpacks.
    """
    if str(path) == STDIN:
        yield _without_mark(_unpacked(_peekable(sys.stdin.buffer)))
        return
    with Path(path).open("rb", HEAD_BYTES) as raw:
        yield _without_mark(_unpacked(_peekable(raw)))


def head_of(file: BinaryIO) -> bytes:
    """Give the start of a file that `opened` gave, without moving on; empty where it is damaged."""
    try:
        return file.peek(HEAD_BYTES)[:HEAD_BYTES] if isinstance(file, io.BufferedReader) else b""
    except (OSError, *DAMAGED):
        return b""


def _peekable(file: object) -> io.BufferedReader:
    return file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast("io.RawIOBase", file), HEAD_BYTES)


def _unpacked(file: io.BufferedReader) -> io.BufferedReader:
    head = file.peek(8)[:8]
    unpack = next((unpack for magic, unpack in _PACKINGS.items() if head.startswith(magic)), None)
    return _peekable(unpack(file)) if unpack else file


def _zstd(file: BinaryIO) -> BinaryIO:
    for name in ("compression.zstd", "backports.zstd", "zstandard"):
        try:
            return cast("BinaryIO", import_module(name).open(file, "rb"))
        except ImportError:
            continue
    try:
        return cast("BinaryIO", import_module("pyarrow").CompressedInputStream(file, "zstd"))
    except ImportError:
        raise PackingError("packed with zstd, which this Python cannot unpack: use `zstd -d` first") from None


def _parquet(file: io.BufferedReader) -> BinaryIO:
    """Give the JSON lines that a Parquet history was made of; the code that reads it is loaded only now."""
    source = file if file.seekable() else io.BytesIO(file.read())
    try:
        stream = import_module("conformance.history.parquet.line_stream").LineStream(source)
    except ValueError as trouble:
        raise PackingError(str(trouble).removesuffix(".")) from trouble
    return cast("BinaryIO", stream)


_PACKINGS: dict[bytes, Callable[[io.BufferedReader], object]] = {
    b"\x1f\x8b": lambda file: gzip.open(file, "rb"),
    b"\x28\xb5\x2f\xfd": _zstd,
    b"PAR1": _parquet,
    b"BZh": lambda file: bz2.open(file, "rb"),
    b"\xfd7zXZ\x00": lambda file: lzma.open(file, "rb"),
}


def _without_mark(file: io.BufferedReader) -> BinaryIO:
    """Skip a byte order mark; bring UTF-16, as some shells write it, into UTF-8."""
    head = head_of(file)[:4]
    if head.startswith(codecs.BOM_UTF8):
        file.read(len(codecs.BOM_UTF8))
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = file.read()
        with contextlib.suppress(UnicodeDecodeError):
            data = data.decode("utf-16").encode()
        return _peekable(io.BytesIO(data))
    return file


def numbered_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    r"""Give each line that is not blank, with its number: lines end at ``\n`` alone, a ``\r`` before it is blank space.

    Raises:
        PackingError: the file is packed, and cut short or damaged.
    """
    with unpacking():
        for number, line in enumerate(file, 1):
            if not line.isspace():
                yield number, line


def read_bytes(path: Path | str) -> bytes:
    """Read a whole file: unpacked, as UTF-8 without a byte order mark.

    Raises:
        OSError: it cannot be read.
        PackingError: it is packed, and cannot be unpacked.
    """
    with unpacking(), opened(path) as file:
        return file.read()


@contextlib.contextmanager
def unpacking() -> Iterator[None]:
    """Raise what an unpacker raises as `PackingError`; errors of the file system stay as they are."""
    try:
        yield
    except DAMAGED as trouble:
        raise PackingError(f"packed, and cut short or damaged: {trouble}") from trouble
    except OSError as trouble:
        if trouble.errno is not None:
            raise
        raise PackingError(f"packed, and damaged: {trouble}") from trouble


def read_text(path: Path | str, *, what: str, remedy: str) -> str:
    """Read a text file that a user named, to be `what`: "a TOML file", "a run document".

    Raises:
        UsageError: it cannot be read, or is no text; says what it is instead, where that can be told.
    """
    try:
        data = read_bytes(path)
    except OSError as trouble:
        raise UsageError(f"{path} cannot be read: {trouble.strerror or trouble}.", remedy=remedy) from trouble
    except PackingError as trouble:
        raise UsageError(f"{path} cannot be read: it is {trouble}.", remedy=remedy) from trouble
    return text_of(data, path, what=what, remedy=remedy)


def text_of(data: bytes, path: Path | str, *, what: str, remedy: str) -> str:
    """Give the text that `data`, read from `path`, is.

    Raises:
        UsageError: it is none, or a known kind that `what` never is.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    kind = other_kind(data)
    if kind and not kind.startswith(what) and kind not in _VAGUE:
        raise UsageError(f"{path} is {kind}, not {what}.", remedy=remedy)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as trouble:
        line = data.count(b"\n", 0, trouble.start) + 1
        raise UsageError(f"{path} is not UTF-8 text (line {line}).", remedy=remedy) from trouble


_KINDS: tuple[tuple[str, bytes], ...] = (
    ("a ZIP archive", rb"PK(?:\x03\x04|\x05\x06|\x07\x08)"),
    ("a PDF document", rb"%PDF-"),
    ("a picture", rb"\x89PNG|GIF8|\xff\xd8\xff"),
    ("a SQLite database", rb"SQLite format 3"),
    ("a Parquet file", rb"PAR1"),
    ("an executable program", rb"\x7fELF|MZ"),
    ("a 7z archive", rb"7z\xbc\xaf"),
    ("an HTML page", rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b"),
    ("a JUnit report (XML)", rb"\s*(?:<\?xml[^>]*>\s*)?<testsuites?\b"),
    ("an XML document", rb"\s*<(?:\?xml|[a-z][\w.-]*[\s/>])"),
    ("a HAR recording of a browser or proxy", rb'\s*\{\s*"log"\s*:\s*\{'),
    ("a run document (report.json)", rb'\s*\{.*?"format"\s*:\s*"dds-conformance-report"'),
    ("a certificate", rb'\s*\{.*?"format"\s*:\s*"dds-conformance-certificate"'),
    (LEDGER, rb'\s*\{.*?"format"\s*:\s*"dds-conformance-ledger"'),
    (HISTORY, rb'\s*\{[^\n]*?"format"\s*:\s*"dds-conformance-history"'),
    ("an API description (OpenAPI)", rb'\s*(?:\{\s*"(?:openapi|swagger)"|(?:openapi|swagger)\s*:)'),
    ("a Postman collection", rb'\s*\{\s*"info"\s*:\s*\{[^}]*"_postman_id"'),
    ("a TOML file", rb"\s*(?:#[^\n]*\n\s*)*(?:\[\[?[\w.\"-]+\]\]?\s*(?:#[^\n]*)?\r?\n|[\w-]+ *= *[\"'\d\[{tf])"),
    ("a JSON array", rb"\s*\["),
)
"""What a file may be instead, and how each begins."""
_VAGUE = ("a TOML file", "a JSON array")
"""Kinds that many files look like: named only where nothing could be read."""
_PATTERNS = tuple((kind, re.compile(pattern, re.DOTALL | re.IGNORECASE)) for kind, pattern in _KINDS)


def other_kind(head: bytes) -> str:
    """Name what a file is that begins with `head`; "" where that cannot be told."""
    start = head[:HEAD_BYTES].removeprefix(codecs.BOM_UTF8)
    if start[257:262] == b"ustar":
        return "a tar archive"
    return next((kind for kind, pattern in _PATTERNS if pattern.match(start)), "")
