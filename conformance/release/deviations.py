"""Known deviations of a target (``--expect FILE``): a gate over the results, which stay as they are.

A line names a duty that is known to be broken, why, who answers for it and until when. The gate fails on what the file
does not foresee: a failure without a line, a line whose duty passes, and a line past its date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from conformance.errors import ExitCode

Document = Mapping[str, Any]
Seen = Literal["always", "sometimes"]


@dataclass(frozen=True, slots=True)
class Deviation:
    """One line of the file. `expires` is the last day on which it counts; `rules` narrows it, empty means any rule.

    `seen` says whether every run shows the deviation, or only some do: a run that does not is no news then.
    """

    id: str
    reason: str
    owner: str
    expires: date
    link: str
    rules: tuple[str, ...] = ()
    seen: Seen = "always"


class State(StrEnum):
    """What became of one line, or of one failure that no line foresees."""

    MET = "met"
    """The duty deviates as foreseen."""
    UNEXPECTED_FAILURE = "unexpected failure"
    UNEXPECTED_PASS = "unexpected pass"  # noqa: S105 - an outcome, not a password
    EXPIRED = "expired"
    NOT_SEEN = "not seen"
    """The duty was not exercised, so the line is neither confirmed nor refuted."""

    @property
    def fails(self) -> bool:
        """Whether the gate fails on it."""
        return self in (State.UNEXPECTED_FAILURE, State.UNEXPECTED_PASS, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What became of one duty: a line (None where none foresees it), its outcome in the run, and a sentence."""

    id: str
    state: State
    outcome: str
    sentence: str
    line: Deviation | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """A run weighed against its known deviations. `incomplete` keeps a cut run from passing the gate."""

    weighed: tuple[Weighed, ...]
    incomplete: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """Give the gate's answer: 1 on anything not foreseen, 4 for an incomplete run, else 0."""
        if any(one.state.fails for one in self.weighed):
            return ExitCode.NONCONFORMANT
        return ExitCode.INCOMPLETE if self.incomplete else ExitCode.CONFORMANT

    def section(self) -> dict[str, Any]:
        """Give the ``expected`` section of the run document."""
        lines = [asdict(one) | {"line": _line(one.line)} for one in self.weighed]
        return {"exit_code": int(self.exit_code), "passed": self.exit_code == 0, "lines": lines}


def weigh(document: Document, deviations: Sequence[Deviation], today: date) -> Gate:
    """Weigh a run against its known deviations. The document is read, never changed."""
    rows = {row["id"]: row for row in document["requirements"]}
    lines: dict[str, list[Deviation]] = {}
    for deviation in deviations:
        lines.setdefault(deviation.id, []).append(deviation)
    found = [one for row in rows.values() for one in _row(row, lines.get(row["id"], ()), document, today)]
    absent = [_absent(line, today) for ident, given in lines.items() if ident not in rows for line in given]
    return Gate((*found, *absent), incomplete=_incomplete(document))


def _row(row: Document, lines: Sequence[Deviation], document: Document, today: date) -> Iterable[Weighed]:
    rules = {document["findings"][index]["rule"] for index in row["findings"]}
    for line in lines:
        yield _weigh_line(row, line, rules, today, whole=_whole(document))
    if row["outcome"] == "fail":
        open_rules = [line.rules for line in lines if line.expires >= today]
        unforeseen = sorted(rules - {rule for given in open_rules for rule in given})
        if not any(not given for given in open_rules) and (unforeseen or not open_rules):
            by = f" by {', '.join(unforeseen)}" if unforeseen else ""
            sentence = f"{row['id']} fails{by}, and no line that still counts foresees it"
            yield Weighed(row["id"], State.UNEXPECTED_FAILURE, "fail", sentence)


def _whole(document: Document) -> bool:
    """Say whether a pass in this document is news: a recording or a cut run passes what it hardly exercised."""
    return not (document.get("recorded") or document["interrupted"] or document.get("complete") is False)


def _weigh_line(row: Document, line: Deviation, rules: set[str], today: date, *, whole: bool) -> Weighed:
    ident, outcome = row["id"], row["outcome"]
    if line.expires < today:
        sentence = f"the line for {ident} expired on {line.expires}; {line.owner} answers for it"
        return Weighed(ident, State.EXPIRED, outcome, sentence, line)
    seen = outcome in ("fail", "warn") and (not line.rules or bool(rules & set(line.rules)))
    if seen:
        return Weighed(ident, State.MET, outcome, f"{ident} deviates as foreseen: {line.reason}", line)
    if outcome in ("pass", "fail", "warn") and line.seen == "sometimes":
        sentence = f"{ident} came to {outcome}: this run did not meet what its line foresees for some"
        return Weighed(ident, State.NOT_SEEN, outcome, sentence, line)
    if outcome in ("pass", "fail", "warn") and whole:
        what = "passes" if outcome == "pass" else f"no longer breaks {', '.join(line.rules)}"
        return Weighed(ident, State.UNEXPECTED_PASS, outcome, f"{ident} {what}; take its line out", line)
    sentence = f"{ident} came to {outcome}, which neither confirms its line nor shows that it can go"
    return Weighed(ident, State.NOT_SEEN, outcome, sentence, line)


def _absent(line: Deviation, today: date) -> Weighed:
    if line.expires < today:
        sentence = f"the line for {line.id} expired on {line.expires}; {line.owner} answers for it"
        return Weighed(line.id, State.EXPIRED, "", sentence, line)
    return Weighed(line.id, State.NOT_SEEN, "", f"{line.id} was not part of this run", line)


def _incomplete(document: Document) -> bool:
    rows = document["requirements"]
    if document["outcome"] == "incomplete" or document["interrupted"] or document.get("complete") is False:
        return True
    if any(row["outcome"] == "error" for row in rows):
        return True
    narrow = document.get("recorded") or document["partial"]
    unexercised = document.get("missing_core") or any(row["outcome"] == "blocked" and row.get("core") for row in rows)
    return bool(unexercised and not narrow)


def _line(deviation: Deviation | None) -> dict[str, Any] | None:
    if deviation is None:
        return None
    return asdict(deviation) | {"expires": deviation.expires.isoformat(), "rules": list(deviation.rules)}
