"""What can still be sent of an upload after its verdict, each call followed by a new download."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share

from .. import shapes
from ..exercised import COMPLETED, GOOD, WINDOW
from ..plan_parts import Draw, attach, settling


@st.composite
def late_calls(draw: Draw) -> Plan:
    """Chunks and hashes are reported after the verdict, and the upload is completed again: with other hashes too."""
    shape = draw(shapes.definite(bad=draw(st.booleans())))
    calls = [*hashes_reported(), *completed_again(), do("relabel", file="f1"), do("rename_file", file="f1")]
    if shape.chunked and shape.parts:
        calls += [do("report_chunk", upload="u1", number=1, **more) for more in ({}, {"lie": "hash"}, {"fresh": True})]
    again = [do("put_again", upload="u1", number=1, fresh=True)] if shape.chunked and shape.order else []
    each = [step for call in draw(st.permutations(calls)) for step in (call, do("download", file="f1"))]
    return _after_the_verdict("late-calls", "called after the verdict", shape, [*each, *again])


@st.composite
def late_bytes(draw: Draw) -> Plan:
    """The signed URL of a part is used again after the verdict: with the same bytes, then with others."""
    shape = draw(st.one_of(shapes.one_part(bad=False), shapes.many_parts(bad=False)).filter(lambda one: sum(one.parts)))
    numbers = draw(st.permutations(shape.order))[:2]
    puts = [do("put_again", upload="u1", number=n, fresh=fresh) for fresh in (False, True) for n in numbers]
    each = [step for put in puts for step in (put, do("download", file="f1"))]
    return _after_the_verdict("late-bytes", "stored after the verdict", shape, each)


def hashes_reported() -> list[Step]:
    """Return reports of further hashes, true and not."""
    return [
        do("report_hash", upload="u1", algorithm=algorithm, **more)
        for algorithm in ("sha256", "md5")
        for more in ({}, {"lie": "hash"})
    ]


def completed_again() -> list[Step]:
    """Return repeated completions, by another hash and by another algorithm."""
    wrong = do("complete_again", upload="u1", lie="hash")
    return [wrong, *(do("complete_again", upload="u1", algorithm=name) for name in ("sha256", "sha1"))]


def _after_the_verdict(theme: str, about: str, shape: shapes.Shape, late: list[Step]) -> Plan:
    start = [*shape.writes("u1"), shape.completes("u1"), attach("u1", "f1", COMMON), do("settle", file="f1")]
    look = [do("download", file="f1"), do("download_version", version=first_version("f1"))]
    steps = (*start, *look, *late, settling(), *look, do("read_upload", upload="u1"))
    return Plan(theme, about, (Actor("writer", steps),))


LATE = (
    PlanScenario(
        "late-calls",
        "Chunks and hashes are reported after the verdict, and the upload is completed again by other hashes",
        (*COMPLETED, *WINDOW, "complete-repeat-no-5xx"),
        Share(1, 2, 8),
        late_calls,
    ),
    PlanScenario(
        "late-bytes",
        "The signed URL of a part is used again after the verdict",
        (*COMPLETED, *WINDOW, *GOOD),
        Share(0, 1, 6),
        late_bytes,
    ),
)
