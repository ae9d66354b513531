"""Operations as columns: each classified once and written to Parquet, so that a long history is judged in bulk.

A row says what it tells (`Row`), about which project (`home`) and upload (`key`), when, and what was hashed; the whole
operation stands beside it, to be read again only where something is suspicious. Whatever is not ordinary is `ODD`.
Needs the extra ``columnar``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from enum import IntEnum
from hashlib import md5
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # the same

from conformance.api.answers import Answer, Classified, Effect, Kind
from conformance.api.bodies import identity, reported_hash, whole, within
from conformance.api.classifier import Classifier
from conformance.api.gateways import Firewall
from conformance.api.request_facts import is_mutation
from conformance.api.routes import READ_METHODS, Call
from conformance.api.statuses import SILENT_STATUSES
from conformance.history import encode
from conformance.judge.exchange import Examiner, Seen
from conformance.judge.gathered import Gathered
from conformance.judge.rules.access_rules import KIND_OF
from conformance.judge.rules.later.attach_rules import ATTACHING, attached
from conformance.judge.rules.later.name_rules import is_retained
from conformance.judge.rules.patterns.pattern_excuses import TRIES
from conformance.judge.rules.refused_create_rules import TRACED, listed_keys, wanted_keys
from conformance.judge.state.interval import NEVER
from conformance.judge.state.registry import followed, given_by
from conformance.model import Json, Octets, Operation, Role, Target

BATCH = 1 << 16
SCHEMA = pa.schema(
    [("kind", pa.int8()), ("end", pa.int8()), ("home", pa.int32()), ("key", pa.int32()), ("shape", pa.int32()),
     ("a", pa.int64()), ("b", pa.int64()), ("x", pa.int64()), ("y", pa.int64()), ("line", pa.binary())]
)  # fmt: skip


class Row(IntEnum):
    """What a row tells. `PLAIN` tells nothing but its payload; `ALONE` belongs to no project and is always judged."""

    NC = 0
    OK = 1
    BAD = 2
    OPEN = 3
    PENDING = 4
    RECORD_OK = 5
    RECORD_ERR = 6
    COMPLETE = 7
    PROJECT = 8
    WAIT = 9
    UPLOAD = 10
    CHUNK = 11
    PUT = 12
    FILE = 13
    GET = 14
    DELETE = 15
    ODD = 16
    PLAIN = 17
    ALONE = 18


_STATED = {Answer.NC: Row.NC, Answer.DONE: Row.OK, Answer.INTEGRITY: Row.BAD}
_ABOUT_PEOPLE = frozenset({"current_user", "grant_permission", "withdraw_permission"})
_ALWAYS = frozenset({"list_storage_providers", "show_storage_provider", "unrouted", "delete_folder", "move_folder"})


def number_of(text: str) -> int:
    """Give a hash's first 63 bits, the same in every process."""
    return int.from_bytes(md5(text.encode(), usedforsecurity=False).digest()[:8]) >> 1


