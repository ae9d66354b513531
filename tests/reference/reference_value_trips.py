"""Trips through values: names, sizes, parts, hashes, storage providers, headers."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING

from reference_bench import md5
from reference_subjects import BAD

if TYPE_CHECKING:
    from reference_trip import Item, Trip

_NAMES = (
    *("a%20b.txt", "100%", "a+b", "a#b?c", "a&b", "e\u0301 decomposed", "\u00e9 decomposed", "Case", "case"),
    *(
        "ends in dot.",
        "ends in space ",
        'quote"d',
        "n" * 300,
        "n" * 700,
        "x",
        "..",
        "a/b",
        "null",
        "\U0001f600",
        "12345",
    ),
)


def names(trip: Trip) -> None:
    """Upload under odd names, again under a deleted one, and under one name in two folders."""
    project = trip.project()
    for name in ("a/b", "p" * 250, "P"):
        trip.project(name)
    slugs = [{"name": "s", "description": "d", "slug": "taken"}] * 2
    taken = [trip.bench.call("POST", "/projects", body) for body in slugs][-1]
    fields = taken.json if isinstance(taken.json, dict) else {}
    trip.check("error-payload", ok={"code", "error", "reason", "suggestion"} <= set(fields))
    trip.check("error-payload", ok=str(fields.get("error")) == str(taken.status))
    trip.check("no-5xx-legal", ok=taken.status < 500)
    items = [trip.start(project, [b"of " + name.encode()], name) for name in _NAMES]
    hidden = trip.start(project, [b"hidden"], ".hidden", BAD, chunked=False)
    trip.whole(*items)
    trip.whole(hidden, value=md5(b"other"))
    trip.look(*items, final=True)
    trip.bench.call("DELETE", f"/files/{items[0].file}")
    again = trip.start(project, [b"again"], items[0].name)
    trip.whole(again)
    pair = [trip.start(project, [text], "one name") for text in (b"root", b"folder")]
    trip.complete(*pair)
    trip.attach(pair[0])
    body = {"name": "folder", "parent": {"kind": "dds-project", "id": project}}
    folder = trip.bench.call("POST", "/folders", body).json["id"]
    trip.bench.advance(0.01)
    trip.attach(pair[1], parent={"kind": "dds-folder", "id": folder})
    trip.settle(*pair)


def contents(trip: Trip) -> None:
    """Upload what careless code changes, equal parts, and the same bytes four times, once with a wrong hash."""
    project = trip.project()
    packed = gzip.compress(b"packed", compresslevel=0, mtime=0)
    for content in (
        b"zeros" + bytes(40),
        b"holes" + bytes(1019),
        b"two\r\nlines \n",
        b"\xef\xbb\xbfmarked",
        packed,
        b"a\r\n.\r\nb",
    ):
        trip.whole(trip.start(project, [content], content_type="text/plain"))
    trip.whole(trip.start(project, [b"alike", b"alike", b"alike too"]))
    first, second = (trip.start(project, [b"the same"], chunked=chunked) for chunked in (True, False))
    trip.whole(first)
    trip.whole(second)
    trip.whole(trip.start(project, [b"the same"], truth=BAD, chunked=False), value=md5(b"other"))
    trip.bench.call("DELETE", f"/files/{first.file}")
    trip.look(second, final=True)
    trip.whole(trip.start(project, [b"the same"]))


def sizes(trip: Trip) -> None:
    """Upload at the edges of sizes, good and with a wrong total."""
    project = trip.project()
    good = [trip.start(project, [b"s" * size]) for size in (1, 512, 513, 1 << 15)]
    good.append(trip.start(project, [b"m" * ((1 << 20) + 3)], chunked=False))
    good.append(trip.start(project, [b"a" * (5 << 20), b"b" * (4 << 20)]))
    trip.whole(*good)
    large = trip.start(project, [b"w" * ((1 << 20) + 3)], truth=BAD, chunked=False)
    trip.whole(large, value=md5(b"other"))
    wrong = [trip.start(project, [b"total"], truth=BAD, size=size) for size in (6, 9, 500, 0, 1 << 31)]
    trip.whole(*wrong)


def _broken_parts(trip: Trip, project: str, count: int, *wrong: int) -> Item:
    parts = [b"part %d of " % number + bytes([number]) for number in range(1, count + 1)]
    item = trip.start(project, parts, truth=BAD)
    for number in wrong:
        trip.part(item, number, parts[number - 1], value=md5(b"wrong %d" % number))
    return item


def parts(trip: Trip) -> None:
    """Send parts with a defect at every place, in other orders, twice, side by side, and many."""
    project = trip.project()
    bad = [_broken_parts(trip, project, 3, *wrong) for wrong in ((3,), (2,), (1, 3))]
    bad += [_broken_parts(trip, project, 12, 11), _broken_parts(trip, project, 32, 32)]
    gapped = trip.start(project, [], "gapped", size=12)
    gapped.content = b"third, sixth"
    for number, content in ((3, b"third, "), (6, b"sixth")):
        trip.part(gapped, number, content)
    trip.whole(gapped)
    lacking = trip.start(project, [b"sent twice"], truth=BAD, size=20)
    trip.bench.store(lacking.facts["signed", 1], b"sent twice")
    trip.part(lacking, 2, b"never sent", send=False)
    bad.append(lacking)
    for number in (1, 2):
        item = trip.start(project, [b"one", b"two"], truth=BAD, size=10)
        trip.bench.world.objects._database.run("DELETE FROM parts WHERE object = ? AND number = ?", item.upload, number)
        bad.append(item)
    good = [trip.start(project, [b"%d" % number * 70 for number in range(count)]) for count in (2, 6, 10)]
    twice = trip.start(project, [b"sent once", b"sent twice"])
    trip.bench.store(twice.facts["signed", 2], b"sent twice")
    again = trip.start(project, [b"told twice"])
    trip.part(again, 1, b"told twice", send=False)
    reverse = trip.start(project, [], "reverse", size=12)
    reverse.content = b"first second"
    for number, content in ((2, b" second"), (1, b"first")):
        trip.part(reverse, number, content)
        trip.bench.advance(0.03)
    beside = trip.start(project, [], size=8)
    beside.content = b"leftside"
    for number, content in ((1, b"left"), (2, b"side")):
        trip.part(beside, number, content)
    trip.whole(*bad, *good, twice, again, reverse, beside)


def sendings(trip: Trip) -> None:
    """Send bytes without their length, a part twice at once, and none; name types with parameters and in capitals."""
    project = trip.project()
    streamed = trip.start(project, [], chunked=False, size=8)
    streamed.content = b"streamed"
    trip.bench.advance(0.1)
    trip.bench.store(streamed.facts["signed"], streamed.content, streamed=True)
    twice = trip.start(project, [b"sent at once"])
    trip.bench.store(twice.facts["signed", 1], b"sent at once")
    lacking = trip.start(project, [b"all of it"], truth=BAD)
    trip.part(lacking, 2, b"", send=False)
    low = next(content for n in range(1 << 16) if md5(content := b"low %d" % n).startswith("00"))
    typed = [
        trip.start(project, [content], content_type=media)
        for content, media in ((low, "text/plain"), (b"typed", "text/plain; charset=utf-8"), (b"Typed", "Text/Plain"))
    ]
    trip.whole(streamed, twice, lacking, *typed)


def hashes(trip: Trip) -> None:
    """Report hashes that are nearly right, and complete by every algorithm."""
    project = trip.project()
    content = b"hashed"
    right, other = md5(content), trip.start(project, [b"another"])
    digit = {"0": "1"}.get(right[15], "0")
    near = [
        right[:8] + "0" * 24 if right[8:] != "0" * 24 else "f" * 32,
        "0" * 28 + right[-4:],
        right[:-1] + {"0": "1"}.get(right[-1], "0"),
        right[:20],
        right[1:] + right[0],
        right[:15] + digit + right[16:],
        md5(b""),
        md5(b"another"),
    ]
    trip.whole(other)
    bad = [trip.start(project, [content], truth=BAD) for _ in near]
    for item, value in zip(bad, near, strict=True):
        trip.part(item, 1, content, value=value)
    trip.whole(*bad)
    lenders = [trip.start(project, [b"lender"], chunked=False), trip.start(project, [b"alender"])]
    trip.whole(*lenders)
    single = trip.start(project, [content], truth=BAD, chunked=False)
    trip.whole(single, value=md5(b"lender"))
    part = trip.start(project, [], truth=BAD, size=7)
    part.content = b"borrows"
    trip.part(part, 1, b"borrows", value=md5(b"alender"))
    trip.whole(part, value=md5(b"alender"))
    unlike = trip.start(project, [b"unlike!"])
    trip.whole(unlike, value=md5(b"alender"))
    for algorithm in ("sha256", "sha1"):
        good = trip.start(project, [content], chunked=False)
        trip.whole(good, value=hashlib.new(algorithm, content).hexdigest(), algorithm=algorithm)
        wrong = trip.start(project, [content], truth=BAD, chunked=False)
        trip.whole(wrong, value=hashlib.new(algorithm, b"other").hexdigest(), algorithm=algorithm)
    trip.whole(trip.start(project, [b"two", b"parts"]))


def providers(trip: Trip) -> None:
    """Upload to every storage provider, named, with the hash that it wants."""
    for provider in trip.bench.call("GET", "/storage_providers").json["results"]:
        named = {"storage_provider": {"id": provider["id"]}}
        project = trip.project(**named)
        algorithm = provider["chunk_hash_algorithm"]
        good = trip.start(project, [], size=4, **named)
        good.content = b"good"
        value = hashlib.new(algorithm, b"good").hexdigest()
        if good.upload:
            trip.part(good, 1, b"good", value=value, algorithm=algorithm)
            wrong = trip.start(project, [], truth=BAD, size=5, **named)
            trip.part(wrong, 1, b"wrong", value=hashlib.new(algorithm, b"other").hexdigest(), algorithm=algorithm)
            trip.whole(wrong)
            bad = trip.start(project, [b"bad"], truth=BAD, chunked=False, **named)
            trip.complete(bad, value=md5(b"other"))
            trip.whole(good)
            trip.attach(bad)
            trip.look(bad, final=True)
        trip.bench.call("PUT", f"/projects/{project}", {"name": "changed"})
        trip.bench.advance(trip.lag + 0.01)
        again = trip.probe(project, **named)
        trip.check("converges-project", ok=again.status in {201, 404} and again.code != "resource_not_consistent")


def headers(trip: Trip) -> None:
    """Ask with every kind of header while pending and after, by HEAD, with validators, and as somebody else."""
    project = trip.project()
    kinds = ({}, {"accept": "application/json"}, {"accept": "text/html;q=0.5, */*;q=0.1"}, {"connection": "close"})
    items = [trip.start(project, [b"head"]), trip.start(project, [b"bad"], truth=BAD, chunked=False)]
    trip.complete(items[0], extra={"connection": "close"})
    trip.complete(items[1], value=md5(b"other"))
    trip.attach(*items)
    validators = {}
    for extra in (*kinds, {"accept-encoding": "identity"}):
        answer = trip.bench.call("GET", f"/files/{items[0].file}/url", extra=extra)
        validators |= {name: answer.headers[name] for name in ("etag", "last-modified") if name in answer.headers}
        trip.check("nc-payload", ok=isinstance(answer.json, dict) and answer.status in {404, 500})
        trip.look(*items, final=False, extra=extra)
    trip.look(items[1], final=False, method="HEAD")
    frozen = trip.start(project, [b"frozen"])
    trip.complete(frozen)
    trip.attach(frozen)
    trip.bench.call("HEAD", f"/files/{frozen.file}/url")
    trip.settle(*items, frozen)
    for name, value in validators.items():
        asked = {"etag": "if-none-match", "last-modified": "if-modified-since"}[name]
        answer = trip.bench.call("GET", f"/files/{items[0].file}/url", extra={asked: value})
        trip.check("converges-upload", ok=answer.status == 200)
    signed = trip.bench.call("GET", f"/files/{frozen.file}/url").json or {}
    if "url" in signed:
        trip.bench.store(signed, part="bytes=0-1")
        trip.look(frozen, final=True)
    other = trip.bench.call("GET", f"/files/{items[0].file}/url", token=trip.bench.other)
    trip.check("other-user-403", ok=other.status == 403)
    tag = trip.bench.call("GET", f"/files/{items[0].file}/url").headers.get("etag", '"none"')
    new = trip.start(project, [b"newer"])
    trip.complete(new)
    trip.bench.advance(1.0)
    trip.switch(items[0], new)
    answer = trip.bench.call("GET", f"/files/{new.file}/url", extra={"if-none-match": tag})
    trip.check("new-version-served", ok=answer.status == 200)


def plain(trip: Trip) -> None:
    """Upload what is good and bad, in one part and two, and give a file a new version."""
    project = trip.project()
    good = [trip.start(project, [b"a" * 40, b"b" * 40]), trip.start(project, [b"single"], "s", chunked=False)]
    bad = trip.start(project, [b"bad"], "b", BAD, chunked=False)
    trip.complete(*good)
    trip.complete(bad, value=md5(b"other"))
    trip.attach(*good)
    trip.attach(bad)
    trip.look(*good, bad, final=False)
    trip.bench.advance(1.5)
    trip.look(*good, bad, final=True)
    new = trip.start(project, [b"newer"], "newer")
    trip.complete(new)
    trip.switch(good[0], new)
    trip.look(new, final=False)
    trip.bench.advance(1.5)
    trip.look(new, good[1], final=True)
