"""Writes that were refused and done all the same, by whomever they were asked for; and all that may look like it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from judge_timeline import JSON_TYPE, NC, Scribe, error, md5, prepared, uid
from judged import findings, judged
from review_scenes import at, scene, wrongs

from conformance.model import Phase

FILE, VERSION, PROJECT, UPLOAD = uid("eeee", 1), uid("ffff", 1), uid("pppp", 1), uid("aaaa", 1)
FOLDER = uid("dddd", 1)
OTHER = uid("9999", 1)
LABEL = "a label that nobody guesses 77"
ROOT = {"kind": "dds-project", "id": PROJECT}


def shown_file(**more: Any) -> dict[str, Any]:
    """Give file 1 as it was made, but for what is named."""
    current = {"id": VERSION, "version": 1, "upload": {"id": UPLOAD}}
    return {"kind": "dds-file", "id": FILE, "name": "file number 1", "parent": ROOT, "is_deleted": False,
            "current_version": current, **more}  # fmt: skip


Wish = tuple[str, str, Any, str, Any]
WISHES: dict[str, Wish] = {
    "rename": ("PUT", f"/files/{FILE}/rename", {"name": "other name 5512"}, f"/files/{FILE}",
               shown_file(name="other name 5512")),
    "move": ("PUT", f"/files/{FILE}/move", {"parent": {"kind": "dds-folder", "id": FOLDER}}, f"/files/{FILE}",
             shown_file(parent={"kind": "dds-folder", "id": FOLDER})),
    "relabel": ("PUT", f"/files/{FILE}", {"label": LABEL}, f"/files/{FILE}",
                shown_file(current_version={"id": VERSION, "label": LABEL, "upload": {"id": UPLOAD}})),
    "new version": ("PUT", f"/files/{FILE}", {"upload": {"id": OTHER}}, f"/files/{FILE}/versions",
                    {"results": [{"kind": "dds-file-version", "id": uid("ffff", 7), "file": {"id": FILE},
                                  "upload": {"id": OTHER}}]}),
    "rename a project": ("PUT", f"/projects/{PROJECT}", {"name": "Another Project 991"}, f"/projects/{PROJECT}",
                         {"kind": "dds-project", "id": PROJECT, "name": "another project 991 "}),
    "describe a project": ("PUT", f"/projects/{PROJECT}", {"description": "words 123"}, "/projects",
                           {"results": [{"kind": "dds-project", "id": PROJECT, "description": "words 123"}]}),
    "chunk": ("PUT", f"/uploads/{UPLOAD}/chunks",
              {"number": 2, "size": 5, "hash": {"value": "AB" * 16, "algorithm": "md5"}}, f"/uploads/{UPLOAD}",
              {"id": UPLOAD, "chunks": [{"number": 2, "size": 5, "hash": {"value": "ab" * 16, "algorithm": "md5"}}]}),
    "hash": ("PUT", f"/uploads/{UPLOAD}/hashes", {"value": "cd" * 16, "algorithm": "md5"}, f"/uploads/{UPLOAD}",
             {"id": UPLOAD, "hashes": [{"algorithm": "md5", "value": "cd" * 16}]}),
    "delete a file": ("DELETE", f"/files/{FILE}", None, f"/files/{FILE}", shown_file(is_deleted=True)),
    "delete a folder": ("DELETE", f"/folders/{FOLDER}", None, f"/folders/{FOLDER}",
                        {"kind": "dds-folder", "id": FOLDER, "is_deleted": True}),
    "delete a project": ("DELETE", f"/projects/{PROJECT}", None, f"/projects/{PROJECT}",
                         {"kind": "dds-project", "id": PROJECT, "is_deleted": True}),
}  # fmt: skip


def made() -> Scribe:
    """Give a file of a good upload, in a project with a folder."""
    scribe = scene("good", (1,), done=True)
    body = {"kind": "dds-folder", "id": FOLDER, "name": "a folder", "parent": ROOT}
    asked = {"parent": ROOT, "name": "a folder"}
    scribe.wire("actor", *at(6, 7), "POST", "/folders", status=201, request=asked, response=body)
    scribe.file("actor", *at(10, 11))
    return scribe


def ask(scribe: Scribe, wish: Wish, status: int | None, ticks: tuple[int, int] = (20, 21), **more: Any) -> None:
    """Ask for the write."""
    method, path, body = wish[:3]
    answer = more.pop("body", error(status) if status and status >= 400 else shown_file() if status else None)
    scribe.wire("asker", *at(*ticks), method, path, status=status, request=body, response=answer, **more)


def look(scribe: Scribe, wish: Wish, ticks: tuple[int, int] = (30, 31), **more: Any) -> None:
    """Let the owner look, who sees it done."""
    scribe.wire("reader", *at(*ticks), "GET", wish[3], status=200, response=wish[4], **more)


def done_all_the_same(scribe: Scribe) -> bool:
    """Whether that is what is found."""
    return "refused-write-no-effect" in wrongs(scribe)


@pytest.mark.parametrize("status", [401, 403, 400, 404, 422, "nc"])
@pytest.mark.parametrize("name", WISHES)
def test_a_write_that_was_refused_and_is_shown_as_done_is_convicted(name: str, status: Any) -> None:
    """Whatever the refusal; DELETE answered 404 alone may mean that it is gone already."""
    scribe, wish = made(), WISHES[name]
    ask(scribe, wish, 404 if status == "nc" else status, **({"body": NC} if status == "nc" else {}))
    look(scribe, wish)
    excused = wish[0] == "DELETE" and status == 404
    assert done_all_the_same(scribe) is not excused


@pytest.mark.parametrize("user", ["other", "invalid", None])
@pytest.mark.parametrize("name", WISHES)
def test_whoever_was_refused_it_is_the_same(name: str, user: str | None) -> None:
    """The second user, a bad token, and none."""
    scribe, wish = made(), WISHES[name]
    ask(scribe, wish, 403 if user == "other" else 401, user=user)
    look(scribe, wish)
    found = [one for one in findings(judged(scribe.history())) if one.requirement == "refused-write-no-effect"]
    assert [one.rule for one in found] == ["refused-and-done"]
    assert len(found[0].operations) == 2


@pytest.mark.parametrize("name", WISHES)
def test_a_refused_write_that_is_not_seen_done_is_counted_and_right(name: str) -> None:
    """The owner looked, and sees what was before."""
    scribe, wish = made(), WISHES[name]
    ask(scribe, wish, 403, user="other")
    before = {"file": shown_file(), "project": {"kind": "dds-project", "id": PROJECT, "name": "project number 1"},
              "uploads": {"id": UPLOAD, "hashes": [{"value": "00"}], "chunks": []}}  # fmt: skip
    kind = "uploads" if "/uploads/" in wish[1] else "project" if "/projects" in wish[1] else "file"
    path = {"uploads": f"/uploads/{UPLOAD}", "project": f"/projects/{PROJECT}", "file": f"/files/{FILE}"}[kind]
    scribe.wire("reader", *at(30, 31), "GET", path, status=200, response=before[kind])
    assert "refused-write-no-effect" not in wrongs(scribe)


@pytest.mark.parametrize("answer", [200, None, 500, 202, 409])
@pytest.mark.parametrize("ticks", [(12, 13), (24, 25), (19, 40)])
@pytest.mark.parametrize("name", [name for name in WISHES if "delete" not in name])
def test_another_attempt_that_was_not_refused_may_have_done_it(
    name: str, ticks: tuple[int, int], answer: int | None
) -> None:
    """Before, after or meanwhile; acknowledged, lost, failed or in words that nobody can read."""
    scribe, wish = made(), WISHES[name]
    ask(scribe, wish, 403, user="other")
    ask(scribe, wish, answer, ticks)
    look(scribe, wish, (50, 51))
    assert not done_all_the_same(scribe)


@pytest.mark.parametrize(
    "body",
    [
        error(400, "validation failed", errors=[{"field": "name", "message": "has already been taken"}]),
        error(400, "There is one of that name: duplicate"),
        error(422, "validation failed", errors=[{"field": "label", "message": "is not unique"}]),
        error(400, "this is the current version"),
        error(404, "it no longer exists"),
        error(400, "the upload was completed"),
    ],
)
def test_what_is_refused_because_it_is_so_already_may_be_this_very_request_delivered_twice(body: Any) -> None:
    """A gateway that retries, or a name that is taken."""
    for name in ("rename", "relabel", "rename a project"):
        scribe, wish = made(), WISHES[name]
        ask(scribe, wish, body["error"], body=body)
        look(scribe, wish)
        assert not done_all_the_same(scribe)


@pytest.mark.parametrize(
    "reason",
    [
        "must be completed", "must first be completed successfully", "is not completed", "has not yet been completed",
        "isn't complete", "incomplete", "needs to be completed", "should have been completed", "please complete it",
    ],
)  # fmt: skip
def test_a_completion_that_is_missed_is_not_so_already(reason: str) -> None:
    """Who refuses an upload since it is open, and takes it all the same, did what was refused."""
    for body in (error(400, reason), error(400, "validation failed", errors=[{"field": "upload", "message": reason}])):
        scribe, wish = made(), WISHES["rename"]
        ask(scribe, wish, 400, body=body)
        look(scribe, wish)
        assert done_all_the_same(scribe)


def test_a_look_that_overlaps_or_came_before_shows_nothing_of_the_refusal() -> None:
    """It was so before, then, by somebody's doing."""
    for ticks in ((18, 19), (18, 30), (21, 22)):
        scribe, wish = made(), WISHES["rename"]
        ask(scribe, wish, 403, (20, 21), user="other")
        look(scribe, wish, ticks)
        assert not done_all_the_same(scribe)


