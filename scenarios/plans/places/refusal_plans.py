"""Writes that are refused, of somebody without rights or wrong in themselves, and a look after them."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine.invalid_changes import CHANGES, NOWHERE
from conformance.engine.plan import Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share

from .. import shapes
from ..exercised import COMPLETED, OWN_PROJECT, REFUSED, WINDOW
from ..plan_parts import Draw, attach, attach_in, settling

_INTRUDERS = ("other", "invalid", "nobody")


@st.composite
def refusals(draw: Draw) -> Plan:
    """Nobody but the owner may change anything: each way is tried by each, then the owner looks, and goes on.

    The upload that was left open is filled before anybody else touches it, so that the owner's report of its part is
    the earlier one, and completed by the owner in the end: that must be the first time. The other user asks for
    deletions before those without a token: whoever comes after one that was done finds nothing, which may be her own
    request, delivered twice.
    """
    meets = (do("meet", at=at, parties=4) for at in ("filled", "tried", "looked", "denied", "gone"))
    filled, tried, looked, denied, gone = meets
    actors = [Actor("owner", (*_made(draw), filled, tried, *_looks(), looked, denied, gone, *_ends()))]
    for user in _INTRUDERS:
        changes, late = draw(st.permutations(_changes(user[0]))), draw(st.permutations(_changes_of_open()))
        deletions = [*_deletions(), denied] if user == "other" else [denied, *_deletions()]
        actors.append(Actor(user, (*changes, filled, *late, tried, looked, *deletions, gone), user))
    return Plan("refusals", "refused, and looked after", tuple(actors))


def _made(draw: Draw) -> list[Step]:
    """Return what the owner has: a file with two versions, a folder with a file, an open upload, and two unused ones.

    One of these becomes a file in the end, the other none: that a refused file of it was made would show.
    """
    first, second, spare = (draw(shapes.one_part(bad=False)) for _ in range(3))
    steps = [do("create_project", "p1"), do("create_folder", "d1", project="p1")]
    steps += [*first.writes("u1", "p1"), first.completes("u1"), attach("u1", "f1", "p1")]
    steps += [*second.writes("u3", "p1"), second.completes("u3"), do("new_version", "v3", file="f1", upload="u3")]
    for upload in ("u4", "u5", "u6"):
        steps += [*spare.writes(upload, "p1"), spare.completes(upload)]
    steps += [attach_in("u6", "f6", "d1", "p1"), do("settle", file="f1")]
    return [*steps, do("create_upload", "u2", project="p1", parts=[5]), do("put_part", upload="u2", number=1)]


def _changes(who: str) -> list[Step]:
    """Return every change of the owner's things that takes nothing away."""
    return [
        do("rename_file", file="f1"),
        do("move_file", file="f1", folder="d1"),
        do("relabel", file="f1"),
        do("new_version", f"{who}v", file="f1", upload="u4"),
        do("promote", version=first_version("f1")),
        do("rename_folder", folder="d1"),
        do("create_folder", f"{who}d", project="p1", folder="d1"),
        do("update_project", project="p1"),
        do("attach", f"{who}f", upload="u4", project="p1"),
        do("attach", f"{who}g", upload="u5", project="p1"),
        do("create_upload", f"{who}u", project="p1", parts=[3], patient=False),
        do("report_hash", upload="u1", lie="hash"),
    ]


def _changes_of_open() -> list[Step]:
    """Return every change of the upload that was left open."""
    return [do("report_chunk", upload="u2", number=1, lie="hash"), do("complete", upload="u2")]


def _deletions() -> list[Step]:
    return [
        do("delete_version", version=first_version("f1")),
        do("delete_file", file="f1"),
        do("delete_folder", folder="d1"),
        do("delete_project", project="p1"),
    ]


def _looks() -> list[Step]:
    """Return the owner's looks at everything that may have been changed."""
    looks = [settling(), do("read_file", file="f1"), do("read_versions", file="f1"), do("read_project", project="p1")]
    looks += [do("read_folder", folder="d1"), do("list_folder", folder="d1"), do("read_upload", upload="u2")]
    return [*looks, do("list_children", project="p1"), do("list_uploads", project="p1"), do("download", file="f1")]


