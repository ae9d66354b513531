"""Faults of what is changed after complete: by signed PUTs that still work, and by calls that still can be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.faults.broken import BAD_200, BYTES, FLIP, GOOD_IE, LAPSE
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import row_of
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.upload_state import upload_state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from starlette.responses import Response

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Visit, World
    from conformance.reference.refusals import ApiError
    from conformance.reference.store.objects import Piece

__all__ = ["FAMILY"]

_STORED = ("verdict-final-store", *BYTES, *FLIP, *GOOD_IE, *BAD_200, "complete-repeat-same-outcome")
_RECORD = ("status-record",)
_KEPT = (*GOOD_IE, "complete-repeat-same-outcome")
_CALLED = ("verdict-final", *FLIP, *_STORED)


def _final(world: World, upload: sqlite3.Row | None) -> bool:
    return upload is not None and upload_state(upload, world.clock.now()).final


def _judged_again(world: World, upload_id: str) -> None:
    """Queue the verification once more; what it finds shows at once."""
    world.jobs.add("verify_upload", upload_id, world.clock.now())
    world.jobs.ring()


def _verified_by(world: World, upload_id: str, reported: dict[str, Any]) -> None:
    """Let another hash of the whole count, and verify by it."""
    sql = "UPDATE uploads SET hash_value = ?, hash_algorithm = ? WHERE id = ?"
    world.database.run(sql, reported["value"], reported["algorithm"], upload_id)
    _judged_again(world, upload_id)


def _writable(*, chunked: bool) -> LayerFactory:
    """Take signed PUTs of objects that are assembled already, of one kind."""

    class Writable(Layer):
        def accepts(self, name: str, *, accepts: bool) -> bool:
            upload = row_of(self.world, name)
            return accepts or (upload is not None and bool(upload["chunked"]) == chunked)

    return Writable


class _Appended(Layer):
    """Appends what is sent after the verdict to what is served."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._late: set[str] = set()

    def accepts(self, name: str, *, accepts: bool) -> bool:
        """Take it, but do not store it."""
        if not accepts and _final(self.world, row_of(self.world, name)):
            self._late.add(name)
        return accepts

    def pieces(self, name: str, pieces: list[Piece]) -> list[Piece]:
        """Serve the last part twice."""
        return [*pieces, *pieces[-1:]] if name in self._late else pieces


class _VerifiedAgain(Layer):
    """Takes a PUT after the verdict, and verifies what is there then."""

    def accepts(self, name: str, *, accepts: bool) -> bool:
        """Take it if there is a verdict."""
        return accepts or _final(self.world, row_of(self.world, name))

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Verify again."""
        if visit.verb == "PUT" and response.status_code == 200 and _final(self.world, row_of(self.world, visit.name)):
            _judged_again(self.world, visit.name)
        return response


class _LateReport(Layer):
    """Takes the report of a part after complete, and verifies by it."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Replace what was reported."""
        if call.operation != "create_chunk" or reply.cause != "validation" or "hash" not in call.body:
            return reply
        upload = row_of(self.world, call.path["id"])
        if upload is None or not upload["chunked"] or upload["completed"] is None:
            return reply
        sql = "UPDATE chunks SET hash_value = ?, size = ? WHERE upload_id = ? AND number = ?"
        reported = call.body["hash"]["value"], call.body["size"], upload["id"], call.body["number"]
        self.world.database.run(sql, *reported)
        _judged_again(self.world, upload["id"])
        signed = self.world.signer.sign("PUT", f"/{upload['project_id']}/{upload['id']}", call.now)
        return Reply(200, {"http_verb": "PUT", "host": self.world.storage_host, "url": signed, "http_headers": []})


class _HashVerifies(Layer):
    """Verifies a single part by the hash that is added to the record afterwards."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Replace the hash."""
        if call.operation == "report_hash" and reply.status == 200:
            _verified_by(self.world, call.path["id"], call.body)
        return reply


class _HashAbsolves(Layer):
    """Takes any hash that is added for the correction of a bad upload."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Find it good."""
        if call.operation == "report_hash" and reply.status == 200:
            sql = "UPDATE uploads SET verdict = 'ok' WHERE id = ? AND verdict = 'err'"
            self.world.database.run(sql, call.path["id"])
        return reply


