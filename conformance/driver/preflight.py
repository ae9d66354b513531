"""Whether a run can begin: does a DDS answer at the target, and does it accept the credentials?"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from conformance.driver.first_answer import (
    LATER,
    Mismatch,
    addresses_near,
    found_elsewhere,
    is_api_error,
    is_listing,
    mismatch,
    needs_tls,
    speaks_tls,
    tls_remedy,
    worth_looking_elsewhere,
)
from conformance.driver.process_driver import Driver
from conformance.driver.safety.pace import retry_after_s
from conformance.driver.wire.handshake import shake_hands
from conformance.errors import CredentialsRefusedError, TargetUnreachableError
from conformance.model import Failure, Operation
from conformance.settings.run_settings import Budgets, Settings

PATIENCE_S = 10.0
AGAIN_FOR_S = 8.0
"""Seconds for which a first answer of a gateway, or a reset, is asked for again."""
REFUSED_FOR_S = 2.0
"""Seconds for which a connection is tried again that nobody accepts."""
BETWEEN_TRIES_S = 0.25
_BROKEN = frozenset({Failure.RESET, Failure.CUT})


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The first listing of projects, and what answered it if that is no DDS."""

    operation: Operation
    mismatch: Mismatch | None


@dataclass(frozen=True, slots=True)
class Patience:
    """How a first request is asked again; its clock and its sleep, both in seconds, can be replaced in tests."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def ask(self, ask: Callable[[], Operation]) -> Operation:
        """Ask until an answer decides, or until the next try would come too late."""
        begun, pause_s = self.clock(), BETWEEN_TRIES_S
        while True:
            operation = ask()
            again_for_s = _again_for_s(operation)
            wait_s = max(pause_s, retry_after_s(operation.exchange.headers) or 0.0)
            if self.clock() - begun + wait_s > again_for_s:
                return operation
            self.sleep(wait_s)
            pause_s = min(2 * pause_s, 2.0)


def check_target(settings: Settings) -> None:
    """Read the list of projects once; nothing is recorded, nothing is written to the target.

    Raises:
        TargetUnreachableError: nothing answers, or what answers is not a DDS.
        CredentialsRefusedError: there are no credentials, or the target answers 401 to them.
    """
    if not settings.credentials.given:
        raise CredentialsRefusedError(
            "There are no credentials for the target.",
            remedy="Set DDS_API_TOKEN, or DDS_AGENT_KEY with DDS_USER_KEY, or give --credentials FILE.",
        )
    with TemporaryDirectory(prefix="dds-conformance-") as folder:
        driver = Driver(_aside(settings, Path(folder)), worker="preflight")
        try:
            first = first_look(driver)
            if first.mismatch:
                raise TargetUnreachableError(first.mismatch.sentence, remedy=first.mismatch.remedy)
            if driver.tokens.of("owner") is None:
                raise CredentialsRefusedError(
                    "The target gives no token for the agent key and user key.", remedy="Check both keys."
                )
            _accepted(first.operation, "DDS_API_TOKEN or the keys")
            if settings.credentials.other_api_token:
                other = driver.client("preflight", user="other", scenario="preflight")
                asked = Patience().ask(lambda: other.list_projects(page=1, per_page=1))
                _accepted(asked, "DDS_OTHER_API_TOKEN")
        finally:
            driver.close()


def first_look(driver: Driver, patience: Patience | None = None) -> FirstLook:
    """List the target's projects, as patiently as it takes, and decide whether a DDS answered."""
    settings, patience = driver.settings, patience or Patience()
    user = "owner" if driver.tokens.of("owner") else None
    client = driver.client("preflight", user=user, scenario="preflight")
    operation = patience.ask(lambda: client.list_projects(page=1, per_page=1))
    base_url, exchange = settings.target.base_url, operation.exchange
    wrong = mismatch(exchange, base_url, str(operation.notes.get("trouble", "")))
    if wrong and needs_tls(exchange) and _is_tls(settings):
        wrong = speaks_tls(base_url)
    elif worth_looking_elsewhere(exchange, base_url) and (address := _elsewhere(settings)):
        wrong = found_elsewhere(exchange, base_url, address)
    return FirstLook(operation, wrong)


def _aside(settings: Settings, folder: Path) -> Settings:
    """Give settings that keep what is sent apart from the run: another folder, short patience, no budgets."""
    bounds = dataclasses.replace(settings.bounds, silence_s=PATIENCE_S, deadline_s=PATIENCE_S)
    budgets = Budgets(longest_wait_s=settings.budgets.longest_wait_s)
    return dataclasses.replace(settings, report_dir=folder, bounds=bounds, budgets=budgets)


def _again_for_s(operation: Operation) -> float:
    exchange = operation.exchange
    if tls_remedy(str(operation.notes.get("trouble", ""))):
        return 0.0
    if exchange.failure is Failure.REFUSED:
        return REFUSED_FOR_S
    return AGAIN_FOR_S if exchange.failure in _BROKEN or exchange.status in LATER else 0.0


def _is_tls(settings: Settings) -> bool:
    """Whether the port of a plain address speaks TLS, as a handshake of its own shows."""
    url = settings.target.base_url
    if urlsplit(url).scheme != "http" or settings.network.proxy is not None:
        return False
    hands = shake_hands(settings)
    return bool(hands.protocol) or "certificate" in hands.trouble


def _elsewhere(settings: Settings) -> str:
    """Give the first address near the target's that answers like a DDS, "" if none does."""
    return next((address for address in addresses_near(settings.target.base_url) if _is_dds(settings, address)), "")


def _is_dds(settings: Settings, address: str) -> bool:
    target = dataclasses.replace(settings.target, base_url=address)
    with TemporaryDirectory(prefix="dds-conformance-") as folder:
        driver = Driver(_aside(dataclasses.replace(settings, target=target), Path(folder)), worker="preflight")
        try:
            user = "owner" if driver.tokens.of("owner") else None
            exchange = driver.client("preflight", user=user).list_projects(page=1, per_page=1).exchange
        finally:
            driver.close()
    return is_listing(exchange) or (is_api_error(exchange) and exchange.status in (401, 403))


def _accepted(operation: Operation, what: str) -> None:
    if operation.exchange.status == 401:
        raise CredentialsRefusedError("The target answers 401 to the token.", remedy=f"Check {what}.")
