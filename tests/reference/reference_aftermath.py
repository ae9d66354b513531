"""What the tour does once its uploads have settled: new versions, strangers, bad input, deletions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_subjects import BAD, GOOD, chunk_body

if TYPE_CHECKING:
    from reference_tour import Tour


def versions(tour: Tour) -> None:
    """Give a good file a new version, good over good."""
    old = next(one for one in tour.subjects if one.name == "two")
    new = tour.start("newer", GOOD, [b"newer"])
    body = {"hash": {"value": "0" * 32, "algorithm": "md5"}}
    for verb in ("complete", "complete_retry"):
        if tour.call(verb, "PUT", f"/uploads/{new.upload}/complete", body, note=GOOD).status < 300:
            break
    switched = tour.call("update_file", "PUT", f"/files/{old.file}", {"upload": {"id": new.upload}})
    tour.subjects.remove(new)
    if switched.status != 200:
        tour.bench.advance(2.4)
        switched = tour.call("update_file", "PUT", f"/files/{old.file}", {"upload": {"id": new.upload}})
    tour.bench.advance(2.4)
    tour.facts["new version"] = _fetch(tour, f"/files/{old.file}/url")
    tour.facts["old version"] = _fetch(tour, f"/file_versions/{old.version}/url")
    version = switched.json["current_version"]["id"] if switched.status == 200 else ""
    tour.facts["new by version"] = _fetch(tour, f"/file_versions/{version}/url")
    for bad in [one for one in tour.subjects if one.truth == BAD and one.file][:1]:
        tour.call("update_file", "PUT", f"/files/{bad.file}", {"upload": {"id": new.upload}})
        _fetch(tour, f"/file_versions/{bad.version}/url")


def late_versions(tour: Tour) -> None:
    """Give a file two more versions, each of an upload that has settled."""
    old = next(one for one in tour.subjects if one.name == "single")
    tour.facts["late versions"] = []
    for name in ("late version", "third version"):
        new = tour.start(name, GOOD, [name.encode()])
        tour.subjects.remove(new)
        body = {"hash": {"value": "0" * 32, "algorithm": "md5"}}
        if tour.bench.call("PUT", f"/uploads/{new.upload}/complete", body).status >= 300:
            tour.bench.call("PUT", f"/uploads/{new.upload}/complete", body)
        tour.bench.advance(2.4)
        tour.bench.call("PUT", f"/files/{old.file}", {"upload": {"id": new.upload}})
        tour.bench.advance(2.4)
        served = _fetch(tour, f"/files/{old.file}/url")
        waits = tour.seen[-1].answer.code == "resource_not_consistent"
        tour.facts["late versions"].append((name.encode(), served, waits))


def twins(tour: Tour) -> None:
    """Make a second file of an upload, and read the first."""
    one = next(subject for subject in tour.subjects if subject.name == "twin")
    body = {"parent": {"kind": "dds-project", "id": tour.project}, "upload": {"id": one.upload}}
    tour.bench.call("POST", "/files", body)
    tour.bench.advance(2.4)
    _fetch(tour, f"/files/{one.file}/url")


def promote(tour: Tour) -> None:
    """Promote the older version, and delete it: the promoted one has the same upload."""
    old = next(one for one in tour.subjects if one.name == "two")
    promoted = tour.call("promote", "POST", f"/file_versions/{old.version}/current", {}).json or {}
    tour.bench.advance(2.4)
    tour.facts["promoted file"] = _fetch(tour, f"/files/{old.file}/url")
    tour.facts["promoted waits"] = tour.seen[-1].answer.code == "resource_not_consistent"
    tour.call("delete", "DELETE", f"/file_versions/{old.version}")
    tour.bench.advance(2.4)
    answer = tour.bench.call("GET", f"/file_versions/{promoted.get('id')}/url")
    if answer.status == 200 and "url" in (answer.json or {}):
        stored = tour.bench.store(answer.json)
        tour.facts["promoted"] = stored.body if stored.status == 200 else None


def strangers(tour: Tour) -> None:
    """Ask as somebody else, as nobody, and for what is not there."""
    one = next(subject for subject in tour.subjects if subject.name == "one")
    upload = {"name": "n", "content_type": "t", "size": 1}
    opened = tour.bench.call("POST", f"/projects/{tour.project}/uploads", upload).json.get("id", one.upload)
    reported = {"hash": {"value": "0" * 32, "algorithm": "md5"}}
    for verb, method, path, body in (
        ("create_chunk", "PUT", f"/uploads/{opened}/chunks", chunk_body(1, b"n")),
        ("stranger_complete", "PUT", f"/uploads/{opened}/complete", reported),
        ("file_url", "GET", f"/files/{one.file}/url", None),
        ("version_url", "GET", f"/file_versions/{one.version}/url", None),
        ("show_upload", "GET", f"/uploads/{one.upload}", None),
        ("create_upload", "POST", f"/projects/{tour.project}/uploads", upload),
    ):
        tour.call(verb, method, path, body, note="stranger", token=tour.bench.other)
        tour.call(verb, method, path, body, note="no token", token=None)
        for bad in ("nonsense", f"{tour.bench.token}.x"):
            tour.call(verb, method, path, body, note="no token", token=bad)
    unknown = "00000000-0000-4000-8000-000000000000"
    for verb, path in (("file_url", "/files/%s/url"), ("version_url", "/file_versions/%s/url")):
        tour.call(verb, "GET", path % unknown, note="unknown")
        tour.call(verb, "GET", path % "no-uuid", note="invalid")
    tour.call("create_upload", "POST", f"/projects/{unknown}/uploads", upload, note="unknown")
    tour.call("show_upload", "GET", f"/uploads/{unknown}", note="unknown")


def bad_input(tour: Tour) -> None:
    """Send what is invalid, or routed nowhere."""
    tour.call("create_project", "POST", "/projects", {"name": "rejected"}, note="invalid")
    tour.call("create_project", "POST", "/projects", raw=b'{"name": ', note="invalid")
    tour.call("create_project", "POST", "/projects", raw=b"x", media="text/plain", note="unrouted")
    tour.call("route", "GET", "/nowhere", note="unrouted")
    tour.call("route", "PATCH", "/projects", note="unrouted")
    names = [row["name"] for row in tour.bench.call("GET", "/projects").json["results"]]
    tour.facts["traces"] += [name for name in names if name == "rejected"]


def deletes(tour: Tour) -> None:
    """Delete a file, then its project, and ask for them."""
    one = next(subject for subject in tour.subjects if subject.name == "one")
    tour.call("delete", "DELETE", f"/files/{one.file}")
    tour.bench.advance(2.0)
    tour.call("file_url", "GET", f"/files/{one.file}/url", note="deleted")
    tour.call("version_url", "GET", f"/file_versions/{one.version}/url", note="deleted")
    tour.call("delete", "DELETE", f"/projects/{tour.project}")
    tour.bench.advance(2.0)
    body = {"name": "n", "content_type": "t", "size": 1}
    tour.call("create_upload", "POST", f"/projects/{tour.project}/uploads", body, note="deleted")
    hashed = {"value": "0" * 32, "algorithm": "md5"}
    part = {"number": 1, "size": 1, "hash": hashed}
    tour.call("late_chunk", "PUT", f"/uploads/{one.upload}/chunks", part, note="deleted")
    tour.call("late_complete", "PUT", f"/uploads/{one.upload}/complete", {"hash": hashed}, note="deleted")


def _fetch(tour: Tour, path: str) -> bytes | None:
    """Give the bytes behind a url endpoint, if it serves any."""
    answer = tour.call("file_url" if path.startswith("/files") else "version_url", "GET", path, note="live")
    stored = tour.bench.store(answer.json) if answer.status == 200 and "url" in (answer.json or {}) else None
    served = stored.body if stored is not None and stored.status == 200 else None
    if answer.status == 200 and served is None:
        tour.facts["led nowhere"].append(path)
    return served
