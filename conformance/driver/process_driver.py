"""The driver of one process: the only thing that makes clients, and so the only thing that sends."""

from __future__ import annotations

from collections import defaultdict

from conformance.driver.client import Client
from conformance.driver.recorder import Recorder
from conformance.driver.safety.ledger import Ledger
from conformance.driver.safety.pace import Pace
from conformance.driver.sending import Sending, Session
from conformance.model import Json
from conformance.settings.run_settings import Settings


class Driver(Sending):
    """The only thing that sends. One per process; its clients each belong to one thread.

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
        super().__init__(settings, recorder, worker, ledger=ledger, pace=pace)
        self._sessions: dict[str, int] = {}
        self._by_plan: dict[str, set[str]] = defaultdict(set)
        self._connected: set[Session] = set()

    def client(
        self, session: str, *, user: str | None = "owner", scenario: str = "", plan: str = "", exempt: bool = False
    ) -> Client:
        """Make the client of one session. `exempt` from budgets: for cleaning up when they are spent."""
        with self.lock:
            count = self._sessions[session] = self._sessions.get(session, 0) + 1
            self._by_plan[plan].add(session)
            name = f"{self.worker}/{session}" + (f"#{count}" if count > 1 else "")
            made = Client(self, name, user=user, scenario=scenario, plan=plan)
            made.exempt = exempt
            return made

    def forget(self, plan: str) -> None:
        """Forget the sessions of a plan that has ended: their names, which carry its own, are never used again."""
        with self.lock:
            for session in self._by_plan.pop(plan, ()):
                del self._sessions[session]

    def connected(self, client: Session) -> None:
        """Know a client that has connections, until it let go of them."""
        self._connected.add(client)

    def disconnected(self, client: Session) -> None:
        """Know it no longer."""
        self._connected.discard(client)

    def close(self) -> None:
        """Close every client and every file."""
        for client in tuple(self._connected):
            client.close()
        super().close()

    def ask_for_token(self, agent_key: str, user_key: str) -> Json:
        """Ask in a session of its own, which belongs to no user."""
        client = self.client("tokens", user=None, scenario="tokens")
        operation = client.create_token(agent_key, user_key)
        client.close()
        return operation.exchange.response
