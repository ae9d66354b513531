"""``report.html``: the whole report as one file that needs nothing else; scripts and requirements lie beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .page import context
from .render import page
from .requirements_page import write_requirements
from .scripts import write_scripts

NAME = "report.html"


def write(document: Mapping[str, Any], directory: Path) -> Path:
    """Write the report of `document` into `directory` and give its path."""
    path = directory / NAME
    write_scripts(document, directory)
    write_requirements(document, directory)
    path.write_text(page("page.html.j2", context(document)), encoding="utf-8", errors="replace")
    return path
