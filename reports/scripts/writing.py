"""The folder ``reproduce``: two scripts for each finding that a program shows again, drawn from the run document."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .in_python import python_script
from .in_shell import shell_script

FOLDER = "reproduce"


def script_names(finding: Mapping[str, Any]) -> list[str]:
    """Give the paths of a finding's scripts within the report folder; none where no program shows it again."""
    number = finding["index"]
    return [f"{FOLDER}/finding-{number}.{end}" for end in ("sh", "py")] if finding.get("program") else []


def write_scripts(document: Mapping[str, Any], directory: Path) -> list[Path]:
    """Write the scripts of all findings that have a program; give their paths. Those of another run are removed."""
    folder = directory / FOLDER
    for old in (*folder.glob("finding-*.sh"), *folder.glob("finding-*.py")):
        old.unlink()
    written = []
    for finding in document["findings"]:
        for name, draw in zip(script_names(finding), (shell_script, python_script), strict=False):
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(draw(document, finding), encoding="utf-8", errors="replace")
            path.chmod(0o755)
            written.append(path)
    return written
