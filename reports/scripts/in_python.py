"""The Python form of a script: the runtime beside this module, the shape of answers, and one line for each request."""

from __future__ import annotations

import inspect
import pprint
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.outcome.display_text import line
from conformance.outcome.reproduction.shape import shape

Document = Mapping[str, Any]
RUNTIME = Path(__file__).with_name("runtime.py.txt")
_MARK = "# THE REQUESTS\n"


def python_script(document: Document, finding: Document) -> str:
    """Write the script of a finding."""
    program = finding["program"]
    head, tail = RUNTIME.read_text(encoding="utf-8").split(_MARK)
    facts = {
        "BASE": document["target"]["base_url"], "BOUND_S": program["bound_s"], "TRIES": program["tries"],
        "SIZES": program["contents"],
    }  # fmt: skip
    stated = "\n".join(f"{name} = {value!r}" for name, value in facts.items())
    lines = "\n".join(textwrap.indent(request, "    ") for request in _requests(program["steps"]))
    measure = inspect.getsource(shape)
    head = head.replace('"""ABOUT"""', about(document, finding)).replace("# THE FACTS\n", f"{stated}\n")
    return head.replace("# THE SHAPE\n", measure) + f"def attempt(run: Run) -> None:\n{lines}\n" + tail


def about(document: Document, finding: Document) -> str:
    """Say what the script is about, as the text literal that begins it."""
    said = [
        f"Shows finding {finding['index']} of run {line(document['run_id'])} again: {finding['requirement']}.",
        "", *textwrap.wrap(line(finding["sentence"]), 110), "",
        "Needs httpx, and DDS_API_TOKEN (or DDS_AGENT_KEY and DDS_USER_KEY) in the environment; DDS_OTHER_API_TOKEN",
        "where another user speaks; DDS_TARGET for another target. It makes projects of its own and removes them",
        "(not with KEEP=1). It ends with 0 if every answer came as it came then, 1 if not, 2 if it could not be tried.",
    ]  # fmt: skip
    return (
        repr("\n".join(said)) if "\\" in "".join(said) or '"""' in "".join(said) else '"""' + "\n".join(said) + '\n"""'
    )


def _requests(steps: Iterable[Document]) -> Iterable[str]:
    for number, step in enumerate(steps):
        named = {
            name: step[name]
            for name in ("user", "json", "text", "type", "compares", "held", "binds")
            if _said(step, name)
        }
        looked = {name: step[name] for name in ("wait_s", "until_s") if step.get(name)}
        given = {**named, "status": step["status"], **({"then": step["then"], **looked} if step["evidence"] else {})}
        if "at" in step:
            first = [repr(step["method"]), str(step["at"]), repr(step["bytes"])]
        else:
            first = [repr(step["method"]), repr(step["path"])]
        words = ",\n    ".join(f"{name}={pprint.pformat(value, width=100)}" for name, value in given.items())
        verb = "signed" if "at" in step else "send"
        why = "  # what the finding rests on" if step["evidence"] else ""
        yield f"run.{verb}(  # request {number}{why}\n    {', '.join(first)},\n    {words},\n)".replace("#", "#", 1)


def _said(step: Document, name: str) -> bool:
    return name in step and step[name] not in ({}, "owner", False) and not (name == "json" and step[name] is None)
