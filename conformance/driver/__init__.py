"""The only place that sends: the API's verbs over HTTP, timed, recorded, redacted, paced and ledgered.

`Driver` is one process's share of a run, `Client` one session of it, in one thread. Every attempt becomes an
`Operation`; trouble on the network is its `failure`, never an exception.
"""

from __future__ import annotations

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
