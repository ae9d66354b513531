"""The area that lag and load are drawn in: its axes, and the mark of one lag."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import Markup

from .scale import Scale, nice_ticks
from .svg import figure, path, tag

WIDTH, HEIGHT = 480.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 468.0, 14.0, 214.0
MOST_MARKS = 360


def chart(label: str, *children: object) -> Markup:
    """Build the image from what stands in it; `label` says what it shows to who cannot see it."""
    return figure(WIDTH, HEIGHT, label, *children, class_="chart")


def across_axis(across: Scale, title: str, said: Callable[[float], str]) -> list[Markup]:
    """Draw the axis below, its ticks written by `said`, and its title."""
    drawn = [tag("line", x1=LEFT, x2=RIGHT, y1=BOTTOM, y2=BOTTOM, class_="axis")]
    for value in nice_ticks(across.high):
        x = across.at(value)
        drawn.append(tag("line", x1=x, x2=x, y1=TOP, y2=BOTTOM, class_="grid"))
        drawn.append(tag("text", said(value), x=x, y=BOTTOM + 15, class_="tick"))
    return [*drawn, tag("text", title, x=(LEFT + RIGHT) / 2, y=HEIGHT - 4, class_="axistitle")]


def upward_axis(upward: Scale, values: Iterable[float], said: Callable[[float], str]) -> list[Markup]:
    """Draw a line across at each of `values`, written by `said`."""
    drawn = []
    for value in values:
        y = upward.at(value)
        drawn.append(tag("line", x1=LEFT, x2=RIGHT, y1=y, y2=y, class_="grid"))
        drawn.append(tag("text", said(value), x=LEFT - 6, y=y + 4, class_="tick left"))
    return drawn


def lag_mark(x: float, lag: Any, upward: Scale) -> Markup:
    """Draw the interval (s) that a lag is known to lie in, with an arrow where it has no end."""
    y = upward.at(lag["at_least_s"])
    if lag["at_most_s"] is None:
        head = [(x - 3.5, TOP + 7), (x, TOP), (x + 3.5, TOP + 7)]
        return tag("path", d=f"{path([(x, y), (x, TOP)])} {path(head)}", class_="span open")
    return tag("path", d=path([(x, y), (x, min(y - 2, upward.at(lag["at_most_s"])))]), class_="span")


def lag_scale(lags: Iterable[Any]) -> Scale:
    """Return a scale (s) upward that holds all of these lags."""
    longest = max(max(lag["at_least_s"], lag["at_most_s"] or 0.0) for lag in lags) or 1.0
    return Scale(0.0, longest * 1.08, BOTTOM, TOP)
