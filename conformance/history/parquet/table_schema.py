"""The columns of a Parquet history, and what its metadata says of it (docs/history.md)."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any, overload

from conformance.errors import UsageError
from conformance.model import Json

VERSION = 1
"""Of the columns and the metadata: a change that an older reader would misread raises it."""
FORMAT = "dds-conformance-history"
KEY = b"dds-conformance-history"
"""The key of the file's metadata under which what is said here stands, as JSON."""
BUCKETS = 64
"""Projects are spread over so many buckets: what may be judged apart from the rest."""
HEADER, BEGIN, UNFINISHED, OPERATION, END, CUT = "header", "begin", "unfinished", "operation", "end", "cut"
"""What a row is: a line of the history of that kind. An unfinished operation was announced, and its end never came."""
COLUMNS: Mapping[str, str] = {
    "line": "int64", "first": "int64", "kind": "string", "bucket": "int16", "project": "string", "upload": "string",
    "id": "string", "session": "string", "user": "string", "role": "string", "call": "string", "method": "string",
    "path": "string", "status": "int16", "answer": "string", "code": "string", "failure": "string", "a_ns": "int64",
    "b_ns": "int64", "phase": "string", "scenario": "string", "plan": "string", "raw": "binary",
}  # fmt: skip
"""The columns in their order, each with its Arrow type; `raw` is the line itself, without its newline."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was learned of a whole history while it was written, which no part of it shows.

    `linked` are projects that share something with others: an upload, an id, a url or a refused name. They, and what
    belongs to no project, are judged in one place. `algorithms` are the hash algorithms that storage providers named;
    `folders_deleted` says that somebody tried to delete a folder; `pages` counts answers that may be a firewall's.
    `lines` counts the lines, blank ones included.
    """

    linked: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()
    folders_deleted: bool = False
    pages: int = 0
    lines: int = 0

    def encoded(self) -> bytes:
        """Return the metadata of the file."""
        return json.dumps({"format": FORMAT, "version": VERSION, "buckets": BUCKETS, **asdict(self)}).encode()


@dataclass(frozen=True, slots=True)
class Described:
    """The metadata of a Parquet file, where it is a history of ours: its version and its facts."""

    version: int
    facts: Facts = field(default_factory=Facts)

    @classmethod
    def of(cls, metadata: Mapping[bytes, bytes] | None) -> Described | None:
        """Read the metadata; None where the file is no history of ours."""
        about: Json = json.loads((metadata or {}).get(KEY, b"null"))
        if not isinstance(about, dict) or about.get("format") != FORMAT:
            return None
        if about["version"] != VERSION:
            return cls(int(about["version"]))
        return cls(VERSION, Facts(
            tuple(about["linked"]), tuple(about["algorithms"]), about["folders_deleted"], about["pages"],
            about["lines"],
        ))  # fmt: skip


@overload
def storable(value: str) -> str: ...


@overload
def storable(value: None) -> None: ...


def storable(value: str | None) -> str | None:
    """Return a text as UTF-8 can hold it: half a surrogate pair, which JSON can, is written as an escape."""
    if value is None or value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def bucket_of(project: str) -> int:
    """Return the bucket of a project, the same in every process; 0 for what belongs to none."""
    return zlib.crc32(project.encode("utf-8")) % BUCKETS if project else 0


def arrow(name: str = "pyarrow") -> Any:
    """Return pyarrow, or a module of it, loaded only now.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as missing:
        remedy = "Install the extra: pip install 'dds-conformance[columnar]'; or use the history as JSON lines."
        raise UsageError("a Parquet history needs pyarrow, which is not installed.", remedy=remedy) from missing


def schema() -> Any:
    """Return the Arrow schema of the columns."""
    pa = arrow()
    return pa.schema([(name, getattr(pa, kind)()) for name, kind in COLUMNS.items()])
