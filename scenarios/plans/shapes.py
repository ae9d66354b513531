"""What an upload may look like: its parts, the order they are sent in, and what is wrong with it, if anything."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Step, do
from conformance.engine.plan_model import LARGE_PART
from conformance.engine.plan_verbs import OCTETS
from conformance.model import Json

WHOLE_DEFECTS = ("hash", "total", "surplus", "unsent", "empty")
"""What makes a single-part upload bad; `empty` is a wrong hash of no bytes at all, drawn twice as often."""
PART_DEFECTS = ("hash", "total", "surplus", "missing")
MANY_DEFECTS = (*PART_DEFECTS, "swap")
"""What makes an upload of several parts bad; `swap` reports the hashes of two of them for one another."""
WHOLE_FILE = "whole-file"
"""The hash of the whole is reported wrong, and every part's right."""
LARGE_DEFECTS = ("total", "surplus", "missing")
"""What makes an upload of several MiB bad beside a wrong hash, which another one has."""
SIZE_DEFECTS = ("size", "short")
"""A part's size is reported too large, or too small."""
ODD_DEFECTS = (*SIZE_DEFECTS, "fresh")
"""Defects that leave the truth open: only the duties that hold for any upload look at them."""
GAPS, STRIDE = "gaps", 3
"""A defect of this sort too: parts whose numbers leave gaps, and are so many times as high."""

_ARGUMENTS: dict[str, dict[str, Json]] = {
    "size": {"size_off": 3},
    "short": {"size_off": -1},
    "missing": {"send": False},
}
_MISSTATED = {"total": 7, "surplus": -1, "vast": 1 << 31, "vaster": 1 << 32}
_DISTINCT = 8
"""Bytes of a part of which surely no other part has the hash."""
MOST_PROBED = 20
"""Bytes of the largest part that the probe sends before its last one."""
_NAMES = st.sampled_from(("", "", "quoted"))
_MEDIA = st.sampled_from((OCTETS, "text/plain", "image/png", "text/csv"))


@dataclass(frozen=True, slots=True)
class Shape:
    """An upload to be made: sizes in bytes of its parts in number order, the order of sending, and its defect.

    `name_class` is that of its name, `media` is its content type, and `bare`
    leaves out that it is chunked, which is the default. The defect is in the parts `where`, else in the one sent last;
    `lie` is how a wrong hash is wrong. `again` sends every part twice, `asked` asks
    for each signed URL three times and uses the second: the third time its part is stored already. `streamed` sends
    bytes without telling their length beforehand. `algorithm` is that of the whole-file hash, and `content` the class
    of the bytes.
    """

    parts: tuple[int, ...]
    order: tuple[int, ...]
    chunked: bool = True
    defect: str = ""
    name_class: str = ""
    media: str = OCTETS
    bare: bool = False
    where: tuple[int, ...] = ()
    lie: str = "hash"
    again: bool = False
    asked: bool = False
    streamed: bool = False
    algorithm: str = ""
    content: str = ""

    @property
    def complete_lie(self) -> str:
        """Return how the whole-file hash is wrong; only a single-part upload is surely made bad by it."""
        lying = self.defect == WHOLE_FILE or (not self.chunked and self.defect in ("hash", "empty"))
        return self.lie if lying else ""

    def writes(self, symbol: str, project: str = COMMON, **more: Json) -> list[Step]:
        """Return the steps that make and fill the upload, up to but without completing it.

        `more` are further arguments of its creation.
        """
        given: dict[str, Json] = {"parts": list(self.parts), "chunked": self.chunked, **more}
        given["misstate"] = _MISSTATED.get(self.defect, 0)
        odd: dict[str, Json] = {"name_class": self.name_class, "bare": self.bare and self.chunked}
        odd |= {"content": self.content, "stride": STRIDE * (self.defect == GAPS)}
        given |= {name: value for name, value in odd.items() if value}
        if self.media != OCTETS:
            given["content_type"] = self.media
        step = do("create_upload", symbol, project=project, **given)
        return [step, *(self._puts(symbol) if self.chunked else self._put_whole(symbol))]

    def completes(self, symbol: str, *, form: bool = False) -> Step:
        """Return the step that completes the upload as the writer knows it, perhaps as a `form`."""
        given: dict[str, Json] = {"lie": self.complete_lie} if self.complete_lie else {}
        if form:
            given["form"] = True
        if self.algorithm:
            given["algorithm"] = self.algorithm
        return do("complete", upload=symbol, **given)

    def _put_whole(self, symbol: str) -> list[Step]:
        if self.defect == "unsent":
            return []
        return [do("put_whole", upload=symbol, **self._manner())] * (1 + self.again)

    def _manner(self) -> dict[str, Json]:
        return {"streamed": True} if self.streamed else {}

    def _puts(self, symbol: str) -> list[Step]:
        odd = self.where or self.order[-1:]
        steps: list[Step] = []
        for number in self.order:
            here = self.defect if number in odd else ""
            given = {**self._arguments(here), **self._swapped(number), **self._manner()}
            merely = [do("put_part", upload=symbol, number=number, **{**given, "send": False})] * self.asked
            steps += [*merely, *[do("put_part", upload=symbol, number=number, **given)] * (1 + self.again), *merely]
            if here == "fresh":
                steps.append(do("put_part", upload=symbol, number=number, fresh=True))
        return steps

    def _arguments(self, defect: str) -> dict[str, Json]:
        return {"lie": self.lie} if defect == "hash" else _ARGUMENTS.get(defect, {})

    def _swapped(self, number: int) -> dict[str, Json]:
        """Return which part's hash is reported for part `number`, if not its own: two are swapped."""
        pair = (self.where or self.order[-2:]) if self.defect == "swap" else ()
        return {"hash_of": sum(pair) - number} if number in pair else {}


