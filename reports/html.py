"""``report.html``: the whole report as one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .page import context
from .render import page

NAME = "report.html"


def write(document: Mapping[str, Any], directory: Path) -> Path:
    """Write the report of `document` into `directory` and give its path."""
    path = directory / NAME
    path.write_text(page("page.html.j2", context(document)), encoding="utf-8", errors="replace")
    return path
