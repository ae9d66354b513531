"""The automaton of the reference server, step by step, on a clock that only the test moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reference_bench import Bench, md5

if TYPE_CHECKING:
    from pathlib import Path

NC = "resource_not_consistent"
IE_REASON = "reported chunk hash/size does not match that computed by StorageProvider"


def test_a_project_refuses_uploads_until_its_storage_is_due(bench: Bench) -> None:
    """The same request is not consistent just before the due instant, and 201 at it."""
    project = bench.project(ready=False)
    body = {"name": "n", "content_type": "t", "size": 1}
    bench.advance(0.999)
    early = bench.call("POST", f"/projects/{project}/uploads", body)
    bench.advance(0.001)
    late = bench.call("POST", f"/projects/{project}/uploads", body)
    assert (early.status, early.code, late.status) == (404, NC, 201)
    assert len(bench.call("GET", f"/projects/{project}/uploads").json["results"]) == 1


def test_both_url_endpoints_turn_at_the_same_due_instant(bench: Bench) -> None:
    """A good upload is not consistent until its lag is over, then 200, and its bytes are the parts in number order."""
    project = bench.project()
    upload = bench.upload(project, [], size=11)
    for number, content in ((2, b"world"), (1, b"hello ")):
        bench.chunk(upload["id"], number, content)
    bench.complete(upload["id"])
    file = bench.attach(project, upload["id"]).json
    paths = [f"/files/{file['id']}/url", f"/file_versions/{file['current_version']['id']}/url"]
    bench.advance(0.999)
    assert [bench.call("GET", path).code for path in paths] == [NC, NC]
    assert bench.call("GET", f"/uploads/{upload['id']}").json["status"]["is_consistent"] is None
    bench.advance(0.001)
    answers = [bench.call("GET", path) for path in paths]
    assert [answer.status for answer in answers] == [200, 200]
    assert [bench.store(answer.json).body for answer in answers] == [b"hello world"] * 2
    assert bench.call("GET", f"/uploads/{upload['id']}").json["status"]["is_consistent"] is True


@pytest.mark.parametrize("parts", [[b""], [b"a"], [b"abc", b"def"], [bytes([65 + n]) for n in range(12)]])
def test_good_chunks_come_back_as_they_were(bench: Bench, parts: list[bytes]) -> None:
    """From no byte at all to a dozen chunks, what is served is what was sent."""
    file = bench.good_file(bench.project(), parts)
    bench.advance(1)
    signed = bench.call("GET", f"/files/{file['id']}/url")
    assert signed.status == 200
    assert signed.json["http_verb"] == "GET"
    assert bench.store(signed.json).body == b"".join(parts)


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_a_single_part_is_held_to_its_hash_in_every_algorithm(bench: Bench, algorithm: str) -> None:
    """A right whole-file hash makes a single part good, a wrong one bad."""
    import hashlib  # noqa: PLC0415 (only this test names algorithms)

    project, content = bench.project(), b"single"
    right = hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()
    statuses = []
    for value in (right.upper(), right[::-1]):
        upload = bench.single(project, content)
        assert bench.complete(upload["id"], value, algorithm).status == 202
        file = bench.attach(project, upload["id"]).json
        bench.advance(1)
        statuses.append(bench.call("GET", f"/files/{file['id']}/url").status)
    assert statuses == [200, 400]


@pytest.mark.parametrize("crime", ["hash", "later hash", "chunk size", "total size", "never sent", "no chunk"])
def test_a_mismatch_is_accepted_by_complete_and_told_at_the_urls(bench: Bench, crime: str) -> None:
    """Complete is 202 whatever is wrong; both url endpoints answer the specification's integrity exception."""
    project = bench.project()
    parts = [b"abc", b"def"] if crime != "no chunk" else []
    upload = bench.upload(project, parts, size=7 if crime in {"total size", "no chunk"} else 6)
    wrong = {
        "hash": (1, {"value": "f" * 32}),
        "later hash": (2, {"value": "f" * 32}),
        "chunk size": (1, {"size": 2}),
        "never sent": (3, {"send": False, "size": 0}),
    }
    if crime in wrong:
        number, reported = wrong[crime]
        bench.chunk(upload["id"], number, [b"abc", b"def", b""][number - 1], **reported)  # type: ignore[arg-type]
    completed = bench.complete(upload["id"])
    assert completed.status == 202
    assert completed.json["id"] == upload["id"]
    file = bench.attach(project, upload["id"]).json
    bench.advance(1)
    for path in (f"/files/{file['id']}/url", f"/file_versions/{file['current_version']['id']}/url"):
        answer = bench.call("GET", path)
        assert answer.json == {
            "error": 400,
            "code": "not_provided",
            "reason": IE_REASON,
            "suggestion": "You must begin a new upload process",
        }
    status = bench.call("GET", f"/uploads/{upload['id']}").json["status"]
    assert status["is_consistent"] is True
    assert status["error_message"] == IE_REASON
    assert status["error_on"]


def test_a_wrong_whole_file_hash_says_nothing_about_chunks(bench: Bench) -> None:
    """A chunked upload is judged by its chunks."""
    file = bench.good_file(bench.project())  # completed with a hash of zeros
    bench.advance(1)
    assert bench.call("GET", f"/files/{file['id']}/url").status == 200


