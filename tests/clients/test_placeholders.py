"""What a client is told: its placeholders, its environment, its setup files."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from conformance.clients.harness.placeholders import NAMES, environment, fill, render
from conformance.errors import UsageError

VALUES = {name: f"<{name}>" for name in NAMES}


def test_placeholders_are_filled_and_other_braces_stay() -> None:
    """A command may hold JSON, or a placeholder of its own shell."""
    assert fill("-u {url}/x -t {token} {user_key}{agent_key}", VALUES) == "-u <url>/x -t <token> <user_key><agent_key>"
    assert fill("{project} {folder} {file} {setup}", VALUES) == "<project> <folder> <file> <setup>"
    assert fill('{"a": {}} ${HOME} {other}', VALUES) == '{"a": {}} ${HOME} {other}'
    assert fill("{url}", {"url": "{token}", "token": "x"}) == "{token}"


def test_the_environment_has_no_proxy_and_no_credentials_of_a_real_target() -> None:
    """What --env says comes last, and may be a proxy again."""
    outside = {"PATH": "p", "HTTPS_PROXY": "x", "no_proxy": "x", "ALL_PROXY": "x", "DDS_API_TOKEN": "secret"}
    assert environment(outside, [], VALUES) == {"PATH": "p"}
    given = environment(outside, ["DDS_URL={url}", "https_proxy=http://here", "EMPTY="], VALUES)
    assert given == {"PATH": "p", "DDS_URL": "<url>", "https_proxy": "http://here", "EMPTY": ""}


@pytest.mark.parametrize("wrong", ["DDS_URL", "=x"])
def test_an_environment_line_without_a_name_or_a_value_is_refused(wrong: str) -> None:
    """Before anything is run."""
    with pytest.raises(UsageError, match="NAME=VALUE"):
        environment({}, [wrong], VALUES)


def test_setup_templates_are_rendered_into_the_work_folder(tmp_path: Path) -> None:
    """For the owner's eyes alone; the second template can name the first."""
    work = tmp_path / "work"
    work.mkdir()
    first, second = tmp_path / "client.yaml.j2", tmp_path / "start.sh"
    first.write_text("url: {{ url }}\n", encoding="utf-8")
    second.write_text("conf={{ setup_1 }}", encoding="utf-8")
    paths = render([first, second], work, {"url": "http://here"})
    assert paths == {
        "setup": str(work / "client.yaml"), "setup_1": str(work / "client.yaml"), "setup_2": str(work / "start.sh"),
    }  # fmt: skip
    assert (work / "client.yaml").read_text() == "url: http://here\n"
    assert (work / "start.sh").read_text() == f"conf={work / 'client.yaml'}"
    assert stat.S_IMODE((work / "client.yaml").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["{{ ulr }}", "{% if %}", "{{ url"])
def test_a_template_that_cannot_be_rendered_is_refused(tmp_path: Path, text: str) -> None:
    """A typo must not become an empty string."""
    template = tmp_path / "wrong.j2"
    template.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"wrong\.j2"):
        render([template], tmp_path, {"url": "x"})


def test_two_templates_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """Each keeps its own file."""
    work = tmp_path / "work"
    for folder in ("a", "b", "work"):
        (tmp_path / folder).mkdir()
    templates = [tmp_path / "a" / "conf.j2", tmp_path / "b" / "conf.j2"]
    for template in templates:
        template.write_text(template.parent.name, encoding="utf-8")
    paths = render(templates, work, {})
    assert [Path(paths[name]).read_text() for name in ("setup_1", "setup_2")] == ["a", "b"]
