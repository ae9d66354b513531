"""Trips through promises: downloads, writes that are acknowledged or refused, ids, classes of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from reference_bench import md5
from reference_subjects import BAD, GOOD

if TYPE_CHECKING:
    from reference_trip import Item, Trip


def folder(trip: Trip, project: str, name: str = "folder", inside: str = "") -> dict[str, str]:
    """Make a folder; return what names it as a parent."""
    parent = {"kind": "dds-folder", "id": inside} if inside else {"kind": "dds-project", "id": project}
    made = trip.bench.call("POST", "/folders", {"name": name, "parent": parent}).json
    return {"kind": "dds-folder", "id": made["id"]}


def downloads(trip: Trip) -> None:
    """Download what has one part and several, nothing, text, a later version, and what lies in a folder."""
    project = trip.project()
    items = [
        trip.start(project, [b"several", b"parts"]),
        trip.start(project, [b""], chunked=False),
        trip.start(project, [b"single"], chunked=False),
        trip.start(project, [b"text"], content_type="text/plain"),
        *(trip.start(project, [b"%d" % number * 9]) for number in range(6)),
    ]
    inside = trip.start(project, [b"inside"])
    trip.complete(inside)
    trip.attach(inside, parent=folder(trip, project))
    trip.whole(*items)
    trip.look(inside, final=True)
    newer = trip.start(project, [b"newer"])
    trip.complete(newer)
    trip.bench.advance(1.0)
    trip.switch(items[0], newer)
    trip.bench.advance(1.0)
    for _ in range(4):
        trip.look(newer, final=True)


def lost_writes(trip: Trip) -> None:
    """Complete at once, right after a part, by SHA-256; attach early; give a version a label; make projects."""
    project = trip.project()
    for number in range(4):
        trip.project(f"more {number}")
    early = trip.start(project, [b"early"])
    body = {"parent": {"kind": "dds-project", "id": project}, "upload": {"id": early.upload}}
    trip.bench.call("POST", "/files", body)
    items = [trip.start(project, [b"%d" % number]) for number in range(12)]
    items.append(trip.start(project, [b"one", b"two", b"three"]))
    items.append(trip.start(project, [b"large" * 1000]))
    quick = trip.start(project, [], size=5)
    quick.content = b"quick"
    trip.part(quick, 1, b"quick")
    trip.whole(quick)
    trip.whole(early)
    for item in items[:6]:
        trip.complete(item)
        trip.bench.advance(0.04)
    trip.whole(*items[6:])
    trip.attach(*items[:6])
    trip.look(*items[:6], final=True)
    sha = trip.start(project, [b"sha"])
    trip.whole(sha, value="0" * 64, algorithm="sha256")
    bad = trip.start(project, [b"bad"], truth=BAD, chunked=False)
    trip.complete(bad, value=md5(b"other"))
    trip.bench.advance(1.0)
    record = trip.bench.call("GET", f"/uploads/{bad.upload}").json["status"]
    trip.check("converges-upload", ok=record["is_consistent"] is True)
    late = trip.start(project, [b"late"])
    trip.complete(late)
    trip.bench.advance(1.0)
    trip.attach(late)
    new = trip.start(project, [b"labelled"])
    trip.complete(new)
    changes = {"upload": {"id": new.upload}, "label": "second"}
    trip.bench.call("PUT", f"/files/{late.file}", changes)
    trip.bench.advance(1.0)
    new.file, new.version = late.file, late.version
    trip.check("new-version-served", ok=trip.read(new, "file") == "200" and "bytes-exact" not in trip.broken)
    nowhere, here = {"kind": "dds-folder", "id": str(UUID(int=7))}, {"kind": "dds-project", "id": project}
    for place, token in ((nowhere, "own"), (here, trip.bench.other)):
        claimed = trip.start(project, [place["kind"].encode()])
        trip.complete(claimed)
        wanted = {"parent": place, "upload": {"id": claimed.upload}}
        trip.bench.call("POST", "/files", wanted, token=token)
        trip.attach(claimed)


def refused_writes(trip: Trip) -> None:
    """Send writes that must be refused, as somebody else, as nobody, or invalid; then see that nothing came of them."""
    project, doomed = trip.project(), trip.project("doomed")
    good = [trip.start(project, [b"good %d" % number]) for number in range(4)]
    single = trip.start(project, [b"single"], chunked=False)
    opened = trip.start(project, [b"opened"])
    trip.whole(*good)
    kept = folder(trip, project, "kept")
    trip.bench.call("PUT", f"/files/{good[1].file}/move", {"parent": kept})
    before = _state(trip, project, opened, single)
    other, call = trip.bench.other, trip.bench.call
    report = {"number": 1, "size": 6, "hash": {"value": "f" * 32, "algorithm": "md5"}}
    hashed = {"hash": {"value": "f" * 32, "algorithm": "md5"}}
    new = {"name": "refused", "content_type": "t", "size": 1}
    for token in (other, None):
        call("DELETE", f"/files/{good[0].file}", token=token)
        call("DELETE", f"/folders/{kept['id']}", token=token)
        call("PUT", f"/files/{good[1].file}", {"upload": {"id": good[2].upload}}, token=token)
        call("PUT", f"/uploads/{single.upload}/complete", hashed, token=token)
        call("PUT", f"/uploads/{opened.upload}/chunks", report, token=token)
        call("POST", f"/projects/{project}/uploads", new, token=token)
        call("POST", "/projects", {"name": "refused", "description": "d"}, token=token if token is None else "bad")
        call("PUT", f"/files/{good[3].file}/rename", {"name": "refused"}, token=token)
        call("DELETE", f"/projects/{doomed}", token=token)
    call("PUT", f"/uploads/{single.upload}/complete", {"hash": {"value": "f" * 32, "algorithm": "none"}})
    call("PUT", f"/uploads/{opened.upload}/chunks", {**report, "size": -1})
    call("PUT", f"/projects/{project}", {"name": "refused", "description": ""})
    call("PUT", f"/files/{good[2].file}", {"upload": {"id": opened.upload}})
    nowhere = {"kind": "dds-folder", "id": "00000000-0000-4000-8000-000000000000"}
    call("POST", "/files", {"parent": nowhere, "upload": {"id": good[3].upload}})
    call("DELETE", f"/file_versions/{good[3].version}")
    _compare(trip, before, _state(trip, project, opened, single), (project, doomed))
    trip.look(*good, final=True)
    trip.whole(opened, single)
    for item in (*good, opened, single):
        kinds = {trip.read(item, via) for via in ("file", "version") if item.file}
        trip.check("refused-write-no-effect", ok=kinds == {"200"} and "bytes-exact" not in trip.broken)


def _state(trip: Trip, project: str, *items: Item) -> dict[str, object]:
    """Return what a refused write could change."""
    shown = {item.upload: trip.bench.call("GET", f"/uploads/{item.upload}").json for item in items}
    return {
        "completed": [one["status"]["completed_on"] for one in shown.values()],
        "names": sorted(row["name"] for row in trip.bench.call("GET", f"/projects/{project}/children").json["results"]),
        "listed": sum(
            len(trip.bench.call("GET", f"/projects/{project}/{what}").json["results"]) for what in ("uploads", "files")
        ),
        "projects": len(trip.bench.call("GET", "/projects").json["results"]),
        "project": trip.bench.call("GET", f"/projects/{project}").json["name"],
    }


def _compare(trip: Trip, before: dict[str, object], after: dict[str, object], projects: tuple[str, ...]) -> None:
    trip.check("refused-write-no-effect", ok=before["completed"] == after["completed"])
    trip.check("refused-create-no-trace", ok=int(str(after["listed"])) <= int(str(before["listed"])))
    for what in ("names", "project"):
        trip.check("refused-write-no-effect", ok=before[what] == after[what])
    for key in projects:
        deleted = trip.bench.call("GET", f"/projects/{key}").json["is_deleted"]
        trip.check("refused-write-no-effect", ok=not deleted)
        trip.check("converges-project", ok=not deleted)
    made = int(str(after["projects"])) - int(str(before["projects"]))
    trip.check("refused-create-no-trace", ok=made <= 0)


def identities(trip: Trip) -> None:
    """Create alike things, in sequence and at once, and compare ids and bodies."""
    call, seen = trip.bench.call, []
    for name in ("project one", "project two"):
        made = call("POST", "/projects", {"name": name, "description": "d"}).json
        seen.append(made["id"])
        trip.check("body-own-resource", ok=made["name"] == name)
    trip.bench.advance(1.0)
    project = seen[0]
    items = [trip.start(project, [b"twin"], "twin") for _ in range(2)]
    items += [trip.start(project, [b"%d" % number], f"n{number}") for number in range(16)]
    bodies = [{"name": f"at once {number}", "content_type": "t", "size": 7 + number} for number in range(2)]
    made_at_once = [call("POST", f"/projects/{project}/uploads", body).json for body in bodies]
    trip.check("body-own-resource", ok=[one["name"] for one in made_at_once] == [one["name"] for one in bodies])
    seen += [item.upload for item in items] + [one["id"] for one in made_at_once]
    for _ in range(2):
        same = call("POST", f"/projects/{project}/uploads", {"name": "same", "content_type": "t", "size": 4}).json
        seen.append(same["id"])
        call("PUT", f"/uploads/{same['id']}/complete", {"hash": {"value": "0" * 32, "algorithm": "md5"}})
    for item in items:
        shown = call("GET", f"/uploads/{item.upload}").json or {}
        trip.check("body-own-resource", ok=shown.get("name") == item.name)
    trip.complete(*items)
    for item in [*items, items[0]]:
        parent = {"kind": "dds-project", "id": project}
        made = call("POST", "/files", {"parent": parent, "upload": {"id": item.upload}}).json
        if "current_version" not in made:
            continue
        seen += [made["id"], made["current_version"]["id"]]
        trip.check("body-own-resource", ok=made["current_version"]["upload"]["id"] == item.upload)
        trip.check("body-own-resource", ok=call("GET", f"/files/{made['id']}").status == 200)
        item.file, item.version = made["id"], made["current_version"]["id"]
    trip.bench.advance(1.0)
    made = call("PUT", f"/files/{items[2].file}", {"upload": {"id": items[3].upload}}).json
    seen.append(made.get("current_version", {}).get("id"))
    trip.check("distinct-ids", ok=len(set(seen)) == len(seen))


def silences(trip: Trip) -> None:
    """Ask for things of every class, each several times, and see that each gets an answer in the end."""
    project = trip.project()
    parts = [b"one", b"two", b"three"]
    good = [
        (trip.start(project, parts), None, "md5"),
        (trip.start(project, [b""], chunked=False), None, "md5"),
        (trip.start(project, [b"single"], chunked=False), None, "md5"),
        (trip.start(project, [b"sha"]), "0" * 64, "sha256"),
    ]
    bad = [
        (trip.start(project, [b"bad"], truth=BAD, chunked=False), md5(b"other"), "md5"),
        (trip.start(project, [b"total"], truth=BAD, size=7), None, "md5"),
    ]
    for item, value, algorithm in (*good, *bad):
        trip.whole(item, value=value, algorithm=algorithm)
        trip.check("converges-upload", ok=bool(item.file))
    inside = trip.start(project, [b"inside"])
    trip.complete(inside)
    trip.attach(inside, parent=folder(trip, project))
    trip.settle(inside)
    newer = trip.start(project, [b"newer"], truth=GOOD)
    trip.complete(newer)
    trip.switch(good[2][0], newer)
    trip.settle(newer)
