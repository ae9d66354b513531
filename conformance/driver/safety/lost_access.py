"""When a run has lost its target: nothing but 401 to the owner, or a minute of nothing but a gateway's own answers.

Kept together by all processes of a run, beside its pace: whoever sees the end first, ends the run for all of them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from conformance.api.answers import Answer, Classified, Source
from conformance.api.routes import UNROUTED
from conformance.driver.safety.pace import NS_PER_S, BudgetError, Pace
from conformance.errors import ExitCode
from conformance.model import Operation, Role
from conformance.settings.run_settings import Settings

REFUSED_FOR_S, LEAST_REFUSED = 5.0, 10
"""So long, and so many answers of nothing but 401 to the owner, and its token is taken to be lost."""
AWAY_FOR_S, LEAST_AWAY = 60.0, 3
"""So long, and so many answers of nothing but a gateway, and the service behind it is taken to be gone."""
CONFIRM_EVERY_S = 1.0
_AWAY = frozenset({429, 502, 503, 504})
_OPEN = frozenset({UNROUTED, "app_status", "create_token"})
"""Calls that may be answered whatever the token is."""


class LostAccessError(BudgetError):
    """The target answers the run no more; with `worked` False it never did."""

    def __init__(self, message: str, *, remedy: str, worked: bool) -> None:
        super().__init__(message, remedy=remedy)
        self.exit_code = ExitCode.INCOMPLETE if worked else ExitCode.UNREACHABLE


class _State(NamedTuple):
    """Nanoseconds of the monotonic clock, and counts; `lost` is the first moment of what ended the run, or 0."""

    begun_ns: int = 0
    refused_ns: int = 0
    refused: int = 0
    away_ns: int = 0
    away: int = 0
    away_status: int = 0
    worked: int = 0
    lost_ns: int = 0
    lost_status: int = 0


_LAYOUT = struct.Struct("<9q")


class Access:
    """Hears every answer of the API; one per process, all that name the same `directory` share what they heard."""

    def __init__(self, directory: Path, *, clock: Callable[[], int] = time.monotonic_ns) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(directory / "access", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._lock = threading.Lock()
        self._clock = clock
        self._confirmed_ns = 0

    def check(self) -> None:
        """Raise LostAccessError if the run has lost its target."""
        state = self._read()
        if not state.lost_ns:
            return
        second, worked = (state.lost_ns - state.begun_ns) // NS_PER_S, bool(state.worked)
        if state.lost_status == 401:
            raise LostAccessError(
                f"The target answers nothing but 401 since second {second} of the run: the token is not accepted.",
                remedy="Give DDS_AGENT_KEY and DDS_USER_KEY, with which it is renewed, or a token that lives longer.",
                worked=worked,
            )
        raise LostAccessError(
            f"Nothing but a gateway answers, with {state.lost_status} since second {second} of the run.",
            remedy="See whether the service behind it runs; try again.",
            worked=worked,
        )

    def heard(self, operation: Operation, of: Classified, *, authorized: bool) -> bool:
        """Take in an answer; say whether it is time to ask whether the owner's token is accepted at all.

        `authorized` says that the request carried its user's own token.
        """
        exchange, now = operation.exchange, self._clock()
        if exchange.role is not Role.API or exchange.status is None:
            return False
        state = self._read()
        owners = authorized and exchange.user == "owner"
        if exchange.status in _AWAY and of.source is Source.PROXY:
            self._change(lambda old: _went_away(old, operation, now))
            return False
        if owners and exchange.status == 401:
            return self._is_due(self._change(lambda old: _was_refused(old, operation)), now)
        works = owners and of.call.name not in _OPEN and _accepts(operation, of)
        if state.away or not state.begun_ns or (works and (state.refused or not state.worked)):
            self._change(lambda old: _answered(old, operation, works=works))
        return False

    def lose(self) -> None:
        """Take it as certain that the owner's token is not accepted any more."""
        self._change(lambda old: old._replace(lost_ns=old.refused_ns or self._clock(), lost_status=401))

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)

    def _is_due(self, state: _State, now: int) -> bool:
        if state.refused < LEAST_REFUSED or now - state.refused_ns < REFUSED_FOR_S * NS_PER_S or state.lost_ns:
            return False
        with self._lock:
            due = now - self._confirmed_ns >= CONFIRM_EVERY_S * NS_PER_S
            self._confirmed_ns = now if due else self._confirmed_ns
        return due

    def _read(self) -> _State:
        data = os.pread(self._fd, _LAYOUT.size, 0)
        return _State(*_LAYOUT.unpack(data)) if len(data) == _LAYOUT.size else _State()

    def _change(self, change: Callable[[_State], _State]) -> _State:
        with self._locked():
            state = change(self._read())
            os.pwrite(self._fd, _LAYOUT.pack(*state), 0)
            return state

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)


def what_ended(settings: Settings) -> BudgetError | None:
    """Give what ended the run of `settings` before its time, whoever came to know of it; None if nothing did."""
    access = Access(settings.pace_dir)
    pace = Pace(settings.pace_dir, rate=None, in_flight=1, budgets=settings.budgets)
    try:
        access.check()
        pace.check()
    except BudgetError as ended:
        return ended
    finally:
        access.close()
        pace.close()
    return None


def _accepts(operation: Operation, of: Classified) -> bool:
    """Whether an answer shows that the token was accepted: others may be given before anybody looks at it."""
    status = operation.exchange.status or 0
    return 200 <= status < 300 or status == 403 or of.answer is Answer.NC


def _begun(state: _State, operation: Operation) -> _State:
    return state if state.begun_ns else state._replace(begun_ns=operation.a_ns or 1)


def _was_refused(state: _State, operation: Operation) -> _State:
    since = state.refused_ns if state.refused else operation.a_ns
    return _begun(state, operation)._replace(refused_ns=since, refused=state.refused + 1, away=0)


def _answered(state: _State, operation: Operation, *, works: bool) -> _State:
    changed = _begun(state, operation)._replace(away=0)
    return changed._replace(refused=0, worked=1) if works else changed


def _went_away(state: _State, operation: Operation, now: int) -> _State:
    since, status = state.away_ns if state.away else operation.a_ns, operation.exchange.status or 0
    changed = _begun(state, operation)._replace(away_ns=since, away=state.away + 1, away_status=status)
    if changed.away >= LEAST_AWAY and now - since >= AWAY_FOR_S * NS_PER_S and not state.lost_ns:
        return changed._replace(lost_ns=since, lost_status=status)
    return changed
