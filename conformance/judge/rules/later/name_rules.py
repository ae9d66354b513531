"""The measurement of names: whether what was accepted is called as it was asked to be.

To refuse a name is legal, and so is to trim or to normalise one; who looks for a thing by its name wants to know.
"""

from __future__ import annotations

from conformance.api.answers import Answer, Classified
from conformance.api.bodies import asked, within
from conformance.judge.findings import Book
from conformance.judge.rechecks import Proof, answers
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.state.interval import Interval, interval_of
from conformance.model import Json, Octets, Operation

_REQUIREMENT = "name-kept"
NAMING = frozenset({
    "create_project", "create_upload", "create_folder", "update_project", "rename_file", "rename_folder",
})  # fmt: skip
"""Calls that give a name and are answered with what bears it."""


class Names:
    """How often names were kept, and the first that was not, by call."""

    def __init__(self) -> None:
        self._retained = 0
        self._changed = 0
        self._first: dict[str, tuple[Interval, str, str]] = {}

    def take(self, operation: Operation, of: Classified) -> None:
        """Take a call that gives a name."""
        if of.answer is not Answer.DONE:
            return
        wanted, given = _names(operation.exchange.request, operation.exchange.response)
        if wanted is None or given is None:
            return
        if wanted == given:
            self._retained += 1
            return
        self._changed += 1
        stated = interval_of(operation), wanted, given
        self._first[of.call.name] = min(stated, self._first.get(of.call.name, stated))

    def conclude(self, _context: Context, book: Book) -> None:
        """Say how many names were kept, and show one that was not of each call."""
        if self._retained or self._changed:
            book.expose(_REQUIREMENT, self._retained + self._changed)
            book.measure(_REQUIREMENT, kept=self._retained, changed=self._changed)
        for call, (interval, wanted, given) in sorted(self._first.items()):
            sentence = f"{call} was asked for {_said(wanted)} and answered {_said(given)} to {book.when(interval)}"
            book.find(
                _REQUIREMENT, "name-changed", call, (interval,), sentence, expected=_said(wanted),
                observed=_said(given), call=call,
            )  # fmt: skip


def is_retained(request: Json | Octets | None, response: Json | Octets | None) -> bool:
    """Return whether an answer bears the name that was asked for, as far as both can be read."""
    wanted, given = _names(request, response)
    return wanted is None or given is None or wanted == given


def _names(request: Json | Octets | None, response: Json | Octets | None) -> tuple[str | None, str | None]:
    wanted, given = within(asked(request), "name"), within(response, "name")
    return wanted if isinstance(wanted, str) else None, given if isinstance(given, str) else None


def _said(name: str) -> str:
    text = ascii(name)
    return text if len(text) <= 60 else f"{text[:57]}... ({len(name)} characters)"


def _differs(proof: Proof) -> bool:
    one = proof.cited[0]
    body = one.exchange.request if not isinstance(one.exchange.request, Octets) else asked(one.exchange.request)
    return answers(one, "2xx") and str(body["name"]) != str(one.exchange.response["name"])  # type: ignore[index] # read or refused


RULES = (
    Rule(
        "name-changed", _REQUIREMENT, Need.NAMES, Names.conclude, _differs,
        occasions="names that were asked for and answered", since=2,
    ),
)  # fmt: skip
