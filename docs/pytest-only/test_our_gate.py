"""A team's own gate over a run document: what blocks a merge here is this team's choice, not the suite's."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

REPORT = json.loads(Path(os.environ.get("DDS_REPORT", "dds-report/report.json")).read_text(encoding="utf-8"))
BLOCKING = [row for row in REPORT["requirements"] if row["level"] in ("MUST", "IMPLIED")]


@pytest.mark.parametrize("duty", BLOCKING, ids=[row["id"] for row in BLOCKING])
def test_no_binding_duty_is_broken(duty: dict[str, Any]) -> None:
    """Every binding duty held, or was not met with; the message is the suite's own sentence."""
    stated = [REPORT["findings"][index]["sentence"] for index in duty["findings"]]
    assert duty["outcome"] not in ("fail", "error"), "\n".join(stated)


def test_the_run_is_whole() -> None:
    """A run that was cut short proves nothing."""
    assert REPORT.get("end") is True
    assert REPORT["outcome"] != "incomplete", REPORT["reasons"]
