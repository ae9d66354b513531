"""Where a secret of the configuration comes from: a variable, a private file or a command; never the file itself."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

from conformance.errors import UsageError
from conformance.model import Json
from conformance.settings.credentials import Secret

COMMAND_S = 30.0
"""Seconds that a command may take to print a secret."""
_REMEDY = 'Say { env = "NAME" }, { file = "PATH" } or { command = ["...", "..."] }.'


def secret_from(name: str, given: Json, environ: Mapping[str, str], folder: Path) -> Secret:
    """Fetch a secret from where `given` says; paths are relative to `folder`.

    Raises:
        UsageError: it stands there in the open, or cannot be had.
    """
    if not isinstance(given, dict) or len(given) != 1:
        raise UsageError(f"{name} is a secret and may not stand in the configuration.", remedy=_REMEDY)
    ((kind, where),) = given.items()
    if kind == "env" and isinstance(where, str):
        if not environ.get(where, "").strip():
            raise UsageError(f"{name} should come from {where}, which is not set.", remedy=f"Set {where}.")
        return Secret(environ[where].strip())
    if kind == "file" and isinstance(where, str):
        return Secret(_from_file(name, folder / Path(where).expanduser()))
    if kind == "command" and isinstance(where, list) and where and all(isinstance(word, str) for word in where):
        return Secret(_from_command(name, where, environ))
    raise UsageError(f"{name} is a secret of no known source.", remedy=_REMEDY)


def _from_file(name: str, path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise UsageError(f"{path} can be read by others.", remedy=f"Say: chmod 600 {path}")
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as trouble:
        raise UsageError(f"{name} cannot be read from {path}.", remedy="Name a text file of yours.") from trouble


def _from_command(name: str, words: list[str], environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
            words, capture_output=True, text=True, timeout=COMMAND_S, check=True, env=dict(environ)
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        # What the command printed is not repeated: it may be half of the secret.
        raise UsageError(f"{name}: the command {words[0]!r} failed.", remedy="Run it by hand and look.") from None
    if not done.stdout.strip():
        raise UsageError(f"{name}: the command {words[0]!r} printed nothing.", remedy="Run it by hand and look.")
    return done.stdout.strip()
