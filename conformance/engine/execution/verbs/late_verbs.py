"""The verbs that come too late: whatever can still be sent of an upload after its verdict, and new downloads."""

from __future__ import annotations

import hashlib
import time

from conformance.api.answers import Answer
from conformance.engine.content import whole
from conformance.engine.execution.attempts import insist
from conformance.engine.execution.bindings import Upload
from conformance.engine.execution.context import Turn, sent
from conformance.engine.execution.own_bytes import piece_of
from conformance.engine.execution.reads import follow
from conformance.engine.execution.scheduler import Task
from conformance.engine.execution.verbs.offered_calls import offered
from conformance.engine.plan import NOTHING_RETAINED
from conformance.engine.plan_model import Truth
from conformance.engine.values.false_hashes import falsified
from conformance.model import Json, Operation


def put_again(turn: Turn) -> Task:
    """Use a signed URL of a part, or of a single part, once more: with the same bytes, or with others."""
    upload, number = turn.upload(), int(turn.option("number"))
    retained = upload.retained_late if turn.option("late") else upload.retained
    if number not in retained:
        turn.leave_out(NOTHING_RETAINED)
        return
    signed, by = retained[number]
    made = piece_of(turn, upload, number)
    last = sent(turn.client, turn.client.put_signed(signed, made.data(), notes={"url_of": by}))
    if last.answer is Answer.DONE and turn.option("fresh"):
        upload.truth = Truth.UNKNOWN  # a store may serve what came last: nobody waits for the first bytes any more
    yield from ()


def report_chunk(turn: Turn) -> Task:
    """Report a chunk of an upload once more, true or not; where a signed URL is given, it is kept and not used."""
    upload, number = turn.upload(), int(turn.option("number"))
    made = piece_of(turn, upload, number)
    algorithm = turn.stage.algorithm(upload)
    value = falsified(str(turn.option("lie")), made.digest(algorithm))
    body: Json = {"number": number * upload.stride, "size": made.size, "hash": {"value": value, "algorithm": algorithm}}
    path = f"/uploads/{upload.id}/chunks"
    last = yield from insist(turn, lambda _: turn.client.send("PUT", path, json=body))
    if last.answer is Answer.DONE:
        upload.retained_late[number] = last.body, last.operation.id


def report_hash(turn: Turn) -> Task:
    """Report a further hash of the whole upload, true or not."""
    upload = turn.upload()
    body: Json = {"value": _digest(turn, upload), "algorithm": str(turn.option("algorithm"))}
    path = f"/uploads/{upload.id}/hashes"
    yield from offered(turn, "report_hash", lambda _: turn.client.send("PUT", path, json=body))


def complete_again(turn: Turn) -> Task:
    """Complete an upload once more, by another hash, true or not, than the first time."""
    upload = turn.upload()
    body: Json = {"hash": {"value": _digest(turn, upload), "algorithm": str(turn.option("algorithm"))}}
    yield from insist(turn, lambda _: turn.client.send("PUT", f"/uploads/{upload.id}/complete", json=body))


def _digest(turn: Turn, upload: Upload) -> str:
    """Return the hash of what is surely stored, by the algorithm of the step, or a wrong one."""
    algorithm = str(turn.option("algorithm"))
    if algorithm == "md5":
        value = whole(upload.pieces())[1]
    else:
        data = b"".join(one.data() for one in upload.pieces())
        value = hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()
    return falsified(str(turn.option("lie")), value)


def download(turn: Turn) -> Task:
    """Read a file's url and follow it, as often as the step says, also where its bytes were fetched before."""
    yield from _download(turn, f"/files/{turn.file().id}/url")


def download_version(turn: Turn) -> Task:
    """Read a version's url and follow it, as often as the step says, also where its bytes were fetched before."""
    yield from _download(turn, f"/file_versions/{turn.version().id}/url")


def _download(turn: Turn, path: str) -> Task:
    """Fetch as often as the step says; one step of each plan goes on until the bound where the last led nowhere."""
    turn.world.first_time(path)
    since, timing, times, n = time.monotonic(), turn.stage.timing, int(turn.option("times")), 1
    fetched = follow(turn.client, path)
    while n < times or (
        _nowhere(fetched) and time.monotonic() < timing.deadline(since) and turn.world.outwaits(turn.step)
    ):
        yield time.monotonic() if n < times else timing.next_look_in_time(since)
        fetched, n = follow(turn.client, path), n + 1


def _nowhere(fetched: Operation | None) -> bool:
    """Whether a url was followed, and led to no bytes."""
    return fetched is not None and (fetched.exchange.status is None or fetched.exchange.status >= _REFUSED)


_REFUSED = 400
