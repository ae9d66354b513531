"""One subject of the self-test: a server with one fault or variant, a run of the suite against it, what came of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from conformance import history as histories
from conformance.api.catalogue import by_id
from conformance.engine.search.early_stop import STOP_AT
from conformance.errors import ExitCode, UsageError, did_you_mean
from conformance.model import Level, Operation
from conformance.outcome.target_description import REQUIREMENT as DESCRIPTION
from conformance.reference.faults import FAULTS
from conformance.reference.launch import RunningServer, launch
from conformance.reference.variants import VARIANTS

FAULT_BOUND_S = 4.0
"""How long a fault's run waits for consistency: several times the lag, and no longer than the matrix can afford."""
ODDITY_BOUND_S = 20.0
LAG = "0.3"
LOADED_LAG, LOADED_BOUND_S = "2.0", 10.0
"""Under load: uploads completed side by side are pending and read side by side, however slow the machine is."""
SOAK = ("soak", "--users", "8", "--workers", "1", "--minutes", "0.1", "--scenario", "floods", "--scenario", "uploads")
"""How a fault that shows only under load is tried; the effort of a matrix says nothing about it."""
DEADLINE_S = 600.0
"""Seconds after which a run that does not end is given up, and counted as the suite's own error."""
NS_PER_S = 1_000_000_000
_WEIGHT = {Level.MEASURED: 0, Level.SHOULD: 1, Level.IMPLIED: 2, Level.MUST: 2}


@dataclass(frozen=True, slots=True)
class Subject:
    """A server to try: `breaks` are the requirements that may convict it, the gravest first; none for a variant.

    One that shows only `under_load` is soaked for a moment instead of a run.
    """

    name: str
    summary: str
    breaks: tuple[str, ...] = ()
    under_load: bool = False

    @property
    def legal(self) -> bool:
        """Whether this server keeps the contract."""
        return not self.breaks

    @property
    def damning(self) -> tuple[str, ...]:
        """Those of `breaks` that are as grave as the first: a MUST that only earns a warning is not caught."""
        return tuple(name for name in self.breaks if _weight(name) >= _weight(self.breaks[0]))


def _weight(requirement: str) -> int:
    return _WEIGHT[by_id()[requirement].level]


@dataclass(frozen=True, slots=True)
class Trialled:
    """What came of one subject. `convicted` are the requirements with findings, `gating` those that fail the target.

    `requests` and `seconds` count to the end of the operations that prove the first damning finding; `took_s` is the
    wall time of the whole trial.
    """

    subject: Subject
    outcome: str
    convicted: tuple[str, ...]
    gating: tuple[str, ...]
    requests: int | None
    seconds: float | None
    took_s: float
    said: str = ""

    @property
    def caught_by(self) -> tuple[str, ...]:
        """The requirements that it broke and was convicted of."""
        return tuple(name for name in self.convicted if name in self.subject.breaks)

    @property
    def killed(self) -> bool:
        """Whether it was convicted of something as grave as its own requirement."""
        return any(name in self.subject.damning for name in self.convicted)

    @property
    def unrelated(self) -> tuple[str, ...]:
        """The requirements that it was convicted of and did not break; for a variant, what gates."""
        return self.gating if self.subject.legal else tuple(n for n in self.convicted if n not in self.subject.breaks)

    @property
    def accused(self) -> tuple[str, ...]:
        """What makes the server nonconformant although it did not break it: a false accusation."""
        return tuple(name for name in self.unrelated if name in self.gating)

    @property
    def right(self) -> bool:
        """Whether the suite did what it must: convict the fault of what it breaks, and nobody of anything else."""
        return self.outcome == "conformant" if self.subject.legal else self.killed and not self.accused


