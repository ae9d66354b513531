"""Storage providers that hash otherwise than by MD5: what is reported is compared by their own algorithm."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from judge_timeline import SIZE, Scribe, md5, signed, uid
from judged import findings, judged
from review_scenes import at, wrongs

from conformance.judge import judge_history
from conformance.judge.evidence import verify
from conformance.model import Octets, Role

STORE = uid("5555", 1)
RIGHT = hashlib.sha256(b"what was stored").hexdigest()
WRONG = hashlib.sha256(b"another thing").hexdigest()
KINDS = (True, False)


def uploaded(
    reported: str = RIGHT, noted: str = RIGHT, *, chunked: bool = True, algorithm: str = "sha256",
    announced: str = "sha256", answer: str = "200", scribe: Scribe | None = None, n: int = 1,
) -> Scribe:  # fmt: skip
    """Give a history in which an upload at a provider is stored, completed, attached and read beyond the bound."""
    scribe = scribe or Scribe()
    listed = {"results": [{"id": STORE, "name": "store", "chunk_hash_algorithm": announced}]}
    scribe.answered("maker", *at(-60, -59), "GET", "/storage_providers", "200", listed)
    if n == 1:
        scribe.project("maker", *at(-50, -49))
    asked = {"name": f"upload number {n}", "content_type": "text/plain", "size": SIZE, "chunked": chunked}
    made: dict[str, Any] = {**asked, "id": uid("aaaa", n), "storage_provider": {"id": STORE}}
    path = f"/store/{uid('aaaa', n)}?part=1"
    if not chunked:
        made["signed_url"] = signed(path, "PUT")
    home = f"/projects/{uid('pppp', 1)}/uploads"
    scribe.answered("maker", *at(-40, -39), "POST", home, "201", made, request=asked)
    hashed = {"value": reported, "algorithm": algorithm}
    if chunked:
        part = {"number": 1, "size": SIZE, "hash": hashed}
        url = f"/uploads/{uid('aaaa', n)}/chunks"
        scribe.answered("maker", *at(-30, -29), "PUT", url, "200", signed(path, "PUT"), request=part)
    notes = {"digest": {"algorithm": "sha256", "value": noted}} if noted else {}
    scribe.wire("maker", *at(-20, -19), "PUT", path, status=200, request=Octets(SIZE, md5(n)), response=Octets(0, ""),
                role=Role.STORAGE, user=None, notes=notes)  # fmt: skip
    whole = {"hash": hashed}
    status = {"completed_on": "2026-01-01T00:00:00Z", "is_consistent": None}
    done = {"id": uid("aaaa", n), "name": f"upload number {n}", "size": SIZE, "status": status}
    scribe.answered("maker", *at(0, 1), "PUT", f"/uploads/{uid('aaaa', n)}/complete", "202", done, request=whole)
    scribe.file("maker", *at(2, 3), n=n)
    scribe.url("reader", *at(60, 61), answer, n=n)
    if answer == "200":
        scribe.get("reader", *at(62, 63), n=n)
    return scribe


@pytest.mark.parametrize("chunked", KINDS)
def test_a_good_upload_at_a_sha256_provider_is_known_good(chunked: bool) -> None:  # noqa: FBT001 - a case
    """Its 200 is right and counts for the core; an integrity exception is convicted, and proved by its operations."""
    right = uploaded(chunked=chunked)
    assert wrongs(right) == set()
    kind = "chunked" if chunked else "single-part"
    assert judge_history(right.history()).counters.get(f"good-{kind}")
    wrong = uploaded(chunked=chunked, answer="ie")
    assert "good-never-integrity" in wrongs(wrong)
    history = wrong.history()
    assert all(verify(one, history) for one in findings(judged(history)))


@pytest.mark.parametrize("chunked", KINDS)
@pytest.mark.parametrize("reported", [WRONG, WRONG[:-1] + "0", hashlib.sha256(b"").hexdigest()])
def test_a_bad_upload_at_a_sha256_provider_is_known_bad(chunked: bool, reported: str) -> None:  # noqa: FBT001 - a case
    """Its 200 is convicted, and its integrity exception is right."""
    assert "bad-never-200" in wrongs(uploaded(reported, chunked=chunked))
    assert "bad-never-200" not in wrongs(uploaded(reported, chunked=chunked, answer="ie"))


@pytest.mark.parametrize("chunked", KINDS)
@pytest.mark.parametrize("answer", ["200", "ie"])
@pytest.mark.parametrize(
    "more",
    [
        {"noted": ""},
        {"reported": RIGHT.upper()},
        {"reported": md5(1), "algorithm": "md5"},
        {"reported": RIGHT, "announced": "blake3"},
    ],
    ids=["nobody noted it", "in capitals", "by md5 all the same", "by what nobody computes"],
)
def test_what_cannot_be_compared_stays_open(chunked: bool, answer: str, more: dict[str, str]) -> None:  # noqa: FBT001 - a case
    """No digest beside the bytes, another spelling, another algorithm: either verdict is legal."""
    assert not wrongs(uploaded(chunked=chunked, answer=answer, **more)) & {"bad-never-200", "good-never-integrity"}


def test_a_noted_digest_changes_nothing_at_an_md5_provider() -> None:
    """The provider's own algorithm decides, not what the sender happens to know."""
    scribe = uploaded(md5(1), WRONG, algorithm="md5", announced="md5", answer="ie")
    assert "good-never-integrity" in wrongs(scribe)
