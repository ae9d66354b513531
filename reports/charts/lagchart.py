"""Convergence lag drawn: its distribution with the band of what cannot be told apart, and its course over the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from conformance.outcome.display_text import seconds

from ..words import endpoint
from .scale import Scale, nice_ticks, thin
from .svg import figure, path, tag

Group = Mapping[str, Any]
WIDTH, HEIGHT = 480.0, 250.0
PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, PLOT_BOTTOM = 44.0, 468.0, 14.0, 214.0
MOST_POINTS = 240
MOST_MARKS = 360


def curve(group: Group) -> Markup:
    """Draw the share of resources that are consistent after a time: the estimate, and the band it lies in."""
    points = thin(group.get("curve") or [], MOST_POINTS)
    if not points:
        return Markup("")
    across = Scale(0.0, max(point["t_s"] for point in points) * 1.05 or 1.0, PLOT_LEFT, PLOT_RIGHT)
    upward = Scale(0.0, 1.0, PLOT_BOTTOM, PLOT_TOP)
    high = _steps(points, "high", across, upward)
    low = _steps(points, "low", across, upward)
    known = [point for point in points if point.get("estimate") is not None]
    middle = [(across.at(point["t_s"]), upward.at(point["estimate"])) for point in known]
    label = f"Convergence lag of {group['kind']} at {endpoint(group['endpoint'])}: share consistent against time"
    return figure(
        WIDTH,
        HEIGHT,
        label,
        *_time_axis(across, "time since the writing call was answered"),
        *_share_axis(upward),
        tag("path", d=path([*high, *reversed(low)], closed=True), class_="band"),
        tag("path", d=path(middle), class_="estimate"),
        *_quantiles(group, across, upward),
        class_="chart",
    )


def _steps(points: Sequence[Group], name: str, across: Scale, upward: Scale) -> list[tuple[float, float]]:
    drawn = [(across.at(0.0), upward.at(0.0))]
    for point in points:
        x, y = across.at(point["t_s"]), upward.at(point[name])
        drawn += [(x, drawn[-1][1]), (x, y)]
    return [*drawn, (PLOT_RIGHT, drawn[-1][1])] if points else []


def _time_axis(across: Scale, title: str) -> list[Markup]:
    drawn = [tag("line", x1=PLOT_LEFT, x2=PLOT_RIGHT, y1=PLOT_BOTTOM, y2=PLOT_BOTTOM, class_="axis")]
    for value in nice_ticks(across.high):
        x = across.at(value)
        drawn.append(tag("line", x1=x, x2=x, y1=PLOT_TOP, y2=PLOT_BOTTOM, class_="grid"))
        drawn.append(tag("text", seconds(value), x=x, y=PLOT_BOTTOM + 15, class_="tick"))
    return [*drawn, tag("text", title, x=(PLOT_LEFT + PLOT_RIGHT) / 2, y=HEIGHT - 4, class_="axistitle")]


def _share_axis(upward: Scale) -> list[Markup]:
    drawn = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = upward.at(share)
        drawn.append(tag("line", x1=PLOT_LEFT, x2=PLOT_RIGHT, y1=y, y2=y, class_="grid"))
        drawn.append(tag("text", f"{share:.0%}", x=PLOT_LEFT - 6, y=y + 4, class_="tick left"))
    return drawn


def _quantiles(group: Group, across: Scale, upward: Scale) -> list[Markup]:
    drawn = []
    for quantile in group.get("quantiles") or []:
        value = quantile.get("estimate_s")
        if quantile["p"] not in (0.5, 0.95) or value is None or value > across.high:
            continue
        x, y = across.at(value), upward.at(quantile["p"])
        text = f"p{quantile['p'] * 100:g} {seconds(value)}"
        after = x < PLOT_RIGHT - 90
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
    longest = max(max(mark["at_least_s"], mark["at_most_s"] or 0.0) for mark in marks) or 1.0
    across = Scale(0.0, max(mark["begun_s"] for mark in marks) * 1.02 or 1.0, PLOT_LEFT, PLOT_RIGHT)
    upward = Scale(0.0, longest * 1.08, PLOT_BOTTOM, PLOT_TOP)
    return figure(
        WIDTH,
        HEIGHT,
        f"Convergence lag of {group['kind']} at {endpoint(group['endpoint'])} over the run",
        *_time_axis(across, "time since the run began"),
        *_lag_axis(upward),
        *(_mark(mark, across, upward) for mark in marks),
        class_="chart",
    )


def _lag_axis(upward: Scale) -> list[Markup]:
    drawn = []
    for value in nice_ticks(upward.high, 4):
        y = upward.at(value)
        drawn.append(tag("line", x1=PLOT_LEFT, x2=PLOT_RIGHT, y1=y, y2=y, class_="grid"))
        drawn.append(tag("text", seconds(value), x=PLOT_LEFT - 6, y=y + 4, class_="tick left"))
    return drawn


def _mark(mark: Group, across: Scale, upward: Scale) -> Markup:
    x, y = across.at(mark["begun_s"]), upward.at(mark["at_least_s"])
    if mark["at_most_s"] is None:
        head = [(x - 3.5, PLOT_TOP + 7), (x, PLOT_TOP), (x + 3.5, PLOT_TOP + 7)]
        return tag("path", d=f"{path([(x, y), (x, PLOT_TOP)])} {path(head)}", class_="span open")
    return tag("path", d=path([(x, y), (x, min(y - 2, upward.at(mark["at_most_s"])))]), class_="span")
