"""Places: nested folders, what moves and is renamed in them while pending and after, what goes with them."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share

from .. import shapes
from ..exercised import COMPLETED, GOOD, WINDOW
from ..plan_parts import Draw, attach, attach_in, own_or_common, pause, reads

MORE = 4
"""Further files of one upload that has several already."""


def nested(project: str, depth: int) -> list[Step]:
    """Return the steps that make folders d1 to d`depth`, each but the first in the one before; d2 has an odd name."""
    inside = [{"folder": f"d{n - 1}"} if n > 1 else {} for n in range(1, depth + 1)]
    odd = [{"name_class": "quoted"} if n == 2 else {} for n in range(1, depth + 1)]
    given = zip(inside, odd, strict=True)
    return [do("create_folder", f"d{n}", project=project, **where, **name) for n, (where, name) in enumerate(given, 1)]


@st.composite
def nested_folders(draw: Draw) -> Plan:
    """Files in folders, two deep and three, good and bad: moved, renamed and relabelled while pending, and after.

    Each change of a file that is pending comes soon after its completion, and is followed by a look, as is whatever
    changes after the verdict; another file stays where it was made. A folder is moved above what is pending.
    In the end a second version is pending while one file is relabelled, another renamed and a third moved, and so they
    stay; of a fourth the first version is promoted.
    """
    start, project = own_or_common(draw)
    good, bad, newer = (draw(shapes.definite(bad=bad)) for bad in (False, True, False))
    steps = [*start, *nested(project, 3), do("create_folder", "e1", project=project, folder="d2")]
    steps += [*good.writes("u1", project), *bad.writes("u2", project)]
    steps += [good.completes("u1"), attach_in("u1", "f1", "d3", project)]
    look = do("read_url", file="f1", times=2, every_s=0.02)
    glance = do("read_url", file="f1")
    steps += [step for change in draw(st.permutations(_of_file())) for step in (change, glance)]
    steps += [attach_in("u1", "f3", "e1", project), *draw(st.permutations(_of_folder()))]
    steps += [bad.completes("u2"), attach_in("u2", "f2", "e1", project), do("move_folder", folder="e1", into="d2")]
    steps.append(do("relabel", file="f2"))
    steps += [attach_in("u1", "f4", "d2", project), attach_in("u1", "f5", "d3", project)]
    changes = draw(st.permutations([*_of_file(), *_of_folder()]))
    after = [step for change in changes[:3] for step in (change, look)]
    steps += [do("settle", file="f1"), *after]
    steps += [*newer.writes("u3", project), newer.completes("u3"), do("new_version", file="f3", upload="u3")]
    steps += [do("relabel", file="f3"), do("new_version", "v3", file="f1", upload="u3"), do("rename_file", file="f1")]
    steps += [do("new_version", file="f4", upload="u3"), do("move_file", file="f4"), do("settle", file="f3")]
    steps += [do("move_file", file="f3"), do("new_version", file="f5", upload="u3")]
    steps += [do("promote", version=first_version("f5")), do("settle", file="f1")]
    steps += [do("read_file", file="f1"), do("list_folder", folder="d3"), do("read_folder", folder="d1")]
    return Plan("nested-folders", "places change", (Actor("writer", tuple(steps)), _reader(draw, "f2")))


def _of_file() -> list[Step]:
    """Return a change of each kind: of a file's place, name and label."""
    return [do("move_file", file="f1"), do("rename_file", file="f1"), do("relabel", file="f1")]


def _of_folder() -> list[Step]:
    """Return a change of each kind of a folder: of its place and name."""
    return [do("move_folder", folder="e1"), do("rename_folder", folder="e1")]


def _reader(draw: Draw, file: str) -> Actor:
    return Actor("reader", tuple(reads(draw, file)))


@st.composite
def folder_deletions(draw: Draw) -> Plan:
    """A folder is deleted with a file in it, while pending or after, another one surely while pending; others stay.

    One of them, and another's folder, were moved out before; that file comes where its name is taken, and so does its
    next name. A folder of the same name is made afterwards, with another file of the upload.
    """
    shape = draw(shapes.definite(bad=False))
    wait = do("settle", file="f1") if draw(st.booleans()) else pause(draw)
    gone = draw(st.sampled_from(("d1", "d2")))
    steps = [do("create_project", "p1"), *nested("p1", 2), do("create_folder", "d4", project="p1")]
    steps += [*shape.writes("u1", "p1"), shape.completes("u1"), attach_in("u1", "f6", "d4", "p1")]
    steps += [do("delete_folder", folder="d4")]
    steps += [attach_in("u1", "f1", "d2", "p1"), attach("u1", "f2", "p1"), attach_in("u1", "f4", gone, "p1")]
    steps += [do("create_folder", "e1", project="p1", folder=gone), attach_in("u1", "f5", "e1", "p1")]
    steps += [do("move_file", file="f4"), do("move_folder", folder="e1"), wait, do("delete_folder", folder=gone)]
    beside = {"folder": "d1"} if gone == "d2" else {}
    steps += [do("create_folder", "d3", project="p1", like=gone, **beside), attach_in("u1", "f3", "d3", "p1")]
    steps += [do("read_url", file="f3", times=2, every_s=0.02), do("settle", file="f2"), do("download", file="f2")]
    steps += [do("rename_file", file="f4"), do("rename_file", file="f4", like="f2"), do("download", file="f2")]
    return Plan("folder-deletions", "a folder goes", (Actor("writer", tuple(steps)), _reader(draw, "f1")))


@st.composite
def several_files(draw: Draw) -> Plan:
    """Files of one upload are made before it is completed, while it is pending, and when it has settled.

    Another file has it for its second version from when it is pending on. A later file changes nothing for the first.
    """
    shape, other = draw(shapes.definite(bad=False)), draw(shapes.definite(bad=False))
    steps = [*nested(COMMON, 1), *other.writes("u2"), other.completes("u2"), attach("u2", "g1", COMMON)]
    steps += [*shape.writes("u1"), attach("u1", "f0", COMMON), shape.completes("u1"), attach("u1", "f1", COMMON)]
    steps += [attach("u1", f"h{n}", COMMON) for n in range(1, MORE + 1)]
    steps += [attach_in("u1", "f2", "d1", COMMON), do("new_version", "v2", file="g1", upload="u1")]
    steps += [do("read_url", file="g1", times=3, every_s=0.01), do("settle", file="f1"), attach("u1", "f3", COMMON)]
    steps += [do("read_url", file=file, times=3, every_s=0.02) for file in ("f1", "f3")]
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
