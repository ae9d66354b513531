"""The columnar path gives the findings of the judge, whatever there is to find."""

from __future__ import annotations

import random
from dataclasses import astuple
from pathlib import Path

import pytest
from judge_timeline import TARGET, TICK, Scribe, drawn, prepared
from judged import findings
from legal_dds import Crime, pack
from test_brute_force import operations, random_history
from test_rules_drawn import BROKEN, LEGAL, MEASURED, stage

from conformance import history as histories
from conformance.api.classifier import classify_all
from conformance.judge import judge_history
from conformance.judge.columnar.fold import events, fold
from conformance.model import Finding, History, Operation

np = pytest.importorskip("numpy", reason="the extra `columnar` is not installed")
pytest.importorskip("pyarrow", reason="the extra `columnar` is not installed")
from conformance.judge.columnar.columnar_judge import fold_arrays, judge_parquet  # noqa: E402 - only where they are installed
from conformance.judge.columnar.columns import Columns  # noqa: E402 - the same

RECORDED = Path(__file__).parent.parent / "data" / "recorded" / "deployed-history.jsonl"


def in_columns(history: History, folder: Path) -> list[Finding]:
    """Write the history as Parquet and judge that."""
    path = folder / "history.parquet"
    Columns(path, history.target).write(history.operations)
    return list(judge_parquet(path, history.target, recorded=history.recorded))


@pytest.mark.parametrize("crime", list(Crime))
def test_mutants_are_convicted_alike(crime: Crime, tmp_path: Path) -> None:
    """The chaotic server, legal and with each crime."""
    history = pack(7, 40, crime)
    assert in_columns(history, tmp_path) == findings(judge_history(history))


@pytest.mark.parametrize("name", [*BROKEN, *LEGAL, *MEASURED])
def test_drawings_are_judged_alike(name: str, tmp_path: Path) -> None:
    """Each small history for a rule or a trap."""
    kind, *lanes = (BROKEN | MEASURED)[name][1:] if name in BROKEN or name in MEASURED else LEGAL[name]
    history = drawn("\n".join(lanes), stage(kind))
    assert in_columns(history, tmp_path) == findings(judge_history(history))


def test_the_deployed_recording_is_judged_alike(tmp_path: Path) -> None:
    """Real answers, with their warnings and counts."""
    history = histories.read(RECORDED)
    assert in_columns(history, tmp_path) == findings(judge_history(history))


def test_the_fold_in_arrays_is_the_fold() -> None:
    """The bare watermarks, over random histories with lost and repeated completions."""
    dice = random.Random(4)
    told = [one for place in range(300) for one in operations(random_history(dice), place)]
    whole = [*(linked(place) for place in range(300)), *told]
    found = list(events(whole, classify_all(whole, TARGET)))
    chains = fold(found)
    numbers = {key: index for index, key in enumerate(chains)}
    kind, a, b = (np.array([one[i] for one in found], np.int64) for i in (0, 2, 3))
    key = np.array([numbers[one[1]] for one in found], np.int64)
    arrays = fold_arrays(kind, key, a, b, len(numbers))
    assert [tuple(int(v) for v in column) for column in arrays.T] == [
        tuple(map(int, astuple(c))) for c in chains.values()
    ]
    assert len({chain.explainable for chain in chains.values()}) == 2


def linked(place: int) -> Operation:
    """Tie version `place` to its upload."""
    made = Scribe()
    return made.file("maker", -9, -8, n=place)


@pytest.mark.parametrize("rule", ["not-served", "file-not-served"])
def test_what_another_project_was_served_tells_on_a_refusal_for_good(rule: str, tmp_path: Path) -> None:
    """The other project is ordinary in everything, yet its bytes show that the storage provider is within reach."""
    scribe = prepared("good", (1, 2))
    scribe.project("maker", -9, -8, n=7)
    scribe.upload("maker", -7, -6, n=7, project=7)
    scribe.chunk("maker", -5, -4, n=7)
    scribe.put("maker", -3, -2, n=7)
    for n in (1, 2, 7):
        scribe.complete("actor", n * TICK, n * TICK + 1, n=n)
    scribe.file("actor", 10 * TICK, 11 * TICK)
    scribe.file("actor", 12 * TICK, 13 * TICK, n=7, home=7)
    if rule == "file-not-served":
        scribe.switch("actor", 14 * TICK, 15 * TICK)
    for tick in range(20, 80, 8):
        scribe.url("reader", tick * TICK, (tick + 1) * TICK, key=f"/k{tick}")
        scribe.get("reader", (tick + 2) * TICK, (tick + 3) * TICK, "403", key=f"/k{tick}")
    scribe.url("other", 40 * TICK, 41 * TICK, n=7)
    scribe.get("other", 42 * TICK, 43 * TICK, n=7)
    history = scribe.history()
    found = findings(judge_history(history))
    assert {(one.requirement, one.rule) for one in found} == {("bytes-exact", rule)}
    assert in_columns(history, tmp_path) == found
