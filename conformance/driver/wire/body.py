"""A body from an unknown sender, read within bounds: octets counted and hashed, JSON only where it is safe JSON."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn, Protocol

import msgspec

from conformance.model import Failure, Json, Octets

TEXT_RETAINED = 2048
"""Characters kept of a text that is not JSON."""
DEEPEST = 64
"""Levels of nesting that an answer may have; no documented one has ten."""
_UNPACK = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_decode, _encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode


class Blocks(Protocol):
    """Bytes to be sent that are made meanwhile: a large part is never whole in memory."""

    @property
    def size(self) -> int:
        """Return how many bytes they are."""

    @property
    def md5(self) -> str:
        """Return their MD5 in hexadecimal."""

    def __iter__(self) -> Iterator[bytes]:
        """Make them, a block at a time, each time from the beginning."""


@dataclass(frozen=True, slots=True)
class Body:
    """What was read. `data` is None when it was only hashed; `failure` says why it is not whole."""

    octets: Octets
    start: bytes = b""
    data: bytes | None = None
    failure: Failure | None = None
    notes: tuple[tuple[str, Json], ...] = ()

    def text(self, redact: Callable[[str], str]) -> str:
        """Give the start of the body as text, redacted; "" when it is none."""
        return text_of(self.start, redact)


class _Collector:
    """Counts, hashes and, up to the bound, keeps."""

    def __init__(self, bound: int, *, keep: bool) -> None:
        self.bound = bound
        self.size = 0
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.retained = bytearray()
        self._most = bound if keep else TEXT_RETAINED * 4

    def add(self, data: bytes) -> bool:
        """Take `data` in; False when the bound is passed."""
        self.size += len(data)
        self.md5.update(data)
        if len(self.retained) < self._most:
            self.retained += data[: self._most - len(self.retained)]
        return self.size <= self.bound


def read(pieces: Iterable[bytes], *, encoding: str, bound: int, keep: bool) -> Body:
    """Read `pieces` to their end or to `bound` bytes, unpacked; raise what the wire raises."""
    collector = _Collector(bound, keep=keep)
    names = [name.strip().lower() for name in encoding.split(",") if name.strip().lower() not in ("", "identity")]
    if len(names) > 1 or (names and names[0] not in _UNPACK):
        failure = _drain(pieces, collector)
        return _body(collector, failure or Failure.CUT, keep=False, note=f"unknown content encoding {encoding[:40]!r}")
    unpacker = _Unpacker(_UNPACK[names[0]], bound) if names else None
    try:
        failure = _drain(unpacker.pieces(pieces) if unpacker else pieces, collector)
    except zlib.error:
        return _body(collector, Failure.CUT, keep=False, note="the body cannot be unpacked")
    if unpacker and failure is None and not unpacker.whole and collector.size:
        return _body(collector, Failure.CUT, keep=False, note="the packed body ends too early")
    return _body(collector, failure, keep=keep)


def whole(data: bytes, *, keep: bool) -> Body:
    """Return a body that has come as a whole, within its bound and unpacked."""
    return Body(octets_of(data), data[: TEXT_RETAINED * 4], data if keep else None)


def _drain(pieces: Iterable[bytes], collector: _Collector) -> Failure | None:
    return None if all(collector.add(piece) for piece in pieces) else Failure.TOO_LARGE


class _Unpacker:
    """Unpacks step by step, so that a bomb is noticed at the bound and not after it."""

    def __init__(self, window_bits: int, bound: int) -> None:
        self._stream = zlib.decompressobj(window_bits)
        self._step = min(bound + 1, 1 << 20)

    @property
    def whole(self) -> bool:
        """Whether the packed stream came to its own end."""
        return self._stream.eof

    def pieces(self, packed: Iterable[bytes]) -> Iterator[bytes]:
        """Give what is in `packed`; raise zlib.error for what is not packed at all."""
        for piece in packed:
            data = piece
            while data and not self._stream.eof:
                yield self._stream.decompress(data, self._step)
                data = self._stream.unconsumed_tail


def _body(collector: _Collector, failure: Failure | None, *, keep: bool, note: str = "") -> Body:
    octets = Octets(collector.size, collector.md5.hexdigest())
    data = bytes(collector.retained) if keep and failure is None else None
    start = bytes(collector.retained[: TEXT_RETAINED * 4])
    return Body(octets, start, data, failure, (("body", note),) if note else ())


def text_of(data: bytes, redact: Callable[[str], str]) -> str:
    """Give the start of a text, redacted before it is shortened, so that no secret is left in half; "" for no text."""
    text = data[: TEXT_RETAINED * 4].decode("utf-8", "replace")
    if any(char == "\ufffd" or (char < " " and char not in "\t\r\n") for char in text[: TEXT_RETAINED // 2]):
        return ""
    return redact(text)[:TEXT_RETAINED]


class _NotJsonError(ValueError):
    """Why bytes are not JSON that may be handled."""


def json_of(data: bytes) -> tuple[Json, dict[str, Json]]:
    """Parse strict JSON (UTF-8, finite numbers, shallow); raise ValueError with the reason otherwise.

    Duplicate names are kept at their last value and reported in the notes, as are lone surrogates, which are replaced:
    no file could hold them.
    """
    if data.count(b"[") + data.count(b"{") <= DEEPEST:
        with contextlib.suppress(ValueError, OverflowError):  # what the decoder or the encoder refuses
            value = _decode(data)
            if _encode(value) == data:  # nothing in it is doubled, rounded or replaced
                return value, {}
    return _strict(data)


def _strict(data: bytes) -> tuple[Json, dict[str, Json]]:
    notes: dict[str, Json] = {}

    def pairs(items: list[tuple[str, Json]]) -> dict[str, Json]:
        built = dict(items)
        if len(built) != len(items):
            seen: set[str] = set()
            doubled = sorted({name for name, _ in items if name in seen or seen.add(name)})  # type: ignore[func-returns-value]  # add gives None
            notes["duplicate_names"] = doubled[:10]
        return built

    try:
        text = data.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=_refuse, parse_float=_finite)
    except UnicodeDecodeError as trouble:
        raise _NotJsonError("not UTF-8") from trouble
    except RecursionError as trouble:
        raise _NotJsonError("nested too deeply") from trouble
    if text.count("[") + text.count("{") > DEEPEST:
        _refuse_depth(value)
    if "\\ud" in text or "\\uD" in text:
        dumped = json.dumps(value, ensure_ascii=False)
        mended = dumped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if mended != dumped:
            notes["lone_surrogates"] = True
            value = json.loads(mended)
    return value, notes


def _refuse_depth(value: Json) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = (
            [
                inner
                for outer in level
                for inner in (outer.values() if isinstance(outer, dict) else outer)
                if isinstance(inner, dict | list)
            ]
            if isinstance(level[0], dict | list)
            else []
        )
        if not level:
            return
    raise _NotJsonError(f"nested deeper than {DEEPEST} levels")


def _refuse(name: str) -> NoReturn:
    raise _NotJsonError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _NotJsonError("a number is beyond every bound")
    return number


def octets_of(data: bytes | Blocks, text: str = "") -> Octets:
    """Give bytes as their length and MD5."""
    if not isinstance(data, bytes):
        return Octets(data.size, data.md5, text)
    return Octets(len(data), hashlib.md5(data, usedforsecurity=False).hexdigest(), text)
