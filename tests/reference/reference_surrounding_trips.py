"""Trips through surroundings: folders, moves, members, other users, and late calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_bench import md5
from reference_promise_trips import folder
from reference_subjects import BAD, kind_of

if TYPE_CHECKING:
    from reference_trip import Item, Trip


def _pair(trip: Trip, project: str, name: str = "f", **more: str) -> list[Item]:
    """Complete a good upload and a bad one."""
    good = trip.start(project, [b"good ", name.encode()], name, **more)
    bad = trip.start(project, [b"bad " + name.encode()], name, BAD, chunked=False, **more)
    trip.complete(good)
    trip.complete(bad, value=md5(b"other"))
    return [good, bad]


def folders(trip: Trip) -> None:
    """Make files in folders, nested, of odd names, deleted and made again; several files of an upload."""
    project = trip.project()
    outer = folder(trip, project)
    inner = folder(trip, project, "inner", outer["id"])
    for parent in (outer, inner, folder(trip, project, "deep", inner["id"]), folder(trip, project, "100% \u00e9")):
        items = _pair(trip, project)
        trip.attach(*items, parent=parent)
        trip.settle(*items)
    first, shared = folder(trip, project, "again"), _pair(trip, project)
    trip.attach(*shared)
    trip.attach(_copy(shared[0]), parent=first)
    trip.bench.call("DELETE", f"/folders/{first['id']}")
    trip.settle(*shared)
    items = _pair(trip, project)
    trip.attach(*items, parent=folder(trip, project, "again"))
    trip.settle(*items)
    one = trip.start(project, [b"three files"])
    trip.complete(one)
    twins = [_copy(one) for _ in range(3)]
    trip.attach(*twins)
    trip.settle(*twins)
    late = _copy(one)
    trip.attach(late)
    trip.look(late, *twins, final=True)
    trip.bench.call("DELETE", f"/files/{twins[1].file}")
    trip.look(twins[0], final=True)


def collisions(trip: Trip) -> None:
    """Move a file where its name is taken, give it a taken name, and delete folders that something was moved out of."""
    call, project = trip.bench.call, trip.project()
    for late in (False, True):
        one = trip.start(project, [b"collides"])
        trip.complete(one)
        stays, comes, inside = (_copy(one) for _ in range(3))
        doomed = folder(trip, project, f"doomed {late}")
        moved = folder(trip, project, f"moved {late}", doomed["id"])
        trip.attach(stays)
        trip.attach(comes, parent=doomed)
        trip.attach(inside, parent=moved)
        if late:
            trip.settle(stays, comes, inside)
        top = {"parent": {"kind": "dds-project", "id": project}}
        call("PUT", f"/files/{comes.file}/move", top)
        call("PUT", f"/folders/{moved['id']}/move", top)
        call("DELETE", f"/folders/{doomed['id']}")
        trip.settle(stays, comes, inside)
        call("PUT", f"/files/{comes.file}/rename", {"name": "another"})
        call("PUT", f"/files/{comes.file}/rename", {"name": call("GET", f"/files/{stays.file}").json["name"]})
        trip.look(stays, comes, final=True)


def _copy(item: Item) -> Item:
    return type(item)(item.name, item.truth, item.content, upload=item.upload, token=item.token)


def moves(trip: Trip) -> None:
    """Rename, move and relabel while pending and after; change projects; delete and promote versions."""
    call, project = trip.bench.call, trip.project()
    to = folder(trip, project)
    for late in (False, True):
        for path, body in (("move", {"parent": to}), ("rename", {"name": "other"}), ("", {"label": "labelled"})):
            items = _pair(trip, project, f"{path} {late}")
            trip.attach(*items)
            if late:
                trip.settle(*items)
            for item in items:
                call("PUT", f"/files/{item.file}/{path}".rstrip("/"), body)
            trip.look(*items, final=late)
            trip.settle(*items)
        inside = folder(trip, project, f"inside {late}")
        items = _pair(trip, project)
        trip.attach(*items, parent=inside)
        trip.settle(*items)
        change = {"parent": to} if late else {"name": "renamed"}
        call("PUT", f"/folders/{inside['id']}/{'move' if late else 'rename'}", change)
        trip.look(*items, final=True)
    old, new = _pair(trip, project)[0], _pair(trip, project, "newer")[0]
    trip.attach(old)
    trip.switch(old, new)
    trip.settle(new)
    call("PUT", f"/files/{new.file}/move", {"parent": to})
    trip.check("new-version-served", ok=trip.fetched(new) == ("200", new.content))
    promoted = _copy(old)
    promoted.file = old.file
    promoted.version = call("POST", f"/file_versions/{old.version}/current").json["id"]
    trip.settle(promoted)
    call("DELETE", f"/file_versions/{new.version}")
    trip.look(promoted, final=True)
    _projects(trip)


def _projects(trip: Trip) -> None:
    """Change a project before and after it is ready."""
    key = trip.bench.call("POST", "/projects", {"name": "changed", "description": "d"}).json["id"]
    for _ in range(2):
        trip.bench.call("PUT", f"/projects/{key}", {"name": "changed again"})
        trip.bench.advance(trip.lag + 0.01)
        trip.check("converges-project", ok=trip.probe(key).status == 201)
        trip.bench.advance(0.3)
    trip.bench.call("PUT", f"/projects/{key}", {"name": "once more"})
    trip.check("session-monotonic", ok=trip.probe(key).status == 201)


def members(trip: Trip) -> None:
    """Give the other user a role; let both upload and read; withdraw it."""
    call, other = trip.bench.call, trip.bench.other
    project = trip.project()
    own = _pair(trip, project)
    trip.attach(*own)
    early = call("GET", f"/files/{own[0].file}/url", token=other)
    trip.check("other-user-403", ok=early.status == 403)
    bob = next(user.id for user in trip.bench.world.people.users.values() if user.username == "bob")
    call("PUT", f"/projects/{project}/permissions/{bob}", {"auth_role": {"id": "file_editor"}})
    theirs = _pair(trip, project, token=other)
    trip.check("converges-project", ok=bool(theirs[0].upload))
    trip.attach(*theirs)
    trip.look(*own, final=False, token=other)
    trip.settle(*own, *theirs)
    trip.look(*own, *theirs, final=True, token=other)
    call("DELETE", f"/projects/{project}/permissions/{bob}")
    trip.look(*own, *theirs, final=True, token="own")
    for item in own:
        trip.check("other-user-403", ok=call("GET", f"/files/{item.file}/url", token=other).status == 403)


def others(trip: Trip) -> None:
    """Ask as somebody else while pending and after, and attach what is not one's own."""
    call, other = trip.bench.call, trip.bench.other
    made = call("POST", "/projects", {"name": "unready", "description": "d"}).json["id"]
    body = {"name": "n", "content_type": "t", "size": 1}
    seen = [call("POST", f"/projects/{made}/uploads", body, token=other).status]
    project, theirs = trip.project(), call("POST", "/projects", {"name": "b", "description": "d"}, token=other).json
    opened = trip.start(project, [b"opened"])
    report = {"number": 1, "size": 6, "hash": {"value": md5(b"opened"), "algorithm": "md5"}}
    seen.append(call("PUT", f"/uploads/{opened.upload}/chunks", report, token=other).status)
    items = _pair(trip, project)
    trip.attach(*items)
    trip.bench.advance(0.01)
    own = {"kind": "dds-project", "id": theirs["id"]}
    for wait in (0.0, 1.0):
        trip.bench.advance(wait)
        for item in items:
            seen += [
                call("GET", path, token=other).status
                for path in (f"/files/{item.file}/url", f"/file_versions/{item.version}/url")
            ]
        taken = call("POST", "/files", {"parent": own, "upload": {"id": items[0].upload}}, token=other)
        trip.check("other-user-attach", ok=taken.status >= 400)
    for item in items:
        for path in (f"/files/{item.file}/url", f"/file_versions/{item.version}/url"):
            call("GET", path)
            trip.check("no-token-401", ok=call("GET", path, token=None).status == 401)
            call("GET", path)
            seen.append(call("GET", path, token=other).status)
    mine = call("POST", f"/projects/{theirs['id']}/uploads", body, token=other).json
    call("PUT", f"/uploads/{mine['id']}/complete", {"hash": {"value": "0" * 32, "algorithm": "md5"}}, token=other)
    file = call("POST", "/files", {"parent": own, "upload": {"id": mine["id"]}}, token=other).json
    taken = call("PUT", f"/files/{file['id']}", {"upload": {"id": items[0].upload}}, token=other)
    trip.check("other-user-attach", ok=taken.status >= 400)
    trip.check("other-user-403", ok=set(seen) == {403})


