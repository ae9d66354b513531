"""A run that is started inside another pytest session, such as a team's own gate, is not changed by it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.run.child import _environment
from conformance.run.item_names import shards_of
from conformance.settings.run_settings import Settings


@pytest.fixture(autouse=True)
def surrounding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a worker of a distributed session around the run."""
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "7")


def config(**more: Any) -> Any:
    """Return what is asked of pytest's configuration."""
    return SimpleNamespace(option=SimpleNamespace(numprocesses=more.pop("numprocesses", None)), **more)


def test_the_plans_are_shared_out_over_the_workers_of_the_run_itself() -> None:
    """The seed would give other plans else."""
    assert shards_of(config()) == 1
    assert shards_of(config(numprocesses=3)) == 3
    assert shards_of(config(workerinput={"workercount": 4})) == 4


def test_the_child_process_hears_nothing_of_the_session_around_it(embedded_settings: Settings) -> None:
    """Neither its worker nor its count."""
    assert not {name for name in _environment(embedded_settings) if name.startswith("PYTEST_XDIST")}


@pytest.fixture
def embedded_settings(tmp_path: Any) -> Settings:
    """Return the settings of a run against the embedded server."""
    from conformance.settings.configuration import gather  # noqa: PLC0415 - after the environment is set

    return gather({"embedded": True, "report_dir": tmp_path}).settings()