def _record_reset(*operations: str) -> LayerFactory:
    """Write the record of an upload anew whenever it is asked for something: its verdict is not shown any more."""

    class Reset(Layer):
        def __init__(self, world: World) -> None:
            super().__init__(world)
            self._again: set[str] = set()

        async def after(self, call: Call, reply: Reply) -> Reply:
            if call.operation in operations and _final(self.world, row_of(self.world, call.path["id"])):
                self._again.add(call.path["id"])
            return reply

        def status_record(self, call: Call, upload: sqlite3.Row, record: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
            fresh = {"is_consistent": None, "error_on": None, "error_message": None}
            return {**record, **fresh} if upload["id"] in self._again else record

    return Reset


def _completed_again(deed: Callable[[Call, sqlite3.Row], None]) -> LayerFactory:
    """Refuse another complete, and do something by what it reports."""

    class Again(Layer):
        def completed_again(self, call: Call, upload: sqlite3.Row, error: ApiError) -> ApiError:
            deed(call, upload)
            return error

    return Again


def _by_new_hash(call: Call, upload: sqlite3.Row) -> None:
    if call.body["hash"]["value"] != upload["hash_value"]:
        _verified_by(call.world, upload["id"], call.body["hash"])


def _by_new_algorithm(call: Call, upload: sqlite3.Row) -> None:
    if call.body["hash"]["algorithm"] != upload["hash_algorithm"]:
        call.world.database.run("UPDATE uploads SET due = ? WHERE id = ?", call.now + 0.4, upload["id"])


def _while_pending(wanted: Callable[[bool], bool]) -> LayerFactory:
    """Refuse another complete of a single part that is pending, and verify by what it reports if that is `wanted`."""

    def deed(call: Call, upload: sqlite3.Row) -> None:
        reported = {"value": call.body["hash"]["value"], "algorithm": upload["hash_algorithm"]}
        right = reported["value"] == _stored_hash(call, upload)
        if not upload["chunked"] and not _final(call.world, upload) and wanted(right):
            _verified_by(call.world, upload["id"], reported)

    return _completed_again(deed)


def _stored_hash(call: Call, upload: sqlite3.Row) -> str:
    parts = call.world.objects.parts(upload["id"])
    return parts[0].digest(upload["hash_algorithm"]) if parts else ""


class _PendingReport(Layer):
    """Refuses the report of a part of what is pending, and verifies by it."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Replace what was reported."""
        upload = row_of(self.world, call.path["id"]) if call.operation == "create_chunk" else None
        if upload is None or upload["completed"] is None or _final(self.world, upload) or "hash" not in call.body:
            return reply
        sql = "UPDATE chunks SET hash_value = ? WHERE upload_id = ? AND number = ?"
        self.world.database.run(sql, call.body["hash"]["value"], upload["id"], call.body["number"])
        _judged_again(self.world, upload["id"])
        return reply


FAMILY: dict[Fault, LayerFactory] = {
    Fault("pending-complete-condemns", _KEPT, "another complete while pending is refused, and its wrong hash counts"): (
        _while_pending(lambda right: not right)
    ),
    Fault("pending-complete-absolves", (*BAD_200, *_KEPT), "it is refused, and its right hash makes a bad one good"): (
        _while_pending(lambda right: right)
    ),
    Fault("pending-report-counts", GOOD_IE, "the report of a part while pending is refused, and counts"): (
        _PendingReport
    ),
    Fault("single-put-after-verdict", _STORED, "a single part can be replaced after the verdict"): _writable(
        chunked=False
    ),
    Fault("part-put-after-verdict", _STORED, "a part can be replaced after the verdict"): _writable(chunked=True),
    Fault("put-after-verdict-judged", _STORED, "bytes sent after the verdict are verified, and change it"): (
        _VerifiedAgain
    ),
    Fault("put-after-verdict-appends", _STORED, "a PUT after the verdict is refused, and makes the object longer"): (
        _Appended
    ),
    Fault("report-after-complete", _CALLED, "the report of a part after complete counts"): _LateReport,
    Fault("hash-after-verdict-counts", _CALLED, "a hash added after the verdict is what is compared"): _HashVerifies,
    Fault("hash-after-verdict-absolves", (*BAD_200, *_CALLED), "any hash added to a bad upload makes it good"): (
        _HashAbsolves
    ),
    Fault("complete-again-other-hash", _CALLED, "another complete with another hash is what counts"): (
        _completed_again(_by_new_hash)
    ),
    Fault("record-reset-by-hash", _RECORD, "a hash that is added sets the record back"): _record_reset("report_hash"),
    Fault("record-reset-by-part", _RECORD, "a late report of a part sets the record back"): _record_reset(
        "create_chunk"
    ),
    Fault("record-reset-by-complete", _RECORD, "another complete sets the record back"): _record_reset(
        "complete_upload"
    ),
    Fault(
        "complete-again-other-algorithm",
        (*LAPSE, "complete-repeat-same-outcome"),
        "another complete by another algorithm begins the work anew",
    ): _completed_again(_by_new_algorithm),
}
