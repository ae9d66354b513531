"""The shell form of a script: `sh` with curl and awk, and one line for each request."""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.outcome.display_text import line

Document = Mapping[str, Any]
RUNTIME = Path(__file__).with_name("runtime.sh.txt")
_WORD = re.compile("⟦(.*?)⟧")


def shell_script(document: Document, finding: Document) -> str:
    """Write the script of a finding."""
    program = finding["program"]
    about = [
        f"Shows finding {finding['index']} of run {line(document['run_id'])} again: {finding['requirement']}.",
        *textwrap.wrap(line(finding["sentence"]), 110),
    ]
    facts = {"BASE": document["target"]["base_url"], "BOUND_S": f"{program['bound_s']:g}", "MOST": program["tries"]}
    text = RUNTIME.read_text(encoding="utf-8")
    text = text.replace("# ABOUT\n", "".join(f"# {line}\n" for line in about))
    text = text.replace("# THE FACTS\n", "".join(f"{name}={shlex.quote(str(v))}\n" for name, v in facts.items()))
    return text.replace("  # THE REQUESTS\n", "".join(f"  {line}\n" for line in _lines(program)))


def _lines(program: Document) -> Iterable[str]:
    for name, size in program["contents"].items():
        yield f"bytes {name} {size}"
    written = json.dumps(program["steps"], ensure_ascii=False)
    for word in dict.fromkeys(_WORD.findall(written)):
        if word.startswith("n"):
            yield f"fresh {word}"
        elif word.startswith("md5:"):
            yield f"hashed {word} {' '.join(word[4:].split('+'))}"
    if any(step.get("compares") for step in program["steps"]):
        yield "COMPARES=yes"
    held: list[tuple[int, Document]] = []
    for number, step in enumerate(program["steps"]):
        yield f"# request {number}{', which the finding rests on' if step['evidence'] else ''}"
        yield from _request(step)
        if step.get("held") or held:
            held.append((number, step))
            yield f"hold {number}"
        else:
            yield _looked(number, step)
            yield from _bound(step)
        if held and not step.get("held"):
            yield from _let_go(held)
            held = []


def _let_go(held: Iterable[tuple[int, Document]]) -> Iterable[str]:
    yield "let_go"
    for number, step in held:
        then = step["then"] if step["evidence"] else ""
        yield f"came {number} {step['status'] or 0} {shlex.quote(then)} || return 0"
        yield from _bound(step)


def _request(step: Document) -> Iterable[str]:
    if "at" in step:
        names = step["bytes"].replace("+", " ")
        request = f"signed {step['method']} {step['at']} {shlex.quote(names)}"
    else:
        body = json.dumps(step["json"], ensure_ascii=False) if "json" in step else step.get("text", "")
        kind = (step.get("type") or "application/json") if "json" in step or "text" in step else "-"
        words = (step["method"], step["path"], step["user"] or "nobody", kind, body)
        request = f"request {' '.join(shlex.quote(word) for word in words)}"
    yield request
    if step.get("compares"):
        yield "compares"


def _looked(number: int, step: Document) -> str:
    if step["evidence"]:
        looked = (number, f"{step['wait_s']:g}", f"{step['until_s']:g}", shlex.quote(step["then"]), step["status"] or 0)
        return f"look {' '.join(map(str, looked))} || return 0"
    return f"prepare {number} {step['status'] or 0} || return 0"


def _bound(step: Document) -> Iterable[str]:
    for word, where in step["binds"].items():
        yield f"bind {word} {'.'.join(where)}"
