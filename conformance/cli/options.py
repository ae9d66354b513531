"""Options made from the configuration's keys, so that a key is described once and works everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from conformance.cli.asking.near_choice import NearChoice
from conformance.model import NOTHING
from conformance.settings.configuration import FILE, Configuration, Value, gather
from conformance.settings.keys import KEYS, flag
from conformance.settings.run_settings import EFFORTS

Command = TypeVar("Command", bound=Callable[..., Any])

REACHING = (
    "target", "credentials", "ca_bundle", "client_certificate", "client_key", "gateway", "storage_provider",
    "storage_hosts", "headers", "max_rps", "max_in_flight", "silence", "deadline", "longest_wait",
)  # fmt: skip
"""How the target is reached: what every command that sends needs."""
RUNNING = (
    "embedded", "report_dir", "report", "converge_within", "effort", "strict", "seed", "workers", "only", "catalogue",
    "scenario", "target_version", "target_openapi", "keep", "max_requests", "max_bytes", "max_seconds", "answer_bytes",
    "download_bytes",
)  # fmt: skip
"""What a run is asked to do."""
_METAVARS = {
    "target": "URL",
    "converge_within": "SECONDS",
    "only": "ID-or-glob",
    "catalogue": "VERSION",
    "scenario": "GLOB",
    "report_dir": "DIR",
    "report": "NAME",
    "credentials": "FILE",
    "ca_bundle": "FILE",
    "client_certificate": "FILE",
    "client_key": "FILE",
    "gateway": "REGEX",
    "target_openapi": "URL-or-FILE",
    "target_version": "VERSION",
    "storage_provider": "ID",
    "storage_hosts": "PATTERN",
    "silence": "SECONDS",
    "deadline": "SECONDS",
    "longest_wait": "SECONDS",
    "max_seconds": "SECONDS",
    "max_bytes": "BYTES",
    "answer_bytes": "BYTES",
    "download_bytes": "BYTES",
}


def configured(*names: str) -> Callable[[Command], Command]:
    """Add an option for each key named, and ``--config``; none has a default of its own, so that files may speak."""

    def add(command: Command) -> Command:
        for name in reversed(names):
            command = _option(name)(command)
        where = click.Path(exists=True, dir_okay=False, path_type=Path)
        return click.option("--config", type=where, metavar="FILE", help=f"Configuration.  [default: {FILE}]")(command)

    return add


def _option(name: str) -> Callable[[Command], Command]:
    if name == "headers":
        about = "Send this to the target's host alone; a secret. May be repeated."
        return click.option("--header", "headers", multiple=True, metavar="NAME=VALUE", help=about)
    key, word = KEYS[name], f"--{name.replace('_', '-')}"
    about = f"{key.about[0].upper()}{key.about[1:]}."
    if key.unset or (key.default is not False and key.default not in (None, "", ())):
        about += f"  [default: {key.unset or key.default}]"
    if key.read is flag:
        return click.option(word, is_flag=True, default=None, help=about)
    if name == "effort":
        return click.option(word, type=NearChoice(EFFORTS), help=about)
    multiple = isinstance(key.default, tuple)
    return click.option(word, metavar=_METAVARS.get(name, "N"), multiple=multiple, help=about)


def configuration(given: dict[str, Any], beneath: Mapping[str, Value] = NOTHING) -> Configuration:
    """Gather the configuration from the file, the environment and the options `given`, which it takes out.

    `beneath` are values that weigh less than all of them.
    """
    file = given.pop("config", None)
    options = {name: given.pop(name) for name in list(given) if name in KEYS}
    return gather(options, file=file, beneath=beneath)
