"""The history judged again from nothing: the outcome, every row and every finding must come out the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.certification.bundle_contents import Contents
from conformance.certification.checks.statement_check import differences
from conformance.certification.harmless_pattern import is_harmless
from conformance.certification.members import DESCRIPTION, HISTORY
from conformance.certification.verification import Line, State, decided
from conformance.engine.scenario_list import scenarios
from conformance.errors import SuiteError
from conformance.model import Json
from conformance.outcome import target_description
from conformance.outcome.assemble import Framing, assemble

NAME = "judged again"
JUDGED = (
    "outcome", "target", "effort", "seed", "strict", "partial", "interrupted", "recorded", "run_id", "begun",
    "exchanges", "complete", "missing_core", "lag", "traffic", "sensitivity", "readings",
)  # fmt: skip
"""What of the document judging gives, beside rows and findings; the rest tells of the run and its surroundings."""


def look(contents: Contents) -> tuple[Line, str]:
    """Return the line about judging again, and the outcome (empty when it cannot be had)."""
    try:
        again = _judged(contents)
    except SuiteError as trouble:
        return Line(NAME, State.FAILS, f"cannot be judged again: {trouble}"), ""
    rows = len(again["requirements"])
    sentence = f"{again['outcome']}, {rows} rows and {len(again['findings'])} findings the same"
    return decided(NAME, _problems(contents, again), sentence), str(again["outcome"])


def _judged(contents: Contents) -> dict[str, Any]:
    """Judge as of a run, so that its core is demanded: by the history's header, and what the bundle holds."""
    header, report = contents.history.header, contents.report
    if not is_harmless(contents.history.target.gateway):
        raise ValueError("the gateway's pattern could take for ever to match")
    held = DESCRIPTION in contents.bundle.digests
    text = contents.bundle.read(DESCRIPTION).decode("utf-8", "replace") if held else None
    framing = Framing(
        effort=str(header.get("effort", "")),
        seed=header.get("seed", 0),
        strict=report["strict"] is True,
        only=tuple(header.get("only", ())),
        scenarios=tuple(map(str, report.get("scenarios", ()))),
        exercises=_exercised(report) if header.get("scenario") else None,
        interrupted=report["interrupted"] is True,
        trouble=tuple(map(str, report.get("trouble", ()))),
        shortage=tuple(map(str, report.get("shortage", ()))),
        run_id=str(header.get("run_id", "")),
        begun=str(header.get("begun", "")),
        tallies=target_description.judged(text, source=DESCRIPTION),
    )
    again: dict[str, Any] = json.loads(json.dumps(assemble(contents.history, framing)))
    return again


def _exercised(report: Mapping[str, Any]) -> frozenset[str]:
    """Return the requirements that a run of selected scenarios speaks of."""
    tried = [scenario for scenario in scenarios() if scenario.name in report["scenarios"]]
    return frozenset(name for scenario in tried for name in scenario.requirements)


def _problems(contents: Contents, again: Mapping[str, Any]) -> Iterator[str]:
    report = contents.report
    if report["outcome"] != again["outcome"]:
        why = f"{'; '.join(again['reasons'])}{_proof(contents, again)}"
        yield f"the report says {report['outcome']}, and the history is {again['outcome']}: {why}"
    mine, theirs = ({row["id"]: row for row in one["requirements"]} for one in (again, report))
    for name in [*mine, *(name for name in theirs if name not in mine)]:
        stated = list(differences(theirs.get(name), mine.get(name)))
        if stated:
            where, here, there = next((one for one in stated if one[0] == "outcome"), stated[0])
            yield f"the row {name} says {where or 'that it is'} {_short(here)}, and judged again {_short(there)}"
    for where, here, there in differences(report["findings"], again["findings"]):
        yield f"finding{where} is {_short(here)}, and judged again {_short(there)}"
    for name in JUDGED[1:]:
        for where, here, there in differences(report.get(name), again.get(name), name):
            yield f"{where} is {_short(here)}, and judged again {_short(there)}"


def _proof(contents: Contents, again: Mapping[str, Any]) -> str:
    """Say where in the history the first finding that decides stands."""
    broken = {row["id"] for row in again["requirements"] if row["outcome"] == "fail"}
    found = next((one for one in again["findings"] if one["requirement"] in broken), None)
    if found is None or not found["operations"]:
        return ""
    lines = _lines(contents, set(found["operations"]))
    where = ", ".join(f"{name} in line {lines[name]}" for name in found["operations"] if name in lines)
    return f" ({found['sentence']}: {where} of {HISTORY})"


def _lines(contents: Contents, wanted: set[str]) -> dict[str, int]:
    """Return in which line of the history each of the operations ended."""
    needles = {f'"id":{json.dumps(name)},'.encode(): name for name in wanted}
    found: dict[str, int] = {}
    with contents.bundle.path(HISTORY).open("rb") as file:
        for number, line in enumerate(file, 1):
            found.update({name: number for needle, name in needles.items() if needle in line})
    return found


def _short(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
