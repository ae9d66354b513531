"""A folder of histories: what the workers of one run wrote, each its own file, read as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from conformance.errors import HistoryError
from conformance.history.read import read
from conformance.model import History, Operation

_NOT_HISTORIES = ("ledger",)
_PATTERNS = ("*.jsonl", "*.parquet")


def read_folder(folder: Path) -> History:
    """Read every history (``*.jsonl``, ``*.parquet``) of a folder as one.

    Raises:
        HistoryError: there is none, one cannot be read, or they are of several runs or targets.
    """
    return read_files(histories_in(folder), str(folder))


def histories_in(folder: Path) -> list[Path]:
    """Return the histories of a folder.

    Raises:
        HistoryError: there is none.
    """
    found = (path for pattern in _PATTERNS for path in folder.glob(pattern))
    paths = sorted(path for path in found if not path.name.startswith(_NOT_HISTORIES))
    if not paths:
        raise HistoryError(f"{folder} holds no history (*.jsonl, *.parquet).")
    return paths


def read_files(paths: Sequence[Path], where: str) -> History:
    """Read several histories as one; `where` names them together.

    Raises:
        HistoryError: one cannot be read, or they are of several runs or targets.
    """
    parts = [(path.stem, _read(path)) for path in paths]
    headed = [history for _, history in parts if history.header]
    known = {str(history.header.get("run_id", "")) for history in headed} - {""}
    targets = {history.target.base_url for history in headed}
    if len(known) > 1 or len(targets) > 1:
        what = "runs" if len(known) > 1 else "targets"
        raise HistoryError(
            f"{where} holds histories of several {what}: {', '.join(sorted(known if len(known) > 1 else targets))}.",
            remedy="Judge each by itself.",
        )
    first = headed[0] if headed else parts[0][1]
    operations = tuple(sorted(_stated_apart(parts), key=lambda one: one.a_ns if one.b_ns is None else one.b_ns))
    complete = all(history.complete for _, history in parts)
    return replace(first, operations=operations, complete=complete, recorded=not headed)


def _read(path: Path) -> History:
    try:
        return read(path)
    except HistoryError as trouble:
        raise HistoryError(f"{path.name}: {trouble}") from trouble


def _stated_apart(parts: Sequence[tuple[str, History]]) -> Iterator[Operation]:
    """Give all operations; ids and sessions that stand in several files gain the name of theirs."""
    ids = Counter(one.id for _, history in parts for one in history.operations)
    sessions = Counter(name for _, history in parts for name in {one.session for one in history.operations})
    for stem, history in parts:
        for one in history.operations:
            name = f"{stem}:{one.id}" if ids[one.id] > 1 else one.id
            session = f"{stem}/{one.session}" if sessions[one.session] > 1 else one.session
            notes = one.notes
            source = notes.get("url_of")
            if isinstance(source, str) and ids[source] > 1:
                notes = {**notes, "url_of": f"{stem}:{source}"}
            yield replace(one, id=name, session=session, notes=notes)
