"""A folder of histories: what the workers of one run wrote, each its own file, read as one.

Workers of several machines have several clocks: they are brought to one before anything is compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from conformance.errors import HistoryError
from conformance.history.read import read
from conformance.history.workers.clock_offsets import FIELD
from conformance.history.workers.shared_clock import Clocks, on_one_clock
from conformance.model import History, Json, Operation

_NOT_HISTORIES = ("ledger",)
_PATTERNS = ("*.jsonl", "*.parquet")
CLOCKS = "clocks"
"""The field of a header that says how the clocks of several files stood to each other."""


def read_folder(folder: Path) -> History:
    """Read every history (``*.jsonl``, ``*.parquet``) of a folder as one.

    Raises:
        HistoryError: there is none, one cannot be read, or they are of several runs or targets.
    """
    return read_several(histories_in(folder), folder)


def histories_in(folder: Path) -> list[Path]:
    """Return the histories of a folder; of one that was converted there, the JSON lines.

    Raises:
        HistoryError: there is none.
    """
    found = [path for pattern in _PATTERNS for path in folder.glob(pattern)]
    lines = {path.stem for path in found if path.suffix == ".jsonl"}
    twice = {path for path in found if path.suffix == ".parquet" and path.stem in lines}
    paths = sorted(path for path in found if not path.name.startswith(_NOT_HISTORIES) and path not in twice)
    if not paths:
        raise HistoryError(f"{folder} holds no history (*.jsonl, *.parquet).")
    return paths


def read_several(paths: Sequence[Path], whole: Path) -> History:
    """Read histories of one run as one; `whole` is what the user calls them together.

    Where the files' headers tell of different clocks, all instants are brought to one, and the header says under
    `CLOCKS` how good it is.

    Raises:
        HistoryError: one cannot be read, or they are of several runs or targets.
    """
    stems = Counter(path.stem for path in paths)
    names = [path.stem if stems[path.stem] == 1 else str(path) for path in paths]
    parts = [(name, _read(path)) for name, path in zip(names, paths, strict=True)]
    headed = [history for _, history in parts if history.header]
    known = {str(history.header.get("run_id", "")) for history in headed} - {""}
    targets = {history.target.base_url for history in headed}
    if len(known) > 1 or len(targets) > 1:
        what = "runs" if len(known) > 1 else "targets"
        raise HistoryError(
            f"{whole} holds histories of several {what}: {', '.join(sorted(known if len(known) > 1 else targets))}.",
            remedy="Judge each by itself.",
        )
    first = headed[0] if headed else parts[0][1]
    parts, clocks = on_one_clock(parts)
    header = first.header if clocks is None else {**_of_no_clock(first.header), CLOCKS: clocks.document()}
    operations = tuple(sorted(_stated_apart(parts), key=lambda one: one.a_ns if one.b_ns is None else one.b_ns))
    complete = all(history.complete for _, history in parts)
    return replace(first, operations=operations, complete=complete, recorded=not headed, header=header)


def clocks_sentence(header: Mapping[str, Json]) -> str:
    """Say on which clocks a history that was read from several files rests; "" where they had one anyway."""
    stated = header.get(CLOCKS)
    return Clocks(stated["bounds_ns"], stated["crossing"]).sentence() if isinstance(stated, dict) else ""


def _of_no_clock(header: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in header.items() if name != FIELD}


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
