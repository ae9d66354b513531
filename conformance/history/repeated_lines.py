"""Lines that differ in nothing but who spoke and when, such as a client's polling makes: what is the same is kept once.

Four places of such a line vary: its id, its session, its beginning and its end. They are lexically closed (a plain word,
a plain number), so what a line says in every other place cannot depend on them. Whether those places mean what they
seem to is found by reading the line once with other words and numbers in them.
"""

from __future__ import annotations

import re
from sys import intern
from typing import Any

from conformance.history.entries import Begun
from conformance.history.usual_lines import UsualLines, made
from conformance.model import Operation

_WORD, _NUMBER = rb"[\w.:#@/ -]{1,64}", rb"(?:0|[1-9][0-9]{0,17})"
_BEGINNING = re.compile(rb'\{"id":"(%s)","session":"(%s)","a_ns":(%s)(?=,)' % (_WORD, _WORD, _NUMBER)).match
_NUMBER_AT = re.compile(rb"%s(?=[,}])" % _NUMBER).match
_ENDED = b'"b_ns":'
_LONGEST = 1024
"""Lines of more bytes are too rarely repeated to be looked for."""
_REMEMBERED = 8192
"""So many lines that differ are kept at a time; where fewer than half as many were repeats, no more are looked for."""

_Rest = tuple[Any, ...]
"""What a line says beside the four places: the last five fields of an operation."""
_ONCE: _Rest = ()
_NEVER: _Rest = (None,)


class RepeatedLines:
    """Reads lines as `UsualLines` does, those that repeat others faster; operations that do share their exchange."""

    def __init__(self) -> None:
        self._usual = UsualLines().read
        self._base = ""
        self._known: dict[bytes, _Rest] = {}
        self._repeats = 0
        self._looking = True

    def read(self, raw: bytes, number: int, base: str) -> Begun | Operation | None:
        """Return the entry of a line in UTF-8, as `decode.parse` would; None where only that can tell."""
        beginning = _BEGINNING(raw) if self._looking and len(raw) <= _LONGEST else None
        if beginning is None:
            return self._usual(raw, number, base)
        place = beginning.end()
        at = raw.find(_ENDED, place) + len(_ENDED)
        ended = _NUMBER_AT(raw, at) if at >= len(_ENDED) else None
        if ended is None:
            return self._usual(raw, number, base)
        if base != self._base:
            self._base, self._known = base, {}
        after = ended.end()
        key = raw[place:at] + raw[after:]
        rest = self._known.get(key)
        if rest is None:
            self._unknown(key)
            return self._usual(raw, number, base)
        if rest is _ONCE:
            rest = self._known[key] = self._learned(raw[place:at], raw[after:], base)
        name, session, begun = beginning.groups()
        a_ns, b_ns = int(begun), int(raw[at:after])
        if rest is _NEVER or b_ns < a_ns:
            return self._usual(raw, number, base)
        self._repeats += 1
        return made(name.decode(), intern(session.decode()), a_ns, b_ns, *rest)

    def _unknown(self, key: bytes) -> None:
        if len(self._known) >= _REMEMBERED:
            self._looking = self._repeats >= _REMEMBERED // 2
            self._known, self._repeats = {}, 0
        self._known[key] = _ONCE

    def _learned(self, middle: bytes, end: bytes, base: str) -> _Rest:
        """Return what every line with these parts says beside the four places, `_NEVER` if they are not what they seem.

        Nothing is taken for granted: other fields may be written twice, or nested ones have the names of these.
        """
        entry = self._usual(b'{"id":"one","session":"two","a_ns":3%b4%b' % (middle, end), 0, base)
        if type(entry) is not Operation or (entry.id, entry.session, entry.a_ns, entry.b_ns) != ("one", "two", 3, 4):
            return _NEVER
        return entry.exchange, entry.phase, entry.scenario, entry.plan, entry.notes
