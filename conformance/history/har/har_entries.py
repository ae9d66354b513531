"""What a HAR file, or a cassette, says of one exchange, before anything is made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from conformance.errors import HistoryError

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?\s*([Zz]|[+-]\d\d:?\d\d(?::?\d\d)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class HarEntry:
    """One exchange. `begun_ns` is the printed instant (epoch), true to `resolution_ns`; `took_ns` None if not known.

    Bodies are None where they were not kept whole; header names are lower case. `number` counts the entries of the
    file from 1, in its own order.
    """

    number: int
    begun_ns: int
    resolution_ns: int
    took_ns: int | None
    method: str
    url: str
    request_headers: Mapping[str, str] = field(repr=False)
    request: bytes | None = field(repr=False)
    status: int
    response_headers: Mapping[str, str] = field(repr=False)
    response: bytes | None = field(repr=False)


def instant(text: object, number: int) -> tuple[int, int]:
    """Read an ISO 8601 instant: nanoseconds since the epoch, and the resolution that its digits claim.

    Raises:
        HistoryError: it is none; `number` names the entry.
    """
    matched = _INSTANT.fullmatch(text.strip()) if isinstance(text, str) else None
    if matched is None:
        raise HistoryError(f"entry {number} does not say when it began: {str(text)[:60]!r}.")
    day, clock, digits, zone = matched[1], matched[2], matched[3] or "", (matched[4] or "Z").upper()
    try:
        whole = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone == 'Z' else zone}").astimezone(UTC)
    except ValueError as trouble:
        raise HistoryError(f"entry {number} does not say when it began: {trouble}.") from trouble
    seconds = int((whole - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    return seconds * NS_PER_S + int(digits.ljust(9, "0")), int(10 ** (9 - len(digits)))


def retained_whole(data: bytes | None, headers: Mapping[str, str], *, empty: bool = False) -> bytes | None:
    """Give a body only where its length is the Content-Length; `empty` says that there can be none at all."""
    if empty:
        return b""
    given = headers.get("content-length", "")
    packed = headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")
    if data is None or packed or not (given.isascii() and given.isdigit()):
        return None
    return data if len(data) == int(given) else None


def octets_of_text(text: str) -> bytes | None:
    """Give the bytes that a text stood for; None where some of them could not be read as text."""
    try:
        return None if "\ufffd" in text else text.encode()
    except UnicodeEncodeError:
        return None
