"""What a person should type next, drawn from a run document (pure)."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Document = Mapping[str, Any]


def command(document: Document, *, effort: str = "", only: str = "", keep_seed: bool = True) -> str:
    """Give the command that judges the same target again: as before, or with another effort, or one duty alone."""
    if document.get("role") == "client":
        return str(document["client"]["again"])
    target = document["target"]
    words = ["dds-conformance", "run"]
    embedded = bool(target.get("embedded"))
    words += [] if embedded else ["--target", target["base_url"], *_provider(target)]
    chosen = effort or document["effort"]
    words += ["--effort", chosen] if chosen in ("quick", "standard", "thorough") else []
    words += ["--strict"] if document["strict"] else []
    words += ["--seed", str(document["seed"])] if keep_seed else []
    return shlex.join([*words, *(["--only", only] if only else []), *(["--embedded"] if embedded else [])])


def replay(document: Document) -> str:
    """Give the command that runs one saved plan again against the same target."""
    target = document["target"]
    words = ["dds-conformance", "replay", "plan.json"]
    embedded = bool(target.get("embedded"))
    there = ["--embedded"] if embedded else ["--target", target["base_url"], *_provider(target)]
    return shlex.join([*words, *there])


def _provider(target: Document) -> list[str]:
    """Give the option that names the storage provider, where one was chosen."""
    chosen = target.get("storage_provider")
    return ["--storage-provider", chosen] if chosen else []


def next_steps(document: Document, directory: Path | None) -> Iterable[tuple[str, str]]:
    """Give what to do next, each as a phrase and a command or a file."""
    if directory:
        yield "read", str(directory / "report.html")
    if document.get("recorded"):
        return
    if document.get("role") == "client":
        yield "try it again", command(document)
        return
    broken = next((row["id"] for row in document["requirements"] if row["outcome"] == "fail"), "")
    if broken:
        yield "see it again", command(document, only=broken)
    elif document["outcome"] == "incomplete" or document.get("partial"):
        yield "run it whole", command(document)
    elif document["effort"] != "thorough":
        yield "look harder", command(document, effort="thorough")
    elif directory:
        yield "certify", _certify(directory)


def _certify(directory: Path) -> str:
    names = "--key key.pem --product 'NAME VERSION' --organisation NAME --contact TEXT"
    return f"dds-conformance certify {shlex.quote(str(directory))} {names}"
