"""The embedded server never stands in for a target by accident, and every output says what was judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from forked import dds, preload

from conformance.errors import UsageError
from conformance.outcome.display_text import judged
from conformance.settings.configuration import gather

LARGE = "THE EMBEDDED SERVER, NOT A DEPLOYMENT"
DOCUMENTS = Path(__file__).parents[1] / "data" / "documents"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_nothing_at_all_means_the_embedded_server() -> None:
    """A newcomer's first command."""
    assert gather({}, environ={"HOME": "/", "DDS_CONFORMANCE_EFFORT": "quick"}).settings().target.embedded


def test_the_alias_names_the_target_and_two_equal_names_agree() -> None:
    """``DDS_TARGET`` is what people write."""
    for environ in (
        {"DDS_TARGET": "https://h"},
        {"DDS_TARGET": "https://h", "DDS_CONFORMANCE_TARGET": "https://h/api/v1"},
        {"DDS_TARGET": "", "DDS_CONFORMANCE_TARGET": "https://h"},
    ):
        settings = gather({}, environ={**environ, "DDS_API_TOKEN": "t"}).settings()
        assert settings.target.base_url == "https://h/api/v1"
        assert settings.credentials.given
    rows = gather({}, environ={"DDS_TARGET": "https://h"}).rows()
    assert {row.name: row.source for row in rows}["target"] == "DDS_TARGET"


def test_embedded_asked_for_outweighs_what_the_environment_points_at() -> None:
    """``--embedded`` is said on purpose; a target on the command line as well: that is one too many."""
    environ = {"DDS_TARGET": "https://h", "DDS_API_TOKEN": "t"}
    assert gather({"embedded": True}, environ=environ).settings().target.embedded
    assert not gather({"target": "https://g"}, environ={"DDS_CONFORMANCE_EMBEDDED": "1"}).settings().target.embedded
    with pytest.raises(UsageError, match="--embedded"):
        gather({"embedded": True, "target": "https://h"}, environ={}).settings()


def test_each_view_says_in_large_letters_what_was_judged(tmp_path: Path) -> None:
    """HTML, JUnit, Markdown, a comparison and the matrix, all drawn from one document."""
    preload()
    document = json.loads((DOCUMENTS / "conformant.json").read_text(encoding="utf-8"))
    assert document["target"]["embedded"] is True
    assert judged(document) == LARGE
    path = tmp_path / "report.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    for words in (
        ("report", path, "--format", "html,junit,md"),
        ("matrix", path, path, "--report-dir", tmp_path),
    ):
        done = dds(*words, cwd=tmp_path)
        assert done.code == 0, done.said
    names = ("report.html", "junit.xml", "summary.md", "matrix.html", "matrix.md")
    assert [name for name in names if LARGE not in (tmp_path / name).read_text(encoding="utf-8")] == []
    assert LARGE in dds("compare", path, path, cwd=tmp_path).out


def test_the_first_line_of_a_dry_run_says_it(tmp_path: Path) -> None:
    """Also where nothing is sent."""
    preload()
    assert LARGE in dds("run", "--dry-run", "--embedded", cwd=tmp_path).out.splitlines()[0]
    shown = dds("run", "--dry-run", "--target", "http://127.0.0.1:9", cwd=tmp_path, env={"DDS_API_TOKEN": "t" * 9})
    assert "http://127.0.0.1:9/api/v1" in shown.out.splitlines()[0]
    assert LARGE not in shown.said


def test_pytest_obeys_the_same_rule(tmp_path: Path) -> None:
    """A token and no target: exit 2, a sentence, a report that is red; nothing is judged."""
    scenarios = Path(__file__).parents[2] / "scenarios"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DDS_", "PYTEST_"))}
    words = [sys.executable, "-m", "pytest", str(scenarios), "--report-dir", "out", "-p", "no:cacheprovider"]
    done = subprocess.run(
        words, cwd=tmp_path, env={**env, "DDS_API_TOKEN": "x" * 20}, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "No target is named" in said
    assert "Traceback" not in said
    assert "<error" in (tmp_path / "out" / "junit.xml").read_text(encoding="utf-8")


def test_make_run_asks_for_the_embedded_server() -> None:
    """Whatever the shell's environment holds."""
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    assert "dds-conformance run --embedded" in makefile


@pytest.mark.parametrize("more", [("--certify",), ("--challenge", "file")], ids=lambda words: words[0])
def test_certification_options_alone_are_refused_without_a_target(more: tuple[str, ...], tmp_path: Path) -> None:
    """Whoever certifies means a deployment."""
    preload()
    (tmp_path / "file").write_text("{}", encoding="utf-8")
    said = ("--product", "a 1", "--organisation", "b", "--contact", "c") if more[0] == "--certify" else ()
    done = dds("run", *more, *said, "--report-dir", "out", cwd=tmp_path)
    assert done.code == 2
    assert f"No target is named, but {more[0]}" in done.err
