"""Classes of names: each takes a plain, unique name and dresses it as careless code cannot bear.

A server may refuse a name, and then makes nothing: what it takes must work like any other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

SHORTEST = 1
LONGEST = 1000
"""Characters of the longest name that is tried."""


@dataclass(frozen=True, slots=True)
class NameClass:
    """How names of a class look (`says`) and are made of a plain one (`of`).

    An `unique` one still holds the plain name, so that it can be found among the names of others: a project needs that.
    """

    says: str
    of: Callable[[str], str]
    unique: bool = True


def _ends(text: str) -> Callable[[str], str]:
    return lambda name: f"{name}{text}"


def _long(length: int) -> Callable[[str], str]:
    return lambda name: f"{name} ".ljust(length, "n")


_COMPOSED = " \u00e9 \u00f1 \u00c5 \u1e69"

NAME_CLASSES: Mapping[str, NameClass] = {
    "quoted": NameClass("not plain ASCII nor plain to quote", _ends(' "Pr\u00fcfst\u00fcck"')),
    "reserved": NameClass("with characters that URLs reserve", _ends(" a?b=c&d#e;f+g:h@i,j$k!l'm(n)*o")),
    "percent": NameClass("with what looks like percent-encoding", _ends(" %2F%00%25 100%")),
    "slashes": NameClass("with slashes both ways", _ends("/part\\two//three")),
    "climbing": NameClass("that climbs out of its folder", lambda name: f"../..\\{name}/.."),
    "hidden": NameClass("with a leading dot", lambda name: f".{name}"),
    "dots": NameClass("with dots at its end", _ends("...")),
    "extensions": NameClass("with two extensions", _ends(".tar.gz")),
    "spaces": NameClass("with spaces at both ends and doubled within", lambda name: f"  {name}  x  "),
    "wide-spaces": NameClass("with spaces that are not ASCII", lambda name: f"\u00a0{name}\u2003x\u3000"),
    "composed": NameClass("in composed form", _ends(_COMPOSED)),
    "decomposed": NameClass("in decomposed form", _ends(unicodedata.normalize("NFD", _COMPOSED))),
    "compatible": NameClass("with characters of compatibility", _ends(" \ufb01 \u00bd \uff21\uff22 \u2460")),
    "capitals": NameClass("in capitals", str.upper, unique=False),
    "folding": NameClass("whose case folds to other lengths", _ends(" stra\u00dfe \u0130 \u03c2")),
    "astral": NameClass("beyond the basic plane", _ends(" \U0001f41f \U0001f469\u200d\U0001f52c")),
    "right-to-left": NameClass("that runs from right to left", _ends(" \u05e9\u05dc\u05d5\u05dd \u202etxt.exe")),
    "invisible": NameClass("with characters that cannot be seen", _ends(" a\u200bb\u00adc\ufeff")),
    "lines": NameClass("of two lines, with a tab", _ends("\tx\r\nX-Header: y")),
    "markup": NameClass("that is markup", _ends(" <b>&amp;</b>")),
    "formula": NameClass("that is a formula", lambda name: f"=1+1 {name}"),
    "json": NameClass("that is JSON", lambda name: f'{{"name": "{name}", "x": [null]}}'),
    "template": NameClass("that is a template", _ends(" ${x} {{7*7}} %s %n")),
    "sql": NameClass("that is SQL", _ends("' OR '1'='1'; --")),
    "shell": NameClass("that is a command", _ends(" `id` $(id) | * ~ < >")),
    "word": NameClass("that is a word of JSON", lambda _: "null", unique=False),
    "number": NameClass("that is a number", lambda _: "0", unique=False),
    "shortest": NameClass("of one character", lambda _: "x", unique=False),
    "long-255": NameClass("of 255 characters", _long(255)),
    "long-256": NameClass("of 256 characters", _long(256)),
    "wide-250": NameClass("of 250 characters and more than 255 bytes", lambda name: f"{name} ".ljust(250, "\u00e9")),
    "longest": NameClass(f"of {LONGEST} characters", _long(LONGEST)),
}
"""What a step's `name_class` may be."""


def dressed(kind: str, name: str) -> str:
    """Return a plain name dressed as one of a class; the name itself without one."""
    return NAME_CLASSES[kind].of(name) if kind else name
