"""A run changes only what it made: whatever a scenario or a fuzzer asks for, the road itself refuses the rest."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from embedded import bystanders, bytes_of, listed, make_file, settings_for

from conformance.driver import Driver
from conformance.driver.safety.cleaning import clean
from conformance.model import Failure, Operation
from conformance.reference.launch import RunningServer

NOBODYS = "6f1d8f0e-1111-4222-8333-444455556666"


def withheld(operation: Operation) -> bool:
    """Whether the driver itself kept a request back."""
    return operation.exchange.failure is Failure.REFUSED and "withheld" in operation.notes


def test_other_peoples_things_cannot_be_changed(server: RunningServer, tmp_path: Path) -> None:
    """Not by id in the path, however written, nor by reference in a body; seen or guessed."""
    others = bystanders(server, tmp_path)
    before = bytes_of(server, tmp_path, others)
    driver = Driver(settings_for(server, tmp_path))
    client = driver.client("fuzzer")
    project, file = make_file(client, "mine", b"abc")
    upload = client.show_file(file).exchange.response["current_version"]["upload"]["id"]
    for identity in others:
        client.show_project(identity)
    theirs = client.list_project_children(others[0]).exchange.response["results"][0]["id"]
    victim = others[0]
    attempts = [
        client.delete_project(victim),
        client.update_project(victim, name="taken over"),
        client.create_upload(victim, name="x", size=1),
        client.create_file("dds-project", victim, upload),
        client.create_folder("dds-project", victim, "x"),
        client.delete_file(theirs),
        client.update_file(theirs, upload),
        client.move_file(file, "dds-project", victim),
        client.send("DELETE", f"/projects//{victim}"),
        client.send("DELETE", f"/projects/{victim}/"),
        client.send("DELETE", f"/projects/{victim}?x"),
        client.send("delete", f"/projects/{victim}"),
        client.send("DELETE", "/projects/" + "".join(f"%{ord(char):02x}" for char in victim)),
        client.send("DELETE", f"/projects/{project}/../{victim}"),
        client.send("DELETE", f"/projects/{project}%2F..%2F{victim}"),
        client.send("PUT", f"/projects/{victim}/permissions/{NOBODYS}", json={"auth_role": {"id": "system_admin"}}),
        client.send("POST", "/files", content=json.dumps({"parent": {"id": victim}}).encode()),
        client.send("POST", "/files", content=f"parent[id]={quote(victim)}".encode(), content_type="x-form"),
    ]
    assert [index for index, operation in enumerate(attempts) if not withheld(operation)] == []
    assert bytes_of(server, tmp_path, others) == before
    assert client.delete_file(file).exchange.status == 204
    assert client.delete_project(project).exchange.status == 204
    driver.close()


@pytest.mark.parametrize("identity", ["1", "0", "42", "root", "admin", "me", "x.y", "a-b_c"])
def test_a_guessable_id_is_not_tried_on_a_foreign_target(identity: str, server: RunningServer, tmp_path: Path) -> None:
    """Somewhere, 42 is somebody's project. An invented one is nobody's, nor is a UUID that was never given out."""
    driver = Driver(settings_for(server, tmp_path))
    client = driver.client("fuzzer")
    assert withheld(client.delete_project(identity))
    assert client.show_project(identity).exchange.status == 404
    assert client.delete_project(NOBODYS).exchange.status == 404
    assert client.delete_project(identity, notes={"invented": [identity]}).exchange.status == 404
    driver.close()


def test_everything_a_run_makes_can_be_changed_by_it(server: RunningServer, tmp_path: Path) -> None:
    """Files, versions, folders and uploads; what the second user sees of it too; in either order of reading."""
    driver = Driver(settings_for(server, tmp_path))
    client = driver.client("maker")
    project, file = make_file(client, "mine", b"abc")
    _, second = make_file(client, "more", b"def")
    other = client.show_file(second).exchange.response["current_version"]["upload"]["id"]
    folder = client.create_folder("dds-project", project, "f").exchange.response["id"]
    done = [
        client.update_project(project, name="renamed"),
        client.rename_file(file, "new"),
        client.move_file(file, "dds-folder", folder),
        client.update_file(file, other),
        client.rename_folder(folder, "g"),
    ]
    versions = client.list_versions(file).exchange.response["results"]
    done += [client.update_version(versions[0]["id"], "label"), client.promote_version(versions[0]["id"])]
    done += [client.delete_version(client.show_file(file).exchange.response["current_version"]["id"])]
    assert [(op.exchange.method, op.exchange.path, op.notes) for op in done if op.exchange.status is None] == []
    assert client.delete_project(project, user="other").exchange.status == 403
    assert driver.settings.run_id in client.show_project(project).exchange.response["name"]
    driver.close()


BODIES = {
    "a name": {"json": {"name": "fuzz", "description": "d"}},
    "an empty name": {"json": {"name": " ", "description": "d"}},
    "a number for a name": {"json": {"name": 7, "description": "d"}},
    "octets": {"content": b'{"name": "raw", "description": "d"}', "content_type": "application/json"},
    "a form": {"content": b"name=form&description=d", "content_type": "application/x-www-form-urlencoded"},
    "broken octets": {"content": b'{"name": "half', "content_type": "application/json"},
    "no object": {"json": ["name"]},
    "nothing": {},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_project_of_any_shape_bears_the_mark_and_can_be_cleaned(
    body: dict[str, object], server: RunningServer, tmp_path: Path
) -> None:
    """A fuzzer's create, cut before its answer: by its mark it is found again, if it came to be at all."""
    before = listed(server, tmp_path)
    settings = settings_for(server, tmp_path)
    driver = Driver(settings)
    driver.client("fuzzer").send("POST", "/projects", cut_after_s=0.0, **body)  # type: ignore[arg-type]
    driver.client("fuzzer").send("POST", "/projects/", **body)  # type: ignore[arg-type]
    driver.close()
    clean(settings.ledger_path, settings)
    assert listed(server, tmp_path) == before
