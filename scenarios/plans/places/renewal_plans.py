"""What is changed, deleted and made again: projects, files, versions; and everything listed in pages."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Actor, Plan, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share, of_both_truths

from .. import shapes
from ..exercised import COMPLETED, GOOD, OWN_PROJECT, WINDOW
from ..plan_parts import Draw, attach, pause, reads
from ..shapes import Shape

MOST_VERSIONS, RIVALS = 10, 4


@st.composite
def project_changes(draw: Draw, *, bad: bool) -> Plan:
    """A project is changed while it is not ready, while it is used, when all has settled, and when it is deleted.

    Another is deleted at once, and made again under its name. What is uploaded has a plain name, or a refusal might be
    of the name; in the end it goes to another storage provider too, which may have to become ready by itself.
    """
    shape = replace(draw(shapes.definite(bad=bad)), name_class="")
    change, look = do("update_project", project="p1"), do("read_project", project="p1")
    start = [do("create_project", "p1"), change, look, *shape.writes("u1", "p1"), change, shape.completes("u1")]
    used = [attach("u1", "f1", "p1"), change, do("create_upload", project="p1", parts=[1]), pause(draw), look]
    elsewhere = do("create_upload", project="p1", parts=[1], further=1)
    used += [do("settle", file="f1"), change, do("create_upload", project="p1", parts=[1]), elsewhere, look]
    gone = [do("delete_project", project="p1"), change, look] if draw(st.booleans()) else []
    late = [do("create_upload", "u2", project="p1", parts=[3], patient=False)] if gone else []
    again = [do("create_project", "p2", like="p1"), do("create_upload", "u3", project="p2", parts=[2])] if gone else []
    writer = Actor("writer", (*start, *used, *gone, *late, *again))
    use = do("create_upload", project="p3", parts=[1], patient=False)
    renewed = do("create_project", "p4", like="p3"), do("create_upload", "u4", project="p4", parts=[2])
    hasty = Actor("hasty", (do("create_project", "p3"), use, do("delete_project", project="p3"), use, *renewed))
    return Plan("project-changes", "a project changes", (writer, hasty, Actor("reader", tuple(reads(draw, "f1")))))


@st.composite
def made_again(draw: Draw) -> Plan:
    """A file is deleted and made again of the same upload, a version too; each new one is read like the first.

    One file gets as many versions as have two digits, the last of another upload than all before.
    Another file goes from bad to good and back, is seen at each, is good again by a promotion, and gets another.
    """
    first, second = draw(shapes.definite(bad=False)), draw(shapes.definite(bad=False))
    tenth = draw(shapes.one_part(bad=False))
    wait = do("settle", file="f1") if draw(st.booleans()) else pause(draw)
    steps = [do("create_project", "p1"), *first.writes("u1", "p1"), first.completes("u1"), attach("u1", "f1", "p1")]
    steps += [wait, do("delete_file", file="f1"), attach("u1", "f2", "p1"), do("read_url", file="f2", times=2)]
    steps += [*second.writes("u2", "p1"), second.completes("u2"), do("new_version", "v2", file="f2", upload="u2")]
    steps += [do("settle", file="f2"), do("delete_version", version=first_version("f2"))]
    steps += [
        do("new_version", "v3", file="f2", upload="u1"),
        do("read_versions", file="f2"),
        do("download", file="f2"),
        attach("u1", "f3", "p1"),
        *(do("new_version", file="f3", upload="u2" if n % 2 else "u1") for n in range(1, MOST_VERSIONS - 1)),
        *tenth.writes("u3", "p1"),
        tenth.completes("u3"),
        do("new_version", file="f3", upload="u3"),
    ]
    changing = _back_and_forth(draw), _replaced_pending(draw), _same_bytes(draw)
    actors = Actor("writer", tuple(steps)), *changing, *_at_once(draw)
    return Plan("made-again", "deleted and made again", actors)


def _at_once(draw: Draw) -> list[Actor]:
    """Let several clients give one file new versions at one moment: each is acknowledged, so each is there."""
    shape, meet = draw(shapes.one_part(bad=False)), do("meet", at="versions", parties=RIVALS)
    first = (*shape.writes("q0"), shape.completes("q0"), attach("q0", "t1", COMMON))
    rivals = []
    for n in range(1, RIVALS + 1):
        switch = do("new_version", f"r{n}", file="t1", upload=f"q{n}")
        own = (*shape.writes(f"q{n}"), shape.completes(f"q{n}"), meet, switch)
        rivals.append(Actor(f"rival-{n}", own if n > 1 else (*first, *own)))
    return rivals


def _replaced_pending(draw: Draw) -> Actor:
    """Replace a pending version, make it current again and delete the first one of its upload, all while it waits.

    A file gets the upload of its first version again, and nothing after that.
    """
    one, other = draw(shapes.definite(bad=False)), draw(shapes.definite(bad=False))
    steps = [*one.writes("m1"), *other.writes("m2"), one.completes("m1")]
    steps += [attach("m1", file, COMMON) for file in ("n1", "n2", "n3")]
    steps += [other.completes("m2"), do("new_version", "x2", file="n3", upload="m2")]
    steps += [do("promote", version=first_version("n3")), do("new_version", file="n1", upload="m2")]
    steps += [do("promote", version=first_version("n1")), do("delete_version", version=first_version("n1"))]
    steps += [do("new_version", file="n2", upload=name) for name in ("m2", "m1")]
    return Actor("replacer", tuple(steps))


def _same_bytes(draw: Draw) -> Actor:
    """Store the same bytes four times: beside a file of them, with a wrong hash, and after that file was deleted."""
    size = draw(st.integers(20, 300))
    kinds = draw(st.permutations((True, False)))
    one, other = (Shape((size,), (1,), chunked=chunked, content="shared") for chunked in kinds)
    shapes_of = {"k1": one, "k2": other, "k3": replace(one, defect="hash"), "k4": one}
    made = {upload: [*shape.writes(upload), shape.completes(upload)] for upload, shape in shapes_of.items()}
    steps = [*made["k1"], attach("k1", "l1", COMMON), do("settle", file="l1"), *made["k3"], attach("k3", "l3", COMMON)]
    steps += [*made["k2"], attach("k2", "l2", COMMON), do("settle", file="l2"), do("delete_file", file="l1")]
    steps += [do("download", file="l2"), *made["k4"], attach("k4", "l4", COMMON), do("settle", file="l4")]
    return Actor("copier", tuple(steps))


def _back_and_forth(draw: Draw) -> Actor:
    """Give a file bad and good versions in turn; a bad upload is completed just before, or it might be refused.

    What follows a promotion is of another upload and the last, so that who serves the promoted one is seen.
    """
    uploads = {name: draw(shapes.definite(bad=name.startswith("b"))) for name in ("b1", "g1", "b2", "g2")}
    seen = do("settle", file="h1")
    steps = [step for name, shape in uploads.items() for step in shape.writes(name)]
    steps += [uploads[name].completes(name) for name in ("b1", "g1", "g2")]
    steps += [attach("b1", "h1", COMMON), seen, do("new_version", "w2", file="h1", upload="g1"), seen]
    steps += [uploads["b2"].completes("b2"), do("new_version", "w3", file="h1", upload="b2"), seen]
    for version in ("w4", "w5"):  # a bad version may be refused, and the first of the two promotions with it
        steps += [do("promote", version="w2"), seen, do("new_version", version, file="h1", upload="g2"), seen]
    steps.append(do("download", file="h1"))
    return Actor("switcher", tuple(steps))


@st.composite
def listings(draw: Draw) -> Plan:
    """More than a page of uploads, files, folders and versions, listed page by page while they change, and after."""
    shape = draw(shapes.definite(bad=False))
    size = draw(st.integers(1, 2))
    steps = [do("create_project", "p1"), *(do("create_upload", f"x{n}", project="p1", parts=[n]) for n in (1, 2))]
    steps += [do("create_folder", f"d{n}", project="p1") for n in (1, 2, 3)]
    steps += [do("create_folder", f"e{n}", project="p1", folder="d1") for n in (1, 2, 3)]
    steps += [*shape.writes("u1", "p1"), shape.completes("u1"), *(attach("u1", f"f{n}", "p1") for n in (1, 2, 3))]
    steps += [*shape.writes("u2", "p1"), shape.completes("u2"), do("new_version", "v2", file="f1", upload="u2")]
    pages = [do("list_pages", project="p1", what=what, per_page=size) for what in ("uploads", "children", "files")]
    pages += [do("list_pages", project="p1", folder="d1", per_page=size)]
    pages.append(do("list_pages", project="p1", file="f1", per_page=1))
    settled = [do("settle", file="f1"), do("settle", file="f3")]
    return Plan("listings", "page by page", (Actor("writer", (*steps, *pages, *settled, *pages)),))


RENEWALS = (
    of_both_truths(
        "project-changes",
        "A project is changed while it is not ready, while it is used, when all has settled, and when it is deleted",
        (*COMPLETED, *WINDOW, *OWN_PROJECT),
        Share(1, 2, 6),
        project_changes,
    ),
    PlanScenario(
        "made-again",
        "A file and a version are deleted and made again of the same upload; another goes from bad to good and back",
        (*COMPLETED, *WINDOW, *GOOD, *OWN_PROJECT, "bad-never-200", "new-version-served", "old-version-downloadable"),
        Share(0, 1, 6),
        made_again,
    ),
    PlanScenario(
        "listings",
        "More than a page of uploads, files, folders and versions, listed page by page",
        (*COMPLETED, *WINDOW, *GOOD, *OWN_PROJECT, "integrity-listing", "distinct-ids", "body-own-resource"),
        Share(0, 1, 3),
        listings,
    ),
)
