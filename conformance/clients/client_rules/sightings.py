"""How the rules read a trial: who asked what again, what kind of answer it had, and how long the pauses were."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from conformance.api.answers import Answer
from conformance.api.classifier import Classifier
from conformance.api.routes import EXTENDED_CALLS, READ_METHODS
from conformance.clients.client_trials import Trial
from conformance.model import Finding, Json, Operation, Role, Target

NS_PER_S = 1_000_000_000
MOST_EVIDENCE = 4
TRUTH_CALLS = frozenset({"file_url", "version_url", "list_project_files", "show_upload"})
"""Where a client can learn what became of an upload."""
ATTACHING = frozenset({"create_file", "update_file"})
CREATING = frozenset({"create_project", "create_folder", "create_file"})


SERVER = Target(base_url="http://127.0.0.1/api/v1", embedded=True)
"""The server of every scenario, as far as its answers are to be classified."""
classified = Classifier(SERVER)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a trial showed of a requirement: an occasion that could have shown a violation, and the violation if so."""

    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class ClientRule:
    """A rule of a client: what it decides, what one occasion is, and the function that looks for them."""

    id: str
    requirement: str
    occasions: str
    check: Callable[[Trial], Iterator[Shown]]


@dataclass(frozen=True, slots=True)
class Asking:
    """The same request by the same command, once or several times, in order of arrival."""

    command: str
    operations: tuple[Operation, ...]

    @property
    def call(self) -> str:
        """The name of what is asked."""
        return call_name(self.operations[0])

    @property
    def parallel(self) -> bool:
        """Whether two of them were under way at once: then pauses between them mean nothing."""
        return any(after.a_ns < end_ns(before) for before, after in pairs(self.operations))


def askings(trial: Trial) -> tuple[Asking, ...]:
    """Group a trial's requests by command, method, path and body; a signed URL counts without its query."""
    groups: dict[tuple[str, ...], list[Operation]] = {}
    for operation in trial.operations:
        groups.setdefault((trial.command_of(operation), *sameness(operation)), []).append(operation)
    return tuple(Asking(key[0], tuple(group)) for key, group in groups.items())


def sameness(operation: Operation) -> tuple[str, str, str]:
    """Give what makes two requests the same request."""
    exchange = operation.exchange
    stored = exchange.role is Role.STORAGE
    path = exchange.path.partition("?")[0] if stored else exchange.path
    return exchange.method, path.rstrip("/"), "" if stored else str(operation.notes.get("body_md5", ""))


def pairs(operations: Iterable[Operation]) -> Iterator[tuple[Operation, Operation]]:
    """Give each request with the next one."""
    return itertools.pairwise(operations)


def call_name(operation: Operation) -> str:
    """Name what was asked for, as the server's record has it."""
    return str(operation.notes.get("call", ""))


def done(operation: Operation) -> str:
    """Say what the script did to a request; empty when it was served."""
    return str(operation.notes.get("done", ""))


def end_ns(operation: Operation) -> int:
    """Give when the answer had left, or the connection was broken."""
    return operation.b_ns if operation.b_ns is not None else operation.a_ns


def gap_s(before: Operation, after: Operation) -> float:
    """Give the seconds from the end of one answer to the arrival of the next request."""
    return (after.a_ns - end_ns(before)) / NS_PER_S


def answered(operation: Operation) -> Answer:
    """Return the class of the answer; one that was lost tells nothing."""
    return classified(operation).answer


def is_nc(operation: Operation) -> bool:
    """Whether the answer was not-consistent."""
    return answered(operation) is Answer.NC


def is_extended_nc(operation: Operation) -> bool:
    """Whether the answer was not-consistent at one of the extended endpoints."""
    return call_name(operation) in EXTENDED_CALLS and is_nc(operation)


def is_integrity(operation: Operation) -> bool:
    """Whether the answer was the integrity exception."""
    return answered(operation) is Answer.INTEGRITY