def test_what_is_so_from_the_start_was_not_brought_about_by_a_refused_write() -> None:
    """The same name, place and description as it was made with, in another spelling."""
    scribe = made()
    for wish in (
        ("PUT", f"/projects/{PROJECT}", {"name": " PROJECT number 1"}, f"/projects/{PROJECT}",
         {"kind": "dds-project", "id": PROJECT, "name": "project number 1"}),
        ("PUT", f"/files/{FILE}/move", {"parent": ROOT}, f"/files/{FILE}", shown_file()),
        ("PUT", f"/files/{FILE}", {"upload": {"id": UPLOAD}}, f"/files/{FILE}", shown_file()),
        ("PUT", f"/uploads/{UPLOAD}/hashes", {"value": md5(1), "algorithm": "md5"}, f"/uploads/{UPLOAD}",
         {"id": UPLOAD, "hashes": [{"algorithm": "md5", "value": md5(1)}]}),
    ):  # fmt: skip
        ask(scribe, wish, 403, user="other")
        look(scribe, wish)
    assert not done_all_the_same(scribe)


def test_what_this_run_did_not_make_may_be_changed_by_others() -> None:
    """Its project is not this run's."""
    scribe, wish = made(), WISHES["rename a project"]
    scribe.operations = [one for one in scribe.operations if one.exchange.path != "/api/v1/projects"]
    ask(scribe, wish, 403, user="other")
    look(scribe, wish)
    assert not done_all_the_same(scribe)


