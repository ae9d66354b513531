"""A history from JSON lines to Parquet, line by line, and back: nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from conformance.api.classifier import Classifier
from conformance.api.gateways import is_suspect
from conformance.api.routes import BASE
from conformance.errors import HistoryError
from conformance.history.encode import encode, encode_end, encode_header
from conformance.history.entries import Begun, End, Entry, Header
from conformance.history.input_files import PackingError, numbered_lines, opened
from conformance.history.parquet.homes import Homes
from conformance.history.parquet.table_schema import BEGIN, CUT, END, HEADER, OPERATION, UNFINISHED, Facts, storable
from conformance.history.parquet.table_writer import HELD_BYTES, TableWriter, row_of, row_of_operation, writing
from conformance.history.read import lines
from conformance.model import Failure, History, Operation, Target

Numbered = tuple[int, bytes, Entry | None]
"""A line's number, the line without its newline, and its entry; None for a last line that was cut short."""


@dataclass(slots=True)
class Rows:
    """Turns entries into rows; an announcement waits for its operation, so that both are at home in one place."""

    writer: TableWriter
    _classify: Classifier = field(default_factory=lambda: Classifier(Target(base_url=BASE)))
    _homes: Homes = field(default_factory=Homes)
    _begun: dict[str, tuple[int, bytes, Operation]] = field(default_factory=dict)
    _pages: int = 0
    _lines: int = 0

    def take(self, number: int, raw: bytes, entry: Entry | None) -> None:
        """Take one line."""
        self._lines = number
        if isinstance(entry, Operation):
            self._operation(number, raw, entry)
        elif isinstance(entry, Begun):
            if entry.operation.id in self._begun:  # announced twice: the first one stands
                self.writer.add(row_of(raw, number, BEGIN))
            else:
                self._begun[entry.operation.id] = number, raw, entry.operation
        elif isinstance(entry, Header):
            self._classify = Classifier(entry.target)
            self.writer.add(row_of(raw, number, HEADER))
        else:
            self.writer.add(row_of(raw, number, END if isinstance(entry, End) else CUT))

    def _operation(self, number: int, raw: bytes, one: Operation) -> None:
        of = self._classify(one)
        self._pages += is_suspect(one.exchange, self._classify.base)
        home = self._homes.take(one, of)
        begun = self._begun.pop(one.id, None)
        first = begun[0] if begun else number
        self.writer.add(row_of_operation(raw, one, of, home, line=number, first=first, kind=OPERATION))
        if begun:
            line, text, asked = begun
            self.writer.add(row_of_operation(text, asked, of, home, line=line, first=first, kind=BEGIN))

    def facts(self) -> Facts:
        """Write what never ended, and return what was learned of the whole."""
        for number, raw, one in self._begun.values():
            of = self._classify(one)
            home = self._homes.take(one, of)
            self.writer.add(row_of_operation(raw, one, of, home, line=number, first=number, kind=UNFINISHED))
        homes = self._homes
        linked = tuple(sorted(storable(name) for name in homes.linked if name))
        algorithms = tuple(sorted(homes.algorithms))
        return Facts(linked, algorithms, homes.folders_deleted, self._pages, self._lines)


def _numbered(path: Path) -> Iterator[Numbered]:
    """Yield the lines of a file with their entries, each judged as `read` judges it."""
    entries = lines(path)
    try:
        with opened(path) as file:
            for number, raw in numbered_lines(file):
                yield number, raw.rstrip(b"\n"), next(entries, None)
    except (OSError, PackingError) as trouble:
        raise HistoryError(f"{path}: {getattr(trouble, 'strerror', None) or trouble}.") from trouble


def write_parquet(numbered: Iterable[Numbered], path: Path, *, held_bytes: int = HELD_BYTES) -> Facts:
    """Write lines as Parquet; return what was learned of the whole history."""
    with writing(path, held_bytes=held_bytes) as writer:
        rows = Rows(writer)
        for number, raw, entry in numbered:
            rows.take(number, raw, entry)
        facts = rows.facts()
        writer.close(facts)
    return facts


def convert_lines(source: Path, path: Path, *, held_bytes: int = HELD_BYTES) -> Facts:
    """Write the JSON lines of `source`, packed or not, as Parquet to `path`.

    Raises:
        HistoryError: a line is not what it should be; `path` is then not written.
        UsageError: pyarrow is not installed.
    """
    return write_parquet(_numbered(source), path, held_bytes=held_bytes)


def convert_history(history: History, path: Path) -> Facts:
    """Write a history that was read already as Parquet: its operations, between a header and an end of their own."""
    return write_parquet(_encoded(history), path)


def _encoded(history: History) -> Iterator[Numbered]:
    yield 1, encode_header(history.target, dict(history.header)).rstrip(b"\n"), Header(history.header, history.target)
    number = 1
    for number, one in enumerate(history.operations, 2):
        yield number, encode(one).rstrip(b"\n"), one
    ended = sum(one.exchange.failure is not Failure.KILLED for one in history.operations)
    end = End(ended, interrupted=not history.complete)
    yield number + 1, encode_end(end.operations, interrupted=end.interrupted, ended="").rstrip(b"\n"), end


def convert_parquet(source: Path, path: Path) -> None:
    """Write a Parquet history as the JSON lines that it was made of.

    Raises:
        HistoryError: it cannot be read.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with opened(source) as file, unfinished.open("wb") as out:
            for block in iter(lambda: file.read(1 << 20), b""):
                out.write(block)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