def subjects(only: tuple[str, ...] = ()) -> tuple[Subject, ...]:
    """Give the faults, then the legal variants, that match any of the globs (all when none is given).

    Raises:
        UsageError: a glob matches nothing.
    """
    faults = [
        Subject(fault.name, fault.summary, tuple(dict.fromkeys(fault.breaks)), fault.under_load)
        for fault in FAULTS.values()
    ]
    every = [*faults, *(Subject(variant.name, variant.summary) for variant in VARIANTS.values())]
    for pattern in only:
        if not any(fnmatch(subject.name, pattern) for subject in every):
            remedy = did_you_mean(pattern, [one.name for one in every], "`dds-conformance faults` lists them.")
            raise UsageError(f"no fault or variant is called {pattern!r}.", remedy=remedy)
    return tuple(s for s in every if not only or any(fnmatch(s.name, pattern) for pattern in only))


def try_subject(subject: Subject, *, effort: str, seed: int) -> Trialled:
    """Start the server, run the suite against it until what it breaks is proved, and read what came of it."""
    odd, broken = ((subject.name,), ()) if subject.legal else ((), (subject.name,))
    with (
        tempfile.TemporaryDirectory(prefix="dds-selftest-") as folder,
        launch(lag=LOADED_LAG if subject.under_load else LAG, seed=seed, faults=broken, variants=odd) as server,
    ):
        report_dir = Path(folder)
        begun = os.times().elapsed
        said = _run(subject, server, report_dir, effort=effort, seed=seed)
        return _read(subject, report_dir, os.times().elapsed - begun, said)


def _run(subject: Subject, server: RunningServer, report_dir: Path, *, effort: str, seed: int) -> str:
    bound = ODDITY_BOUND_S if subject.legal else LOADED_BOUND_S if subject.under_load else FAULT_BOUND_S
    how = SOAK if subject.under_load else ("run", "--effort", effort)
    words = [sys.executable, "-m", "conformance", *how, "--quiet", "--target", server.base_url]
    words += ["--seed", str(seed), "--converge-within", str(bound), "--report-dir", str(report_dir)]
    if DESCRIPTION in subject.breaks:
        words += ["--target-openapi", server.description_url]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
        words, env=_environment(subject, server), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        try:
            return child.communicate(timeout=DEADLINE_S)[0].strip()
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGINT)
            return f"no end within {DEADLINE_S:.0f} s: {child.communicate()[0].strip()}"


def _environment(subject: Subject, server: RunningServer) -> Mapping[str, str]:
    mine = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
    theirs = {name: value for name, value in os.environ.items() if not name.startswith("DDS_")}
    return {**theirs, **mine, STOP_AT: ",".join(subject.breaks[:1])}


def _read(subject: Subject, report_dir: Path, took_s: float, said: str) -> Trialled:
    report = report_dir / "report.json"
    if not report.exists():
        return Trialled(subject, f"error {ExitCode.SUITE_ERROR.value}", (), (), None, None, took_s, said[-500:])
    document: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    convicted = tuple(row["id"] for row in document["requirements"] if row["findings"])
    gating = tuple(row["id"] for row in document["requirements"] if row["outcome"] == "fail")
    requests, seconds = _first_conviction(document, subject, report_dir)
    why = "; ".join(document["reasons"])
    return Trialled(subject, document["outcome"], convicted, gating, requests, seconds, took_s, why)


def _first_conviction(document: dict[str, Any], subject: Subject, folder: Path) -> tuple[int | None, float | None]:
    ends = [
        max(operation["b_ns"] or operation["a_ns"] for operation in finding["evidence"])
        for finding in document["findings"]
        if finding["requirement"] in subject.damning and finding["evidence"]
    ]
    if not ends:
        return None, None
    operations = list(_operations(folder))
    begun = min(operation.a_ns for operation in operations)
    return sum(operation.a_ns <= min(ends) for operation in operations), (min(ends) - begun) / NS_PER_S


def _operations(folder: Path) -> Iterator[Operation]:
    for path in (folder / "history.jsonl", *folder.glob("history-w*.jsonl")):  # a soak's workers have their own
        yield from (entry for entry in histories.lines(path) if isinstance(entry, Operation))
