"""`--habits deployed`: the embedded server does what is known of the deployed service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reference_bench import Bench, md5

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Bench]:
    """Return a server with the deployed service's habits and a lag of one second."""
    made = Bench(tmp_path / "data", habits="deployed")
    yield made
    made.close()


def _single(bench: Bench, project: str, *, send: bool = True) -> tuple[str, str, dict[str, str]]:
    """Complete and attach a single part; return upload, file and the signed PUT."""
    body = {"name": "s", "content_type": "t", "size": 3, "chunked": False}
    made = bench.call("POST", f"/projects/{project}/uploads", body).json
    if send:
        bench.store(made["signed_url"], b"abc")
    bench.complete(made["id"], md5(b"abc"))
    file = bench.attach(project, made["id"]).json
    bench.advance(1.1)
    return made["id"], file["id"], made["signed_url"]


def test_the_framework_refuses_without_a_code(deployed: Bench) -> None:
    """What is missing is a sentence; what a rule refuses is the API's own payload, with `error` as digits."""
    missing = deployed.call("POST", "/projects", {})
    assert (missing.status, missing.json) == (400, {"error": "name is missing, description is missing"})
    refused = deployed.call("POST", "/projects", {"name": "n", "description": "d", "slug": "BAD SLUG!"})
    assert (refused.json["error"], refused.code) == ("400", "not_provided")
    assert "code" not in deployed.call("POST", "/projects", raw=b"x", media="text/plain").json
    assert deployed.call("PATCH", "/projects").json == {"error": "405 Not Allowed"}
    assert deployed.call("GET", "/nowhere").json is None
    page = deployed.call("GET", "/projects?per_page=0.5")
    assert (page.status, page.headers["content-type"].partition(";")[0]) == (500, "text/html")


def test_a_single_part_never_sent_is_pending_for_ever(deployed: Bench) -> None:
    """Its job fails, and is tried again."""
    _, file, _ = _single(deployed, deployed.project(), send=False)
    deployed.advance(30.0)
    assert deployed.call("GET", f"/files/{file}/url").code == "resource_not_consistent"


def test_a_single_part_can_be_replaced_after_the_200(deployed: Bench) -> None:
    """The signed PUT works for five minutes, whatever was found."""
    _, file, signed = _single(deployed, deployed.project())
    url = deployed.call("GET", f"/files/{file}/url").json
    before = deployed.store(url).body
    deployed.store(signed, b"xyz")
    assert (before, deployed.store(url).body) == (b"abc", b"xyz")


def test_completes_at_once_are_all_accepted(deployed: Bench) -> None:
    """One a moment later is refused as before."""
    project = deployed.project()
    body = {"name": "s", "content_type": "t", "size": 3, "chunked": False}
    upload = deployed.call("POST", f"/projects/{project}/uploads", body).json["id"]
    answers = [deployed.complete(upload, md5(b"abc")).status for _ in range(3)]
    deployed.advance(0.5)
    assert [*answers, deployed.complete(upload, md5(b"abc")).status] == [202, 202, 202, 400]


def test_a_deleted_projects_file_is_served_until_it_is_purged(deployed: Bench) -> None:
    """For some seconds the url is 200, then 404."""
    project = deployed.project()
    _, file, _ = _single(deployed, project)
    deployed.call("DELETE", f"/projects/{project}")
    deployed.advance(1.0)
    first = deployed.call("GET", f"/files/{file}/url").status
    deployed.advance(3.0)
    assert (first, deployed.call("GET", f"/files/{file}/url").status) == (200, 404)


def test_put_files_takes_another_users_upload(deployed: Bench) -> None:
    """Though POST /files refuses it."""
    project = deployed.project()
    upload, _, _ = _single(deployed, project)
    theirs = deployed.call("POST", "/projects", {"name": "b", "description": "d"}, token=deployed.other).json["id"]
    deployed.advance(1.1)
    body = {"name": "own", "content_type": "t", "size": 1, "chunked": False}
    own = deployed.call("POST", f"/projects/{theirs}/uploads", body, token=deployed.other).json
    deployed.store(own["signed_url"], b"o")
    hashed = {"hash": {"value": md5(b"o"), "algorithm": "md5"}}
    deployed.call("PUT", f"/uploads/{own['id']}/complete", hashed, token=deployed.other)
    parent = {"kind": "dds-project", "id": theirs}
    taken = deployed.call("POST", "/files", {"parent": parent, "upload": {"id": upload}}, token=deployed.other)
    file = deployed.call("POST", "/files", {"parent": parent, "upload": {"id": own["id"]}}, token=deployed.other).json
    switched = deployed.call("PUT", f"/files/{file['id']}", {"upload": {"id": upload}}, token=deployed.other)
    assert (taken.status, switched.status) == (403, 200)
