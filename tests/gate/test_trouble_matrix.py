"""Whatever goes wrong around the judge, no command ends with a verdict that it did not come to, hangs or crashes."""

from __future__ import annotations

from pathlib import Path

import pytest
from forked import HANGS, dds, preload
from trouble_table import SERVED, Case, cases, page

CASES = cases()
PAGE = Path(__file__).parents[2] / "docs" / "trouble.md"


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    preload()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_no_trouble_ends_as_a_verdict(case: Case, tmp_path: Path) -> None:
    """One sentence, the right code, no traceback, an end in time."""
    bad = case.prepare(tmp_path)
    words = [word.replace("{bad}", str(bad)) for word in case.words]
    done = dds(*words, cwd=tmp_path, env=case.env, streams=case.streams)
    assert done.code != HANGS
    assert done.code in case.codes, done.said
    assert "Traceback" not in done.said
    if not case.judges:
        assert done.err.strip(), "it must say what is wrong"
        assert done.code not in (0, 1)


def test_there_are_as_many_cases_as_the_gate_promises() -> None:
    """Distinct mechanisms, not variations; and cases in plenty."""
    assert len({case.trouble for case in CASES}) + len(SERVED) >= 40
    assert len(CASES) >= 200
    assert len({case.name for case in CASES}) == len(CASES)


def test_the_page_is_the_table() -> None:
    """``python tests/gate/trouble_table.py > docs/trouble.md`` draws it anew."""
    assert PAGE.read_text(encoding="utf-8") == page()
