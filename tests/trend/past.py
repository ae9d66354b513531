"""Run documents of many nights, made from the samples: what changes from night to night is drawn by number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[1] / "data" / "documents"
BEGIN = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)


def sample(name: str) -> dict[str, Any]:
    """Read a whole run document."""
    return dict(json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8")))


def night(number: int, name: str = "conformant", **changes: Any) -> dict[str, Any]:
    """Return the document of night `number`, named after it, with `changes` at its top level."""
    begun = BEGIN + timedelta(days=number)
    return {**sample(name), "run_id": f"run{number:09d}", "begun": begun.isoformat(timespec="milliseconds"), **changes}


def write_nights(folder: Path, documents: Sequence[dict[str, Any]]) -> list[Path]:
    """Write each document into a folder of its own, two levels deep, with a page beside it."""
    paths = []
    for document in documents:
        home = folder / document["begun"][:7] / document["run_id"]
        home.mkdir(parents=True, exist_ok=True)
        (home / "report.json").write_text(json.dumps(document), encoding="utf-8")
        (home / "report.html").write_text("<!doctype html><title>one run</title>", encoding="utf-8")
        paths.append(home / "report.json")
    return paths
