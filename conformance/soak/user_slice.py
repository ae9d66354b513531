"""A slice of users in a process of its own, without gevent: our engine and our driver, as in every run.

``python -m conformance.soak.user_slice SETTINGS WORKER SHARD`` takes commands as JSON lines from standard input
(``{"users": N}``, ``{"leave": true}``) and tells the worker of Locust what it sent, for its statistics, the same way.
When standard input ends, whoever commanded it is gone: it stops after the requests under way.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TextIO

from conformance.driver import BudgetError, Driver, RecordError
from conformance.driver.recorder import Recorder
from conformance.engine.efforts import QUICK
from conformance.engine.execution.scheduler import Scheduler
from conformance.engine.search.worker import stage_for
from conformance.errors import SuiteError
from conformance.model import Json, Operation, Role
from conformance.settings.run_settings import Settings
from conformance.soak.load_campaign import LoadCampaign
from conformance.soak.plan_series import load_scenarios, plan_series
from conformance.soak.worker_history import history_name

TELL_EVERY_S = 1.0
"""Locust shows its statistics no more often."""
LEAST_THREADS, MOST_THREADS = 5, 64
"""More than the least only wait for one another while answers come at once: the interpreter runs one at a time."""
MS_A_THREAD = 10.0
"""A usual answer (median) that takes so many milliseconds longer is worth one more thread to wait for it."""
NS_PER_MS = 1_000_000
OBJECTS_BETWEEN = 20_000
"""New objects between two looks of the collector: a request makes hundreds, and all of them go by themselves."""


class SliceOfUsers:
    """The users of one process. `let_through` is afterwards how many requests the pace of this machine counted."""

    def __init__(self, settings: Settings, worker: str, shard: int, threads: int = LEAST_THREADS) -> None:
        self._recorder = Recorder(settings.report_dir / history_name(worker))
        self._driver = Driver(settings, self._recorder, worker)
        self._driver.idle_roads.lends = True
        self._driver.listen(self._hear)
        stage = stage_for(self._driver, settings, QUICK)
        stage.scheduler = Scheduler(threads)
        plans = plan_series(load_scenarios(settings), settings, shard)
        self.campaign = LoadCampaign(stage, plans, lambda world: self._driver.forget(world.token))
        self._lock = threading.Lock()
        self._sent: list[Json] = []
        self.let_through = 0

    @property
    def ended(self) -> int:
        """Return how many operations are on record."""
        return self._recorder.ended

    def run(self) -> dict[str, Json]:
        """Serve users until they have left; return what it came to, for the run's outcome."""
        trouble, shortage = "", ""
        try:
            self.campaign.run()
        except BudgetError as spent:
            shortage = str(spent)
        except RecordError as full:
            trouble = str(full)
        except SuiteError as failed:
            shortage = str(failed)
        except Exception as crash:  # noqa: BLE001 - the suite's own error, which the run's outcome names
            trouble = f"{type(crash).__name__}: {crash}"[:500]
        finally:
            self.campaign.stage.quiet.close()
        if self._recorder.trouble is None:
            self._recorder.finish(self.ended, interrupted=False)
        self.let_through = self._driver.pace.totals()[0]
        self._driver.close()
        return {"operations": self.ended, "plans": self.campaign.plans_ended, "trouble": trouble, "shortage": shortage}

    def stop(self) -> None:
        """End after the requests under way."""
        self.campaign.leave()
        self.campaign.stage.scheduler.stop()

    def news(self) -> list[Json]:
        """Return what was sent since it was asked last: call, milliseconds, bytes, failure."""
        with self._lock:
            news, self._sent = self._sent, []
        return news

    def widen(self, news: Sequence[Json]) -> None:
        """Have as many threads as wait for answers, by how long the latest took."""
        usual_ms = median(milliseconds for _, _, milliseconds, _ in news)
        self.campaign.stage.scheduler.widen(min(MOST_THREADS, int(usual_ms / MS_A_THREAD)))

    def _hear(self, moment: str, operation: Operation) -> None:
        if moment != "end" or {"withheld", "forbidden"} & operation.notes.keys():
            return
        exchange = operation.exchange
        storage = exchange.role is Role.STORAGE
        name = "storage" if storage else self._driver.classify.call(exchange).name
        end = operation.b_ns or operation.notes.get("gave_up_ns") or operation.a_ns
        failure = str(exchange.failure) if exchange.failure else ""
        with self._lock:
            self._sent.append([exchange.method, name, (int(end) - operation.a_ns) / NS_PER_MS, failure])


def main(arguments: list[str]) -> int:
    """Serve users as standard input commands; 0 always: what went wrong is said in the last line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's interrupt is for whoever commands this process
    settings = Settings.from_json(Path(arguments[0]).read_text(encoding="utf-8"))
    served = SliceOfUsers(settings, arguments[1], int(arguments[2]))
    gc.freeze()  # what was imported stays: the collector need not look at it again and again
    gc.set_threshold(OBJECTS_BETWEEN)
    over = threading.Event()
    threading.Thread(target=_obey, args=(served, sys.stdin), daemon=True).start()
    teller = threading.Thread(target=_tell, args=(served, over), daemon=True)
    teller.start()
    _say({"ready": True})
    ended = served.run()
    over.set()
    teller.join()
    _say({"ended": ended})
    return 0


def _obey(served: SliceOfUsers, commands: TextIO) -> None:
    for line in commands:
        command = json.loads(line)
        if "users" in command:
            served.campaign.want(int(command["users"]))
        if command.get("leave"):
            served.campaign.leave()
        if command.get("stop"):
            break
    served.stop()


def _tell(served: SliceOfUsers, over: threading.Event) -> None:
    while not over.is_set():
        over.wait(TELL_EVERY_S)
        if news := served.news():
            served.widen(news)
            _say({"requests": news, "at": time.time()})


def _say(what: Json) -> None:
    try:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()
    except OSError:
        pass  # nobody listens any more: standard input has ended as well


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