# ---- completion


@pytest.mark.parametrize("user", ["owner", "other", "invalid", None])
@pytest.mark.parametrize("answer", ["401", "403", "404", "400"])
def test_a_refused_completion_that_completes_all_the_same_is_convicted(answer: str, user: str | None) -> None:
    """The owner's record shows it; nobody else completed it."""
    for shows in ("pending", "ok"):
        scribe = prepared()
        scribe.complete("asker", *at(0, 1), answer, user=user)
        scribe.show("reader", *at(10, 11), shows)
        assert done_all_the_same(scribe)


def test_a_verdict_after_nothing_but_a_refused_completion_is_an_early_answer() -> None:
    """Which nobody's completion explains; the record alone tells that the refused one did it."""
    scribe = prepared()
    scribe.file("actor", *at(-3, -2))
    scribe.complete("asker", *at(0, 1), "403", user="other")
    scribe.vurl("reader", *at(10, 11))
    assert wrongs(scribe) == {"no-early-answer"}


@pytest.mark.parametrize("answer", ["202", "timeout", "already", "502"])
def test_a_completion_of_the_owners_may_have_completed_it(answer: str) -> None:
    """Also one that was lost, or refused because it is so already: it may have been delivered twice."""
    scribe = prepared()
    scribe.complete("asker", *at(0, 1), "403", user="other")
    scribe.complete("actor", *at(3, 4), answer)
    scribe.show("reader", *at(10, 11), "pending")
    assert not done_all_the_same(scribe)


@pytest.mark.parametrize("answer", ["already", "400"])
def test_a_first_completion_that_is_refused_as_completed_may_have_been_delivered_twice(answer: str) -> None:
    """Only words about something else convict."""
    scribe = prepared()
    scribe.complete("actor", *at(0, 1), answer)
    scribe.show("reader", *at(10, 11), "pending")
    assert done_all_the_same(scribe) is (answer == "400")


# ---- deletion


@pytest.mark.parametrize("user", ["other", None, "owner"])
def test_a_refused_deletion_after_which_it_is_not_there_is_convicted(user: str | None) -> None:
    """At the file itself, or at its url, later than the bound after it was made."""
    for path in (f"/files/{FILE}", f"/files/{FILE}/url"):
        scribe = made()
        scribe.delfile("asker", *at(20, 21), "403", user=user)
        scribe.wire("reader", *at(60, 61), "GET", path, status=404, response=error(404))
        assert done_all_the_same(scribe)


def test_a_404_within_the_bound_after_it_was_made_is_a_replica_that_lags() -> None:
    """Only the extended endpoints promise more, in a requirement of their own."""
    scribe = made()
    scribe.delfile("asker", *at(20, 21), "403", user="other")
    scribe.wire("reader", *at(30, 31), "GET", f"/files/{FILE}", status=404, response=error(404))
    assert wrongs(scribe) == set()


