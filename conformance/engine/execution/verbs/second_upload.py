"""An upload in another one's place, where a server makes one file, or one version, of an upload and no second."""

from __future__ import annotations

from collections.abc import Generator

from conformance.api.answers import Answer
from conformance.engine.execution.attempts import insist
from conformance.engine.execution.bindings import Project, Upload
from conformance.engine.execution.context import Sent, Turn
from conformance.engine.execution.own_bytes import piece_of
from conformance.engine.execution.scheduler import Signal, Task
from conformance.engine.execution.uploading import content_of, noted, store_of
from conformance.engine.plan_model import Truth
from conformance.engine.plan_verbs import OCTETS
from conformance.model import Json

_NO = frozenset({Answer.REFUSED, Answer.ALREADY})
_GOOD = frozenset({Truth.GOOD, Truth.GOOD_IF_ACCEPTED})


def is_used(turn: Turn, upload: Upload) -> bool:
    """Whether the plan has a file, or a version of one, of an upload."""
    return any(version.upload is upload for file in turn.world.files() for version in file.versions)


def in_its_place(
    turn: Turn, upload: Upload, project: Project, last: Sent
) -> Generator[float | Signal, None, Upload | None]:
    """Make, fill and complete an upload like a good one, of bytes of its own, if that was refused since it is used.

    `last` is how making a file or a version of it in a project ended. None where it was not refused, or may be for
    another reason.
    """
    if last.answer not in _NO or upload.truth not in _GOOD or not is_used(turn, upload):
        return None
    if project is not upload.project or project.deleted or not turn.owns(project) or not upload.whole:
        return None
    body: Json = {"name": turn.world.name("upload"), "content_type": OCTETS}
    body |= {"size": sum(upload.parts), "chunked": upload.chunked}
    path = f"/projects/{project.id}/uploads"
    made = yield from insist(turn, lambda _: turn.client.send("POST", path, json=body))
    if not made.made:
        return None
    like = Upload(made.made, upload.project, upload.parts, upload.chunked, upload.truth, made.body.get("signed_url"))
    like.signed_by, like.created, like.store = made.operation.id, made.at, store_of(made)
    for number in range(1, len(like.parts) + 1):
        yield from _store(turn, like, number)
    yield from _complete(turn, like)
    return like if like.completed and like.whole else None


def _store(turn: Turn, upload: Upload, number: int) -> Task:
    made, signed, by = piece_of(turn, upload, number), upload.signed, upload.signed_by
    if upload.chunked:
        algorithm = turn.stage.algorithm(upload)
        reported = {"value": made.digest(algorithm), "algorithm": algorithm}
        body: Json = {"number": number, "size": made.size, "hash": reported}
        told = yield from insist(turn, lambda _: turn.client.send("PUT", f"/uploads/{upload.id}/chunks", json=body))
        signed, by = told.body, told.operation.id
    notes = noted(turn, upload, made, by)
    put = yield from insist(turn, lambda _: turn.client.put_signed(signed, made.data(), notes=notes))
    if put.answer is Answer.DONE:
        upload.stored[number] = made


def _complete(turn: Turn, upload: Upload) -> Task:
    content, algorithm = content_of(turn, upload), turn.stage.algorithm(upload)
    path, body = f"/uploads/{upload.id}/complete", {"hash": {"value": content[algorithm], "algorithm": algorithm}}
    last = yield from insist(turn, lambda _: turn.client.send("PUT", path, json=body, notes={"content": content}))
    if last.answer in (Answer.DONE, Answer.ALREADY):
        upload.completed = upload.tried = last.at
