"""Load drawn: throughput over a soak, and each convergence lag against the load under which it began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from conformance.outcome.display_text import seconds

from .scale import Scale, nice_ticks, thin
from .svg import figure, path, tag

Section = Mapping[str, Any]
WIDTH, HEIGHT = 480.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 468.0, 14.0, 214.0
MOST_MARKS = 360


def throughput(section: Section) -> Markup:
    """Draw the requests of each second over the time of the soak."""
    points = section.get("over_time") or []
    if not points:
        return Markup("")
    across = Scale(0.0, max(point["at_s"] for point in points) or 1.0, LEFT, RIGHT)
    upward = Scale(0.0, max(point["per_s"] for point in points) * 1.08 or 1.0, BOTTOM, TOP)
    line = [(across.at(point["at_s"]), upward.at(point["per_s"])) for point in points]
    return figure(
        WIDTH,
        HEIGHT,
        "Requests a second over the soak",
        *_across(across, "time since the soak began", seconds),
        *_upward(upward, lambda value: f"{value:g}"),
        tag("path", d=path(line), class_="estimate"),
        class_="chart",
    )


def against_load(section: Section) -> Markup:
    """Draw each lag as the interval that it is known to lie in, above the load under which it began."""
    marks = thin(section.get("lag_against_load") or [], MOST_MARKS)
    if not marks:
        return Markup("")
    longest = max(max(mark["at_least_s"], mark["at_most_s"] or 0.0) for mark in marks) or 1.0
    across = Scale(0.0, max(mark["load"] for mark in marks) * 1.04 or 1.0, LEFT, RIGHT)
    upward = Scale(0.0, longest * 1.08, BOTTOM, TOP)
    return figure(
        WIDTH,
        HEIGHT,
        "Convergence lag of uploads against the requests under way when it began",
        *_across(across, "requests under way at once", lambda value: f"{value:g}"),
        *_upward(upward, seconds),
        *(_mark(mark, across, upward) for mark in marks),
        *_medians(section.get("slows_down") or {}, across, upward),
        class_="chart",
    )


def _across(across: Scale, title: str, said: Any) -> list[Markup]:
    drawn = [tag("line", x1=LEFT, x2=RIGHT, y1=BOTTOM, y2=BOTTOM, class_="axis")]
    for value in nice_ticks(across.high):
        x = across.at(value)
        drawn.append(tag("line", x1=x, x2=x, y1=TOP, y2=BOTTOM, class_="grid"))
        drawn.append(tag("text", said(value), x=x, y=BOTTOM + 15, class_="tick"))
    return [*drawn, tag("text", title, x=(LEFT + RIGHT) / 2, y=HEIGHT - 4, class_="axistitle")]


def _upward(upward: Scale, said: Any) -> list[Markup]:
    drawn = []
    for value in nice_ticks(upward.high, 4):
        y = upward.at(value)
        drawn.append(tag("line", x1=LEFT, x2=RIGHT, y1=y, y2=y, class_="grid"))
        drawn.append(tag("text", said(value), x=LEFT - 6, y=y + 4, class_="tick left"))
    return drawn


def _mark(mark: Section, across: Scale, upward: Scale) -> Markup:
    x, y = across.at(mark["load"]), upward.at(mark["at_least_s"])
    if mark["at_most_s"] is None:
        head = [(x - 3.5, TOP + 7), (x, TOP), (x + 3.5, TOP + 7)]
        return tag("path", d=f"{path([(x, y), (x, TOP)])} {path(head)}", class_="span open")
    return tag("path", d=path([(x, y), (x, min(y - 2, upward.at(mark["at_most_s"])))]), class_="span")


def _medians(compared: Section, across: Scale, upward: Scale) -> Sequence[Markup]:
    """Draw the median under less and under more load, each over the loads that it is of."""
    drawn = []
    for half in (compared.get("less"), compared.get("more")):
        middle = half["median"]["estimate_s"] if half else None
        if half and middle is not None:
            y = upward.at(middle)
            ends = [(across.at(half["load_from"]), y), (across.at(half["load_to"]), y)]
            drawn.append(tag("path", d=path(ends), class_="estimate"))
    return drawn


def slows_down(section: Section) -> str:
    """Say in one sentence whether convergence slows down as load grows."""
    compared = section.get("slows_down") or {}
    if compared.get("answer") not in ("yes", "not seen"):
        return "Too few lags to say whether convergence slows down as load grows."
    less, more = (_half(compared[name]) for name in ("less", "more"))
    if compared["answer"] == "yes":
        return f"Convergence slows down as load grows: {less}, and {more}."
    return f"Convergence was not seen to slow down as load grows: {less}, and {more}; their bounds overlap."


def _half(half: Section) -> str:
    median = half["median"]
    high = "no upper bound" if median["high_s"] is None else f"to {seconds(median['high_s'])}"
    load = f"{half['load_from']:.3g} to {half['load_to']:.3g} requests under way"
    return f"the median lag lies within {seconds(median['low_s'])} {high} at {load}"
