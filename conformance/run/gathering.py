"""Gathering one run over all workers of a pytest session: settings handed down, one history, one judgement."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import pytest

from conformance import interrupts
from conformance.driver import Driver, RecordError
from conformance.driver.report_folder import prepare
from conformance.errors import ExitCode, SuiteError
from conformance.model import Json, Target
from conformance.release.display_text import judged, what_is_judged
from conformance.run.child import end_with_parent
from conformance.run.running import Running
from conformance.run.stopping import aftermath, promise, set_aside
from conformance.run.unstarted import account_of, reporting
from conformance.settings.configuration import gather
from conformance.settings.run_settings import Settings

OPTIONS = (
    "target", "embedded", "headers", "effort", "seed", "converge_within", "report_dir", "strict", "only", "max_rps",
    "i_may_write",
)  # fmt: skip
"""The keys of the configuration that are options of pytest too; pytest has a ``--strict`` of its own."""
HANDED = "dds_settings"
SUITE_ERROR = "dds-suite-error"
SHORTAGE = "dds-shortage"
TOLD = 20
"""Findings told on the terminal; the reports hold them all."""


class Gathering:
    """The hooks and fixtures of a run; one instance in the controlling process, one in each of xdist's workers."""

    def __init__(self, config: pytest.Config) -> None:
        handed = getattr(config, "workerinput", {}).get(HANDED)
        self._running = None if handed else _running(config)
        self._settings = Settings.from_json(handed) if handed else None
        self._document: Mapping[str, Json] = {}
        self._told: dict[str, list[str]] = {SUITE_ERROR: [], SHORTAGE: []}

    @property
    def run_settings(self) -> Settings:
        """The settings of this run, as far as they are known: the embedded server's address comes with its start."""
        return self._running.settings if self._running else self._settings  # type: ignore[return-value] # one is set

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the settings down: xdist would parse the command line again, and each worker start its own server."""
        node.workerinput[HANDED] = self.run_settings.to_json()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Start the run before anything else, so that a target that is down is told at once."""
        if self._running:
            interrupts.deliver_again()
            end_with_parent()
            interrupts.remember()
            interrupts.will_say(promise(self._running.settings))
            try:
                self._running.start()
            except Exception as trouble:  # noqa: BLE001 - pytest would answer 1 or 3, which mean something else
                self._running.abandon()
                code, sentence = account_of(trouble)
                pytest.exit(f"error: {sentence}", returncode=int(code))
            # Before xdist starts its workers, which it does later in this hook: they inherit it.
            os.environ.update(self.run_settings.secrets_environment())

    @pytest.fixture(scope="session")
    def settings(self) -> Settings:
        """Give the settings of this run."""
        return self.run_settings

    @pytest.fixture(scope="session")
    def target(self, settings: Settings) -> Target:
        """Give the server under judgement."""
        return settings.target

    @pytest.fixture(scope="session")
    def driver(self, settings: Settings, worker_id: str) -> Iterator[Driver]:
        """Give the one road to the target, for this process."""
        road = Driver(settings, worker=worker_id)
        yield road
        road.close()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note what the suite itself got wrong: in a scenario, anything raised but an AssertionError or a skip."""
        report = yield
        if call.excinfo and report.failed and not call.excinfo.errisinstance(AssertionError):
            spent = isinstance(call.excinfo.value, SuiteError) and call.excinfo.value.exit_code is ExitCode.INCOMPLETE
            said = str(call.excinfo.value) if spent else f"{item.name}: {call.excinfo.exconly()}"
            report.user_properties.append((SHORTAGE if spent else SUITE_ERROR, said[:500]))
            if call.excinfo.errisinstance(RecordError):
                item.session.shouldstop = "nothing more can be recorded, and so nothing more be sent"
        if interrupts.asked():
            item.session.shouldstop = "interrupted"
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the suite's own errors, and what kept it from trying everything, from all workers."""
        for name, value in report.user_properties:
            if name in self._told and value not in self._told[name]:
                self._told[name].append(str(value))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Judge the history of all workers and write the reports; the exit status is the run's."""
        if not self._running:
            return
        if not self._running.started:
            self._running.abandon()
            return
        stopped = exitstatus == pytest.ExitCode.INTERRUPTED and not session.shouldstop
        interrupted = stopped or interrupts.asked()
        trouble, shortage = tuple(self._told[SUITE_ERROR]), tuple(self._told[SHORTAGE])
        if exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            trouble = (*trouble, "pytest itself failed: see its log")
        settings = self._running.settings
        try:
            with reporting(settings.report_dir, settings.target):
                document = self._running.finish(interrupted=interrupted, trouble=trouble, shortage=shortage)
        except Exception as failed:  # noqa: BLE001 - what leaves this hook would make pytest answer 1
            code, sentence = account_of(failed)
            session.exitstatus = int(code)
            pytest.exit(f"error: {sentence}", returncode=int(code))
        self._document = document
        session.exitstatus = document.get("exit_code", ExitCode.SUITE_ERROR)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what the run came to, and where its reports are."""
        if self._document:
            terminalreporter.section(f"dds-conformance: {self._document['outcome']}")
            terminalreporter.write_line(f"judged: {judged(self._document)}")
            for finding in self._document["findings"][:TOLD]:
                terminalreporter.write_line(f"{finding['level']} {finding['requirement']}: {finding['sentence']}")
            for reason in self._document["reasons"]:
                terminalreporter.write_line(reason)
            interrupted = bool(self._document["interrupted"])
            for sentence in aftermath(self.run_settings, self._document, interrupted=interrupted):
                terminalreporter.write_line(sentence)
            terminalreporter.write_line(f"reports: {self.run_settings.report_dir}")


def _running(config: pytest.Config) -> Running:
    handed = config.getoption("dds_settings")
    if handed:
        return Running(Settings.from_json(handed.read_text(encoding="utf-8")))
    try:
        settings = _settings(config)
    except SuiteError as trouble:
        pytest.exit(f"error: {trouble}", returncode=int(trouble.exit_code))
    config.get_terminal_writer().line(f"JUDGING: {what_is_judged(dataclasses.asdict(settings.target))}")
    return Running(settings)


def _settings(config: pytest.Config) -> Settings:
    """Gather the settings of a run that pytest was started for, and make its folder ready."""
    options = {name: config.getoption(name) for name in OPTIONS}
    workers = int(getattr(config.option, "numprocesses", None) or 0)
    asked = gather({**options, "workers": workers})
    folder = asked.get("report_dir").absolute()
    if older := prepare(folder):
        config.get_terminal_writer().line(set_aside(older))
    with reporting(folder, Target(base_url=asked.get("target") or "")):
        return dataclasses.replace(asked.settings(), report_dir=folder)