def test_completing_twice_names_completed_at_and_changes_nothing(bench: Bench) -> None:
    """The second complete is 400, before and after convergence, and the outcome stays."""
    project = bench.project()
    upload = bench.upload(project, [b"abc"])
    assert bench.complete(upload["id"]).status == 202
    again = bench.complete(upload["id"])
    assert again.status == 400
    assert [error["field"] for error in again.json["errors"]] == ["completed_at"]
    file = bench.attach(project, upload["id"]).json
    bench.advance(1)
    assert bench.complete(upload["id"]).status == 400
    assert bench.call("GET", f"/files/{file['id']}/url").status == 200


def test_only_completed_uploads_that_are_not_known_bad_become_files(bench: Bench) -> None:
    """POST /files is a validation error for an open and for a known bad upload."""
    project = bench.project()
    upload = bench.upload(project, [b"abc"], size=4)
    early = bench.attach(project, upload["id"])
    bench.complete(upload["id"])
    bench.advance(1)
    late = bench.attach(project, upload["id"])
    for answer in (early, late):
        assert (answer.status, answer.json["reason"], answer.code) == (400, "validation failed", "not_provided")
    assert bench.call("GET", f"/projects/{project}/files").json["results"] == []


def test_nothing_may_be_sent_to_a_completed_upload(bench: Bench) -> None:
    """A signed URL from before complete is worth nothing after it."""
    project = bench.project()
    upload = bench.upload(project, [b"abc"])
    signed = bench.chunk(upload["id"], 1, b"abc", send=False).json
    file_content = b"xyz"
    bench.complete(upload["id"])
    assert bench.store(signed, file_content).status == 404
    assert bench.chunk(upload["id"], 2, b"x").status == 400
    file = bench.attach(project, upload["id"]).json
    bench.advance(1)
    assert bench.store(bench.call("GET", f"/files/{file['id']}/url").json).body == b"abc"


def test_the_last_bytes_sent_for_a_chunk_count(bench: Bench) -> None:
    """A chunk may be overwritten until complete."""
    project = bench.project()
    upload = bench.upload(project, [b"old"])
    bench.chunk(upload["id"], 1, b"new")
    bench.complete(upload["id"])
    file = bench.attach(project, upload["id"]).json
    bench.advance(1)
    assert bench.store(bench.call("GET", f"/files/{file['id']}/url").json).body == b"new"


def test_a_lag_range_gives_every_resource_its_own_lag_and_the_same_one_for_a_seed(tmp_path: Path) -> None:
    """Lags lie in the range, differ, and repeat with the seed."""
    seen = []
    for run in ("a", "b"):
        bench = Bench(tmp_path / run, lag="1-3", seed=7)
        before = bench.clock.now()
        keys = [bench.project(f"p{number}", ready=False) for number in range(5)]
        due = "SELECT due FROM projects WHERE id = ?"
        rows = [bench.world.database.one(due, key) for key in keys]
        seen.append([(key, row["due"] - before) for key, row in zip(keys, rows, strict=True) if row])
        bench.close()
    assert seen[0] == seen[1]
    lags = {lag for _, lag in seen[0]}
    assert len(lags) == 5
    assert all(1 <= lag <= 3 for lag in lags)


def test_a_job_that_fails_is_tried_again_later(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trouble of the disk delays convergence, and nothing else."""
    project = bench.project()
    upload = bench.upload(project, [b"abc"])

    def trouble(*_: object) -> None:
        raise OSError("disk")

    with monkeypatch.context() as patch:
        patch.setattr(bench.world.objects, "assemble", trouble)
        bench.complete(upload["id"])
        file = bench.attach(project, upload["id"]).json
        bench.advance(2)
        assert bench.call("GET", f"/files/{file['id']}/url").code == NC
    bench.advance(6)
    assert bench.call("GET", f"/files/{file['id']}/url").status == 200


def test_signed_urls_expire_and_cannot_be_altered(bench: Bench) -> None:
    """A tampered, expired, borrowed or unsigned URL is refused by the storage provider."""
    file = bench.good_file(bench.project())
    bench.advance(1)
    signed = bench.call("GET", f"/files/{file['id']}/url").json
    assert bench.store(signed).status == 200
    altered = [
        signed | {"url": signed["url"].replace("expires=1", "expires=2")},
        signed | {"http_verb": "PUT"},
        signed | {"url": signed["url"].partition("&signature")[0]},
        signed | {"url": "/" + signed["url"][2:]},
        signed | {"url": signed["url"] + "&partNumber=2"},
    ]
    assert [bench.store(one).status for one in altered] == [403] * 5
    bench.advance(301)
    assert bench.store(signed).status == 403


def test_md5_of_the_stored_part_is_its_etag(bench: Bench) -> None:
    """The storage provider tells what it computed."""
    project = bench.project()
    upload = bench.upload(project, [])
    signed = bench.chunk(upload["id"], 1, b"abc", send=False).json
    assert bench.store(signed, b"other").headers["etag"] == f'"{md5(b"other")}"'
