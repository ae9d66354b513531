"""Removing what a run left behind: only what its ledger holds, and of that only what bears the run's mark.

Everything that a run makes stands inside projects that it made, so deleting those removes all of it. A create whose
answer never came has no id in the ledger; it is looked for by its exact, unguessable name.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.driver import Client, Driver, Ledger, RecordError, check_target
from conformance.driver.safety import ledger as ledgers
from conformance.driver.safety.ledger import Account, Entry
from conformance.errors import SuiteError, UsageError
from conformance.model import Json, Phase
from conformance.settings.run_settings import Budgets, Settings

PAGE = 1000
FEW = 10
"""Projects up to which each is read by itself before it is deleted; of more, a page of the listing shows most."""
MOST_NAMED = 5
DEFINITE = frozenset(map(str, range(400, 500))) - {"408", "409", "421", "425", "429"}
"""Answers to a create after which nothing is there: the target refused it."""
LOOKS = 3
"""How often a project whose create had no answer is looked for, and a deletion is tried."""
BETWEEN_LOOKS_S = 0.15


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something of the run that is still there, or may be, and why it could not be removed."""

    kind: str
    id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class CleanReport:
    """What cleaning came to: projects removed now, entries that were gone already or never came to be, leftovers."""

    run_id: str
    removed: tuple[str, ...] = ()
    absent: int = 0
    leftovers: tuple[Leftover, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing of the run is left."""
        return not self.leftovers

    def document(self) -> dict[str, Json]:
        """Give it as JSON, for the run document."""
        return dataclasses.asdict(self)


def clean(ledger_path: Path, settings: Settings, say: Callable[[str], None] | None = None) -> CleanReport:
    """Remove what the run of `ledger_path` left at the target of `settings`; what is removed is noted in the ledger.

    `say` is called with a sentence before a pause that a person would notice.

    Raises:
        UsageError: the file is no ledger.
        TargetUnreachableError, CredentialsRefusedError: nothing can be done now; the ledger is as it was.
    """
    account = ledgers.read(ledger_path)
    check_target(settings)
    with TemporaryDirectory(prefix="dds-conformance-") as folder:
        aside = dataclasses.replace(
            settings,
            run_id=account.run_id,
            report_dir=Path(folder),
            budgets=Budgets(longest_wait_s=settings.budgets.longest_wait_s),
            keep=False,
        )
        driver = Driver(aside, worker="clean")
        driver.pace.say = say or driver.pace.say
        try:
            return sweep(driver, account, ledger_path)
        finally:
            driver.close()


def tidy(settings: Settings) -> CleanReport:
    """End a run: remove what its own ledger holds, on record in its history; with ``keep``, only say what is kept.

    Trouble never stops a run from ending: what could not be removed, or not even be looked at, is a leftover.
    """
    if not settings.ledger_path.exists():
        return CleanReport(settings.run_id)
    account = ledgers.read(settings.ledger_path)
    if settings.keep:
        return CleanReport(settings.run_id, leftovers=_all(account.open, "kept on purpose (--keep)"))
    try:
        driver = Driver(settings, worker="cleaning")
    except SuiteError as trouble:
        return CleanReport(settings.run_id, leftovers=_all(account.open, str(trouble)))
    try:
        return sweep(driver, account, settings.ledger_path)
    except SuiteError as trouble:
        left = ledgers.read(settings.ledger_path).open
        return CleanReport(settings.run_id, leftovers=_all(left, str(trouble)))
    finally:
        driver.close()


def rescue(settings: Settings) -> CleanReport:
    """Clean up after a run whose process went away before it could, from outside its history.

    Trouble is told as leftovers. What an embedded server held went with it, and without a whole line in the ledger
    nothing was created.
    """
    if not settings.target.base_url or not ledgers.begun(settings.ledger_path):
        return CleanReport(settings.run_id)
    try:
        return tidy(settings) if settings.keep else clean(settings.ledger_path, settings)
    except SuiteError as trouble:
        whole = Leftover("ledger", "", str(settings.ledger_path), str(trouble))
        return CleanReport(settings.run_id, leftovers=(whole,))


def left_open(settings: Settings) -> tuple[Leftover, ...]:
    """Give what a run's ledger holds open, without looking: for one whose operator wants no cleaning up any more."""
    if not settings.target.base_url or not ledgers.begun(settings.ledger_path):
        return ()
    return _all(ledgers.read(settings.ledger_path).open, "left there on request: the run was interrupted twice")


def farewell(leftovers: Sequence[Leftover], ledger_path: Path, settings: Settings) -> tuple[str, ...]:
    """Say what a run leaves behind, why, and the command that removes it; nothing if it leaves nothing."""
    if not leftovers:
        return ()
    reasons = ", ".join(dict.fromkeys(leftover.reason.rstrip(".") for leftover in leftovers))
    named = ", ".join(leftover.id or leftover.name or "one without a name" for leftover in leftovers[:MOST_NAMED])
    more = f" and {len(leftovers) - MOST_NAMED} more" if len(leftovers) > MOST_NAMED else ""
    words = ["dds-conformance", "clean", str(ledger_path), "--target", settings.target.base_url]
    words += ["--storage-provider", settings.storage_provider] if settings.storage_provider else []
    remove = "" if settings.target.embedded else f"; to remove: {shlex.join(words)}"
    many = "1 project" if len(leftovers) == 1 else f"{len(leftovers)} projects"
    return (f"left behind: {many} ({named}{more}): {reasons}{remove}",)


def _all(entries: Iterable[Entry], reason: str) -> tuple[Leftover, ...]:
    return tuple(Leftover(entry.kind, entry.id, entry.name, reason) for entry in entries)


def target_of(ledger_path: Path) -> str:
    """Give the base URL that a ledger's run spoke to; raise UsageError if it is no ledger."""
    return ledgers.read(ledger_path).base_url


def sweep(driver: Driver, account: Account, ledger_path: Path) -> CleanReport:
    """Remove what `account` holds, speaking through `driver`: the end of a run does so with its own.

    Trouble never stops it from saying what is left.
    """
    if driver.settings.run_id != account.run_id:
        raise UsageError(f"{ledger_path} is the ledger of run {account.run_id}.", remedy="Name this run's own.")
    note = _Notes(ledger_path, account)
    removed: list[str] = []
    leftovers: list[Leftover] = []
    absent = 0
    for user in dict.fromkeys(entry.user for entry in account.open):
        client = driver.client("cleaning", user=user or "owner", scenario="cleaning", exempt=True)
        remover = _Remover(client, account.run_id)
        pending = {entry.key: entry for entry in account.open if entry.user == user}
        try:
            for entry, identity in remover.find(list(pending.values())):
                reason = remover.remove(entry, identity) if identity else remover.unfound(entry)
                del pending[entry.key]
                if reason and reason != GONE:
                    leftovers.append(Leftover(entry.kind, identity, entry.name, reason))
                    continue
                if identity:  # one that was never seen may still come to light: it stays open in the ledger
                    note.gone(entry.key)
                if identity and not reason:
                    removed.append(identity)
                else:
                    absent += 1
        except SuiteError as trouble:
            leftovers += _all(pending.values(), trouble.args[0])
    return CleanReport(account.run_id, tuple(removed), absent, tuple(leftovers))


GONE = "gone"


class _Remover:
    """Finds and removes the projects of one user's run."""

    def __init__(self, client: Client, run_id: str) -> None:
        self._client = client
        self._client.phase = Phase.FINAL
        self._run_id = run_id
        self._blind = self._nameless = ""
        self._shown: dict[str, Mapping[str, Json]] = {}

    def find(self, entries: list[Entry]) -> Iterator[tuple[Entry, str]]:
        """Give each entry with its id, "" for one that is nowhere to be seen."""
        known = [entry for entry in entries if entry.id]
        if len(known) > FEW:
            first_page = itertools.islice(self._listed(), PAGE)
            self._shown = {one["id"]: one for one in first_page if isinstance(one.get("id"), str)}
        yield from ((entry, entry.id) for entry in known)
        lost = {entry.key: entry for entry in entries if not entry.id}
        for look in range(LOOKS if lost else 0):
            if look:
                time.sleep(BETWEEN_LOOKS_S)  # its request may be under way still: the run was killed just now
            for project in self._listed():
                entry = next((entry for entry in lost.values() if _same(entry, project, self._run_id)), None)
                if entry and isinstance(project.get("id"), str):
                    del lost[entry.key]
                    yield entry, project["id"]
            if not lost:
                return
        yield from ((entry, "") for entry in lost.values())

    def remove(self, entry: Entry, identity: str) -> str:
        """Delete a project that bears the run's mark; give "", `GONE` if it was gone, else the reason why it is not."""
        reason = ""
        for look in range(LOOKS + 1):
            if look > 1:
                time.sleep(BETWEEN_LOOKS_S)
            status, project = self._look(identity)
            if status == 404 or (status == 200 and project.get("is_deleted") is True):
                return "" if reason else GONE
            if status != 200:
                reason = f"reading it was answered {status}"
                if status == 401:
                    return reason  # a token that is not accepted will not be so in a moment either
                continue
            if _marked(entry, self._run_id) and not _bears(project, self._run_id):
                return "the target shows another name under this id"
            self._client.driver.ownership.adopt(identity)
            answer = self._client.delete_project(identity).exchange
            accepted = answer.status in (200, 202, 204)
            reason = "still shown" if accepted else f"deleting it was answered {answer.status or answer.failure}"
        return reason

    def _look(self, identity: str) -> tuple[int | str | None, Mapping[str, Json]]:
        """Give the status (or the failure) of reading a project, and what it shows; at first the listing shows it."""
        if listed := self._shown.pop(identity, None):
            return 200, listed
        shown = self._client.show_project(identity).exchange
        return shown.status or shown.failure, shown.response if isinstance(shown.response, dict) else {}

    def unfound(self, entry: Entry) -> str:
        """Say why a project that was not found may be there all the same; "" when it is not."""
        if _marked(entry, self._run_id) or self._blind:
            return self._blind
        if entry.answer in DEFINITE or (entry.bare and not self._nameless):
            return ""
        known = f"was answered {entry.answer}" if entry.answer.isdigit() else "had no answer"
        seen = f" ({self._nameless} is there, and has none)" if self._nameless else ""
        return f"its create {known}, and it bears no name by which it could be known{seen}"

    def _listed(self) -> Iterator[Mapping[str, Json]]:
        page, self._blind, self._nameless = 1, "", ""
        while True:
            body = self._client.list_projects(page=page, per_page=PAGE).exchange
            found = body.response.get("results") if isinstance(body.response, dict) else None
            if body.status != 200 or not isinstance(found, list):
                self._blind = f"listing projects was answered {body.status or body.failure}"
                return
            for item in found:
                if isinstance(item, dict) and not item.get("is_deleted"):
                    if not isinstance(item.get("name"), str) or not item["name"].strip():
                        self._nameless = str(item.get("id"))
                    yield item
            total = body.headers.get("x-total-pages", "1")
            if not found or not total.isdigit() or page >= int(total):
                return
            page += 1


class _Notes:
    """Notes in the ledger what is gone; a ledger that cannot be written does not stop the cleaning."""

    def __init__(self, path: Path, account: Account) -> None:
        self._ledger: Ledger | None = None
        with contextlib.suppress(RecordError):
            self._ledger = Ledger(path, run_id=account.run_id, base_url=account.base_url)

    def gone(self, key: str) -> None:
        with contextlib.suppress(RecordError):
            if self._ledger:
                self._ledger.gone(key)


def _texts(project: Mapping[str, Json]) -> Iterable[str]:
    return (project[name] for name in ("name", "description") if isinstance(project.get(name), str))


def _bears(project: Mapping[str, Json], run_id: str) -> bool:
    return any(run_id in text for text in _texts(project))


def _marked(entry: Entry, run_id: str) -> bool:
    return run_id in entry.name or run_id in entry.description


def _same(entry: Entry, project: Mapping[str, Json], run_id: str) -> bool:
    """Whether a listed project is the one that was asked for: by a text of it that bears the mark, word for word."""
    return any(text and run_id in text and text in _texts(project) for text in (entry.name, entry.description))