def _ends() -> list[Step]:
    """Return what the owner does when others have tried to take and to delete it all: look again, and use it."""
    first = do("download_version", version=first_version("f1"))
    ends = [*_looks(), first, do("complete", upload="u2"), attach("u2", "f2", "p1"), attach("u5", "f5", "p1")]
    return [*ends, *(do("settle", file=file) for file in ("f2", "f5", "f6"))]


@st.composite
def wrong_changes(draw: Draw) -> Plan:
    """The owner asks for changes that cannot be granted, of things that exist, and looks after them.

    Two files of their own show what a server may grant or refuse: a version of an upload that is still open, and that
    the only version of a file is deleted. A file of that upload is refused as well; both are looked after again when
    it is completed. What was refused a place becomes a file of a place that there is.
    """
    shape = draw(shapes.one_part(bad=False))
    steps = [do("create_project", "p1"), *shape.writes("u1", "p1"), shape.completes("u1"), attach("u1", "f1", "p1")]
    steps += [do("settle", file="f1"), do("create_upload", "u2", project="p1", parts=[5])]
    steps += [
        do("put_part", upload="u2", number=1),
        do("create_project", "p2"),
        do("create_folder", "d2", project="p2"),
    ]
    spare = shapes.Shape((draw(st.integers(20, 300)),), (1,), chunked=False)
    for n in (3, 4):
        steps += [*spare.writes(f"u{n}", "p1"), spare.completes(f"u{n}"), attach(f"u{n}", f"f{n}", "p1")]
        steps += [do("settle", file=f"f{n}"), do("read_file", file=f"f{n}")]
    for upload in ("u5", "u7"):  # what a file could be made of, and what one is made of in the end
        steps += [*spare.writes(upload, "p1"), spare.completes(upload)]
    steps += [do("create_upload", "u6", project="p1", parts=[5]), do("put_part", upload="u6", number=1)]
    wrong = [do("change_badly", file="f1", upload="u2", request=name) for name in CHANGES]
    wrong += [do("change_badly", file="f1", upload=upload, request=NOWHERE) for upload in ("u5", "u7")]
    wrong += [do("move_file", file="f1", folder="d2"), attach_in("u1", "f9", "d2", "p2")]
    wrong += [do("new_version", "v3", file="f3", upload="u6"), do("delete_version", version=first_version("f4"))]
    wrong.append(attach("u6", "f6", "p1"))
    looks = [settling(), do("read_file", file="f1"), do("read_versions", file="f1"), do("read_upload", upload="u2")]
    looks += [do("list_children", project="p1"), do("list_folder", folder="d2"), do("download", file="f1")]
    looks.append(do("read_project", project="p1"))
    looks += [step for n in (3, 4) for step in (do("read_file", file=f"f{n}"), do("read_versions", file=f"f{n}"))]
    ends = [do("complete", upload="u2"), attach("u2", "f2", "p1"), do("settle", file="f2")]
    ends += [attach("u7", "f7", "p1"), do("settle", file="f7")]
    ends += [do("complete", upload="u6"), settling(), do("read_file", file="f3"), do("download", file="f3")]
    return Plan(
        "wrong-changes",
        "wrong, and looked after",
        (Actor("owner", (*steps, *draw(st.permutations(wrong)), *looks, *ends)),),
    )


REFUSALS = (
    PlanScenario(
        "refusals",
        "Everybody but the owner tries to change and delete what is there, and the owner looks after it",
        (*COMPLETED, *WINDOW, *REFUSED, *OWN_PROJECT, "no-token-401", "other-user-403", "refused-write-no-effect"),
        Share(1, 1, 3),
        refusals,
    ),
    PlanScenario(
        "wrong-changes",
        "Changes that cannot be granted are asked for, and looked after",
        (*COMPLETED, *WINDOW, *REFUSED, "converges-project", "invalid-no-5xx", "refused-write-no-effect"),
        Share(0, 1, 3),
        wrong_changes,
    ),
)
