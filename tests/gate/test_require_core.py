"""``judge --require-core``: a recording without the core ends with 4, as a run without it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.cli.judge_command import judge

RECORDED = Path(__file__).parents[1] / "data" / "recorded" / "deployed-history.jsonl"


@pytest.mark.parametrize(("words", "code", "outcome"), [((), 0, "conformant"), (("--require-core",), 4, "incomplete")])
def test_a_recording_without_the_core_passes_only_where_the_core_is_not_asked_for(
    words: tuple[str, ...], code: int, outcome: str, tmp_path: Path
) -> None:
    """The recording is that of the deployed service, cut to its first exchanges."""
    lines = RECORDED.read_text(encoding="utf-8").splitlines()[:20]
    (tmp_path / "cut.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = CliRunner().invoke(judge, [str(tmp_path / "cut.jsonl"), "--json", *words], standalone_mode=False)
    document = json.loads(done.stdout)
    assert (done.return_value, document["exit_code"], document["outcome"]) == (code, code, outcome)
    if words:
        assert document["reasons"][0].startswith("the core is missing: ")
