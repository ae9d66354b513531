"""Histories written by hand for rules that once accused a legal server, or let a broken one slip."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from judge_timeline import TARGET, TICK, Scribe, error, md5, prepared, uid
from judged import crimes, judged

from conformance.model import Failure, Octets, Phase

PATIENT = replace(TARGET, converge_within_s=150.0)
"""A bound that is not over yet at time zero for what `prepared` made."""


def scene(kind: str = "good", numbers: tuple[int, ...] = (1,), *, done: bool = True) -> Scribe:
    """Give uploads that were stored, and completed one after another if `done`."""
    scribe = prepared(kind, numbers)
    for place, n in enumerate(numbers if done else ()):
        scribe.complete("actor", 3 * place * TICK, (3 * place + 2) * TICK, n=n)
    return scribe


def at(*ticks: int) -> tuple[int, ...]:
    """Give times in nanoseconds."""
    return tuple(tick * TICK for tick in ticks)


def as_form(text: str) -> Octets:
    """Give a form as it is recorded."""
    return Octets(len(text), "0" * 32, text)


def wrongs(scribe: Scribe) -> set[str]:
    """Judge and give the requirements broken."""
    return crimes(judged(scribe.history()))


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


def test_bytes_that_are_gone_after_a_deletion_are_no_wrong_bytes() -> None:
    """A signed url may lead nowhere once the file or its project was deleted; other bytes stay wrong."""
    for deletion, told in (("delfile", 20), ("delproject", 20), ("delfile", 80), ("delproject", 80)):
        scribe = scene()
        scribe.file("actor", *at(10, 12))
        scribe.url("reader", *at(15, 16))
        scribe.url("reader", *at(told, told + 1))
        getattr(scribe, deletion)("actor", *at(82, 83))
        gone, other = scribe.operations[:], scribe
        scribe.get("reader", *at(84, 85), "404")
        assert wrongs(scribe) == set(), (deletion, told)
        other.operations = gone
        other.get("reader", *at(84, 85), "of9")
        assert wrongs(other) == {"bytes-exact"}, (deletion, told)


def test_a_completion_refused_as_done_is_one_under_each_status_of_validation() -> None:
    """A gateway's retry may be told so by 409 or 422 as well."""
    for status in (400, 409, 422):
        body = error(status, "validation failed", errors=[{"field": "completed_at", "message": "set"}])
        for kind, told in (("bad", "ie"), ("good", "200")):
            scribe = scene(kind, done=False)
            path = f"/uploads/{uid('aaaa', 1)}/complete"
            asked = {"hash": {"value": md5(1), "algorithm": "md5"}}
            scribe.wire("actor", *at(0, 1), "PUT", path, status=status, request=asked, response=body)
            scribe.file("actor", *at(3, 4))
            scribe.url("reader", *at(5, 6), told)
            assert wrongs(scribe) == set(), (status, kind)


def test_a_file_in_a_folder_goes_with_its_project_also_when_the_answer_names_none() -> None:
    """The project is then that of its upload."""
    scribe = scene()
    asked = {"parent": {"kind": "dds-folder", "id": uid("dddd", 1)}, "upload": {"id": uid("aaaa", 1)}}
    made = {key: value for key, value in scribe._file(1, 1, 1).items() if key != "project"}
    scribe.answered("actor", *at(3, 4), "POST", "/files", "201", made, request=asked)
    scribe.delproject("actor", *at(5, 6))
    scribe.url("reader", *at(9, 10), "404")
    scribe.vurl("reader", *at(9, 10), "404")
    assert "nc-until-consistent" not in wrongs(scribe)


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


def test_an_invalid_mutation_that_was_refused_did_nothing() -> None:
    """It must not blind the judge to what comes after."""
    notes = {"intent": "invalid"}
    for told in (2, 12):
        scribe = scene("bad", done=False)
        scribe.answered("actor", *at(-5, -4), "PUT", f"/uploads/{uid('aaaa', 1)}/complete", "400", None,
                        request={"hash": 1}, notes=notes)  # fmt: skip
        scribe.file("actor", *at(0, 1))
        scribe.complete("actor", *at(8, 9))
        scribe.vurl("reader", *at(told, told + 1))
        assert wrongs(scribe) == {"bad-never-200"} | ({"no-early-answer"} if told < 8 else set())
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    scribe.delfile("actor", *at(5, 6), "400", notes=notes)
    scribe.url("reader", *at(8, 9), "404")
    assert wrongs(scribe) == {"nc-until-consistent"}


def listed(scribe: Scribe, *results: dict[str, object]) -> Scribe:
    """Give the final listing of the project's children."""
    path = f"/projects/{uid('pppp', 1)}/children"
    scribe.answered("actor", *at(60, 61), "GET", path, "200", {"results": list(results)}, phase=Phase.FINAL)
    return scribe