def _shape(draw: st.DrawFn, parts: list[int], defect: str, *, order: list[int] | None = None) -> Shape:
    sent = tuple(order or range(1, len(parts) + 1))
    name_class, media, bare = draw(_NAMES), draw(_MEDIA), draw(st.booleans())
    return Shape(tuple(parts), sent, defect=defect, name_class=name_class, media=media, bare=bare)


def _fit(size: int, defect: str) -> int:
    """Return a size in bytes at which the defect is one: the declared size is never negative, nor zero by chance."""
    least = {"": 0, "empty": 0, "surplus": 2}.get(defect, 1)
    return 0 if defect == "empty" else max(size, least)


sizes = st.sampled_from((1, 17, 999, 65_536, 0))


@st.composite
def one_part(draw: st.DrawFn, *, bad: bool) -> Shape:
    """Draw a chunked upload of one part, or a single-part one, whose truth is definite."""
    chunked = draw(st.booleans())
    size = draw(sizes)
    defect = draw(st.sampled_from(PART_DEFECTS if chunked else (*WHOLE_DEFECTS, "empty"))) if bad else ""
    return replace(_shape(draw, [_fit(size, defect)], defect), chunked=chunked)


@st.composite
def many_parts(draw: st.DrawFn, *, bad: bool) -> Shape:
    """Draw a chunked upload of several small parts, sent in any order."""
    parts = draw(st.lists(st.integers(1, 300), min_size=2, max_size=6))
    order = draw(st.permutations(range(1, len(parts) + 1)))
    defect = draw(st.sampled_from(MANY_DEFECTS)) if bad else ""
    return _shape(draw, [size + _DISTINCT * (defect == "swap") for size in parts], defect, order=list(order))


@st.composite
def dozen_parts(draw: st.DrawFn) -> Shape:
    """Draw an upload of ten parts or more, so that their numbers sort differently as text.

    Its parts are no smaller than those of the probe, so that it is good wherever the probe is accepted.
    """
    return _shape(draw, draw(st.lists(st.integers(MOST_PROBED, 40), min_size=10, max_size=12)), "")


@st.composite
def misreported(draw: st.DrawFn) -> Shape:
    """Draw a chunked upload of one part whose size is reported wrong, and nothing else."""
    return _shape(draw, [draw(st.integers(2, 3000))], draw(st.sampled_from(SIZE_DEFECTS)))


@st.composite
def odd(draw: st.DrawFn) -> Shape:
    """Draw an upload whose truth stays open: a wrong chunk size, or other bytes sent again."""
    parts = draw(st.lists(st.integers(2, 300), min_size=1, max_size=3))
    return _shape(draw, parts, draw(st.sampled_from(ODD_DEFECTS)))


@st.composite
def large(draw: st.DrawFn, *, defects: tuple[str, ...] = ("",)) -> Shape:
    """Draw an upload of two parts, the first large enough for any store: several MiB, so few of them."""
    parts = [LARGE_PART, draw(st.integers(1, 4000))]
    order = draw(st.sampled_from(([1, 2], [2, 1])))
    return _shape(draw, parts, draw(st.sampled_from(defects)), order=order)


def definite(*, bad: bool) -> st.SearchStrategy[Shape]:
    """Draw an upload known GOOD, or one known BAD."""
    return st.one_of(one_part(bad=bad), many_parts(bad=True)) if bad else one_part(bad=False)


def any_shape() -> st.SearchStrategy[Shape]:
    """Draw any small upload: good, bad, of many small parts, or odd."""
    return st.one_of(definite(bad=False), definite(bad=True), many_parts(bad=False), odd())
