"""An embedded server for the tests of safety, people who were there before, and a look at what is there now."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from conformance.driver import Client, Driver
from conformance.model import Json, Operation, Target
from conformance.reference.launch import RunningServer
from conformance.settings.credentials import Credentials
from conformance.settings.run_settings import Settings, new_run_id

PATIENCE_S = 20.0


def settings_for(server: RunningServer, folder: Path, **changes: object) -> Settings:
    """Settings of a run of its own against `server`."""
    given = Settings(
        target=Target(base_url=server.base_url, second_user=True),
        run_id=new_run_id(),
        credentials=Credentials.of({"api_token": server.token, "other_api_token": server.other_token}),
        report_dir=folder / "report",
    )
    return dataclasses.replace(given, **changes)  # type: ignore[arg-type]


def until(ask: Callable[[], Operation], *statuses: int) -> Operation:
    """Ask again until one of `statuses` is the whole answer; fail after a while."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        operation = ask()
        if operation.exchange.status in statuses and operation.exchange.failure is None:
            return operation
        time.sleep(0.02)
    raise AssertionError(f"no {statuses} within {PATIENCE_S} s")


def make_file(client: Client, name: str, data: bytes, *, lie: bool = False) -> tuple[str, str]:
    """Make a project with one file of one chunk, as patiently as it takes; give the ids of both."""
    project = until(lambda: client.create_project(client.driver.name(name), "d"), 202).exchange.response["id"]
    size = len(data)
    asked = until(lambda: client.create_upload(project, name=client.driver.name(name), size=size), 201)
    upload = asked.exchange.response["id"]
    value = hashlib.md5(b"a lie" if lie else data, usedforsecurity=False).hexdigest()
    signed = until(lambda: client.create_chunk(upload, number=1, size=size, value=value), 200).exchange.response
    until(lambda: client.put_signed(signed, data), 200)
    until(lambda: client.complete_upload(upload, value=value), 202, 400)
    file = until(lambda: client.create_file("dds-project", project, upload), 201, 400).exchange.response
    return project, file.get("id", "")


def listed(server: RunningServer, folder: Path) -> dict[str, Json]:
    """Give every live project that the first or the second user can see, whole, by id."""
    driver = Driver(settings_for(server, folder / "look"), worker="look")
    try:
        found: dict[str, Json] = {}
        for user in ("owner", "other"):
            client = driver.client("look", user=user)
            page, pages = 1, 1
            while page <= pages:
                answer = client.list_projects(page=page, per_page=1000).exchange
                pages = int(answer.headers.get("x-total-pages", "1"))
                found |= {item["id"]: item for item in answer.response["results"] if not item["is_deleted"]}
                page += 1
        return found
    finally:
        driver.close()


def bystanders(server: RunningServer, folder: Path) -> list[str]:
    """Make projects of people who have nothing to do with any run; give their ids."""
    driver = Driver(settings_for(server, folder / "bystander"), worker="bystander")
    try:
        alice = driver.client("alice")
        project, file = make_file(alice, "thesis", b"chapter one")
        until(lambda: alice.file_url(file), 200)  # what is theirs must not change by itself while we look
        made = [project]
        for user, name in (("owner", "ddsc"), ("owner", "ddsc 0123456789ab"), ("other", "0"), ("other", "run")):
            client = driver.client("bystander", user=user)
            made.append(client.create_project(name, "mine").exchange.response["id"])
        return made
    finally:
        driver.close()


def bytes_of(server: RunningServer, folder: Path, ids: list[str]) -> str:
    """Give projects with their uploads and children, byte for byte, as the service shows them."""
    driver = Driver(settings_for(server, folder / "look"), worker="look")
    try:
        shown = []
        for identity in ids:
            for user in ("owner", "other"):
                client = driver.client("look", user=user)
                looks = (
                    client.show_project(identity),
                    client.list_uploads(identity),
                    client.list_project_children(identity),
                )
                shown += [[look.exchange.status, look.exchange.response] for look in looks]
        return json.dumps(shown, sort_keys=True)
    finally:
        driver.close()