def test_what_was_refused_once_may_come_about_in_another_way() -> None:
    """A switch, a create kept as text and a move bring it into the listing."""
    refused = scene(done=False)
    refused.file("actor", *at(1, 2), "400", n=9, upload=2)
    refused.file("actor", *at(3, 4))
    item = refused._file(1, 2, 2)
    before = refused.operations[:]
    assert "refused-create-no-trace" in wrongs(listed(refused, item))
    refused.operations = before[:]
    refused.switch("actor", *at(9, 10))
    assert "refused-create-no-trace" not in wrongs(listed(refused, item))
    for body in (as_form(""), as_form("upload[id]=..")):
        refused.operations = before[:]
        refused.wire("actor", *at(9, 10), "POST", "/files", status=201, request=body, response=refused._file(3, 2, 2))
        assert "refused-create-no-trace" not in wrongs(listed(refused, item))
    refused.operations = before[:]
    refused.answered("actor", *at(9, 10), "PUT", f"/files/{uid('eeee', 3)}/move", "200", item, request={"parent": {}})
    assert "refused-create-no-trace" not in wrongs(listed(refused, item))


def test_a_project_that_is_ready_may_refuse_for_other_reasons() -> None:
    """A conflict after the first 201, one in a race, or a kind of upload that it does not offer: no state explains it.

    One that is told again and again until the same is accepted, or before nc was told, does speak of the state.
    """
    notes = {"intent": "valid"}
    scribe = scene(done=False)
    scribe.upload("actor", *at(20, 21), "409", n=3, notes=notes)
    assert wrongs(scribe) == set()

    def fresh(*conflicts: int, chunked: bool = True, nc: bool = False) -> Scribe:
        scribe = Scribe()
        scribe.project("actor", *at(0, 1))
        for tick in conflicts:
            scribe.upload("actor", *at(tick, tick + 1), "409", n=4, chunked=chunked, notes=notes)
        if nc:
            scribe.upload("actor", *at(7, 8), "nc", n=4, notes=notes)
        scribe.upload("actor", *at(9, 10), notes=notes)
        scribe.upload("actor", *at(11, 12), "409", n=3, chunked=chunked, notes=notes)
        return scribe

    assert wrongs(fresh(2)) == set()
    assert wrongs(fresh(2, 4, chunked=False)) == set()
    assert wrongs(fresh(2, 4)) == {"nc-until-consistent"}
    assert wrongs(fresh(2, nc=True)) == {"nc-until-consistent"}


def test_a_200_without_a_url_is_a_200() -> None:
    """A bad upload must not answer it, and nobody before completion."""
    path = f"/file_versions/{uid('ffff', 1)}/url"
    for body in ({"signed": "x"}, {}):
        scribe = scene("bad")
        scribe.file("actor", *at(3, 4))
        scribe.answered("reader", *at(5, 6), "GET", path, "200", body)
        assert "bad-never-200" in wrongs(scribe)
        scribe = scene(done=False)
        scribe.file("actor", *at(3, 4))
        scribe.answered("reader", *at(5, 6), "GET", path, "200", body)
        assert "no-early-answer" in wrongs(scribe)


def test_the_core_counts_only_what_shows_it() -> None:
    """A refusal before completion is no refusal as known bad; nc, HEAD and unknown routes are no error payloads."""
    for told, count in ((-5, 0), (5, 1)):
        scribe = scene("bad")
        scribe.file("actor", *at(told, told + 1), "400")
        assert judged(scribe.history()).counters.get("bad-refused", 0) == count
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    scribe.url("reader", *at(5, 6), "nc")
    scribe.answered("reader", *at(7, 8), "HEAD", "/projects", "400", None)
    scribe.wire("reader", *at(9, 10), "GET", "/nonsense", status=401, response=Octets(3, "0" * 32, "<h>"))
    scribe.answered("reader", *at(11, 12), "GET", "/projects", "401", None)
    counters = judged(scribe.history()).counters
    assert {name: count for name, count in counters.items() if name.startswith("error")} == {"error-401": 1}


def test_500_at_each_first_completion_of_a_bad_upload_convicts_whatever_the_repeat_is_told() -> None:
    """A server that commits and then answers 500 is not saved by the client's patience."""
    for again in ("already", "202"):
        scribe = prepared("bad", (4, 5, 6), prepared("good", (1, 2, 3)))
        for n in (1, 2, 3):
            scribe.complete("actor", *at(10 * n, 10 * n + 1), n=n)
        for n in (4, 5, 6):
            scribe.complete("actor", *at(10 * n, 10 * n + 1), "500", n=n)
            scribe.complete("actor", *at(10 * n + 3, 10 * n + 5), again, n=n)
        assert "complete-no-500" in wrongs(scribe), again


