"""Whether a run can begin: does anything answer at the target, and does it accept the credentials?"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from conformance.driver.process_driver import Driver
from conformance.errors import CredentialsRefusedError, TargetUnreachableError
from conformance.model import Failure, Operation
from conformance.settings.run_settings import Budgets, Settings

PATIENCE_S = 10.0
TRIES = 8
BETWEEN_TRIES_S = 0.25
_LOST = frozenset({Failure.REFUSED, Failure.RESET, Failure.CUT})
_LATER = frozenset({429, 502, 503, 504})
_REMEDY = "Check the address, the network and that the service runs; `dds-conformance doctor` looks closer."
_SENTENCES = {
    Failure.REFUSED: "does not accept connections",
    Failure.RESET: "closes the connection without an answer",
    Failure.TIMEOUT: f"does not answer within {PATIENCE_S:.0f} s",
}


def check_target(settings: Settings) -> None:
    """Read the list of projects once; nothing is recorded, nothing is written to the target.

    Raises:
        TargetUnreachableError: nothing that speaks HTTP answers.
        CredentialsRefusedError: there are no credentials, or the target answers 401 to them.
    """
    if not settings.credentials.given:
        raise CredentialsRefusedError(
            "There are no credentials for the target.",
            remedy="Set DDS_API_TOKEN, or DDS_AGENT_KEY with DDS_USER_KEY, or give --credentials FILE.",
        )
    bounds = dataclasses.replace(settings.bounds, silence_s=PATIENCE_S, deadline_s=PATIENCE_S)
    with TemporaryDirectory(prefix="dds-conformance-") as folder:
        aside = dataclasses.replace(settings, report_dir=Path(folder), bounds=bounds, budgets=Budgets())
        driver = Driver(aside, worker="preflight")
        try:
            owner = driver.client("preflight", scenario="preflight")
            token = driver.tokens.of("owner")
            first = _patiently(lambda: owner.list_projects(page=1, per_page=1) if token else owner.app_status())
            _reached(settings, first)
            if token is None:
                raise CredentialsRefusedError(
                    "The target gives no token for the agent key and user key.", remedy="Check both keys."
                )
            _accepted(first, "DDS_API_TOKEN or the keys")
            if settings.credentials.other_api_token:
                other = driver.client("preflight", user="other", scenario="preflight")
                asked = _patiently(lambda: other.list_projects(page=1, per_page=1))
                _accepted(asked, "DDS_OTHER_API_TOKEN")
        finally:
            driver.close()


def _patiently(ask: Callable[[], Operation]) -> Operation:
    """Ask again for two seconds where the road failed, or where the target may be about to come back."""
    for again in range(TRIES):
        operation = ask()
        lost = operation.exchange.failure in _LOST or operation.exchange.status in _LATER
        if not lost or again == TRIES - 1:
            break
        time.sleep(BETWEEN_TRIES_S)
    return operation


def _reached(settings: Settings, operation: Operation) -> None:
    if operation.exchange.status is None:
        host = urlsplit(settings.target.base_url).netloc
        does = _SENTENCES.get(operation.exchange.failure or Failure.RESET, "does not speak HTTP")
        raise TargetUnreachableError(f"{host} {does}.", remedy=_REMEDY)


def _accepted(operation: Operation, what: str) -> None:
    if operation.exchange.status == 401:
        raise CredentialsRefusedError("The target answers 401 to the token.", remedy=f"Check {what}.")
