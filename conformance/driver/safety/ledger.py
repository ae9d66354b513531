"""What a run created, on disk before it is sent: the one list of what may ever be deleted."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from conformance.driver.recorder import LineFile
from conformance.errors import UsageError
from conformance.history.input_files import LEDGER, PackingError, other_kind, read_bytes
from conformance.history.redact import Redactor
from conformance.model import Exchange, Json, Octets

FORMAT = "dds-conformance-ledger"
VERSION = 1
CREATES: Mapping[str, str] = {
    "create_project": "project",
    "create_upload": "upload",
    "create_file": "file",
    "create_folder": "folder",
}
"""The calls that make something, and what they make."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a run created, or tried to. `id` is empty while no answer gave it; `gone` when it was removed.

    `answer` is what came instead of an id: a status, or the failure of the attempt; empty when nothing is known. `bare`
    is a create whose body had no fields at all, and so no name.
    """

    key: str
    kind: str
    name: str = ""
    description: str = ""
    id: str = ""
    within: str = ""
    user: str = "owner"
    answer: str = ""
    bare: bool = False
    refused: bool = False
    gone: bool = False


class Ledger:
    """Appends for one process of a run; every process of the run appends to the same file."""

    def __init__(self, path: Path, *, run_id: str, base_url: str) -> None:
        self.path = path
        self._file = LineFile(path)
        self.redact = Redactor()
        self.run_id = run_id
        self._write({"format": FORMAT, "version": VERSION, "run_id": run_id, "base_url": base_url})

    def intend(self, key: str, kind: str, asked: Exchange, within: str = "") -> None:
        """Write that a create is about to be sent; raise RecordError when it cannot be kept: then it is not sent."""
        fields = _asked_fields(asked)
        named = {name: fields[name] for name in ("name", "description") if isinstance(fields.get(name), str)}
        bare = {"bare": True} if not fields else {}
        self._write(
            {"create": kind, "key": key, "within": within, "user": asked.user, **named, **bare},
            durable=kind == "project",
        )

    def made(self, key: str, identity: str) -> None:
        """Write the id that the target gave."""
        self._write({"made": key, "id": identity})

    def refused(self, key: str) -> None:
        """Write that the target made nothing of it, or that it was never sent."""
        self._write({"refused": key})

    def answered(self, key: str, answer: str) -> None:
        """Write what came instead of an id: whether it was made is not known."""
        self._write({"answered": key, "answer": answer})

    def gone(self, key: str) -> None:
        """Write that it was removed, as seen."""
        self._write({"gone": key})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, fields: Mapping[str, Json], *, durable: bool = False) -> None:
        """Append; `durable` for what holds everything else, so that not even a power cut loses it."""
        self._file.write(self.redact.line(json.dumps(fields)).encode() + b"\n", durable=durable)


def _asked_fields(asked: Exchange) -> Mapping[str, Json]:
    """Give the fields of a create, also of one that was sent as a form or as odd octets."""
    if not isinstance(asked.request, Octets):
        return asked.request if isinstance(asked.request, dict) else {}
    with contextlib.suppress(ValueError, RecursionError):
        fields = json.loads(asked.request.text)
        return fields if isinstance(fields, dict) else {}
    return dict(parse_qsl(asked.request.text))


@dataclass(frozen=True, slots=True)
class Account:
    """A ledger as read: the run and target it belongs to, and every entry in the order of creation."""

    run_id: str
    base_url: str
    entries: tuple[Entry, ...]

    @property
    def open(self) -> tuple[Entry, ...]:
        """The projects that may still be there: everything else stands inside them."""
        return tuple(entry for entry in self.entries if entry.kind == "project" and not (entry.gone or entry.refused))


def begun(path: Path) -> bool:
    """Whether anything may have been created: the file has a whole line."""
    return path.exists() and b"\n" in path.read_bytes()


def read(path: Path) -> Account:
    """Read a ledger; a last line that a killed run cut short is left out, for its create was never sent.

    Raises:
        UsageError: the file is no ledger, or a line in its middle is damaged.
    """
    remedy = "Name the ledger of a run."
    try:
        data = read_bytes(path)
    except OSError as trouble:
        raise UsageError(f"{path} cannot be read: {trouble.strerror}.", remedy=remedy) from trouble
    except PackingError as trouble:
        raise UsageError(f"{path} is {trouble}.", remedy=remedy) from trouble
    if (kind := other_kind(data)) and kind != LEDGER:
        raise UsageError(f"{path} is {kind}, not {LEDGER}.", remedy="Name DIR/ledger.jsonl.")
    lines = data.split(b"\n")
    header: dict[str, Json] = {}
    entries: dict[str, Entry] = {}
    for number, line in enumerate(lines[:-1], 1):
        if not line.strip():
            continue
        fields = _fields(line, number, path)
        if "format" in fields:
            header = _header(fields, header, path)
        else:
            _enter(entries, fields)
    if not header:
        cut = "" if len(lines) > 1 else ", or of one that was killed before it created anything"
        raise UsageError(f"{path} is no ledger of a run{cut}.", remedy="Name DIR/ledger.jsonl.")
    return Account(str(header["run_id"]), str(header["base_url"]), tuple(entries.values()))


def _fields(line: bytes, number: int, path: Path) -> dict[str, Json]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as trouble:
        raise UsageError(f"{path}, line {number}, is damaged.", remedy="Mend or remove that line.") from trouble
    if not isinstance(fields, dict):
        raise UsageError(f"{path} is no ledger of a run.", remedy="Name DIR/ledger.jsonl.")
    return fields


def _header(fields: dict[str, Json], before: dict[str, Json], path: Path) -> dict[str, Json]:
    if fields.get("format") != FORMAT or fields.get("version") != VERSION:
        raise UsageError(f"{path} is no ledger that this version reads.", remedy="Name DIR/ledger.jsonl.")
    if before and before["run_id"] != fields["run_id"]:
        raise UsageError(f"{path} holds several runs.", remedy="Give each run a report directory of its own.")
    return fields


def _enter(entries: dict[str, Entry], fields: dict[str, Json]) -> None:
    if "create" in fields:
        entries[fields["key"]] = Entry(
            key=fields["key"],
            kind=fields["create"],
            name=fields.get("name", ""),
            description=fields.get("description", ""),
            within=fields.get("within", ""),
            user=fields.get("user") or "",
            bare=fields.get("bare") is True,
        )
        return
    for word, change in (
        ("made", {"id": fields.get("id", "")}),
        ("answered", {"answer": fields.get("answer", "")}),
        ("refused", {"refused": True}),
        ("gone", {"gone": True}),
    ):
        if word in fields and fields[word] in entries:
            old = entries[fields[word]]
            values = {name: getattr(old, name) for name in Entry.__slots__}
            entries[fields[word]] = Entry(**{**values, **change})
