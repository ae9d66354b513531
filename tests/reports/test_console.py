"""The screen in its four modes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.screen.console import Console, Mode, Wait, choose

Document = dict[str, Any]
Sample = Callable[[str], Document]
DIRECTORY = Path("dds-report")


def shown(document: Document, mode: Mode, directory: Path | None = DIRECTORY) -> tuple[str, str]:
    """Show a document with some progress before; give what went to standard output and to standard error."""
    out, err = io.StringIO(), io.StringIO()
    console = Console(mode, out, err)
    console.begin("judging the embedded DDS")
    console.advance("12 requests", [Wait("GET /files/1/url", 3.2, 60.0), Wait("GET /files/2/url", 9.1, 60.0)])
    console.done()
    console.done()
    console.show(document, directory)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    ("quiet", "as_json", "terminal", "environment", "mode"),
    [
        (False, False, True, {}, Mode.RICH),
        (False, False, False, {}, Mode.PLAIN),
        (False, False, True, {"NO_COLOR": "1"}, Mode.PLAIN),
        (False, False, True, {"TERM": "dumb"}, Mode.PLAIN),
        (True, False, True, {}, Mode.QUIET),
        (True, True, True, {}, Mode.JSON),
    ],
)
def test_the_mode_follows_options_and_the_stream(
    *, quiet: bool, as_json: bool, terminal: bool, environment: dict[str, str], mode: Mode
) -> None:
    """Options first, then what the stream can show."""
    assert choose(quiet=quiet, as_json=as_json, terminal=terminal, environment=environment) is mode


def test_plain_tells_all_without_an_escape_sequence(sample: Sample) -> None:
    """Progress with the longest wait, the table worst first, the findings, the verdict, the next command."""
    out, err = shown(sample("nonconformant"), Mode.PLAIN)
    assert "\x1b" not in out + err
    assert "\r" not in out + err
    assert "awaiting GET /files/2/url, 9.1 s of at most 60 s and 1 more" in err
    rows = [row.split()[1] for row in out.splitlines() if row.split()[2:3] == ["MUST"]]
    assert rows == sorted(rows, key=["fail", "pass"].index)
    assert "read op-7 began 40 ms after read op-5 had returned 200" in out
    assert "nonconformant: broken: bad-never-200" in out
    assert "read: dds-report/report.html" in out
    assert "see it again: dds-conformance run --effort thorough --seed 7 --only bad-never-200" in out


def test_rich_tells_the_same_with_colour(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the words are the same."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "140")
    out, err = shown(sample("nonconformant"), Mode.RICH)
    assert "\x1b[" in out
    assert "one-verdict" in out
    assert "judging the embedded DDS" in err


def test_quiet_is_one_word(sample: Sample) -> None:
    """For scripts that read the exit code anyway."""
    assert shown(sample("conformant"), Mode.QUIET) == ("conformant\n", "")


def test_json_is_the_document_and_nothing_else(sample: Sample) -> None:
    """A program can read standard output to its end."""
    out, err = shown(sample("nonconformant"), Mode.JSON)
    assert json.loads(out) == sample("nonconformant")
    assert err == ""


@pytest.mark.parametrize("mode", [Mode.PLAIN, Mode.RICH])
def test_what_a_server_said_is_neither_markup_nor_an_escape_sequence(sample: Sample, mode: Mode) -> None:
    """A target cannot colour, move or clear the screen."""
    document = sample("nonconformant")
    document["findings"][0]["sentence"] = "\x1b[2J\x1b]0;title\x07[bold red]x[/bold red] [/nothing]"
    document["requirements"][0]["note"] = "[link=http://x]y[/link] \x1b[31m"
    out, _ = shown(document, mode)
    assert "\x1b[2J" not in out
    assert "\x1b]0" not in out
    assert "[bold red]x[/bold red] [/nothing]" in out


@pytest.mark.parametrize(
    ("change", "stated"),
    [
        ({"effort": "quick"}, "look harder: dds-conformance run --effort thorough"),
        ({"partial": True}, "run it whole: dds-conformance run"),
        ({"outcome": "incomplete"}, "run it whole: dds-conformance run"),
        ({}, "certify: dds-conformance certify dds-report --key key.pem"),
    ],
)
def test_the_next_command_fits_the_outcome(sample: Sample, change: Document, stated: str) -> None:
    """There is always something sensible to type next."""
    out, _ = shown({**sample("conformant"), **change}, Mode.PLAIN)
    assert stated in out


def test_a_recording_asks_for_no_run(sample: Sample) -> None:
    """Nothing can be sent again to a target that is only a recording."""
    out, _ = shown({**sample("nonconformant"), "recorded": True}, Mode.PLAIN)
    assert "dds-conformance run" not in out


def test_the_next_command_quotes_what_it_repeats(sample: Sample) -> None:
    """An address with signs of the shell in it stays one word."""
    document = sample("nonconformant")
    document["target"].update(embedded=False, base_url="http://x/api;rm -rf ~/v1")
    out, _ = shown(document, Mode.PLAIN)
    assert "--target 'http://x/api;rm -rf ~/v1'" in out


def test_the_gate_is_told_beside_the_outcome(sample: Sample) -> None:
    """What fails the gate is said in sentences."""
    document = sample("nonconformant")
    document["expected"] = {"passed": False, "lines": [{"state": "expired", "sentence": "the line for x expired"}]}
    out, _ = shown(document, Mode.PLAIN)
    assert "the gate fails" in out
    assert "the line for x expired" in out
