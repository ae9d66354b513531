"""``requirements.html``: what each requirement asks, from which words, and how it is read; findings link to it (pure).

It lies beside the report, so that its links lead somewhere wherever the folder goes, and without a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.api import catalogue
from conformance.judge.rules_table import excuses_of

from .render import page
from .words import LEVELS, REQUIREMENTS

Document = Mapping[str, Any]


def write_requirements(document: Document, directory: Path) -> Path:
    """Write the page about all that `document` judges into `directory` and give its path."""
    path = directory / REQUIREMENTS
    path.write_text(page("requirements.html.j2", _view(document), script=""), encoding="utf-8", errors="replace")
    return path


def _view(document: Document) -> dict[str, Any]:
    rows = [_stated(row, str(document.get("role") or catalogue.SERVER)) for row in document["requirements"]]
    return {
        "levels": [(level, text, [row for row in rows if row["level"] == level]) for level, text in LEVELS.items()],
        "readings": document.get("readings") or [],
        "spec": document["versions"].get("spec", "the specification"),
    }


def _stated(row: Document, role: str) -> dict[str, Any]:
    """Add what a run document does not hold, as far as this suite still knows the requirement."""
    known = catalogue.by_id(role).get(row["id"])
    excuses = [excuse.sentence for excuse in excuses_of(row["id"])] if known else []
    return {**row, "sound_when": known.sound_when if known else "", "excuses": excuses}
