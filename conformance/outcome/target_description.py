"""A target's own API description, OpenAPI 3 or Swagger 2.0, compared with the duties that a description can keep.

Pure but for `load`. Differences are warnings: a description is not the behaviour (requirement ``api-description``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from conformance import yaml_text
from conformance.api.error_bodies import NOT_CONSISTENT
from conformance.errors import UsageError
from conformance.history.input_files import read_text
from conformance.judge.rules_table import DESCRIBED
from conformance.model import Finding, Tally

REQUIREMENT, RULE = DESCRIBED.requirement, DESCRIBED.id
_NAMED = re.compile(r"\{[^}]*\}|:[A-Za-z_]+")
_MISMATCH = re.compile(r"integrity|(?:does|do) not match")
_DENIAL = re.compile(r"\bnever\b|\bno longer\b|\bno integrity\b|\bnot an integrity\b")
_DEEP = 12
"""How deep a schema is followed; more than any payload of this API."""
_REMEDY = "Give the address or the file of an OpenAPI 3 or Swagger 2.0 document, in JSON or YAML."


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that the description should say: of which call, what, and whether it does."""

    call: str
    wanted: str
    found: str
    retained: bool


def load(text: str, *, source: str) -> Mapping[str, Any]:
    """Parse a description from JSON or YAML; `source` names it in complaints.

    Raises:
        UsageError: it is neither, or describes no API.
    """
    try:
        parsed = json.loads(text) if text.lstrip().startswith("{") else yaml_text.parsed(text)
    except (ValueError, yaml.YAMLError, RecursionError) as trouble:
        raise UsageError(f"{source} is neither JSON nor YAML.", remedy=_REMEDY) from trouble
    if not isinstance(parsed, dict) or not isinstance(parsed.get("paths"), dict):
        raise UsageError(f"{source} describes no API: it has no `paths`.", remedy=_REMEDY)
    if not (str(parsed.get("openapi", "")).startswith("3.") or str(parsed.get("swagger", "")) == "2.0"):
        raise UsageError(f"{source} is neither OpenAPI 3 nor Swagger 2.0.", remedy=_REMEDY)
    return parsed


def read(path: Path) -> str:
    """Read a description's text from a file.

    Raises:
        UsageError: the file cannot be read, or is something else.
    """
    return read_text(path, what="an API description", remedy=_REMEDY)


def judged(text: str | None, *, source: str = "") -> dict[str, Tally]:
    """Return the tally of the requirement from a description's text; without one (None) it does not apply.

    Raises:
        UsageError: the text describes no API.
    """
    if text is None:
        return {REQUIREMENT: Tally(REQUIREMENT, inapplicable="no --target-openapi was given")}
    return {REQUIREMENT: compare(load(text, source=source))}


def compare(description: Mapping[str, Any]) -> Tally:
    """Give the tally of the requirement about the description: one finding for each statement it does not make."""
    made = tuple(statements(description))
    findings = tuple(_finding(statement) for statement in made if not statement.retained)
    return Tally(REQUIREMENT, exposures=len(made), findings=findings, occasions=DESCRIBED.occasions)


def _finding(statement: Statement) -> Finding:
    sentence = f"the target's own description of `{statement.call}` should say {statement.wanted}; {statement.found}"
    return Finding(REQUIREMENT, RULE, statement.call, (), sentence, statement.wanted, statement.found)


# ---- what it should say


def statements(description: Mapping[str, Any]) -> Iterator[Statement]:
    """Judge every statement that the specification asks of a description."""
    book = _Book(description)
    for call in ("POST /projects", "PUT /uploads/{}/complete"):
        yield _accepted(book, call)
    yield _silent(book, "PUT /uploads/{}/complete")
    yield _without_500(book, "PUT /uploads/{}/complete")
    for call in ("POST /projects/{}/uploads", "GET /files/{}/url", "GET /file_versions/{}/url"):
        yield _tells_nc(book, call)
    for call in ("GET /files/{}/url", "GET /file_versions/{}/url"):
        yield _documents(book, call, "400", "a 400 for the resource integrity exception")
    yield from _has_code(book)


def _accepted(book: _Book, call: str) -> Statement:
    found = sorted(status for status in book.responses(call) if status.startswith("2"))
    return Statement(call, "that its success is 202", _found(book, call, found), retained=found == ["202"])


