"""The parts of a soak that need no server: plans, headers, pieces of files, shares, consent, figures."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.api.answers import Classified
from conformance.api.classifier import Classifier, classify_all
from conformance.cli.soak_command import soak
from conformance.driver.safety import ledger as ledgers
from conformance.errors import UsageError
from conformance.history.encode import encode, encode_header
from conformance.history.read import read
from conformance.history.workers.clock_offsets import FIELD, ClockOffset
from conformance.model import Exchange, Operation, Role, Target
from conformance.settings.run_settings import Budgets, Settings
from conformance.soak.file_pieces import FilePieces
from conformance.soak.load_summary import load_summary
from conformance.soak.plan_series import REPEATS, SURGES, load_scenarios, plan_series
from conformance.soak.sharing import shared_out
from conformance.soak.soak_plan import SoakPlan, place
from conformance.soak.soak_run import SoakRun, take_ledgers
from conformance.soak.worker_history import HEADER_BYTES, WorkerHistory

TARGET = Target(base_url="http://127.0.0.1:1/api/v1")
REMOTE = "https://dds.example.org"


def settings(folder: Path, **changes: object) -> Settings:
    """Give settings of a soak."""
    return Settings(target=TARGET, run_id="0123456789ab", report_dir=folder, nonce="ab" * 16, **changes)  # type: ignore[arg-type]


def operation(number: int, a_ns: int, b_ns: int) -> Operation:
    """Give a read of a project."""
    exchange = Exchange(method="GET", path="/api/v1/projects/p1", role=Role.API, user="owner", status=200, response={})
    return Operation(f"w1-{number}", "w1/reader", a_ns, b_ns, exchange)


def test_the_plans_of_two_workers_differ_and_each_is_drawn_again_the_same(tmp_path: Path) -> None:
    """A seed and a worker's number give its plans, wave after wave; surges come first."""
    chosen = load_scenarios(settings(tmp_path, scenario=("uploads", "floods")))
    first, again, other = (
        [plan.key() for plan in itertools.islice(plan_series(chosen, settings(tmp_path), shard), 30)]
        for shard in (0, 0, 1)
    )
    assert first == again
    assert first != other
    assert next(plan_series(chosen, settings(tmp_path), 0)).theme in SURGES


def test_the_plans_of_a_wave_are_run_again_in_another_order_before_others_are_drawn(tmp_path: Path) -> None:
    """Drawing is dear: each wave is repeated so often, then a new one comes."""
    chosen = load_scenarios(settings(tmp_path, scenario=("uploads",)))
    given = [plan.key() for plan in itertools.islice(plan_series(chosen, settings(tmp_path), 0), 4000)]
    wave = next(n for n in range(1, 400) if sorted(given[:n]) == sorted(given[n : 2 * n]))
    rounds = [given[n * wave : (n + 1) * wave] for n in range(REPEATS + 1)]
    assert all(sorted(one) == sorted(rounds[0]) for one in rounds[:REPEATS])
    assert len({tuple(one) for one in rounds[:REPEATS]}) > 1
    assert sorted(rounds[REPEATS]) != sorted(rounds[0])


def test_no_scenario_that_wants_the_target_for_itself_is_soaked(tmp_path: Path) -> None:
    """Dense readers ask everybody else to keep off: that would be no load."""
    assert all(not one.in_series for one in load_scenarios(settings(tmp_path)))
    assert len(load_scenarios(settings(tmp_path))) > 20


@pytest.mark.parametrize("chosen", ["bad-tracers", "link-walks"])
def test_what_cannot_be_soaked_is_refused_and_not_waited_for(chosen: str, tmp_path: Path) -> None:
    """A series of no plans would never give one."""
    with pytest.raises(UsageError, match="can be soaked"):
        load_scenarios(settings(tmp_path, scenario=(chosen,)))


