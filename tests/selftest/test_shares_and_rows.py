"""Rows that are kept between two calls, and the share of seeds that convict a fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.cli import selftest_command
from conformance.selftest import Subject, Trialled, subjects
from conformance.selftest.row_store import RowStore
from conformance.selftest.seed_share import drawn, share_table, shares

FAULT = Subject("never-good", "good uploads never converge", ("converges-upload", "status-record"))


def row(subject: Subject, *convicted: str, outcome: str = "nonconformant") -> Trialled:
    """Make what came of a subject."""
    return Trialled(subject, outcome, convicted, convicted, 12, 0.5, 9.0)


def test_a_row_is_found_again_by_the_same_code_effort_and_seed(tmp_path: Path) -> None:
    """Another code, effort or seed has to be tried."""
    path = tmp_path / "rows.jsonl"
    RowStore(path, "code").add(row(FAULT, "converges-upload"), effort="quick", seed=1)
    again = RowStore(path, "code")
    assert again.find(FAULT, effort="quick", seed=1) == row(FAULT, "converges-upload")
    assert again.find(FAULT, effort="quick", seed=2) is None
    assert again.find(FAULT, effort="standard", seed=1) is None
    assert RowStore(path, "other code").find(FAULT, effort="quick", seed=1) is None


def test_a_row_of_the_suites_own_trouble_is_tried_again(tmp_path: Path) -> None:
    """An error says nothing about the fault."""
    path = tmp_path / "rows.jsonl"
    RowStore(path, "code").add(row(FAULT, outcome="error 5"), effort="quick", seed=1)
    assert RowStore(path, "code").find(FAULT, effort="quick", seed=1) is None


@pytest.mark.parametrize(
    "line", ['{"code": "co', "", "[]", '{"code": "code", "effort": "quick", "seed": 1, "row": {}}']
)
def test_a_line_that_was_cut_is_passed_over(tmp_path: Path, line: str) -> None:
    """What was killed in the middle of a line goes on with the next."""
    path = tmp_path / "rows.jsonl"
    RowStore(path, "code").add(row(FAULT, "converges-upload"), effort="quick", seed=1)
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
    assert RowStore(path, "code").find(FAULT, effort="quick", seed=1) is not None


def test_a_share_counts_the_seeds_that_convict_and_names_the_others() -> None:
    """The weakest comes first, and is set off."""
    other = Subject("never-bad", "bad uploads never converge", ("converges-upload",))
    rows = [(seed, row(FAULT, "converges-upload")) for seed in range(10)]
    rows += [(seed, row(other, *(["converges-upload"] if seed < 8 else []))) for seed in range(10)]
    weak, strong = shares(rows)
    assert (weak.subject, weak.share, weak.missed, weak.weak) == (other, 0.8, (8, 9), True)
    assert (strong.share, strong.weak) == (1.0, False)
    table = share_table([weak, strong], made="today")
    assert "| never-bad | **80%** of 10 | 8, 9 |" in table
    assert "1 of 2 are judged rightly by less than 90%" in table


def test_faults_are_drawn_by_a_seed_and_variants_are_not() -> None:
    """The same seed draws the same faults; more than there are is all of them."""
    every = subjects()
    assert drawn(every, 20, 7) == drawn(every, 20, 7) != drawn(every, 20, 8)
    assert not any(subject.legal for subject in drawn(every, 20, 7))
    assert len(drawn(every, 10_000, 7)) == sum(not subject.legal for subject in every)


def test_the_command_tries_what_no_kept_row_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after one of three seeds, it tries the two others, and counts all three."""
    tried: list[int] = []

    def instead(subject: Subject, *, effort: str, seed: int) -> Trialled:
        tried.append(seed)
        return row(subject, *(["converges-upload"] if seed < 3 else []), outcome=effort and "nonconformant")

    monkeypatch.setattr(selftest_command, "try_subject", instead)
    state = tmp_path / "rows.jsonl"
    words = ["--only", "never-good", "--effort", "quick", "--state", str(state), "--seed", "1"]
    first = CliRunner().invoke(selftest_command.selftest, words, standalone_mode=False)
    shared = CliRunner().invoke(selftest_command.selftest, [*words, "--share", "3"], standalone_mode=False)
    assert (first.return_value, tried) == (0, [1, 2, 3])
    assert "| never-good | **67%** of 3 | 3 |" in shared.output
    assert shared.return_value == 1
