"""Run documents for the gates: the kept samples, a fresh copy for each test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[1] / "data" / "documents"
Document = dict[str, Any]
Load = Callable[[str], Document]


def load_sample(name: str) -> Document:
    """Read one kept sample."""
    return dict(json.loads((DATA / f"{name}.json").read_text(encoding="utf-8")))


@pytest.fixture
def conformant() -> Document:
    """Give a complete, thorough, conformant run."""
    return load_sample("conformant")


@pytest.fixture
def nonconformant() -> Document:
    """Give a run that breaks three duties and warns of one."""
    return load_sample("nonconformant")


@pytest.fixture
def interrupted() -> Document:
    """Give a run that was cut short."""
    return load_sample("interrupted")


@pytest.fixture
def set_outcome() -> Callable[..., None]:
    """Give a way to change what one duty came to."""

    def change(document: Document, ident: str, outcome: str, **more: Any) -> None:
        row = next(row for row in document["requirements"] if row["id"] == ident)
        row.update(outcome=outcome, **more)

    return change