def denials(trip: Trip) -> None:
    """Create several projects, one of them changed and one looked at often before it is ready, and use each."""
    call = trip.bench.call
    gone = trip.project("gone")
    call("DELETE", f"/projects/{gone}")
    names = [call("POST", "/projects", {"name": f"p{n}", "description": "d"}).json["id"] for n in range(7)]
    call("PUT", f"/projects/{names[3]}", {"name": "changed"})
    for _ in range(10):
        trip.check("nc-until-consistent", ok=trip.probe(names[4]).status in {201, 404})
    trip.bench.advance(trip.lag + 0.01)
    for name in names:
        trip.check("converges-project", ok=trip.probe(name).status == 201)


def _pending_calls(trip: Trip, project: str) -> None:
    """Complete again by another hash, and report a part again, before the verdict."""
    single, chunked = trip.start(project, [b"single"], chunked=False), trip.start(project, [b"chunked"])
    bad = trip.start(project, [b"bad"], truth=BAD, chunked=False)
    trip.complete(single, chunked)
    trip.complete(bad, value=md5(b"other"))
    for item, value in ((single, md5(b"other")), (bad, md5(b"bad"))):
        hashed = {"hash": {"value": value, "algorithm": "md5"}}
        trip.bench.call("PUT", f"/uploads/{item.upload}/complete", hashed)
    trip.part(chunked, 1, b"chunked", value=md5(b"other"), send=False)
    trip.attach(single, chunked, bad)
    trip.settle(single, chunked, bad)


