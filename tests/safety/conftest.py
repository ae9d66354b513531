"""One embedded server for all tests of safety: it is shared with bystanders, as a real one would be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.reference.launch import RunningServer, launch


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """A server with a short lag."""
    with launch(lag="0.02-0.1", seed=5) as running:
        yield running
