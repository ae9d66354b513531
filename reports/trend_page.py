"""``trend.html``: many runs of a target over time, as one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from conformance.outcome.display_text import seconds
from conformance.release.trend import PastRun, Quantile, Row, Sight, Trend

from .charts.scale import Scale, nice_ticks
from .charts.svg import figure, path, tag
from .page import moment
from .render import page
from .words import LEVELS, OUTCOMES, endpoint

WIDTH, HEIGHT = 480.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 468.0, 14.0, 180.0
WORST = tuple(OUTCOMES)


def write(trends: Sequence[Trend], output: Path, *, left_out: Sequence[str] = ()) -> Path:
    """Write the page of all targets to `output`; return its path."""
    view = {
        "targets": [_target(one, f"t{place}") for place, one in enumerate(trends, start=1)],
        "left_out": left_out,
        "outcomes": OUTCOMES,
        "moment": moment,
        "levels": LEVELS,
    }
    output.write_text(page("trend.html.j2", view, script="trend.js", style="trend.css"), "utf-8", errors="replace")
    return output


def _target(trend: Trend, name: str) -> dict[str, Any]:
    newest = trend.runs[-1]
    return {
        "name": name,
        "base_url": trend.base_url,
        "runs": trend.runs,
        "newest": newest,
        "span": f"{moment(trend.runs[0].begun)} to {moment(newest.begun)}",
        "rows": [_row(row) for row in trend.rows],
        "sights": [_sight(sight, newest) for sight in trend.sights],
        "charts": list(_charts(trend)),
    }


def _row(row: Row) -> dict[str, Any]:
    now = row.outcomes[-1]
    return {"row": row, "now": now, "rank": WORST.index(now), "level_rank": list(LEVELS).index(row.level)}


def _sight(sight: Sight, newest: PastRun) -> dict[str, Any]:
    gone = sight.last.run_id != newest.run_id
    state = "gone" if gone else "flaky" if sight.flaky else "there"
    return {"sight": sight, "state": state, "anchor": f"{sight.last.link}#{sight.requirement}"}


# ---- charts


def _charts(trend: Trend) -> Iterator[dict[str, Any]]:
    times = [_instant(run.begun) for run in trend.runs]
    for key in dict.fromkeys(key for run in trend.runs for key in run.lags):
        points = [(at, run.lags[key]) for at, run in zip(times, trend.runs, strict=True) if run.lags.get(key)]
        drawn = _lag_chart(key, points)
        if drawn:
            yield {"title": f"Lag of {key[0]} at {endpoint(key[1])}", "svg": drawn}
    for title, values in (
        ("Requests of a run", [float(run.requests) for run in trend.runs]),
        ("Duration of a run (s)", [run.duration_s for run in trend.runs]),
    ):
        yield {"title": title, "svg": _plain_chart(title, list(zip(times, values, strict=True)))}


def _instant(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


def _lag_chart(key: tuple[str, str], points: Sequence[tuple[float, Sequence[Quantile]]]) -> Markup | None:
    series = {p: [(at, q) for at, found in points for q in found if q.p == p and q.estimate_s is not None]
              for p in (0.5, 0.95)}  # fmt: skip
    tops = [q.high_s or q.estimate_s or 0.0 for found in series.values() for _, q in found]
    if not tops:
        return None
    across, upward = _scales([at for at, _ in points], max(tops))
    parts: list[Markup] = [*_axes(across, upward, seconds)]
    for p, found in series.items():
        low = [(across.at(at), upward.at(q.estimate_s if q.low_s is None else q.low_s)) for at, q in found]  # type: ignore[arg-type] # estimates are known here
        high = [(across.at(at), upward.at(q.estimate_s if q.high_s is None else q.high_s)) for at, q in found]  # type: ignore[arg-type] # the same
        middle = [(across.at(at), upward.at(q.estimate_s or 0.0)) for at, q in found]
        parts.append(tag("path", d=path([*high, *reversed(low)], closed=True), class_="band"))
        parts.append(tag("path", d=path(middle), class_=f"estimate p{p * 100:.0f}"))
        parts += [tag("circle", cx=x, cy=y, r=2.5, class_="point") for x, y in middle]
    label = f"Convergence lag of {key[0]} at {endpoint(key[1])} over time: median and 95th percentile with their bands"
    return figure(WIDTH, HEIGHT, label, *parts, class_="chart")


def _plain_chart(title: str, points: Sequence[tuple[float, float]]) -> Markup:
    across, upward = _scales([at for at, _ in points], max(value for _, value in points))
    places = [(across.at(at), upward.at(value)) for at, value in points]
    dots = [tag("circle", cx=x, cy=y, r=2.5, class_="point") for x, y in places]
    axes = _axes(across, upward, lambda value: f"{value:,.0f}")
    return figure(WIDTH, HEIGHT, f"{title} over time", *axes, tag("path", d=path(places), class_="estimate"), *dots,
                  class_="chart")  # fmt: skip


def _scales(times: Sequence[float], high: float) -> tuple[Scale, Scale]:
    first, last = min(times), max(times)
    across = Scale(first, last, LEFT + 6, RIGHT - 6) if last > first else Scale(first - 1, first + 1, LEFT, RIGHT)
    return across, Scale(0.0, high * 1.05 or 1.0, BOTTOM, TOP)


def _axes(across: Scale, upward: Scale, said: Any) -> Iterator[Markup]:
    yield tag("line", x1=LEFT, x2=RIGHT, y1=BOTTOM, y2=BOTTOM, class_="axis")
    for value in nice_ticks(upward.high, 4):
        y = upward.at(value)
        yield tag("line", x1=LEFT, x2=RIGHT, y1=y, y2=y, class_="grid")
        yield tag("text", said(value), x=LEFT - 6, y=y + 4, class_="tick left")
    for place, at in ((LEFT, across.low), (RIGHT, across.high)):
        day = datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d")
        yield tag("text", day, x=place, y=BOTTOM + 16, class_="tick left" if place == RIGHT else "tick right")
