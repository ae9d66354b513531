"""The history that docs/theory.md works through, judged: its figures are the judge's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conformance.judge import judge_history
from conformance.model import Judgement

sys.path.insert(0, str(Path(__file__).parents[1] / "consistency"))

from judge_timeline import Scribe

PAGE = Path(__file__).parents[2] / "docs" / "theory.md"
MS = 1_000_000


def drawn_history(*, last: str | None) -> Judgement:
    """Judge the drawn history; `last` is who reads at 230 ms, if anybody."""
    scribe = Scribe()
    scribe.project("writer", 1 * MS, 2 * MS)
    scribe.upload("writer", 3 * MS, 4 * MS)
    scribe.complete("writer", 100 * MS, 130 * MS, "202")
    scribe.file("writer", 131 * MS, 140 * MS, "201")
    for reader, begun, ended, answer in (
        ("reader 1", 150, 154, "nc"),
        ("reader 2", 160, 163, "nc"),
        ("reader 2", 196, 199, "nc"),
        ("reader 1", 201, 206, "200"),
        *([(last, 230, 233, "nc")] if last else []),
    ):
        scribe.url(reader, begun * MS, ended * MS, answer)
    return judge_history(scribe.history())


def test_the_lag_of_the_drawn_history_is_that_of_the_page() -> None:
    """Between L2 - U1 and U2 - L1."""
    (lag,) = [lag for lag in drawn_history(last=None).lags if "upload" in lag.kind]
    assert (lag.at_least_s, lag.at_most_s) == (pytest.approx(0.066), pytest.approx(0.106))
    assert "`196 - 130 = 66` and `206 - 100 = 106` ms" in PAGE.read_text(encoding="utf-8")


def test_the_last_read_is_measured_for_another_reader_and_a_should_for_the_same_one() -> None:
    """Staleness is at least L2 - U2 = 24 ms."""
    across = drawn_history(last="reader 2").tallies
    assert across["realtime-monotonic"].measured["staleness_s"] == pytest.approx(0.024)
    assert not across["session-monotonic"].findings
    assert drawn_history(last="reader 1").tallies["session-monotonic"].findings
    assert "at least 24 ms after" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["theory-automaton.svg", "kill-matrix.md"])
def test_what_the_page_shows_and_links_exists(name: str) -> None:
    """A picture that is missing explains nothing."""
    assert (PAGE.parent / name).is_file()
    assert name in PAGE.read_text(encoding="utf-8")
