"""One watch from its start to its report: the proxy, perhaps readers beside it, the history, the judgement."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from conformance import history
from conformance.api.routes import base_of
from conformance.driver import Driver, check_target
from conformance.driver.recorder import Recorder
from conformance.driver.report_folder import dispose, prepare
from conformance.driver.safety.ledger import Ledger
from conformance.driver.sending import redactor
from conformance.errors import ExitCode
from conformance.history.har.speakers import Speakers
from conformance.model import Conformance, Json
from conformance.outcome.assemble import Framing, assemble, now, versions
from conformance.outcome.document import write
from conformance.run.report_writers import draw
from conformance.run.running import REPORT
from conformance.settings.run_settings import MIB, Settings
from conformance.watch.live_judge import LiveJudge
from conformance.watch.proxying.learnt_secrets import HidingRecorder, LearntSecrets
from conformance.watch.proxying.proxy import Proxy
from conformance.watch.proxying.traffic_record import TrafficRecord
from conformance.watch.read_along import ReadAlong

TICK_S = 0.1
MOST_FETCHED = 256 * MIB
"""Bytes of one download of our own."""


@dataclasses.dataclass(frozen=True, slots=True)
class Wishes:
    """What a watch was asked for: where to listen, for how long (s, None: until stopped), and how strictly to end."""

    host: str = "127.0.0.1"
    port: int = 0
    seconds: float | None = None
    read_along: bool = False
    require_core: bool = False


class Watch:
    """Watches the target of `settings`. `tell` is called with each sentence that is news."""

    def __init__(self, settings: Settings, wishes: Wishes, tell: Callable[[str], None]) -> None:
        self._settings = settings
        self._wishes = wishes
        self._begun = now()
        self._stop = threading.Event()
        self._secrets = LearntSecrets(redactor(settings))
        self.live = LiveJudge(settings.target, lambda sentence: tell(self._secrets.redact(sentence)))
        self._remarks: list[str] = []

    def stop(self) -> None:
        """Ask for the end; may be called from a signal handler, and more than once."""
        self._stop.set()

    def run(self, ready: Callable[[str], None], tick: Callable[[], None]) -> dict[str, Json]:
        """Watch until the end is asked for or due; give the run document, whose reports are written by then.

        `ready` is called with the address to point clients at, `tick` several times a second.

        Raises:
            UsageError: the address cannot be listened at, or the report folder not be written.
            TargetUnreachableError: the target does not answer the readers' first request.
            CredentialsRefusedError: the target refuses the readers' credentials.
        """
        if self._wishes.read_along:
            check_target(self._settings)
        prepare(self._settings.report_dir)
        header = {"run_id": self._settings.run_id, "begun": self._begun, "effort": "recorded", "seed": 0}
        line = history.encode_header(self._settings.target, {**header, "suite": versions()["suite"], "watched": True})
        self._settings.history_path.write_bytes(line)
        try:
            trouble = self._watch(ready, tick)
        finally:
            dispose(self._settings)
        return self._report(trouble)

    def _watch(self, ready: Callable[[str], None], tick: Callable[[], None]) -> str:
        others = self._settings.credentials.other_api_token
        recorder = Recorder(self._settings.history_path, self._secrets.redact)
        record = TrafficRecord(
            recorder,
            self._secrets,
            Speakers([others.reveal()] if others else [], base_of(self._settings.target.base_url)),
        )
        record.listen(self.live.hear)
        proxy = Proxy(self._settings, self._wishes.host, self._wishes.port, record)
        with contextlib.closing(recorder), self._readers(record) as readers:
            proxy.start()
            try:
                ready(proxy.base_url)
                self._wait(proxy, tick)
            finally:
                proxy.stop()
            if readers is not None:
                readers.finish()
                if readers.stopped:
                    self._remarks.append(f"reading along stopped early: {readers.stopped}")
            self.live.catch_up()
            tick()
            barred = proxy.forbidden.items()
            self._remarks += [f"signed URLs of {host} did not lead through the proxy: {why}" for host, why in barred]
            if proxy.trouble is None:
                recorder.finish(self.live.progress.operations, interrupted=False)
        return str(proxy.trouble or "")

    @contextlib.contextmanager
    def _readers(self, record: TrafficRecord) -> Iterator[ReadAlong | None]:
        if not self._wishes.read_along:
            yield None
            return
        settings = self._settings
        bounds = dataclasses.replace(settings.bounds, body_bytes=min(settings.bounds.body_bytes, MOST_FETCHED))
        nothing_made = Ledger(Path(os.devnull), run_id=settings.run_id, base_url=settings.target.base_url)
        recorder = HidingRecorder(settings.history_path, self._secrets)
        driver = Driver(dataclasses.replace(settings, bounds=bounds), recorder, "along", ledger=nothing_made)
        driver.listen(self.live.hear)
        readers = ReadAlong(driver, settings.target.converge_within_s)
        record.listen(readers.hear)
        readers.start()
        try:
            yield readers
        finally:
            driver.close()

    def _wait(self, proxy: Proxy, tick: Callable[[], None]) -> None:
        end = None if self._wishes.seconds is None else time.monotonic() + self._wishes.seconds
        while not self._stop.is_set() and proxy.trouble is None and (end is None or time.monotonic() < end):
            left = TICK_S if end is None else min(TICK_S, max(0.0, end - time.monotonic()))
            self._stop.wait(left)
            self.live.catch_up()
            tick()

    # ---- the end

    def _report(self, trouble: str) -> dict[str, Json]:
        settings = self._settings
        digest = hashlib.sha256(settings.history_path.read_bytes()).hexdigest()
        framing = Framing(
            recorded=True,
            strict=settings.strict,
            only=settings.only,
            reports=settings.report,
            catalogue=settings.catalogue,
            trouble=(trouble,) if trouble else (),
            run_id=settings.run_id,
            begun=self._begun,
            remarks=tuple(self._remarks),
            summaries={"history": {"path": settings.history_path.name, "sha256": digest}},
        )
        drawn = assemble(history.read(settings.history_path), framing)
        document = framed(drawn, require_core=self._wishes.require_core)
        write(document, settings.report_dir / REPORT)
        draw(document, settings.report_dir)
        return document


def framed(document: dict[str, Json], *, require_core: bool) -> dict[str, Json]:
    """Say first what of the core was not exercised, and give the exit code of a watch: 0, 1, or 4 if the core is asked.

    A suite's own trouble keeps its code: nothing was decided then.
    """
    missing = document.get("missing_core") or []
    first = [f"of the core, not exercised: {', '.join(missing)}"] if missing else []
    reasons = [*first, *(reason for reason in document["reasons"] if reason not in first)]
    code = int(document["exit_code"])
    if code != ExitCode.SUITE_ERROR:
        broken = document["outcome"] == str(Conformance.NONCONFORMANT)
        short = require_core and (missing or document["outcome"] != str(Conformance.CONFORMANT))
        code = int(ExitCode.NONCONFORMANT if broken else ExitCode.INCOMPLETE if short else ExitCode.CONFORMANT)
    return {**document, "reasons": reasons, "exit_code": code}
