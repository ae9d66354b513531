"""What is printed to see a finding again: one line, every option of the run, and a plan that can be had."""

from __future__ import annotations

import io
import shlex
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.screen.console import Console, Mode
from conformance.engine.plan import Actor, Plan, PlanError, do
from conformance.engine.replay import chosen_plan, read_plan
from conformance.release.next_step import command, replay_finding, see_again
from conformance.settings.configuration import from_document, gather
from conformance.settings.option_words import SAFE, option_words

Document = dict[str, Any]
ENVIRONMENT: dict[str, str] = {"DDS_API_TOKEN": "tok-00000001", "DDS_CONFORMANCE_MAX_RPS": "3"}
ASKED = {
    "target": "https://dds.example",
    "storage_provider": "sp 1",
    "i_may_write": True,
    "converge_within": "7.5",
    "credentials": None,
    "target_version": "v 2",
    "report_dir": "my out",
    "only": ("nc-*", "bad-never-200"),
    "headers": ("X-Key=secret-value",),
}
PLAN = Plan("files", "a plan", (Actor("writer", (do("create_project", "p1"),)),)).to_json()


def document(**more: Any) -> Document:
    """Give a run document of two broken duties, the second shown by no plan that is kept."""
    rows = [
        {"id": name, "level": "MUST", "section": "s", "outcome": "fail", "exposures": 3, "findings": [number]}
        for number, name in enumerate(("bad-never-200", "error-payload"))
    ]
    findings = [
        {"requirement": row["id"], "sentence": "it was so", "plan": plan}
        for row, plan in zip(rows, ("plan-1", "seeds"), strict=True)
    ]
    return {
        "outcome": "nonconformant", "reasons": ["broken"], "effort": "quick", "seed": 4, "strict": False,
        "target": {"base_url": "https://dds.example/api/v1", "embedded": False},
        "requirements": rows, "findings": findings, "plans": [{"id": "plan-1", "document": PLAN}],
        "options": gather(ASKED, environ=ENVIRONMENT).options, **more,
    }  # fmt: skip


def test_what_was_said_is_kept_wherever_it_was_said_and_no_secret_is() -> None:
    """Options and variables alike; of a header that was given here the name alone."""
    options = document()["options"]
    assert options["max_rps"] == 3
    assert options["headers"] == ["X-Key"]
    assert "secret-value" not in str(options)
    assert "tok-" not in str(options)


@pytest.mark.parametrize("printed", [command(document()), replay_finding(document(), 0)], ids=["run", "replay"])
def test_a_printed_command_is_one_line_with_every_option_of_the_run(printed: str) -> None:
    """Each option stands in it as it was given, and a shell takes the words apart again."""
    assert "\n" not in printed
    words = shlex.split(printed)
    for name, value in (
        ("--target", "https://dds.example/api/v1"), ("--storage-provider", "sp 1"), ("--converge-within", "7.5"),
        ("--target-version", "v 2"), ("--max-rps", "3"), ("--seed", "4"), ("--header", "X-Key=${X_KEY:?}"),
    ):  # fmt: skip
        assert words[words.index(name) + 1] == value
    assert "--i-may-write" in words
    assert words[words.index("--report-dir") + 1].startswith("my out")


def test_what_is_shown_again_never_writes_over_the_report_that_names_it() -> None:
    """The folder of what is tried again is another one, for a plan as for a duty."""
    for printed in (replay_finding(document(), 0), command(document(), only="error-payload")):
        words = shlex.split(printed)
        assert words[words.index("--report-dir") + 1] == "my out/again"


def test_each_broken_duty_has_its_command_on_the_screen_unbroken() -> None:
    """A plan where one showed it, else the duty alone; at 80 columns too."""
    out = io.StringIO()
    Console(Mode.PLAIN, out, out).show(document(), Path("my out"))
    lines = [line.strip().removeprefix("see it again: ") for line in out.getvalue().splitlines()]
    printed = [line for line in lines if line.startswith("dds-conformance ")]
    assert set(printed) == {see_again(document(), row) for row in document()["requirements"]}
    assert any("replay 'my out/report.json' --finding 0" in line for line in printed)
    assert any("--only error-payload" in line for line in printed)


def test_a_report_gives_the_plan_of_a_finding_or_of_an_id() -> None:
    """And says what it holds where it cannot."""
    assert read_plan(chosen_plan(document(), finding=0)).title == "a plan"
    assert chosen_plan(document(), plan="plan-1") == PLAN
    assert chosen_plan(PLAN) == PLAN
    assert chosen_plan({"plans": [{"id": "x", "document": PLAN}]}) == PLAN
    for chosen, stated in (
        ({"finding": 1}, "not shown by a plan"), ({"finding": 9}, "no finding 9"), ({"plan": "plan-2"}, "no plan"),
    ):  # fmt: skip
        with pytest.raises(PlanError, match=stated):
            chosen_plan(document(), **chosen)
    with pytest.raises(PlanError, match="several plans"):
        chosen_plan({"plans": [{"id": "x", "document": PLAN}, {"id": "y", "document": PLAN}]})
    with pytest.raises(PlanError, match=r"one plan, and nothing to choose from\. Leave"):
        chosen_plan(PLAN, finding=0)
    judged = {name: value for name, value in document().items() if name != "plans"}
    with pytest.raises(PlanError, match=r"holds no plans: it was judged from a history\. Name the report\.json"):
        chosen_plan(judged, finding=0)


def test_a_report_may_say_where_to_replay_but_never_what_to_trust_or_to_allow() -> None:
    """Anybody may have written it: no consent, no file of this machine and no host comes from it."""
    stated = {**document()["options"], "credentials": "/etc/passwd", "storage_hosts": ["169.254.169.254"]}
    values = from_document(stated, Path("report.json"))
    assert set(values) <= set(SAFE)
    asked = gather({}, environ=ENVIRONMENT, beneath=values)
    assert (asked.target, asked.get("i_may_write")) == ("https://dds.example/api/v1", False)
    other = gather({"target": "http://127.0.0.1:9"}, environ={}, beneath=values)
    assert other.target == "http://127.0.0.1:9/api/v1"


def test_options_as_words_are_read_back_as_the_same_options() -> None:
    """Every key that is no secret makes the round trip."""
    options = gather({**ASKED, "headers": (), "workers": 2, "strict": True}, environ={}).options
    words, again = option_words(options), {}
    for word, value in zip(words, [*words[1:], "--"], strict=True):
        if word.startswith("--"):
            name = word[2:].replace("-", "_")
            given = True if value.startswith("--") else shlex.split(value)[0]
            again[name] = (*again.get(name, ()), given) if name in ("only", "scenario", "storage_hosts") else given
    assert gather(again, environ={}).options == options