def test_a_header_is_written_anew_in_place_while_lines_follow_it(tmp_path: Path) -> None:
    """What is known of the clock changes all the time; no line moves, and the file can be read at any moment."""
    written = WorkerHistory(tmp_path / "history-w1.jsonl", TARGET, {"run_id": "r1"})
    assert read(written.path).header[FIELD] is None
    with written.path.open("ab") as file:
        file.write(encode(operation(1, 10, 20)))
    offset = ClockOffset(1, -(10**15), -(10**5), 10**12, 1, 10**15, 10**6)
    written.compared(offset)
    history = read(written.path)
    assert history.header[FIELD] == offset.document()
    assert [one.id for one in history.operations] == ["w1-1"]
    assert len(written.path.read_bytes().splitlines(keepends=True)[0]) == HEADER_BYTES


def test_pieces_of_a_growing_file_give_the_file(tmp_path: Path) -> None:
    """Whatever is read when: written at their places, the pieces are the file, its newest header included."""
    path, copy = tmp_path / "a", bytearray()
    pieces = FilePieces("history", path)
    assert list(pieces.news()) == []
    for nth in range(5):
        with path.open("ab") as file:
            file.write(bytes([nth]) * 300_000)
        for at, data in pieces.news(all_of_it=nth == 4):
            copy[at : at + len(data)] = data
    with path.open("r+b") as file:
        file.write(b"new header")
    pieces.again()
    for at, data in pieces.news(all_of_it=True):
        copy[at : at + len(data)] = data
    assert bytes(copy) == path.read_bytes()


@pytest.mark.parametrize("machines", [1, 2, 7])
def test_several_machines_spend_no_more_than_the_soak_may(machines: int, tmp_path: Path) -> None:
    """Rate and budgets are shared out where no file can be shared."""
    whole = settings(tmp_path, max_rps=100.0, budgets=Budgets(requests=1000, bytes=5000))
    share = shared_out(whole, machines)
    assert share.rate is not None
    assert share.rate * machines <= 100.001
    assert (share.budgets.requests or 0) * machines <= 1000
    assert (share.budgets.bytes or 0) * machines <= 5000
    assert shared_out(settings(tmp_path), machines).rate is None


def test_what_workers_elsewhere_made_comes_into_the_one_ledger(tmp_path: Path) -> None:
    """A ledger that was cut by a kill gives its whole lines; `clean` takes what comes of it."""
    here = settings(tmp_path)
    header = {"format": ledgers.FORMAT, "version": 1, "run_id": here.run_id, "base_url": TARGET.base_url}
    for worker in ("w1", "w2"):
        line = {"create": "project", "key": f"{worker}-1", "within": "", "user": "owner", "name": worker}
        text = f"{json.dumps(header)}\n{json.dumps(line)}\n" + '{"made": "w'
        (tmp_path / f"ledger-{here.run_id}-{worker}.jsonl").write_text(text, encoding="utf-8")
    take_ledgers(here)
    assert [entry.key for entry in ledgers.read(here.ledger_path).open] == ["w1-1", "w2-1"]
    assert not list(tmp_path.glob("ledger-*"))


@pytest.mark.parametrize(
    ("given", "found"),
    [("h", ("h", 5)), ("h:80", ("h", 80)), ("[::1]:80", ("::1", 80)), ("10.0.0.1:9", ("10.0.0.1", 9))],
)
def test_a_place_is_a_host_and_maybe_a_port(given: str, found: tuple[str, int]) -> None:
    """HOST or HOST:PORT."""
    assert place(given, 5, "--master") == found


@pytest.mark.parametrize("given", ["", "h:", "h:x", "h:0", "h:99999", ":80"])
def test_what_is_no_place_is_refused_with_its_option(given: str) -> None:
    """The option is named."""
    with pytest.raises(UsageError, match="--master"):
        place(given, 5, "--master")


def test_a_plan_comes_through_json_and_its_users_arrive_in_the_first_quarter() -> None:
    """Load that grows is what lag is set against."""
    plan = SoakPlan(100, 2.0, 4, remote=True, web="127.0.0.1:1")
    assert SoakPlan.from_json(plan.to_json()) == plan
    assert plan.users / plan.spawn_rate == pytest.approx(30)