def test_a_switch_refused_as_done_is_over_once_another_was_made() -> None:
    """It no longer explains the old bytes."""
    scribe = scene("good", (1, 2, 3))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(12, 13), "current", n=2)
    scribe.switch("actor", *at(14, 15), n=3)
    scribe.url("reader", *at(80, 81), key="/k")
    scribe.get("reader", *at(82, 83), "of1", key="/k")
    assert wrongs(scribe) == {"new-version-served"}


def test_the_gateways_pattern_hides_no_success() -> None:
    """A storage host may be called like the gateway."""
    scribe = scene("bad")
    scribe.target = replace(TARGET, gateway="(?i)gateway")
    scribe.file("actor", *at(3, 4))
    made = {"http_verb": "GET", "host": "http://gateway.test", "url": "/k", "http_headers": []}
    scribe.answered("reader", *at(5, 6), "GET", f"/file_versions/{uid('ffff', 1)}/url", "200", made)
    assert wrongs(scribe) == {"bad-never-200"}


def test_a_good_completion_is_no_occasion_for_a_mismatch() -> None:
    """Only the completion of a bad upload could have told one."""
    for kind, count in (("good", 0), ("bad", 1)):
        tally = judged(scene(kind).history()).tallies.get("complete-no-integrity")
        assert (tally.exposures if tally else 0) == count


def test_what_is_not_consistent_is_told_by_nothing_else() -> None:
    """Another success, a redirection or a refusal of the method is no way to say so."""
    for status in (202, 204, 302, 405, 422):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        body = {"url": "/elsewhere"} if status < 400 else error(status)
        path = f"/file_versions/{uid('ffff', 1)}/url"
        scribe.wire("reader", *at(5, 6), "GET", path, status=status, response=body)
        scribe.vurl("reader", *at(7, 8), "nc")
        scribe.vurl("reader", *at(17, 18))
        assert "nc-until-consistent" in wrongs(scribe), status


def test_a_new_version_of_the_same_upload_may_be_not_consistent_at_first() -> None:
    """It was made between the verdict and the nc: a write."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(12, 13))
    scribe.vurl("actor", *at(14, 15))
    scribe.promote("actor", *at(16, 17))
    scribe.vurl("actor", *at(18, 19), "nc", n=91)
    assert wrongs(scribe) == set()
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    scribe.vurl("actor", *at(7, 8))
    scribe.file("actor", *at(9, 10), n=5, upload=1)
    scribe.vurl("actor", *at(11, 12), "nc", n=5)
    assert wrongs(scribe) == set()


def test_a_bad_uploads_completion_must_not_be_refused_by_whatever_status() -> None:
    """Gone, or a failed dependency, is a refusal as well."""
    for status in (406, 410, 424):
        scribe = scene("bad", done=False)
        scribe.complete("actor", *at(0, 1), str(status))
        assert "complete-no-integrity" in wrongs(scribe), status


def test_a_repeated_completion_may_be_asked_to_come_back_later() -> None:
    """503 with Retry-After is no failure; without it, it is one."""
    for headers, wrong in (({"retry-after": "1"}, set()), ({}, {"complete-repeat-no-5xx"})):
        scribe = scene()
        asked = {"hash": {"value": md5(1), "algorithm": "md5"}}
        told = scribe.wire("actor", *at(5, 6), "PUT", f"/uploads/{uid('aaaa', 1)}/complete", status=503,
                           request=asked, response=error(503))  # fmt: skip
        more = {**told.exchange.headers, **headers}
        scribe.operations[-1] = replace(told, exchange=replace(told.exchange, headers=more))
        assert wrongs(scribe) == wrong


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


def test_a_create_of_unknown_effect_excuses_only_the_names_that_it_may_have_brought() -> None:
    """One that was answered 415, or by nobody, brings what its body says, however that was encoded."""
    name = "ddsc 0123456789ab invalid"
    bodies: tuple[tuple[Any, bool], ...] = (
        (Octets(10, "0" * 32, "<project/>"), True),
        ({"name": "another ddsc 0123456789ab"}, True),
        (as_form("name=ddsc+0123456789AB%20invalid"), False),
        (Octets(999, "0" * 32, "the start of someth"), False),
    )
    for body, convicted in bodies:
        for status in (415, None):
            scribe = scene()
            scribe.wire(
                "actor", *at(1, 2), "POST", "/projects", status=400, request={"name": name}, response=error(400)
            )
            response = error(415) if status else None
            scribe.wire("actor", *at(3, 4), "POST", "/projects", status=status, request=body, response=response)
            shown = {"results": [{"id": uid("pppp", 7), "name": name}]}
            scribe.answered("actor", *at(60, 61), "GET", "/projects", "200", shown, phase=Phase.FINAL)
            assert ("refused-create-no-trace" in wrongs(scribe)) is convicted, (body, status)


HTML = Octets(20, "0" * 32, "<html>no backend</html>")


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


def test_a_completion_whose_answer_was_cut_tells_nothing() -> None:
    """What did not come may have said that it is completed already."""
    asked = {"hash": {"value": md5(1), "algorithm": "md5"}}
    for status in (400, 409, 422, 500):
        for failure, body in ((Failure.CUT, Octets(3, "0" * 32)), (Failure.TIMEOUT, None)):
            scribe = prepared("bad", (1,))
            scribe.wire("actor", *at(0, 1), "PUT", f"/uploads/{uid('aaaa', 1)}/complete", status=status, request=asked,
                        response=body, failure=failure)  # fmt: skip
            scribe.file("actor", *at(3, 4))
            scribe.url("reader", *at(5, 6), "ie")
            assert wrongs(scribe) == set(), (status, failure)


def test_a_gateways_404_at_completion_tells_nothing() -> None:
    """The retry then succeeds."""
    scribe = prepared("bad", (4, 5, 6), prepared("good", (1, 2, 3)))
    for n in range(1, 7):
        asked = {"hash": {"value": md5(n), "algorithm": "md5"}}
        if n > 3:
            scribe.wire("actor", *at(10 * n, 10 * n + 1), "PUT", f"/uploads/{uid('aaaa', n)}/complete", status=404,
                        request=asked, response=HTML)  # fmt: skip
        scribe.complete("actor", *at(10 * n + 2, 10 * n + 3), n=n)
    assert "complete-no-integrity" not in wrongs(scribe)


def test_a_server_that_asks_to_come_back_later_has_not_failed_for_good() -> None:
    """503 with Retry-After, in the API's own payload."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.file("actor", *at(12, 13), n=2)
    for tick in (80, 82, 84):
        told = scribe.url("reader", *at(tick, tick + 1), "503")
        more = {**told.exchange.headers, "retry-after": "1"}
        scribe.operations[-1] = replace(told, exchange=replace(told.exchange, headers=more))
    scribe.url("reader", *at(90, 91), n=2)
    assert "converges-upload" not in wrongs(scribe)