@pytest.mark.parametrize("delete", [Scribe.delfile, Scribe.delproject])
@pytest.mark.parametrize("answer", ["204", "timeout", "404", "500"])
def test_another_deletion_may_have_taken_it(delete: Callable[..., object], answer: str) -> None:
    """Of the file, or of its project; also one that finds nothing left."""
    scribe = made()
    scribe.delfile("asker", *at(20, 21), "403", user="other")
    delete(scribe, "actor", *at(40, 41), answer)
    scribe.wire("reader", *at(60, 61), "GET", f"/files/{FILE}", status=404, response=error(404))
    assert not done_all_the_same(scribe)


def test_a_404_of_a_gateway_says_nothing_of_a_deletion() -> None:
    """It is no JSON."""
    scribe = made()
    scribe.delfile("asker", *at(20, 21), "403", user="other")
    scribe.wire("reader", *at(60, 61), "GET", f"/files/{FILE}", status=404, response=None)
    assert not done_all_the_same(scribe)


# ---- promotion and rights


def promoted(*, switch_ticks: tuple[int, int] = (12, 13)) -> Scribe:
    """Give a file with two versions, whose first somebody is refused to promote."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(*switch_ticks))
    scribe.promote("asker", *at(20, 21), "403", user="other")
    return scribe


def test_a_refused_promotion_after_which_the_file_shows_the_old_upload_is_convicted() -> None:
    """Later than the bound after the switch, when no replica can still show it."""
    for tick, wrong in ((60, True), (30, False)):
        scribe = promoted()
        scribe.wire("reader", *at(tick, tick + 1), "GET", f"/files/{FILE}", status=200, response=shown_file())
        assert done_all_the_same(scribe) is wrong


def test_a_version_more_than_was_made_shows_a_refused_promotion_at_once() -> None:
    """The list has two of the first upload, which was attached once."""
    for made_again, wrong in ((False, True), (True, False)):
        scribe = promoted()
        if made_again:
            scribe.switch("actor", *at(22, 23), "timeout", n=1)
        versions = [
            {"id": uid("ffff", v), "version": v, "upload": {"id": uid("aaaa", u)}} for v, u in ((1, 1), (2, 2), (3, 1))
        ]
        scribe.wire("reader", *at(24, 25), "GET", f"/files/{FILE}/versions", status=200, response={"results": versions})
        assert done_all_the_same(scribe) is wrong


@pytest.mark.parametrize("answer", ["200", "timeout", "current"])
def test_a_promotion_of_the_owners_may_have_done_it(answer: str) -> None:
    """Acknowledged, lost, or refused as current."""
    scribe = promoted()
    scribe.promote("actor", *at(24, 25), answer)
    scribe.wire("reader", *at(70, 71), "GET", f"/files/{FILE}", status=200, response=shown_file())
    assert not done_all_the_same(scribe)


def rights(scribe: Scribe, status: int, ticks: tuple[int, int], user: str = "other") -> None:
    """Ask for the second user's role."""
    path = f"/projects/{PROJECT}/permissions/{OTHER}"
    asked = {"auth_role": {"id": "project_admin"}}
    body = error(status) if status >= 400 else {"auth_role": {"id": "project_admin"}, "user": {"id": OTHER}}
    scribe.wire("asker", *at(*ticks), "PUT", path, status=status, request=asked, response=body, user=user)


def test_a_role_that_was_refused_and_is_listed_is_convicted() -> None:
    """Where the project's creator is known to be somebody else."""
    for creator, granted, wrong in (
        (uid("8888", 1), False, True),
        (OTHER, False, False),
        (uid("8888", 1), True, False),
    ):
        scribe = made()
        first = next(one for one in scribe.operations if one.exchange.path == "/api/v1/projects")
        assert isinstance(first.exchange.response, dict)
        first.exchange.response["audit"] = {"created_by": {"id": creator}}
        rights(scribe, 403, (20, 21))
        if granted:
            rights(scribe, 200, (22, 23), "owner")
        listed = {
            "results": [{"project": {"id": PROJECT}, "user": {"id": OTHER}, "auth_role": {"id": "project_admin"}}]
        }
        path = f"/projects/{PROJECT}/permissions"
        scribe.wire("reader", *at(30, 31), "GET", path, status=200, response=listed, phase=Phase.FINAL)
        assert done_all_the_same(scribe) is wrong


def test_the_media_type_of_these_histories_is_json() -> None:
    """So that no payload rule speaks."""
    assert JSON_TYPE["content-type"] == "application/json"
