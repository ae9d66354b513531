"""An older version of the catalogue judges as it did: without the rows, and the rules, that are newer."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from judge_timeline import Scribe
from people_scenes import attach, fetch
from review_scenes import at, scene

from conformance.api import catalogue
from conformance.certification.eligibility import Standing, refusals
from conformance.cli.catalogue_command import requirements
from conformance.errors import UsageError
from conformance.judge.rules_table import RULES
from conformance.outcome.assemble import Framing, assemble
from conformance.release.compare import compare


def changed() -> Scribe:
    """Give a server that only version 2 finds: bytes that change within the bound, a foreign file, nc to a stranger."""
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    fetch(scribe, 10)
    fetch(scribe, 14, "e" * 32)
    attach(scribe, 30)
    scribe.vurl("stranger", *at(34, 35), "nc", user="other")
    return scribe


def judged_by(version: str) -> dict[str, object]:
    """Judge it by a version."""
    return assemble(changed().history(), Framing(recorded=True, catalogue=version))


def test_every_row_and_rule_has_a_version_that_brought_it() -> None:
    """From 1 on, to the present one; both are in use."""
    newest = int(catalogue.version())
    assert newest >= 2
    assert {row.since for row in catalogue.every()} == set(range(1, newest + 1))
    assert all(1 <= rule.since <= newest for rule in RULES)


def test_the_rows_of_version_1_are_those_that_it_had() -> None:
    """What gated then gates by it now, and nothing else."""
    document = judged_by("1")
    rows = {row["id"] for row in document["requirements"]}  # type: ignore[attr-defined]
    assert rows == {row.id for row in catalogue.requirements() if row.since == 1}
    assert document["versions"]["catalogue"] == "1"  # type: ignore[index]
    assert document["outcome"] != "nonconformant"
    assert {one["requirement"] for one in document["findings"]} == {"bytes-at-once"}  # type: ignore[attr-defined]


def test_the_present_version_judges_where_none_is_named() -> None:
    """And its rows say since when they are there."""
    document = judged_by("")
    assert document["versions"]["catalogue"] == catalogue.version()  # type: ignore[index]
    assert document["outcome"] == "nonconformant"
    found = {one["requirement"] for one in document["findings"]}  # type: ignore[attr-defined]
    assert found == {"bytes-at-once", "verdict-final", "other-user-attach", "other-user-403"}
    assert {row["since"] for row in document["requirements"]} == {1, 2}  # type: ignore[attr-defined]


@pytest.mark.parametrize("version", ["0", "3", "one", "-1", "1.0", " 1"])
def test_a_version_that_does_not_exist_is_refused_with_those_that_do(version: str) -> None:
    """The remedy names the option."""
    with pytest.raises(UsageError) as refused:
        catalogue.number(version)
    assert "--catalogue" in refused.value.remedy


def test_requirements_lists_an_older_version() -> None:
    """As JSON with `since`, and for a person."""
    for version, newest in (("1", 1), ("2", 2), ("", 2)):
        stated = CliRunner().invoke(requirements, ["--json", "--catalogue", version], standalone_mode=False)
        assert {row["since"] for row in json.loads(stated.output)} == set(range(1, newest + 1))
    assert "since: version 1" in CliRunner().invoke(requirements, ["nc-payload"], standalone_mode=False).output


def test_a_comparison_leaves_out_the_rows_that_only_one_catalogue_has_and_says_so() -> None:
    """They are neither a regression nor lost evidence; the same history is no worse for a newer catalogue's rows."""
    for before, after in (("1", "2"), ("2", "1")):
        found = compare(judged_by(before), judged_by(after))
        named = {one.id for one in (*found.regressions, *found.unexercised, *found.gained, *found.fixes)}
        assert not named & {row.id for row in catalogue.requirements() if row.since > 1}
        said = " ".join(found.conditions)
        assert "catalogue version differs" in said
        assert "verdict-final" in said
        assert "--catalogue 1" in said


def test_a_certificate_needs_the_present_version() -> None:
    """Said before the run and of the run that was, with the remedy."""
    from conformance.certification.eligibility import Wish  # noqa: PLC0415 - one test

    good = Standing("thorough", second_user=True, converge_within_s=60.0, version="1", embedded=False, only=False)
    wish = Wish("Acme 1", "Acme", "a@acme.example")
    assert refusals(wish, good) == ()
    for version, refused in (("1", 1), (catalogue.version(), 0), ("", 0)):
        why = refusals(wish, Standing(**{**{n: getattr(good, n) for n in good.__slots__}, "catalogue": version}))
        assert len(why) == refused
        assert not refused or "leave --catalogue out" in why[0]
