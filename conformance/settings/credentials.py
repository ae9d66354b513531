"""Secrets as a type that does not show itself, and the credentials made of them."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NoReturn

from conformance.errors import UsageError, did_you_mean
from conformance.history.input_files import read_text

SHOWN = "[secret]"
_REMEDY = "Name a TOML file of yours with --credentials."


class Secret:
    """A string that `repr`, `str`, formatting and pickling never give away; `reveal` does."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the value itself, for the one place that must send it."""
        return self._value

    def __repr__(self) -> str:
        return SHOWN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return SHOWN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who speaks to the target: a ready token, or the two keys that a token is made from; a second, unrelated user."""

    api_token: Secret | None = None
    agent_key: Secret | None = None
    user_key: Secret | None = None
    other_api_token: Secret | None = None

    @property
    def renewable(self) -> bool:
        """Whether a new token can be had when one expires."""
        return self.agent_key is not None and self.user_key is not None

    @property
    def given(self) -> bool:
        """Whether the first user can speak at all."""
        return self.api_token is not None or self.renewable

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Credentials:
        """Build from plain strings by field name; empty ones count as absent."""
        return cls(**{name: Secret(text) for name, text in values.items() if text})

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Credentials:
        """Read ``DDS_API_TOKEN``, ``DDS_AGENT_KEY``, ``DDS_USER_KEY`` and ``DDS_OTHER_API_TOKEN``."""
        return cls.of({name: environ.get(variable(name), "").strip() for name in NAMES})

    @classmethod
    def from_file(cls, path: Path) -> Credentials:
        """Read a TOML file with the variables' names in lower case; raise UsageError if others can read it."""
        named = read_private(path)
        known = {variable(name).lower(): name for name in NAMES}
        unknown = sorted(set(named) - set(known))
        if unknown:
            remedy = did_you_mean(unknown[0], known, f"Known are {', '.join(known)}.")
            raise UsageError(f"{path} has the unknown key {unknown[0]!r}.", remedy=remedy)
        if not all(isinstance(value, str) for value in named.values()):
            raise UsageError(f"{path} has a value that is not a string.", remedy="Put every value in quotes.")
        return cls.of({known[key]: str(value).strip() for key, value in named.items()})

    def over(self, weaker: Credentials) -> Credentials:
        """Fill what is absent here from `weaker`; a token or a pair of keys given here sets the other way aside."""
        mine = {name: getattr(self, name) for name in NAMES}
        inherited = {name: getattr(weaker, name) for name in NAMES}
        if self.given:
            inherited |= dict.fromkeys(("api_token", "agent_key", "user_key"))
        return Credentials(**{name: mine[name] or inherited[name] for name in NAMES})


NAMES: tuple[str, ...] = tuple(field.name for field in fields(Credentials))


def variable(name: str) -> str:
    """Name the environment variable of a credential."""
    return f"DDS_{name.upper()}"


def read_private(path: Path) -> dict[str, object]:
    """Read a TOML file that only its owner may read; raise UsageError otherwise."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_IMODE(mode) & 0o077:
                raise UsageError(f"{path} can be read by others.", remedy=f"Say: chmod 600 {path}")
        return tomllib.loads(read_text(path, what="a TOML file", remedy=_REMEDY))
    except OSError as trouble:
        raise UsageError(f"{path} cannot be read: {trouble.strerror}.", remedy=_REMEDY) from trouble
    except tomllib.TOMLDecodeError as trouble:  # its message names a place, and never repeats a value
        raise UsageError(f"{path} is not TOML: {trouble}.", remedy=_REMEDY) from trouble
