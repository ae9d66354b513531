"""Requests that no client should send, by hand: what a generator of valid and nearly valid data does not think of."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from functools import partial

from conformance.fuzz import openapi_document
from conformance.fuzz.fuzz_requests import Question
from conformance.fuzz.seeds import KINDS, SeedRoom

JSON = "application/json"
GROUPS = ("bodies", "media types", "values", "forms", "paths", "queries", "methods", "routes", "headers")

_BODIES: tuple[bytes, ...] = (
    b"", b"{", b'{"name": ', b"nonsense", b"[1,2]", b'"x"', b"null", b"7", b"true", b"[]", b'{"name": NaN}',
    b'{"name": Infinity, "description": 1e999}', b"{'name': 'x'}", b'{"name": "a", "name": "b", "description": "c"}',
    b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"name": "\xff"}',
    b"\x00", b'{"name": "x"}\x00', b'{"name": "x"} extra',
    b"[" * 2000, b'{"a":' * 2000, b'{"name": "\\ud800", "description": "\\u0000"}',
    b"<project/>", b"--x\r\n\r\n--x--",
)  # fmt: skip

_MEDIA: tuple[str, ...] = (
    "text/plain", "application/xml", "multipart/form-data",
    "multipart/form-data; boundary=x", "application/octet-stream",
    "application/json; charset=utf-16", "application/json;;", "text/json",
    "application/problem+json", "nonsense", "*/*",
    "application/x-www-form-urlencoded",
)  # fmt: skip

_VALUES: tuple[object, ...] = (
    None, "", " ", "\x00", "a\x00b", "\u202eabc", "\ufeff", "😀" * 50, "ﷺ" * 20, "e\u0301" * 20, "../../etc/passwd",
    "' OR 1=1 --", "<script>alert(1)</script>", "%s%n", "{{7*7}}", "x" * 70_000, 0,
    -1, 1, 2**31, 2**63, 2**64, 10**40,
    -(10**40), 0.1, 1e308, True, False, [], [[]], {}, {"a": {"b": {}}}, ["x"], {"$ne": None}, {"id": None},
)  # fmt: skip

_FORMS: tuple[bytes, ...] = (
    b"name=fuzz&description=form", b"hash[value]=abc&hash[algorithm]=md5", b"hash%5Bvalue%5D=abc",
    b"name", b"=", b"&&&",
    b"name=%zz", b"name=%00&description=x", b"hash[=1", b"hash]=1", b"hash[value][deep]=1", b"hash=1&hash[value]=2",
    b"size=-1&name=x&content_type=y", b"name=%ff%fe", b"upload[id]=x",
)  # fmt: skip

_IDS: tuple[str, ...] = (
    "not-a-uuid", "0", "-1", "%00", "%ff", "a%2Fb", "%2e%2e", "..", "%20", "null", "%22", "%3Cx%3E", "%F0%9F%98%80",
    "x" * 3000, "00000000-0000-0000-0000-00000000000", "00000000000040008000000000000000", "%7B%7D",
    "%25", "*", "a;b=c",
    "a%0Ab", "a%0D%0Ab",
)  # fmt: skip

_QUERIES: tuple[str, ...] = (
    "page=0", "page=-1", "page=abc", "page=1.5", "page=99999999999999999999999", "per_page=0", "per_page=1001",
    "per_page=", "page[]=1", "page=1&page=x", "%7B%7D", "page=%00", "page=%ff", "page=%zz", "&&&", "=", "a" * 3000,
    "page=%F0%9F%98%80", "per_page=1e3", "unknown=1",
)  # fmt: skip

_METHODS = ("PATCH", "PUT", "POST", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "FOO", "QUERY")

_ROUTES = (
    "/nope", "/", "", "/projects/{id}/nope", "/files/{id}/url/extra", "/file_versions", "/uploads", "/Projects",
    "/projects//uploads", "/projects/{id}/uploads/", "/uploads/{id}/complete",
    "/files/{id}/URL", "/.env", "/projects.json",
    "/api/v1/projects", "/file_versions/{id}/current/now", "/%70rojects", "/projects/%2e%2e/files",
)  # fmt: skip

_HEADERS: tuple[tuple[str | None, dict[str, str]], ...] = (
    ("invalid", {"Authorization": ""}), ("invalid", {"Authorization": "Bearer x"}),
    ("invalid", {"Authorization": "x.y.z"}),
    ("invalid", {"Authorization": "\t"}), ("invalid", {"Authorization": "null"}),
    ("invalid", {"Authorization": "a" * 4000}),
    ("invalid", {"Authorization": "Basic dXNlcjpwYXNz"}), (None, {}), ("owner", {"Accept": "application/xml"}),
    ("owner", {"Accept": "text/html"}), ("owner", {"Accept": "nonsense"}), ("owner", {"Accept-Language": "xx"}),
    ("owner", {"Origin": "https://elsewhere.example"}), ("owner", {"Expect": "nonsense"}),
    ("owner", {"Cookie": "a=b"}),
)  # fmt: skip
"""Who asks, and with which header. A partial or conditional answer is not asked for: it would be legal."""


def questions(group: str, room: SeedRoom, count: int, seed: int) -> Iterator[Question]:
    """Draw `count` requests of a group, the same for the same seed; ids are those of live resources of ours."""
    whole = list(_GROUPS[group](room))
    random.Random(f"{seed}:{group}").shuffle(whole)  # noqa: S311 - a plan, not a secret
    yield from (make() for make in whole[:count])


Maker = Callable[[], Question]


def _calls(*methods: str) -> tuple[str, ...]:
    return tuple(name for name in openapi_document.calls() if openapi_document.form(name)[0] in methods)


def _path(room: SeedRoom, template: str) -> str:
    if "{id}" not in template:
        return template
    kind = KINDS.get(template.split("/")[1], "project")
    state = {"project": "ready", "upload": "open"}.get(kind, "good")
    return template.replace("{id}", room.aim(kind, state).id)


def _with_body(room: SeedRoom, call: str, content: bytes, media: str | None, intent: str = "invalid") -> Question:
    method, template = openapi_document.form(call)
    return Question(method, _path(room, template), content=content, content_type=media, intent=intent, state="hostile")


def _bodies(room: SeedRoom) -> Iterator[Maker]:
    for call in _calls("POST", "PUT"):
        for content in _BODIES:
            yield partial(_with_body, room, call, content, JSON)


def _media(room: SeedRoom) -> Iterator[Maker]:
    for call in _calls("POST", "PUT"):
        for media in (*_MEDIA, None):
            yield partial(_with_body, room, call, b'{"name": "x", "description": "y"}', media)


def _values(room: SeedRoom) -> Iterator[Maker]:
    for call in _calls("POST", "PUT"):
        names = _fields(call)
        for value in _VALUES:
            for name in names:
                body = {other: "x" for other in names if other != name} | {name: value, "unknown": [value]}
                yield partial(_with_body, room, call, json.dumps(body).encode(), JSON, "unsure")


def _fields(call: str) -> tuple[str, ...]:
    return {
        "create_project": ("name", "description", "slug"),
        "update_project": ("name", "description", "slug"),
        "create_upload": ("name", "content_type", "size", "chunked", "storage_provider"),
        "create_chunk": ("number", "size", "hash"),
        "complete_upload": ("hash",),
        "create_file": ("parent", "upload", "label"),
        "update_file": ("upload", "label"),
    }[call]


def _forms(room: SeedRoom) -> Iterator[Maker]:
    for call in _calls("POST", "PUT"):
        for content in _FORMS:
            yield partial(_with_body, room, call, content, "application/x-www-form-urlencoded", "unsure")


def _paths(_: SeedRoom) -> Iterator[Maker]:
    for call in openapi_document.calls():
        method, template = openapi_document.form(call)
        if "{id}" in template and method != "DELETE":  # an odd id might mean all of them
            body = b"{}" if method in ("POST", "PUT") else None
            for name in _IDS:
                path = template.replace("{id}", name)
                yield partial(
                    Question,
                    method,
                    path,
                    content=body,
                    content_type=JSON if body else None,
                    intent="invalid",
                    state="hostile",
                )


def _queries(room: SeedRoom) -> Iterator[Maker]:
    for call in _calls("GET"):
        for query in _QUERIES:
            yield partial(_asked, room, call, query)


def _asked(room: SeedRoom, call: str, query: str) -> Question:
    method, template = openapi_document.form(call)
    return Question(method, _path(room, template), query=query, intent="invalid", state="hostile")


def _methods(room: SeedRoom) -> Iterator[Maker]:
    templates: dict[str, set[str]] = {}
    for call in openapi_document.calls():
        method, template = openapi_document.form(call)
        templates.setdefault(template, set()).add(method)
    for template, known in templates.items():
        for method in _METHODS:
            if method not in known and not (method == "DELETE" and template.startswith("/file_versions/")):
                yield partial(_odd, room, method, template)


def _odd(room: SeedRoom, method: str, template: str) -> Question:
    return Question(method, _path(room, template), intent="invalid", state="hostile")


def _routes(room: SeedRoom) -> Iterator[Maker]:
    for template in _ROUTES:
        for method in ("GET", "POST"):
            yield partial(_odd, room, method, template)


def _headers(room: SeedRoom) -> Iterator[Maker]:
    for call in _calls("GET"):
        for user, headers in _HEADERS:
            yield partial(_headed, room, call, user, headers)


_INTENT = {None: "valid", "invalid": "invalid"}


def _headed(room: SeedRoom, call: str, user: str | None, headers: dict[str, str]) -> Question:
    method, template = openapi_document.form(call)
    return Question(
        method,
        _path(room, template),
        headers=headers,
        user=user,
        intent=_INTENT.get(user, "unsure"),
        state="hostile",
    )


_GROUPS: dict[str, Callable[[SeedRoom], Iterator[Maker]]] = dict(
    zip(GROUPS, (_bodies, _media, _values, _forms, _paths, _queries, _methods, _routes, _headers), strict=True)
)
