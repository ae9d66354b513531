"""Whether a target is the embedded server, asked before a run that nobody could certify."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.certification.eligibility import MARKER, Wish, before, refusal, refusals
from conformance.driver import Driver
from conformance.errors import UsageError
from conformance.settings.run_settings import Budgets, Settings


def bears_marker(settings: Settings) -> bool:
    """Whether the target's answer to a question without a token bears the embedded server's marker; writes nothing."""
    if not settings.target.base_url:
        return True
    name, value = MARKER
    with TemporaryDirectory(prefix="dds-conformance-") as folder:
        aside = dataclasses.replace(settings, report_dir=Path(folder), budgets=Budgets())
        driver = Driver(aside, worker="certify")
        try:
            asked = driver.client("certify", user=None, scenario="certify").app_status()
        finally:
            driver.close()
    return asked.exchange.headers.get(name) == value


def foreseen(settings: Settings, wish: Wish, *, expected: bool = False, ask: bool = True) -> tuple[str, ...]:
    """Return why a run with these settings could not be certified; the target is asked only if nothing else is wrong.

    `ask` False is for a run that sends nothing.
    """
    known = tuple(refusals(wish, before(settings, embedded=False, expected=expected)))
    if known or not ask:
        return known
    return tuple(refusals(wish, before(settings, embedded=bears_marker(settings), expected=expected)))


def require(settings: Settings, wish: Wish, *, expected: bool = False, ask: bool = True) -> None:
    """Raise UsageError when a run with these settings could not be certified."""
    if why := foreseen(settings, wish, expected=expected, ask=ask):
        raise UsageError(refusal(why))
