"""Files: two of one upload, and what deleting leaves."""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st

from conformance.engine.lot import Lot
from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import Share, in_turns, tabled

from . import shapes
from .exercised import BAD, COMPLETED, GOOD, OWN_PROJECT, REFUSED, WINDOW
from .plan_parts import Draw, attach, attach_meanwhile, own_or_common, pause, reads


@st.composite
def second_files(draw: Draw) -> Plan:
    """Two files are made of one upload, the second once it settled or before; perhaps it is deleted again."""
    settled = draw(st.booleans())
    shape = draw(shapes.definite(bad=not settled and draw(st.booleans())))  # a known bad one need not be taken
    wait = do("settle", file="f1") if settled else pause(draw)
    files = (attach("u1", "f1", COMMON), wait, attach("u1", "f2", COMMON))
    gone = [do("settle", file="f2"), do("delete_file", file="f2")] if draw(st.booleans()) else []
    writer = Actor("writer", (*shape.writes("u1"), shape.completes("u1"), *files, *gone))
    return Plan("second-files", "two files of one upload", (writer, Actor("reader", tuple(reads(draw, "f2")))))


def twin_files(effort: str, seed: int, wave: int) -> list[Plan]:
    """Return plans of two files of one upload: of bad ones while they are pending, of good ones at any time.

    At quick there is one plan, of a bad upload and a good one.
    """
    lot = Lot(f"second-files/{seed}/{wave}")
    kinds = [(single, defect) for defect in ("hash", "") for single in (True, False)]
    if effort == "quick":
        kinds = [
            (single, defect) for single, defect in zip((True, False), lot.order("truth", ("hash", "")), strict=True)
        ]
    count = _TWINS.at(effort)
    return [_twins(lot.under(str(n)), kinds[n % 2 :: min(2, count)], n) for n in range(count)]


def _twins(lot: Lot, kinds: list[tuple[bool, str]], number: int) -> Plan:
    actors: list[Actor] = []
    for n, (single, defect) in enumerate(kinds, start=1):
        size, settled = lot.number(f"size {n}", 20, 3000), not defect and number % 2 == 0
        shape = shapes.Shape((size,), (1,), chunked=not single, defect=defect)
        meet, one, other = do("meet", at=f"filled-{n}", parties=2), f"f{n}", f"g{n}"
        actors.append(Actor(f"writer-{n}", (*shape.writes(f"u{n}"), meet, shape.completes(f"u{n}"))))
        wait = (do("settle", file=one),) if settled else ()
        gone = (do("settle", file=other), do("delete_file", file=other)) if settled else ()
        look = (do("read_url", file=other), do("read_version_url", version=first_version(other)), *gone)
        steps = (*attach_meanwhile(f"u{n}", one, meet), *wait, attach(f"u{n}", other, COMMON), *look)
        actors.append(Actor(f"attacher-{n}", steps))
    return Plan("second-files", "two files of one upload", tuple(actors))


_TWINS = Share(1, 2, 4)


@st.composite
def deletions(draw: Draw, *, what: str, bad: bool = False, promoted: bool = False) -> Plan:
    """A version, a file or a project is deleted, while pending or after, and read meanwhile and afterwards.

    A version may have been promoted before: then another one has the same upload, and keeps it. What was in it is used
    once more: each call refuses that by an error of its own.
    """
    shape = draw(shapes.definite(bad=bad))
    start, project = ([do("create_project", "p1")], "p1") if what == "delete_project" else own_or_common(draw)
    wait = [do("settle", file="f1")] if draw(st.booleans()) else [pause(draw)]
    victim = {"delete_file": {"file": "f1"}, "delete_version": {"version": first_version("f1")}}
    delete = do(what, **victim.get(what, {"project": project}))
    older = [do("create_upload", "u2", project=project, parts=[4]), do("put_part", upload="u2", number=1)]
    older += [do("complete", upload="u2"), do("new_version", "v2", file="f1", upload="u2")]
    older += [do("promote", version=first_version("f1"))] if promoted else []
    second = older if what == "delete_version" else []  # the only version of a file need not be deletable
    attaching = attach("u1", "f1", project)
    steps = (*start, *shape.writes("u1", project), shape.completes("u1"), attaching, *wait, *second, delete)
    again = [delete] if draw(st.booleans()) else []
    reader = Actor("reader", (*reads(draw, "f1"), *reads(draw, "f1")))
    return Plan("deletions", what.replace("_", " "), (Actor("writer", (*steps, *again, *_used_after(what))), reader))


def _used_after(what: str) -> list[Step]:
    """Return changes of what is gone, or stood in what is gone."""
    promote, rename = do("promote", version=first_version("f1")), do("rename_file", file="f1")
    if what == "delete_version":
        return [promote]
    if what == "delete_file":
        return [promote, rename, do("relabel", file="f1")]
    late = [
        do("report_chunk", upload="u1", number=1),
        do("complete_again", upload="u1"),
        do("report_hash", upload="u1"),
    ]
    return [*late, promote, rename, do("update_project", project="p1"), attach("u1", "f2", "p1")]


FILES = (
    tabled(
        "second-files",
        "Two files are made of one upload, good or bad, and some are deleted again",
        (*COMPLETED, *WINDOW, *GOOD, *BAD),
        _TWINS,
        twin_files,
    ),
    in_turns(
        "deletions",
        "A version, a file or a project is deleted, while pending or after, and read meanwhile",
        (*COMPLETED, *WINDOW, *GOOD, *REFUSED, *OWN_PROJECT, "nc-after-delete", "old-version-downloadable"),
        Share(1, 6, 14),
        partial(deletions, what="delete_version", promoted=True),
        partial(deletions, what="delete_file"),
        partial(deletions, what="delete_version", bad=True),
        partial(deletions, what="delete_project"),
        partial(deletions, what="delete_file", bad=True),
        partial(deletions, what="delete_project", bad=True),
    ),
)
