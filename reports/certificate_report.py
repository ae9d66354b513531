"""``certificate.json`` and ``certificate.md``: drawn only where a run entitles to it, else the reasons why not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.outcome.display_text import code, count, escaped, judged, rate, seconds, what_is_judged
from conformance.release import certify

Document = Mapping[str, Any]
NAME = "certificate.md"


def write(document: Document, directory: Path) -> Path:
    """Write the certificate of `document`, or ``certificate.md`` that says why there is none; give that path.

    Without entitlement no ``certificate.json`` is left, not even one of an earlier run in the same directory.
    """
    decision = certify(document)
    machine, path = directory / "certificate.json", directory / NAME
    if decision.certificate is None:
        machine.unlink(missing_ok=True)
        path.write_text(_none(document, decision.refusals), encoding="utf-8")
    else:
        text = json.dumps(decision.certificate, indent=1, allow_nan=False)
        machine.write_text(f"{text}\n", encoding="utf-8")
        path.write_text("\n\n".join(_certificate(decision.certificate)) + "\n", encoding="utf-8")
    return path


def _none(document: Document, refusals: Iterable[str]) -> str:
    reasons = "\n".join(f"- {escaped(reason)}" for reason in refusals)
    return (
        f"# No certificate\n\nJudged: **{escaped(judged(document))}**\n\n"
        f"Run {code(document['run_id'])} against {code(document['target']['base_url'])} entitles to none:"
        f"\n\n{reasons}\n\nA certificate needs a complete, unfiltered run with `--effort thorough`, without "
        f"`--expect`, against a target whose version is named, that ends conformant.\n"
    )


def _certificate(given: Document) -> Iterable[str]:
    target, versions = given["target"], given["versions"]
    yield "# Certificate of conformance"
    yield f"Judged: **{escaped(what_is_judged(target))}**"
    yield (
        f"{code(target['base_url'])}{' (embedded)' if target['embedded'] else ''}, version "
        f"**{escaped(target['version'] or 'unnamed')}**, kept the eventual-consistency contract "
        f"{escaped(versions['spec'])} in a complete run."
    )
    rows = {
        "run": code(given["run_id"]),
        "begun": escaped(given["begun"]),
        "ended": escaped(given["ended"]),
        "suite": escaped(versions["suite"]),
        "catalogue": escaped(versions["catalogue"]),
        "effort": escaped(given["effort"]),
        "seed": str(given["seed"]),
        "strict": "yes" if given["strict"] else "no",
        "bound on convergence": seconds(given["converge_within_s"]),
        "second user": "given" if given["second_user"] else "not given",
        "exchanges": count(given["exchanges"]),
        "SHA-256 of the history": code(given["history_sha256"]),
        "SHA-256 of report.json": code(given["document_sha256"]),
    }
    yield "| | |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    yield "## Exercised"
    yield "\n".join(["| duty | level | outcome | exposures | bound, 95 % |", "|---|---|---|---:|---:|", *_rows(given)])
    yield "## Not observed"
    yield _list(f"{code(row['id'])}, {row['outcome']}: {escaped(row['note'])}" for row in given["not_observed"])
    yield "## Warnings"
    yield _list(f"{code(row['id'])}: {escaped(row['sentence'])}" for row in given["warnings"])


def _rows(given: Document) -> Iterable[str]:
    for row in given["exercised"]:
        counted = f"{count(row['exposures'])} | {rate(row['bound_95'])}"
        yield f"| {code(row['id'])} | {row['level']} | {row['outcome']} | {counted} |"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines) or "None."
