"""Trips that take time: what comes back later, slow clients, combinations, load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_bench import md5
from reference_subjects import BAD, ODD
from reference_surrounding_trips import _copy, _pair

if TYPE_CHECKING:
    from reference_trip import Item, Trip


def returns(trip: Trip) -> None:
    """Settle, rest for ten seconds, and read, download and use everything again."""
    call, project = trip.bench.call, trip.project()
    pairs = []
    for number in range(3):
        pairs.append(_pair(trip, project, f"n{number}"))
        trip.attach(*pairs[-1])
    single = trip.start(project, [b"single part"], chunked=False)
    trip.complete(single)
    trip.attach(single)
    items = [single, *(item for pair in pairs for item in pair)]
    trip.settle(*items)
    newer = trip.start(project, [b"newer"])
    trip.complete(newer)
    old = _copy(pairs[0][0])
    old.version = pairs[0][0].version
    trip.switch(pairs[0][0], newer)
    trip.settle(newer)
    unread = trip.start(project, [b"unread"])
    trip.complete(unread)
    trip.attach(unread)
    gone = _pair(trip, project)[0]
    trip.attach(gone)
    call("DELETE", f"/files/{gone.file}")
    records = [call("GET", f"/uploads/{item.upload}").json["status"] for item in items]
    for seconds in (5.5, 1.0, 1.0, 3.0):
        trip.bench.advance(seconds)
        kinds = {trip.read(item, via) for item in items if item is not pairs[0][0] for via in ("file", "version")}
        trip.check("session-monotonic", ok="nc" not in kinds)
        trip.check("one-verdict", ok=_verdicts_hold(trip, items[1:]))
    trip.look(*(item for item in items if item is not pairs[0][0]), newer, unread, final=True)
    served = trip.read(newer, "file")
    trip.check("new-version-served", ok=served == "200" and "bytes-exact" not in trip.broken)
    trip.check("old-version-downloadable", ok=trip.read(old, "version") == "200")
    trip.check("session-monotonic", ok=trip.probe(project).status == 201)
    trip.check("nc-after-delete", ok=trip.read(gone, "file") != "nc")
    trip.broken.discard("nc-payload")
    later = [call("GET", f"/uploads/{item.upload}").json["status"] for item in items]
    trip.check("status-record", ok=records[1]["is_consistent"] is True and _same(records, later))


def _verdicts_hold(trip: Trip, items: list[Item]) -> bool:
    kinds = {(item.truth, trip.read(item, "version")) for item in items}
    return not kinds & {("good", "ie"), ("bad", "200")}


def _same(before: list[dict[str, object]], after: list[dict[str, object]]) -> bool:
    return all(one["is_consistent"] == other["is_consistent"] for one, other in zip(before, after, strict=True))


def slow_clients(trip: Trip) -> None:
    """Pause for a few seconds between every two steps, one pause an upload."""
    project = trip.project()
    late = trip.bench.call("POST", "/projects", {"name": "used late", "description": "d"}).json["id"]
    trip.bench.advance(3.0)
    item = trip.start(late, [b"late"])
    trip.check("converges-project", ok=bool(item.upload))
    trip.broken.discard("nc-until-consistent")  # it was not consistent, which is told so
    trip.whole(item)
    rest = trip.bench.advance
    trip.whole(trip.start(project, [b"before an idle time"]))
    rest(3.0)
    trip.whole(trip.start(project, [b"after it"]))
    slow = trip.start(project, [b"first"], size=11)
    slow.content = b"first second"[:5] + b"second"
    rest(2.5)
    trip.part(slow, 2, b"second")
    trip.whole(slow)
    waits = trip.start(project, [b"waits for complete"])
    rest(9.0)
    trip.whole(waits)
    opened = trip.start(project, [], size=6)
    opened.content = b"opened"
    rest(5.0)
    trip.part(opened, 1, b"opened")
    trip.whole(opened)
    attached = trip.start(project, [b"attached late"])
    trip.complete(attached)
    rest(4.0)
    trip.attach(attached)
    trip.settle(attached)


def mixtures(trip: Trip) -> None:
    """Put good and bad versions on one another, twins, promotions, and parts that were never sent."""
    project, call = trip.project(), trip.bench.call
    for order in ((0, 1), (1, 0)):
        pair = _pair(trip, project)
        first, second = pair[order[0]], pair[order[1]]
        trip.attach(first)
        trip.switch(first, second)
        trip.look(second, final=False)
        trip.bench.advance(1.0)
        trip.look(second, final=True)
        trip.check("new-version-served", ok=second.truth == BAD or trip.read(second, "file") == "200")
        if second.truth == BAD:
            chunked = trip.start(project, [b"total"], truth=BAD, size=9)
            trip.complete(chunked)
            trip.switch(second, chunked)
            trip.settle(chunked)
    _never_sent(trip, project)
    pair = _pair(trip, project)
    single = trip.start(project, [b"single"], chunked=False)
    trip.complete(single)
    twins = [*pair, single, *map(_copy, (*pair, single))]
    trip.attach(*twins)
    trip.settle(*twins)
    for kind, wait in (("single", 1.0), ("pending", 0.0)):
        old = trip.start(project, [kind.encode()], kind, chunked=False)
        new = trip.start(project, [b"newer"])
        trip.complete(old, new)
        trip.attach(old)
        trip.switch(old, new)
        trip.bench.advance(wait)
        promoted = _copy(old)
        promoted.file, promoted.version = old.file, call("POST", f"/file_versions/{old.version}/current").json["id"]
        trip.settle(promoted)


def _never_sent(trip: Trip, project: str) -> None:
    body = {"name": "unsent", "content_type": "t", "size": 3, "chunked": False}
    made = trip.bench.call("POST", f"/projects/{project}/uploads", body).json
    single = type(trip.start(project, [b"x"]))("unsent", BAD, b"abc", upload=made["id"])
    part = trip.start(project, [b"sent"], truth=BAD, size=8)
    trip.part(part, 2, b"gone", send=False)
    total = trip.start(project, [b"total"], truth=BAD, size=9)
    trip.whole(single, part, total)


def loads(trip: Trip) -> None:
    """Complete many at once, behind a bad one, beyond a page; poll long; make projects side by side."""
    project = trip.project()
    beside = [trip.bench.call("POST", "/projects", {"name": n, "description": "d"}).json["id"] for n in "xy"]
    trip.bench.advance(1.0)
    for key in beside:
        trip.check("converges-project", ok=trip.probe(key).status == 201)
    blocked = _pair(trip, project)
    after = trip.start(project, [b"after a bad one"])
    trip.complete(after)
    trip.attach(*blocked, after)
    trip.settle(*blocked, after)
    many = [trip.start(project, [b"%d" % number]) for number in range(70)]
    bad = [trip.start(project, [b"bad"], truth=BAD, chunked=False) for _ in range(6)]
    for _ in range(30):
        trip.probe(project)
    last = trip.start(project, [b"last"])
    trip.complete(*many)
    trip.complete(*bad, value=md5(b"other"))
    polled = many[0]
    trip.attach(polled)
    polled_bad = bad[0]
    trip.attach(polled_bad)
    for _ in range(35):
        trip.look(polled, polled_bad, final=False)
    trip.complete(last)
    trip.attach(*many[1:], *bad[1:], last)
    trip.bench.advance(1.0)
    trip.look(*many, *bad, last, final=True)
    for _ in range(310):
        trip.read(last, "version", method="HEAD")
    trip.look(last, final=True)


def aftermaths(trip: Trip) -> None:
    """Take a file from bad to good and back, delete a version, use an old upload again, delete an unready project."""
    call, project = trip.bench.call, trip.project()
    good, bad = _pair(trip, project)
    trip.attach(bad)
    trip.settle(bad)
    trip.switch(bad, good)
    _serves(trip, good)
    bad.version = call("POST", f"/file_versions/{bad.version}/current").json["id"]
    _serves(trip, bad)
    trip.switch(bad, good)
    _serves(trip, good)
    third = trip.start(project, [b"third"])
    trip.complete(third)
    trip.switch(bad, third)
    trip.settle(third)
    oldest = call("GET", f"/files/{bad.file}/versions").json["results"]
    call("DELETE", f"/file_versions/{min(oldest, key=lambda one: one['version'])['id']}")
    _serves(trip, third)
    unready = call("POST", "/projects", {"name": "unready", "description": "d"}).json["id"]
    call("DELETE", f"/projects/{unready}")
    trip.bench.advance(trip.lag + 1)
    body = {"name": "late", "content_type": "t", "size": 1}
    told = call("POST", f"/projects/{unready}/uploads", body).code
    trip.check("nc-after-delete", ok=told != "resource_not_consistent")


def _serves(trip: Trip, item: Item) -> None:
    """Check that a file was switched to an item, and look at it."""
    kind, content = trip.fetched(item)
    served = kind == "ie" if item.truth == BAD else kind == "200" and content == item.content
    trip.check("new-version-served", ok=served)
    trip.look(item, final=True)


def sequences(trip: Trip) -> None:
    """Touch a file while its new version is pending, end a member's rights meanwhile, and give a file ten versions."""
    call, project = trip.bench.call, trip.project()
    old = trip.start(project, [b"old"])
    trip.complete(old)
    for path, body in (("", {"label": "labelled"}), ("/rename", {"name": "renamed"})):
        item = _copy(old)
        trip.attach(item)
        newer = trip.start(project, [b"newer ", path.encode()])
        trip.complete(newer)
        trip.switch(item, newer)
        call("PUT", f"/files/{item.file}{path}", body)
        trip.settle(newer)
        _serves(trip, newer)
    bob = next(user.id for user in trip.bench.world.people.users.values() if user.username == "bob")
    call("PUT", f"/projects/{project}/permissions/{bob}", {"auth_role": {"id": "file_editor"}})
    theirs = _pair(trip, project, token=trip.bench.other)
    trip.attach(*theirs)
    call("DELETE", f"/projects/{project}/permissions/{bob}")
    for item in theirs:
        item.token = "own"
    trip.settle(*theirs)
    newer = _copy(old)
    trip.attach(newer)
    versions = [trip.start(project, [b"version %d" % number]) for number in range(11)]
    trip.complete(*versions)
    for one in versions:
        trip.switch(newer, one)
    trip.settle(versions[-1])
    trip.look(*versions, final=True, via=("version",))
    _serves(trip, versions[-1])


