"""``junit.xml``: one case per duty, for CI servers that read nothing else.

A duty that fails is a `failure`, one where the suite failed an `error`; what was not tried is `skipped`, never passed.
A blocked duty that gates is an `error` unless the run is conformant all the same: a report that is green in CI while
the run is incomplete would lie. For the same reason an incomplete run adds a case of its own, in a suite of its own.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.outcome.display_text import judged, printable

Document = Mapping[str, Any]
NAME = "junit.xml"
GATING = ("MUST", "IMPLIED")
MOST_TOLD = 20


def write(document: Document, directory: Path) -> Path:
    """Write ``junit.xml`` into `directory` and give its path."""
    root = ET.Element("testsuites", name=_text(f"dds-conformance: {judged(document)}"))
    suite = ET.SubElement(
        root, "testsuite", name="duties", timestamp=_text(document["begun"]), hostname=_host(document)
    )
    _properties(suite, _about(document))
    for row in document["requirements"]:
        _case(suite, row, document)
    took_s = document.get("duration_s", (document.get("traffic") or {}).get("duration_s"))
    _count(suite, float(took_s or 0.0))
    if document["outcome"] == "incomplete":
        _count(_incomplete(root, document), 0.0)
    path = directory / NAME
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    return path


def kind(row: Document, outcome: str) -> str:
    """Say what a duty's case holds: ``failure``, ``error``, ``skipped`` or nothing (it passed)."""
    match row["outcome"]:
        case "fail":
            return "failure"
        case "error":
            return "error"
        case "blocked":
            return "error" if row["level"] in GATING and outcome != "conformant" else "skipped"
        case "not-observed" | "not-applicable":
            return "skipped"
        case _:
            return ""


def _case(suite: ET.Element, row: Document, document: Document) -> None:
    case = ET.SubElement(suite, "testcase", name=row["id"], classname=f"dds.{row['level']}", time="0")
    about = {name: row.get(name) for name in ("id", "level", "section", "outcome", "exposures", "bound_95")}
    _properties(case, about)
    findings = [document["findings"][index] for index in row["findings"]]
    what = kind(row, document["outcome"])
    if what:
        first = findings[0]["sentence"] if findings else row["note"] or row["outcome"]
        message = {"message": _text(first), "type": _text(findings[0]["rule"] if findings else row["outcome"])}
        element = ET.SubElement(case, what, message if what != "skipped" else {"message": _text(first)})
        element.text = _text(_tell(row, findings))
    elif findings:
        ET.SubElement(case, "system-out").text = _text(f"warning\n{_tell(row, findings)}")


def _tell(row: Document, findings: list[Document]) -> str:
    quote = f": {row['quote']}" if row.get("quote") else ""
    parts = [f"{row['title']}\n{row['asks']}\nspec, {row['section']}{quote}"]
    for finding in findings[:MOST_TOLD]:
        lines = [finding["sentence"]]
        lines += [f"expected: {finding['expected']}"] if finding.get("expected") else []
        lines += [f"observed: {finding['observed']}"] if finding.get("observed") else []
        parts.append("\n".join([*lines, *finding["curl"]]))
    if len(findings) > MOST_TOLD:
        parts.append(f"and {len(findings) - MOST_TOLD} more, in report.json")
    return "\n\n".join(parts)


def _about(document: Document) -> Mapping[str, object]:
    target = document["target"]
    return {
        "outcome": document["outcome"],
        "reasons": "; ".join(document["reasons"]),
        "judged": judged(document),
        "target": target["base_url"],
        "target_version": target.get("version"),
        "converge_within_s": target["converge_within_s"],
        **{name: document[name] for name in ("effort", "seed", "strict", "partial", "interrupted", "run_id")},
        **{f"version_{name}": version for name, version in document["versions"].items()},
    }


def _incomplete(root: ET.Element, document: Document) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name="run", timestamp=_text(document["begun"]), hostname=_host(document))
    case = ET.SubElement(suite, "testcase", name="complete", classname="dds.run", time="0")
    message = "; ".join(document["reasons"]) or "incomplete"
    ET.SubElement(case, "error", message=_text(message), type="incomplete")
    return suite


def _properties(parent: ET.Element, values: Mapping[str, object]) -> None:
    holder = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(holder, "property", name=name, value="" if value is None else _text(value))


def _count(suite: ET.Element, took_s: float) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(plural, str(len(suite.findall(f"testcase/{name}"))))
    suite.set("time", f"{took_s:.3f}")


def _host(document: Document) -> str:
    return _text(document["target"]["base_url"].split("//")[-1].split("/")[0])


def _text(value: object) -> str:
    return printable(value)
