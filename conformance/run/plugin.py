"""The pytest plugin: the options of a run. What gathers a run is loaded only when there is one.

``pytest scenarios --target URL`` is a whole run: the controlling process opens the history, workers append to it, and
at the end it is judged once. The exit status is that of ``dds-conformance run``.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from conformance.errors import SuiteError

SCENARIOS = Path(str(resources.files("conformance.scenarios"))).resolve()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a run; none has a default, so that the configuration file and the environment may speak."""
    group = parser.getgroup("dds-conformance", "judge a DDS API server")
    group.addoption("--target", metavar="URL", help="the server to judge")
    group.addoption("--embedded", action="store_true", default=None, help="judge the embedded server")
    group.addoption(
        "--header", dest="headers", action="append", metavar="NAME=VALUE", help="a header for the target's host alone"
    )
    group.addoption("--effort", choices=("quick", "standard", "thorough"), help="how much to try")
    group.addoption("--dds-seed", dest="seed", metavar="N", help="seed of the plans")
    group.addoption("--converge-within", metavar="SECONDS", help="the bound on 'eventually'")
    group.addoption("--report-dir", metavar="DIR", help="where reports go")
    group.addoption("--dds-strict", dest="strict", action="store_true", default=None, help="a broken SHOULD fails")
    group.addoption("--only", action="append", metavar="ID-or-glob", help="judge these requirements only")
    group.addoption("--catalogue", metavar="VERSION", help="judge by an older version of the catalogue")
    group.addoption("--scenario", action="append", metavar="GLOB", help="try these scenarios only")
    group.addoption("--max-rps", metavar="N", help="requests per second, all workers together")
    group.addoption("--i-may-write", action="store_true", default=None, help="consent to writing to a remote target")
    group.addoption("--dds-settings", type=Path, metavar="FILE", help="settings handed down by dds-conformance run")


def is_run(config: pytest.Config) -> bool:
    """Whether this pytest session is to judge a target, rather than some other tests."""
    if config.getoption("dds_settings") or config.getoption("target") or config.getoption("embedded"):
        return True
    words = [word.partition("::")[0] for word in config.args]
    paths = [(config.invocation_params.dir / word).resolve() for word in words]
    return any(word.startswith("conformance.scenarios") for word in words) or any(
        path == SCENARIOS or SCENARIOS in path.parents for path in paths
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load what gathers a run, where this session is one; where items are only listed, read the settings alone."""
    if not is_run(config):
        return
    try:
        from conformance.run.handed_settings import settings_of  # noqa: PLC0415 - the same
        from conformance.run.item_names import due  # noqa: PLC0415 - other pytest sessions must not pay for it

        settings = settings_of(config)
        if config.option.collectonly:
            due(settings)
        else:
            from conformance.run.unstarted import reporting  # noqa: PLC0415 - the same

            with reporting(settings.report_dir, settings.target):
                due(settings)
            from conformance.run.gathering import Gathering  # noqa: PLC0415 - the same

            config.pluginmanager.register(Gathering(config), "dds-conformance-gathering")
    except SuiteError as trouble:
        pytest.exit(f"error: {trouble}", returncode=int(trouble.exit_code))
