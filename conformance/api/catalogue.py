"""The requirement catalogue and the register of readings, read from ``schemas/requirements.toml``."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from conformance.errors import UsageError, did_you_mean
from conformance.model import Level, Requirement


@dataclass(frozen=True, slots=True)
class Reading:
    """An interpretation chosen where the specification is silent, open to argument.

    `requirements` names the requirements that rest on it.
    """

    id: str
    about: str
    text: str
    requirements: tuple[str, ...] = ()


@cache
def _document() -> Mapping[str, Any]:
    text = resources.files("conformance.schemas").joinpath("requirements.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


SERVER, CLIENT = "server", "client"


@cache
def every() -> tuple[Requirement, ...]:
    """Give every requirement of either role, in the catalogue's order."""
    return tuple(_requirement(row) for row in _document()["requirement"])


@cache
def requirements(role: str = SERVER, by: str = "") -> tuple[Requirement, ...]:
    """Give the requirements of a role, in the catalogue's order; `by` names an older version, without newer rows.

    Raises:
        UsageError: there is no such version.
    """
    newest = number(by)
    return tuple(one for one in every() if one.role == role and one.since <= newest)


def number(by: str = "") -> int:
    """Return a version of the catalogue as a number; the present one where none is named.

    Raises:
        UsageError: there is no such version.
    """
    newest = int(version())
    if not by:
        return newest
    if by not in map(str, range(1, newest + 1)):
        remedy = f"--catalogue takes a version from 1 to {newest}; without it, version {newest} judges."
        raise UsageError(f"there is no version {by!r} of the catalogue.", remedy=remedy)
    return int(by)


LISTING = "`dds-conformance requirements` lists them."


def _requirement(row: Mapping[str, Any]) -> Requirement:
    return Requirement(**{**row, "scenarios": tuple(row.get("scenarios", ())), "level": Level(row["level"])})


@cache
def by_id(role: str = SERVER) -> Mapping[str, Requirement]:
    """Give the requirements of a role by their ids."""
    return MappingProxyType({requirement.id: requirement for requirement in requirements(role)})


@cache
def readings() -> tuple[Reading, ...]:
    """Give the register of readings."""
    return tuple(
        Reading(row["id"], row["about"], row["text"], tuple(row["requirements"])) for row in _document()["reading"]
    )


def version() -> str:
    """Return the version of the catalogue."""
    return str(_document()["version"])


def spec() -> str:
    """Return the name of the specification that the catalogue is drawn from."""
    return str(_document()["spec"])


def select(wanted: Iterable[str], among: tuple[Requirement, ...] | None = None) -> tuple[Requirement, ...]:
    """Give the requirements that match any of the ids or globs, in the catalogue's order: the server's, or of `among`.

    Raises:
        UsageError: an id or glob matches nothing; the remedy names the nearest right id.
    """
    given = requirements() if among is None else among
    ids = [requirement.id for requirement in given]
    chosen: set[str] = set()
    for pattern in wanted:
        matches = fnmatch.filter(ids, pattern)
        if not matches:
            raise UsageError(f"no requirement is called {pattern!r}.", remedy=did_you_mean(pattern, ids, LISTING))
        chosen.update(matches)
    return tuple(requirement for requirement in given if requirement.id in chosen)
