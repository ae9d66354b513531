"""Two storage providers, and one that wants another hash of chunks."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from reference_bench import Bench, md5

if TYPE_CHECKING:
    from pathlib import Path


def test_an_upload_goes_to_the_provider_that_it_names(tmp_path: Path) -> None:
    """The record says so, and the project is ready there in its own time."""
    bench = Bench(tmp_path / "data", variants=["second-provider"])
    first, second = bench.call("GET", "/storage_providers").json["results"]
    assert (first["is_default"], second["is_default"]) == (True, False)
    project = bench.project()
    body = {"name": "n", "content_type": "t", "size": 1, "storage_provider": {"id": second["id"]}}
    early = bench.call("POST", f"/projects/{project}/uploads", body)
    bench.advance(0.6)
    made = bench.call("POST", f"/projects/{project}/uploads", body).json
    bench.close()
    assert early.code == "resource_not_consistent"
    assert made["storage_provider"]["id"] == second["id"]


def test_a_provider_that_wants_sha256_verifies_by_it(tmp_path: Path) -> None:
    """MD5 is refused; a right and a wrong SHA-256 are told apart."""
    bench = Bench(tmp_path / "data", variants=["sha256-provider"])
    project, kinds = bench.project(), []
    for value in (hashlib.sha256(b"abc").hexdigest(), "0" * 64):
        upload = bench.call("POST", f"/projects/{project}/uploads", {"name": "n", "content_type": "t", "size": 3}).json
        refused = bench.chunk(upload["id"], 1, b"abc")
        bench.chunk(upload["id"], 1, b"abc", hash={"value": value, "algorithm": "sha256"})
        bench.complete(upload["id"], md5(b"abc"))
        file = bench.attach(project, upload["id"]).json
        bench.advance(1.1)
        kinds.append((refused.status, bench.call("GET", f"/files/{file['id']}/url").status))
    bench.close()
    assert kinds == [(400, 200), (400, 400)]
