"""Requests written in another way, sent by somebody else, or stopped by a gateway."""

from __future__ import annotations

from dataclasses import replace

from judge_timeline import TARGET, TICK, Scribe, error, md5, prepared, uid
from judged import judged
from review_scenes import HASH, HTML, URL, as_form, at, scene, wrongs

from conformance.model import Octets, Phase


def switched_by(body: Octets, *, lost: bool = False) -> Scribe:
    """Give a file that was switched from good upload 1 to bad upload 2 with a request kept as text."""
    scribe = prepared("bad", (2,), prepared("good", (1,)))
    scribe.complete("actor", *at(0, 1))
    scribe.file("actor", *at(2, 3))
    scribe.url("reader", *at(5, 6))
    scribe.complete("actor", *at(7, 8), n=2)
    path, made = f"/files/{uid('eeee', 1)}", scribe._file(1, 2, 2)
    status, response = (None, None) if lost else (200, made)
    scribe.wire("actor", 9 * TICK, None if lost else 10 * TICK, "PUT", path, status=status, request=body,
                response=response)  # fmt: skip
    return scribe


def test_a_switch_sent_as_a_form_is_a_switch() -> None:
    """The file may speak of the new upload, however the request was written."""
    for text in ("", f"upload%5Bid%5D={uid('aaaa', 2)}", '{"upload": {"id": "' + uid("aaaa", 2) + '"}}'):
        for lost in (False, True):
            scribe = switched_by(as_form(text), lost=lost)
            scribe.url("reader", *at(15, 16), "ie")
            assert wrongs(scribe) == set(), (text, lost)


def test_a_single_part_upload_completed_by_a_form_is_known_to_be_bad() -> None:
    """The hash in a form counts as one in JSON."""
    scribe = scene("badsingle", done=False)
    body = as_form(f"hash%5Bvalue%5D={md5(1)}&hash%5Balgorithm%5D=md5")
    made = {"id": uid("aaaa", 1), "name": "u", "status": {}}
    scribe.wire("actor", *at(0, 1), "PUT", f"/uploads/{uid('aaaa', 1)}/complete", status=202, request=body,
                response=made)  # fmt: skip
    scribe.file("actor", *at(3, 4))
    scribe.vurl("reader", *at(5, 6))
    assert "bad-never-200" in wrongs(scribe)


def test_a_path_with_something_more_in_it_may_be_refused_for_that() -> None:
    """A trailing slash or a query may not be routed."""
    for more in ("/", "?x=y"):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        path = f"/files/{uid('eeee', 1)}/url{more}"
        scribe.wire("reader", *at(5, 6), "GET", path, status=404, response=error(404))
        scribe.wire("reader", *at(7, 8), "GET", path, status=409, response=error(409))
        assert "nc-until-consistent" not in wrongs(scribe), more


def test_an_id_in_capitals_is_the_same_id() -> None:
    """A completion and a deletion count however the id was spelled."""
    scribe = scene(done=False)
    made = {"id": uid("aaaa", 1).upper(), "name": "u", "status": {}}
    scribe.answered("actor", *at(0, 2), "PUT", f"/uploads/{uid('aaaa', 1).upper()}/complete", "202", made,
                    request={"hash": {"value": md5(1), "algorithm": "md5"}})  # fmt: skip
    scribe.file("actor", *at(3, 4))
    scribe.url("reader", *at(5, 6))
    scribe.answered("actor", *at(7, 8), "DELETE", f"/files/{uid('eeee', 1).upper()}", "204", None)
    scribe.url("reader", *at(9, 10), "404")
    assert not wrongs(scribe) & {"no-early-answer", "nc-until-consistent"}


def test_an_id_may_be_spelled_with_escapes() -> None:
    """What a percent sign stands for is what was asked."""
    scribe = scene(done=False)
    escaped = uid("aaaa", 1).replace("-", "%2D")
    made = {"id": uid("aaaa", 1), "name": "upload number 1", "size": 1024, "status": {"is_consistent": None}}
    scribe.answered("actor", *at(0, 1), "PUT", f"/uploads/{escaped}/complete", "202", made, request=HASH)
    scribe.file("actor", *at(3, 4))
    scribe.url("reader", *at(5, 6))
    assert wrongs(scribe) == set()


def test_what_somebody_else_did_was_done() -> None:
    """A stranger that is let in is one crime; what the owner then reads is none."""
    for user, crime in (("other", "other-user-403"), (None, "no-token-401")):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        scribe.delfile("stranger", *at(5, 9), user=user)
        scribe.url("reader", *at(6, 7), "404")
        scribe.url("reader", *at(11, 12), "404")
        assert wrongs(scribe) == {crime}
        scribe = scene(done=False)
        scribe.complete("stranger", *at(0, 4), user=user)
        scribe.file("actor", *at(0, 1))
        scribe.url("reader", *at(2, 3))
        assert wrongs(scribe) == {crime}


