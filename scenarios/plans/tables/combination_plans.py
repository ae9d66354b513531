"""The life of an upload, in every combination of two factors at standard and of three at thorough."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from conformance.engine.lot import Lot
from conformance.engine.plan import COMMON, RIGHTS, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import Share, tabled
from conformance.engine.search.covering import Row, further, shortest, strength_at
from conformance.model import Json

from ..exercised import BAD, COMPLETED, GOOD, WINDOW
from ..plan_parts import settling
from ..shapes import Shape
from .combinations import NAME_GROUPS, SPACE
from .rows import chunked, lot_of, single

_SHARE = Share(3, 39, 48)
_WAVES = 4
"""Waves of a thorough run: its rows are shared out over them."""
_STORES: dict[str, dict[str, Json]] = {"unnamed": {}, "named": {"named_store": True}, "another": {"store": 2}}


def combinations(effort: str, seed: int, wave: int) -> list[Plan]:
    """Return a plan for each row of this wave."""
    lot = lot_of("combinations", seed, 0)
    rows, count = rows_of(effort, seed), _SHARE.at(effort)
    mine = rows[wave * count :][:count] if effort == "thorough" else rows[:count]
    return [plan_of(row, lot.under(f"{wave} {n}")) for n, row in enumerate(mine)]


@lru_cache(maxsize=4)
def rows_of(effort: str, seed: int) -> tuple[Row, ...]:
    """Return the rows of a whole run: those of the table, and random ones up to as many as its waves take."""
    lot = lot_of("combinations", seed, 0)
    found = shortest(SPACE, strength_at(effort), lot)
    wanted = _SHARE.at(effort) * (_WAVES if effort == "thorough" else 1)
    return (*found, *further(SPACE, max(0, wanted - len(found)), lot.under("further")))


def plan_of(row: Row, lot: Lot) -> Plan:
    """Return the plan of one row: whoever owns the upload makes it, attaches it as the row says, and looks."""
    shape, meet = shape_of(row, lot), do("meet", at="filled", parties=2)
    meanwhile, project, where = row["attach"] == "while", _project(row), _where(row)
    attach = do("attach", "f1", upload="u1", project=project, **where, **({"eager": True} if meanwhile else {}))
    named: dict[str, Json] = {"name_class": kind} if (kind := lot.pick("name", NAME_GROUPS[row["name"]])) else {}
    made = [*_second(row, lot), *shape.writes("u1", project, **named, **_STORES[row["provider"]])]
    late = [settling()] if row["attach"] == "after" else []
    renewing = [do("new_version", "v1", file="f1", upload="u1")]
    used = renewing if row["role"] == "later" else [attach, *_replaced(row)]
    completing = [meet, shape.completes("u1")] if meanwhile else [shape.completes("u1")]
    mine = [*made, *completing, *late, *(used[1:] if meanwhile else used), *_looks(row), settling(), *_listed(row)]
    user = row["actor"]
    actors = [Actor("writer", tuple(_paused(row, mine)), user)]
    if meanwhile:
        actors.append(Actor("attacher", (do("read_upload", upload="u1"), meet, attach), user))
    if user == "member":
        role = lot.pick("rights", ("project_admin", "file_editor"))
        start = (do("create_project", "p1"), *_folders(row), do("grant", RIGHTS, project="p1", role=role))
        actors.append(Actor("owner", start))
    else:
        actors[0] = replace(actors[0], steps=(*_folders(row), *actors[0].steps))
    return Plan("combinations", ", ".join(f"{name} {level}" for name, level in row.items()), tuple(actors), row)


def shape_of(row: Row, lot: Lot) -> Shape:
    """Return the upload of a row."""
    truth = {"good": "", "missing": "unsent" if row["kind"] == "single" else "missing"}.get(row["truth"], row["truth"])
    size = lot.number("size", 20, 3000)
    if row["kind"] == "single":
        return single(0 if truth == "empty" else size, defect=truth)
    parts = [size, *(lot.number(f"part {n}", 20, 300) for n in range(lot.number("more", 1, 3)))]
    return chunked(parts if row["kind"] == "many parts" else parts[:1], lot, defect=truth)


def _project(row: Row) -> str:
    return "p1" if row["actor"] == "member" else COMMON


def _folders(row: Row) -> list[Step]:
    outer = do("create_folder", "d1", project=_project(row))
    inner = do("create_folder", "d2", project=_project(row), folder="d1")
    return {"root": [], "folder": [outer], "nested": [outer, inner]}[row["place"]]


def _where(row: Row) -> dict[str, Json]:
    named: dict[str, dict[str, Json]] = {"root": {}, "folder": {"folder": "d1"}, "nested": {"folder": "d2"}}
    return named[row["place"]]


def _second(row: Row, lot: Lot) -> list[Step]:
    """Make the good upload that the file's other version is of; it has the first version where the row's is a later."""
    if row["role"] == "only":
        return []
    shape = (
        single(lot.number("other", 20, 300)) if lot.chance("single") else chunked((lot.number("other", 20, 300),), lot)
    )
    steps = [*shape.writes("u2", _project(row)), shape.completes("u2")]
    attach = do("attach", "f1", upload="u2", project=_project(row), labelled=True, **_where(row))
    return [*steps, attach] if row["role"] == "later" else steps


def _replaced(row: Row) -> list[Step]:
    """Replace the row's version, and make it current again where it is to be promoted: before or after the verdict."""
    renew = [do("new_version", "v2", file="f1", upload="u2", labelled=True)]
    promote = do("promote", version=first_version("f1"))
    wait = [settling()] if row["attach"] == "after" else []
    return {"only": [], "later": [], "first": renew, "promoted": [*renew, *wait, promote]}[row["role"]]


def _looks(row: Row) -> list[Step]:
    """Look at the row's endpoint a few times while it may be pending, and at the other once."""
    version = "v1" if row["role"] == "later" else first_version("f1")
    by_file, by_version = row["endpoint"] == "file", row["endpoint"] == "version"
    return [
        do("read_url", file="f1", times=1 + 2 * by_file, every_s=0.02),
        do("read_version_url", version=version, times=1 + 2 * by_version, every_s=0.02),
    ]


def _listed(row: Row) -> list[Step]:
    return [do("read_versions", file="f1")] if row["role"] != "only" else []


def _paused(row: Row, steps: list[Step]) -> list[Step]:
    if row["pause"] == "none":
        return steps
    return [one for step in steps for one in (step, do("pause", lags=0.2))]


COMBINATIONS = (
    tabled(
        "combinations",
        "The life of an upload in every combination of two factors, at thorough of three",
        (*COMPLETED, *WINDOW, *GOOD, *BAD, "new-version-served", "old-version-downloadable"),
        _SHARE,
        combinations,
        SPACE,
    ),
)
