"""Completing: by a form, by several clients at once, too early, with the connection cut."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Actor, Plan, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share, of_both_truths

from . import shapes
from .exercised import BAD, COMPLETED, GOOD, REFUSED, WINDOW
from .plan_parts import Draw, attach, attach_meanwhile, late, pause, reads


@st.composite
def form_completes(draw: Draw) -> Plan:
    """A single part's hash is reported wrong, by a form: is it read?"""
    shape = shapes.Shape((draw(st.integers(1, 300)),), (1,), chunked=False, defect="hash")
    steps = (*shape.writes("u1"), shape.completes("u1", form=True), attach("u1", "f1", COMMON), *reads(draw, "f1"))
    return Plan("form-completes", "completed by a form", (Actor("writer", steps),))


@st.composite
def completion_races(draw: Draw, *, bad: bool) -> Plan:
    """Several clients complete one upload at once, perhaps again soon, and once more when its verdict was read.

    Every repetition is read before the next one, or two that change the verdict would hide each other. The file is
    attached meanwhile.
    """
    shape = draw(shapes.definite(bad=bad))
    parties = draw(st.integers(2, 3))
    meet = do("meet", at="filled", parties=parties + 1)
    rereads = [do("read_url", file="f1", times=2, every_s=0.01), do("read_version_url", version=first_version("f1"))]
    again = (shape.completes("u1"), *rereads)
    sooner = (late(draw), *again) if draw(st.booleans()) else ()
    quiet = do("settle", file="f1")
    writer = Actor("writer", (*shape.writes("u1"), meet, shape.completes("u1"), *sooner, quiet, *again))
    rivals = [
        Actor(f"rival-{n}", (do("read_upload", upload="u1"), meet, pause(draw), shape.completes("u1")))
        for n in range(1, parties)
    ]
    attacher = Actor("attacher", attach_meanwhile("u1", "f1", meet))
    reader = Actor("reader", tuple(reads(draw, "f1")))
    return Plan("completion-races", f"{parties} clients complete it", (writer, *rivals, attacher, reader))


@st.composite
def early_completes(draw: Draw) -> Plan:
    """An upload is completed too early, before all its parts arrived, then filled and completed again."""
    parts = draw(st.lists(st.integers(1, 300), min_size=1, max_size=3))
    create = do("create_upload", "u1", project=COMMON, parts=parts)
    sent = [do("put_part", upload="u1", number=n) for n in range(1, draw(st.integers(0, len(parts) - 1)) + 1)]
    rest = [do("put_part", upload="u1", number=n) for n in range(len(sent) + 1, len(parts) + 1)]
    fill_again = rest if draw(st.booleans()) else []
    before = [attach("u1", "f0", COMMON)] if draw(st.booleans()) else []
    complete = do("complete", upload="u1")
    steps = (create, *sent, *before, complete, attach("u1", "f1", COMMON), *fill_again, complete, *reads(draw, "f1"))
    return Plan("early-completes", "completed before it was whole", (Actor("writer", steps),))


@st.composite
def cut_connections(draw: Draw, *, bad: bool) -> Plan:
    """The client cuts its connection before the answer, then tries again."""
    shape = draw(shapes.definite(bad=bad))
    moment = draw(st.sampled_from((0.00002, 0.0001, 0.0003, 0.001)))
    verbs = draw(
        st.lists(st.sampled_from(("create_upload", "put_part", "complete", "attach")), min_size=1, unique=True)
    )
    steps = [*shape.writes("u1"), shape.completes("u1"), attach("u1", "f1", COMMON)]
    cut = [do(s.verb, s.binds, **{**s.args, **({"cut_s": moment} if s.verb in verbs else {})}) for s in steps]
    reader = Actor("reader", tuple(reads(draw, "f1")))
    return Plan("cut-connections", f"cut off at {', '.join(verbs)}", (Actor("writer", tuple(cut)), reader))


COMPLETIONS = (
    PlanScenario(
        "form-completes",
        "A wrong hash of a single part is reported by a form",
        (*COMPLETED, *WINDOW, *BAD),
        Share(1, 3, 3),
        form_completes,
    ),
    of_both_truths(
        "completion-races",
        "Several clients complete one upload at once, again soon, and again when its verdict was read",
        (*COMPLETED, *WINDOW, *GOOD, *BAD, *REFUSED, "complete-repeat-no-5xx", "complete-repeat-same-outcome"),
        Share(1, 4, 10),
        completion_races,
    ),
    PlanScenario(
        "early-completes",
        "An upload is completed before all its parts arrived, then filled and completed again",
        (*COMPLETED, *WINDOW, *BAD, *REFUSED, "complete-repeat-no-5xx"),
        Share(1, 4, 8),
        early_completes,
    ),
    of_both_truths(
        "cut-connections",
        "The client cuts its connection before the answer, then tries again",
        (*COMPLETED, *WINDOW),
        Share(1, 5, 10),
        cut_connections,
    ),
)
