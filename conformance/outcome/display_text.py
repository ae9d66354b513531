"""Words and Markdown that every view shares: durations, quantities, and server-given text made harmless (pure)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~$@])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BLANK = re.compile(r"\s+")


def printable(text: object) -> str:
    """Replace control characters and lone surrogates, which neither XML nor a terminal can hold."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(text))


def line(text: object) -> str:
    """Bring text into one printable line."""
    return _BLANK.sub(" ", printable(text)).strip()


def escaped(text: object) -> str:
    """Make text harmless in Markdown: one line, no markup, no HTML, no table break, no mention of a person."""
    safe = _SPECIAL.sub(r"\\\1", line(text)).replace("&", "&amp;").replace("\\<", "&lt;").replace("\\>", "&gt;")
    return safe.replace("\\@", "&#64;").replace("://", "&#58;//")


def code(text: object) -> str:
    """Set text as inline code in Markdown, in a table too."""
    inner = line(text).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", inner)), default=0) + 1)
    pad = " " if "`" in inner else ""
    return f"{fence}{pad}{inner}{pad}{fence}" if inner else ""


def judged(document: Mapping[str, Any]) -> str:
    """Say what a run document speaks of, in letters that nobody overlooks where it is no deployment."""
    return what_is_judged(document["target"])


def what_is_judged(target: Mapping[str, Any]) -> str:
    """Say what is judged: the embedded server in large letters, else the address of a target."""
    if target.get("embedded"):
        return "THE EMBEDDED SERVER, NOT A DEPLOYMENT"
    return line(target.get("base_url") or "NOTHING: NO TARGET WAS NAMED")


def seconds(value: float | None) -> str:
    """Say a duration given in seconds, with the unit that reads best."""
    if value is None:
        return "unknown"
    if math.isinf(value):
        return "unbounded"
    size = abs(value)
    if size == 0:
        return "0 s"
    if size < 0.001:
        return f"{value * 1e6:.3g} µs"
    if size < 1:
        return f"{value * 1e3:.3g} ms"
    if size < 120:
        return f"{value:.3g} s"
    return f"{value / 60:.3g} min" if size < 7200 else f"{value / 3600:.3g} h"


def count(value: float) -> str:
    """Say a count with thin groups of three digits."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def size(value: int) -> str:
    """Say a number of bytes."""
    amount = float(value)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def rate(value: float | None) -> str:
    """Say an upper bound on a rate."""
    return "" if value is None else f"{value:.2g}"
