"""Uploads of every shape: good, bad, odd, large, crowded, of parts stored side by side."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.scenario import PlanScenario, Share

from . import shapes
from .exercised import BAD, COMPLETED, GOOD, OWN_PROJECT, REFUSED, WINDOW
from .plan_parts import Draw, attach, attach_meanwhile, late, own_or_common, reads

HANDS = 4
"""Clients that store the parts of one upload at one moment."""


@st.composite
def uploads(draw: Draw) -> Plan:
    """One upload, good, bad or odd; its file attached in the window or late, by its writer or by somebody else."""
    start, project = own_or_common(draw)
    shape = draw(shapes.any_shape())
    write = [*start, *shape.writes("u1", project), shape.completes("u1", form=draw(st.booleans()))]
    watch = [do("read_upload", upload="u1", times=draw(st.integers(1, 4)), every_s=0.02)]
    if draw(st.booleans()):
        attacher = Actor("attacher", (attach("u1", "f1", project, eager=True), *reads(draw, "f1")))
        return Plan("uploads", "attached while it is completed", (Actor("writer", (*write, *watch)), attacher))
    attaching = [late(draw), attach("u1", "f1", project)]
    reader = Actor("reader", tuple(reads(draw, "f1")))
    return Plan("uploads", "attached after completion", (Actor("writer", (*write, *attaching, *watch)), reader))


@st.composite
def odd_uploads(draw: Draw) -> Plan:
    """An upload whose truth may stay open: a wrong chunk size, other bytes sent again, or a dozen small parts."""
    shape = draw(st.one_of(shapes.odd(), shapes.dozen_parts()))
    writer = [*shape.writes("u1"), shape.completes("u1"), attach("u1", "f1", COMMON), do("settle", file="f1")]
    return Plan("odd-uploads", "its truth stays open", (Actor("writer", tuple(writer)),))


@st.composite
def wrong_chunk_sizes(draw: Draw) -> Plan:
    """A chunk is stored with the right hash, and its size reported wrong."""
    shape = draw(shapes.misreported())
    writer = Actor("writer", (*shape.writes("u1"), shape.completes("u1")))
    attacher = Actor("attacher", (attach("u1", "f1", COMMON, eager=True), do("settle", file="f1")))
    return Plan("wrong-chunk-sizes", "a wrong chunk size", (writer, attacher))


@st.composite
def crowds(draw: Draw) -> Plan:
    """Several uploads, good and bad, converge together in one project, which is listed meanwhile."""
    start, project = own_or_common(draw)
    made = draw(st.lists(shapes.definite(bad=False) | shapes.definite(bad=True), min_size=2, max_size=4))
    writer, completes, attaches, reading = list(start), [], [], []
    for n, shape in enumerate(made, start=1):
        writer += shape.writes(f"u{n}", project)
        completes.append(shape.completes(f"u{n}"))
        attaches.append(attach(f"u{n}", f"f{n}", project))
        reading += reads(draw, f"f{n}")
    lists = [do(draw(st.sampled_from(("list_uploads", "list_children", "list_files"))), project=project)] * 3
    lister = [do("meet", at="filled", parties=2), *lists, *reading]
    writing = (*writer, do("meet", at="filled", parties=2), *completes, *attaches)
    return Plan("crowds", "uploads converge together", (Actor("writer", writing), Actor("lister", tuple(lister))))


@st.composite
def parallel_parts(draw: Draw) -> Plan:
    """Four clients report and store the parts of one upload side by side, as the official one does, two each.

    Then two and two of them store the same part once more at one moment, as impatient clients do.

    The parts are no smaller than those of the probe, so that it is good wherever the probe is accepted.
    """
    parts = draw(st.lists(st.integers(shapes.MOST_PROBED, 300), min_size=2 * HANDS, max_size=2 * HANDS))
    create = do("create_upload", "u1", project=COMMON, parts=parts)
    numbers = draw(st.permutations(range(1, len(parts) + 1)))
    rounds = [do("meet", at=at, parties=HANDS) for at in ("first", "second", "again")]
    filled, looks = do("meet", at="filled", parties=HANDS), do("read_upload", upload="u1")
    end = (do("complete", upload="u1"), attach("u1", "f1", COMMON), *reads(draw, "f1"))
    actors = []
    for hand in range(HANDS):
        puts = [do("put_part", upload="u1", number=n) for n in (*numbers[hand::HANDS], numbers[hand // 2])]
        sent = [step for both in zip(rounds, puts, strict=True) for step in both]
        own = ([looks], []) if hand else ([create], end)
        actors.append(Actor(f"writer-{hand + 1}", (*own[0], *sent, filled, *own[1])))
    return Plan("parallel-parts", "parts side by side", tuple(actors))


@st.composite
def large_uploads(draw: Draw) -> Plan:
    """Uploads of several MiB in two parts, large enough for any store: two good ones, a wrong hash, and another defect.

    Each is attached while it is completed: later, a server that finds it bad may refuse it and need not say why. That
    hides a good one that is found bad, and a client that stalls is late: so the last one is good again.
    """
    steps: list[Step] = []
    readers: list[Actor] = []
    for n, defects in enumerate((("",), ("hash",), shapes.LARGE_DEFECTS, ("",)), start=1):
        shape = draw(shapes.large(defects=defects))
        meet = do("meet", at=f"filled-{n}", parties=2)
        steps += [*shape.writes(f"u{n}"), meet, shape.completes(f"u{n}")]
        reader = (*attach_meanwhile(f"u{n}", f"f{n}", meet), *reads(draw, f"f{n}"))
        readers.append(Actor(f"reader-{n}", reader))
    return Plan("large-uploads", "several MiB", (Actor("writer", tuple(steps)), *readers))


UPLOADS = (
    PlanScenario(
        "large-uploads",
        "Uploads of several MiB in two parts: good, with a wrong hash, with another defect",
        (*COMPLETED, *WINDOW, *GOOD, *BAD),
        Share(0, 1, 2),
        large_uploads,
    ),
    PlanScenario(
        "uploads",
        "One upload of any shape, attached in the window or late, by its writer or by somebody else",
        (
            *COMPLETED,
            *WINDOW,
            *GOOD,
            *REFUSED,
            *OWN_PROJECT,
            "complete-no-500",
            "complete-no-integrity",
            "read-your-writes",
        ),
        Share(2, 6, 20),
        uploads,
    ),
    PlanScenario(
        "odd-uploads",
        "An upload whose truth stays open: a wrong chunk size, other bytes sent again, a dozen small parts",
        (*COMPLETED, *WINDOW, *GOOD, "nc-tolerated-endpoints"),
        Share(1, 3, 12),
        odd_uploads,
    ),
    PlanScenario(
        "wrong-chunk-sizes",
        "A chunk is stored with the right hash, and its size reported wrong",
        (*COMPLETED, *WINDOW, *REFUSED, "wrong-chunk-size-integrity"),
        Share(1, 2, 3),
        wrong_chunk_sizes,
    ),
    PlanScenario(
        "crowds",
        "Several uploads, good and bad, converge together in one project, which is listed meanwhile",
        (*COMPLETED, *WINDOW, *GOOD, *BAD, *OWN_PROJECT, "integrity-listing", "nc-tolerated-endpoints"),
        Share(1, 3, 6),
        crowds,
    ),
    PlanScenario(
        "parallel-parts",
        "Four clients report and store the parts of one upload side by side",
        (*COMPLETED, *WINDOW, *GOOD, "nc-tolerated-endpoints"),
        Share(1, 2, 4),
        parallel_parts,
    ),
)