def late_calls(trip: Trip) -> None:
    """Send while pending and after the verdict what can still be sent, and look whether bytes or verdict change."""
    call, project = trip.bench.call, trip.project()
    _pending_calls(trip, project)
    single = trip.start(project, [b"single"], chunked=False)
    chunked = trip.start(project, [b"chunked"])
    bad = trip.start(project, [b"bad"], truth=BAD, chunked=False)
    items = [single, chunked, bad]
    trip.complete(single, chunked)
    trip.complete(bad, value=md5(b"other"))
    trip.attach(*items)
    trip.settle(*items)
    hashed = {"value": md5(b"later"), "algorithm": "md5"}
    deeds = [
        lambda: [trip.bench.store(one, b"later") for one in (single.facts["signed"], chunked.facts["signed", 1])],
        lambda: trip.part(chunked, 1, b"chunked", value=md5(b"later")),
        lambda: [call("PUT", f"/uploads/{item.upload}/hashes", hashed) for item in items],
        lambda: [call("PUT", f"/uploads/{item.upload}/complete", {"hash": hashed}) for item in items],
        lambda: call("PUT", f"/uploads/{single.upload}/complete", {"hash": {"value": "0" * 64, "algorithm": "sha256"}}),
    ]
    for number, deed in enumerate(deeds):
        before = [trip.fetched(item) for item in items]
        deed()
        trip.bench.advance(0.01)
        shown = [(call("GET", f"/uploads/{item.upload}").json or {}).get("status", {}) for item in items]
        trip.check("status-record", ok=all(one.get("is_consistent") is True for one in shown))
        after = [trip.fetched(item) for item in items]
        changed = any(one != old and one[0] != "nc" for one, old in zip(after, before, strict=True))
        trip.check("verdict-final" if number else "verdict-final-store", ok=not changed)
        kinds = {}
        for item in items:
            kinds[item.upload] = {trip.read(item, via) for via in ("file", "version")}
        trip.check("session-monotonic", ok=not any("nc" in kind for kind in kinds.values()))
        trip.bench.advance(1.0)
        trip.look(*items, final=True)
    again = call("GET", f"/files/{single.file}/url")
    trip.check("one-verdict", ok=kind_of(again) == "200")
