"""What can still be sent of an upload after complete: while it is pending, and after its verdict."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share

from .. import shapes
from ..exercised import BAD, COMPLETED, GOOD, WINDOW
from ..plan_parts import Draw, attach, attach_meanwhile, settling


@st.composite
def late_calls(draw: Draw) -> Plan:
    """Chunks and hashes are reported after the verdict, and the upload is completed again: with other hashes too.

    A good upload of two parts, a bad one, and a good single part, by whose hash a server knows it. Bytes are stored
    only by a URL that was given after the verdict.
    """
    good, bad, single = _two_parts(draw), draw(shapes.one_part(bad=True)), shapes.Shape((99,), (1,), chunked=False)
    chunks = [do("report_chunk", upload="u1", number=1, **more) for more in ({}, {"lie": "hash"}, {"fresh": True})]
    mine = [*_hashes("u1"), *_completions("u1"), *chunks, do("relabel", file="f1"), do("rename_file", file="f1")]
    theirs = [*_hashes("u2"), *_completions("u2"), do("relabel", file="f2")]
    put = do("put_again", upload="u1", number=1, fresh=True, late=True)
    whole = [*_hashes("u3"), *_completions("u3")]
    late = [*_looked(draw, mine, 1), put, do("download", file="f1"), *_looked(draw, theirs, 2)]
    late += _looked(draw, whole, 3)
    return _after_the_verdict("late-calls", "called after the verdict", (good, bad, single), late)


@st.composite
def pending_calls(draw: Draw) -> Plan:
    """Uploads are completed once more by another hash, and parts and hashes are reported, as soon as 202 was answered.

    One call for each upload, so that no other hides what it does: a good single part and a wrong hash, a bad one and
    the right hash, a good chunk and a wrong one, a good single part and a further hash. What is refused must not count.
    """
    size = draw(st.integers(2, 300))
    good, chunk = shapes.Shape((size,), (1,), chunked=False), shapes.Shape((size,), (1,))
    made = (good, replace(good, defect="hash"), chunk, good)
    calls = (
        do("complete_again", upload="u1", lie="hash"),
        do("complete_again", upload="u2"),
        do("report_chunk", upload="u3", number=1, lie="hash"),
        do("report_hash", upload="u4"),
    )
    steps = [step for n, shape in enumerate(made, 1) for step in shape.writes(f"u{n}")]
    for n, (shape, call) in enumerate(zip(made, calls, strict=True), 1):
        steps += [shape.completes(f"u{n}"), call, attach(f"u{n}", f"f{n}", COMMON)]
    steps += [do("download", file=f"f{n}") for n in (1, 3, 4)]
    return Plan("pending-calls", "called while pending", (Actor("writer", tuple(steps)),))


@st.composite
def late_bytes(draw: Draw) -> Plan:
    """The signed URLs of an upload of two parts and of a single part are used again after the verdict.

    First with the same bytes, then with others.
    """
    size = draw(st.integers(20, 3000))
    single = shapes.Shape((size,), (1,), chunked=False)
    puts = [("u1", 2, False), ("u1", 2, True), ("u1", 1, True), ("u2", 1, False), ("u2", 1, True)]
    late = [
        step
        for upload, number, fresh in puts
        for step in (do("put_again", upload=upload, number=number, fresh=fresh), do("download", file=f"f{upload[1:]}"))
    ]
    return _after_the_verdict("late-bytes", "stored after the verdict", (_two_parts(draw), single), late)


def _two_parts(draw: Draw) -> shapes.Shape:
    """Draw a good upload of two parts, no smaller than those of the probe."""
    return shapes.Shape(
        (draw(st.integers(shapes.MOST_PROBED, 300)), draw(st.integers(shapes.MOST_PROBED, 300))), (1, 2)
    )


def _hashes(upload: str) -> list[Step]:
    """Return reports of further hashes, true and not."""
    true, wrong = (do("report_hash", upload=upload, **more) for more in ({}, {"algorithm": "md5", "lie": "hash"}))
    return [true, wrong]


def _completions(upload: str) -> list[Step]:
    """Return repeated completions, by another hash and by another algorithm."""
    wrong = do("complete_again", upload=upload, lie="hash")
    return [wrong, do("complete_again", upload=upload, algorithm="sha256")]


def _looked(draw: Draw, calls: list[Step], number: int) -> list[Step]:
    """Put calls in any order, each followed by a new download and a look at the upload's own record."""
    look = (do("download", file=f"f{number}"), do("read_upload", upload=f"u{number}"))
    return [step for call in draw(st.permutations(calls)) for step in (call, *look)]


def _after_the_verdict(theme: str, about: str, made: tuple[shapes.Shape, ...], late: list[Step]) -> Plan:
    """Return the plan that makes and settles uploads u1, u2, ..., sends what is late, and looks at all once more.

    A bad one becomes a file while it is completed: later it may be refused.
    """
    numbers = range(1, len(made) + 1)
    start = [step for n, shape in zip(numbers, made, strict=True) for step in shape.writes(f"u{n}")]
    attachers: list[Actor] = []
    for n, shape in zip(numbers, made, strict=True):
        if shape.defect:
            meet = do("meet", at=f"filled-{n}", parties=2)
            start += [meet, shape.completes(f"u{n}")]
            attachers.append(Actor(f"attacher-{n}", attach_meanwhile(f"u{n}", f"f{n}", meet)))
        else:
            start += [shape.completes(f"u{n}"), attach(f"u{n}", f"f{n}", COMMON)]
    start += [do("settle", file=f"f{n}") for n in numbers]
    look = [do("download", file=f"f{n}") for n in numbers]
    look.append(do("download_version", version=first_version("f1")))
    ends = [do("read_upload", upload=f"u{n}") for n in numbers]
    return Plan(theme, about, (Actor("writer", (*start, *look, *late, settling(), *look, *ends)), *attachers))


LATE = (
    PlanScenario(
        "late-calls",
        "Chunks and hashes are reported after the verdict, and the upload is completed again by other hashes",
        (*COMPLETED, *WINDOW, "verdict-final", "complete-repeat-no-5xx"),
        Share(1, 1, 8),
        late_calls,
    ),
    PlanScenario(
        "pending-calls",
        "An upload is completed again by another hash, a part or a hash reported, while it is pending",
        (*COMPLETED, *WINDOW, *GOOD, *BAD, "complete-repeat-no-5xx"),
        Share(0, 1, 4),
        pending_calls,
    ),
    PlanScenario(
        "late-bytes",
        "The signed URL of a part is used again after the verdict",
        (*COMPLETED, *WINDOW, "verdict-final-store"),
        Share(0, 1, 6),
        late_bytes,
    ),
)
