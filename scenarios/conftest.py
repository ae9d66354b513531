"""What all scenarios share: which items there are, who watches the driver, and the end of a run at its first proof."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.driver import Driver
from conformance.engine.efforts import EFFORTS
from conformance.engine.search.early_stop import judges_of, plan_outcomes_of, watcher_of
from conformance.engine.search.trials import Trials
from conformance.engine.search.worker import Trial, Watcher
from conformance.fuzz.fuzzer import Campaign
from conformance.run.handed_settings import settings_of
from conformance.run.item_names import fuzz_items, item_name, plan_items, shards_of
from conformance.settings.run_settings import Settings


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item for each scenario, and for each shard of a scenario of plans where workers share them out."""
    settings, shards = settings_of(metafunc.config), shards_of(metafunc.config)
    if "plan_scenario" in metafunc.fixturenames:
        items = list(plan_items(settings, shards))
        names = [item_name(scenario, shard, shards) for scenario, shard in items]
        metafunc.parametrize(("plan_scenario", "shard"), items, ids=names)
    if "fuzz_scenario" in metafunc.fixturenames:
        fuzzing = fuzz_items(settings)
        metafunc.parametrize("fuzz_scenario", fuzzing, ids=[scenario.name for scenario in fuzzing])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the plans first, shard by shard: they wait longest, and prove most."""
    tried = (item for item in items if "[NOTSET]" not in item.nodeid)  # what pytest makes where nothing is selected
    items[:] = sorted(tried, key=lambda item: "plan_scenario" not in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def watcher(driver: Driver, settings: Settings) -> Watcher:
    """Give the listener of this process, which knows the first proof where the run is to end at it."""
    return watcher_of(driver, settings)


@pytest.fixture(scope="session")
def trials(request: pytest.FixtureRequest, driver: Driver, settings: Settings, watcher: Watcher) -> Iterator[Trials]:
    """Give what runs the plans of all the items of this process, each shard's together, and closes when all ran."""
    effort, judges, outcomes = EFFORTS[settings.effort], judges_of(settings), plan_outcomes_of(driver, settings)
    shards = shards_of(request.config)
    specs = [getattr(item, "callspec", None) for item in request.session.items]
    chosen = [spec.params for spec in specs if spec and "plan_scenario" in spec.params]
    wanted = {n: [each["plan_scenario"] for each in chosen if each["shard"] == n] for n in range(shards)}
    made = Trials(wanted, lambda plans, n: Trial(driver, settings, plans, effort, judges, watcher, outcomes, n, shards))
    yield made
    made.close()


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
        pytest.skip("the requirement asked about is proved to be broken")
