"""What holds for all tests of the driver."""

from __future__ import annotations

import pytest

from conformance.driver.wire import neat_transport, transport


@pytest.fixture(autouse=True)
def _no_pause_ends_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may let seconds pass between two requests, and many tests count connections."""
    for module in (neat_transport, transport):
        monkeypatch.setattr(module, "KEEP_ALIVE_S", 60.0)
