"""The pure parts of a watch: signed urls found in bytes, lanes, and who speaks."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from conformance.history.har.speakers import DOUBTFUL, SOMEBODY, Speakers
from conformance.model import Exchange, Operation
from conformance.watch.proxying.host_rewriting import rewritten, signed_places
from conformance.watch.proxying.lanes import Lanes

TEXTS = st.text(max_size=12) | st.sampled_from(["host", "url", "http_verb", 'a"b', "\\", "http://s3.test", "{", "]:"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
FILE = "11111111-1111-4111-8111-111111111111"


def replaced(value: object) -> object:
    """Say what rewriting must come to: the plain way, on the parsed value."""
    if isinstance(value, dict):
        made = {name: replaced(inner) for name, inner in value.items()}
        host, url = value.get("host"), value.get("url")
        if isinstance(host, str) and host and isinstance(url, str):
            made["host"] = "http://here:1" if host.startswith(("http://", "https://", "//")) else "here:1"
        return made
    return [replaced(inner) for inner in value] if isinstance(value, list) else value


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_exactly_the_hosts_beside_urls_are_replaced(value: object, ascii_only: bool, indent: int | None) -> None:  # noqa: FBT001 - drawn
    """Whatever the JSON holds, and however it is spelt."""
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    places = signed_places(body)
    changed = rewritten(body, places, lambda _host: "here:1")
    assert json.loads(changed) == replaced(value)
    assert rewritten(body, places, lambda _host: None) == body


@given(st.binary(max_size=60) | st.from_regex(rb'[{}\[\]",:\\hosturl ]{0,40}', fullmatch=True))
def test_what_is_no_json_is_left_in_peace(body: bytes) -> None:
    """Nothing raises, and nothing is rewritten that is not a place."""
    places = signed_places(body)
    assert rewritten(body, places, lambda _host: None) == body


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=60))
def test_a_lane_is_one_client_and_one_request_at_a_time(steps: list[tuple[str, int]]) -> None:
    """The first free lane of the client; never one that is in use."""
    lanes, held = Lanes(), []
    for client, release in steps:
        name = lanes.take("10.0.0.1", client)
        assert name not in held
        held.append(name)
        if release < len(held):
            lanes.give_back(held.pop(release))


def stated(method: str, path: str, request: object, response: object, status: int = 200) -> Operation:
    """Give an operation that ended."""
    return Operation(
        "x", "s", 0, 1, Exchange(method, f"/api/v1{path}", request=request, status=status, response=response)
    )


def test_who_created_is_the_owner_and_others_are_somebody() -> None:
    """A second token is the same person's if it was made from the same key; else nothing is known of its rights."""
    speakers = Speakers(["token-of-the-second-user"])
    url = f"/api/v1/files/{FILE}/url"
    for token, key in (("t1", "key-a"), ("t2", "key-a"), ("t3", "key-b")):
        keys = {"agent_key": "agent", "user_key": key}
        speakers.learn(None, stated("POST", "/software_agents/api_token", keys, {"api_token": token}, 201))
    assert speakers.user("t1", "GET", url) == "owner"
    assert speakers.intent("owner", "GET", url, {}) == DOUBTFUL, "nobody was seen to create it"
    speakers.learn("t1", stated("POST", "/files", {}, {"id": FILE}, 201))
    users = {token: speakers.user(token, "GET", url) for token in ("t1", "t2", "t3", "token-of-the-second-user", None)}
    assert users == {"t1": "owner", "t2": "owner", "t3": SOMEBODY, "token-of-the-second-user": "other", None: None}
    assert speakers.intent("owner", "GET", url, {}) is None
    assert speakers.intent("owner", "GET", url, {"if-none-match": "*"}) == DOUBTFUL
    assert speakers.user("t3", "POST", "/api/v1/projects") == "owner"


def test_a_person_is_known_by_what_an_answer_says_of_a_resources_creator() -> None:
    """Two ready tokens of one person: the second is known once it created something too."""
    speakers = Speakers()
    url = f"/api/v1/files/{FILE}/url"
    by = {"audit": {"created_by": {"id": "person-1"}}}
    speakers.learn("t1", stated("POST", "/files", {}, {"id": FILE, **by}, 201))
    assert speakers.user("t2", "GET", url) == SOMEBODY
    speakers.learn("t2", stated("GET", "/current_user", None, {"id": "person-1"}))
    assert speakers.user("t2", "GET", url) == "owner"
