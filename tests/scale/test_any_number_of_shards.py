"""Any number of shards gives the findings, outcomes, exposures, bounds and lags of one judge, and its document."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from judge_timeline import TICK, Scribe, drawn
from legal_dds import Crime, pack
from sharded import differences, sharded
from test_rules_drawn import BROKEN, LEGAL, MEASURED, stage

from conformance import history as histories
from conformance.history.parquet.converting import convert_history
from conformance.model import History

pytest.importorskip("pyarrow", reason="the extra `columnar` is not installed")

RECORDED = Path(__file__).parents[1] / "data" / "recorded"
COUNTS = (1, 2, 7, 64)


@pytest.mark.parametrize("crime", list(Crime))
def test_chaotic_servers_legal_and_with_each_crime(crime: Crime, tmp_path: Path) -> None:
    """Twelve projects each; only a pattern over many uploads is judged whole."""
    pattern = crime is Crime.FAILS_ON_BAD
    assert list(differences(pack(11, 12, crime), tmp_path / "h.parquet", (1, 7), whole_too=pattern)) == []


def test_ordinary_projects_are_judged_apart(tmp_path: Path) -> None:
    """Shards that leave everything to one place would be right, and of no use."""
    chaotic, path = pack(7, 4), tmp_path / "h.parquet"
    history = beside(chaotic, others=9)
    assert list(differences(history, path, COUNTS)) == []
    found = sharded(path, 7)
    assert found.gist is not None, found.why
    assert len(found.gist.history.operations) <= len(chaotic.operations) < len(history.operations)


@pytest.mark.parametrize("name", [*BROKEN, *LEGAL, *MEASURED])
def test_each_small_history_beside_ordinary_projects(name: str, tmp_path: Path) -> None:
    """Whatever a rule finds or leaves alone, it does so among projects that are judged elsewhere."""
    kind, *lanes = (BROKEN | MEASURED)[name][1:] if name in BROKEN or name in MEASURED else LEGAL[name]
    history = drawn("\n".join(lanes), stage(kind))
    assert list(differences(beside(history), tmp_path / "h.parquet", (2,))) == []


@pytest.mark.parametrize("name", ["deployed-history.jsonl", "deployed-run-swift-quick.jsonl.gz"])
def test_what_the_deployed_service_answered(name: str, tmp_path: Path) -> None:
    """Real answers, one of them a run of this suite."""
    assert list(differences(histories.read(RECORDED / name), tmp_path / "h.parquet", COUNTS)) == []


def beside(history: History, others: int = 4) -> History:
    """Add projects with a good upload each, in which nothing is to be found."""
    scribe = Scribe(history.target)
    for n in range(90, 90 + others):
        at = iter(range(n * TICK, (n + 1) * TICK, TICK // 40))
        scribe.project("calm", next(at), next(at), n=n)
        scribe.upload("calm", next(at), next(at), n=n, project=n)
        scribe.chunk("calm", next(at), next(at), n=n)
        scribe.put("calm", next(at), next(at), n=n)
        scribe.complete("calm", next(at), next(at), n=n)
        scribe.file("calm", next(at), next(at), n=n, home=n)
        for word in ("nc", "200"):
            scribe.url("calm", next(at), next(at), word, n)
    calm = tuple(replace(one, id=f"calm-{one.id}") for one in scribe.history().operations)
    return replace(history, operations=(*history.operations, *calm))


def test_what_a_run_of_ours_keeps_is_sharded(tmp_path: Path) -> None:
    """The file as a run left it: announced writes, the second user, fuzzed requests, and an end."""
    source = tmp_path / "a.jsonl"
    source.write_bytes(gzip.decompress((RECORDED / "deployed-run-swift-quick.jsonl.gz").read_bytes()))
    history = histories.read(source)
    path = tmp_path / "a.parquet"
    convert_history(history, path)
    found = sharded(path, 7)
    assert found.gist is not None, found.why
    assert found.gist.exchanges == len(history.operations)