def test_a_soak_off_this_machine_wants_consent_with_the_command_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither silence nor an environment variable is consent to a load test."""
    monkeypatch.setenv("DDS_API_TOKEN", "t")
    words = ["--target", REMOTE, "--report-dir", str(tmp_path / "r")]
    silent = CliRunner().invoke(soak, words)
    assert isinstance(silent.exception, UsageError)
    assert "LOAD TEST" in str(silent.exception)
    monkeypatch.setenv("DDS_CONFORMANCE_I_MAY_WRITE", "1")
    whispered = CliRunner().invoke(soak, words)
    assert isinstance(whispered.exception, UsageError)
    assert "does not count" in whispered.exception.remedy


def test_a_worker_is_told_everything_by_its_master(tmp_path: Path) -> None:
    """Options of a master beside --worker are refused, and a worker needs a target of its own."""
    words = ["--worker", "127.0.0.1", "--report-dir", str(tmp_path)]
    assert isinstance(CliRunner().invoke(soak, [*words, "--workers", "2"]).exception, UsageError)
    assert isinstance(CliRunner().invoke(soak, words).exception, UsageError)


def lags(pairs: list[tuple[float, float, float]]) -> dict[str, object]:
    """Give a section about lag: begun, at least, at most, in seconds."""
    over_time = [{"begun_s": begun, "at_least_s": low, "at_most_s": high} for begun, low, high in pairs]
    return {"origin_ns": 0, "groups": [{"kind": "good upload", "endpoint": "file_url", "over_time": over_time}]}


def growing(seconds: int) -> list[Operation]:
    """Give requests of which more and more are under way: in second n there are n."""
    return [
        operation(second * 100 + nth, second * 10**9, (second + 1) * 10**9)
        for second in range(seconds)
        for nth in range(second + 1)
    ]


def test_load_is_the_requests_under_way_and_a_lag_that_grows_with_it_is_said() -> None:
    """Lags that grow with the load slow down; the same lags at all loads do not."""
    operations = growing(60)
    classes = classify_all(operations, TARGET)
    slower = load_summary(operations, classes, lags([(n + 0.5, n / 20, n / 20 + 0.1) for n in range(60)]))
    steady = load_summary(operations, classes, lags([(n + 0.5, 0.5, 0.6) for n in range(60)]))
    assert slower["slows_down"]["answer"] == "yes"
    assert steady["slows_down"]["answer"] == "not seen"
    assert slower["over_time"][30]["under_way"] == pytest.approx(31, abs=1)
    assert slower["latency"][0]["p50_ms"] == pytest.approx(1000)
    assert load_summary(operations, classes, lags([]))["slows_down"]["answer"] == "unknown"


def test_a_soak_of_nothing_has_figures_of_nothing() -> None:
    """No request, no division by it."""
    assert load_summary([], [], lags([]))["latency"] == []


def test_a_soak_reads_and_classifies_what_its_workers_wrote_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict and the figures of the load are drawn from the same reading."""
    classified: list[str] = []
    usual = Classifier.__call__

    def counting(self: Classifier, one: Operation) -> Classified:
        classified.append(one.id)
        return usual(self, one)

    monkeypatch.setattr(Classifier, "__call__", counting)
    given = settings(tmp_path)
    given.history_path.write_bytes(encode_header(TARGET, {"run_id": given.run_id}))
    written = WorkerHistory(tmp_path / "history-w1.jsonl", TARGET, {"run_id": given.run_id})
    with written.path.open("ab") as file:
        file.writelines(encode(operation(n, n * 10, n * 10 + 5)) for n in range(1, 9))
    document = SoakRun(given, SoakPlan(4, 0.1, 1)).report(interrupted=False)
    assert document["exchanges"] == 8
    assert sum(one["count"] for one in document["soak"]["latency"]) == 8
    assert len(classified) == len(set(classified)) > 0
