"""The cheap road: plain HTTP/1.1 whose answers are neat is read here, everything else by the general transport.

Neat is a head in one piece, of well-formed lines, whose body has a length. Whatever is anything else goes through
httpcore with the bytes that came already, so that no answer is ever read otherwise than httpcore reads it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import urlsplit

import httpcore
import httpx

from conformance.driver.wire.attempt import Limits, Reply, retained, within
from conformance.driver.wire.body import whole
from conformance.driver.wire.stream import END_OF_HEAD, Wire
from conformance.driver.wire.transport import KEEP_ALIVE_S, Asked, Transport

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_VALUE = rb"[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?"
_NAME, _WORDS, _TARGET = re.compile(_TOKEN), re.compile(rb"(?:%s)?" % _VALUE), re.compile(rb"[\x21-\x7e]+")
_STATUS = re.compile(rb"HTTP/1\.1 ([2-5][0-9]{2})(?: [\t\x20-\x7e]*)?")
_LINE = re.compile(rb"(%s):[ \t]*(%s)?[ \t]*" % (_TOKEN, _VALUE))
_LENGTH = re.compile(rb"[0-9]{1,15}")
_BODILESS = frozenset({204, 304})
_WITH_BODIES = frozenset({b"POST", b"PUT", b"PATCH"})
_ENDING = frozenset({b"transfer-encoding", b"connection", b"upgrade"})
_OF_THE_CONNECTION = _ENDING | {b"host", b"content-length", b"expect"}
PIECE = 1 << 16

Head = tuple[int, list[tuple[bytes, bytes]], int]
"""Status, headers by their names in lower case, and the length of the body."""


class NeatTransport(Transport):
    """One connection over one wire, without TLS and without a proxy."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire, None)
        self._wire = wire
        self._stream: httpcore.NetworkStream | None = None
        self._until = 0.0
        self._handed_over = False

    def attempted(self, asked: Asked, wire: Wire, limits: Limits) -> Reply:
        """Send once; what is not neat goes the general way, as a whole or from its answer on."""
        head = None if self._handed_over else _asked(asked)
        if head is None or limits.cut_after_s is not None:
            self._drop()  # one connection at a time: some targets serve no second one, and the wire knows the latest
            return super().attempted(asked, wire, limits)
        return within(limits, wire, lambda: self._answer(asked, head, limits))

    def close(self) -> None:
        """Close every connection."""
        self._drop()
        super().close()

    def _answer(self, asked: Asked, head: bytes, limits: Limits) -> httpx.Response | Reply:
        try:
            return self._sent(asked, head, limits)
        except BaseException:
            self._drop()
            raise

    def _sent(self, asked: Asked, head: bytes, limits: Limits) -> httpx.Response | Reply:
        silence_s = asked.silence_s
        stream = self._connected(asked, silence_s)
        try:
            stream.write(head, silence_s)
        except httpcore.WriteError:
            self._wire.spoil()  # an answer may have come before all was taken; nothing more may be asked here
        start = stream.read(PIECE, silence_s)
        b_ns = time.monotonic_ns()
        front, end, body = start.partition(END_OF_HEAD)
        found = _head(front) if end else None
        if found is None:
            return self._handed_on(asked.request(), stream, start)
        status, headers, length = found
        self._until = time.monotonic() + KEEP_ALIVE_S
        if len(body) == length <= limits.body_bytes and _is_simple(front, headers):
            trip = self._wire.trip
            texts = retained([(name.decode(), value.decode()) for name, value in headers])
            return Reply(b_ns, status, texts, whole(body, keep=limits.keep), sent=trip.sent, received=trip.received)
        return httpx.Response(status, headers=headers, stream=_Body(self, stream, body, length, silence_s))

    def _connected(self, asked: Asked, timeout: float | None) -> httpcore.NetworkStream:
        if self._stream is not None:
            if time.monotonic() < self._until and not self._stream.get_extra_info("is_readable"):
                return self._stream
            self._drop()
        self._pool.close()
        place = urlsplit(str(asked.url))
        self._stream = self._wire.connect_tcp(place.hostname or "", place.port or 80, timeout)
        return self._stream

    def _handed_on(self, request: httpx.Request, stream: httpcore.NetworkStream, start: bytes) -> httpx.Response:
        """Let httpcore read an answer that is not neat, its first bytes again, and all that follows on this road.

        Its pool takes the connection over: a target that answers in chunks is not dialled anew for each request.
        """
        self._handed_over, self._stream = True, None
        self._wire.offer(_Again(stream, start))
        try:
            return self.handle_request(request)
        finally:
            self._wire.offer(None)

    def _drop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def done(self, *, whole: bool) -> None:
        """Take it that a body was read, or will not be: the target need not go on sending it."""
        if not whole:
            self._drop()


