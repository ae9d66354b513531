"""``report.html``: the whole report as one file that needs nothing else; what it links to lies beside it.

That is ``requirements.html``, which says what each requirement asks, from which words, and how it is read, so that the
links lead somewhere wherever the folder goes and without a network; and the scripts that show findings again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.api import catalogue
from conformance.judge.rules_table import excuses_of

from .page import context
from .render import page
from .scripts import write_scripts
from .words import LEVELS, REQUIREMENTS

NAME = "report.html"
Document = Mapping[str, Any]


def write(document: Document, directory: Path) -> Path:
    """Write the report of `document` into `directory` and give its path."""
    path = directory / NAME
    write_scripts(document, directory)
    asked = page("requirements.html.j2", requirements(document), script="")
    (directory / REQUIREMENTS).write_text(asked, encoding="utf-8", errors="replace")
    path.write_text(page("page.html.j2", context(document)), encoding="utf-8", errors="replace")
    return path


def requirements(document: Document) -> dict[str, Any]:
    """Give what the page about requirements needs (pure)."""
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
