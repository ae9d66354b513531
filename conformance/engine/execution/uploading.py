"""The verbs that make an upload, fill it and complete it."""

from __future__ import annotations

import math
import time
from urllib.parse import urlencode

from conformance.api.answers import Answer
from conformance.engine.content import BLOCK, Piece, digest_of, whole
from conformance.engine.execution.attempts import insist
from conformance.engine.execution.bindings import Project, Upload
from conformance.engine.execution.context import Attempt, Sent, Turn, sent
from conformance.engine.execution.own_bytes import piece_of
from conformance.engine.execution.scheduler import Task
from conformance.engine.plan import NO_FURTHER_STORE, NO_SIGNED_URL, TOO_LARGE, TOO_MANY_BYTES
from conformance.engine.plan_model import Truth
from conformance.engine.values.false_hashes import falsified, is_plain
from conformance.model import Json, Operation

FORM = "application/x-www-form-urlencoded"
VAST = 1 << 30
"""Bytes that a server may have no room for."""
_NAME_REFUSALS = frozenset({400, 409, 422})
"""How a server may refuse a name."""


def create_upload(turn: Turn) -> Task:
    """Create an upload, again under a new name while the project is not consistent, if the step is patient.

    Where a name of a class is refused, it is asked for under a plain one.
    """
    project, parts = turn.project(), tuple(int(size) for size in turn.option("parts"))
    kind, further = str(turn.option("name_class")), int(turn.option("further"))
    if further and not turn.stage.further(further):
        turn.leave_out(NO_FURTHER_STORE)
        return
    if sum(parts) > turn.stage.largest:
        turn.leave_out(TOO_MANY_BYTES)
        return
    timing = turn.stage.timing
    timing.begin_wait()

    def ask(cut: float | None) -> Operation:
        return _ask_upload(turn, project, cut, kind)

    last = yield from insist(turn, ask)
    refused = last.at
    while time.monotonic() < timing.deadline(since := max(project.accepted, project.changed)):
        if kind and _is_about_the_name(last):
            kind = ""
        elif _not_yet(turn, project, last):
            yield timing.next_look(since)
            refused = last.at
        else:
            break
        last = yield from insist(turn, lambda _: ask(None))
    timing.end_wait()
    if not last.made or not turn.owns(project):
        return
    if project.ready is None:
        project.ready = last.at
        timing.bounded(last.at - project.accepted, last.at - refused)
    turn.stage.shown = turn.stage.shown or store_of(last)
    turn.bind(_made(turn, project, parts, last))


def _is_about_the_name(last: Sent) -> bool:
    return last.answer is Answer.REFUSED and last.operation.exchange.status in _NAME_REFUSALS


def store_of(last: Sent) -> str:
    """Return the id of the storage provider that an upload tells, or nothing."""
    stated = last.body.get("storage_provider")
    found = stated.get("id") if isinstance(stated, dict) else None
    return found if isinstance(found, str) and found.isprintable() else ""


def _made(turn: Turn, project: Project, parts: tuple[int, ...], last: Sent) -> Upload:
    truth = turn.world.truths.get(turn.step.binds, Truth.UNKNOWN)
    signed, by, asked = last.body.get("signed_url"), last.operation.id, last.operation.exchange.request
    name = str(asked["name"]) if isinstance(asked, dict) else ""
    chunked = bool(turn.option("chunked"))
    most, store = _most(last, chunked=chunked), store_of(last)
    return Upload(
        last.made, project, parts, chunked, truth, signed,
        signed_by=by, name=name, created=last.at, most=most, store=store, content=str(turn.option("content")),
        symbol=turn.step.binds, stride=int(turn.option("stride")),
    )  # fmt: skip


def _most(last: Sent, *, chunked: bool) -> float:
    """Return the largest part in bytes that the target says it takes; endless where it says nothing."""
    header = "x-max-chunk-upload-size" if chunked else "x-max-upload-size"
    given = {name.lower(): value for name, value in last.operation.exchange.headers.items()}.get(header, "")
    return float(given) if given.isascii() and given.isdigit() else math.inf


def _not_yet(turn: Turn, project: Project, last: Sent) -> bool:
    """Whether to ask again: not consistent, or refused in some other way although the project was never ready yet."""
    refused = last.answer is Answer.REFUSED and project.ready is None and turn.owns(project)
    return bool(turn.option("patient")) and not project.deleted and (last.answer is Answer.NC or refused)


