"""How a command is asked: options in groups with their defaults, and what was probably meant where a word is none."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from conformance.cli.asking.grouped_help import GROUPS, OTHER, grouped
from conformance.cli.commands import cli, every_command
from conformance.errors import did_you_mean

SAMPLES = Path(__file__).parents[1] / "data" / "documents"
GENERAL = {"--config", "--debug", "--help"}


COMMANDS = dict(every_command())


def said(*words: str) -> str:
    """Give what a command prints, to either stream."""
    return CliRunner().invoke(cli, words).output


def test_the_help_of_a_run_is_grouped_by_target_what_to_try_limits_and_output() -> None:
    """In this order, and nothing but what every command has is left over."""
    text = said("run", "--help")
    places = [text.index(f"\n{title}:\n") for title in ("Target", "What to try", "Limits", "Output")]
    assert places == sorted(places)
    assert text.index("--max-rps") > text.index("\nLimits:") > text.index("--effort") > text.index("--target URL")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_long_help_stands_in_a_group(name: str) -> None:
    """A new option must be given its group."""
    command = COMMANDS[name]
    parameters = command.get_params(click.Context(command))
    options = [one for one in parameters if isinstance(one, click.Option) and not one.hidden]
    if len(options) > 6:
        assert {word for one in grouped(options).get(OTHER, []) for word in one.opts} - {"-h"} <= GENERAL, name


def test_no_option_stands_in_two_groups() -> None:
    """A parameter is looked for in one place."""
    names = [name for group in GROUPS.values() for name in group]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_default_that_is_a_word_or_a_number_is_shown(name: str) -> None:
    """Whatever the option takes where it is not given."""
    context = click.Context(COMMANDS[name])
    for one in COMMANDS[name].get_params(context):
        if isinstance(one, click.Option) and not one.hidden and isinstance(one.default, str | int | float | Path):
            if isinstance(one.default, bool) or one.default == "":
                continue
            record = one.get_help_record(context)
            assert record is not None
            assert "[default: " in record[1], one.opts


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["rnu"], "'run'"),
        (["run", "--efort", "quick"], "--effort"),
        (["run", "--effort", "quik"], "'quick'"),
        (["run", "--embedded", "--only", "one-verdikt"], "'one-verdict'"),
        (["run", "--embedded", "--scenario", "uplods"], "'uploads'"),
        (["run", "--embedded", "--report", "ctfr"], "'ctrf'"),
        (["serve", "--fault", "early-200-20m"], "'early-200-20ms'"),
        (["serve", "--variant", "slow-tial"], "Did you mean"),
        (["selftest", "--only", "early-200-20m"], "'early-200-20ms'"),
        (["selftest", "--clients", "--only", "gives-upp"], "Did you mean"),
        (["client", "--scenario", "god-upload", "--", "true"], "Did you mean"),
        (["report", str(SAMPLES / "conformant.json"), "--format", "htlm"], "'html'"),
        (["requirements", "one-verdikt"], "'one-verdict'"),
        (["requirements", "--role", "servr"], "'server'"),
        (["config", "shwo"], "show"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_word_that_is_none_is_answered_by_the_nearest(
    words: list[str], meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever kind of word it is; nothing is run."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, words)
    stated = f"{result.output} {result.exception}"
    assert result.exit_code != 0
    assert meant in stated, stated


def test_what_is_near_nothing_is_answered_by_where_all_stand() -> None:
    """No guess is better than a wild one."""
    assert did_you_mean("zzzz", ["run", "judge"], "`x` lists them.") == "`x` lists them."
    assert did_you_mean("JUDG*", ["run", "judge"]) == "Did you mean 'judge'?"


def test_the_faults_are_listed_as_json() -> None:
    """Names, summaries, and the requirements that each breaks."""
    listed = json.loads(said("faults", "--json"))
    assert {"name", "summary", "breaks"} <= set(listed["faults"][0])
    assert {one["name"] for one in listed["faults"]} >= {"early-200-20ms"}
    assert all(one["name"] in said("faults") for one in listed["variants"])


def test_a_dry_run_is_told_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be judged, created and sent; bounded by what the operator allows."""
    monkeypatch.chdir(tmp_path)
    plan = json.loads(said("run", "--embedded", "--effort", "quick", "--max-requests", "50", "--dry-run", "--json"))
    assert (plan["effort"], plan["requests"], plan["embedded"]) == ("quick", 50, True)
    assert plan["projects"] > 0
    assert list(tmp_path.iterdir()) == []


def test_a_comparison_is_plain_on_a_terminal_and_markdown_elsewhere(tmp_path: Path) -> None:
    """Same facts, no escapes for a person; `md` is asked for by name too."""
    document = json.loads((SAMPLES / "nonconformant.json").read_text(encoding="utf-8"))
    document["target"]["version"] = "a_b*c"
    after = tmp_path / "after.json"
    after.write_text(json.dumps(document), encoding="utf-8")
    words = ["compare", str(SAMPLES / "conformant.json"), str(after)]
    text, page = said(*words, "--style", "text"), said(*words)
    assert "a_b*c" in text
    assert not {"\\_", "&#58;", "`", "|", "**"} & {sign for sign in ("\\_", "&#58;", "`", "|", "**") if sign in text}
    assert "a\\_b\\*c" in page
    assert page == said(*words, "--style", "md")
    assert "## Regressions (3)" in page


def test_a_comparison_shows_the_quantiles_that_moved_and_counts_the_others(tmp_path: Path) -> None:
    """One group three times as slow: its rows, and one sentence for the rest."""
    document = json.loads((SAMPLES / "conformant.json").read_text(encoding="utf-8"))
    for quantile in document["lag"]["groups"][0]["quantiles"]:
        for name in ("estimate_s", "low_s", "high_s"):
            quantile[name] = quantile[name] and quantile[name] * 3
    after = tmp_path / "after.json"
    after.write_text(json.dumps(document), encoding="utf-8")
    page = said("compare", str(SAMPLES / "conformant.json"), str(after))
    rows = [line for line in page.splitlines() if "slower" in line]
    assert 1 <= len(rows) < 16
    assert f"The other {16 - len(rows)} of 16 quantiles show no shift." in page
    assert "unbounded to unbounded" not in page
