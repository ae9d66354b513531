"""A soak in the controlling process: the run that every run is, whose requests Locust's workers send."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path

from conformance.driver.safety import ledger as ledgers
from conformance.driver.safety.cleaning import farewell, left_open
from conformance.history.workers import worker_files
from conformance.model import History, Json
from conformance.outcome.assemble import Gist
from conformance.run.running import Running, Tried
from conformance.settings.run_settings import Settings
from conformance.soak.load_summary import load_summary
from conformance.soak.plan_series import load_scenarios
from conformance.soak.soak_plan import SoakPlan

SUMMARY = "soak.json"


class SoakRun(Running):
    """Judges the histories of all workers as one; everything else is as in any run."""

    def __init__(self, settings: Settings, plan: SoakPlan) -> None:
        super().__init__(settings)
        self._plan = plan
        self._found: Gist | None = None

    def recorded(self) -> History:
        """Return this process's own history with those of the workers, by one clock; remark on those not compared."""
        folder = self.settings.report_dir
        paths = [self.settings.history_path, *sorted(folder.glob("history-w*.jsonl"))]
        history = worker_files.read_several(paths, folder)
        if sentence := worker_files.clocks_sentence(history.header):
            self.remark(sentence)
        return history

    def _judged(self) -> Gist:
        """Read, classify and judge once, for the document and for what it says of the load."""
        if self._found is None:
            self._found = super()._judged()
        return self._found

    def _document(self, *, interrupted: bool, trouble: tuple[str, ...], shortage: tuple[str, ...]) -> dict[str, Json]:
        found = self._judged()  # before the reasons are put together: reading may remark on the clocks
        drawn = super()._document(interrupted=interrupted, trouble=trouble, shortage=shortage)
        about = {
            "users": self._plan.users,
            "minutes": self._plan.minutes,
            "workers": workers_of(self.settings.report_dir),
            "clocks": found.history.header.get(worker_files.CLOCKS),
        }
        return {**drawn, "soak": {**about, **load_summary(found.history.operations, found.classes, drawn["lag"])}}

    def end(self, *, interrupted: bool, clean: bool = True) -> dict[str, Json]:
        """Take what workers elsewhere made, clean up unless that is not wanted any more, judge and report."""
        take_ledgers(self.settings)
        trouble, shortage = _told(self.settings.report_dir, self._plan)
        tried = Tried(load_scenarios(self.settings), partial=True)
        return self.finish(interrupted=interrupted, trouble=trouble, shortage=shortage, tried=tried, clean=clean)

    def give_up(self) -> dict[str, Json]:
        """Judge and report without cleaning up any further: its operator interrupted that."""
        self.leftovers = left_open(self.settings)
        self.remark(*farewell(self.leftovers, self.settings.ledger_path, self.settings))
        return self.report(interrupted=True)


def workers_of(folder: Path) -> list[Mapping[str, Json]]:
    """Return what the master said of each worker; nothing where it was killed before it could."""
    path = folder / SUMMARY
    if not path.exists():
        return []
    return list(json.loads(path.read_text(encoding="utf-8"))["workers"])


def _told(folder: Path, plan: SoakPlan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the suite's own trouble, and what kept the soak from being whole."""
    workers = workers_of(folder)
    trouble, shortage = [], []
    if not (folder / SUMMARY).exists():
        shortage.append("the master went away before its end; the workers' histories were judged as far as they go")
    elif len(workers) < plan.workers:
        shortage.append(f"{len(workers)} of {plan.workers} workers came")
    for one in workers:
        named = f"worker {one['name'] or 'without a name'} on {one['host']}"
        ended = one["ended"]
        if ended is None:
            shortage.append(f"{named} went away before its end; what it made stands in the ledger")
        else:
            trouble += [f"{named}: {ended['trouble']}"] if ended["trouble"] else []
            shortage += [f"{named}: its process was killed"] if ended.get("killed") else []
            shortage += [ended["shortage"]] if ended["shortage"] else []
    return tuple(trouble), tuple(dict.fromkeys(shortage))


def take_ledgers(settings: Settings) -> None:
    """Append to the run's ledger what workers elsewhere wrote in theirs, whole lines only."""
    for path in sorted(settings.report_dir.glob(f"ledger-{settings.run_id}-w*.jsonl")):
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        with settings.ledger_path.open("ab") as ledger:
            ledger.write(whole)
        ledgers.read(settings.ledger_path)  # it must stay one that `clean` takes
        path.unlink()


def free_port(host: str) -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
