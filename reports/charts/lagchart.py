"""Convergence lag drawn: its distribution with the band of what cannot be told apart, and its course over the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from conformance.outcome.display_text import seconds

from ..words import endpoint
from .plot_area import BOTTOM, LEFT, MOST_MARKS, RIGHT, TOP, across_axis, chart, lag_mark, lag_scale, upward_axis
from .scale import Scale, nice_ticks, thin
from .svg import path, tag

Group = Mapping[str, Any]
MOST_POINTS = 240
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def curve(group: Group) -> Markup:
    """Draw the share of resources that are consistent after a time: the estimate, and the band it lies in."""
    points = thin(group.get("curve") or [], MOST_POINTS)
    if not points:
        return Markup("")
    across = Scale(0.0, max(point["t_s"] for point in points) * 1.05 or 1.0, LEFT, RIGHT)
    upward = Scale(0.0, 1.0, BOTTOM, TOP)
    high = _steps(points, "high", across, upward)
    low = _steps(points, "low", across, upward)
    known = [point for point in points if point.get("estimate") is not None]
    middle = [(across.at(point["t_s"]), upward.at(point["estimate"])) for point in known]
    label = f"Convergence lag of {group['kind']} at {endpoint(group['endpoint'])}: share consistent against time"
    return chart(
        label,
        *across_axis(across, "time since the writing call was answered", seconds),
        *upward_axis(upward, SHARES, "{:.0%}".format),
        tag("path", d=path([*high, *reversed(low)], closed=True), class_="band"),
        tag("path", d=path(middle), class_="estimate"),
        *_quantiles(group, across, upward),
    )


def _steps(points: Sequence[Group], name: str, across: Scale, upward: Scale) -> list[tuple[float, float]]:
    drawn = [(across.at(0.0), upward.at(0.0))]
    for point in points:
        x, y = across.at(point["t_s"]), upward.at(point[name])
        drawn += [(x, drawn[-1][1]), (x, y)]
    return [*drawn, (RIGHT, drawn[-1][1])] if points else []


def _quantiles(group: Group, across: Scale, upward: Scale) -> list[Markup]:
    drawn = []
    for quantile in group.get("quantiles") or []:
        value = quantile.get("estimate_s")
        if quantile["p"] not in (0.5, 0.95) or value is None or value > across.high:
            continue
        x, y = across.at(value), upward.at(quantile["p"])
        text = f"p{quantile['p'] * 100:g} {seconds(value)}"
        after = x < RIGHT - 90
        drawn.append(tag("circle", cx=x, cy=y, r=4, class_="point"))
        drawn.append(
            tag("text", text, x=x + (9 if after else -9), y=y + 16, class_="pointtext" if after else "pointtext left")
        )
    return drawn


def course(group: Group) -> Markup:
    """Draw each lag as the interval it is known to lie in, at the time of the run when it began."""
    marks = thin(group.get("over_time") or [], MOST_MARKS)
    if not marks:
        return Markup("")
    across = Scale(0.0, max(mark["begun_s"] for mark in marks) * 1.02 or 1.0, LEFT, RIGHT)
    upward = lag_scale(marks)
    return chart(
        f"Convergence lag of {group['kind']} at {endpoint(group['endpoint'])} over the run",
        *across_axis(across, "time since the run began", seconds),
        *upward_axis(upward, nice_ticks(upward.high, 4), seconds),
        *(lag_mark(across.at(mark["begun_s"]), mark, upward) for mark in marks),
    )