def _ask_upload(turn: Turn, project: Project, cut: float | None, kind: str) -> Operation:
    size = sum(turn.option("parts")) + int(turn.option("misstate"))
    body = {"name": _name(turn, kind), "content_type": turn.option("content_type"), "size": size}
    path = f"/projects/{project.id}/uploads"
    chunked = {} if turn.option("bare") else {"chunked": bool(turn.option("chunked"))}
    further = int(turn.option("further"))
    named = turn.stage.further(further) if further else turn.stage.store(int(turn.option("store")), turn.world)
    named = named or (turn.stage.shown if turn.option("named_store") else "")
    provider = {"storage_provider": {"id": named}} if named else {}
    unsure = kind or int(turn.option("misstate")) >= VAST  # a server may have its rules for names, and too little room
    intent = "unsure" if unsure else "valid"
    return turn.client.send("POST", path, json={**body, **chunked, **provider}, intent=intent, cut_after_s=cut)


def _name(turn: Turn, kind: str) -> str:
    """Return a fresh name for an upload; its first attempt may take the name of another upload, if that is known."""
    other = turn.world.slot(str(turn.option("name_of"))).value if turn.option("name_of") else None
    if isinstance(other, Upload) and other.name and turn.world.first_time(f"the name of {turn.step.binds}"):
        return turn.world.like(other.name, kind)
    return turn.world.name("upload", kind)


def put_part(turn: Turn) -> Task:
    """Ask for a chunk's signed URL and store its bytes; report what the step says, true or not."""
    upload, number = turn.upload(), int(turn.option("number"))
    made = piece_of(turn, upload, number)
    if made.size > upload.most:
        turn.leave_out(TOO_LARGE)
        return
    body, intent = _reported(turn, upload, made), "unsure" if upload.stride > 1 else _intent(turn)
    path, timing = f"/uploads/{upload.id}/chunks", turn.stage.timing
    since = time.monotonic()

    def ask(cut: float | None) -> Operation:
        return turn.client.send("PUT", path, json=body, intent=intent, cut_after_s=cut)

    last = yield from insist(turn, ask)
    while last.answer is Answer.NC and time.monotonic() < timing.deadline(since):
        yield timing.next_look(since)
        last = sent(turn.client, ask(None))
    if last.answer is Answer.REFUSED and not made.size:
        upload.truth = Truth.UNKNOWN  # what holds nothing lacks nothing
    if last.answer is Answer.DONE and turn.option("send"):
        yield from _store(turn, upload, number, made, last.body, last.operation.id)


def _reported(turn: Turn, upload: Upload, made: Piece) -> dict[str, Json]:
    number, algorithm = int(turn.option("number")), turn.stage.algorithm(upload)
    named = piece_of(turn, upload, int(turn.option("hash_of")) or number)
    other = _other_hash(turn, upload, algorithm)
    value = falsified(str(turn.option("lie")), named.digest(algorithm), other)
    if (lender := _lender(turn)) is not None:
        lent = lender.stored.get(number)
        value = lent.digest(algorithm) if lent else falsified("hash", value)
    size = max(0, made.size + int(turn.option("size_off")))
    return {"number": number * upload.stride, "size": size, "hash": {"value": value, "algorithm": algorithm}}


def _lender(turn: Turn) -> Upload | None:
    """Return the upload whose hash is reported in place of the right one, if the step names one."""
    found = turn.named("as_of")
    return found if isinstance(found, Upload) else None


def _intent(turn: Turn) -> str:
    """Say whether a server must take the hash: one that is no hash by its form may be refused at once."""
    return "valid" if is_plain(str(turn.option("lie"))) else "unsure"


def _other_hash(turn: Turn, upload: Upload, algorithm: str) -> str:
    """Return the hash of something that this plan has stored of another upload, or nothing."""
    pieces = (one for other in turn.world.uploads() if other is not upload for one in other.pieces())
    found = next(pieces, None)
    return found.digest(algorithm) if found else ""


def put_whole(turn: Turn) -> Task:
    """Store the bytes of a single-part upload by the signed URL that came with it."""
    upload = turn.upload()
    made = piece_of(turn, upload, 1)
    if upload.signed is None:
        turn.leave_out(NO_SIGNED_URL)
    elif made.size > upload.most:
        turn.leave_out(TOO_LARGE)
    else:
        yield from _store(turn, upload, 1, made, upload.signed, upload.signed_by)


