"""What can still be sent of an upload after its verdict, each call followed by a new download."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share

from .. import shapes
from ..exercised import COMPLETED, WINDOW
from ..plan_parts import Draw, attach, settling


@st.composite
def late_calls(draw: Draw) -> Plan:
    """Chunks and hashes are reported after the verdict, and the upload is completed again: with other hashes too.

    A good upload of two parts and a bad one. Bytes are stored only by a URL that was given after the verdict.
    """
    good, bad = _two_parts(draw), draw(shapes.one_part(bad=True))
    chunks = [do("report_chunk", upload="u1", number=1, **more) for more in ({}, {"lie": "hash"}, {"fresh": True})]
    mine = [*_hashes("u1"), *_completions("u1"), *chunks, do("relabel", file="f1"), do("rename_file", file="f1")]
    theirs = [*_hashes("u2"), *_completions("u2"), do("relabel", file="f2")]
    put = do("put_again", upload="u1", number=1, fresh=True, late=True)
    late = [_looked(draw, mine, "f1"), [put, do("download", file="f1")], _looked(draw, theirs, "f2")]
    return _after_the_verdict(
        "late-calls", "called after the verdict", good, bad, [one for each in late for one in each]
    )


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
    return _after_the_verdict("late-bytes", "stored after the verdict", _two_parts(draw), single, late)


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


def _looked(draw: Draw, calls: list[Step], file: str) -> list[Step]:
    """Put calls in any order, each followed by a new download."""
    return [step for call in draw(st.permutations(calls)) for step in (call, do("download", file=file))]


def _after_the_verdict(theme: str, about: str, first: shapes.Shape, second: shapes.Shape, late: list[Step]) -> Plan:
    start = [*first.writes("u1"), *second.writes("u2"), first.completes("u1"), second.completes("u2")]
    start += [attach("u1", "f1", COMMON), attach("u2", "f2", COMMON), do("settle", file="f1"), do("settle", file="f2")]
    look = [do("download", file="f1"), do("download_version", version=first_version("f1")), do("download", file="f2")]
    ends = [do("read_upload", upload="u1"), do("read_upload", upload="u2")]
    return Plan(theme, about, (Actor("writer", (*start, *look, *late, settling(), *look, *ends)),))


LATE = (
    PlanScenario(
        "late-calls",
        "Chunks and hashes are reported after the verdict, and the upload is completed again by other hashes",
        (*COMPLETED, *WINDOW, "complete-repeat-no-5xx"),
        Share(1, 1, 8),
        late_calls,
    ),
    PlanScenario(
        "late-bytes",
        "The signed URL of a part is used again after the verdict",
        (*COMPLETED, *WINDOW),
        Share(0, 1, 6),
        late_bytes,
    ),
)