def _to_and_fro(trip: Trip, project: str) -> None:
    """Switch to what is named alike and as long, and promote two versions in turn, the first of them twice."""
    first, second = (trip.start(project, [b"alike %d" % number], "alike") for number in range(2))
    trip.complete(first)
    trip.attach(first)
    trip.settle(first)
    trip.complete(second)
    trip.switch(first, second)
    trip.settle(second)
    _serves(trip, second)
    for item in (first, second, first):
        trip.bench.call("POST", f"/file_versions/{item.version}/current")
        _serves(trip, item)


def standings(trip: Trip) -> None:
    """Promote and go on, let a member read what its owner switches, make a project again, open an upload twice."""
    call, project, other = trip.bench.call, trip.project(), trip.bench.other
    bob = next(user.id for user in trip.bench.world.people.users.values() if user.username == "bob")
    call("PUT", f"/projects/{project}/permissions/{bob}", {"auth_role": {"id": "project_admin"}})
    items = [trip.start(project, [b"version %d" % number]) for number in range(3)]
    audited = trip.start(project, [b"audited"], truth=ODD)
    trip.complete(*items)
    trip.complete(audited, value=md5(b"other"))
    trip.attach(items[0], audited)
    trip.settle(items[0], audited)
    trip.look(items[0], final=True, token=other)
    trip.switch(items[0], items[1])
    trip.settle(items[1])
    trip.look(items[1], final=True, token=other)
    theirs = trip.bench.call("GET", f"/files/{items[1].file}/url", token=other)
    trip.check("new-version-served", ok=trip._fetched(theirs) == items[1].content)
    call("POST", f"/file_versions/{items[0].version}/current")
    trip.switch(items[1], items[2])
    _serves(trip, items[2])
    trip.bench.advance(7.0)
    trip.look(audited, final=True)
    _to_and_fro(trip, project)
    body = {"name": "same", "content_type": "t", "size": 4}
    ids = [call("POST", f"/projects/{project}/uploads", body).json["id"] for _ in range(2)]
    trip.check("distinct-ids", ok=len(set(ids)) == 2)
    gone = call("POST", "/projects", {"name": "again", "description": "d"}).json["id"]
    call("DELETE", f"/projects/{gone}")
    trip.project("again")
