"""The pace of a run, kept together by all its processes: rate, requests in flight, budgets, and the target's own wish.

Processes share a file of seven numbers under a lock, and a lock file per request in flight, which the system lets go of
when a process dies. The rate is a generic cell rate: each request moves the moment at which the next is due.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

from conformance.errors import ExitCode, SuiteError
from conformance.settings.run_settings import Budgets

NS_PER_S = 1_000_000_000
BUSY = frozenset({429, 503})
FIRST_WAIT_S, LONGEST_OWN_WAIT_S = 0.1, 5.0
"""Back-off where the target asks for patience and does not say how much: doubled each time, up to the second."""
GIVEN_UP_AFTER_S, LEAST_UNANSWERED = 60.0, 20
"""A target that answers nothing for so long, and so many requests of one process in a row, has gone away."""
LEAST_UNANSWERED_EXEMPT = 3
"""As many are enough once a run is over: nothing but its cleaning waits for an answer then."""
WORTH_SAYING_S = 1.0
SLOT_POLL_S = 0.002
_BURST_S = 0.5
"""How many seconds' worth of requests may leave together: readers of one comb should not be torn apart."""


class BudgetError(SuiteError):
    """The run has spent what it was given; what it could not decide stays undecided."""

    exit_code = ExitCode.INCOMPLETE


class _State(NamedTuple):
    begun_ns: int = 0
    due_ns: int = 0
    not_before_ns: int = 0
    strikes: int = 0
    requests: int = 0
    bytes: int = 0
    asked_ns: int = 0


_LAYOUT = struct.Struct("<7q")


