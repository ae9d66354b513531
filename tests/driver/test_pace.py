"""The pace: shared by all processes, polite to a target that asks for patience, and out of budget when it says so."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from conformance.driver.safety.pace import LEAST_UNANSWERED, NS_PER_S, BudgetError, Pace, retry_after_s
from conformance.settings.run_settings import Budgets

TURN = """
import sys
from pathlib import Path
from conformance.driver.safety.pace import Pace
pace = Pace(Path(sys.argv[1]), rate=float(sys.argv[2]), in_flight=int(sys.argv[3]))
import time
for _ in range(int(sys.argv[4])):
    with pace.turn():
        print(time.monotonic_ns(), flush=True)
"""


def test_processes_keep_one_rate_together(tmp_path: Path) -> None:
    """Two processes at 40 a second are 40 a second: no more than the burst beyond that in any span."""
    rate, each = 40.0, 25
    command = [sys.executable, "-c", TURN, str(tmp_path), str(rate), "8", str(each)]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    moments = sorted(int(line) for child in children for line in child.communicate(timeout=30)[0].split())
    assert len(moments) == 2 * each
    burst = rate * 0.5
    for first in range(0, len(moments), 5):
        for last in range(first, len(moments)):
            span_s = (moments[last] - moments[first]) / 1e9
            assert last - first + 1 <= rate * span_s + burst + 2


def test_no_more_requests_fly_than_are_allowed(tmp_path: Path) -> None:
    """Threads of two paces on one folder share the places."""
    paces = [Pace(tmp_path, rate=None, in_flight=3) for _ in range(2)]
    flying, most, lock = 0, 0, threading.Lock()

    def fly(pace: Pace) -> None:
        nonlocal flying, most
        for _ in range(10):
            with pace.turn():
                with lock:
                    flying += 1
                    most = max(most, flying)
                time.sleep(0.001)
                with lock:
                    flying -= 1

    threads = [threading.Thread(target=fly, args=(pace,)) for pace in paces for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for pace in paces:
        pace.close()
    assert most == 3


def test_a_killed_process_gives_its_place_back(tmp_path: Path) -> None:
    """A place in flight dies with its holder."""
    hold = """
import sys, time
from pathlib import Path
from conformance.driver.safety.pace import Pace
with Pace(Path(sys.argv[1]), rate=None, in_flight=1).turn():
    print("held", flush=True)
    time.sleep(60)
"""
    child = subprocess.Popen([sys.executable, "-c", hold, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout
    assert child.stdout.readline() == "held\n"
    child.kill()
    child.communicate()
    pace = Pace(tmp_path, rate=None, in_flight=1)
    with pace.turn():
        assert pace.totals()[0] == 2
    pace.close()


@pytest.mark.parametrize("status", [429, 503])
def test_a_target_that_names_a_time_is_given_it(status: int, tmp_path: Path) -> None:
    """Retry-After holds everybody back, in another process's pace too."""
    pace, other = (Pace(tmp_path, rate=None, in_flight=4) for _ in range(2))
    asked = time.monotonic_ns()
    assert pace.heard(status, {"retry-after": "1"}) == 1.0
    assert other.resume_ns() >= asked + NS_PER_S
    with other.turn():
        assert time.monotonic_ns() >= pace.resume_ns()
    pace.close()
    other.close()


def test_without_a_time_the_wait_doubles_and_is_forgotten_after_success(tmp_path: Path) -> None:
    """Back-off grows to a bound, and ends with the first good answer."""
    pace = Pace(tmp_path, rate=None, in_flight=1)
    waits = [pace.heard(503, {}) for _ in range(8)]
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert pace.heard(200, {}) is None
    assert pace.heard(429, {"retry-after": "soon"}) == 0.1
    pace.close()


def test_a_wait_beyond_the_budget_ends_the_run(tmp_path: Path) -> None:
    """A target that asks for an hour is not waited for; the run says so, as incomplete."""
    pace = Pace(tmp_path, rate=None, in_flight=1, budgets=Budgets(longest_wait_s=5))
    pace.heard(503, {"retry-after": "3600"})
    with pytest.raises(BudgetError, match="asks to wait 3600 s") as stated, pace.turn():
        pass
    assert stated.value.exit_code == 4
    pace.close()


@pytest.mark.parametrize(
    ("budgets", "word"),
    [(Budgets(requests=2), "2 requests"), (Budgets(bytes=100), "100 bytes"), (Budgets(seconds=1e-9), "s is spent")],
)
def test_a_spent_budget_lets_nothing_through_but_the_cleaning(budgets: Budgets, word: str, tmp_path: Path) -> None:
    """What is exempt goes on: leaving a mess is no saving."""
    pace = Pace(tmp_path, rate=None, in_flight=1, budgets=budgets)
    for _ in range(2):
        with pace.turn(exempt=True):
            pace.spent(50)
    with pytest.raises(BudgetError, match=word), pace.turn():
        pass
    with pace.turn(exempt=True):
        pass
    pace.close()


def test_a_target_that_went_away_for_good_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a long pause alone nor many failures alone is enough; one answer starts the count anew."""
    pace = Pace(tmp_path, rate=None, in_flight=1)
    for _ in range(LEAST_UNANSWERED):
        with pace.turn():
            assert pace.heard(None, {}) is None
    monkeypatch.setattr("conformance.driver.safety.pace.GIVEN_UP_AFTER_S", -1.0)
    with pytest.raises(BudgetError, match="answered nothing for") as stated, pace.turn():
        pass
    assert stated.value.exit_code == 4
    with pace.turn(exempt=True):
        pace.heard(502, {})
    with pace.turn():
        pass
    pace.close()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "9" * 400}, 999999999999.0),
        ({"retry-after": "\u0663"}, None),
        ({"retry-after": "Mon, 23 Nov 2026 20:00:30 GMT", "date": "Mon, 23 Nov 2026 20:00:00 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 20:00:00 GMT", "date": "Mon, 23 Nov 2026 20:09:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 99 Nov 2026 20:00:00 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, or a date on the server's own clock; rubbish is no wish at all."""
    assert retry_after_s(headers) == seconds
