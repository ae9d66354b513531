"""The columnar path gives the findings of the judge, whatever there is to find."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from judge_timeline import TARGET, TICK, Scribe, drawn, prepared, uid
from judged import findings
from legal_dds import Crime, pack
from review_scenes import at, scene
from test_brute_force import random_history
from test_rules_drawn import BROKEN, LEGAL, MEASURED, stage

from conformance import history as histories
from conformance.api.classifier import classify_all
from conformance.cli.judge_command import judge
from conformance.errors import UsageError
from conformance.judge import Judge, judge_history
from conformance.judge.exchange import Examiner
from conformance.judge.state.chain import Bounds
from conformance.judge.state.expected import Setting
from conformance.model import Finding, History

pytest.importorskip("numpy", reason="the extra `columnar` is not installed")
pytest.importorskip("pyarrow", reason="the extra `columnar` is not installed")
from conformance.judge.columnar import columnar_judge
from conformance.judge.columnar.columnar_judge import bounds, folded, judge_parquet
from conformance.judge.columnar.columns import Columns

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


def test_the_bounds_in_arrays_are_those_of_the_chain(tmp_path: Path) -> None:
    """One formula: the four numbers of every upload, in arrays and one by one, whether they cross or not."""
    dice, scribe = random.Random(4), Scribe()
    scribe.project("maker", -90, -80)
    said = {"done": ("complete", "202"), "nc": ("vurl", "nc"), "ok": ("vurl", "200"), "ie": ("vurl", "ie"),
            "open": ("show", "open"), "closed": ("show", "pending")}  # fmt: skip
    for n in range(400):
        scribe.upload("maker", -70, -60, n=n)
        scribe.file("maker", -50, -40, n=n)
        for kind, a, b, session in random_history(dice):
            if kind in said:
                call, answer = said[kind]
                getattr(scribe, call)(session, a, b, answer, n)
    history, path = scribe.history(), tmp_path / "history.parquet"
    columns = Columns(path, history.target)
    columns.write(history.operations)
    arrays = bounds(folded(path).bulk)
    judge = Judge(history.target)
    for one in history.operations:
        judge.add(one)
    chains = [judge._case(judge._world.uploads[name], Setting()).chain.bounds for name in columns._keys]
    assert [Bounds(*map(int, one)) for one in zip(*arrays, strict=True)] == chains
    assert 0.02 < sum(one.crossed for one in chains) / len(chains) < 0.9


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


def test_judge_gives_the_second_opinion_that_was_asked_for() -> None:
    """The option adds nothing where both agree."""
    plain, twice = (
        CliRunner().invoke(judge, [str(RECORDED), *more], standalone_mode=False) for more in ([], ["--columnar"])
    )
    assert plain.return_value == twice.return_value == 0
    assert plain.output == twice.output


def test_judges_that_disagree_are_the_suites_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them is wrong, and the target is not to blame."""
    monkeypatch.setattr(columnar_judge, "judge_in_columns", lambda _history: ())
    answer = CliRunner().invoke(judge, [str(RECORDED), "--columnar"], standalone_mode=False)
    assert answer.return_value == 5
    assert "the judges disagree about" in " ".join(answer.output.split())


def test_without_the_extra_the_option_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A remedy, and nothing judged by half."""
    monkeypatch.setitem(sys.modules, "conformance.judge.columnar.columnar_judge", None)
    answer = CliRunner().invoke(judge, [str(RECORDED), "--columnar"], standalone_mode=False)
    assert isinstance(answer.exception, UsageError)
    assert "dds-conformance[columnar]" in str(answer.exception)


def test_answers_that_show_nothing_wrong_are_counted_as_one() -> None:
    """Whatever they say: what a judge remembers does not grow with a run."""
    scribe = scene(numbers=tuple(range(1, 9)))
    for n in range(1, 9):
        scribe.file("actor", *at(100 + 2 * n, 101 + 2 * n), n=n)
        scribe.url("reader", *at(200 + 2 * n, 201 + 2 * n), "200", n=n)
        place = f"/projects/{uid('pppp', n)}/uploads"
        scribe.answered("maker", *at(300 + 2 * n, 301 + 2 * n), "POST", place, "nc", None, request={"name": "a"})
    history, examiner = scribe.history(), Examiner()
    classes = classify_all(history.operations, TARGET)
    shown = [examiner.examine(one, of) for one, of in zip(history.operations, classes, strict=True)]
    assert len({id(seen) for seen in shown if seen}) == len({seen for seen in shown if seen})