def _silent(book: _Book, call: str) -> Statement:
    stated = re.split(r"[.;\n]", book.words(book.responses(call).get("400", {})))
    mentions = any(_MISMATCH.search(sentence) and not _DENIAL.search(sentence) for sentence in stated)
    wanted = "nothing of an integrity exception under 400"
    found = _found(book, call, ["400 for a mismatch"] if mentions else [])
    return Statement(call, wanted, found, retained=book.has(call) and not mentions)


def _without_500(book: _Book, call: str) -> Statement:
    found = sorted(status for status in book.responses(call) if status == "500")
    return Statement(
        call,
        "nothing of a 500 of the storage provider",
        _found(book, call, found),
        retained=book.has(call) and not found,
    )


def _tells_nc(book: _Book, call: str) -> Statement:
    stated = book.words(book.responses(call).get("404", {}))
    retained = NOT_CONSISTENT in stated or "not consistent" in stated or "consisten" in stated
    wanted = f"that a 404 with the code {NOT_CONSISTENT} is temporary"
    return Statement(call, wanted, _found(book, call, sorted(book.responses(call))), retained=retained)


def _documents(book: _Book, call: str, status: str, wanted: str) -> Statement:
    found = sorted(book.responses(call))
    return Statement(call, wanted, _found(book, call, found), retained=status in found)


def _has_code(book: _Book) -> Iterator[Statement]:
    """The `code` property in the schema or the example of an error; nothing where a file we do not have would tell."""
    shapes, elsewhere = book.error_shapes()
    retained = any("code" in names for names in shapes)
    if retained or not elsewhere:
        found = "an error has it" if retained else "no error has it"
        yield Statement("any call", "that errors carry the property `code`", found, retained=retained)


def _found(book: _Book, call: str, found: Iterable[str]) -> str:
    if not book.has(call):
        return "it does not describe the call"
    return f"it says {', '.join(found) or 'nothing of it'}"


# ---- reading either kind of document


class _Book:
    """A description, with its calls found by method and path form, and its references followed."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._whole = description
        self._calls: dict[str, Mapping[str, Any]] = {}
        for path, item in description["paths"].items():
            for method, operation in self._resolved(item).items():
                if isinstance(operation, dict):
                    self._calls[f"{str(method).upper()} {_form(str(path))}"] = operation

    def has(self, call: str) -> bool:
        """Whether the description knows the call."""
        return call in self._calls

    def responses(self, call: str) -> Mapping[str, Any]:
        """Give the responses of a call by status."""
        given = self._calls.get(call, {}).get("responses")
        return (
            {str(status): self._resolved(value) for status, value in given.items()} if isinstance(given, dict) else {}
        )

    def words(self, node: Any) -> str:
        """Give all that is said in a part of the document, references followed, in lower case."""
        return " ".join(_walk(node, self._resolved, _strings)).lower()

    def error_shapes(self) -> tuple[list[set[str]], bool]:
        """Give the property names of each error's schemas and examples, and whether some lie in other files."""
        errors = [
            response
            for call in self._calls
            for status, response in self.responses(call).items()
            if status[:1] in ("4", "5") or status == "default"
        ]
        named = list(_walk(errors, self._resolved, _names))
        return named, any("$ref" in names for names in named)

    def _resolved(self, node: Any) -> Any:
        """Follow references inside the document; one into another file is left as it is."""
        for _ in range(_DEEP):
            name = node.get("$ref") if isinstance(node, dict) else None
            if not isinstance(name, str) or not name.startswith("#/"):
                break
            node = self._whole
            for part in name[2:].split("/"):
                node = node.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(node, dict) else {}
        return node if isinstance(node, dict) else {}


def _form(path: str) -> str:
    bare = _NAMED.sub("{}", path).rstrip("/")
    return re.sub(r"^(?:/api)?/v\d+(?=/)", "", bare) or "/"


def _walk(
    node: Any, resolve: Callable[[Any], Any], look: Callable[[Any], Iterator[Any]], deep: int = 0
) -> Iterator[Any]:
    if isinstance(node, dict):
        node = resolve(node)
    yield from look(node)
    if deep < _DEEP:
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        for child in children:
            if isinstance(child, dict | list):
                yield from _walk(child, resolve, look, deep + 1)


def _strings(node: Any) -> Iterator[str]:
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        if isinstance(value, str):
            yield value


def _names(node: Any) -> Iterator[set[str]]:
    if isinstance(node, dict):
        yield {str(name) for name in node}