class Pace:
    """Lets requests through. One per process; all that name the same `directory` keep one pace.

    `rate` is requests per second (None: unpaced), `in_flight` how many may be under way at once. `say` is called with a
    sentence before every pause that a person would notice.
    """

    def __init__(  # noqa: PLR0913 - each is an option of its own
        self,
        directory: Path,
        *,
        rate: float | None,
        in_flight: int,
        budgets: Budgets | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._budgets = budgets or Budgets()
        self._gap_ns = int(NS_PER_S / rate) if rate else 0
        self._burst_ns = max(self._gap_ns, int(_BURST_S * NS_PER_S)) if rate else 0
        self._fd = os.open(directory / "state", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._lock = threading.Lock()
        self._slots = [(directory / f"slot-{number}", threading.Lock()) for number in range(max(1, in_flight))]
        self._open: dict[Path, int] = {}
        self._sleep, self._clock = sleep, clock
        self._unanswered, self._unanswered_exempt, self._answered_ns = 0, 0, clock()
        self._patience_ns = int(self._budgets.longest_wait_s * NS_PER_S)
        self.say: Callable[[str], None] = lambda _: None

    @contextlib.contextmanager
    def turn(self, *, exempt: bool = False) -> Iterator[None]:
        """Wait for a turn and hold a place in flight; raise BudgetError when there is none.

        Who is `exempt` from the budgets still waits no longer in all than the longest wait, then asks once more.
        """
        with self._place():
            while (wait_ns := self._due(exempt=exempt)) > 0:
                wait_s = wait_ns / NS_PER_S
                if wait_s >= WORTH_SAYING_S and self.resume_ns() > self._clock():
                    self.say(f"waiting {wait_s:.0f} s, as the target asks (Retry-After)")
                self._sleep(wait_s)
            self._unanswered_exempt += exempt
            yield

    def spent(self, octets: int) -> None:
        """Account for bytes that went over the wire, either way."""
        if self._budgets.bytes is not None:
            with self._shared() as state:
                self._keep(state._replace(bytes=state.bytes + octets))

    def heard(self, status: int | None, headers: Mapping[str, str]) -> float | None:
        """Take in an answer, or that none came (None); give the seconds that it asks everybody to wait, if it does."""
        if status is None:
            self._unanswered += 1
        else:
            self._unanswered, self._unanswered_exempt, self._answered_ns = 0, 0, self._clock()
        if status not in BUSY:
            if status is not None and self._read().strikes:
                with self._shared() as state:
                    self._keep(state._replace(strikes=0))
            return None
        with self._shared() as state:
            asked = retry_after_s(headers)
            own = min(FIRST_WAIT_S * 2.0 ** min(state.strikes, 10), LONGEST_OWN_WAIT_S)
            wait_s = own if asked is None else asked
            until = self._clock() + int(min(wait_s, 1e9) * NS_PER_S)
            later = state._replace(strikes=state.strikes + 1)
            if until > state.not_before_ns:
                later = later._replace(not_before_ns=until, asked_ns=int(min(wait_s, 1e9) * NS_PER_S))
            self._keep(later)
        return wait_s

    def check(self) -> None:
        """Raise BudgetError if the target asks for a longer wait than the longest."""
        self._wish_s(self._read(), self._clock())

    def resume_ns(self) -> int:
        """Give the monotonic moment before which the target wants no request; 0 or past when it has no such wish."""
        return self._read().not_before_ns

    def totals(self) -> tuple[int, int]:
        """Give the requests and bytes so far (bytes are counted only where they are budgeted)."""
        state = self._read()
        return state.requests, state.bytes

    def close(self) -> None:
        """Let go of the files."""
        os.close(self._fd)
        for fd in self._open.values():
            os.close(fd)
        self._open.clear()

    def _due(self, *, exempt: bool) -> int:
        """Take a turn and give 0, or give the nanoseconds until it is worth asking again."""
        with self._shared() as state:
            now = self._clock()
            if exempt:
                not_before_ns = self._shortened(state, now)
            else:
                self._check(state, now)
                not_before_ns = state.not_before_ns
            if not_before_ns > now:
                return not_before_ns - now
            due = max(state.due_ns, now)
            if self._gap_ns and due - now > self._burst_ns - self._gap_ns:
                return due - now - (self._burst_ns - self._gap_ns)
            begun = state.begun_ns or now
            self._keep(state._replace(begun_ns=begun, due_ns=due + self._gap_ns, requests=state.requests + 1))
            return 0

    def _check_presence(self, now: int, unanswered: int, least: int) -> None:
        silent_s = (now - self._answered_ns) / NS_PER_S
        if unanswered >= least and silent_s > GIVEN_UP_AFTER_S:
            raise BudgetError(
                f"The target has answered nothing for {silent_s:.0f} s.", remedy="See whether it still runs; try again."
            )

    def _shortened(self, state: _State, now: int) -> int:
        """Cut the target's wish down to what is left of the longest wait, and give its end.

        Raises:
            BudgetError: nothing is left of it, or the target has gone away.
        """
        self._check_presence(now, self._unanswered_exempt, LEAST_UNANSWERED_EXEMPT)
        asked_ns = state.not_before_ns - now
        if asked_ns <= 0:
            return 0
        if self._patience_ns <= 0:
            longest_s = self._budgets.longest_wait_s
            raise BudgetError(
                f"The target asks to wait {asked_ns / NS_PER_S:.0f} s more, and {longest_s:.0f} s were waited already.",
                remedy="Try again later, or raise --longest-wait.",
            )
        waits_ns = min(asked_ns, self._patience_ns)
        self._patience_ns -= waits_ns
        self._keep(state._replace(not_before_ns=now + waits_ns))
        return now + waits_ns

    def _check(self, state: _State, now: int) -> None:
        self._check_presence(now, self._unanswered, LEAST_UNANSWERED)
        budget = self._budgets
        waiting_s = self._wish_s(state, now)
        if budget.requests is not None and state.requests >= budget.requests:
            raise BudgetError(f"The budget of {budget.requests} requests is spent.", remedy="Raise --max-requests.")
        if budget.bytes is not None and state.bytes >= budget.bytes:
            raise BudgetError(f"The budget of {budget.bytes} bytes is spent.", remedy="Raise --max-bytes.")
        used_s = (now - state.begun_ns) / NS_PER_S if state.begun_ns else 0.0
        if budget.seconds is not None and used_s + waiting_s > budget.seconds:
            raise BudgetError(f"The budget of {budget.seconds:g} s is spent.", remedy="Raise --max-seconds.")

    def _wish_s(self, state: _State, now: int) -> float:
        """Give the seconds that the target wants no request for; raise BudgetError beyond the longest wait."""
        waiting_s, longest_s = max(0.0, (state.not_before_ns - now) / NS_PER_S), self._budgets.longest_wait_s
        if waiting_s > longest_s + 1:
            raise BudgetError(
                f"The target asks to wait {state.asked_ns / NS_PER_S:.0f} s; the run waits {longest_s:.0f} s at most.",
                remedy="Try again later, or raise --longest-wait.",
            )
        return waiting_s

    def _read(self) -> _State:
        data = os.pread(self._fd, _LAYOUT.size, 0)
        return _State(*_LAYOUT.unpack(data)) if len(data) == _LAYOUT.size else _State()

    def _keep(self, state: _State) -> None:
        os.pwrite(self._fd, _LAYOUT.pack(*state), 0)

    @contextlib.contextmanager
    def _shared(self) -> Iterator[_State]:
        with self._lock:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            try:
                yield self._read()
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        while (taken := self._try_place()) is None:
            time.sleep(SLOT_POLL_S)
        lock, fd = taken
        try:
            yield
        finally:
            fcntl.flock(fd, fcntl.LOCK_UN)
            lock.release()

    def _try_place(self) -> tuple[threading.Lock, int] | None:
        for path, lock in self._slots:
            if not lock.acquire(blocking=False):
                continue
            if path not in self._open:
                self._open[path] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self._open[path], fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.release()
            else:
                return lock, self._open[path]
        return None


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After as seconds from now: a number, or a date on the server's own clock where it shows one."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    until, now = _date(text), _date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else None


def _date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
