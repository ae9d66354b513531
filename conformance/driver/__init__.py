"""The only place that sends: the API's verbs over HTTP, timed, recorded, redacted, paced and ledgered.

`Driver` is one process's share of a run, `Client` one session of it, in one thread. Every attempt becomes an
`Operation`; trouble on the network is its `failure`, never an exception.

What is named here is loaded when it is asked for: judging a history needs a module of this package, and no HTTP.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.driver.client import Client
    from conformance.driver.preflight import check_target
    from conformance.driver.process_driver import Driver
    from conformance.driver.recorder import NullRecorder, Recorder, RecordError
    from conformance.driver.safety.ledger import Ledger
    from conformance.driver.safety.pace import BudgetError, Pace
    from conformance.driver.sending import Listener
    from conformance.driver.wire.fetch import fetch_text
    from conformance.settings.credentials import Credentials

__all__ = [
    "BudgetError",
    "Client",
    "Credentials",
    "Driver",
    "Ledger",
    "Listener",
    "NullRecorder",
    "Pace",
    "RecordError",
    "Recorder",
    "check_target",
    "fetch_text",
]
_PLACES = {
    "BudgetError": "conformance.driver.safety.pace",
    "Client": "conformance.driver.client",
    "Credentials": "conformance.settings.credentials",
    "Driver": "conformance.driver.process_driver",
    "Ledger": "conformance.driver.safety.ledger",
    "Listener": "conformance.driver.sending",
    "NullRecorder": "conformance.driver.recorder",
    "Pace": "conformance.driver.safety.pace",
    "RecordError": "conformance.driver.recorder",
    "Recorder": "conformance.driver.recorder",
    "check_target": "conformance.driver.preflight",
    "fetch_text": "conformance.driver.wire.fetch",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
