"""The payload schemas as validators, each built once.

`jsonschema` words what is wrong; `jsonschema_rs` says quickly whether anything is. A test holds that both agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import jsonschema
import jsonschema_rs

from conformance.errors import UsageError, did_you_mean
from conformance.model import Json

_SUFFIX = ".schema.json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which a value breaks its schema: where (dotted, empty at the top), and what, in words.

    `field` is the value's own field that is missing or holds what is wrong; empty where the whole value is wrong.
    """

    where: str
    what: str
    field: str = ""

    def __str__(self) -> str:
        return f"`{self.where}` {self.what}" if self.where else self.what


@dataclass(frozen=True, slots=True)
class Contract:
    """The schema of one payload, ready to judge values."""

    name: str
    schema: Mapping[str, Json]
    _slow: Any = field(repr=False, compare=False)
    _fast: Any = field(repr=False, compare=False)

    def accepts(self, value: Json) -> bool:
        """Whether `value` keeps the contract. Every payload is a JSON object."""
        if not isinstance(value, dict):
            return False
        try:
            return bool(self._fast.is_valid(value))
        except (ValueError, TypeError, RecursionError):  # lone surrogates, endless nesting: JSON, but only just
            return not self._slowly(value)

    def _slowly(self, value: Json) -> list[Problem]:
        try:
            return [_problem(error) for error in self._slow.iter_errors(value)]
        except RecursionError:  # jsonschema shows what it refuses, and this cannot be shown
            return [Problem("", "is nested too deeply")]

    def problems(self, value: Json) -> tuple[Problem, ...]:
        """Say everything that is wrong with `value`, in a stable order; nothing when it keeps the contract."""
        if not isinstance(value, dict):
            return (Problem("", "the body is not a JSON object"),)
        if self.accepts(value):
            return ()
        return tuple(sorted(self._slowly(value), key=_place))


def _place(problem: Problem) -> tuple[str, str]:
    return (problem.where, problem.what)


def _problem(error: jsonschema.ValidationError) -> Problem:
    where = ".".join(str(part) for part in error.absolute_path)
    wanted: Any = error.validator_value
    if error.validator == "required":
        missing = next(name for name in wanted if error.message.startswith(repr(name)))
        return Problem(where, f"`{missing}` is missing", where.partition(".")[0] or missing)
    return Problem(where, _words(str(error.validator), wanted), where.partition(".")[0])


def _words(keyword: str, wanted: Any) -> str:
    match keyword:
        case "const":
            return f"is not {json.dumps(wanted)}"
        case "enum":
            return f"is none of {', '.join(json.dumps(item) for item in wanted)}"
        case "type":
            return f"is not of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
        case "minLength" | "minItems" | "pattern":
            return "is empty or has the wrong form"
        case _:
            return f"breaks `{keyword}`"


@cache
def contract(name: str) -> Contract:
    """Give the validator of ``schemas/<name>.schema.json``.

    Raises:
        UsageError: there is no such schema.
    """
    resource = resources.files("conformance.schemas").joinpath(name + _SUFFIX)
    if not resource.is_file():
        raise UsageError(
            f"no schema is called {name!r}.", remedy=did_you_mean(name, names(), f"There are: {', '.join(names())}.")
        )
    schema = json.loads(resource.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    slow = jsonschema.Draft202012Validator(schema)
    fast = jsonschema_rs.Draft202012Validator(schema)
    return Contract(name, MappingProxyType(schema), slow, fast)


@cache
def names() -> tuple[str, ...]:
    """Name every schema, in alphabetical order."""
    folder = resources.files("conformance.schemas")
    return tuple(sorted(f.name.removesuffix(_SUFFIX) for f in folder.iterdir() if f.name.endswith(_SUFFIX)))
