"""What all scenarios share: who watches the driver, the order they run in, and the end of a run at its first proof."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from conformance.driver import Driver
from conformance.engine.search.early_stop import watcher_of
from conformance.engine.search.sharding import spread
from conformance.engine.search.worker import Watcher
from conformance.fuzz import Campaign
from conformance.settings.run_settings import Settings

SHARDS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each worker process one shard of the plans."""
    if "shard" in metafunc.fixturenames:
        metafunc.parametrize(("shard", "shards"), [(shard, SHARDS) for shard in range(SHARDS)])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the plans first, each shard where another worker process will take it: they wait longest, and prove most."""
    items[:] = spread(items, [item for item in items if "shard" in getattr(item, "fixturenames", ())], SHARDS)


@pytest.fixture(scope="session")
def watcher(driver: Driver, settings: Settings) -> Watcher:
    """Give the listener of this process, which knows the first proof where the run is to end at it."""
    return watcher_of(driver, settings)


@pytest.fixture(scope="session")
def campaign(driver: Driver) -> Iterator[Campaign]:
    """Give what this process fuzzes with; what it aims at is being made from now on, beside whatever else goes on."""
    made = Campaign(driver)
    made.seed()
    yield made
    made.close()


@pytest.fixture(scope="session", autouse=True)
def _seeds(request: pytest.FixtureRequest) -> None:
    """Begin with the seeds of the fuzzing, so that they settle while the plans run."""
    if any("campaign" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("campaign")


@pytest.fixture(autouse=True)
def _until_the_first_proof(watcher: Watcher) -> None:
    if watcher.stopped:
        pytest.skip("the duty asked about is proved to be broken")
