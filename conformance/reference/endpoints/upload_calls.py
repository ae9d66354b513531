"""Uploads: created in a prepared project, filled through signed URLs, completed with 202, verified afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.endpoints.fields import Field
from conformance.reference.endpoints.lookup import authorise, find_project, find_upload, touch
from conformance.reference.endpoints.views import upload_view
from conformance.reference.hooks.seam import Reply
from conformance.reference.refusals import ApiError, invalid, not_consistent, unknown
from conformance.reference.upload_state import State, upload_state

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.seam import Call

__all__ = [
    "CHUNK_FIELDS",
    "COMPLETE_FIELDS",
    "HASHES_FIELDS",
    "UPLOAD_FIELDS",
    "complete_upload",
    "create_chunk",
    "create_upload",
    "report_hash",
    "show_upload",
    "signed_url",
]

MAX_UPLOAD = 5_497_558_138_880  # bytes of a chunked upload
MAX_CHUNK = 5_368_709_120  # bytes of a chunk, or of a single-part upload
MAX_CHUNKS = 10_000
ALGORITHMS = ("md5", "sha1", "sha256")

UPLOAD_FIELDS = (
    Field("name"),
    Field("content_type"),
    Field("size", "integer", high=MAX_UPLOAD),
    Field("chunked", "boolean", required=False),
    Field("storage_provider", "object", required=False, inner=(Field("id"),)),
)
CHUNK_FIELDS = (
    Field("number", "integer", low=1, high=MAX_CHUNKS),
    Field("size", "integer", high=MAX_CHUNK),
    Field("hash", "object", inner=(Field("value"), Field("algorithm", choices=ALGORITHMS))),
)
COMPLETE_FIELDS = (Field("hash", "object", inner=(Field("value"), Field("algorithm", choices=ALGORITHMS))),)
HASHES_FIELDS = (Field("value"), Field("algorithm", choices=ALGORITHMS))


def create_upload(call: Call) -> Reply:
    """`POST /projects/{id}/uploads`: 201, or not consistent until the project's storage is prepared."""
    world, body = call.world, call.body
    project = find_project(call, call.path["id"], live=True)
    call.facts["project"] = project["id"]
    named = body.get("storage_provider")
    if named is not None and named["id"] not in {one["id"] for one in world.providers()}:
        raise unknown("StorageProvider")
    chunked = body.get("chunked", True)
    if not chunked and body["size"] > MAX_CHUNK:
        raise invalid(("size", f"must be less than or equal to {MAX_CHUNK}"))
    ready = bool(project["prepared"]) and project["due"] <= call.instant
    if not world.behaviour.project_ready(call, project, ready=ready):
        raise not_consistent()
    upload = _insert_upload(call, project["id"], chunked=chunked)
    view = upload_view(call, upload)
    if chunked:
        limits = {"X-MIN-CHUNK-UPLOAD-SIZE": "1", "X-MAX-CHUNK-UPLOAD-SIZE": str(MAX_CHUNK)}
    else:
        limits = {"X-MAX-UPLOAD-SIZE": str(MAX_CHUNK)}
        view["signed_url"] = signed_url(call, "PUT", upload)
    return Reply(201, view, limits)


def _insert_upload(call: Call, project_id: str, *, chunked: bool) -> sqlite3.Row:
    key = call.world.new_id()
    call.world.database.insert(
        "uploads",
        id=key,
        project_id=project_id,
        name=call.body["name"],
        content_type=call.body["content_type"],
        size=call.body["size"],
        chunked=int(chunked),
        created=call.now,
        created_by=call.user.id,
    )
    if named := call.body.get("storage_provider"):
        call.world.database.insert("placements", upload_id=key, provider_id=named["id"])
    return find_upload(call, key)


def signed_url(call: Call, verb: str, upload: sqlite3.Row, **parameters: str | int) -> dict[str, Any]:
    """Return a signed URL for an upload's object, as the API hands them out."""
    path = f"/{upload['project_id']}/{upload['id']}"
    return {
        "http_verb": verb,
        "host": call.world.behaviour.host(call.world.storage_host),
        "url": call.world.behaviour.url(call.world.signer.sign(verb, path, call.now, **parameters)),
        "http_headers": [],
    }


def show_upload(call: Call) -> Reply:
    """`GET /uploads/{id}`; a single-part one shows its signed URL until it is completed."""
    upload = find_upload(call, call.path["id"])
    view = upload_view(call, upload)
    if not upload["chunked"] and upload["completed"] is None:
        view["signed_url"] = signed_url(call, "PUT", upload)
    return Reply(200, view)


def create_chunk(call: Call) -> Reply:
    """`PUT /uploads/{id}/chunks`: remember what is reported of a chunk, and sign a URL for it."""
    body, upload = call.body, find_upload(call, call.path["id"], live=True)
    if not upload["chunked"]:
        raise invalid(("chunked", "this upload takes a single part"))
    if upload["completed"] is not None:
        raise invalid(("completed_at", "the upload is completed already"))
    expected = call.world.provider_of(upload["id"])["chunk_hash_algorithm"]
    if body["hash"]["algorithm"] != expected:
        raise invalid(("hash[algorithm]", f"must be {expected}"))
    if not call.world.behaviour.chunks_ready(call, upload, ready=True):
        raise not_consistent()
    call.world.database.run(
        "INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?, ?)",
        upload["id"],
        body["number"],
        body["size"],
        body["hash"]["value"],
        body["hash"]["algorithm"],
    )
    return Reply(200, signed_url(call, "PUT", upload, partNumber=body["number"]))


def complete_upload(call: Call) -> Reply:
    """`PUT /uploads/{id}/complete`: always 202 the first time; what is wrong shows at the url endpoints later."""
    world, reported = call.world, call.body["hash"]
    upload = find_upload(call, call.path["id"], live=True)
    if upload["completed"] is not None:
        raise world.behaviour.completed_again(call, upload, _completed_already())
    world.behaviour.before_complete(call, upload)
    due = world.due("upload", upload["id"], call.now)
    with world.database.transaction():
        touch(
            call,
            "uploads",
            upload["id"],
            completed=call.now,
            due=due,
            hash_value=reported["value"],
            hash_algorithm=reported["algorithm"],
        )
        _insert_hash(call, upload["id"], reported["algorithm"], reported["value"])
        world.jobs.add("verify_upload", upload["id"], call.now)
    world.jobs.ring()
    return Reply(202, upload_view(call, find_upload(call, upload["id"])))


def _completed_already() -> ApiError:
    return invalid(("completed_at", "Cannot change completed_at."))


def _insert_hash(call: Call, upload_id: str, algorithm: str, value: str) -> None:
    sql = "INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?)"
    call.world.database.run(sql, upload_id, algorithm, value, call.now, call.user.id)


def report_hash(call: Call) -> Reply:
    """`PUT /uploads/{id}/hashes`: add a further hash of a completed upload, for the record only."""
    upload = find_upload(call, call.path["id"], live=True)
    authorise(call, upload["project_id"])
    if upload_state(upload, call.now) is State.OPEN:
        raise invalid(("hash", "the upload is not completed"))
    _insert_hash(call, upload["id"], call.body["algorithm"], call.body["value"])
    return Reply(200, upload_view(call, upload))