def is_plain_404(operation: Operation) -> bool:
    """Whether the API answered 404 with another code than not-consistent."""
    exchange = operation.exchange
    return exchange.role is Role.API and exchange.status == 404 and not is_nc(operation)


def is_lost(operation: Operation) -> bool:
    """Whether the client had no whole answer."""
    return operation.exchange.failure is not None


def is_trouble(operation: Operation) -> bool:
    """Whether the answer was lost, or a failure of the server."""
    return is_lost(operation) or (operation.exchange.status or 0) >= 500


def is_temporary(operation: Operation) -> bool:
    """Whether asking again may help: not consistent, busy, failed or lost."""
    return is_nc(operation) or is_trouble(operation) or operation.exchange.status == 429


def succeeded(operation: Operation) -> bool:
    """Whether the client had a whole answer, and it was a success."""
    return not is_lost(operation) and 200 <= (operation.exchange.status or 0) < 300


def says_completed(operation: Operation) -> bool:
    """Whether a completion was refused because the upload is completed already."""
    return call_name(operation) == "complete_upload" and answered(operation) is Answer.ALREADY


def asked_pause(operation: Operation) -> float | None:
    """Give the seconds that a Retry-After header asks for."""
    after = operation.exchange.headers.get("retry-after", "")
    return float(after) if after.isdigit() and operation.exchange.status in (429, 503) else None


def later(trial: Trial, operation: Operation) -> tuple[Operation, ...]:
    """Give the requests of the same command that arrived after an answer had left."""
    command = trial.command_of(operation)
    return tuple(o for o in trial.operations if o.a_ns >= end_ns(operation) and trial.command_of(o) == command)


def changed_between(trial: Trial, before: Operation, after: Operation) -> bool:
    """Whether the command changed something, successfully, between two of its requests: then the world is another."""
    return any(
        succeeded(o)
        and o.exchange.method not in READ_METHODS
        and o.a_ns < after.a_ns
        and call_name(o) != "create_token"
        for o in later(trial, before)
    )


def repeated(trial: Trial, asking: Asking, first: Operation) -> Operation | None:
    """Give the same request asked once more after an answer, though nothing had changed in between."""
    again = [o for o in asking.operations if o.a_ns >= end_ns(first)]
    return again[0] if again and not changed_between(trial, first, again[0]) else None


def lost_for_good(trial: Trial) -> bool:
    """Whether a token expired that the client had been given and had not bought: it cannot buy another."""
    return any(done(o) == "401" and not bought_before(trial, o) for o in trial.operations)


def bought_before(trial: Trial, operation: Operation) -> tuple[Operation, ...]:
    """Give the purchases of tokens by the command that sent a request, before it."""
    command = trial.command_of(operation)
    earlier = (o for o in trial.operations if o.a_ns < operation.a_ns and trial.command_of(o) == command)
    return tuple(o for o in earlier if call_name(o) == "create_token" and succeeded(o))


def upload_in(trial: Trial, operation: Operation) -> str:
    """Give the upload that a request is about; empty when it is about none, or about many."""
    parts = operation.exchange.path.partition("?")[0].strip("/").split("/")
    if operation.exchange.role is Role.STORAGE:
        return parts[-1]
    name = call_name(operation)
    if name in ("file_url", "version_url"):
        return trial.world.upload_of(parts[-2])
    if name in ("create_chunk", "complete_upload", "report_hash"):
        return parts[-2]
    return parts[-1] if name == "show_upload" else ""


def found(
    rule: str, requirement: str, trial: Trial, operations: Iterable[Operation], sentence: str, **numbers: Json
) -> Shown:
    """Give a violation: the requests that prove it, the scenario as its subject, the numbers of the sentence."""
    proof = tuple(operation.id for operation in operations)[:MOST_EVIDENCE]
    stated = f"{trial.scenario.name}: {sentence}"
    return Shown(Finding(requirement, rule, trial.scenario.name, proof, stated, numbers=numbers))