def test_a_write_of_unknown_effect_is_never_over() -> None:
    """It may take effect at any time, also long after a gateway answered."""
    for word in ("gateway", "429", "lost"):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        scribe.complete("actor", 5 * TICK, None if word == "lost" else 6 * TICK, word)
        scribe.url("actor", *at(7, 8))
        scribe.url("actor", *at(9, 10), "nc")
        assert "session-monotonic" not in wrongs(scribe), word


def three_of_each(bad: str, good: str = "202", *, deleted: bool = False) -> Scribe:
    """Complete three good uploads and three bad ones, each first answered as given, before the bound is over."""
    scribe = prepared("bad", (4, 5, 6), prepared("good", (1, 2, 3), Scribe(PATIENT)))
    if deleted:
        scribe.delproject("actor", *at(1, 2))
    for n in range(1, 7):
        scribe.complete("actor", *at(10 * n, 10 * n + 1), bad if n > 3 else good, n=n)
    return scribe


def test_an_upload_that_is_not_found_because_it_is_bad_is_a_mismatch_told_at_completion() -> None:
    """Several bad ones are missing, and not one of the good."""
    assert wrongs(three_of_each("404")) == {"complete-no-integrity"}
    scribe = three_of_each("404")
    scribe.operations.pop()
    assert wrongs(scribe) == set()


def test_an_upload_that_is_not_found_for_another_reason_is_no_mismatch() -> None:
    """Good ones are missing too, the project is being deleted, or a gateway says it."""
    assert wrongs(three_of_each("404", "404")) == set()
    assert wrongs(three_of_each("404", deleted=True)) == set()
    scribe = prepared("bad", (4, 5, 6), prepared("good", (1, 2, 3)))
    for n in range(1, 7):
        if n < 4:
            scribe.complete("actor", *at(10 * n, 10 * n + 1), n=n)
        else:
            asked = {"hash": {"value": md5(n), "algorithm": "md5"}}
            scribe.wire("actor", *at(10 * n, 10 * n + 1), "PUT", f"/uploads/{uid('aaaa', n)}/complete", status=404,
                        request=asked, response=as_form("<h1>no such page</h1>"))  # fmt: skip
    assert "complete-no-integrity" not in wrongs(scribe)


