"""Pages of the site that are drawn from the code: requirements, readings, commands, faults. A hook of MkDocs.

They are never written into the checkout, so that none can be stale.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click
from draw_costs import filled
from mkdocs.structure.files import File, Files

from conformance.api import catalogue
from conformance.cli.asking.grouped_help import grouped
from conformance.cli.commands import every_command
from conformance.clients.client_judge import client_rules_of
from conformance.judge.rules_table import excuses_of, names_of
from conformance.model import Requirement
from conformance.reference.faults import FAULTS
from conformance.reference.variants import VARIANTS


def on_files(files: Files, config: Any) -> Files:
    """Add the drawn pages to those that stand in the folder."""
    for name, draw in PAGES.items():
        files.append(File.generated(config, name, content="\n".join(draw())))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in the table of costs, and say a link that leaves the folder as a path of the checkout: it is not here."""
    ups = page.file.src_uri.count("/") + 1
    return re.sub(rf"\[[^\]]+\]\((?:\.\./){{{ups},}}([^)#]+)\)", r"`\1`", filled(markdown))


def requirements() -> Iterator[str]:
    """Draw every requirement, one anchor each."""
    yield "# Requirements\n"
    yield "What a server (or a client) must do, what follows from it, and what is only measured. For programs:"
    yield "`dds-conformance requirements --json`. Where the specification is silent, a [reading](readings.md) says what"
    yield "was chosen.\n"
    for role in (catalogue.SERVER, catalogue.CLIENT):
        yield f"## Of a {role}\n"
        for one in catalogue.every():
            if one.role == role:
                yield from _requirement(one)


def _requirement(one: Requirement) -> Iterator[str]:
    yield f"### `{one.id}` {{#{one.id}}}\n"
    yield f"**{one.title}.** {one.level}{', part of the core' if one.core else ''}; specification: {one.section}.\n"
    yield f"{one.asks}\n"
    if one.quote:
        yield f"> {one.quote}\n"
    yield f"Sound when: {one.sound_when}\n"
    if one.reading:
        yield f"Reading: {one.reading}\n"
    rules = client_rules_of(one.id) if one.role == catalogue.CLIENT else names_of(one.id)
    yield f"Rules: {_codes(rules)}. Scenarios: {_codes(one.scenarios)}.\n"
    for excuse in excuses_of(one.id):
        yield f"* Excuse `{excuse.name}`: {excuse.sentence}"
    yield ""


def readings() -> Iterator[str]:
    """Draw the register of readings, one anchor each."""
    yield "# Readings\n"
    yield "What was chosen where the specification is silent. If you would choose otherwise:"
    yield "[how to argue](faq.md#disagree).\n"
    for one in catalogue.readings():
        yield f"## `{one.id}` {{#{one.id}}}\n"
        yield f"**About:** {one.about}\n\n{one.text}\n"


def commands() -> Iterator[str]:
    """Draw every command with its options, one anchor each."""
    yield "# Commands\n"
    yield "As `--help` shows them. An option that is a key may stand in `dds-conformance.toml` or in the environment"
    yield "(`DDS_CONFORMANCE_…`) too: `dds-conformance config show` says where each value came from.\n"
    for name, command in every_command():
        context = click.Context(command, info_name=f"dds-conformance {name}")
        yield f"## {name} {{#{name.replace(' ', '-')}}}\n"
        yield f"{_fenced(command.get_usage(context))}\n"
        yield f"{_paragraphs(inspect.cleandoc(command.help or ''))}\n"
        options = [one for one in command.get_params(context) if isinstance(one, click.Option) and not one.hidden]
        for title, some in (grouped(options) if len(options) > 6 else {"Options": options}).items():
            yield f"| {title} | |\n|---|---|"
            yield from (_option_row(name, one, context) for one in some)
            yield ""


def _option_row(name: str, option: click.Option, context: click.Context) -> str:
    declared, about = option.get_help_record(context) or ("", "")
    anchor = f"{name.replace(' ', '-')}{max(option.opts, key=len)}"
    return f'| <span id="{anchor}"></span>`{declared.replace("|", "/")}` | {_cell(about)} |'


def faults() -> Iterator[str]:
    """Draw every fault with what may convict it, and every legal variant."""
    yield "# Faults and variants\n"
    yield "What the embedded server can be told to do wrong (`dds-conformance serve --fault NAME`), and in which odd"
    yield "but legal ways it can be right (`--variant NAME`). Each of them tried: [the proof](kill-matrix.md).\n"
    yield "## Faults\n\n| fault | what it does | breaks |\n|---|---|---|"
    for fault in FAULTS.values():
        breaks = ", ".join(f"[`{name}`](requirements.md#{name})" for name in dict.fromkeys(fault.breaks))
        yield f'| <span id="{fault.name}"></span>`{fault.name}` | {_cell(fault.summary)} | {breaks} |'
    yield "\n## Legal variants\n\n| variant | what it does |\n|---|---|"
    for variant in VARIANTS.values():
        yield f'| <span id="{variant.name}"></span>`{variant.name}` | {_cell(variant.summary)} |'


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _paragraphs(text: str) -> str:
    """Set a command's help: what is laid out by hand stays so."""
    blocks = (block.strip("\n") for block in re.split(r"\n\s*\n", text))
    return "\n\n".join(_fenced(one[1:].strip("\n")) if one.startswith("\b") else _plain(one) for one in blocks)


def _fenced(text: str) -> str:
    return f"```text\n{text}\n```"


def _plain(text: str) -> str:
    return text.replace("<", "&lt;")


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "requirements.md": requirements,
    "readings.md": readings,
    "commands.md": commands,
    "faults.md": faults,
}
