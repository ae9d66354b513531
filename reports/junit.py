"""``junit.xml``: one case per requirement, for CI servers that read nothing else.

A requirement that fails is a `failure`, one where the suite failed an `error`; what was not tried is `skipped`, never
passed. A blocked one that gates is an `error` unless the run is conformant all the same: a report that is green in CI
while the run is incomplete would lie. For the same reason an incomplete run adds a case of its own, in a suite of its
own.

The file stays below what GitLab reads (30 MB): where a target says too much, the texts are cut, never the cases.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.outcome.display_text import judged

from .ci.case_rows import RUN, cut, findings_of, headline, kind, shares_s, stated, took_s, unique

Document = Mapping[str, Any]
NAME = "junit.xml"
MOST_BYTES = 29_000_000
_LENGTHS = (40_000, 8_000, 1_000, 100)
"""How many characters of one text are written, the first of them with which the file is small enough."""


def write(document: Document, directory: Path) -> Path:
    """Write ``junit.xml`` into `directory` and give its path."""
    path = directory / NAME
    for length in _LENGTHS:
        path.write_bytes(xml := Drawing(document, length).xml())
        if len(xml) <= MOST_BYTES:
            break
    return path


@dataclass(frozen=True, slots=True)
class Drawing:
    """A document as JUnit's XML, no text longer than `length` characters."""

    document: Document
    length: int

    def xml(self) -> bytes:
        """Return the file."""
        root = ET.Element("testsuites", name=self._text(f"dds-conformance: {judged(self.document)}"))
        suite = self._suite(root, "requirements")
        self._properties(suite, _about(self.document))
        rows = self.document["requirements"]
        for row, name, share_s in zip(rows, unique([r["id"] for r in rows]), shares_s(self.document), strict=True):
            self._case(suite, row, name, share_s)
        _count(suite, took_s(self.document))
        if self.document["outcome"] == "incomplete":
            _count(self._incomplete(root), 0.0)
        ET.indent(root)
        return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))

    def _suite(self, root: ET.Element, name: str) -> ET.Element:
        host = self.document["target"]["base_url"].split("//")[-1].split("/")[0]
        begun = self._text(self.document["begun"])
        return ET.SubElement(root, "testsuite", name=name, timestamp=begun, hostname=self._text(host))

    def _case(self, suite: ET.Element, row: Document, name: str, share_s: float) -> None:
        classname = self._text(f"dds.{row['level']}")
        case = ET.SubElement(suite, "testcase", name=self._text(name), classname=classname, time=_time(share_s))
        findings = findings_of(row, self.document)
        what = kind(row, self.document["outcome"])
        about = {one: row.get(one) for one in ("id", "level", "section", "outcome", "exposures", "bound_95")}
        warned = {"warning": headline(row, findings)} if row["outcome"] == "warn" else {}
        self._properties(case, {**about, **warned})
        text = stated(row, findings, self.length)
        if what:
            message = {"message": self._text(headline(row, findings))}
            named = (
                {} if what == "skipped" else {"type": self._text(findings[0]["rule"] if findings else row["outcome"])}
            )
            ET.SubElement(case, what, {**message, **named}).text = text
        elif findings or warned:
            ET.SubElement(case, "system-out").text = f"warning\n{text}"

    def _incomplete(self, root: ET.Element) -> ET.Element:
        suite = self._suite(root, "run")
        case = ET.SubElement(suite, "testcase", name=RUN, classname="dds.run", time="0.000")
        message = "; ".join(self.document["reasons"]) or "incomplete"
        ET.SubElement(case, "error", message=self._text(message), type="incomplete")
        return suite

    def _properties(self, parent: ET.Element, values: Mapping[str, object]) -> None:
        holder = ET.SubElement(parent, "properties")
        for name, value in values.items():
            ET.SubElement(holder, "property", name=name, value="" if value is None else self._text(value))

    def _text(self, value: object) -> str:
        return cut(value, self.length)


def _about(document: Document) -> Mapping[str, object]:
    target = document["target"]
    return {
        "outcome": document["outcome"],
        "reasons": "; ".join(document["reasons"]),
        "judged": judged(document),
        "target": target["base_url"],
        "target_version": target.get("version"),
        "converge_within_s": target["converge_within_s"],
        "time of a case": "its share of the run, by the answers looked at for it",
        **{name: document[name] for name in ("effort", "seed", "strict", "partial", "interrupted", "run_id")},
        **{f"version_{name}": version for name, version in document["versions"].items()},
    }


def _count(suite: ET.Element, seconds: float) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(plural, str(len(suite.findall(f"testcase/{name}"))))
    suite.set("time", _time(seconds))


def _time(seconds: float) -> str:
    """Say a duration to the millisecond, more finely where that would read as none."""
    return f"{seconds:.3f}" if seconds >= 0.001 or not seconds else f"{seconds:.9f}"