def test_a_file_of_a_deleted_project_may_stay_not_consistent_until_the_purge() -> None:
    """Only its own deletion must show within the bound."""
    scribe = scene(done=False)
    scribe.file("actor", *at(3, 4))
    scribe.delproject("actor", *at(5, 6))
    scribe.url("reader", *at(80, 81), "nc")
    assert wrongs(scribe) == set()


def test_a_project_that_is_not_ready_is_not_told_by_a_validation_error() -> None:
    """A valid create is refused as not consistent, whatever else would be easier to say; one of no bytes is excused."""
    for answer, intent, expected in (
        ("400", "valid", True),
        ("422", "valid", True),
        ("400", "unsure", False),
        ("400", "invalid", False),
    ):
        scribe = Scribe()
        scribe.project("actor", *at(0, 1))
        scribe.upload("actor", *at(2, 3), answer, notes={"intent": intent})
        scribe.upload("actor", *at(5, 6), "nc", notes={"intent": "valid"})
        scribe.upload("actor", *at(8, 9), "201", notes={"intent": "valid"})
        assert ("nc-until-consistent" in wrongs(scribe)) is expected, (answer, intent)


def test_a_validation_error_once_the_project_is_ready_is_no_crime() -> None:
    """A name that is taken, a quota: reasons of its own."""
    scribe = scene()
    scribe.upload("actor", *at(20, 21), "400", n=3, notes={"intent": "valid"})
    assert wrongs(scribe) == set()


def unknown_at_completion(began: int, *, deleted: bool = False) -> Scribe:
    """Give an upload whose completion is answered 404 by a request that began at a tick; the bound ends before 600."""
    scribe = prepared(scribe=Scribe(PATIENT))
    if deleted:
        scribe.delproject("actor", *at(1, 2))
    scribe.complete("actor", *at(began, began + 1), "404")
    return scribe


def test_an_upload_that_was_acknowledged_and_is_forgotten_cannot_be_completed() -> None:
    """Later than the bound after its creation a live upload must be known."""
    assert wrongs(unknown_at_completion(600)) == {"complete-202"}


def test_an_upload_that_does_not_show_yet_or_no_longer_is_not_forgotten() -> None:
    """Within the bound; after its project's deletion; once it may have been completed or removed in another way."""
    assert wrongs(unknown_at_completion(3)) == set()
    assert wrongs(unknown_at_completion(600, deleted=True)) == set()
    path = f"/uploads/{uid('aaaa', 1)}"
    for method, suffix, status in (("PUT", "/complete", 500), ("DELETE", "", 204), ("DELETE", "", 502)):
        scribe = unknown_at_completion(600)
        scribe.wire("actor", *at(40, 41), method, path + suffix, status=status)
        assert "complete-202" not in wrongs(scribe), (method, status)
    refused = unknown_at_completion(600)
    refused.wire("actor", *at(40, 41), "DELETE", path, status=405, response=error(405))
    assert wrongs(refused) == {"complete-202"}


def test_a_page_of_a_gateway_does_not_say_that_an_upload_is_forgotten() -> None:
    """Only the API's own payload tells."""
    scribe = scene(done=False)
    asked = {"hash": {"value": md5(1), "algorithm": "md5"}}
    scribe.wire("actor", *at(60, 61), "PUT", f"/uploads/{uid('aaaa', 1)}/complete", status=404, request=asked,
                response=as_form("<h1>no such page</h1>"))  # fmt: skip
    assert "complete-202" not in wrongs(scribe)


def alike(*, told: bool) -> Scribe:
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
            notes = {"url_of": chunks[puts.index(one)].id} if told else {}
            hidden_path = replace(one.exchange, path="/o?token=[redacted]")
            scribe.operations[n] = replace(one, exchange=hidden_path, notes=notes)
    for n in (1, 2):
        scribe.complete("actor", *at(2 * n, 2 * n + 1), n=n)
    scribe.file("actor", *at(6, 7), n=2)
    scribe.url("reader", *at(8, 9), n=2)
    return scribe


def test_urls_that_look_alike_are_told_apart_by_whoever_followed_them() -> None:
    """A sender that says whose url it followed leaves no doubt; one that does not leaves the truth open."""
    assert wrongs(alike(told=True)) == {"bad-never-200"}
    assert wrongs(alike(told=False)) == set()


URL = f"/files/{uid('eeee', 1)}/url"
HASH = {"hash": {"value": md5(1), "algorithm": "md5"}}