def test_a_stranger_refused_changes_nothing() -> None:
    """A 403 to a deletion leaves the file alive."""
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    scribe.delfile("stranger", *at(5, 6), "403", user="other")
    scribe.url("reader", *at(8, 9), "404")
    assert wrongs(scribe) == {"nc-until-consistent"}


def test_a_404_to_a_stranger_may_be_about_something_else_or_come_too_early() -> None:
    """Another resource that the request names, an invalid request, a read of what is not visible yet."""
    project, made = f"/projects/{uid('pppp', 1)}/uploads", f"/files/{uid('eeee', 1)}"
    ask = {"name": "u", "content_type": "t", "size": 3}
    for path, tick, more, expected in (
        (project, 8, {"request": {**ask, "storage_provider": {"id": uid("9999", 1)}}}, set()),
        (project, 8, {"request": ask, "notes": {"intent": "invalid"}}, set()),
        (project, 8, {"request": ask}, {"other-user-403"}),
        (made, 8, {}, set()),
        (made, 8, {"phase": Phase.FINAL}, {"other-user-403"}),
        (made, 60, {}, {"other-user-403"}),
        (f"{made}/url", 8, {}, {"other-user-403"}),
    ):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        method = "POST" if path == project else "GET"
        scribe.wire(
            "stranger", *at(tick, tick + 1), method, path, status=404, response=error(404), user="other", **more
        )
        assert wrongs(scribe) == expected, (path, tick, more)


def test_an_invalid_mutation_that_was_refused_did_nothing() -> None:
    """It must not blind the judge to what comes after."""
    notes = {"intent": "invalid"}
    for stated in (2, 12):
        scribe = scene("bad", done=False)
        scribe.answered("actor", *at(-5, -4), "PUT", f"/uploads/{uid('aaaa', 1)}/complete", "400", None,
                        request={"hash": 1}, notes=notes)  # fmt: skip
        scribe.file("actor", *at(0, 1))
        scribe.complete("actor", *at(8, 9))
        scribe.vurl("reader", *at(stated, stated + 1))
        assert wrongs(scribe) == {"bad-never-200"} | ({"no-early-answer"} if stated < 8 else set())
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    scribe.delfile("actor", *at(5, 6), "400", notes=notes)
    scribe.url("reader", *at(8, 9), "404")
    assert wrongs(scribe) == {"nc-until-consistent"}


def test_an_attempted_deletion_or_switch_makes_no_refusal_a_missing_resource() -> None:
    """A refused one changes nothing; what then answers 400, 401, 403 or a gateway's 404 has other reasons."""
    ask = {"name": "u", "content_type": "t", "size": 3}
    url = f"/files/{uid('eeee', 1)}/url"
    for attempt in ("403", "unsent", "400"):
        for status in (400, 401, 403):
            scribe = scene()
            scribe.delproject("stranger", *at(5, 6), attempt, user="other" if attempt == "403" else "owner")
            scribe.wire("actor", *at(8, 9), "POST", f"/projects/{uid('pppp', 1)}/uploads", status=status, request=ask,
                        response=error(status))  # fmt: skip
            assert "nc-until-consistent" not in wrongs(scribe), (attempt, status)
        for path, status, body in ((f"{url}?x=y", 404, error(404)), (url, 403, error(403)), (url, 404, HTML)):
            for undo in ("delfile", "switch"):
                scribe = scene("good", (1, 2))
                scribe.file("actor", *at(10, 11))
                getattr(scribe, undo)("actor", *at(12, 13), attempt)
                scribe.wire("reader", *at(14, 15), "GET", path, status=status, response=body)
                assert "nc-until-consistent" not in wrongs(scribe), (attempt, path, status, undo)


def test_the_gateways_pattern_hides_no_success() -> None:
    """A storage host may be called like the gateway."""
    scribe = scene("bad")
    scribe.target = replace(TARGET, gateway="(?i)gateway")
    scribe.file("actor", *at(3, 4))
    made = {"http_verb": "GET", "host": "http://gateway.test", "url": "/k", "http_headers": []}
    scribe.answered("reader", *at(5, 6), "GET", f"/file_versions/{uid('ffff', 1)}/url", "200", made)
    assert wrongs(scribe) == {"bad-never-200"}


