"""Histories read: what must hold between their lines, and a whole one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from conformance.api.routes import base_of, below, likely_base
from conformance.errors import HistoryError
from conformance.history.collector import collector_away
from conformance.history.decode import Decoder, Problem, is_whole
from conformance.history.entries import Begun, End, Entry, Header
from conformance.history.input_files import HISTORY, PackingError, head_of, numbered_lines, opened, other_kind
from conformance.model import Failure, History, Operation, Role, Target

_FORMAT_REMEDY = "Give a history of this suite, or one in the deployed service's recorded form."


class _Watch:
    """What must hold between lines: ids are unique, a session speaks in sequence, the header first, the end last.

    Numbered ids (``worker-12``) cost one bit each, so that ten million operations stay small. Whoever keeps the
    operations anyway knows which of them have ended: `has_ended` is asked then instead.
    """

    __slots__ = ("_bits", "_dashless", "_ended", "_has_ended", "_last", "_others")

    def __init__(self, has_ended: Callable[[str], bool] | None = None) -> None:
        self._has_ended = has_ended or self._unheard_of
        self._bits: dict[str, bytearray] = {}
        self._dashless: dict[str, bytearray] = {}
        self._others: set[str] = set()
        self._last: dict[str, Operation] = {}
        self._ended = False

    def entry(self, entry: Entry, *, first: bool) -> None:
        """Raise `Problem` if `entry` cannot stand where it stands."""
        if self._ended:
            raise Problem("something follows the end")
        if type(entry) is Operation:
            if self._has_ended(entry.id):
                raise Problem(f"the id {entry.id!r} occurs twice")
            last = self._last.get(entry.session)
            if last is None or entry.b_ns is None or entry.a_ns < last.b_ns:  # type: ignore[operator]  # see below
                self._sequential(entry, last)
            else:
                self._last[entry.session] = entry
        elif type(entry) is End:
            self._ended = True
        elif type(entry) is Header and not first:
            raise Problem("a second header")

    def _unheard_of(self, name: str) -> bool:
        """Note an id; say whether it was known already."""
        table = self._bits
        stem, dash, digits = name.rpartition("-")
        if not dash:
            table, stem = self._dashless, name.rstrip("0123456789")
            digits = name[len(stem) :]
        if not digits.isdigit() or len(digits) > 8 or digits[0] == "0" or not digits.isascii():
            known = name in self._others
            self._others.add(name)
            return known
        number = int(digits)
        byte, bit = number >> 3, 1 << (number & 7)
        bits = table.get(stem)
        if bits is None:
            bits = table[stem] = bytearray()
        if byte >= len(bits):
            bits.extend(bytes(byte + 1 - len(bits) + len(bits) // 2))
        known = bool(bits[byte] & bit)
        bits[byte] |= bit
        return known

    def _sequential(self, operation: Operation, last: Operation | None) -> None:
        b, session = operation.b_ns, operation.session
        if b is None:
            return
        if last is None:
            self._last[session] = operation
            return
        until: int = last.b_ns  # type: ignore[assignment]  # only what ended is remembered
        if operation.a_ns < until and b > last.a_ns:
            raise Problem(
                f"two ended operations of session {session!r} overlap: this one began at {operation.a_ns} ns, "
                f"before {last.id} ended at {until} ns"
            )
        if b >= until:
            self._last[session] = operation


def lines(
    path: Path | str,
    on_cut: Callable[[], None] | None = None,
    on_unplaced: Callable[[str], None] | None = None,
    has_ended: Callable[[str], bool] | None = None,
) -> Iterator[Entry]:
    """Stream the entries of a history. A last line that a killed run cut short ends it, after calling `on_cut`.

    `on_unplaced` is called with the id of each operation, in a history without a header, that does not say whether it
    spoke to the API. `has_ended` says of an id whether it is that of an operation given before as one that ended, for
    callers who keep them all.

    Raises:
        HistoryError: a line is not what it should be; names the line and the reason.
    """
    watch, decode = _Watch(has_ended), Decoder()
    usual = decode.usual  # a call less for each line
    with contextlib.ExitStack() as stack:
        handle = _opened(stack, path)
        head = head_of(handle)
        first = True
        for number, raw in _lines(handle, path):
            try:
                entry = usual(raw, number, decode.base) or decode.otherwise(raw, number)
                watch.entry(entry, first=first)
            except (Problem, UnicodeDecodeError) as problem:
                if not raw.endswith(b"\n") and not first and not is_whole(raw):
                    if on_cut:
                        on_cut()
                    return
                reason = _reason(problem, path, other_kind(head) if first else "")
                raise HistoryError(reason, line=number, remedy=_FORMAT_REMEDY if first else "") from problem
            first = False
            if type(entry) is Header:
                decode.base = base_of(entry.target.base_url)
                on_unplaced = None
            elif on_unplaced and type(entry) is Operation and b'"role"' not in raw:
                on_unplaced(entry.id)
            yield entry


def _reason(problem: Problem | UnicodeDecodeError, path: Path | str, kind: str) -> str:
    """Say what is wrong with a line, and with a first one also what the file is instead, if that can be told."""
    said = f"not UTF-8 at byte {problem.start + 1}" if isinstance(problem, UnicodeDecodeError) else str(problem)
    return f"{said}; {path} is {kind}." if kind and kind != HISTORY else f"{said}."


def _opened(stack: contextlib.ExitStack, path: Path | str) -> BinaryIO:
    try:
        return stack.enter_context(opened(path))
    except OSError as trouble:
        raise HistoryError(f"{path}: {trouble.strerror or trouble}.", remedy=_FORMAT_REMEDY) from trouble
    except PackingError as trouble:
        raise HistoryError(f"{path} is {trouble}.", remedy=_FORMAT_REMEDY) from trouble


def _lines(handle: BinaryIO, path: Path | str) -> Iterator[tuple[int, bytes]]:
    try:
        yield from numbered_lines(handle)
    except OSError as trouble:
        raise HistoryError(f"{path}: {trouble.strerror or trouble}.") from trouble
    except PackingError as trouble:
        raise HistoryError(f"{path} is {trouble}.", remedy="Unpack it by hand, and judge what is left.") from trouble


def read(path: Path | str) -> History:
    """Read a whole history; an operation without its end is kept as killed, hence indeterminate.

    Raises:
        HistoryError: a line is not what it should be; names the line and the reason.
    """
    with collector_away():
        return _read(path)


def _read(path: Path | str) -> History:
    retained: dict[str, Operation] = {}
    announced: set[str] = set()
    header: Header | None = None
    end: End | None = None
    cut: list[bool] = []
    unplaced: set[str] = set()
    ended = 0

    def has_ended(name: str) -> bool:
        return name in retained and name not in announced

    for entry in lines(path, lambda: cut.append(True), unplaced.add, has_ended):
        if type(entry) is Operation:
            retained[entry.id] = entry
            if entry.exchange.failure is not Failure.KILLED:
                ended += 1
            announced.discard(entry.id)
        elif type(entry) is Begun:
            if entry.operation.id not in retained:
                retained[entry.operation.id] = entry.operation
                announced.add(entry.operation.id)
        elif type(entry) is Header:
            header = entry
        elif type(entry) is End:
            end = entry
    operations = tuple(retained.values())
    if header is None:
        return _without_header(operations, unplaced, complete=not cut)
    whole = end is not None and not end.interrupted and not cut and ended >= end.operations
    watched = header.fields.get("watched") is True  # other people's traffic, of which some may have passed elsewhere
    return History(operations, header.target, complete=whole, recorded=watched, header=header.fields)


def _without_header(operations: tuple[Operation, ...], unplaced: set[str], *, complete: bool) -> History:
    if not operations:
        raise HistoryError("the history is empty.", remedy=_FORMAT_REMEDY)
    base = likely_base((one.exchange.method, one.exchange.path) for one in operations)
    placed = tuple(_placed(one, base, unplaced) for one in operations) if unplaced else operations
    return History(placed, _guess_target(placed, base), complete=complete, recorded=True)


def _placed(operation: Operation, base: str, unplaced: set[str]) -> Operation:
    """Return an operation that does not say whom it spoke to as what its path says, below the base that was found."""
    exchange = operation.exchange
    if operation.id not in unplaced:
        return operation
    role = Role.STORAGE if below(exchange.path, base) is None else Role.API
    return operation if role is exchange.role else replace(operation, exchange=replace(exchange, role=role))


def _guess_target(operations: tuple[Operation, ...], base: str) -> Target:
    spoken = (operation.exchange for operation in operations if operation.exchange.role is Role.API)
    host = next((exchange.host for exchange in spoken if exchange.host), "unknown")
    return Target(base_url=f"http://{host}{base}")