def test_a_400_that_the_request_may_have_earned_is_no_integrity_exception() -> None:
    """The sender does not vouch for it, it has a body, or a slash too many; the spec's own words always tell."""
    for path, about in ((URL, {"notes": {"intent": "unsure"}}), (URL, {"request": {"x": 1}}), (f"{URL}/", {})):
        for body, expected in ((error(400, "malformed"), set()), (None, {"good-never-integrity", "one-verdict"})):
            scribe = scene()
            scribe.file("actor", *at(3, 4))
            scribe.url("reader", *at(5, 6))
            told = body or {**error(400), "suggestion": "You must begin a new upload process"}
            scribe.wire("reader", *at(7, 8), "GET", path, status=400, response=told, **about)
            assert wrongs(scribe) - {"spec-wording"} == expected, (path, about)


def test_a_storage_provider_that_is_none_may_be_looked_for_first() -> None:
    """Which of two refusals comes first is not in the specification."""
    for provider in ("x", {"id": None}, {"id": ""}, 0):
        scribe = scene(done=False)
        path = f"/projects/{uid('pppp', 1)}/uploads"
        asked = {"name": "x", "content_type": "x", "size": "x", "storage_provider": provider}
        told = error(404, "StorageProvider Not Found")
        scribe.wire("actor", *at(5, 6), "POST", path, status=404, request=asked, response=told)
        assert wrongs(scribe) == set(), provider


def test_a_completion_that_lost_a_race_or_its_project_is_refused_for_that() -> None:
    """Nobody knows which of two overlapping attempts was first, and a deleted project takes its uploads away."""
    for status in ("400", "409"):
        scribe = prepared("bad")
        scribe.complete("actor", *at(0, 5), status)
        scribe.complete("rival", *at(1, 6))
        assert wrongs(scribe) == set(), status
    for gone in (at(-2, -1), at(0, 3)):
        scribe = prepared("bad")
        scribe.delproject("actor", *gone)
        scribe.complete("actor", *at(1, 2), "410")
        assert wrongs(scribe) == set(), gone


def test_what_was_done_already_may_be_said_in_several_ways() -> None:
    """The first of two deliveries completed or switched; the client saw the second answer."""
    for more in (
        {"errors": {"completed_at": ["is set"]}},
        {"reason": "completed_at: already set"},
        {"errors": [{"field": "completed_on", "message": "is set"}]},
    ):
        scribe = scene(done=False)
        told = {**error(400, "validation failed"), **more}
        scribe.wire("actor", *at(0, 1), "PUT", f"/uploads/{uid('aaaa', 1)}/complete", status=400, request=HASH,
                    response=told)  # fmt: skip
        scribe.file("actor", *at(3, 4))
        scribe.url("reader", *at(5, 6))
        assert wrongs(scribe) == set(), more
    scribe = prepared("good", (2,), prepared("bad", (1,)))
    for n in (1, 2):
        scribe.complete("actor", *at(2 * n, 2 * n + 1), n=n)
    scribe.file("actor", *at(6, 7))
    told = error(400, "validation failed", errors=[{"field": "upload_id", "message": "is current"}])
    scribe.wire("actor", *at(8, 9), "PUT", f"/files/{uid('eeee', 1)}", status=400,
                request={"upload": {"id": uid("aaaa", 2)}}, response=told)  # fmt: skip
    scribe.url("reader", *at(10, 11), key="/k")
    assert wrongs(scribe) == set()


def test_a_known_bad_upload_may_be_refused_at_attachment_in_the_specs_own_suggestion() -> None:
    """A validation error that names the upload is what the contract allows there, and counts as reaching a bad one."""
    for field in ("upload", "file_version.upload"):
        scribe = scene("bad")
        told = error(400, "validation failed", errors=[{"field": field, "message": "is bad"}])
        asked = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}, "upload": {"id": uid("aaaa", 1)}}
        scribe.wire("actor", *at(5, 6), "POST", "/files", status=400, request=asked,
                    response={**told, "suggestion": "You must begin a new upload process"})  # fmt: skip
        assert judged(scribe.history()).counters.get("bad-refused") == 1, field


def test_not_consistent_after_a_repeated_write_has_the_whole_bound_again() -> None:
    """Completing again, or changing a project, may begin the wait anew."""
    for again in (("202", 46), ("lost", None)):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        scribe.url("reader", *at(6, 7))
        scribe.complete("actor", 45 * TICK, again[1] and again[1] * TICK, again[0])
        scribe.url("reader", *at(47, 48), "nc")
        scribe.url("reader", *at(60, 61))
        assert wrongs(scribe) == set(), again
    scribe = Scribe()
    scribe.project("actor", *at(0, 1))
    scribe.upload("actor", *at(5, 6))
    scribe.answered("actor", *at(45, 46), "PUT", f"/projects/{uid('pppp', 1)}", "200", {"id": uid("pppp", 1)},
                    request={"description": "n"})  # fmt: skip
    scribe.upload("actor", *at(47, 48), "nc", n=2)
    assert wrongs(scribe) == set()


