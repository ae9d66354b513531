"""The one table of rules is whole, and a rule that is added to it is judged, listed and re-checked."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from click.testing import CliRunner
from judge_timeline import TARGET, drawn, prepared
from judged import findings, judged

from conformance.api import catalogue
from conformance.api.answers import Kind, Source
from conformance.api.classifier import Classifier
from conformance.cli.catalogue_command import requirements
from conformance.judge import judge_history, rules_table
from conformance.judge.evidence import verify
from conformance.judge.findings import Book
from conformance.judge.rechecks import completes
from conformance.judge.rule import Case, Context, Excuse, Need, Rule
from conformance.judge.rules import excuses
from conformance.judge.rules.patterns import pattern_excuses
from conformance.judge.rules.write_rules import completion_excuses, write_excuses
from conformance.model import Exchange, Octets, Operation
from conformance.outcome.assemble import Framing, assemble

ROOT = Path(__file__).parents[2]
EXCUSES = {
    name: one
    for module in (completion_excuses, excuses, pattern_excuses, write_excuses)
    for name, one in vars(module).items()
    if isinstance(one, Excuse)
}


def test_every_requirement_has_a_rule_and_every_rule_a_requirement() -> None:
    """Neither a requirement that nothing judges, nor a rule that breaks nothing."""
    assert {rule.requirement for rule in rules_table.RULES} == set(catalogue.by_id())


def test_rows_of_one_rule_agree() -> None:
    """A rule may look at several kinds of subject; how its findings are checked and what it exposes is one."""
    rows: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for rule in rules_table.RULES:
        rows[rule.requirement, rule.id].append(rule)
    for same in rows.values():
        assert len({rule.recheck for rule in same}) == len({rule.lasting for rule in same}) == 1, same
        assert len({rule.needs for rule in same}) == len(same), same
    for requirement in catalogue.by_id():
        assert len({rule.occasions for rule in rules_table.rules_of(requirement)}) == 1, requirement


def test_every_excuse_is_read_somewhere_and_rests_on_a_reading_that_exists() -> None:
    """A vendor reads its name and its sentence beside each requirement that allows it."""
    every = {one.name: one for one in EXCUSES.values()}
    allowed = {one for rule in rules_table.RULES for one in rule.excuses}
    assert {one.name for one in allowed} == set(every)
    assert {one.reading for one in allowed} - {""} <= {reading.id for reading in catalogue.readings()}
    assert all(re.fullmatch(r"[a-z0-9-]+", one.name) and one.sentence.endswith(".") for one in allowed)


def test_every_excuse_that_a_rule_allows_is_asked_in_the_code() -> None:
    """An excuse that no check asks would be a promise to vendors that nobody keeps."""
    judge = ROOT / "conformance" / "judge"
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in judge.rglob("*.py") if not path.name.endswith("excuses.py")
    )
    shared = {"is_own_doing", "is_busy", "names_fields", "tells_of_access", "equals_status", "routed", "beside"}
    by_function = {"ASKED_TO_WAIT", "ORDINARY_VALIDATION", "REFUSED_FIRST", "DIGITS", "NOT_THE_APIS_ROUTE", "OWN_DOING",
                   "OTHER_METHOD",
                   *CLASSIFIED}  # fmt: skip
    names = set(EXCUSES)
    assert {name for name in names - by_function if f"{name}.holds(" not in text} == set()
    assert all(re.search(rf"\b{function}\b", text) for function in shared)


CLASSIFIED = {"GATEWAYS_OWN": Source.PROXY, "OPERATORS_GATEWAY": Source.GATEWAY, "FIREWALLS_PAGE": Source.FIREWALL}


@pytest.mark.parametrize("name", CLASSIFIED)
def test_the_excuses_of_answers_that_are_not_the_apis_hold_for_what_the_classifier_calls_so(name: str) -> None:
    """The one classifier decides it, and what it calls foreign tells nothing."""
    excuse: Excuse = getattr(excuses, name)
    gateway = replace(TARGET, gateway="the gate says no")
    page = Octets(30, "0" * 32, "<html>the gate says no</html>")
    exchange = Exchange(
        "GET", "/api/v1/projects", "h", status=502, response=page, headers={"content-type": "text/html"}
    )
    operation = Operation("o", "s", 0, 1, exchange)
    target = gateway if name == "OPERATORS_GATEWAY" else TARGET
    of = Classifier(target)(operation)
    of = of.from_firewall(mutation=False) if name == "FIREWALLS_PAGE" else of
    assert excuse.holds(of)
    assert of.source is CLASSIFIED[name]
    assert of.kind is Kind.FOREIGN
    assert not excuse.holds(of._replace(source=Source.API))


# ---- a toy, through the places that the recipe names

TOY = "toy-name"


def silent(case: Case, _context: Context, book: Book) -> None:
    """Convict a server of completing uploads at all."""
    done = case.chain.done
    book.expose(TOY)
    if done is not None and not TIRED.holds(case):
        book.find(TOY, "toy-rule", case.name, (done,), f"upload {case.name} was completed to {book.when(done)}")


TIRED = Excuse("tired", "An upload that nobody made is nobody's.", lambda case: case.upload.created is None)
RULE = Rule("toy-rule", TOY, Need.UPLOAD, silent, lambda p: completes(p.cited[0]), occasions="toys", excuses=(TIRED,))


def forget() -> None:
    """Let the catalogue be read anew."""
    for read in (catalogue.requirements, catalogue.every, catalogue.by_id):
        read.cache_clear()


@pytest.fixture
def _toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add a row to the catalogue and a rule to the table: places one and two of the recipe; this test is the third."""
    whole: dict[str, Any] = dict(catalogue._document())
    row = {"id": TOY, "level": "MUST", "section": "Background", "title": "A toy", "asks": "Nothing is completed.",
           "sound_when": "Never.", "scenarios": ["test_plans"]}  # fmt: skip
    monkeypatch.setattr(
        catalogue, "_document", lambda: MappingProxyType({**whole, "requirement": [*whole["requirement"], row]})
    )
    monkeypatch.setattr(rules_table, "RULES", (*rules_table.RULES, RULE))
    forget()
    yield
    monkeypatch.undo()
    forget()


