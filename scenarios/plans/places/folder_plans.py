"""Places: nested folders, what moves and is renamed in them while pending and after, what goes with them."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share

from .. import shapes
from ..exercised import COMPLETED, GOOD, WINDOW
from ..plan_parts import Draw, attach, attach_in, own_or_common, pause, reads


def nested(project: str, depth: int) -> list[Step]:
    """Return the steps that make folders d1 to d`depth`, each but the first in the one before."""
    inside = [{"folder": f"d{n - 1}"} if n > 1 else {} for n in range(1, depth + 1)]
    return [do("create_folder", f"d{n}", project=project, **where) for n, where in enumerate(inside, start=1)]


@st.composite
def nested_folders(draw: Draw) -> Plan:
    """A file in nested folders: it and they are moved, renamed and relabelled while it is pending, and after."""
    start, project = own_or_common(draw)
    depth = draw(st.integers(1, 3))
    shape = draw(shapes.definite(bad=draw(st.booleans())))
    changes = _changes(f"d{depth}")
    pending, after = draw(st.permutations(changes)), draw(st.permutations(changes))[:3]
    steps = [*start, *nested(project, depth), *shape.writes("u1", project), shape.completes("u1")]
    steps += [attach_in("u1", "f1", f"d{depth}", project), *pending, do("settle", file="f1"), *after]
    look = [do("read_file", file="f1"), do("list_folder", folder=f"d{depth}"), do("read_folder", folder="d1")]
    look += [do("download", file="f1"), do("download_version", version=first_version("f1"))]
    return Plan("nested-folders", "places change", (Actor("writer", (*steps, *look)), _reader(draw, "f1")))


def _changes(deepest: str) -> list[Step]:
    """Return a change of each kind: of the file's place, name and label, and of its folder's place and name."""
    changes = [do("move_file", file="f1"), do("rename_file", file="f1"), do("relabel", file="f1")]
    return [*changes, do("move_folder", folder=deepest), do("rename_folder", folder="d1")]


def _reader(draw: Draw, file: str) -> Actor:
    return Actor("reader", tuple(reads(draw, file)))


@st.composite
def folder_deletions(draw: Draw) -> Plan:
    """A folder is deleted with a file in it, while pending or after; another file of the upload stays.

    A folder of the same name is made afterwards, with another file of the upload.
    """
    shape = draw(shapes.definite(bad=False))
    wait = do("settle", file="f1") if draw(st.booleans()) else pause(draw)
    outside = attach("u1", "f2", "p1")
    steps = [do("create_project", "p1"), *nested("p1", 2), *shape.writes("u1", "p1"), shape.completes("u1")]
    steps += [
        attach_in("u1", "f1", "d2", "p1"),
        outside,
        wait,
        do("delete_folder", folder=draw(st.sampled_from(("d1", "d2")))),
    ]
    steps += [
        do("create_folder", "d3", project="p1", like="d1"),
        attach_in("u1", "f3", "d3", "p1"),
        do("settle", file="f2"),
    ]
    return Plan("folder-deletions", "a folder goes", (Actor("writer", tuple(steps)), _reader(draw, "f1")))


@st.composite
def several_files(draw: Draw) -> Plan:
    """Files of one upload are made before it is completed, while it is pending, and when it has settled.

    Another file has it for its second version from when it is pending on.
    """
    shape, other = draw(shapes.definite(bad=draw(st.booleans()))), draw(shapes.definite(bad=False))
    steps = [*nested(COMMON, 1), *other.writes("u2"), other.completes("u2"), attach("u2", "g1", COMMON)]
    steps += [*shape.writes("u1"), attach("u1", "f0", COMMON), shape.completes("u1")]
    steps += [
        attach("u1", "f1", COMMON),
        attach_in("u1", "f2", "d1", COMMON),
        do("new_version", "v2", file="g1", upload="u1"),
    ]
    steps += [do("read_url", file="g1", times=3, every_s=0.01), do("settle", file="f1"), attach("u1", "f3", COMMON)]
    return Plan("several-files", "files of one upload", (Actor("writer", tuple(steps)), _reader(draw, "f2")))


FOLDERS = (
    PlanScenario(
        "nested-folders",
        "A file and its folders are moved, renamed and relabelled while it is pending, and after",
        (*COMPLETED, *WINDOW, "read-your-writes"),
        Share(1, 2, 8),
        nested_folders,
    ),
    PlanScenario(
        "folder-deletions",
        "A folder is deleted with a file in it, and one of the same name is made again",
        (*COMPLETED, *WINDOW, *GOOD),
        Share(1, 1, 6),
        folder_deletions,
    ),
    PlanScenario(
        "several-files",
        "Files of one upload are made before it is completed, while it is pending, and when it has settled",
        (*COMPLETED, *WINDOW, *GOOD),
        Share(0, 1, 6),
        several_files,
    ),
)
