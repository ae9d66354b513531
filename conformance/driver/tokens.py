"""Which token a user speaks with, and how a new one is had when it expires."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from conformance.model import Json
from conformance.settings.credentials import Credentials

RENEW_BEFORE_S = 30.0
"""A token that ends sooner than this is renewed first, if it lives that long at all."""
BEHIND = ".x"
"""What makes a good token a bad one: a further part, which no reader of structured tokens may take for padding."""


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    renew_at: float | None = None


class Tokens:
    """Hands out tokens by user; `ask` speaks to the target (agent key, user key) and gives its answer's body."""

    def __init__(self, credentials: Credentials, run_id: str, ask: Callable[[str, str], Json]) -> None:
        self._credentials = credentials
        self._ask = ask
        self._lock = threading.Lock()
        self._invalid = f"invalid-{run_id}"
        self._nearly = itertools.cycle((False, True))
        given = credentials.api_token
        self._owner = _Token(given.reveal()) if given else None

    def of(self, user: str | None) -> str | None:
        """Give the token of ``owner``, ``other`` or ``invalid``; None for nobody, or where none can be had."""
        if user == "other":
            other = self._credentials.other_api_token
            return other.reveal() if other else None
        if user == "owner":
            return self._of_owner()
        return self._bad() if user == "invalid" else None

    def _bad(self) -> str:
        """Give an invented token, and every second time the owner's with something behind it."""
        owner = self._owner
        return owner.value + BEHIND if next(self._nearly) and owner else self._invalid

    def renew(self, user: str | None, refused: str | None) -> bool:
        """Get a new token in place of one that was refused; False when there are no keys or the target gives none."""
        if user != "owner" or not self._credentials.renewable:
            return False
        with self._lock:
            return (self._owner is not None and self._owner.value != refused) or self._fetch()

    def _of_owner(self) -> str | None:
        with self._lock:
            due = self._owner is None or (self._owner.renew_at is not None and time.monotonic() > self._owner.renew_at)
            if due and self._credentials.renewable:
                self._fetch()
            return self._owner.value if self._owner else None

    def _fetch(self) -> bool:
        agent, person = self._credentials.agent_key, self._credentials.user_key
        if agent is None or person is None:
            return False
        body = self._ask(agent.reveal(), person.reveal())
        token = body.get("api_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token.isprintable() or not token.isascii():
            return False
        lives = body.get("time_to_live")
        usable = isinstance(lives, int | float) and not isinstance(lives, bool) and lives > 2 * RENEW_BEFORE_S
        self._owner = _Token(token, time.monotonic() + min(lives, 1e9) - RENEW_BEFORE_S if usable else None)
        return True
