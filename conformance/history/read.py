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
from conformance.history.input_files import HISTORY, PackingError, head_of, opened, other_kind, unpacking
from conformance.model import Failure, History, Operation, Role, Target

_FORMAT_REMEDY = "Give a history of this suite, or one in the deployed service's recorded form."


class _Watch:
    """What must hold between lines: ids are unique, a session speaks in sequence, the header first, the end last.

    Numbered ids (``worker-12``) cost one bit each, so that ten million operations stay small. Whoever keeps the
    operations anyway notes by them which have ended: `ends_twice` is asked then instead.
    """

    __slots__ = ("_bits", "_dashless", "_ended", "_ends_twice", "_last", "_others")

    def __init__(self, ends_twice: Callable[[Operation], bool] | None = None) -> None:
        self._ends_twice = ends_twice or self._was_heard_of
        self._bits: dict[str, bytearray] = {}
        self._dashless: dict[str, bytearray] = {}
        self._others: set[str] = set()
        self._last: dict[str, Operation] = {}
        self._ended = False

    def entry(self, entry: Entry, first: bool) -> None:  # noqa: FBT001 - a word for each line costs
        """Raise `Problem` if `entry` cannot stand where it stands."""
        if self._ended:
            raise Problem("something follows the end")
        if type(entry) is Operation:
            if self._ends_twice(entry):
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

    def _was_heard_of(self, operation: Operation) -> bool:
        """Note an id; say whether it was known already."""
        table, name = self._bits, operation.id
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
    ends_twice: Callable[[Operation], bool] | None = None,
) -> Iterator[Entry]:
    """Stream the entries of a history. A last line that a killed run cut short ends it, after calling `on_cut`.

    `on_unplaced` is called with the id of each operation, in a history without a header, that does not say whether it
    spoke to the API. `ends_twice` keeps an operation and says whether one of its id did before, for callers who
    keep them all.

    Raises:
        HistoryError: a line is not what it should be; names the line and the reason.
    """
    watch, decode = _Watch(ends_twice), Decoder()
    usual = decode.usual  # a call less for each line
    with contextlib.ExitStack() as stack:
        handle = _opened(stack, path)
        head = head_of(handle)
        first, stand = True, watch.entry
        stack.enter_context(_readable(path))
        for number, raw in enumerate(handle, 1):  # every line comes by here: a generator around it would be felt
            entry: Entry | None = usual(raw, number, decode.base)
            if entry is None and raw.isspace():
                continue
            try:
                entry = entry or decode.otherwise(raw, number)
                stand(entry, first)
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


@contextlib.contextmanager
def _readable(path: Path | str) -> Iterator[None]:
    """Raise what reading the lines of a file meets as `HistoryError`."""
    try:
        with unpacking():
            yield
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


class _Retained:
    """The operations of a history by their ids, in the order in which they were first spoken of, and how many ended."""

    __slots__ = ("announced", "by_id", "ended")

    def __init__(self) -> None:
        self.by_id: dict[str, Operation] = {}
        self.announced: set[str] = set()
        self.ended = 0

    def ends_twice(self, one: Operation) -> bool:
        """Keep an operation that ended; say whether one of its id did before."""
        if self.by_id.setdefault(one.id, one) is not one:
            if one.id not in self.announced:
                return True
            self.announced.discard(one.id)
            self.by_id[one.id] = one
        if one.exchange.failure is not Failure.KILLED:
            self.ended += 1
        return False

    def announce(self, one: Operation) -> None:
        """Keep an operation whose end may never come."""
        if one.id not in self.by_id:
            self.by_id[one.id] = one
            self.announced.add(one.id)


def _read(path: Path | str) -> History:
    retained, unplaced = _Retained(), set[str]()
    header: Header | None = None
    end: End | None = None
    cut: list[bool] = []
    for entry in lines(path, lambda: cut.append(True), unplaced.add, retained.ends_twice):
        if type(entry) is Begun:
            retained.announce(entry.operation)
        elif type(entry) is Header:
            header = entry
        elif type(entry) is End:
            end = entry
    operations = tuple(retained.by_id.values())
    if header is None:
        return _without_header(operations, unplaced, complete=not cut)
    whole = end is not None and not end.interrupted and not cut and retained.ended >= end.operations
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