HISTORY = drawn("actor   [complete 202] [file 201]", prepared())


@pytest.mark.usefixtures("_toy")
def test_a_toy_rule_is_judged_listed_and_re_checked() -> None:
    """Its findings, its exposures with what they are, its row for a vendor, and its verdict in the run document."""
    (found,) = findings(judged(HISTORY))
    assert (found.requirement, found.rule) == (TOY, "toy-rule")
    assert judge_history(HISTORY).tallies[TOY].occasions == "toys"
    assert verify(found, HISTORY)
    (row,) = json.loads(CliRunner().invoke(requirements, ["--json", TOY], standalone_mode=False).output)
    assert row["rules"] == ["toy-rule"]
    assert row["excuses"] == [{"name": "tired", "sentence": TIRED.sentence, "reading": ""}]
    document = assemble(HISTORY, Framing(recorded=True))
    assert [(one["requirement"], one["level"]) for one in document["findings"]] == [(TOY, "MUST")]
    assert document["exit_code"] == 1


def test_without_the_toy_the_same_history_breaks_nothing() -> None:
    """The toy was found because it was added."""
    assert not findings(judge_history(HISTORY))


def test_the_recipe_names_three_places_at_most() -> None:
    """What `CONTRIBUTING.md` says of adding a requirement."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipe = text.split("## Add a requirement", 1)[1].split("\n## ", 1)[0]
    assert 1 <= len(re.findall(r"(?m)^\d+\. ", recipe)) <= 3


def test_every_row_of_the_listing_has_its_rules_excuses_and_scenarios() -> None:
    """One array for a program to read: additions beside what was there."""
    rows = json.loads(CliRunner().invoke(requirements, ["--json", "--role", "server"], standalone_mode=False).output)
    assert [row["id"] for row in rows] == list(catalogue.by_id())
    for row in rows:
        assert row["rules"], row["id"]
        assert all(isinstance(rule, str) for rule in row["rules"])
        assert all(set(excuse) == {"name", "sentence", "reading"} for excuse in row["excuses"])
        assert isinstance(row["scenarios"], list)
        assert {"level", "section", "title", "asks", "sound_when", "checks", "core", "quote"} <= set(row)
