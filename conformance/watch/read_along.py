"""Reads of our own beside passing traffic: url endpoints raced while pending, bytes compared once, a last look.

Passive traffic hardly ever asks the url endpoints while they are not consistent. Nothing here writes: every request is
a GET, with the operator's token. What the operator may not see (403) is not asked for again.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from dataclasses import dataclass
from uuid import uuid4

from conformance.api.answers import Answer
from conformance.api.classifier import Classifier
from conformance.driver import Client, Driver
from conformance.errors import SuiteError
from conformance.model import Octets, Operation, Phase
from conformance.watch.passing_ids import Passed, PassingIds

READERS = 3
FIRST_S, MOST_S, SHARE = 0.02, 2.0, 0.05
"""Seconds between two looks at what is pending: at first, at most, and as a share of how long it is pending already."""
AGAIN_S = (0.05, 0.1, 0.3, 1.0, 5.0, 30.0)
"""Seconds between further looks, after the truth was told."""
LAST_LOOK_S = 8.0
MOST_LOOKED_AT = 20_000


@dataclass(slots=True)
class _Look:
    """One endpoint: since when it is looked at, how often its truth was told, and whether its bytes were right."""

    passed: Passed
    since: float
    stated: int = 0
    compared: bool = False
    wrong: bool = False
    done: bool = False


class ReadAlong:
    """Readers in threads of their own. `bound_s` is how long "eventually" may take."""

    def __init__(self, driver: Driver, bound_s: float) -> None:
        self._driver = driver
        self._bound_s = bound_s
        self._ids = PassingIds(driver.settings.target)
        self._classify = Classifier(driver.settings.target)
        self._looks: dict[tuple[str, str], _Look] = {}
        self._due: list[tuple[float, int, _Look]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._ending = False
        self._threads = [threading.Thread(target=self._read, args=(n,), daemon=True) for n in range(READERS)]
        self.stopped = ""

    def start(self) -> None:
        """Begin to read."""
        for thread in self._threads:
            thread.start()

    def hear(self, moment: str, operation: Operation) -> None:
        """Take a passing operation; called by the proxy, so it must be quick."""
        if moment != "end":
            return
        with self._changed:
            now = time.monotonic()
            for passed in self._ids.take(operation):
                self._look_at(passed, now)

    def finish(self) -> None:
        """Stop racing, and look at everything a last time, for `LAST_LOOK_S` at most."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(LAST_LOOK_S)
        if not self.stopped:
            try:
                self._last_look(time.monotonic() + LAST_LOOK_S)
            except SuiteError as trouble:
                self.stopped = str(trouble)

    # ---- what is looked at, and when

    def _look_at(self, passed: Passed, now: float) -> None:
        key = passed.reads, passed.id
        look = self._looks.get(key)
        if look is None or (passed.fresh and passed.upload != look.passed.upload):
            if len(self._looks) >= MOST_LOOKED_AT:
                self._looks.pop(next(iter(self._looks)))
            look = self._looks[key] = _Look(passed, now)
            self._schedule(look, now)

    def _schedule(self, look: _Look, when: float) -> None:
        heapq.heappush(self._due, (when, next(self._numbers), look))
        self._changed.notify()

    def _next(self) -> _Look | None:
        """Wait for a look that is due; None when it is over."""
        with self._changed:
            while not self._ending:
                now = time.monotonic()
                if self._due and self._due[0][0] <= now:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(self._due[0][0] - now if self._due else None)
        return None

    def _read(self, number: int) -> None:
        client = self._driver.client(f"reader{number + 1}", scenario="read-along")
        try:
            while look := self._next():
                if self._wanted(look):
                    self._once(client, look)
        except SuiteError as trouble:
            self.stopped = self.stopped or str(trouble)
        finally:
            client.close()

    def _wanted(self, look: _Look) -> bool:
        passed = look.passed
        gone = self._ids.ended & {passed.id, passed.project}
        return not look.done and not gone and self._looks.get((passed.reads, passed.id)) is look

    def _once(self, client: Client, look: _Look) -> None:
        stated = self._ask(client, look)
        with self._changed:
            wait = self._wait(look, stated)
            if wait is not None and not look.done:
                self._schedule(look, time.monotonic() + wait)

    def _wait(self, look: _Look, stated: bool) -> float | None:  # noqa: FBT001 - what the last look came to
        elapsed = time.monotonic() - look.since
        if not stated:
            return min(MOST_S, max(FIRST_S, SHARE * elapsed))
        look.stated += 1
        if look.stated > len(AGAIN_S) or not look.passed.fresh:
            return max(0.1, self._bound_s + 0.5 - elapsed) if look.wrong and look.stated <= len(AGAIN_S) + 2 else None
        return AGAIN_S[look.stated - 1]

    # ---- looking

    def _ask(self, client: Client, look: _Look) -> bool:
        """Read once; say whether the truth was told."""
        passed = look.passed
        operation: Operation = getattr(client, passed.reads)(passed.id)
        status = operation.exchange.status
        if status in (401, 403, 404, 405) and self._classify(operation).answer is not Answer.NC:
            look.done = status != 404 or not passed.fresh  # not ours to see, or gone; what is fresh may be late
            return look.done
        if passed.reads == "show_upload":
            body = operation.exchange.response
            state = body.get("status") if isinstance(body, dict) else None
            return not isinstance(state, dict) or state.get("is_consistent", True) is True
        stated = self._classify(operation).answer
        if stated is Answer.DONE and (not look.compared or look.wrong):
            self._compare(client, look, operation)
        return stated in (Answer.DONE, Answer.INTEGRITY)

    def _compare(self, client: Client, look: _Look, operation: Operation) -> None:
        """Fetch what a url yields; once is enough where it is what was stored, or where nobody here knows that."""
        served = client.get_signed(operation.exchange.response, notes={"url_of": operation.id}).exchange
        look.compared = True
        stored = self._ids.stored(look.passed.upload)
        body = served.response
        right = isinstance(body, Octets) and stored is not None and (body.bytes, body.md5) == (stored.bytes, stored.md5)
        look.wrong = not right and (stored is not None or served.status != 200)

    def _last_look(self, end: float) -> None:
        client = self._driver.client("last", scenario="read-along")
        client.phase = Phase.FINAL
        with self._changed:
            looks = list(self._looks.values())
        for look in reversed(looks):
            if time.monotonic() > end:
                break
            if self._wanted(look):
                self._ask(client, look)
        self._errors(client, looks)
        client.close()

    def _errors(self, client: Client, looks: list[_Look]) -> None:
        """Look at the errors that a read can meet: no token, another user, an id that nobody has, a bad parameter."""
        seen = next((f"/files/{look.passed.id}/url" for look in looks if look.passed.reads == "file_url"), "/projects")
        client.send("GET", seen, user=None)
        if self._driver.settings.credentials.other_api_token and seen != "/projects":
            client.send("GET", seen, user="other")
        invented = str(uuid4())
        client.send("GET", f"/files/{invented}/url", notes={"invented": [invented]})
        client.send("GET", "/projects", query="page=-1", intent="invalid")
