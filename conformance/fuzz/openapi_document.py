"""The published document, for people who need its operations but not yet schemathesis."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from conformance import yaml_text

_METHODS = ("get", "post", "put", "delete")


def path() -> Path:
    """Return where the document lies; the payload schemas that it refers to lie beside it."""
    with resources.as_file(resources.files("conformance.schemas").joinpath("openapi.yaml")) as found:
        return found


@cache
def document() -> Mapping[str, Any]:
    """Return the document as it is written, references unresolved."""
    parsed: Mapping[str, Any] = yaml_text.parsed(path().read_text(encoding="utf-8"))
    return parsed


@cache
def calls() -> tuple[str, ...]:
    """Name every documented call, in the document's order."""
    return tuple(form_ for form_ in _forms())


def form(call: str) -> tuple[str, str]:
    """Give the method and the path template of a call."""
    return _forms()[call]


@cache
def _forms() -> Mapping[str, tuple[str, str]]:
    return {
        item[method]["operationId"]: (method.upper(), template)
        for template, item in document()["paths"].items()
        for method in _METHODS
        if method in item
    }
