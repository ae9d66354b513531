"""Load drawn: throughput over a soak, and each convergence lag against the load under which it began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from conformance.outcome.display_text import seconds

from .plot_area import BOTTOM, LEFT, MOST_MARKS, RIGHT, TOP, across_axis, chart, lag_mark, lag_scale, upward_axis
from .scale import Scale, nice_ticks, thin
from .svg import path, tag

Section = Mapping[str, Any]


def throughput(section: Section) -> Markup:
    """Draw the requests of each second over the time of the soak."""
    points = section.get("over_time") or []
    if not points:
        return Markup("")
    across = Scale(0.0, max(point["at_s"] for point in points) or 1.0, LEFT, RIGHT)
    upward = Scale(0.0, max(point["per_s"] for point in points) * 1.08 or 1.0, BOTTOM, TOP)
    line = [(across.at(point["at_s"]), upward.at(point["per_s"])) for point in points]
    return chart(
        "Requests a second over the soak",
        *across_axis(across, "time since the soak began", seconds),
        *upward_axis(upward, nice_ticks(upward.high, 4), "{:g}".format),
        tag("path", d=path(line), class_="estimate"),
    )


def against_load(section: Section) -> Markup:
    """Draw each lag as the interval that it is known to lie in, above the load under which it began."""
    marks = thin(section.get("lag_against_load") or [], MOST_MARKS)
    if not marks:
        return Markup("")
    across = Scale(0.0, max(mark["load"] for mark in marks) * 1.04 or 1.0, LEFT, RIGHT)
    upward = lag_scale(marks)
    return chart(
        "Convergence lag of uploads against the requests under way when it began",
        *across_axis(across, "requests under way at once", "{:g}".format),
        *upward_axis(upward, nice_ticks(upward.high, 4), seconds),
        *(lag_mark(across.at(mark["load"]), mark, upward) for mark in marks),
        *_medians(section.get("slows_down") or {}, across, upward),
    )


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
