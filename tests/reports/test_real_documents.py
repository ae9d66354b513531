"""Reports of real documents: the deployed service's own recording, as it is and with single answers changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from junitparser import JUnitXml
from playwright.sync_api import Page, expect

from conformance import history as histories
from conformance.api import catalogue
from conformance.errors import ExitCode
from conformance.outcome.assemble import Framing, assemble
from conformance.outcome.document import write
from conformance.release import State, load, read_deviations, weigh
from conformance.run.report_writers import draw

Document = dict[str, Any]
Open = Callable[[Document], Page]
ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "data" / "recorded"
EXPECT = ROOT / "docs" / "expect-deployed.toml"
TODAY = date(2026, 11, 23)


def judged(lines: list[Document], tmp_path: Path) -> Document:
    """Judge a recording given as lines and give its document, as written and read back."""
    history = tmp_path / "history.jsonl"
    history.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    document = assemble(histories.read(history), Framing(recorded=True))
    write(document, tmp_path / "report.json")
    return dict(load(tmp_path / "report.json"))


@pytest.fixture
def deployed() -> list[Document]:
    """Give the deployed service's history, line by line."""
    text = (RECORDED / "deployed-history.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def healed(lines: list[Document]) -> list[Document]:
    """Let the last integrity exception become a url, as a server that forgets its verdict would."""
    good = next(line for line in lines if line["path"].endswith("/url") and line["status"] == 200)
    bad = [line for line in lines if line["path"].endswith("/url") and line["status"] == 400][-1]
    bad.update(status=200, response=good["response"])
    return lines


def test_every_report_is_drawn_from_a_real_document(deployed: list[Document], tmp_path: Path, opened: Open) -> None:
    """The document fits its schema, JUnit reads back, and the page opens quietly."""
    document = judged(deployed, tmp_path)
    schema = json.loads((ROOT / "schemas" / "run.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    names = {path.name for path in draw(document, tmp_path)}
    assert {"report.html", "junit.xml", "summary.md"} <= names
    (duties,) = list(JUnitXml.fromfile(str(tmp_path / "junit.xml")))
    assert duties.tests == len(catalogue.requirements())
    page = opened(document)
    expect(page.get_by_role("heading", level=1)).to_have_text("Conformant")
    expect(page.get_by_text("a recording: it speaks only of what it exercises")).to_be_visible()
    expect(page.locator("#duty-nc-payload")).to_contain_text("185")


def test_a_newcomer_can_tell_from_the_page_alone_what_a_forgetful_server_breaks(
    deployed: list[Document], tmp_path: Path, opened: Open
) -> None:
    """One verdict that changed is named with its sentence, its exchanges on one clock and their curl lines."""
    document = judged(healed(deployed), tmp_path)
    assert document["outcome"] == "nonconformant"
    page = opened(document)
    wrong = page.get_by_role("region", name="What is wrong")
    expect(wrong).to_contain_text("one-verdict")
    wrong.locator("a[href='#findings-one-verdict']").click()
    finding = page.locator("#findings-one-verdict details.finding").first
    expect(finding).to_have_attribute("open", "")
    assert finding.locator("rect.bar.marked").count() >= 1
    expect(finding).to_contain_text("curl -sS -i -X GET")


def test_the_known_deviations_of_the_deployed_service_describe_its_recorded_history(
    deployed: list[Document], tmp_path: Path
) -> None:
    """The gate passes on the recording, each warning of it is foreseen, and nothing else is."""
    document = judged(deployed, tmp_path)
    lines = read_deviations(EXPECT, {requirement.id for requirement in catalogue.requirements()})
    gate = weigh(document, lines, TODAY)
    assert gate.exit_code is ExitCode.CONFORMANT
    met = {one.id for one in gate.weighed if one.state is State.MET}
    assert met == {row["id"] for row in document["requirements"] if row["outcome"] in ("warn", "fail")}


def test_the_known_deviations_excuse_no_other_fault(deployed: list[Document], tmp_path: Path) -> None:
    """The same file over a forgetful server fails the gate and names what it did not foresee."""
    document = judged(healed(deployed), tmp_path)
    lines = read_deviations(EXPECT, {requirement.id for requirement in catalogue.requirements()})
    gate = weigh(document, lines, TODAY)
    assert gate.exit_code is ExitCode.NONCONFORMANT
    unforeseen = {one.id for one in gate.weighed if one.state is State.UNEXPECTED_FAILURE}
    assert "one-verdict" in unforeseen
    assert not unforeseen & {line.id for line in lines}


def test_the_known_deviations_foresee_every_breach_in_the_recorded_exchanges(tmp_path: Path) -> None:
    """What the deployed service answered to single requests breaks no duty that the file does not name."""
    text = (RECORDED / "deployed-exchanges.jsonl").read_text(encoding="utf-8")
    document = judged([timed(number, json.loads(line)) for number, line in enumerate(text.splitlines())], tmp_path)
    lines = read_deviations(EXPECT, {requirement.id for requirement in catalogue.requirements()})
    gate = weigh(document, lines, TODAY)
    assert [one.sentence for one in gate.weighed if one.state.fails] == []
    met = {one.id for one in gate.weighed if one.state is State.MET}
    assert {"error-payload", "error-payload-unrouted", "error-number", "spec-wording"} <= met


def timed(number: int, exchange: Document) -> Document:
    """Give a recorded exchange a place in a history: all at once, because they were kept by name and not in order."""
    name, body = exchange["name"], exchange["body"]
    try:
        response = json.loads(body) if body else None
    except ValueError:
        response = {"bytes": len(body.encode()), "md5": "0" * 32, "text": body}
    bad_token = exchange["status"] == 401
    user = "invalid" if bad_token else "other" if "forbidden" in name or "stranger" in name else "owner"
    return {
        "session": f"s{number}",
        "a_ns": number,
        "b_ns": 10**12 + number,
        "method": exchange["method"],
        "host": "deployed.example",
        "path": exchange["path"],
        "request": None,
        "authorized": bool(exchange["authorization"]),
        "user": user if exchange["authorization"] else None,
        "role": "api" if exchange["path"].startswith("/api") or name.startswith("09_route") else "storage",
        "status": exchange["status"],
        "headers": {key.lower(): value for key, value in exchange["headers"].items()},
        "response": response,
    }
