"""What a person should type next, drawn from a run document (pure).

Every command is one line for a shell, with every option that the run had: it works when it is pasted.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.settings.option_words import option_words

Document = Mapping[str, Any]
AGAIN = "again"
_BEYOND_A_REPLAY = ("report_dir", "only", "scenario", "effort", "workers", "expect")
"""Options that say what a whole run tries, or that a replay does not have."""


def command(document: Document, *, effort: str = "", only: str = "", keep_seed: bool = True) -> str:
    """Give the command that judges the same target again: as before, or with another effort, or one duty alone.

    One duty alone is judged in a folder of its own, so that the report which names it stays.
    """
    if document.get("role") == "client":
        return str(document["client"]["again"])
    options = options_of(document)
    chosen = effort or document["effort"]
    options |= {"effort": chosen} if chosen in ("quick", "standard", "thorough") else {}
    options |= {"only": [only], "report_dir": str(again_folder(document))} if only else {}
    return " ".join(["dds-conformance", "run", *option_words(options, without=() if keep_seed else ("seed",))])


def replay(document: Document, *which: str) -> str:
    """Give the command that runs a plan again, alone, against the same target: that of a file, or which is named."""
    words = ["dds-conformance", "replay", *(which or ("plan.json",))]
    there = ["--report-dir", shlex.quote(str(again_folder(document)))] if which else []
    return " ".join([*words, *option_words(options_of(document), without=_BEYOND_A_REPLAY), *there])


def replay_finding(document: Document, finding: int) -> str:
    """Give the command that runs the plan of a finding again, alone, against the same target."""
    return replay(document, shlex.quote(str(folder(document) / "report.json")), "--finding", str(finding))


def see_again(document: Document, row: Document) -> str:
    """Give the command that shows a broken duty again: by its first finding that a plan showed, else by itself.

    A document that does not say its options, as those of older suites, is no run that a replay could be given to.
    """
    plans = {plan["id"] for plan in document.get("plans") or [] if document.get("options")}
    planned = (index for index in row["findings"] if document["findings"][index].get("plan") in plans)
    index = next(planned, None)
    return command(document, only=row["id"]) if index is None else replay_finding(document, index)


def options_of(document: Document) -> dict[str, Any]:
    """Give the options that a run had, by the names of their keys; of an older suite's document what its target tells.

    The seed is always among them: a run with another one tries something else.
    """
    known = document.get("options")
    target = document["target"]
    if not known:
        there = {"embedded": True} if target.get("embedded") else {"target": target["base_url"]}
        bound = {"converge_within": target["converge_within_s"]} if target.get("converge_within_s", 60) != 60 else {}
        stated = {"target_version": target.get("version"), "gateway": target.get("gateway")}
        known = {**there, **stated, **bound, "storage_provider": target.get("storage_provider")}
    return {**known, "strict": document["strict"], "seed": document["seed"]}


def folder(document: Document) -> Path:
    """Give the report folder that the run had."""
    return Path((document.get("options") or {}).get("report_dir") or "dds-report")


def again_folder(document: Document) -> Path:
    """Give the folder for what is tried again, within that of the run, whose reports stay."""
    return folder(document) / AGAIN


def next_steps(document: Document, directory: Path | None) -> Iterable[tuple[str, str]]:
    """Give what to do next, each as a phrase and a command or a file."""
    if directory:
        yield "read", str(directory / "report.html")
    if document.get("recorded"):
        return
    if document.get("role") == "client":
        yield "try it again", command(document)
        return
    broken = next((row for row in document["requirements"] if row["outcome"] == "fail"), None)
    if broken:
        yield "see it again", see_again(document, broken)
    elif document["outcome"] == "incomplete" or document.get("partial"):
        yield "run it whole", command(_whole(document))
    elif document["effort"] != "thorough":
        yield "look harder", command(document, effort="thorough")
    elif directory:
        yield "certify", _certify(directory)


def _whole(document: Document) -> Document:
    """Give the document of the same run with nothing selected."""
    options = {name: value for name, value in options_of(document).items() if name not in ("only", "scenario")}
    return {**document, "options": options}


def _certify(directory: Path) -> str:
    names = "--key key.pem --product 'NAME VERSION' --organisation NAME --contact TEXT"
    return f"dds-conformance certify {shlex.quote(str(directory))} {names}"
