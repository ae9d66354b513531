"""A scripted server: it makes the trouble that its script says, for the request that it says, and records it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance import history
from conformance.model import Operation
from conformance.reference.hooks.script_actions import ACTIONS
from conformance.reference.hooks.script_rules import ScriptRule
from conformance.reference.launch import RunningServer, launch

PROJECT = {"name": "scripted", "description": "of a test"}


@contextmanager
def scripted(folder: Path, *rules: dict[str, Any]) -> Iterator[tuple[RunningServer, httpx.Client]]:
    """Run a server with a script, and a client of its owner."""
    script = folder / "script.json"
    lags = {"project": 0, "upload": 1.5}
    places = {"record": str(folder / "record.jsonl"), "world": str(folder / "world.json")}
    script.write_text(json.dumps({"rules": rules, "lags": lags, **places}), encoding="utf-8")
    with (
        launch(script=script) as server,
        httpx.Client(
            base_url=server.base_url, headers={"Authorization": server.token}, trust_env=False, timeout=30
        ) as api,
    ):
        yield server, api


def seen(folder: Path) -> list[Operation]:
    """Read the record as the suite does."""
    return [line for line in history.lines(folder / "record.jsonl") if isinstance(line, Operation)]


def broken(ask: Callable[[], object]) -> bool:
    """Tell whether a request has no whole answer."""
    try:
        ask()
    except httpx.TransportError:
        return True
    return False


@pytest.mark.parametrize(
    ("nth", "acted"),
    [(1, [1]), ("2", [2]), ("2-3", [2, 3]), ("3-", [3, 4, 5])],
)
def test_a_rule_counts_the_requests_to_its_call(nth: Any, acted: list[int]) -> None:
    """A number, a range, or everything from a number on."""
    rule = ScriptRule.read({"call": "*_url", "do": "nc", "nth": nth})
    assert [count for count in range(1, 6) if rule.at(count)] == acted
    assert rule.takes("file_url")
    assert not rule.takes("create_upload")


@pytest.mark.parametrize(
    ("do", "status", "code"),
    [
        ("nc", 404, "resource_not_consistent"), ("404", 404, "not_provided"), ("400", 400, "not_provided"),
        ("429", 429, "not_provided"), ("500", 500, "not_provided"), ("503", 503, "not_provided"),
        ("integrity", 400, "not_provided"), ("401", 401, "not_provided"), ("403", 403, "not_provided"),
    ],
)  # fmt: skip
def test_a_refusal_is_the_standard_error_and_does_no_work(tmp_path: Path, do: str, status: int, code: str) -> None:
    """With the Retry-After that the rule gives, and only for the request that the rule names."""
    with scripted(tmp_path, {"call": "create_project", "do": do, "retry_after": 7}) as (_, api):
        refused = api.post("/projects", json=PROJECT)
        again = api.post("/projects", json=PROJECT)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.headers["Retry-After"] == "7" or do == "integrity"
    assert again.status_code == (401 if do == "401" else 202)  # a token that expired stays so
    world = json.loads((tmp_path / "world.json").read_text())
    assert len(world["projects"]) == (0 if do == "401" else 1)
    first = seen(tmp_path)[0]
    assert (first.notes["rule"], first.notes["done"], first.exchange.status) == (0, do, status)


@pytest.mark.parametrize(("do", "made"), [("reset-before", 0), ("reset-after", 1), ("cut", 1), ("stall", 1)])
def test_a_lost_answer_leaves_its_work_or_none(tmp_path: Path, do: str, made: int) -> None:
    """The record says what the client could not see."""
    with scripted(tmp_path, {"call": "create_project", "do": do, "seconds": 0.2}) as (_, api):
        assert broken(lambda: api.post("/projects", json=PROJECT))
    world = json.loads((tmp_path / "world.json").read_text())
    assert len(world["projects"]) == made
    (operation,) = seen(tmp_path)
    assert operation.exchange.failure is not None
    assert operation.notes.get("made", {}).get("status") == (202 if made else None)


def test_the_storage_provider_refuses_and_redirects_and_sees_a_token_that_does_not_belong_there(
    tmp_path: Path,
) -> None:
    """The record names where a secret was; its value is nowhere in it."""
    rules = [{"call": "storage_get", "do": "expired"}, {"call": "storage_get", "do": "redirect", "nth": 2}]
    with scripted(tmp_path, *rules) as (server, _):
        url, token = f"{server.storage_url}/a/b?c=d", server.token
        assert "ExpiredToken" in httpx.get(url, headers={"Authorization": token}, trust_env=False).text
        assert httpx.get(url, trust_env=False).headers["location"].partition("://")[2].startswith("localhost:")
        httpx.get(f"{url}&t={server.user_key}", trust_env=False)
    places = [operation.notes.get("leaks") for operation in seen(tmp_path)]
    assert places == [["header authorization"], None, ["query"]]
    assert token not in (tmp_path / "record.jsonl").read_text()


@pytest.mark.parametrize(
    "rule", [{"call": "storage_put", "do": "corrupt"}, {"call": "complete_upload", "do": "integrity"}]
)
def test_an_upload_turns_out_bad_whatever_the_client_does(tmp_path: Path, rule: dict[str, Any]) -> None:
    """Its bytes are changed on the way, or it is found bad: the url endpoint tells the integrity exception."""
    with scripted(tmp_path, rule) as (_, api):
        file = upload(api)
        stated = until(lambda: api.get(f"/files/{file}/url"), 400)
    assert (stated.status_code, stated.json()["suggestion"]) == (400, "You must begin a new upload process")
    world = json.loads((tmp_path / "world.json").read_text())
    assert world["uploads"][0]["verdict"] == "err"
    assert world["uploads"][0]["due_ns"] > 0


def until(ask: Callable[[], httpx.Response], status: int) -> httpx.Response:
    """Ask until the answer has the status, for half a minute at most."""
    end = time.monotonic() + 30
    while (answer := ask()).status_code != status and time.monotonic() < end:
        time.sleep(0.02)
    return answer


def upload(api: httpx.Client) -> str:
    """Upload one byte and attach it."""
    project = api.post("/projects", json=PROJECT).json()["id"]
    asked = {"name": "one", "content_type": "text/plain", "size": 1, "chunked": False}
    made = until(lambda: api.post(f"/projects/{project}/uploads", json=asked), 201).json()
    signed = made["signed_url"]
    assert httpx.put(signed["host"] + signed["url"], content=b"x", trust_env=False).status_code == 200
    whole = {"value": "9dd4e461268c8034f5c8564e155c67a6", "algorithm": "md5"}
    assert api.put(f"/uploads/{made['id']}/complete", json={"hash": whole}).status_code == 202
    parent = {"kind": "dds-project", "id": project}
    return str(api.post("/files", json={"parent": parent, "upload": {"id": made["id"]}}).json()["id"])


def test_every_action_is_tried_here_or_by_a_scenario() -> None:
    """A name that nobody uses would be trouble that nobody has seen."""
    here = {"nc", "404", "400", "429", "500", "503", "integrity", "401", "403", "reset-before", "reset-after", "cut"}
    assert set(ACTIONS) == here | {"stall", "expired", "redirect", "corrupt"}
