"""Further headers, as a gateway before the target may ask for: secrets, each `NAME=VALUE` or `Name: value`.

They are sent with every request to the API and with nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.errors import UsageError
from conformance.settings.credentials import Secret

_LINE = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*[=:]\s*(.*?)\s*", re.DOTALL)
_OURS = frozenset(
    {
        "accept-encoding", "authorization", "connection", "content-length", "content-type", "expect", "host",
        "transfer-encoding", "te", "trailer", "upgrade",
    }
)  # fmt: skip
"""What the suite says itself in each request, or what would break a request apart."""
_REMEDY = "Say --header NAME=VALUE, or `Name: value` lines in DDS_CONFORMANCE_HEADERS."


def headers_of(lines: str) -> tuple[tuple[str, Secret], ...]:
    """Read headers, one a line; the last of a name counts.

    Raises:
        UsageError: a line is no header, or one that the suite sets itself. The value is never repeated.
    """
    named: dict[str, tuple[str, Secret]] = {}
    for line in lines.split("\n"):
        if line.strip():
            name, value = _header(line.removesuffix("\r"))
            named[name.lower()] = name, Secret(value)
    return tuple(named.values())


def lines_of(given: Iterable[str]) -> str:
    """Give the texts of a repeated option as lines.

    Raises:
        UsageError: one of them is no header.
    """
    return "\n".join(": ".join(_header(one)) for one in given)


def joined(weaker: str, stronger: str) -> str:
    """Give both, the stronger last."""
    return f"{weaker}\n{stronger}"


def _header(line: str) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    name, value = (found[1], found[2]) if found else ("", "")
    if not found or not value.isprintable() or not value.isascii():
        about = f"{name} in headers" if name else "headers"
        raise UsageError(f"{about} has a line that is no header.", remedy=_REMEDY)
    if not value:
        raise UsageError(f"The header {name} is no header: it has no value.", remedy=_REMEDY)
    if name.lower() in _OURS:
        raise UsageError(f"The header {name} is the suite's own.", remedy="Give another one, or leave it out.")
    return name, value
