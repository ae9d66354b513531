"""What the url endpoints and the storage may answer, and for how long."""

from __future__ import annotations

from dataclasses import replace

from judge_timeline import TICK, Scribe, error, uid
from review_scenes import URL, at, scene, wrongs


def test_bytes_that_are_gone_after_a_deletion_are_no_wrong_bytes() -> None:
    """A signed url may lead nowhere once the file or its project was deleted; other bytes stay wrong."""
    for deletion, stated in (("delfile", 20), ("delproject", 20), ("delfile", 80), ("delproject", 80)):
        scribe = scene()
        scribe.file("actor", *at(10, 12))
        scribe.url("reader", *at(15, 16))
        scribe.url("reader", *at(stated, stated + 1))
        getattr(scribe, deletion)("actor", *at(82, 83))
        gone, other = scribe.operations[:], scribe
        scribe.get("reader", *at(84, 85), "404")
        assert wrongs(scribe) == set(), (deletion, stated)
        other.operations = gone
        other.get("reader", *at(84, 85), "of9")
        assert wrongs(other) == {"bytes-exact"}, (deletion, stated)


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


def test_a_write_of_unknown_effect_is_never_over() -> None:
    """It may take effect at any time, also long after a gateway answered."""
    for word in ("gateway", "429", "lost"):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        scribe.complete("actor", 5 * TICK, None if word == "lost" else 6 * TICK, word)
        scribe.url("actor", *at(7, 8))
        scribe.url("actor", *at(9, 10), "nc")
        assert "session-monotonic" not in wrongs(scribe), word


def test_a_server_that_asks_to_come_back_later_has_not_failed_for_good() -> None:
    """503 with Retry-After, in the API's own payload."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.file("actor", *at(12, 13), n=2)
    for tick in (80, 82, 84):
        stated = scribe.url("reader", *at(tick, tick + 1), "503")
        more = {**stated.exchange.headers, "retry-after": "1"}
        scribe.operations[-1] = replace(stated, exchange=replace(stated.exchange, headers=more))
    scribe.url("reader", *at(90, 91), n=2)
    assert "converges-upload" not in wrongs(scribe)


def test_an_upload_that_is_refused_for_good_never_converges() -> None:
    """The owner's valid reads are answered 403 only, later than the bound, while others are answered."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.file("actor", *at(10, 11), n=2)
    for n in range(3):
        scribe.wire("reader", *at(60 + 2 * n, 61 + 2 * n), "GET", URL, status=403, response=error(403))
    scribe.url("reader", *at(70, 71), n=2)
    assert wrongs(scribe) == {"converges-upload"}
