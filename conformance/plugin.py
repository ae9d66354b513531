"""The pytest plugin: the options of a run. What gathers a run is loaded only when there is one.

``pytest scenarios --target URL`` is a whole run: the controlling process opens the history, workers append to it, and
at the end it is judged once. The exit status is that of ``dds-conformance run``.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a run."""
    group = parser.getgroup("dds-conformance", "judge a DDS API server")
    group.addoption("--target", metavar="URL", default="", help="the server to judge (default: the embedded one)")
    group.addoption("--effort", choices=("quick", "standard", "thorough"), default="standard", help="how much to try")
    group.addoption("--seed", dest="dds_seed", type=int, default=0, help="seed of the plans")
    group.addoption("--converge-within", type=float, default=60.0, metavar="SECONDS", help="the bound on 'eventually'")
    group.addoption("--report-dir", type=Path, default=Path("dds-report"), metavar="DIR", help="where reports go")
    group.addoption("--dds-strict", action="store_true", help="a broken SHOULD fails")
    group.addoption("--only", dest="dds_only", action="append", default=[], metavar="ID", help="select requirements")
    group.addoption("--max-rps", type=float, metavar="N", help="requests per second, all workers together")
    group.addoption("--i-may-write", action="store_true", help="consent to writing to a target that is not loopback")
    group.addoption("--dds-settings", type=Path, metavar="FILE", help="settings handed down by dds-conformance run")


def is_run(config: pytest.Config) -> bool:
    """Whether this pytest session is to judge a target, rather than some other tests."""
    if config.getoption("dds_settings") or config.getoption("target"):
        return True
    return any(Path(word.split("::")[0]).name in ("scenarios", "conformance.scenarios") for word in config.args)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load what gathers a run, where this session is one."""
    if is_run(config) and not config.option.collectonly:
        from conformance.gathering import Gathering  # noqa: PLC0415 - other pytest sessions must not pay for it

        config.pluginmanager.register(Gathering(config), "dds-conformance-gathering")
