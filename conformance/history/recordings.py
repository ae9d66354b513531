"""Whatever a person calls a recording: a history of ours, a folder of them, or a file of another tool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from conformance.errors import HistoryError, UsageError
from conformance.history.har.har_file import is_foreign, read_foreign
from conformance.history.har.har_operations import Reading
from conformance.history.input_files import DAMAGED, STDIN, PackingError, head_of, opened
from conformance.history.read import read
from conformance.history.workers.worker_files import clocks_sentence, histories_in, read_folder, read_several
from conformance.model import History

_NOTHING_SAID = Reading()


def read_recording(path: Path, reading: Reading = _NOTHING_SAID) -> tuple[History, tuple[str, ...]]:
    """Return the history, and sentences that say what was assumed of a file of another tool, or of several clocks.

    Packed files are unpacked, and ``-`` is standard input, for a history of ours.

    Raises:
        HistoryError: it cannot be read, or is no recording.
        UsageError: `reading` says something of a history of ours, which says it itself.
    """
    if str(path) == STDIN:
        return _ours(read(STDIN), reading), ()
    if path.is_dir():
        found_here = _ours(read_folder(path), reading)
        return found_here, tuple(filter(None, [clocks_sentence(found_here.header)]))
    try:
        with opened(path) as file:
            if is_foreign(head_of(file), path.name):
                found = read_foreign(file.read(), reading)
                return found.history, found.remarks
    except (OSError, PackingError, *DAMAGED) as trouble:
        raise HistoryError(f"{path}: {getattr(trouble, 'strerror', None) or trouble}.") from trouble
    return _ours(read(path), reading), ()


def read_recordings(paths: Sequence[Path], reading: Reading = _NOTHING_SAID) -> tuple[History, tuple[str, ...]]:
    """Return one history for all of these, as `read_recording` does for one: several are parts of one run.

    Raises:
        HistoryError: one cannot be read, or they are of several runs or targets.
    """
    if len(paths) == 1:
        return read_recording(paths[0], reading)
    files = [file for path in paths for file in (histories_in(path) if path.is_dir() else [path])]
    found = _ours(read_several(files, Path("what was named")), reading)
    return found, tuple(filter(None, [clocks_sentence(found.header)]))


def _ours(history: History, reading: Reading) -> History:
    if reading != replace(reading, speaks_as="", base_url=""):
        raise UsageError("--as and --base-url are for HAR files.", remedy="Leave them out for a history.")
    return history
