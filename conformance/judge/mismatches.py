"""Count the completions of a history again: does an error at completion go with a stored mismatch?

This is the re-check of a pattern, which no four operations show. It reads what was sent, tells uploads apart by that
alone, and leaves out every upload of which anything is unusual; it shares nothing with the rules.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.judge.rechecks import Proof
from conformance.model import Exchange, Json, Octets, Operation, Role

_PLACE = re.compile(r"/uploads/([^/?]+)(?:/(chunks|complete))?/?$")
_LEAST = 3
_SMALLEST = 5 * 1024 * 1024


@dataclass(slots=True)
class _Upload:
    """What was said and sent of one upload: reported, sent and stored (size, digest) by part, each attempt's status.

    A digest is the MD5, or whatever else the sender noted beside the bytes; `how` are the algorithms of those reported.
    `latest` is when (ns) the last of it was begun before completion.
    """

    size: Json = None
    chunked: bool = True
    reported: dict[int, tuple[int, str]] = field(default_factory=dict)
    sent: dict[int, tuple[int, str]] = field(default_factory=dict)
    stored: dict[int, tuple[int, str]] = field(default_factory=dict)
    latest: int = -1
    attempts: list[tuple[int, int | None]] = field(default_factory=list)
    unusual: bool = False
    how: dict[int, str] = field(default_factory=dict)
    noted: dict[int, str] = field(default_factory=dict)

    def kind(self) -> str:
        """Return ``good``, what is wrong with it, or nothing where that is not plain."""
        if self.unusual or not isinstance(self.size, int) or not self.attempts or self.sent != self.stored:
            return ""
        if any(self.how.get(n, "md5") != self.noted.get(n, "md5") for n in self.stored):
            return ""
        if self.latest >= min(begun for begun, _ in self.attempts):
            return ""
        if not self.reported or self.reported.keys() - self.stored.keys():
            return "something that was never sent" if self.reported or self.size else ""
        if any(self.reported[n][1] != self.stored[n][1] for n in self.reported):
            return "another hash than reported"
        sizes = [self.stored[n][0] for n in sorted(self.reported)]
        if sum(sizes) != self.size:
            return "another size than reported"
        same = not self.chunked or all(self.reported[n][0] == self.stored[n][0] for n in self.reported)
        return "good" if same and all(size >= _SMALLEST for size in sizes[:-1]) else ""


def counted_again(proof: Proof, status: int) -> bool:
    """Whether the bad uploads of the finding's kind answered `status` when completed, and the good ones did not."""
    foreign = {name for name, of in proof.classes.items() if of.foreign}
    uploads = _uploads(one for one in proof.history.operations if one.id not in foreign)
    counts = Counter[tuple[str, str]]()
    for upload in uploads.values():
        kind, codes = upload.kind(), [code for _, code in sorted(upload.attempts, key=lambda one: one[0])]
        failed = bool(codes) and codes[0] == status
        accepted = any(200 <= (code or 0) < 300 for code in codes)
        counts[kind, "failed"] += failed
        counts[kind, "accepted"] += accepted and (kind == "good" or not failed)
    named = (uploads.get(str(name).lower()) for name in proof.numbers.get("uploads", ()))
    kinds = {upload.kind() for upload in named if upload} - {""}
    if len(kinds) != 1 or counts["good", "failed"] or counts["good", "accepted"] < _LEAST:
        return False
    (kind,) = kinds
    return kind != "good" and counts[kind, "failed"] >= max(_LEAST, counts[kind, "accepted"] + 1)


def _uploads(operations: Iterable[Operation]) -> dict[str, _Upload]:
    uploads: dict[str, _Upload] = {}
    parts: dict[str, tuple[str, int]] = {}
    puts: list[Operation] = []
    for operation in operations:
        exchange = operation.exchange
        if exchange.role is Role.STORAGE:
            puts += [operation] if exchange.method == "PUT" else []
        elif exchange.user == "owner":
            _said(operation, uploads, parts)
    for put in puts:
        _stored(put, uploads, parts)
    return uploads


def _said(operation: Operation, uploads: dict[str, _Upload], parts: dict[str, tuple[str, int]]) -> None:
    exchange = operation.exchange
    place = _PLACE.search(exchange.path.partition("?")[0])
    body = exchange.response
    if exchange.method == "POST" and exchange.path.partition("?")[0].endswith("/uploads") and exchange.status == 201:
        name = str(_at(body, "id")).lower()
        uploads.setdefault(name, _Upload()).size = _whole(_at(exchange.request, "size"))
        uploads[name].chunked = _at(exchange.request, "chunked") not in (False, "false")
        _url(operation, _at(body, "signed_url"), (name, 0), parts)
    elif exchange.method == "PUT" and place and place[2]:
        upload = uploads.setdefault(place[1].lower(), _Upload())
        if place[2] == "complete":
            upload.attempts.append((operation.a_ns, exchange.status))
            if not upload.chunked:
                _report(upload, 0, exchange)
        else:
            number = _whole(_at(exchange.request, "number"))
            upload.latest = max(upload.latest, operation.a_ns)
            sure = exchange.status is not None and exchange.status < 300 and exchange.failure is None
            if sure and isinstance(number, int):
                _report(upload, number, exchange)
                _url(operation, body, (place[1].lower(), number), parts)
            else:
                upload.unusual = upload.unusual or exchange.status is None or exchange.status >= 500


def _report(upload: _Upload, number: int, exchange: Exchange) -> None:
    asked = exchange.request
    value, algorithm = (_at(_at(asked, "hash"), name) or _at(asked, f"hash[{name}]") for name in ("value", "algorithm"))
    reported = (upload.size if number == 0 else _whole(_at(asked, "size")), str(value))
    upload.how[number] = str(algorithm).lower()
    upload.unusual |= reported[1] != reported[1].lower()
    upload.unusual |= upload.reported.setdefault(number, reported) != reported


def _stored(put: Operation, uploads: dict[str, _Upload], parts: dict[str, tuple[str, int]]) -> None:
    sent, exchange = put.exchange.request, put.exchange
    name, number = parts.get(str(put.notes.get("url_of", "")), parts.get(exchange.path, ("", 0)))
    upload = uploads.get(name)
    if upload is None:
        return
    upload.latest = max(upload.latest, put.a_ns)
    if not isinstance(sent, Octets):
        upload.unusual = True
        return
    digest = put.notes.get("digest")
    noted = _at(digest, "value")
    upload.noted[number] = str(_at(digest, "algorithm")).lower() if isinstance(noted, str) else "md5"
    content = (sent.bytes, noted if isinstance(noted, str) else sent.md5)
    upload.unusual |= upload.sent.setdefault(number, content) != content
    if exchange.status is not None and exchange.status < 300 and not exchange.failure:
        upload.stored[number] = content


def _url(operation: Operation, signed: Json, part: tuple[str, int], parts: dict[str, tuple[str, int]]) -> None:
    parts[operation.id] = part
    url = _at(signed, "url")
    if isinstance(url, str):
        parts[url] = part if parts.get(url, part) == part else ("", 0)


def _whole(value: Json) -> Json:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _at(body: Json | Octets | None, name: str) -> Json:
    return body.get(name) if isinstance(body, dict) else None
