"""A plan in API verbs, as a person would write it down: what a failure prints, and what a report shows."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.engine.plan import COMMON, Plan, Step
from conformance.engine.plan_verbs import HOW, PROJECT, VERBS, option
from conformance.engine.values.content_classes import CONTENT_CLASSES
from conformance.engine.values.false_hashes import FALSE_HASHES
from conformance.engine.values.manners import MANNERS
from conformance.engine.values.name_classes import NAME_CLASSES
from conformance.model import Json

_WHO = {
    "owner": "",
    "member": ", the second user as a member",
    "other": ", the second user",
    "invalid": ", with a bad token",
    "nobody": ", without a token",
}


def plan_text(plan: Plan) -> str:
    """Draw a plan as a short program, one actor after the other; they run side by side."""
    lines = [f"{plan.theme}: {plan.title}"]
    for actor in plan.actors:
        manner = f", {MANNERS[actor.manner].says}" if actor.manner else ""
        lines.append(f"  {actor.name}{_WHO[actor.user]}{manner}:")
        lines.extend(f"    {step_text(step)}" for step in actor.steps)
    return "\n".join(lines)


def step_text(step: Step) -> str:
    """Draw one step: what it binds, its request, and whatever is out of the ordinary."""
    request = VERBS[step.verb].says.format(**_words(step))
    extras = "; ".join(_extras(step))
    name = f"{step.binds} = " if step.binds else ""
    return f"{name}{request}{f'   ({extras})' if extras else ''}"


def _words(step: Step) -> dict[str, object]:
    verb = VERBS[step.verb]
    projects = {name: COMMON for name, kind in verb.needs.items() if kind == PROJECT}
    return {**verb.options, **projects, **step.args}


def _extras(step: Step) -> list[str]:
    options = VERBS[step.verb].options
    said = [_content(step)] if step.verb == "create_upload" else []
    said += _classed(step, options)
    said += [words for name, words in HOW.items() if name in options and option(step, name)]
    said += [HOW[name].format(**step.args) for name in VERBS[step.verb].takes if name in step.args and name in HOW]
    if options.get("hash_of") == 0 and option(step, "hash_of"):
        said.append(f"reporting the hash of part {option(step, 'hash_of')}")
    if options.get("name_of") == "" and option(step, "name_of"):
        said.append(f"under the name of {option(step, 'name_of')}")
    if "content_type" in options and option(step, "content_type") != options["content_type"]:
        said.append(f"of type {option(step, 'content_type')}")
    if "size_off" in options and option(step, "size_off"):
        said.append(f"reporting {option(step, 'size_off'):+d} bytes")
    if "send" in options and not option(step, "send"):
        said.append("the bytes are never sent")
    if "cut_s" in options and option(step, "cut_s"):
        said.append(f"connection cut after {option(step, 'cut_s') * 1000:g} ms, then tried again")
    return said + _timing(step)


def _classed(step: Step, options: Mapping[str, Json]) -> list[str]:
    """Say what a step takes of the tables of false hashes, names and contents, and which storage provider it names."""
    said: list[str] = []
    if options.get("lie") == "" and (kind := option(step, "lie")):
        said.append(f"reporting {FALSE_HASHES[kind].says}")
    if options.get("algorithm") == "" and option(step, "algorithm"):
        said.append(f"by {option(step, 'algorithm')}")
    if options.get("name_class") == "" and (kind := option(step, "name_class")):
        said.append(f"its name {NAME_CLASSES[kind].says}")
    if options.get("content") == "" and (kind := option(step, "content")):
        said.append(f"its bytes {CONTENT_CLASSES[kind].says}")
    if options.get("store") == 0 and option(step, "store"):
        said.append(f"at storage provider {option(step, 'store')} of those listed")
    if options.get("further") == 0 and option(step, "further"):
        said.append(f"at storage provider {option(step, 'further')} beside the usual one, if there is one")
    return said


def _content(step: Step) -> str:
    parts, misstate = list(option(step, "parts")), int(option(step, "misstate"))
    sizes = " + ".join(map(str, parts)) or "0"
    form = f"{len(parts)} parts of {sizes} bytes" if option(step, "chunked") else f"single part of {sizes} bytes"
    form += f", every number {option(step, 'stride')} times as high" if option(step, "stride") > 1 else ""
    return form + (f", its size given {misstate:+d}" if misstate else "")


def _timing(step: Step) -> list[str]:
    if step.verb == "pause":
        s, lags, share = option(step, "s"), option(step, "lags"), option(step, "share")
        if share:
            return [f"{share:.0%} of what a slow client may take"]
        return [f"{lags:g} of the lag measured so far" if lags else f"{s * 1000:g} ms"]
    options = VERBS[step.verb].options
    times = int(option(step, "times")) if "times" in options else 1
    if times == 1:
        return []
    every_s = option(step, "every_s") if "every_s" in options else 0.0
    return [f"{times} times, {every_s * 1000:g} ms apart" if every_s else f"{times} times"]
