"""Two runs by duty id: what got worse, what got better, and what nobody looks at any more (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.api.catalogue import number
from conformance.errors import ExitCode
from conformance.release.lag_shift import LagShift, shifts

Document = Mapping[str, Any]
EXERCISED = frozenset({"pass", "fail", "warn"})
CONDITIONS = ("effort", "strict", "partial", "seed")


@dataclass(frozen=True, slots=True)
class Change:
    """One duty whose outcome moved. `before` or `after` is empty where a run does not know the duty."""

    id: str
    level: str
    before: str
    after: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What moved from one run to the next.

    `regressions` are duties that fail now and did not, or that fail by a rule that held before; `warnings` the same for
    duties that only warn. `unexercised` were exercised and are now blocked, in error, not applicable or gone, which is
    a loss of evidence; `unseen` were exercised and are now not observed, which chance can do. `incomplete` tells that
    the second run must not be trusted to the end. `conditions` are sentences on what else differs between the runs.
    """

    regressions: tuple[Change, ...] = ()
    warnings: tuple[Change, ...] = ()
    fixes: tuple[Change, ...] = ()
    unseen: tuple[Change, ...] = ()
    unexercised: tuple[Change, ...] = ()
    gained: tuple[Change, ...] = ()
    lag: tuple[LagShift, ...] = ()
    conditions: tuple[str, ...] = ()
    incomplete: bool = False
    strict: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """Give the gate's answer: 1 on a regression, 4 on lost evidence, else 0.

        `strict` counts new warnings as regressions and duties newly not observed as lost evidence.
        """
        if self.regressions or (self.strict and self.warnings):
            return ExitCode.NONCONFORMANT
        if self.incomplete or self.unexercised or (self.strict and self.unseen):
            return ExitCode.INCOMPLETE
        return ExitCode.CONFORMANT


def compare(before: Document, after: Document, *, strict: bool = False) -> Comparison:
    """Compare two whole run documents, `before` and `after`."""
    changes = _changes(before, after)
    return Comparison(
        regressions=tuple(c for c in changes if c.after == "fail" and (c.before != "fail" or c.detail)),
        warnings=tuple(c for c in changes if c.after == "warn" and (c.before not in ("warn", "fail") or c.detail)),
        fixes=tuple(c for c in changes if c.before in ("fail", "warn") and c.after == "pass"),
        unseen=tuple(c for c in changes if c.before in EXERCISED and c.after == "not-observed"),
        unexercised=tuple(c for c in changes if c.before in EXERCISED and c.after not in {*EXERCISED, "not-observed"}),
        gained=tuple(c for c in changes if c.before not in EXERCISED and c.after == "pass"),
        lag=shifts(before, after),
        conditions=tuple(_conditions(before, after)),
        incomplete=after["outcome"] == "incomplete" or bool(after.get("interrupted")),
        strict=strict,
    )


def _changes(before: Document, after: Document) -> Sequence[Change]:
    old = {row["id"]: row for row in before["requirements"]}
    new = {row["id"]: row for row in after["requirements"]}
    rules = _rules(before), _rules(after)
    changes, apart = [], newer(before, after)
    for ident in (one for one in dict.fromkeys((*old, *new)) if one not in apart):
        was, now = old.get(ident, {}), new.get(ident, {})
        level = str((now or was).get("level", ""))
        detail = _detail(ident, was, now, *rules)
        changes.append(Change(ident, level, was.get("outcome", ""), now.get("outcome", ""), detail))
    return [change for change in changes if change.before != change.after or change.detail]


def newer(before: Document, after: Document) -> Sequence[str]:
    """Return the rows of one document that the older catalogue, by which the other was judged, does not have.

    Nothing got worse or was lost there: nobody looked before, or looks now.
    """
    older = _older(before, after)
    rows = {row["id"]: row.get("since", 1) for one in (before, after) for row in one["requirements"]}
    return [name for name, since in rows.items() if since > older]


def _older(*documents: Document) -> int:
    """Return the older of the catalogues that the documents were judged by; without one, any is as old."""
    stated = (str(one.get("versions", {}).get("catalogue", "")) for one in documents)
    return min(int(by) if by.isdecimal() else number() for by in stated)


def _rules(document: Document) -> Mapping[str, frozenset[str]]:
    rules: dict[str, set[str]] = {}
    for finding in document["findings"]:
        rules.setdefault(finding["requirement"], set()).add(finding["rule"])
    return {ident: frozenset(names) for ident, names in rules.items()}


def _detail(
    ident: str,
    was: Document,
    now: Document,
    old: Mapping[str, frozenset[str]],
    new: Mapping[str, frozenset[str]],
) -> str:
    if was.get("outcome") != now.get("outcome") or now.get("outcome") not in ("fail", "warn"):
        return ""
    added = sorted(new.get(ident, frozenset()) - old.get(ident, frozenset()))
    return f"broken before too, now also by: {', '.join(added)}" if added else ""


def _conditions(before: Document, after: Document) -> Sequence[str]:
    said = [
        f"{name} differs: {before.get(name)} before, {after.get(name)} after"
        for name in CONDITIONS
        if before.get(name) != after.get(name)
    ]
    targets = before["target"], after["target"]
    for name in ("base_url", "version", "converge_within_s", "second_user"):
        old, new = (target.get(name) for target in targets)
        if old != new:
            said.append(f"target {name} differs: {old} before, {new} after")
    for name in ("suite", "catalogue", "spec"):
        old, new = (document.get("versions", {}).get(name) for document in (before, after))
        if old != new:
            said.append(f"{name} version differs: {old} before, {new} after")
    if apart := newer(before, after):
        said.append(
            f"only one of the two has these rows, which are not compared: {', '.join(apart)}; "
            f"to compare by one catalogue, judge with --catalogue {_older(before, after)}"
        )
    return said
