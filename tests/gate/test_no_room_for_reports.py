"""Reports that cannot be written: no verdict is left behind, and the screen says why and what is left."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.driver.recorder import ROOM, RecordError
from conformance.driver.safety.cleaning import Leftover
from conformance.history.whole_file import write_whole
from conformance.model import Target
from conformance.run import running
from conformance.run.running import REPORT, Running, recover
from conformance.settings.run_settings import Settings

LEFT = (Leftover("project", "p-1", "ddsc x", "still shown"),)


def settings(folder: Path) -> Settings:
    """Give the settings of a run that recorded nothing."""
    return Settings(
        target=Target(base_url="http://127.0.0.1:9/api/v1"), run_id="0123456789ab", report_dir=folder / "out"
    )


def full(*_: object, **__: object) -> None:
    """Fail as a full disk does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["write", "draw"])
def test_a_run_whose_reports_do_not_fit_leaves_no_verdict_and_says_so(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document that is there without the reports that a gate reads would be taken for a verdict."""
    monkeypatch.setattr(running, step, full)
    with pytest.raises(RecordError, match=r"^a worker crashed; no report could be written: No space left on device\. "):
        recover(settings(tmp_path), interrupted=False, trouble="a worker crashed", clean=False)
    assert not (tmp_path / "out" / REPORT).exists()


def test_what_is_left_at_the_target_is_said_with_it_and_one_reason_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report would have said it: now only the screen can."""
    monkeypatch.setattr(running, "write", full)
    given = settings(tmp_path)
    run = Running(given, leftovers=LEFT)
    given.report_dir.mkdir(parents=True)
    given.history_path.write_bytes(running.history.encode_header(given.target, {"run_id": given.run_id}))
    run.remark("left behind: 1 project (p-1)")
    before = f"history.jsonl cannot be written: No space left on device. {ROOM}"
    with pytest.raises(RecordError) as caught:
        run.report(interrupted=False, trouble=(before,))
    assert str(caught.value) == f"{before} left behind: 1 project (p-1)"


def test_a_file_that_cannot_be_written_stays_as_it_was_and_takes_no_room(tmp_path: Path) -> None:
    """The reader of a whole file never sees a part of one, and a draft is no use to anybody."""
    path = tmp_path / "report.json"
    write_whole(path, ("old",))

    def pieces() -> Iterator[str]:
        yield "new"
        full()

    with pytest.raises(OSError, match=r"report\.json"):
        write_whole(path, pieces())
    assert path.read_text(encoding="utf-8") == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["report.json"]
