"""What every pytest session in this checkout shares: Hypothesis draws the same examples each time, warnings are errors.

The options and fixtures of a run (``pytest scenarios --target URL``) come from the installed plugin,
`conformance.run.plugin`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

OWN_TESTS = Path(__file__).parent / "tests"

settings.register_profile("own-tests", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("own-tests")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make a warning an error in the suite's own tests; a run against a target must not end over one."""
    for item in items:
        if OWN_TESTS in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error"), append=False)