def test_the_gateways_pattern_is_found_however_json_is_spaced() -> None:
    """The operator copies it from the wire; a body that is not there is the empty text."""
    for pattern, status, body in (
        ('"message":"no Route', 404, {"message": "no Route matched"}),
        ('"message": "no Route', 400, {"message": "no Route matched"}),
        ("^$", 400, None),
    ):
        scribe = scene()
        scribe.target = replace(TARGET, gateway=pattern)
        scribe.file("actor", *at(3, 4))
        scribe.wire("reader", *at(8, 9), "GET", f"/files/{uid('eeee', 1)}/url", status=status, response=body)
        assert wrongs(scribe) == set(), pattern


def test_a_connection_that_is_refused_tells_nothing() -> None:
    """The target went away: that is no answer of any kind, to no call."""
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    scribe.url("reader", *at(5, 6), "unsent")
    scribe.vurl("reader", *at(7, 8), "unsent")
    scribe.upload("actor", *at(9, 10), "unsent", 9)
    scribe.url("reader", *at(11, 12))
    scribe.url("reader", *at(13, 14), "unsent")
    assert wrongs(scribe) == set()
    scribe = prepared("good", (1,))
    scribe.complete("actor", *at(0, 1), "unsent")
    scribe.file("actor", *at(3, 4))
    scribe.url("reader", *at(500, 501), "nc")
    assert wrongs(scribe) == set()


def test_a_400_that_the_request_may_have_earned_is_no_integrity_exception() -> None:
    """The sender does not vouch for it, it has a body, or a slash too many; the spec's own words always tell."""
    for path, about in ((URL, {"notes": {"intent": "unsure"}}), (URL, {"request": {"x": 1}}), (f"{URL}/", {})):
        for body, expected in ((error(400, "malformed"), set()), (None, {"good-never-integrity", "one-verdict"})):
            scribe = scene()
            scribe.file("actor", *at(3, 4))
            scribe.url("reader", *at(5, 6))
            stated = body or {**error(400), "suggestion": "You must begin a new upload process"}
            scribe.wire("reader", *at(7, 8), "GET", path, status=400, response=stated, **about)
            assert wrongs(scribe) - {"spec-wording"} == expected, (path, about)


def test_the_core_counts_only_what_shows_it() -> None:
    """A refusal before completion is no refusal as known bad; nc, HEAD and unknown routes are no error payloads."""
    for stated, count in ((-5, 0), (5, 1)):
        scribe = scene("bad")
        scribe.file("actor", *at(stated, stated + 1), "400")
        assert judged(scribe.history()).counters.get("bad-refused", 0) == count
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    scribe.url("reader", *at(5, 6), "nc")
    scribe.answered("reader", *at(7, 8), "HEAD", "/projects", "400", None)
    scribe.wire("reader", *at(9, 10), "GET", "/nonsense", status=401, response=Octets(3, "0" * 32, "<h>"))
    scribe.answered("reader", *at(11, 12), "GET", "/projects", "401", None)
    counters = judged(scribe.history()).counters
    assert {name: count for name, count in counters.items() if name.startswith("error")} == {"error-401": 1}


def alike(*, stated: bool) -> Scribe:
    """Give a bad and a good upload whose signed urls read the same once their signatures are hidden."""
    scribe = prepared("bad", (2,), prepared("good", (1,)))
    chunks = [one for one in scribe.operations if one.exchange.path.endswith("/chunks")]
    puts = [one for one in scribe.operations if one.exchange.path.startswith("/store")]
    for n, one in enumerate(scribe.operations):
        body = one.exchange.response
        if one in chunks:
            hidden = {**body, "url": "/o?token=[redacted]"}  # type: ignore[dict-item] # a chunk's answer is an object
            scribe.operations[n] = replace(one, exchange=replace(one.exchange, response=hidden))
        elif one in puts:
            notes = {"url_of": chunks[puts.index(one)].id} if stated else {}
            hidden_path = replace(one.exchange, path="/o?token=[redacted]")
            scribe.operations[n] = replace(one, exchange=hidden_path, notes=notes)
    for n in (1, 2):
        scribe.complete("actor", *at(2 * n, 2 * n + 1), n=n)
    scribe.file("actor", *at(6, 7), n=2)
    scribe.url("reader", *at(8, 9), n=2)
    return scribe


def test_urls_that_look_alike_are_told_apart_by_whoever_followed_them() -> None:
    """A sender that says whose url it followed leaves no doubt; one that does not leaves the truth open."""
    assert wrongs(alike(stated=True)) == {"bad-never-200"}
    assert wrongs(alike(stated=False)) == set()
