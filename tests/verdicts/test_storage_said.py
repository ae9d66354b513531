"""A storage provider that works for nobody is said in the outcome's reasons, and every command keeps its choice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.api.classifier import classify_all
from conformance.doctor import next_command
from conformance.driver.safety.cleaning import Leftover, farewell
from conformance.history import encode_header
from conformance.model import Exchange, Failure, History, Operation, Role, Target
from conformance.outcome.assemble import Framing, assemble
from conformance.outcome.sums import sums_of
from conformance.release.next_step import command, next_steps, replay
from conformance.settings.configuration import gather
from conformance.settings.run_settings import Settings, new_run_id

TARGET = Target("http://127.0.0.1:1/api/v1", storage_provider="swift one")


def stored(method: str, count: int, status: int | None = 500, failure: Failure | None = None) -> list[Operation]:
    """So many requests to the storage provider, all answered alike."""
    exchange = Exchange(method, "/b/o", role=Role.STORAGE, user=None, status=status, failure=failure)
    return [Operation(f"{method}-{status}-{n}", "s", n, n + 1, exchange) for n in range(count)]


@pytest.mark.parametrize(
    ("operations", "said"),
    [
        (stored("PUT", 70), ["the storage took no bytes: the 70 requests", "500 (70 times)"]),
        (stored("PUT", 4, None, Failure.RESET) + stored("PUT", 5, 503), ["503 (5 times), reset (4 times)"]),
        (stored("PUT", 3, 200) + stored("GET", 9), ["no download succeeded: the 9 requests"]),
    ],
)
def test_a_storage_that_never_works_is_said_first(operations: list[Operation], said: list[str]) -> None:
    """With what it answered; the run is incomplete."""
    document = assemble(History(tuple(operations), TARGET), Framing(effort="quick"))
    assert document["outcome"] == "incomplete"
    for words in said:
        assert words in document["reasons"][0]


@pytest.mark.parametrize(
    "operations",
    [
        stored("PUT", 70) + stored("PUT", 1, 201),
        stored("PUT", 2),
        [replace(one, notes={"forbidden": "x"}) for one in stored("PUT", 9, None, Failure.REFUSED)],
        stored("GET", 5, 302) + stored("GET", 1, 200),
        [],
    ],
)
def test_a_storage_that_works_once_or_was_hardly_tried_is_not(operations: list[Operation]) -> None:
    """Nor one that this suite itself would not speak to, which has a sentence of its own."""
    assert sums_of(operations, classify_all(operations, TARGET)).steps.storage_trouble() == ()


def test_a_recording_with_a_dead_storage_says_so_and_is_judged_as_before() -> None:
    """It speaks of what it exercises only."""
    document = assemble(History(tuple(stored("PUT", 9)), TARGET), Framing(recorded=True))
    assert any("took no bytes" in reason for reason in document["reasons"])


def test_every_command_names_the_chosen_provider(tmp_path: Path) -> None:
    """Run, replay, doctor and clean; quoted for the shell; and none where none was chosen."""
    settings = Settings(target=TARGET, run_id=new_run_id(), storage_provider=TARGET.storage_provider)
    document = assemble(History((), TARGET), Framing(effort="quick"))
    printed = [
        command(document),
        command(document, only="x"),
        replay(document),
        next_command(settings, []),
        *farewell((Leftover("project", "p", "n", "r"),), tmp_path / "ledger.jsonl", settings),
        *(stated for what, stated in next_steps(document, None)),
    ]
    assert len(printed) >= 6
    assert all("--storage-provider 'swift one'" in stated for stated in printed)
    bare = {**document, "target": {"base_url": "http://127.0.0.1:1/api/v1", "embedded": False}}
    assert "--storage-provider" not in command(bare) + replay(bare)


def test_the_choice_stands_in_the_settings_and_in_the_history() -> None:
    """So that a history which is judged again still knows it."""
    settings = gather({"target": "http://127.0.0.1:1", "storage_provider": "sp-1", "api_token": "tok-0001"}).settings()
    assert settings.target.storage_provider == "sp-1"
    assert b'"storage_provider":"sp-1"' in encode_header(settings.target, {}).replace(b": ", b":")


def test_one_download_that_never_came_is_said_first_and_so_is_one_that_was_not_followed() -> None:
    """Each was given a url, so one is enough; bytes are blocked where the suite itself stood in the way."""
    failed = assemble(History(tuple(stored("GET", 1, None, Failure.RESET)), TARGET), Framing(effort="quick"))
    assert "no download succeeded: the 1 requests" in failed["reasons"][0]
    ours = [replace(one, notes={"forbidden": "10.0.0.1 is private"}) for one in stored("GET", 2, None, Failure.REFUSED)]
    retained = assemble(History(tuple(ours), TARGET), Framing(effort="quick"))
    assert "not followed (2 times)" in retained["reasons"][0]
    (row,) = [row for row in retained["requirements"] if row["id"] == "bytes-exact"]
    assert row["outcome"] == "blocked"
    assert "10.0.0.1 is private" in row["note"]
    assert failed["outcome"] == retained["outcome"] == "incomplete"
