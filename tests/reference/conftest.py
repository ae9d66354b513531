"""Fixtures of the reference server's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reference_bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Return an honest server with a lag of one second on a clock that stands still."""
    made = Bench(tmp_path / "data")
    yield made
    made.close()
