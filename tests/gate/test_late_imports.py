"""The door of the package and the start of the command: what they hold, and what they do not load."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

import conformance
from conformance.cli.commands import PLACES, cli

HEAVY = {"hypothesis", "schemathesis", "httpx", "numpy", "jsonschema", "pytest", "rich", "jinja2", "yaml"}
DOOR = {
    "Conformance", "Exchange", "Failure", "Finding", "History", "Judgement", "Level", "Octets", "Operation", "Outcome",
    "Phase", "Requirement", "Role", "Run", "Tally", "Target", "Verdict", "judge_history", "read_history", "verify",
}  # fmt: skip


def loaded_by(code: str) -> set[str]:
    """Give the top-level modules that a fresh interpreter has after `code`."""
    show = "import sys, json; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{show}"], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_door_holds_exactly_this() -> None:
    """Three functions and the nouns that they speak in."""
    assert set(conformance.__all__) == DOOR
    assert set(dir(conformance)) >= DOOR
    assert all(getattr(conformance, name) is not None for name in DOOR)


def test_the_door_opens_lazily() -> None:
    """Importing the package loads none of its rooms."""
    code = "import conformance, sys\nassert not [n for n in sys.modules if n.startswith('conformance.')]"
    assert not loaded_by(code) & HEAVY
    with pytest.raises(AttributeError, match="no_such_thing"):
        conformance.no_such_thing  # noqa: B018 - asked for is enough


def test_the_door_leads_to_a_judgement() -> None:
    """What is read through it can be judged and verified through it."""
    history = conformance.History((), conformance.Target("http://h/api/v1"))
    assert conformance.judge_history(history).operations == 0


@pytest.mark.parametrize("words", [[], ["--version"], ["--help"]], ids=["import", "version", "help"])
def test_the_command_starts_without_what_only_a_run_needs(words: list[str]) -> None:
    """Counted in modules, not in time."""
    code = "import conformance.cli"
    if words:
        code = f"import sys\nfrom conformance.cli.ends.ending import carried_out\ncarried_out({words!r})"
    assert not loaded_by(code) & HEAVY


def test_the_overview_says_of_each_command_what_its_help_says() -> None:
    """The table of the overview stands apart from the commands: it must not drift away."""
    for name, place in PLACES.items():
        command = cli.get_command(None, name)  # type: ignore[arg-type] # the table needs no context
        assert command is not None
        first = place.summary.rstrip(".").split(",")[0].split(":")[0]
        assert " ".join(str(command.help).split()).startswith(first), name
        assert command.name == name


def test_every_command_has_the_option_that_messages_name() -> None:
    """``--debug`` is offered by the sentence that follows a crash."""
    for name in [[], *([name] for name in PLACES), ["config", "show"]]:
        assert "--debug" in CliRunner().invoke(cli, [*name, "--help"]).output, name