def test_a_version_seen_before_it_was_acknowledged_may_be_unknown_elsewhere() -> None:
    """One replica lists it while its making is under way; another does not know it yet."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(20, 40))
    shown = {"results": [{"id": uid("ffff", 2), "upload": {"id": uid("aaaa", 2)}}]}
    scribe.answered("reader", *at(22, 23), "GET", f"/files/{uid('eeee', 1)}/versions", "200", shown)
    scribe.vurl("reader", *at(25, 26), "404", n=2)
    assert wrongs(scribe) == set()


def test_bytes_that_come_back_were_not_lost() -> None:
    """One storage replica without them, long after the bound, is a warning; bytes that never come are a failure."""
    for back, expected in ((True, {"bytes-at-once"}), (False, {"bytes-exact"})):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        scribe.url("reader", *at(5, 6))
        scribe.url("reader", *at(60, 61), key="/z")
        scribe.get("reader", *at(62, 63), "404", key="/z")
        if back:
            scribe.get("reader", *at(64, 65), key="/z")
        assert wrongs(scribe) == expected


def test_a_moved_file_may_go_with_the_place_it_was_moved_to() -> None:
    """Where it is by then nobody has to have seen."""
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    scribe.project("actor", *at(5, 6), n=2)
    parent = {"parent": {"kind": "dds-project", "id": uid("pppp", 2)}}
    scribe.answered("actor", *at(7, 8), "PUT", f"/files/{uid('eeee', 1)}/move", "200", scribe._file(1, 1, 1, 2),
                    request=parent)  # fmt: skip
    scribe.delproject("actor", *at(9, 10), n=2)
    scribe.url("reader", *at(12, 13), "404")
    scribe.vurl("reader", *at(12, 13), "404")
    assert wrongs(scribe) == set()


def test_an_id_may_be_spelled_with_escapes() -> None:
    """What a percent sign stands for is what was asked."""
    scribe = scene(done=False)
    escaped = uid("aaaa", 1).replace("-", "%2D")
    made = {"id": uid("aaaa", 1), "name": "upload number 1", "size": 1024, "status": {"is_consistent": None}}
    scribe.answered("actor", *at(0, 1), "PUT", f"/uploads/{escaped}/complete", "202", made, request=HASH)
    scribe.file("actor", *at(3, 4))
    scribe.url("reader", *at(5, 6))
    assert wrongs(scribe) == set()


def test_a_promotion_answered_201_is_one() -> None:
    """The API's facts name no status for it; the file then serves the promoted version, or the server is convicted."""
    for ie, expected in ((False, set()), (True, {"new-version-served"})):
        scribe = prepared("bad", (2,), prepared("good", (1,)))
        for n in (1, 2):
            scribe.complete("actor", *at(2 * n, 2 * n + 1), n=n)
        scribe.file("actor", *at(6, 7))
        scribe.switch("actor", *at(8, 9))
        scribe.promote("actor", *at(12, 13), "201")
        scribe.url("reader", *at(60, 61), "ie" if ie else "200", key="/k")
        assert wrongs(scribe) == expected


def test_a_completion_that_somebody_made_begins_the_wait_as_well() -> None:
    """The client hung up on its own attempt, and is told by the next that it is completed already."""
    for told, expected in (("nc", {"converges-upload"}), ("200", set())):
        scribe = scene(done=False)
        scribe.complete("actor", TICK, None, "lost")
        scribe.complete("actor", *at(3, 4), "already")
        scribe.file("actor", *at(5, 6))
        scribe.url("reader", *at(60, 61), told)
        assert wrongs(scribe) == expected


def test_a_200_without_a_url_or_with_one_that_is_refused_serves_nothing() -> None:
    """No url is none at once; a refusal counts when it lasts for the bound, and anything was served elsewhere."""
    for end, later, elsewhere, expected in (
        ("no url", True, True, {"bytes-exact", "bytes-at-once"}),
        ("403", True, True, {"bytes-exact"}),
        ("403", False, True, set()),
        ("403", True, False, set()),
    ):
        scribe = scene("good", (1, 2))
        scribe.file("actor", *at(10, 11))
        scribe.file("actor", *at(10, 11), n=2)
        scribe.url("reader", *at(12, 13), n=2, key="/two")
        if elsewhere:
            scribe.get("reader", *at(14, 15), n=2, key="/two")
        for n in range(8):
            tick = 20 + n * (10 if later else 2)
            if end == "no url":
                path = f"/file_versions/{uid('ffff', 1)}/url"
                scribe.wire("reader", *at(tick, tick + 1), "GET", path, status=200, response={"host": "h"})
            else:
                scribe.vurl("reader", *at(tick, tick + 1), key=f"/k{n}")
                scribe.get("reader", *at(tick + 1, tick + 2), end, key=f"/k{n}")
        assert wrongs(scribe) == expected, (end, later, elsewhere)


