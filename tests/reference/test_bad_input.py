"""Bad input gets a standard error with a 4xx status, never a 500; odd but good input is understood."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_bench import Bench

from conformance.reference.endpoints.app import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_bench import Answer

FORM = "application/x-www-form-urlencoded"
NESTED = "[" * 100_000


def standard(answer: Answer) -> bool:
    """Whether an answer is a success, or a 4xx with the four fields."""
    if answer.status < 400:
        return True
    body = answer.json
    fields = isinstance(body, dict) and all(body.get(name) for name in ("error", "code", "reason", "suggestion"))
    return answer.status < 500 and fields and body["error"] == answer.status


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return one server for many bad requests."""
    made = Bench(tmp_path_factory.mktemp("bad") / "data")
    made.facts = {"project": made.project(), "file": made.good_file(made.project("q"))["id"]}  # type: ignore[attr-defined]
    yield made
    made.close()


@pytest.mark.parametrize(
    "raw",
    [
        b'{"name": ',
        b"[1, 2]",
        b'"x"',
        b"NaN",
        b'{"name": NaN, "description": "d"}',
        b'{"name": "a", "name": "b", "description": "d"}',
        b'{"name": "\\ud800", "description": "d"}',
        b'{"name": "a\\u0000b", "description": "d"}',
        b'{"name": "\xff", "description": "d"}',
        b'{"name": 1, "description": "d"}',
        b'{"name": "", "description": "d"}',
        b'{"name": null, "description": "d"}',
        b'{"name": "a", "description": "d", "slug": "NO SLUG!"}',
        b'{"name": 1e999, "description": "d"}',
        b'{"name": ' + b"9" * 5000 + b', "description": "d"}',
        NESTED.encode(),
        b'{"a":' * 50_000,
        b"",
        b"\x00\x01",
    ],
)
def test_a_body_that_is_no_project_is_400(shared: Bench, raw: bytes) -> None:
    """Malformed, mistyped, blank, surrogate, nested or repeated: a standard 400."""
    answer = shared.call("POST", "/projects", raw=raw)
    assert answer.status == 400
    assert standard(answer)


@pytest.mark.parametrize("size", [-1, 10**30, 5_497_558_138_881, 1.5, True, "12", None, [], {}])
def test_a_size_that_is_no_size_is_400(shared: Bench, size: Any) -> None:
    """Negative, huge, fractional, boolean or no number at all."""
    path = f"/projects/{shared.facts['project']}/uploads"  # type: ignore[attr-defined]
    answer = shared.call("POST", path, {"name": "n", "content_type": "t", "size": size})
    assert answer.status == 400
    assert standard(answer)
    assert answer.json["errors"][0]["field"] == "size"


@pytest.mark.parametrize("number", [0, -1, 10_001, 2**70, "1", None])
def test_a_chunk_number_that_is_none_is_400(shared: Bench, number: Any) -> None:
    """Chunks count from 1 to 10,000."""
    upload = shared.upload(shared.facts["project"], [])  # type: ignore[attr-defined]
    body = {"number": number, "size": 1, "hash": {"value": "x", "algorithm": "md5"}}
    assert shared.call("PUT", f"/uploads/{upload['id']}/chunks", body).status == 400


@pytest.mark.parametrize("algorithm", ["crc32", "MD5", "", None, 1])
def test_an_unknown_algorithm_is_400(shared: Bench, algorithm: Any) -> None:
    """Chunks take md5; complete takes md5, sha1 and sha256."""
    upload = shared.upload(shared.facts["project"], [b"x"])  # type: ignore[attr-defined]
    digest = {"value": "x", "algorithm": algorithm}
    for path, body in (("chunks", {"number": 1, "size": 1, "hash": digest}), ("complete", {"hash": digest})):
        assert shared.call("PUT", f"/uploads/{upload['id']}/{path}", body).status == 400


@pytest.mark.parametrize("query", ["page=0", "page=abc", "per_page=1001", "page=99999999999999999999", "page=-1"])
def test_a_page_that_is_none_is_400(shared: Bench, query: str) -> None:
    """Pages count from 1, and hold at most a thousand items."""
    answer = shared.call("GET", f"/projects?{query}")
    assert answer.status == 400
    assert standard(answer)


