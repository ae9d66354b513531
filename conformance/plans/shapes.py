"""What an upload may look like: its parts, the order they are sent in, and what is wrong with it, if anything."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from conformance.model import Json
from conformance.plans.model import LARGE_PART
from conformance.plans.nouns import COMMON, Step, do

WHOLE_DEFECTS = ("hash", "total", "unsent")
PART_DEFECTS = ("hash", "total", "missing")
ODD_DEFECTS = ("size", "fresh", "late")
"""Defects that leave the truth open: only the duties that hold for any upload look at them."""


_TOLD: dict[str, dict[str, Json]] = {"hash": {"lie": "hash"}, "size": {"size_off": 3}, "missing": {"send": False}}


@dataclass(frozen=True, slots=True)
class Shape:
    """An upload to be made: sizes in bytes of its parts in number order, the order of sending, and its defect."""

    parts: tuple[int, ...]
    order: tuple[int, ...]
    chunked: bool = True
    defect: str = ""

    @property
    def complete_lie(self) -> str:
        """Return what the whole-file hash lies about; only a single-part upload is made bad by it."""
        return "hash" if not self.chunked and self.defect == "hash" else ""

    def writes(self, symbol: str, project: str = COMMON) -> list[Step]:
        """Return the steps that make and fill the upload, up to but without completing it."""
        misstate = 7 if self.defect == "total" else 0
        parts = list(self.parts)
        step = do("create_upload", symbol, project=project, parts=parts, chunked=self.chunked, misstate=misstate)
        return [step, *(self._puts(symbol) if self.chunked else self._put_whole(symbol))]

    def completes(self, symbol: str) -> Step:
        """Return the step that completes the upload as the writer knows it."""
        return do("complete", upload=symbol, **({"lie": self.complete_lie} if self.complete_lie else {}))

    def _put_whole(self, symbol: str) -> list[Step]:
        return [] if self.defect == "unsent" else [do("put_whole", upload=symbol)]

    def _puts(self, symbol: str) -> list[Step]:
        odd = self.order[-1] if self.order else 0
        steps: list[Step] = []
        for number in self.order:
            here = self.defect if number == odd else ""
            steps.append(do("put_part", upload=symbol, number=number, **_TOLD.get(here, {})))
            if here == "fresh":
                steps.append(do("put_part", upload=symbol, number=number, fresh=True))
        return steps


def _shape(parts: list[int], *, chunked: bool, defect: str, order: list[int] | None = None) -> Shape:
    return Shape(tuple(parts), tuple(order or range(1, len(parts) + 1)), chunked, defect)


sizes = st.sampled_from((1, 17, 999, 65_536, 0))


@st.composite
def one_part(draw: st.DrawFn, *, bad: bool) -> Shape:
    """Draw a chunked upload of one part, or a single-part one, whose truth is definite."""
    chunked = draw(st.booleans())
    size = draw(sizes)
    defects = PART_DEFECTS if chunked else WHOLE_DEFECTS
    defect = draw(st.sampled_from(defects)) if bad else ""
    return _shape([size or 1 if bad else size], chunked=chunked, defect=defect)


@st.composite
def many_parts(draw: st.DrawFn, *, bad: bool) -> Shape:
    """Draw a chunked upload of several small parts, sent in any order."""
    parts = draw(st.lists(st.integers(1, 300), min_size=2, max_size=6))
    order = draw(st.permutations(range(1, len(parts) + 1)))
    return _shape(parts, chunked=True, defect=draw(st.sampled_from(PART_DEFECTS)) if bad else "", order=list(order))


@st.composite
def dozen_parts(draw: st.DrawFn) -> Shape:
    """Draw an upload of ten parts or more, so that their numbers sort differently as text."""
    parts = draw(st.lists(st.integers(1, 40), min_size=10, max_size=12))
    return _shape(parts, chunked=True, defect="")


@st.composite
def misreported(draw: st.DrawFn) -> Shape:
    """Draw a chunked upload of one part whose size is reported wrong, and nothing else."""
    return _shape([draw(st.integers(1, 3000))], chunked=True, defect="size")


@st.composite
def odd(draw: st.DrawFn) -> Shape:
    """Draw an upload whose truth stays open: a wrong chunk size, other bytes sent again, or a part sent too late."""
    parts = draw(st.lists(st.integers(1, 300), min_size=1, max_size=3))
    return _shape(parts, chunked=True, defect=draw(st.sampled_from(ODD_DEFECTS[:2])))


@st.composite
def large(draw: st.DrawFn, *, bad: bool = False) -> Shape:
    """Draw an upload of two parts, the first large enough for any store: several MiB, so few of them."""
    parts = [LARGE_PART, draw(st.integers(1, 4000))]
    order = draw(st.sampled_from(([1, 2], [2, 1])))
    return _shape(parts, chunked=True, defect="hash" if bad else "", order=order)


def definite(*, bad: bool) -> st.SearchStrategy[Shape]:
    """Draw an upload known GOOD, or one known BAD."""
    return st.one_of(one_part(bad=bad), many_parts(bad=True)) if bad else one_part(bad=False)


def any_shape() -> st.SearchStrategy[Shape]:
    """Draw any small upload: good, bad, of many small parts, or odd."""
    return st.one_of(definite(bad=False), definite(bad=True), many_parts(bad=False), odd())