class _Body(httpx.SyncByteStream):
    def __init__(
        self, road: NeatTransport, stream: httpcore.NetworkStream, body: bytes, length: int, timeout: float | None
    ) -> None:
        self._road, self._stream, self._body = road, stream, body
        self._left, self._timeout = length, timeout

    def __iter__(self) -> Iterator[bytes]:
        data = self._body
        while self._left:
            if taken := data[: self._left]:
                self._left -= len(taken)
                yield taken
            if self._left and not (data := self._stream.read(PIECE, self._timeout)):
                raise httpcore.RemoteProtocolError("peer closed connection without sending complete message body")

    def close(self) -> None:
        self._road.done(whole=not self._left)


class _Again(httpcore.NetworkStream):
    """Gives bytes that were read once more; what is written before that was sent already."""

    def __init__(self, stream: httpcore.NetworkStream, start: bytes) -> None:
        self._stream, self._start = stream, start
        self._fresh = True

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._fresh:
            self._fresh = False
            return self._start
        return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not self._fresh:
            self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _asked(asked: Asked) -> bytes | None:
    """Return a request as bytes, its body behind it; None where the general transport should send it, or refuse to."""
    method, data = asked.method.upper().encode("ascii", "replace"), asked.data or b""
    names = {name.lower() for name, _ in asked.headers}
    if method == b"HEAD" or not isinstance(data, bytes) or names & _OF_THE_CONNECTION:
        return None
    if not _ends_no_line(method, asked):
        return None
    lines = [b"%s %s HTTP/1.1\r\nHost: %s\r\n" % (method, asked.target, asked.url.netloc)]
    if not data and method in _WITH_BODIES:
        lines.append(b"Content-Length: 0\r\n")
    lines += [b"%s: %s\r\n" % pair for pair in asked.headers]
    if data:
        lines.append(b"Content-Length: %d\r\n" % len(data))
    return b"".join((*lines, b"\r\n", data))


def _ends_no_line(method: bytes, asked: Asked) -> bool:
    """Whether nothing in a request ends a line: each piece by itself, or one would add a header of its own."""
    first = (_NAME.fullmatch(method), _TARGET.fullmatch(asked.target), _TARGET.fullmatch(asked.url.netloc))
    return all(first) and all(_NAME.fullmatch(name) and _WORDS.fullmatch(value) for name, value in asked.headers)


def _head(front: bytes) -> Head | None:
    """Read the head of an answer; None unless it is neat."""
    first, *lines = front.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    headers = [one for one in map(_line, lines) if one]
    if status is None or len(headers) < len(lines):
        return None
    code = int(status[1])
    lengths, others = _framing(headers)
    if others or not all(map(_LENGTH.fullmatch, lengths)) or len(lengths) > 1:
        return None
    if code in _BODILESS:
        return code, headers, 0
    return (code, headers, int(lengths[0])) if lengths else None


@lru_cache(maxsize=2048)
def _line(line: bytes) -> tuple[bytes, bytes] | None:
    """Read one header, its name in lower case; None unless it is well formed."""
    found = _LINE.fullmatch(line)
    return (found[1].lower(), found[2] or b"") if found else None


def _is_simple(front: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a head is of ASCII, and the body is not packed."""
    return front.isascii() and not any(name == b"content-encoding" for name, _ in headers)


def _framing(headers: Iterable[tuple[bytes, bytes]]) -> tuple[list[bytes], list[bytes]]:
    """Return the lengths that are stated, and whatever else says how the answer or its connection ends."""
    lengths, others = [], []
    for name, value in headers:
        if name == b"content-length":
            lengths.append(value)
        elif name in _ENDING:
            others.append(value)
    return lengths, others
