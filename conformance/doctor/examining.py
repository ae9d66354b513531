"""Asking the target, from the cheapest question to the one project that is made and removed."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from conformance.api.answers import Answer
from conformance.doctor import diagnosis
from conformance.doctor.lines import Line, Mark, stops
from conformance.driver import BudgetError, Client, Driver, Ledger
from conformance.driver.preflight import first_look
from conformance.driver.safety import ledger as ledgers
from conformance.driver.safety.cleaning import farewell, sweep
from conformance.driver.wire.handshake import addresses, shake_hands
from conformance.model import Exchange, Operation, Phase
from conformance.settings.run_settings import Budgets, Settings, is_loopback

READS = 5
POLL_S = 0.2
LAG_POLL_S = 0.05
BYTES = b"dds-conformance doctor"


def examine(settings: Settings, say: Callable[[str], None] | None = None) -> Iterator[Line]:
    """Ask one question after the other; end at the first one whose answer makes the rest pointless.

    Writes nothing but one project, which is removed: and that only to a target on this machine, or with consent. `say`
    is called with a sentence before a pause that a person would notice.
    """
    lines: list[Line] = []
    left: list[Line] = []
    with TemporaryDirectory(prefix="dds-conformance-") as folder, _driver(settings, Path(folder), left) as driver:
        driver.pace.say = say or driver.pace.say
        for line in _until_spent(_asked(driver)):
            lines.append(line)
            yield line
            if stops(line):
                break
    yield from left
    if not lines or not stops(lines[-1]):
        yield diagnosis.duties(settings, lines)


def _until_spent(asked: Iterator[Line]) -> Iterator[Line]:
    """Give line after line until the target asks for more patience than there is, which is the last line then."""
    try:
        yield from asked
    except BudgetError as trouble:
        yield Line("patience", Mark.BAD, trouble.args[0], trouble.remedy)


@contextlib.contextmanager
def _driver(settings: Settings, folder: Path, left: list[Line]) -> Iterator[Driver]:
    """Speak with a history that is thrown away, and a ledger that is kept until the project is gone for certain.

    What could not be removed is added to `left`.
    """
    retained = settings.report_dir / f"doctor-{settings.run_id}.jsonl"
    budgets = Budgets(longest_wait_s=settings.budgets.longest_wait_s)
    aside = dataclasses.replace(settings, report_dir=folder, budgets=budgets)
    existed = settings.report_dir.exists()
    ledger = Ledger(retained, run_id=settings.run_id, base_url=settings.target.base_url)
    driver = Driver(aside, worker="doctor", ledger=ledger)
    try:
        yield driver
    finally:
        account = ledgers.read(retained)
        report = sweep(driver, account, retained) if account.open else None
        if report is None or report.clean:
            retained.unlink()
            if not existed:
                with contextlib.suppress(OSError):
                    settings.report_dir.rmdir()
        else:
            (sentence,) = farewell(report.leftovers, retained, settings)
            left.append(Line("leftovers", Mark.BAD, f"{sentence[0].upper()}{sentence[1:]}", "Run that command later."))
        driver.close()


def _asked(driver: Driver) -> Iterator[Line]:
    settings = driver.settings
    url = settings.target.base_url
    if settings.network.proxy is None:
        yield diagnosis.name(urlsplit(url).hostname or "", addresses(settings))
    shaken = urlsplit(url).scheme == "https" and settings.network.proxy is None
    yield diagnosis.tls(url, shake_hands(settings) if shaken else None)
    first = first_look(driver)
    yield diagnosis.reachability(url, first, _seconds(first.operation))
    owner = driver.client("doctor", scenario="doctor")
    yield from _people(driver, owner)
    before = datetime.now(UTC)
    dated = driver.client("doctor", user=None, scenario="doctor").app_status()
    yield diagnosis.clock(dated.exchange, before, datetime.now(UTC))
    yield diagnosis.latency([owner.list_projects(page=1, per_page=1) for _ in range(READS)])
    if settings.i_may_write or settings.target.embedded or is_loopback(url):
        yield from _writing(driver, owner)
    else:
        for question in ("rights", "readiness", "storage"):
            yield Line(question, Mark.UNTRIED, "Not tried: it would write to the target.", "Say --i-may-write.")


def _people(driver: Driver, owner: Client) -> Iterator[Line]:
    known = driver.tokens.of("owner") is not None
    listing = owner.list_projects(page=1, per_page=1).exchange if known else None
    person = owner.current_user().exchange if known else None
    yield diagnosis.credentials(listing, person)
    other: Exchange | None = None
    who: Exchange | None = None
    if driver.settings.credentials.other_api_token:
        second = driver.client("doctor", user="other", scenario="doctor")
        other, who = second.list_projects(page=1, per_page=1).exchange, second.current_user().exchange
    yield diagnosis.second_user(other, who, person)


def _writing(driver: Driver, owner: Client) -> Iterator[Line]:
    made = owner.create_project(driver.name("doctor"), "made by dds-conformance doctor, removed at once")
    body = made.exchange.response
    done = driver.classify(made).answer is Answer.DONE
    if not done or not isinstance(body, dict) or not isinstance(body.get("id"), str):
        sentence = f"Creating a project is answered {made.exchange.status or made.exchange.failure}."
        yield Line("rights", Mark.BAD, sentence, "Use a user who may create projects.")
        return
    project = body["id"]
    uploads, line = _readiness(owner, project, driver.settings.target.converge_within_s)
    yield line
    if uploads is not None:
        stored = _storage(owner, uploads)
        yield _with_lag(owner, project, uploads, stored) if stored.mark is Mark.GOOD else stored
    owner.phase = Phase.FINAL
    gone = owner.delete_project(project)
    if driver.classify(gone).answer is Answer.DONE:
        yield Line("rights", Mark.GOOD, "A project can be created and deleted.")
    else:
        sentence = f"Deleting the project is answered {gone.exchange.status or gone.exchange.failure}."
        yield Line("rights", Mark.BAD, sentence, "Use a user who may delete its own projects.")


def _readiness(owner: Client, project: str, within_s: float) -> tuple[Operation | None, Line]:
    begun = time.monotonic()
    while True:
        size = len(BYTES)
        asked = owner.create_upload(project, name=owner.driver.name("doctor"), size=size, chunked=False)
        took = time.monotonic() - begun
        kind = owner.classify(asked).answer
        if kind is Answer.DONE:
            return asked, Line("readiness", Mark.GOOD, f"A new project is ready after {took:.1f} s.", seconds=took)
        if kind not in (Answer.NC, Answer.UNKNOWN, Answer.UNSENT):
            sentence = f"Creating an upload is answered {asked.exchange.status}."
            return None, Line("readiness", Mark.BAD, sentence, "Check the storage provider and the user's rights.")
        if took > within_s:
            sentence = f"A new project is not ready after {within_s:.0f} s."
            return None, Line("readiness", Mark.BAD, sentence, "Look at the background jobs, or raise converge_within.")
        time.sleep(POLL_S)


def _storage(owner: Client, upload: Operation) -> Line:
    """Store a few bytes by the signed URL of a single-part upload, or of a chunk where there is none."""
    body = upload.exchange.response if isinstance(upload.exchange.response, dict) else {}
    signed = body.get("signed_url")
    if not signed and isinstance(body.get("id"), str):
        value = hashlib.md5(BYTES, usedforsecurity=False).hexdigest()
        signed = owner.create_chunk(body["id"], number=1, size=len(BYTES), value=value).exchange.response
    stored = owner.put_signed(signed, BYTES)
    if stored.exchange.status is not None and 200 <= stored.exchange.status < 300:
        return Line("storage", Mark.GOOD, f"{stored.exchange.host} accepts bytes.", seconds=_seconds(stored))
    if "forbidden" in stored.notes:
        sentence = f"The signed URL is not followed: {stored.notes['forbidden']}."
        return Line("storage", Mark.BAD, sentence, "If that is right, name the host in storage_hosts.")
    what = stored.exchange.status or stored.notes.get("trouble") or stored.exchange.failure
    return Line(
        "storage",
        Mark.BAD,
        f"{stored.exchange.host} answers {what}.",
        "Check that the storage can be reached from here.",
    )


def _with_lag(owner: Client, project: str, upload: Operation, stored: Line) -> Line:
    """Say also how long the upload takes to become consistent, where completing it can be had; a run tells the rest."""
    within_s = owner.driver.settings.target.converge_within_s
    lag_s = _lag_s(owner, project, upload, within_s)
    if lag_s is None:
        return stored
    if lag_s > within_s:
        sentence = f"{stored.sentence} An upload is not consistent after {within_s:.0f} s."
        return dataclasses.replace(
            stored, mark=Mark.WARN, sentence=sentence, remedy="Raise --converge-within.", lag_s=lag_s
        )
    return dataclasses.replace(
        stored, sentence=f"{stored.sentence} An upload is consistent after {lag_s:.1f} s.", lag_s=lag_s
    )


def _lag_s(owner: Client, project: str, upload: Operation, within_s: float) -> float | None:
    """Complete the upload, attach it, and look at its url until it tells the truth, or for longer than the bound."""
    body = upload.exchange.response if isinstance(upload.exchange.response, dict) else {}
    done = owner.complete_upload(str(body.get("id")), value=hashlib.md5(BYTES, usedforsecurity=False).hexdigest())
    begun = time.monotonic()
    made = owner.create_file("dds-project", project, str(body.get("id"))).exchange.response
    file = made.get("id") if isinstance(made, dict) else None
    if owner.classify(done).answer is not Answer.DONE or not isinstance(file, str):
        return None
    while True:
        kind, took = owner.classify(owner.file_url(file)).answer, time.monotonic() - begun
        if kind in (Answer.DONE, Answer.INTEGRITY) or took > within_s:
            return took
        time.sleep(max(LAG_POLL_S, took / 10))


def _seconds(operation: Operation) -> float:
    return ((operation.b_ns or operation.a_ns) - operation.a_ns) / 1e9
