"""What a person sees of a run document: the screen, the reports in a folder, the exit code."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence, Sized
from datetime import UTC, datetime
from pathlib import Path

import click

from conformance.api import catalogue
from conformance.cli.ends import shielded
from conformance.cli.screen.console import Console, Mode, choose
from conformance.cli.screen.proofs import Proofs
from conformance.cli.screen.standing import Standing
from conformance.errors import ExitCode
from conformance.model import Json
from conformance.outcome.display_text import line, seconds, what_is_judged
from conformance.outcome.document import write
from conformance.release import Deviation, read_deviations, weigh
from conformance.run import phases
from conformance.run.github_actions import announce
from conformance.run.progress import NS_PER_S, Tail
from conformance.run.report_writers import draw
from conformance.run.unstarted import REPORT
from conformance.settings import durations
from conformance.settings.costs import COSTS
from conformance.settings.run_settings import Settings

_PLAIN_EVERY_S = 30.0
_LIVE_EVERY_S = 0.3
_PLANS_EVERY_S = 2.0
_FAR_OFF = 1.5
"""An estimate that is wrong by this factor is said anew."""
_CALM_NS = 2 * NS_PER_S
"""Nothing has made trouble for so long: what goes on only waits and reads."""


def console(*, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> Console:
    """Choose how to speak: options first, then what standard error and output can show."""
    terminal = sys.stdout.isatty() and sys.stderr.isatty()
    mode = choose(quiet=quiet, as_json=as_json, terminal=terminal, environment=os.environ)
    return Console(mode, verbose=verbose)


class Watching:
    """Progress of a run on the screen, read from its history while it grows."""

    def __init__(self, screen: Console, settings: Settings) -> None:
        self._screen = screen
        self._settings = settings
        self._every_s = _LIVE_EVERY_S if sys.stderr.isatty() else _PLAIN_EVERY_S
        selected = {requirement.id for requirement in catalogue.select(settings.only)}
        self._proofs = Proofs(selected, settings.strict)
        self._tail = Tail(settings.history_path, self._proofs.hear)
        self._begun = time.monotonic()
        self._stated, self._phase, self._plans, self._looked = self._begun, "", 0, 0.0
        self._said = ""
        self._expected = durations.expected_s(settings, COSTS)
        judged = what_is_judged(dataclasses.asdict(settings.target))
        screen.begin(begins(settings), judged)

    def tick(self) -> None:
        """Read what is new in the history; say what is proved, and now and then where the run stands.

        A screen that tells nothing of it has nothing read for it.
        """
        if not self._screen.tells:
            return
        self._tail.read()
        for fails, sentence in self._proofs.news():
            self._screen.proved(sentence, fails=fails)
        phase, share = self._place()
        now = time.monotonic()
        entered = phase.split(" ")[0] != self._phase
        if entered or now - self._stated >= self._every_s:
            self._stated, self._phase = now, phase.split(" ")[0]
            self._estimate()
            self._screen.stand(self._standing(phase, share))

    def _estimate(self) -> None:
        """Expect what the pace of this target lets expect; say so once it is far from what was said."""
        latency, lag = self._tail.progress.measured_s()
        slow = max(0.0, latency - durations.MEASURED_LATENCY_S)
        lag = max(lag, durations.MEASURED_LAG_S)
        expected = durations.expected_s(self._settings, COSTS, latency_s=slow, lag_s=lag)
        if expected > _FAR_OFF * self._expected:
            waits = f" and is consistent after {seconds(round(lag, 1))}" if lag > durations.MEASURED_LAG_S else ""
            took = f"the target answers in {seconds(round(latency, 2))}{waits}"
            self._screen.remark(f"{took}: the run takes about {durations.stated(expected)}")
            self._expected = expected

    def _place(self) -> tuple[str, float | None]:
        """Say what the run is at, and how much of it is done."""
        progress = self._tail.progress
        self._said = phases.phase(self._settings) or self._said  # its file goes with the run's last act
        if self._said:
            return self._said, None
        if progress.fuzzed:
            every = phases.fuzzing_expected(self._settings)
            return f"fuzzing {len(progress.fuzzed)} of {max(every, len(progress.fuzzed))} calls", _share(
                progress.fuzzed, every
            )
        if not progress.troubled_ns:
            return "preparing", None
        if time.monotonic() - self._looked > _PLANS_EVERY_S:
            self._looked, self._plans = time.monotonic(), phases.plans_expected(self._settings)
        every = max(self._plans, len(progress.done))
        calm = time.monotonic_ns() - progress.troubled_ns > _CALM_NS and progress.done
        what = "settling: plans" if calm else "plans"
        return f"{what} {len(progress.done)} of {every}", _share(progress.done, every)

    def _standing(self, phase: str, share: float | None) -> Standing:
        now_ns, elapsed = time.monotonic_ns(), time.monotonic() - self._begun
        progress = self._tail.progress
        awaited = () if self._said else progress.awaited_at(now_ns).values()  # then nobody waits for them any more
        expected = self._expected
        return Standing(
            phase=phase,
            elapsed_s=elapsed,
            left_s=expected - elapsed if expected > elapsed else None,
            requests=progress.operations,
            failures=self._proofs.failures,
            waiting=len(awaited),
            longest_s=max((now_ns - since for since in awaited), default=0) / NS_PER_S,
            paused=progress.paused if now_ns < progress.paused_until_ns else "",
            share=share,
        )


def begins(settings: Settings) -> str:
    """Say how a run begins: what it was asked for, and how long it will take about."""
    expected = durations.expected_s(settings, COSTS)
    pace = f"{settings.rate:g} requests a second" if settings.rate else "unpaced"
    return f"effort {settings.effort}, seed {settings.seed}: about {durations.stated(expected)} ({pace})"


def _share(done: Sized, every: int) -> float | None:
    return min(1.0, len(done) / every) if every else None


def show(
    document: Mapping[str, Json],
    report_dir: Path | None,
    screen: Console,
    *,
    status: int,
    expected: Sequence[Deviation] | None = None,
) -> int:
    """Show a run document and give the exit code: `status`, or that of the gate if known deviations were named.

    With `expected` the document gains the gate's section and is drawn again; its results stay as they are.
    """
    if expected is not None:
        gate = weigh(document, expected, datetime.now(UTC).date())
        document = {
            **{name: value for name, value in document.items() if name != "end"},
            "expected": gate.section(),
            "end": True,
        }
        status = status if status in (ExitCode.INTERRUPTED, ExitCode.SUITE_ERROR) else gate.exit_code
        if report_dir:
            keep(document, report_dir)
    screen.show(document, report_dir)
    to_runner(document, screen)
    return status


def to_runner(document: Mapping[str, Json], screen: Console) -> None:
    """Tell the CI runner what a run came to, where there is one; the output of --json and --quiet stays pure."""
    pure = screen.mode in (Mode.JSON, Mode.QUIET)
    announce(document, os.environ, lambda text: shielded.command(text, err=pure))


def deviations(file: Path | None, role: str = catalogue.SERVER) -> Sequence[Deviation] | None:
    """Read the known deviations, before anything is sent; None without a file.

    Raises:
        UsageError: a line is wrong.
    """
    return read_deviations(file, catalogue.by_id(role)) if file else None


def tell(sentences: Iterable[str]) -> None:
    """Print sentences beside the results."""
    for sentence in sentences:
        click.echo(line(sentence), err=True)


def keep(document: Mapping[str, Json], report_dir: Path) -> None:
    """Write a run document and the reports drawn from it."""
    report_dir.mkdir(parents=True, exist_ok=True)
    write(document, report_dir / REPORT)
    draw(document, report_dir)
