"""Starting ``dds-conformance`` as a user does, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping

Run = Callable[..., subprocess.CompletedProcess[str]]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give this process's environment without any credentials but `more`."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("DDS_")}, **(more or {})}


def command(*words: object) -> list[str]:
    """Give the words that start ``dds-conformance``."""
    return [sys.executable, "-m", "conformance", *map(str, words)]
