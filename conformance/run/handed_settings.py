"""The settings of a pytest session that is a run: handed down to it, or gathered from its options."""

from __future__ import annotations

import dataclasses

import pytest

from conformance.driver.report_folder import prepare
from conformance.model import Target
from conformance.outcome.display_text import what_is_judged
from conformance.run.stopping import set_aside
from conformance.run.unstarted import reporting
from conformance.settings.configuration import gather
from conformance.settings.run_settings import Settings

OPTIONS = (
    "target", "embedded", "headers", "effort", "seed", "converge_within", "report_dir", "strict", "only",
    "catalogue", "scenario", "max_rps", "i_may_write",
)  # fmt: skip
"""The keys of the configuration that are options of pytest too; pytest has a ``--strict`` of its own."""
HANDED = "dds_settings"
_KNOWN = pytest.StashKey[Settings]()


def settings_of(config: pytest.Config) -> Settings:
    """Return the settings of a session; a worker's are those of its controlling process.

    Raises:
        UsageError: an option, the environment or the configuration file says something wrong.
    """
    if _KNOWN not in config.stash:
        config.stash[_KNOWN] = _settings(config)
    return config.stash[_KNOWN]


def _settings(config: pytest.Config) -> Settings:
    """Take over what was handed down, or gather it and make the report folder of a run ready."""
    if worker := getattr(config, "workerinput", {}).get(HANDED):
        return Settings.from_json(worker)
    if handed := config.getoption(HANDED):
        return Settings.from_json(handed.read_text(encoding="utf-8"))
    options = {name: config.getoption(name) for name in OPTIONS}
    workers = int(getattr(config.option, "numprocesses", None) or 0)
    asked = gather({**options, "workers": workers})
    folder = asked.get("report_dir").absolute()
    if config.option.collectonly:
        return dataclasses.replace(asked.settings(), report_dir=folder)
    screen = config.get_terminal_writer()
    if older := prepare(folder):
        screen.line(set_aside(older))
    with reporting(folder, Target(base_url=asked.get("target") or "")):
        settings = dataclasses.replace(asked.settings(), report_dir=folder)
    screen.line(f"JUDGING: {what_is_judged(dataclasses.asdict(settings.target))}")
    return settings
