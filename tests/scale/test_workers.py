"""Workers: the document is that of one process; one that fails, or is killed, costs a second try or is named."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from legal_dds import pack
from sharded import in_sequence

from conformance import history as histories
from conformance.cli.judge_command import judge
from conformance.errors import UsageError
from conformance.history.parquet.converting import convert_history
from conformance.judge.shards.plainness import Surroundings
from conformance.model import History, Json, Target
from conformance.spread import asked, shard_work
from conformance.spread.pooling import in_pool
from conformance.spread.shard_work import Done, Task

pytest.importorskip("pyarrow", reason="the extra `columnar` is not installed")

_MOMENT = ("run_id", "begun", "ended", "duration_s")


def task(number: int, folder: Path) -> Task:
    """Give a task whose worker may leave marks in a folder."""
    return Task(number, str(folder), (), Target(base_url=""), Surroundings(0))


def killed_once(of: Task) -> Done:
    """Be killed at the first try of shard 2."""
    mark = Path(of.path) / f"tried-{of.number}"
    if of.number == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return Done(of.number)


def always_killed(of: Task) -> Done:
    """Be killed whenever shard 2 is tried."""
    if of.number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return Done(of.number)


def fails(of: Task) -> Done:
    """Fail at shard 3."""
    if of.number == 3:
        raise OSError("the disk is gone")
    return Done(of.number)


def test_a_worker_that_is_killed_hangs_nobody_and_its_shard_is_done_again(tmp_path: Path) -> None:
    """SIGKILL takes the whole pool with it: all shards are there in the end, each once."""
    done, failed = in_pool([task(number, tmp_path) for number in (1, 2, 3)], 2, killed_once)
    assert sorted(one.number for one in done) == [1, 2, 3]
    assert failed == []


def test_a_shard_that_kills_every_worker_is_named(tmp_path: Path) -> None:
    """The others are done all the same."""
    done, failed = in_pool([task(number, tmp_path) for number in (1, 2)], 1, always_killed)
    assert [one.number for one in done] == [1]
    assert [one.number for one in failed] == [2]


def test_a_shard_that_fails_for_good_is_named_with_its_reason(tmp_path: Path) -> None:
    """It was tried again before."""
    done, failed = in_pool([task(number, tmp_path) for number in (1, 3)], 1, fails)
    assert [one.number for one in done] == [1]
    assert [(one.number, one.reason) for one in failed] == [(3, "OSError: the disk is gone")]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write forty legal histories as JSON lines."""
    history = in_sequence(pack(7, 40))
    path = tmp_path_factory.mktemp("workers") / "history.jsonl"
    path.write_bytes(_lines(history))
    return path


def _lines(history: History) -> bytes:
    rows = [histories.encode(one) for one in history.operations]
    end = histories.encode_end(len(rows), interrupted=False, ended="")
    return b"".join([histories.encode_header(history.target, {"run_id": "r"}), *rows, end])


def judged(*words: str) -> tuple[int, dict[str, Json]]:
    """Judge by the command; return its exit code and the document without what is of the moment."""
    answer = CliRunner().invoke(judge, [*words, "--json"], standalone_mode=False)
    assert answer.exception is None, answer.exception
    document = json.loads(answer.output)
    return answer.return_value, {name: value for name, value in document.items() if name not in _MOMENT}


def test_two_workers_give_the_document_of_one_process(recording: Path) -> None:
    """To the last figure; the file is converted on the way."""
    assert judged(str(recording), "--workers", "2") == judged(str(recording))


def test_a_folder_of_histories_is_judged_alike(recording: Path, tmp_path: Path) -> None:
    """And so are several files, of either form."""
    history = histories.read(recording)
    half = len(history.operations) // 2
    for name, part in (("a", history.operations[:half]), ("b", history.operations[half:])):
        (tmp_path / f"{name}.jsonl").write_bytes(_lines(History(part, history.target)))
    convert_history(histories.read(tmp_path / "b.jsonl"), tmp_path / "c.parquet")
    files = [str(tmp_path / name) for name in ("a.jsonl", "c.parquet")]
    (tmp_path / "c.parquet").rename(tmp_path / "moved")
    whole = judged(str(tmp_path))
    (tmp_path / "moved").rename(tmp_path / "c.parquet")
    assert judged(*files, "--workers", "1")[1]["requirements"] == whole[1]["requirements"]


def test_a_shard_that_is_lost_makes_the_outcome_incomplete(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 4, and the reason names the shard."""

    def lossy(tasks: list[Task], workers: int) -> tuple[list[Done], list[object]]:
        from conformance.spread.pooling import Failed  # noqa: PLC0415

        assert workers == 2
        return [shard_work.do(one) for one in tasks if one.number != 3], [Failed(3, "killed")]

    monkeypatch.setattr(asked, "in_pool", lossy)
    status, document = judged(str(recording), "--workers", "2")
    assert (status, document["outcome"]) == (4, "incomplete")
    assert any("shard 3 of 8 could not be judged: killed" in reason for reason in document["reasons"])


@pytest.mark.parametrize("words", [("--workers", "2", "--dask", "tcp://h:1"), ("--workers", "2", "--columnar")])
def test_options_that_exclude_each_other_are_refused(words: tuple[str, ...], recording: Path) -> None:
    """With a remedy."""
    answer = CliRunner().invoke(judge, [str(recording), *words], standalone_mode=False)
    assert isinstance(answer.exception, UsageError)
    assert answer.exception.remedy


def test_without_the_extra_dask_says_what_to_install(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is judged by half."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    answer = CliRunner().invoke(judge, [str(recording), "--dask", "tcp://127.0.0.1:9"], standalone_mode=False)
    assert isinstance(answer.exception, UsageError)
    assert "dds-conformance[distributed]" in str(answer.exception)


@pytest.mark.filterwarnings("ignore")  # Dask's own, of ports and loops
def test_a_dask_cluster_gives_the_same_document(recording: Path) -> None:
    """A local one, with a worker in this process."""
    distributed = pytest.importorskip("distributed", reason="the extra `distributed` is not installed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, scheduler_port=0, protocol="tcp"
    ) as cluster:
        found = judged(str(recording), "--dask", cluster.scheduler_address)
    assert found == judged(str(recording))


def test_the_command_loads_none_of_the_heavy_libraries(tmp_path: Path) -> None:
    """Neither at --help nor when it judges JSON lines."""
    import subprocess  # noqa: PLC0415

    recorded = Path(__file__).parents[1] / "data" / "recorded" / "deployed-history.jsonl"
    program = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from conformance.cli.judge_command import judge\n"
        "from conformance.cli.histories.history_command import convert\n"
        f"CliRunner().invoke(judge, [{str(recorded)!r}, '--report-dir', {str(tmp_path)!r}])\n"
        "print(sorted({'pyarrow', 'numpy', 'distributed', 'dask', 'duckdb'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
