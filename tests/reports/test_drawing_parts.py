"""The parts of the drawings: the clock, the timeline, the charts, the thinning."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest
from conformance.reports.charts.lagchart import MOST_MARKS, course, curve
from conformance.reports.charts.scale import nice_ticks, thin
from conformance.reports.charts.time_axis import LEAST, clock
from conformance.reports.charts.timeline import timeline
from conformance.reports.finding_views import FULL_PER_RULE, LINES_PER_RULE, finding_views
from hypothesis import given
from hypothesis import strategies as st
from samples import lag_group

Document = dict[str, Any]
Sample = Callable[[str], Document]
SPANS = st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**11)), min_size=1, max_size=4)


@given(SPANS)
def test_the_clock_keeps_order_and_fills_its_line(spans: list[tuple[int, int]]) -> None:
    """Earlier is left of later by at least the least step, and nothing leaves the line."""
    intervals = [(begun, begun + length) for begun, length in spans]
    drawn = clock(intervals, 100.0, 400.0)
    steps = [b - a for a, b in zip(drawn.places, drawn.places[1:], strict=False)]
    assert all(step >= LEAST - 1e-6 for step in steps)
    assert drawn.places[0] == 100.0
    assert drawn.places[-1] <= 500.0 + 1e-6


def test_a_long_idle_time_is_cut_and_marked() -> None:
    """A minute of silence between two short bars does not squeeze them."""
    drawn = clock([(0, 10), (60_000, 60_010)], 0.0, 300.0)
    ((_, length),) = drawn.cuts
    assert length == 59_990
    assert drawn.place(10) - drawn.place(0) > 40


def test_busy_time_is_never_cut() -> None:
    """A long exchange is shown as long as it is."""
    assert clock([(0, 60_000), (60_010, 60_020)], 0.0, 300.0).cuts == ()


def test_the_timeline_marks_the_pair_that_cannot_be_and_says_the_gap(sample: Sample) -> None:
    """Both bars are framed, and the time between them is written."""
    (finding,) = [one for one in sample("nonconformant")["findings"] if one["requirement"] == "one-verdict"]
    root = ET.fromstring(timeline(finding))
    bars = [one.get("class", "") for one in root.iter() if "bar" in one.get("class", "").split()]
    assert bars == ["bar ok marked", "bar nc marked"]
    assert "✕ 40 ms later" in "".join(root.itertext())


def test_an_exchange_that_never_ended_is_drawn_to_the_end(sample: Sample) -> None:
    """An indeterminate operation may still act, and looks like it."""
    (finding,) = [one for one in sample("nonconformant")["findings"] if one["requirement"] == "bad-never-200"]
    root = ET.fromstring(timeline(finding))
    ends = {
        one.get("class"): float(one.get("x", 0)) + float(one.get("width", 0)) for one in root.iter() if one.get("width")
    }
    lost = next(end for kind, end in ends.items() if kind and "lost" in kind)
    assert lost == max(ends.values())
    assert "never ended" in "".join(root.itertext())


@pytest.mark.parametrize("change", [{"b_ns": None}, {"status": None}, {"a_ns": 0, "b_ns": 0}, {"user": None}])
def test_any_single_exchange_can_be_drawn(sample: Sample, change: Document) -> None:
    """No shape of evidence breaks the drawing."""
    finding = sample("nonconformant")["findings"][3]
    finding["evidence"][0].update(change)
    ET.fromstring(timeline(finding))


def test_a_finding_without_evidence_has_no_drawing(sample: Sample) -> None:
    """A finding about the target's description names no operations."""
    finding = sample("nonconformant")["findings"][0]
    assert timeline({**finding, "evidence": []}) == ""


def test_the_charts_are_drawn_with_their_band_and_every_mark() -> None:
    """The curve has band and estimate; each lag is a stroke, an unseen end an arrow."""
    group = lag_group("GET /files/{id}/url", "good", 1.0)
    kinds = [one.get("class") for one in ET.fromstring(curve(group)).iter()]
    assert {"band", "estimate", "point"} <= set(kinds)
    strokes = [one.get("class") for one in ET.fromstring(course(group)).iter()]
    assert strokes.count("span") == 117
    assert strokes.count("span open") == 1


def test_a_group_without_points_has_no_chart() -> None:
    """Nothing seen, nothing drawn."""
    empty = {"endpoint": "e", "kind": "k", "curve": [], "over_time": [], "quantiles": []}
    assert curve(empty) == ""
    assert course(empty) == ""


def test_long_series_are_thinned_and_keep_their_ends() -> None:
    """A hundred thousand lags become as many strokes as an eye can tell."""
    retained = thin(range(100_000), MOST_MARKS)
    assert (len(retained), retained[0], retained[-1]) == (MOST_MARKS, 0, 99_999)
    assert thin([1, 2, 3], 3) == [1, 2, 3]


@given(st.floats(min_value=1e-9, max_value=1e9))
def test_ticks_are_few_rising_and_within_the_range(high: float) -> None:
    """Round values from zero to the end."""
    ticks = nice_ticks(high)
    assert ticks[0] == 0.0
    assert 2 <= len(ticks) <= 7
    assert ticks == sorted(set(ticks))
    assert ticks[-1] <= high * (1 + 1e-9)


def test_findings_of_one_rule_are_shown_in_part_as_lines_and_as_a_count(sample: Sample) -> None:
    """The first of each rule in full, more as lines, the rest as a number; none is lost from the count."""
    document = sample("nonconformant")
    template = document["findings"][0]
    document["findings"] = [{**template, "index": i, "rule": f"rule-{i % 2}"} for i in range(500)]
    rows = {row["id"]: row for row in document["requirements"]}
    (view,) = finding_views(document, rows)
    assert [one["index"] for one in view["full"]] == list(range(2 * FULL_PER_RULE))
    assert len(view["lines"]) == LINES_PER_RULE
    assert len(view["full"]) + len(view["lines"]) + view["hidden"] == view["total"] == 500