def _store(turn: Turn, upload: Upload, number: int, made: Piece, signed: Json, signed_by: str) -> Task:  # noqa: PLR0913, PLR0917 - what goes where, and who said so
    upload.retained[number] = signed, signed_by
    notes = noted(turn, upload, made, signed_by)
    data = made.data() if made.size <= BLOCK else made
    streaming = [bool(turn.option("streamed"))]

    def put(cut: float | None) -> Operation:
        if streaming and streaming.pop():
            return turn.client.put_signed(signed, made, notes=notes, cut_after_s=cut, streamed=True)
        return turn.client.put_signed(signed, data, notes=notes, cut_after_s=cut)

    last = yield from insist(turn, put)
    if turn.option("streamed") and last.answer is Answer.REFUSED:
        last = yield from insist(turn, put)
    if last.answer is Answer.DONE:
        upload.stored[number] = made


def noted(turn: Turn, upload: Upload, made: Piece, signed_by: str) -> dict[str, Json]:
    """Return what is noted where bytes are stored: whose url it is, and their hash where that is none by MD5."""
    notes: dict[str, Json] = {"url_of": signed_by}
    if (algorithm := turn.stage.algorithm(upload)) != "md5":
        notes["digest"] = {"algorithm": algorithm, "value": made.digest(algorithm)}
    return notes


def complete(turn: Turn) -> Task:
    """Complete an upload, reporting the hash of what was stored, or a false one."""
    upload = turn.upload()
    own = turn.stage.algorithm(upload)
    attempt = _completion(turn, upload, str(turn.option("algorithm")) or own, form=bool(turn.option("form")))
    last = yield from insist(turn, attempt)
    if (turn.option("form") or turn.option("algorithm")) and last.answer is Answer.REFUSED:
        attempt = _completion(turn, upload, own, form=False)
        last = yield from insist(turn, attempt)
    while _lost(turn, upload, last) and time.monotonic() < turn.stage.timing.deadline(upload.created):
        yield turn.stage.timing.next_look(upload.created)
        last = sent(turn.client, attempt(None))
    upload.tried = upload.tried or last.at
    if last.answer in (Answer.DONE, Answer.ALREADY) and upload.completed is None:
        upload.completed = last.at


def _completion(turn: Turn, upload: Upload, algorithm: str, *, form: bool) -> Attempt:
    """Return what completes an upload: by JSON, but the first attempt by a `form` where that is asked for.

    A target need not take forms or every algorithm, so the client does not vouch for such a request.
    """
    path, content = f"/uploads/{upload.id}/complete", content_of(turn, upload)
    untried = [form]
    right = str(content[algorithm]) if algorithm in content else digest_of(upload.pieces(), algorithm)
    value = falsified(str(turn.option("lie")), right, _other_hash(turn, upload, algorithm))
    if (lender := _lender(turn)) is not None:
        value = digest_of(lender.pieces(), algorithm) if lender.stored else falsified("hash", right)
    own = turn.stage.algorithm(upload)
    intent = "unsure" if algorithm != own else _intent(turn)
    notes: dict[str, Json] = {"content": content}

    def attempt(cut: float | None) -> Operation:
        if untried and untried.pop():
            written = urlencode({"hash[value]": value, "hash[algorithm]": algorithm}).encode()
            return turn.client.send(
                "PUT", path, content=written, content_type=FORM, intent="unsure", notes=notes, cut_after_s=cut
            )
        body = {"hash": {"value": value, "algorithm": algorithm}}
        return turn.client.send("PUT", path, json=body, intent=intent, notes=notes, cut_after_s=cut)

    return attempt


def content_of(turn: Turn, upload: Upload) -> dict[str, Json]:
    """Return what is surely stored of an upload as a whole: its bytes, MD5, and hash as its storage provider wants."""
    pieces, own = upload.pieces(), turn.stage.algorithm(upload)
    size, md5 = whole(pieces)
    return {"bytes": size, "md5": md5, own: md5 if own == "md5" else digest_of(pieces, own)}


def _lost(turn: Turn, upload: Upload, last: Sent) -> bool:
    """Whether the server does not know an upload that it acknowledged: it may not show everywhere yet."""
    missing = last.answer is Answer.REFUSED and last.operation.exchange.status == 404
    return missing and turn.owns(upload.project) and upload.completed is None and not upload.project.deleted