def test_one_kind_of_mismatch_alone_may_fail_completion() -> None:
    """Three uploads with a part missing fail, as many with a wrong hash are accepted: the missing part is the cause."""
    for status, requirement in (("500", "complete-no-500"), ("404", "complete-no-integrity")):
        scribe = prepared("bad", (4, 5, 6, 10, 11), prepared("good", (1, 2, 3), Scribe(PATIENT)))
        for n in (7, 8, 9):
            scribe.upload("maker", *at(n, n + 1), n=n)
            scribe.chunk("maker", *at(n + 2, n + 3), n=n)
        for n in range(1, 12):
            scribe.complete("actor", *at(20 * n, 20 * n + 1), status if n in (7, 8, 9) else "202", n=n)
        assert requirement in wrongs(scribe)


def test_a_switched_file_or_an_older_version_that_is_refused_for_good_is_not_served() -> None:
    """Three refusals later than the bound, and nothing else; one that is followed by the verdict shows nothing."""
    for healed in (False, True):
        scribe = scene("good", (1, 2))
        scribe.file("actor", *at(10, 11))
        scribe.vurl("reader", *at(12, 13))
        scribe.switch("actor", *at(14, 15))
        path, older = f"/files/{uid('eeee', 1)}/url", f"/file_versions/{uid('ffff', 1)}/url"
        for n in range(3):
            for where, tick in ((path, 60 + 4 * n), (older, 62 + 4 * n)):
                scribe.wire("reader", *at(tick, tick + 1), "GET", where, status=403, response=error(403))
        scribe.vurl("other reader", *at(90, 91), n=2)
        if healed:
            scribe.url("reader", *at(92, 93), key="/k")
            scribe.vurl("reader", *at(92, 93))
        found = wrongs(scribe)
        assert ({"new-version-served", "old-version-downloadable"} <= found) is not healed, found
        assert healed is not bool(found)


def test_an_upload_that_is_refused_for_good_never_converges() -> None:
    """The owner's valid reads are answered 403 only, later than the bound, while others are answered."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.file("actor", *at(10, 11), n=2)
    for n in range(3):
        scribe.wire("reader", *at(60 + n, 61 + n), "GET", URL, status=403, response=error(403))
    scribe.url("reader", *at(70, 71), n=2)
    assert wrongs(scribe) == {"converges-upload"}


def test_two_projects_of_different_names_are_two() -> None:
    """The answer of another client's request, or of a cache; the same name twice may be the same project."""
    for name, expected in (("another name", {"project-create-body"}), ("project number 1", set())):
        scribe = Scribe()
        scribe.project("actor", *at(0, 1))
        made = {"kind": "dds-project", "id": uid("pppp", 1), "name": "project number 1", "description": "x",
                "is_deleted": False}  # fmt: skip
        scribe.answered("rival", *at(2, 3), "POST", "/projects", "202", made, request={"name": name})
        assert wrongs(scribe) == expected, name


def test_what_a_gateway_delivered_twice_is_no_trace_of_a_refused_create() -> None:
    """The second delivery is refused because the first one worked: the name is taken, the upload attached."""
    for message, expected in (("is already in use", set()), ("is not completed", {"refused-create-no-trace"})):
        taken = error(400, "validation failed", errors=[{"field": "upload", "message": message}])
        scribe = scene()
        asked = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}, "upload": {"id": uid("aaaa", 1)}}
        scribe.wire("actor", *at(5, 6), "POST", "/files", status=400, request=asked, response=taken)
        shown = {"results": [scribe._file(1, 1, 1)]}
        path = f"/projects/{uid('pppp', 1)}/children"
        scribe.answered("actor", *at(60, 61), "GET", path, "200", shown, phase=Phase.FINAL)
        assert wrongs(scribe) == expected, message
    for field, expected in (("name", set()), ("description", {"refused-create-no-trace"})):
        scribe = Scribe()
        told = error(400, "validation failed", errors=[{"field": field, "message": "no"}])
        asked = {"name": "project number 7", "description": "x"}
        scribe.wire("actor", *at(5, 6), "POST", "/projects", status=400, request=asked, response=told)
        shown = {"results": [{"id": uid("pppp", 7), "name": "project number 7"}]}
        scribe.answered("actor", *at(60, 61), "GET", "/projects", "200", shown, phase=Phase.FINAL)
        assert wrongs(scribe) == expected, field