@pytest.mark.parametrize("query", ["%7B%7D", "&&=&", "page=1&page=2", "x=%00", "a[b]=c"])
def test_an_odd_query_is_read_over(shared: Bench, query: str) -> None:
    """What no parameter names is ignored."""
    assert shared.call("GET", f"/projects?{query}").status == 200


def test_routes_methods_and_media_types_have_standard_errors(shared: Bench) -> None:
    """404, 405 and 415 carry all four fields; HEAD and OPTIONS are answered sanely."""
    answers = {
        404: shared.call("GET", "/nowhere"),
        405: shared.call("PATCH", "/projects"),
        415: shared.call("POST", "/projects", raw=b"<a/>", media="text/xml"),
        413: shared.call("POST", "/projects", raw=b" " * (1 << 21)),
    }
    assert {status: answer.status for status, answer in answers.items()} == {status: status for status in answers}
    assert all(standard(answer) for answer in answers.values())
    assert answers[405].headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert shared.call("HEAD", "/projects").status == 200
    assert shared.call("OPTIONS", "/projects").status == 204


def test_forms_are_understood_wherever_json_is(shared: Bench) -> None:
    """Nested names, numbers and truth values as text, and a form type without a body."""
    project = shared.facts["project"]  # type: ignore[attr-defined]
    made = shared.call(
        "POST",
        f"/projects/{project}/uploads",
        raw=b"name=a+b%C3%A9&content_type=t%2Fp&size=3&chunked=false",
        media=FORM,
    )
    assert (made.status, made.json["name"], made.json["size"]) == (201, "a bé", 3)
    shared.store(made.json["signed_url"], b"abc")
    digest = b"hash[value]=900150983cd24fb0d6963f7d28e17f72&hash%5Balgorithm%5D=md5"
    assert shared.call("PUT", f"/uploads/{made.json['id']}/complete", raw=digest, media=FORM).status == 202
    update = f"upload[id]={made.json['id']}".encode()
    file = shared.good_file(project)
    assert shared.call("PUT", f"/files/{file['id']}", raw=update, media=FORM).status == 200
    assert shared.call("GET", "/projects?page=1&per_page=100", media=FORM).status == 200
    for raw in (b"hash=1&hash[value]=2", b"hash[value=2", b"name=%FF&description=d"):
        assert shared.call("POST", "/projects", raw=raw, media=FORM).status == 400


def test_trailing_slashes_count_for_nothing(shared: Bench) -> None:
    """The official client sends some."""
    assert shared.call("GET", "/projects/").status == 200
    assert shared.call("POST", "/files/", {}).status == 400


IDS = st.one_of(
    st.text(min_size=1, max_size=40), st.uuids().map(str), st.binary(max_size=20).map(lambda raw: raw.hex())
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("name", "description", "size", "content_type", "hash", "number", "parent", "upload", "label", "kind", "id")
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5)
CALLS = [(method, path) for path, operations in OPERATIONS.items() for method in operations]


@settings(max_examples=300, deadline=None)
@given(call=st.sampled_from(CALLS), key=IDS, body=BODIES, raw=st.none() | st.binary(max_size=40))
def test_no_input_makes_a_server_error(
    shared: Bench, call: tuple[str, str], key: str, body: dict[str, Any], raw: bytes | None
) -> None:
    """Whatever is sent to whatever call, the answer is a success or a standard 4xx."""
    method, path = call
    target = path.replace("{id}", quote(key, safe="")).replace("{user_id}", quote(key, safe=""))
    content = raw if raw is not None else json.dumps(body).encode("utf-8", "surrogatepass")
    assert standard(shared.call(method, target, raw=content))


@settings(max_examples=100, deadline=None)
@given(body=st.fixed_dictionaries({"name": st.text(), "description": st.text()}))
def test_any_text_is_a_name_or_refused(shared: Bench, body: dict[str, str]) -> None:
    """What is accepted comes back unchanged."""
    answer = shared.call("POST", "/projects", body)
    assert standard(answer)
    if answer.status == 202:
        assert shared.call("GET", f"/projects/{answer.json['id']}").json["name"] == body["name"]
