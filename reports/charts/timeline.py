"""The exchanges that prove a finding, as bars on one clock, the impossible pair marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from conformance.outcome.display_text import seconds

from ..words import answer_class, answer_text, shorten
from .svg import figure, path, tag
from .time_axis import Clock, clock

Exchange = Mapping[str, Any]
NS = 1e9
WIDTH, LEFT, RIGHT = 1000.0, 288.0, 740.0
TOP, ROW, BAR = 14.0, 58.0, 18.0
TICK_ROOM = 58.0


def timeline(finding: Mapping[str, Any], base_url: str = "") -> Markup:
    """Draw the evidence of a finding, paths shown below the target's base; nothing when it has none."""
    evidence: Sequence[Exchange] = finding["evidence"]
    if not evidence:
        return Markup("")
    end = max(_end(one) for one in evidence)
    intervals = [(one["a_ns"], _end(one) if one["b_ns"] is not None else end + 1) for one in evidence]
    axis = clock(intervals, LEFT, RIGHT - LEFT)
    pair = impossible(finding)
    rows = [
        _row(i, one, axis, interval, base=urlsplit(base_url).path, marked=i in pair)
        for i, (one, interval) in enumerate(zip(evidence, intervals, strict=True))
    ]
    height = TOP + ROW * len(evidence) + 34
    label = f"{len(evidence)} exchanges on one clock: {finding['sentence']}"
    return figure(
        WIDTH,
        height,
        label,
        *_grid(axis, height),
        *rows,
        *_gap(evidence, pair, axis),
        class_="timeline",
    )


def impossible(finding: Mapping[str, Any]) -> tuple[int, ...]:
    """Say which exchanges cannot both be: the first and the last that the sentence names, in order of their begin."""
    evidence = finding["evidence"]
    ends = {0, len(evidence) - 1}
    return tuple(sorted(ends, key=lambda i: evidence[i]["a_ns"]))


def _end(one: Exchange) -> int:
    return int(one["a_ns"] if one["b_ns"] is None else one["b_ns"])


def _grid(axis: Clock, height: float) -> list[Markup]:
    foot = height - 26
    drawn = [tag("line", x1=LEFT, x2=RIGHT, y1=foot, y2=foot, class_="axis")]
    free_from = -TICK_ROOM
    for instant, x in zip(axis.instants, axis.places, strict=True):
        drawn.append(tag("line", x1=x, x2=x, y1=TOP, y2=foot, class_="grid"))
        if x - free_from >= TICK_ROOM:
            text = seconds((instant - axis.instants[0]) / NS)
            drawn.append(tag("text", text, x=x, y=height - 9, class_="tick"))
            free_from = x
    for x, length in axis.cuts:
        drawn.append(tag("path", d=_slashes(x, foot), class_="cut"))
        drawn.append(tag("text", f"{seconds(length / NS)} idle", x=x, y=foot - 9, class_="cuttext"))
    return drawn


def _slashes(x: float, y: float) -> str:
    return f"{path([(x - 6, y + 6), (x, y - 6)])} {path([(x, y + 6), (x + 6, y - 6)])}"


def _row(  # noqa: PLR0913 - what one row shows
    index: int, one: Exchange, axis: Clock, interval: tuple[int, int], *, base: str, marked: bool
) -> Markup:
    y = TOP + ROW * index
    begin, finish = (axis.place(instant) for instant in interval)
    middle = y + ROW / 2
    kind = answer_class(one)
    bar = tag(
        "rect",
        tag("title", f"{one['id']}: {one['method']} {one['path']} → {answer_text(one)}"),
        x=begin,
        y=middle - BAR / 2,
        width=max(4.0, finish - begin),
        height=BAR,
        rx=4,
        class_=f"bar {kind}{' marked' if marked else ''}",
    )
    who = " · ".join(str(part) for part in (one["id"], str(one["session"]).split("/")[-1], _user(one)) if part)
    took = "never ended" if one["b_ns"] is None else f"took {seconds((one['b_ns'] - one['a_ns']) / NS)}"
    return tag(
        "g",
        tag("circle", cx=13, cy=middle, r=11, class_=f"number{' marked' if marked else ''}"),
        tag("text", str(index + 1), x=13, y=middle + 4, class_="numeral"),
        tag("text", shorten(f"{one['method']} {_short_path(one, base)}", 33), x=32, y=middle - 3, class_="call"),
        tag("text", shorten(who, 40), x=32, y=middle + 13, class_="who"),
        bar,
        tag("text", shorten(answer_text(one), 29), x=RIGHT + 16, y=middle - 3, class_=f"answer {kind}"),
        tag("text", took, x=RIGHT + 16, y=middle + 13, class_="who"),
    )


def _user(one: Exchange) -> str:
    if one.get("role") == "storage":
        return "storage"
    user = one.get("user", "owner")
    return "" if user == "owner" else "no token" if user is None else f"{user} user"


def _short_path(one: Exchange, base: str) -> str:
    plain = str(one["path"]).split("?")[0]
    plain = plain.removeprefix(base) if one.get("role") != "storage" else plain
    parts = [shorten(part, 6) if len(part) > 20 else part for part in plain.split("/")]
    return "/".join(parts)


def _gap(evidence: Sequence[Exchange], pair: Sequence[int], axis: Clock) -> list[Markup]:
    """Join the end of the one to the begin of the other, with the time between them."""
    if len(pair) < 2 or evidence[pair[0]]["b_ns"] is None:
        return []
    first, second = pair
    between = evidence[second]["a_ns"] - evidence[first]["b_ns"]
    if between <= 0:
        return []
    x1, x2 = axis.place(evidence[first]["b_ns"]), axis.place(evidence[second]["a_ns"])
    y1, y2 = (TOP + ROW * i + ROW / 2 for i in (first, second))
    turn = y2 - ROW / 2 if y2 > y1 else y2 + ROW / 2
    return [
        tag("path", d=path([(x1, y1), (x1, turn), (x2, turn), (x2, y2)]), class_="gap"),
        tag("text", f"✕ {seconds(between / NS)} later", x=(x1 + x2) / 2, y=turn - 6, class_="gaptext"),
    ]