class Columns:
    """Classifies operations in the order they were kept and writes them to `path`."""

    def __init__(self, path: Path, target: Target) -> None:
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")
        self._target = target
        self._examiner = Examiner()
        self._classify = Classifier(target)
        self._firewall = Firewall(self._classify.base)
        self._held: list[tuple[Operation, Classified]] = []
        self._shapes: dict[int, int] = {}
        self._seen: list[tuple[Seen, ...]] = []
        self._homes: dict[str, int] = {}
        self._keys: dict[str, int] = {}
        self._home_of: dict[str, int] = {}
        self._upload_of: dict[str, str] = {}
        self._urls: dict[int, str] = {}
        self._records: dict[str, tuple[str | None, ...]] = {}
        self._refused: set[int] = set()
        self._attempted: set[int] = set()
        self._listed: set[int] = set()
        self._fruitless: Counter[str] = Counter()
        self._gathered = Gathered(0)
        self._rows: list[tuple[int, ...]] = []
        self._lines: list[bytes] = []

    def write(self, operations: Iterable[Operation]) -> None:
        """Write all operations, and what is needed to read them.

        What may be a firewall's page is written last, when it is known whether it is.
        """
        for one in operations:
            of = self._classify(one)
            self._firewall.reaches(one.exchange, of)
            if self._firewall.suspects(len(self._held), one.exchange, of):
                self._held.append((one, of))
            else:
                self._write(one, of)
        pages = self._firewall.pages()
        for index, (one, of) in enumerate(self._held):
            page = index in pages
            self._write(one, of.from_firewall(mutation=is_mutation(one.exchange)) if page else of)
        self._flush()
        traced = bool(self._listed & self._refused - self._attempted)
        about = {
            "homes": len(self._homes),
            "keys": len(self._keys),
            "traced": traced,
            "gathered": self._gathered.is_suspicious,
            "denied": any(count >= TRIES for count in self._fruitless.values()),
            "pages": [self._held[index][0].id for index in sorted(pages)],
            "shapes": [[_said(one) for one in seen] for seen in self._seen],
        }
        self._writer.add_key_value_metadata({"dds-conformance": json.dumps(about)})
        self._writer.close()

    def _write(self, one: Operation, of: Classified) -> None:
        if Gathered.concern(of.call.name) is not None:
            self._gathered.take(one, of)
        if of.answer in (Answer.UNKNOWN, Answer.REFUSED):
            self._gathered.unstated(one, of)
        kind, end, home, key, x, y = self._row(one, of)
        b = NEVER if one.b_ns is None else one.b_ns
        self._rows.append((kind, end, home, key, self._shape(one, of), one.a_ns, b, x, y))
        self._lines.append(encode(one))
        if len(self._rows) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            columns = [
                pa.array(one, field.type) for one, field in zip(zip(*self._rows, strict=True), SCHEMA, strict=False)
            ]
            self._writer.write_table(pa.table([*columns, pa.array(self._lines, pa.binary())], schema=SCHEMA))
            self._rows, self._lines = [], []

    def _shape(self, one: Operation, of: Classified) -> int:
        seen = self._examiner.examine(one, of)
        if not seen:
            return -1
        held = self._shapes.get(id(seen), -1)
        if held < 0 or self._seen[held] is not seen:  # the examiner forgets now and then, and ids are used again
            held = self._shapes[id(seen)] = len(self._seen)
            self._seen.append(seen)
        return held

    def _row(self, one: Operation, of: Classified) -> tuple[int, int, int, int, int, int]:
        if of.call.name in TRACED:
            self._trace(one, of.call, of.answer)
        kind, end, name, x, y = self._kind(one, of)
        home = self._home_of.get(name, self._homes.get(name, -1))
        if home < 0 and kind is not Row.PLAIN:
            kind = Row.ALONE
        return kind, end, home, self._keys.get(name, -1), x, y

    def _trace(self, one: Operation, called: Call, answered: Answer) -> None:
        wanted = wanted_keys(one.exchange.request, called)
        if wanted:
            refused = answered in (Answer.NC, Answer.REFUSED)
            (self._refused if refused else self._attempted).update(map(hash, wanted))
        elif answered is Answer.DONE:
            self._listed.update(hash(key) for key in listed_keys(one.exchange.response, called))

    def _kind(self, one: Operation, of: Classified) -> tuple[Row, int, str, int, int]:
        called, answered = of.call, of.answer
        exchange, name = one.exchange, called.name
        reading = exchange.method in READ_METHODS
        upload = self._upload_of.get(called.id, called.id)
        if exchange.role is Role.STORAGE:
            return self._stored(one, name, answered)
        if name in _ABOUT_PEOPLE:
            return Row.ALONE, 0, "", 0, 0
        if exchange.user != "owner":
            harmless = exchange.user != "other" or exchange.status in (403, None) or name not in KIND_OF
            harmless &= of.effect is Effect.NONE and name not in ATTACHING
            about = attached(one) if name in ATTACHING else upload
            return Row.PLAIN if harmless else Row.ODD, 0, about, 0, 0
        if name in _ALWAYS:
            return Row.ALONE, 0, "", 0, 0
        if reading and (of.kind is Kind.NOTHING or exchange.status in SILENT_STATUSES):
            return Row.PLAIN, 0, "", 0, 0
        invalid = one.notes.get("intent") == "invalid"
        if invalid and answered in (Answer.REFUSED, Answer.NC, Answer.UNSENT):
            return Row.PLAIN, 0, "", 0, 0
        if name in ("file_url", "version_url") and answered in _STATED and not invalid:
            return self._stated(one, called, answered, upload)
        return self._other(one, of, upload)

    def _stated(self, one: Operation, called: Call, answered: Answer, upload: str) -> tuple[Row, int, str, int, int]:
        end = 0 if called.name == "file_url" else 1
        if answered is Answer.DONE and not (
            one.exchange.status == 200 and self._url(one, one.exchange.response, upload)
        ):
            self._fruitless[upload] += not isinstance(within(one.exchange.response, "url"), str)
            return Row.ODD, end, upload, 0, 0
        return _STATED[answered], end, upload, 0, 0

    def _stored(self, one: Operation, name: str, answered: Answer) -> tuple[Row, int, str, int, int]:
        upload = self._urls.get(followed(one), "")
        body = one.exchange.request if name == "storage_put" else one.exchange.response
        if answered is Answer.DONE and one.exchange.status == 200 and isinstance(body, Octets):
            return Row.PUT if name == "storage_put" else Row.GET, 0, upload, number_of(body.md5), body.bytes
        self._fruitless[upload] += name == "storage_get" and answered is not Answer.DONE
        harmless = name == "storage_get" and one.exchange.status != 404
        return Row.PLAIN if harmless else Row.ODD, 0, upload, 0, 0

    def _other(self, one: Operation, of: Classified, upload: str) -> tuple[Row, int, str, int, int]:  # noqa: PLR0911 - a classifier reads best as a list of cases
        called, answered, done = of.call, of.answer, of.effect
        exchange, name, body = one.exchange, called.name, one.exchange.response
        if name == "create_project" and done is Effect.DONE and identity(body):
            self._homes.setdefault(identity(body), len(self._homes))
            return Row.PROJECT if is_retained(exchange.request, body) else Row.ODD, 0, identity(body), 0, 0
        if name == "create_upload":
            return self._created(one, called, answered, done)
        if name == "create_chunk" and done is not Effect.NONE:
            return self._part(one, called, done)
        if name == "complete_upload":
            hashed = reported_hash(exchange.request)
            ordinary = (
                done is Effect.DONE and hashed is not None and hashed[0] == hashed[0].lower() and hashed[1] == "md5"
            )
            return Row.COMPLETE if ordinary and hashed else Row.ODD, 0, upload, number_of(hashed[0]) if hashed else 0, 0
        if name == "create_file" and done is Effect.DONE:
            return self._attached(one)
        if name == "show_upload" and answered is Answer.DONE:
            return self._record(called.id, within(body, "status"))
        if name in ("delete_file", "delete_project", "delete_version"):
            return Row.PLAIN if done is Effect.NONE else Row.DELETE, 0, upload, 0, 0
        if exchange.method in READ_METHODS:
            return self._looked(called, answered, body, upload)
        if name == "create_chunk" or (done is Effect.NONE and name == "create_project"):
            return Row.PLAIN, 0, upload, 0, 0
        about = identity(within(exchange.request, "upload")) or upload
        return Row.ODD, 0, about, 0, 0

    def _looked(self, called: Call, answered: Answer, body: Json, upload: str) -> tuple[Row, int, str, int, int]:
        linking = called.name in ("show_file", "show_version", "list_versions")
        known = not linking or answered is not Answer.DONE or self._agrees(called, body)
        plain = answered is Answer.DONE and known
        return Row.PLAIN if plain or (called.name.startswith("list_") and not linking) else Row.ODD, 0, upload, 0, 0

    def _agrees(self, called: Call, body: Json) -> bool:
        if called.name == "list_versions":
            versions = within(body, "results")
            found = versions if isinstance(versions, list) else []
        else:
            found = [within(body, "current_version") if called.name == "show_file" else body]
        return all(self._upload_of.get(identity(one)) == identity(within(one, "upload")) for one in found)

    def _created(self, one: Operation, called: Call, answered: Answer, done: Effect) -> tuple[Row, int, str, int, int]:
        asked, body = one.exchange.request, one.exchange.response
        name, size = identity(body), whole(within(asked, "size"))
        if identity(within(asked, "storage_provider")) or (
            answered is not Answer.NC and (done is not Effect.DONE or not name)
        ):
            return Row.ODD, 0, called.id, 0, 0
        if answered is Answer.NC:
            return Row.WAIT, 0, called.id, 0, 0
        fresh = name not in self._keys
        self._keys.setdefault(name, len(self._keys))
        self._home_of[name] = self._homes.get(called.id, -1)
        single = within(asked, "chunked") in (False, "false")
        self._url(one, within(body, "signed_url"), name)
        fresh &= is_retained(asked, body)
        return Row.UPLOAD if fresh and size is not None and size >= 0 else Row.ODD, 0, name, int(single), size or 0

    def _url(self, one: Operation, signed: Json, upload: str) -> bool:
        """Learn whose url an answer gave; False when there is none or it is another upload's as well."""
        url = within(signed, "url")
        if not isinstance(url, str):
            return False
        self._urls[given_by(one)] = upload
        if self._urls.setdefault(hash(url), upload) != upload:
            self._urls[hash(url)] = ""  # alike once the signatures are hidden: only what says whose it is will tell
            return False
        return True

    def _part(self, one: Operation, called: Call, done: Effect) -> tuple[Row, int, str, int, int]:
        asked = one.exchange.request
        hashed, size = reported_hash(asked), whole(within(asked, "size"))
        self._url(one, one.exchange.response, called.id)
        ordinary = done is Effect.DONE and whole(within(asked, "number")) == 1 and size is not None
        if not ordinary or hashed is None or hashed[1].lower() != "md5" or hashed[0] != hashed[0].lower():
            return Row.ODD, 0, called.id, 0, 0
        return Row.CHUNK, 0, called.id, number_of(hashed[0]), size or 0

    def _attached(self, one: Operation) -> tuple[Row, int, str, int, int]:
        asked, body = one.exchange.request, one.exchange.response
        upload, version = identity(within(asked, "upload")), within(body, "current_version")
        agreed = (
            identity(within(version, "upload")) in ("", upload) and within(asked, "parent", "kind") == "dds-project"
        )
        for name in (identity(body), identity(version)):
            agreed = agreed and bool(name) and self._upload_of.setdefault(name, upload) == upload
        home = identity(within(body, "project")) or identity(within(asked, "parent"))
        agreed = agreed and self._home_of.get(upload) == self._homes.get(home, -2)
        return Row.FILE if agreed else Row.ODD, 0, upload, 0, 0

    def _record(self, upload: str, status: Json) -> tuple[Row, int, str, int, int]:
        if not isinstance(status, dict):
            return Row.PLAIN, 0, upload, 0, 0
        if "completed_on" not in status or "is_consistent" not in status:
            return Row.ODD, 0, upload, 0, 0
        fields = tuple(None if status.get(n) is None else str(status[n]) for n in _FIELDS)
        held = self._records.get(upload, (None,) * len(_FIELDS))
        changed = any(old is not None and new is not None and old != new for old, new in zip(held, fields, strict=True))
        self._records[upload] = tuple(old if old is not None else new for old, new in zip(held, fields, strict=True))
        decided, broken = status["is_consistent"] is True, status.get("error_on") is not None
        if changed or (broken and not decided) or (decided and status["completed_on"] is None):
            return Row.ODD, 0, upload, 0, 0
        if decided:
            return Row.RECORD_ERR if broken else Row.RECORD_OK, 0, upload, 0, 0
        return Row.OPEN if status["completed_on"] is None else Row.PENDING, 0, upload, 0, 0


_FIELDS = ("initiated_on", "completed_on", "error_on", "error_message")


def _said(seen: Seen) -> list[Json]:
    requirement, wrong = seen
    if wrong is None:
        return [requirement, None]
    return [requirement, [wrong.rule, wrong.expected, wrong.observed, wrong.kind, dict(wrong.numbers), wrong.hint]]
