"""The line that says where a run stands, what is proved meanwhile, and how long it will take."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import pytest
from rich.console import Console as Screen

from conformance.cli.screen.console import Console, Mode
from conformance.cli.screen.present import Watching, begins
from conformance.cli.screen.proofs import Proofs
from conformance.cli.screen.standing import Standing, whole
from conformance.history import encode, encode_header
from conformance.model import Exchange, Operation, Target
from conformance.run import phases
from conformance.run.plan_summaries import skipped
from conformance.run.progress import NS_PER_S, Progress
from conformance.settings import durations
from conformance.settings.costs import COSTS
from conformance.settings.run_settings import Settings

BUSY = Standing("plans 34 of 91", 21.2, 30, 12_940, 2, 3, 2.71, share=0.4)
TARGET = Target("http://127.0.0.1:9/api/v1")


def settings(folder: Path) -> Settings:
    """Give the settings of a run in a folder."""
    return Settings(TARGET, "run-1", effort="quick", report_dir=folder)


@pytest.mark.parametrize("width", [140, 100, 80, 60, 40, 12])
def test_the_line_fits_the_terminal_and_keeps_what_matters_most(width: int) -> None:
    """The phase and the time go last."""
    said = BUSY.line(width)
    assert len(said) <= width
    assert said.startswith("plans 34")
    assert width < 40 or "0:21" in said


def test_at_eighty_columns_everything_is_said() -> None:
    """Phase, elapsed, estimate, requests, failures, and what is waited for, beside the spinner."""
    said = BUSY.line(78)
    for words in ("plans 34/91", "0:21", "~0:51", "12\u202f940", "2 failures", "3 waiting, longest 2.7 s"):
        assert words in said
    assert "3 uploads waiting, longest 2.7 s" in BUSY.line()


def test_durations_count_in_minutes_and_hours() -> None:
    """As a clock shows them."""
    assert [whole(value) for value in (0, 59.6, 61, 3661)] == ["0:00", "1:00", "1:01", "1:01:01"]


def test_a_terminal_has_one_line_and_elsewhere_each_has_the_time_of_day() -> None:
    """Nothing is broken over two lines, whatever the width."""
    err = io.StringIO()
    console = Console(Mode.PLAIN, io.StringIO(), err)
    console.stand(BUSY)
    console.proved("MUST bad-never-200: it was so", fails=True)
    first, second = err.getvalue().splitlines()
    assert re.match(r"\d\d:\d\d:\d\d plans 34 of 91, .* longest 2\.7 s$", first)
    assert second == "✕ fail  MUST bad-never-200: it was so"
    quiet = io.StringIO()
    Console(Mode.QUIET, io.StringIO(), quiet).stand(BUSY)
    assert quiet.getvalue() == ""


def test_the_phases_of_a_run_are_told_apart(tmp_path: Path) -> None:
    """By its history while it sends, by its own word afterwards; every phase is said at once, the rest seldom."""
    err = io.StringIO()
    run = settings(tmp_path)
    watching = Watching(Console(Mode.PLAIN, io.StringIO(), err), run)
    watching.tick()
    run.history_path.write_bytes(encode_header(TARGET, {"run_id": "run-1"}))
    phases.expect_fuzzing(run, 28)

    def sent(number: int, scenario: str, plan: str, phase: str, *, pending: bool = False) -> None:
        exchange, at = Exchange("GET", "/api/v1/projects", status=200, response={"results": []}), number
        if pending:
            body = {"error": 404, "code": "resource_not_consistent", "reason": "r", "suggestion": "s"}
            exchange, at = Exchange("GET", "/api/v1/files/f1/url", status=404, response=body), time.monotonic_ns()
        operation = Operation(f"o{number}", "s", at, at + 1, exchange, scenario=scenario, plan=plan)
        line = encode(operation).replace(b'"phase":"trouble"', f'"phase":"{phase}"'.encode())
        with run.history_path.open("ab") as file:
            file.write(line)
        watching.tick()

    sent(1, "good-tracers", "plan-1", "trouble")
    sent(2, "good-tracers", "plan-1", "final")
    sent(3, "fuzz-file-url", "file_url", "trouble", pending=True)
    for phase in ("cleaning", "judging"):
        phases.enter(run, phase)
        watching.tick()
        watching.tick()
    stated = [line.split(" ", 1)[1] for line in err.getvalue().splitlines() if re.match(r"\d\d:\d\d:\d\d ", line)]
    assert [line.split(",")[0].split(" ")[0].rstrip(":") for line in stated] == [
        "preparing", "plans", "settling", "fuzzing", "cleaning", "judging",
    ]  # fmt: skip
    assert "fuzzing 1 of 28 calls" in "\n".join(stated)
    assert [" waiting" in line for line in stated[-3:]] == [True, False, False], "nobody waits when nothing is sent"


def test_progress_counts_plans_at_their_last_reads_and_what_is_fuzzed() -> None:
    """Seeds and the common project are neither."""
    progress = Progress()
    base = {"method": "GET", "path": "/api/v1/projects", "status": 200, "a_ns": 5}
    for more in (
        {"scenario": "uploads", "plan": "p1", "phase": "trouble"},
        {"scenario": "uploads", "plan": "p1", "phase": "final"},
        {"scenario": "house", "plan": "h", "phase": "final"}, {"scenario": "fuzz", "plan": "seeds", "phase": "trouble"},
        {"scenario": "hostile-bodies", "plan": "hostile bodies", "phase": "trouble"},
    ):  # fmt: skip
        progress.add({**base, **more})
    assert (progress.done, progress.fuzzed, progress.operations) == ({"p1"}, {"hostile-bodies"}, 5)


def test_a_violation_is_told_once_as_soon_as_it_is_proved_and_only_if_it_is_selected() -> None:
    """A MUST fails the run, a SHOULD warns unless it is strict; trouble with a line ends the telling, not the run."""
    body = {"error": 400, "reason": "r", "suggestion": "s"}
    exchange = Exchange("POST", "/api/v1/projects", request={}, status=400, response=body,
                        headers={"content-type": "application/json"})  # fmt: skip
    lines = [encode_header(TARGET, {"run_id": "r"})]
    lines += [
        encode(Operation(f"o{n}", "s", n * 10, n * 10 + 1, exchange, notes={"intent": "invalid"})) for n in (1, 2)
    ]
    chosen, other = Proofs({"error-payload"}), Proofs({"bad-never-200"})
    for proofs in (chosen, other):
        for line in lines:
            proofs.hear(line.strip())
    ((fails, sentence),) = chosen.news()
    assert fails
    assert sentence.startswith("MUST error-payload: ")
    assert (chosen.failures, chosen.news(), other.news()) == (1, [], [])
    chosen.hear(b"{no json")
    assert chosen.news() == []


def test_a_run_begins_with_how_long_it_takes_at_its_pace(tmp_path: Path) -> None:
    """A remote target is asked ten times a second, and that is what counts then."""
    near = begins(settings(tmp_path))
    far = begins(Settings(Target("https://192.0.2.1/api/v1"), "r", effort="standard"))
    assert "seconds (unpaced)" in near
    assert re.search(r"about \d+ minutes \(10 requests a second\)", far)


def test_a_slow_target_is_said_to_take_longer_as_soon_as_it_is_known_to_be_slow(tmp_path: Path) -> None:
    """Once, and only where the first estimate was far off: 300 ms a request and a lag of two seconds."""
    err = io.StringIO()
    run = settings(tmp_path)
    watching = Watching(Console(Mode.PLAIN, io.StringIO(), err), run)
    run.history_path.write_bytes(encode_header(TARGET, {"run_id": "run-1"}))
    nc = {"error": 404, "code": "resource_not_consistent", "reason": "r", "suggestion": "s"}
    with run.history_path.open("ab") as file:
        for number in range(40):
            ready = number % 2 == 1
            exchange = Exchange("GET", f"/api/v1/files/f{number // 2}/url", status=200 if ready else 404,
                                response={"url": "/u"} if ready else nc)  # fmt: skip
            a_ns = number // 2 * 10 * NS_PER_S + ready * 2 * NS_PER_S
            file.write(encode(Operation(f"o{number}", "s", a_ns, a_ns + 300_000_000, exchange, scenario="uploads")))
    watching.tick()
    phases.enter(run, "cleaning")
    watching.tick()
    said = [line for line in err.getvalue().splitlines() if "the run takes about" in line]
    long = durations.expected_s(run, COSTS, latency_s=0.3 - durations.MEASURED_LATENCY_S, lag_s=2.0)
    told = f"the run takes about {durations.stated(long)}"
    assert said == [f"the target answers in 300 ms and is consistent after 2 s: {told}"]
    assert "of about 2:" in err.getvalue()


def test_what_was_skipped_is_said_with_its_scenario_and_how_many_there_were() -> None:
    """A plan left out for want of time counts, one that lacks a second user does not."""
    late = {"actor": "", "number": -1, "verb": "the whole plan", "why": "no time was left for it"}
    other = {"actor": "a", "number": 0, "verb": "read_url", "why": "no second user was given"}
    plans = [{"theme": "good-tracers", "unsent": [late]}, {"theme": "good-tracers", "unsent": [other]}, {"theme": "x"}]
    (said,) = skipped([{"plans": plans}])
    assert "1 of 2 good-tracers" in said
    assert list(skipped([{"plans": plans[1:]}])) == []


def test_the_status_of_a_terminal_is_drawn_within_its_width() -> None:
    """With a bar where there is room for one, else with a sign that it is alive."""
    from conformance.cli.screen.console import Spinner, _status  # noqa: PLC0415 - the drawing itself, not its use

    for width in (80, 120):
        screen = Screen(file=io.StringIO(), width=width, force_terminal=False)
        screen.print(_status(BUSY, width, Spinner("dots")))
        text = screen.file.getvalue()  # type: ignore[attr-defined] # a StringIO
        assert text.count("\n") == 1
        assert len(text.rstrip("\n")) <= width
        assert "2.7 s" in text
    assert NS_PER_S == 10**9
