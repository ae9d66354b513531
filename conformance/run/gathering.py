"""Gathering one run over all workers of a pytest session: settings handed down, one history, one judgement."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

import pytest
from _pytest.runner import runtestprotocol  # what plugins that repeat items run them with: reports, not yet logged

from conformance import interrupts
from conformance.driver import BudgetError, Driver, RecordError
from conformance.errors import ExitCode
from conformance.model import Json, Target
from conformance.outcome.display_text import judged
from conformance.run import phases
from conformance.run.child import end_with_parent
from conformance.run.github_actions import active, announce, disarmed
from conformance.run.handed_settings import HANDED, settings_of
from conformance.run.item_names import due, owner_of
from conformance.run.item_outcomes import final
from conformance.run.item_scheduling import ShardScheduling
from conformance.run.running import Running, Tried
from conformance.run.stopping import aftermath, promise
from conformance.run.unstarted import account_of, reporting
from conformance.settings.run_settings import Settings

HELD = "dds_held"
SUITE_ERROR = "dds-suite-error"
SHORTAGE = "dds-shortage"
SELDOM = 20_000, 20, 20
"""How seldom garbage in cycles is looked for: most of what a run makes lives to its end, and is looked through in vain.

Collecting at Python's own pace is a fifth of what drawing costs.
"""
SHOWN = 20
"""Findings shown on the terminal; the reports hold them all."""


class Gathering:
    """The hooks and fixtures of a run; one instance in the controlling process, one in each of xdist's workers."""

    def __init__(self, config: pytest.Config) -> None:
        gc.set_threshold(*SELDOM)
        self._config = config
        mine = settings_of(config)
        self._running = None if hasattr(config, "workerinput") else Running(mine)
        self._settings = mine
        self._document: Mapping[str, Json] = {}
        self._noted: dict[str, list[str]] = {SUITE_ERROR: [], SHORTAGE: []}
        self._held: dict[str, list[pytest.TestReport]] = {}
        self._collected: tuple[str, ...] = ()

    @property
    def run_settings(self) -> Settings:
        """The settings of this run, as far as they are known: the embedded server's address comes with its start."""
        return self._running.settings if self._running else self._settings

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the settings down: xdist would parse the command line again, and each worker start its own server."""
        node.workerinput[HANDED] = self.run_settings.to_json()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Start the run before anything else, so that a target that is down is named at once."""
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
        """Note what the suite itself got wrong: a scenario only provokes, and so whatever it raises is no finding."""
        report = yield
        if call.excinfo and report.failed:
            spent = isinstance(call.excinfo.value, BudgetError)
            said = str(call.excinfo.value) if spent else f"{item.name}: {call.excinfo.exconly()}"
            report.user_properties.append((SHORTAGE if spent else SUITE_ERROR, said[:500]))
            if call.excinfo.errisinstance(RecordError):
                item.session.shouldstop = "nothing more can be recorded, and so nothing more be sent"
        if interrupts.asked():
            item.session.shouldstop = "interrupted"
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run an item and hold its reports: what they say is known only when the whole run has been judged."""
        self._hold(item.nodeid, runtestprotocol(item, log=False, nextitem=nextitem))
        return True

    def _hold(self, nodeid: str, reports: Sequence[pytest.TestReport]) -> None:
        self._held.setdefault(nodeid, []).extend(reports)
        for name, value in (pair for report in reports for pair in report.user_properties):
            if name in self._noted and value not in self._noted[name]:
                self._noted[name].append(str(value))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which items are to run."""
        gc.freeze()  # every module is loaded, and stays
        if session.items:
            self._collected = tuple(item.nodeid for item in session.items)
            self._expect_fuzzing()

    def pytest_report_collectionfinish(self) -> str:
        """Say why nothing is reported for a while."""
        return "the scenarios are reported together, when the history of the whole run has been judged"

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> ShardScheduling:
        """Give all items of a shard to one worker, which runs their plans together."""
        return ShardScheduling(config, log)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Note which items the workers are to run; all of them collect the same."""
        self._collected = tuple(ids)
        self._expect_fuzzing()

    def _expect_fuzzing(self) -> None:
        """Say how much fuzzing there will be, for whoever watches."""
        if self._running:
            phases.expect_fuzzing(self.run_settings, sum("test_fuzz.py" in name for name in self._collected))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker has held; one that crashed has nothing to say any more."""
        for data in getattr(node, "workeroutput", {}).get(HELD, ()):
            report = self._config.hook.pytest_report_from_serializable(config=self._config, data=data)
            self._hold(report.nodeid, [report])

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """Note that a worker crashed: an error of the suite, not a failure of the item."""
        report.when = "setup"
        self._noted[SUITE_ERROR].append(f"a worker process crashed while running {crashitem}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Judge the history of all workers, write the reports and tell the items; the exit status is the run's."""
        if not self._running:
            self._hand_up()
            return
        if not self._running.started:
            self._running.abandon()
            return
        if distributed := self._config.pluginmanager.get_plugin("dsession"):
            distributed.pytest_sessionfinish()  # workers that still live after an interrupt end before the judgement
        # After an interrupt the fixtures still live, and with them threads that send: they end before the history does.
        session._setupstate.teardown_exact(None)  # noqa: SLF001 - pytest itself does so, but after this hook
        stopped = exitstatus == pytest.ExitCode.INTERRUPTED and not session.shouldstop
        interrupted = stopped or interrupts.asked()
        settings = self._running.settings
        try:
            with reporting(settings.report_dir, settings.target):
                self._document = self._finished(exitstatus, interrupted=interrupted)
        except Exception as failed:  # noqa: BLE001 - what leaves this hook would make pytest answer 1
            code, sentence = account_of(failed)
            session.exitstatus = int(code)
            pytest.exit(f"error: {sentence}", returncode=int(code))
        self._tell()
        session.exitstatus = self._document.get("exit_code", ExitCode.SUITE_ERROR)

    def _finished(self, exitstatus: int, *, interrupted: bool) -> Mapping[str, Json]:
        """Judge what was recorded; a failure of pytest's own is trouble of the suite."""
        assert self._running
        internal = exitstatus == pytest.ExitCode.INTERNAL_ERROR
        trouble = (*self._noted[SUITE_ERROR], *(("pytest itself failed: see its log",) if internal else ()))
        shortage = tuple(self._noted[SHORTAGE])
        return self._running.finish(interrupted=interrupted, trouble=trouble, shortage=shortage, tried=self._tried())

    def _hand_up(self) -> None:
        """In a worker: hand the reports held to the controlling process."""
        held = [report for reports in self._held.values() for report in reports]
        to_data = self._config.hook.pytest_report_to_serializable
        output = self._config.workeroutput  # type: ignore[attr-defined] # a worker of pytest-xdist has one
        output[HELD] = [to_data(config=self._config, report=report) for report in held]

    def _tried(self) -> Tried:
        """Return which scenarios were tried, and whether others were left out."""
        every = due(self.run_settings)
        named = {owner.scenario for nodeid in self._collected if (owner := owner_of(nodeid))}
        tried = tuple(scenario for scenario in every if scenario.name in named)
        left_out = bool(self._collected) and len(tried) < len(every)
        return Tried(tried, partial=bool(self.run_settings.scenario) or left_out)

    def _tell(self) -> None:
        """Report every item as the document says."""
        held = {nodeid: self._held.get(nodeid, []) for nodeid in dict.fromkeys((*self._collected, *self._held))}
        hook = self._config.hook
        for reports in final(held, self._document):
            nodeid, location = reports[0].nodeid, reports[0].location
            hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
            for report in reports:
                hook.pytest_runtest_logreport(report=report)
            hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what the run came to, and where its reports are."""

        def say(sentence: str) -> None:
            terminalreporter.write_line(disarmed(sentence) if active(os.environ) else sentence)

        if self._document:
            terminalreporter.section(f"dds-conformance: {self._document['outcome']}")
            terminalreporter.write_line(f"judged: {judged(self._document)}")
            for finding in self._document["findings"][:SHOWN]:
                say(f"{finding['level']} {finding['requirement']}: {finding['sentence']}")
            for reason in self._document["reasons"]:
                say(reason)
            interrupted = bool(self._document["interrupted"])
            for sentence in aftermath(self.run_settings, self._document, interrupted=interrupted):
                terminalreporter.write_line(sentence)
            terminalreporter.write_line(f"reports: {self.run_settings.report_dir}")
            if not self._config.getoption(HANDED):  # the command that handed settings down announces itself
                announce(self._document, os.environ, terminalreporter.write_line)
