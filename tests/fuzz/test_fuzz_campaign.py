"""The fuzzing against the embedded server: clean where it is correct, and each kind of fault convicted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.driver import Driver
from conformance.engine.scenario_list import select
from conformance.fuzz import hostile
from conformance.fuzz.fuzz_log import gather
from conformance.fuzz.fuzz_scenario import FuzzScenario, Kind
from conformance.fuzz.fuzzer import Campaign
from conformance.fuzz.hostile import GROUPS
from conformance.fuzz.openapi_document import calls
from conformance.fuzz.seeds import STATES, SeedRoom
from conformance.model import Target
from conformance.reference.launch import launch
from conformance.settings.credentials import Credentials, Secret
from conformance.settings.run_settings import Settings


@contextmanager
def campaign(folder: Path, *faults: str) -> Iterator[Campaign]:
    """Run the embedded server, with faults, and give what fuzzes it."""
    with launch(lag="1.0", data=folder / "server", faults=faults) as server:
        settings = Settings(
            target=Target(server.base_url, second_user=True, converge_within_s=10.0),
            run_id="0123456789ab",
            credentials=Credentials(api_token=Secret(server.token), other_api_token=Secret(server.other_token)),
            effort="quick",
            seed=1,
            report_dir=folder,
        )
        driver = Driver(settings)
        try:
            yield Campaign(driver)
        finally:
            driver.close()


FUZZING = [scenario for scenario in select(()) if isinstance(scenario, FuzzScenario)]
SUBJECTS = {(scenario.kind, scenario.subject): scenario for scenario in FUZZING}


def test_every_call_every_hostile_group_and_the_links_are_a_scenario() -> None:
    """Neither the document nor the hostile requests have a part that no scenario tries."""
    called, groups = {(Kind.CALL, call) for call in calls()}, {(Kind.HOSTILE, group) for group in GROUPS}
    assert set(SUBJECTS) == called | groups | {(Kind.LINKS, "")}


def provoke(made: Campaign, kind: Kind, *subjects: str) -> None:
    """Try scenarios by what they fuzz."""
    for subject in subjects:
        made.provoke(SUBJECTS[kind, subject])


def test_a_correct_server_is_clean_and_reached_in_every_state(tmp_path: Path) -> None:
    """Both url endpoints in each state of their resource, uploads into projects ready and not."""
    with campaign(tmp_path) as made:
        provoke(made, Kind.CALL, "file_url", "version_url", "create_upload", "complete_upload")
        provoke(made, Kind.HOSTILE, "bodies")
        provoke(made, Kind.LINKS, "")
    notes = gather(tmp_path)
    expected = {
        "pending": "404 not consistent", "good": "200", "failed": "400 integrity", "deleted": "404", "forbidden": "403",
        "unknown": "404",
    }  # fmt: skip
    for call in ("file_url", "version_url"):
        assert {state: kinds for state, kinds in notes["answers"][call].items() if state in expected}.keys() == set(
            expected
        )
        assert all(notes["answers"][call][state].get(kind) for state, kind in expected.items()), notes["answers"][call]
    assert notes["answers"]["create_upload"]["new"] == {"404 not consistent": 1}
    assert notes["answers"]["create_upload"]["ready"]["201"]
    assert set(notes["answers"]["complete_upload"]) >= set(STATES["upload"])
    assert (notes["missing"], notes["crimes"]) == ([], [])


@pytest.mark.parametrize(
    ("fault", "call", "by"),
    [
        ("nc-error-mismatch", "file_url", "nc-payload"),
        ("integrity-error-mismatch", "version_url", "integrity-payload"),
        ("code-missing-unknown-id", "show_upload", "error-payload"),
    ],
)
def test_a_fault_in_a_payload_is_convicted_as_one_crime(tmp_path: Path, fault: str, call: str, by: str) -> None:
    """By the judge's own checks, with the request that shows it."""
    with campaign(tmp_path, fault) as made:
        provoke(made, Kind.CALL, call)
    flaws = [flaw for flaw in gather(tmp_path)["crimes"] if flaw["by"] == by]
    assert len(flaws) == 1
    assert flaws[0]["curl"].startswith("curl")


def test_fuzzing_alone_finds_errors_of_the_framework_without_a_code(tmp_path: Path) -> None:
    """One row tells of them all."""
    with campaign(tmp_path, "code-missing-unrouted") as made:
        provoke(made, Kind.HOSTILE, "routes")
    assert [flaw["by"] for flaw in gather(tmp_path)["crimes"]] == ["error-payload-unrouted"]


class _Room(SeedRoom):
    """A room without a server."""

    def _id(self, kind: str, state: str) -> str:
        return f"{kind}-{state}"


@pytest.mark.parametrize("group", GROUPS)
def test_hostile_requests_are_the_same_for_the_same_seed_and_delete_nothing_by_an_odd_id(group: str) -> None:
    """An id such as `*` might mean all of them."""
    driver: Any = type("Silent", (), {"client": lambda *_, **__: None, "settings": None})()
    first = list(hostile.questions(group, _Room(driver, "r"), 10_000, 1))
    assert first == list(hostile.questions(group, _Room(driver, "r"), 10_000, 1))
    assert first[:20] != list(hostile.questions(group, _Room(driver, "r"), 20, 2))
    assert all(asked.method != "DELETE" or "-" in asked.path or asked.path.count("/") == 1 for asked in first)
    assert len(first) >= 20
