"""Files that whoever reads them sees whole: written beside their place, then moved there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, pieces: Iterable[str], *, durable: bool = False) -> None:
    """Replace a file by one that holds `pieces`, in UTF-8; where that fails, the one that was there stays.

    With `durable` it also outlives a failure of the machine.

    Raises:
        OSError: it cannot be written; names the file.
    """
    draft = path.with_suffix(".part")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.writelines(pieces)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    except OSError as trouble:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise type(trouble)(trouble.errno, trouble.strerror, str(path)) from trouble
