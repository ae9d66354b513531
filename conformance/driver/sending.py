"""What all clients of one process share when they send: settings, pace, record, ledger and known secrets."""

from __future__ import annotations

import itertools
import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib import metadata
from typing import Literal, Protocol

from conformance.api.answers import Answer
from conformance.api.classifier import Classifier
from conformance.driver.recorder import Recorder
from conformance.driver.safety.ledger import Ledger
from conformance.driver.safety.lost_access import Access
from conformance.driver.safety.ownership import Ownership
from conformance.driver.safety.pace import Pace
from conformance.driver.safety.signed_urls import Places
from conformance.driver.tokens import Tokens
from conformance.driver.wire.idle_roads import IdleRoads
from conformance.history.redact import Redactor
from conformance.model import Json, Operation
from conformance.settings.run_settings import Settings

Moment = Literal["begin", "end"]
Listener = Callable[[Moment, Operation], None]


class Session(Protocol):
    """What has connections."""

    def close(self) -> None:
        """Let go of them."""


class Sending(ABC):
    """The shared part of sending.

    `worker` names the process in operation ids and sessions. Without a `recorder` the settings' history is appended to.
    """

    def __init__(
        self,
        settings: Settings,
        recorder: Recorder | None = None,
        worker: str = "main",
        *,
        ledger: Ledger | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.settings = settings
        self.worker = worker
        self.recorder = recorder or Recorder(settings.history_path)
        target = settings.target.base_url
        self.ledger = ledger or Ledger(settings.ledger_path, run_id=settings.run_id, base_url=target)
        self._hide(redactor(settings))
        self.pace = pace or Pace(
            settings.pace_dir, rate=settings.rate, in_flight=settings.max_in_flight, budgets=settings.budgets
        )
        self.idle_roads = IdleRoads()
        self.access = Access(settings.pace_dir)
        self.places = Places(target, settings.network.storage_hosts)
        self.classify = Classifier(settings.target)
        self.ownership = Ownership(settings.run_id, target, trusting=settings.target.embedded)
        self.tokens = Tokens(settings.credentials, settings.run_id, self.ask_for_token)
        self._version = metadata.version("dds-conformance")
        self._tag = f"{worker}-{secrets.token_hex(2)}"
        self._numbers = itertools.count(1)
        self._names = itertools.count(1)
        self._agents: dict[str, str] = {}
        self._listeners: list[Listener] = []
        self.lock = threading.RLock()

    @abstractmethod
    def connected(self, client: Session) -> None:
        """Know a client that has connections, until it let go of them."""

    @abstractmethod
    def disconnected(self, client: Session) -> None:
        """Know it no longer."""

    @abstractmethod
    def ask_for_token(self, agent_key: str, user_key: str) -> Json:
        """Ask the target for a token; return the body of its answer."""

    def name(self, label: str = "") -> str:
        """Draw a name that carries the run id and cannot collide with anything, here or in another run."""
        return self.settings.naming.in_run(self.settings.run_id, f"{self._tag}.{next(self._names)}", label)

    def listen(self, callback: Listener) -> None:
        """Call `callback` with every mutation about to be sent and every operation kept, one call at a time."""
        self._listeners.append(callback)

    def close(self) -> None:
        """Close every file, and the connections that nobody uses."""
        self.idle_roads.close()
        self.pace.close()
        self.access.close()
        self.ledger.close()
        self.recorder.close()

    def new_id(self) -> str:
        """Give the next operation id, unique over all processes of the run."""
        return f"{self._tag}-{next(self._numbers)}"

    def user_agent(self, scenario: str) -> str:
        """Name the suite, the run and the scenario, for the target's own log."""
        if (known := self._agents.get(scenario)) is not None:
            return known
        stated = "".join(char for char in scenario if char.isascii() and char.isprintable() and char not in "()\\")[:80]
        agent = f"dds-conformance/{self._version} (run {self.settings.run_id}{'; ' if stated else ''}{stated})"
        self._agents[scenario] = agent
        return agent

    def announce(self, operation: Operation) -> None:
        """Record a mutation that is about to be sent, then tell the listeners."""
        self.recorder.begin(operation)
        self._tell("begin", operation)

    def keep(self, operation: Operation, known: tuple[str, ...] = ()) -> None:
        """Record an operation, hiding also the secrets `known` of it alone, then tell the listeners."""
        self._learn_token(operation)
        self.recorder.end(operation, self.redact.with_secrets(*known) if known else None)
        self._tell("end", operation)

    def settle(self, operation: Operation) -> None:
        """Write to the ledger what became of a create."""
        body = operation.exchange.response
        made = body.get("id") if isinstance(body, dict) else None
        kind = self.classify(operation).answer
        if kind is Answer.DONE and isinstance(made, str) and made:
            self.ledger.made(operation.id, made)
        elif kind in (Answer.REFUSED, Answer.NC, Answer.UNSENT):
            self.ledger.refused(operation.id)
        else:
            self.ledger.answered(operation.id, str(operation.exchange.status or operation.exchange.failure))

    def _tell(self, moment: Moment, operation: Operation) -> None:
        with self.lock:
            for listener in self._listeners:
                listener(moment, operation)

    def _learn_token(self, operation: Operation) -> None:
        """Know a token that the target gives before the answer that brings it is written."""
        body = operation.exchange.response
        token = body.get("api_token") if isinstance(body, dict) else None
        if isinstance(token, str) and operation.exchange.path.rstrip("/").endswith("/software_agents/api_token"):
            self._hide(self.redact.with_secrets(token))

    def _hide(self, redact: Redactor) -> None:
        """Let everything that writes know what to hide."""
        self.redact = self.recorder.redact = self.ledger.redact = redact


def redactor(settings: Settings) -> Redactor:
    """Build the redactor that knows every secret of `settings`."""
    return Redactor(settings.secrets())
