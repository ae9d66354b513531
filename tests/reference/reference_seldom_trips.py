"""A trip by calls that clients seldom make."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from reference_bench import md5
from reference_subjects import BAD

if TYPE_CHECKING:
    from reference_bench import Answer
    from reference_trip import Item, Trip

IE_SUGGESTION = "You must begin a new upload process"


def _is_ordinary(trip: Trip, answer: Answer) -> None:
    """Check that an answer is neither not-consistent nor the integrity exception."""
    body = answer.json if isinstance(answer.json, dict) else {}
    trip.check("nc-only-extended", ok=answer.code != "resource_not_consistent")
    trip.check("integrity-only-url", ok=body.get("suggestion") != IE_SUGGESTION)


def _hashes(trip: Trip, item: Item) -> None:
    hashed = {"value": md5(item.content), "algorithm": "md5"}
    _is_ordinary(trip, trip.bench.call("PUT", f"/uploads/{item.upload}/hashes", hashed))


def _promotions(trip: Trip, project: str, truth: str) -> None:
    """Promote the first of two versions while the first is pending, and when it has settled."""
    for late in (False, True):
        old, new = (trip.start(project, [name], truth=truth, chunked=False) for name in (b"old", b"new"))
        trip.complete(old, value=md5(b"other") if truth == BAD else None)
        trip.complete(new)
        trip.attach(old)
        trip.switch(old, new)
        if late:
            trip.bench.advance(trip.lag + 0.01)
        _is_ordinary(trip, trip.bench.call("POST", f"/file_versions/{old.version}/current"))


def _refused(trip: Trip, project: str) -> None:
    """Ask about what never existed, without a token, and for a page that is none."""
    unknown = uuid4()
    asked = [
        ("GET", f"/projects/{project}/permissions/{unknown}"), ("DELETE", f"/projects/{project}/permissions/{unknown}"),
        ("GET", f"/folders/{unknown}/children"), ("PUT", f"/folders/{unknown}/rename"),
        ("GET", f"/projects/{project}/children?page=0"), ("GET", f"/projects/{project}/files?page=0"),
    ]  # fmt: skip
    for method, path in asked:
        for token in ("own", None):
            answer = trip.bench.call(method, path, {"name": "other"} if method == "PUT" else None, token=token)
            body = answer.json if isinstance(answer.json, dict) else {}
            texts = all(body.get(name) for name in ("code", "reason", "suggestion"))
            sound = texts and body.get("error") == answer.status and "json" in answer.headers.get("content-type", "")
            trip.check("error-payload" if texts or answer.status != 404 else "error-payload-unrouted", ok=sound)


def seldom_calls(trip: Trip) -> None:
    """Report hashes and promote while pending and after the verdict, and be refused where clients seldom are."""
    project = trip.project()
    good = trip.start(project, [b"good"], chunked=False)
    bad = trip.start(project, [b"bad"], truth=BAD, chunked=False)
    trip.complete(good)
    trip.complete(bad, value=md5(b"other"))
    trip.attach(good, bad)
    for _ in range(2):
        _hashes(trip, good)
        _hashes(trip, bad)
        trip.bench.advance(trip.lag + 0.01)
    for truth in (good.truth, BAD):
        _promotions(trip, project, truth)
    _refused(trip, project)
