"""A file's versions: a second one, a third one, and back to the first."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share, in_turns
from conformance.model import Json

from . import shapes
from .exercised import BAD, COMPLETED, GOOD, WINDOW
from .plan_parts import Draw, attach, late, pause, settling


@st.composite
def new_versions(draw: Draw) -> Plan:
    """A second version, good over bad or bad over good, while the first is pending or after.

    The upload of the second version is pending, or has settled before it becomes one.
    """
    return _read_meanwhile(draw, "new-versions", "a new version", _switch(draw, settled=draw(st.booleans())))


@st.composite
def promotions(draw: Draw) -> Plan:
    """The first of two versions becomes the current one again, at once or late."""
    settled = draw(st.booleans())
    switch = _switch(draw, settled=settled)
    promote = (pause(draw) if settled else late(draw), do("promote", version=first_version("f1")))
    return _read_meanwhile(draw, "promotions", "back to the first version", [*switch, *promote])


@st.composite
def to_and_fro(draw: Draw) -> Plan:
    """The first of two good versions becomes the current one again, then the second, and the first once more.

    A bad one follows, is replaced by the second once its verdict was told, and becomes the current one again.
    """
    second, bad = draw(shapes.definite(bad=False)), draw(shapes.definite(bad=True))
    steps = _switch(draw, settled=True, second=second, good=True)
    for version in (first_version("f1"), "v2", first_version("f1")):
        steps += [do("settle", file="f1"), do("promote", version=version)]
    steps += [*bad.writes("u3"), bad.completes("u3"), do("new_version", "v3", file="f1", upload="u3")]
    for version in ("v2", "v3"):
        steps += [do("settle", file="f1"), do("promote", version=version)]
    return _read_meanwhile(draw, "promotions", "to and fro between its versions", steps)


@st.composite
def third_versions(draw: Draw) -> Plan:
    """A third version follows, a good one: the second served instead is surely the wrong one.

    The second is good too, or a server that knows it to be bad might refuse it, and the third would be the second.
    """
    switch = _switch(draw, settled=draw(st.booleans()), second=draw(shapes.definite(bad=False)))
    shape = draw(shapes.definite(bad=False))
    third = (shape.completes("u3"), pause(draw), do("new_version", "v3", file="f1", upload="u3", labelled=True))
    return _read_meanwhile(draw, "third-versions", "a third version", [*switch, *shape.writes("u3"), *third])


@st.composite
def alike_versions(draw: Draw) -> Plan:
    """A third version has the name and the size of the second, which has settled, and other bytes."""
    alike = shapes.Shape((draw(st.integers(8, 3000)),), (1,), chunked=draw(st.booleans()))
    switch = [*_switch(draw, settled=draw(st.booleans()), second=alike), do("settle", file="f1")]
    third = (alike.completes("u3"), pause(draw), do("new_version", "v3", file="f1", upload="u3"))
    return _read_meanwhile(
        draw, "third-versions", "a third version, named alike", [*switch, *alike.writes("u3", name_of="u2"), *third]
    )


def _switch(draw: Draw, *, settled: bool, second: shapes.Shape | None = None, good: bool = False) -> list[Step]:
    """Draw two uploads, a file of the first, settled or not, and the second as its new version, good or bad."""
    bad = draw(st.sampled_from(((False, False), (False, True), (True, False), (False, False), (True, True))))
    first, second = draw(shapes.definite(bad=bad[0] and not good)), second or draw(shapes.definite(bad=bad[1]))
    wait = [do("settle", file="f1")] if settled else []
    named: dict[str, Json] = {"name_of": "u1"} if draw(st.booleans()) else {}  # a new version often keeps its name
    both = [*first.writes("u1"), *second.writes("u2", **named)]
    rest = settling() if draw(st.booleans()) else pause(draw)
    switch = [second.completes("u2"), rest, do("new_version", "v2", file="f1", upload="u2")]
    return [*both, first.completes("u1", form=draw(st.booleans())), attach("u1", "f1", COMMON), *wait, *switch]


def _read_meanwhile(draw: Draw, theme: str, about: str, steps: list[Step]) -> Plan:
    """Let somebody read the file and its second version while they are made."""
    described = (do("read_versions", file="f1"), do("read_file", file="f1"), do("read_version", version="v2"))
    every = draw(st.sampled_from((0.01, 0.04)))
    reader = (do("read_url", file="f1", times=8, every_s=every), do("read_version_url", version="v2", times=4))
    return Plan(theme, about, (Actor("writer", (*steps, *described)), Actor("reader", reader)))


VERSIONS = (
    PlanScenario(
        "new-versions",
        "A second version, good over bad or bad over good, while the first is pending or after",
        (*COMPLETED, *WINDOW, *GOOD, *BAD, "new-version-served", "read-your-writes"),
        Share(1, 2, 6),
        new_versions,
    ),
    in_turns(
        "promotions",
        "The first of two versions becomes the current one again, at once or late, or to and fro",
        (*COMPLETED, *WINDOW, *GOOD, *BAD, "new-version-served", "old-version-downloadable", "read-your-writes"),
        Share(1, 2, 6),
        promotions,
        to_and_fro,
    ),
    in_turns(
        "third-versions",
        "A third version follows, a good one, which may have the name and the size of the second",
        (*COMPLETED, *WINDOW, *GOOD, "new-version-served", "old-version-downloadable", "read-your-writes"),
        Share(1, 2, 5),
        third_versions,
        alike_versions,
    ),
)
