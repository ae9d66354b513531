"""What a finding rests on can be followed from the page: rule, reading, scenario, documentation, scripts."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import md5

from conformance.reports.html import write as write_page
from conformance.reports.markdown import summary

from conformance.model import Exchange, History, Operation, Target
from conformance.outcome.assemble import Framing, assemble

TARGET = Target("http://h/api/v1")
NAME = "ddsc-" + md5(b"x", usedforsecurity=False).hexdigest()


def judged() -> dict[str, object]:
    """Judge a history whose one answer breaks a requirement that has a reading of its own."""
    body = {"error": 400, "reason": "r", "suggestion": "s"}
    exchange = Exchange("POST", "/api/v1/projects", "h", request={"name": NAME}, status=400, response=body,
                        headers={"content-type": "application/json"})  # fmt: skip
    operation = Operation("o1", "s", 10, 20, exchange, scenario="wrong-requests", plan="p", notes={"intent": "invalid"})
    later = replace(operation, id="o2", a_ns=30, b_ns=40)
    framing = Framing(effort="quick", options={"embedded": True}, scenarios=("wrong-requests",))
    return assemble(History((operation, later), TARGET), framing)


def test_every_link_of_a_finding_leads_somewhere_on_the_page_or_to_the_documentation(tmp_path: object) -> None:
    """And each script that it links to lies beside the page."""
    from pathlib import Path  # noqa: PLC0415 - for the type alone

    folder = Path(str(tmp_path))
    page = write_page(judged(), folder).read_text(encoding="utf-8")
    shown = re.findall(r'<p class="small links">(.*?)</p>', page, re.DOTALL)
    assert shown
    links = re.findall(r'href="([^"]+)"', "".join(shown))
    inside = [link[1:] for link in links if link.startswith("#")]
    assert any(link.startswith("rule-error-payload-") for link in inside)
    assert "scenario-wrong-requests" in inside
    for name in inside:
        assert page.count(f'id="{name}"') == 1, name
    assert "requirements.html#error-payload" in links
    assert 'id="error-payload"' in (folder / "requirements.html").read_text(encoding="utf-8")
    scripts = re.findall(r'href="(reproduce/[^"]+)"', page)
    assert {script.rsplit(".", 1)[1] for script in scripts} == {"sh", "py"}
    assert all((folder / script).is_file() for script in scripts)


def test_the_summary_names_the_script_of_a_finding() -> None:
    """It is the first thing that somebody who reads a CI job wants."""
    assert re.search(r"shown again by: `reproduce/finding-\d+\.sh`", summary(judged()))


def test_the_documentation_is_that_of_a_site_where_one_is_published(monkeypatch: object) -> None:
    """Else the page beside the report; what is no web address is not linked to."""
    import pytest  # noqa: PLC0415 - for the type alone
    from conformance.reports.words import docs_page  # noqa: PLC0415 - only this test

    assert isinstance(monkeypatch, pytest.MonkeyPatch)
    monkeypatch.setenv("DDS_DOCS_URL", "https://dds.example.org/site/")
    assert docs_page("nc-payload") == "https://dds.example.org/site/requirements.html#nc-payload"
    monkeypatch.setenv("DDS_DOCS_URL", "javascript:alert(1)")
    assert docs_page("nc-payload") == "requirements.html#nc-payload"
