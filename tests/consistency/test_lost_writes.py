"""A completion that was accepted and lost: its upload cannot be attached, or is shown as open, for good."""

from __future__ import annotations

from typing import Any

import pytest
from judge_timeline import Scribe, error, prepared, uid
from judged import findings, judged
from review_scenes import at, scene, wrongs

LATE, SOON = (60, 61), (20, 21)
"""Later than the bound of 35 ticks after completion, and within it."""
NAMES_UPLOAD = error(400, "validation failed", errors=[{"field": "upload", "message": "must be completed"}])


def refuse(scribe: Scribe, ticks: tuple[int, int], status: int = 400, body: Any = NAMES_UPLOAD, **more: Any) -> None:
    """Refuse to make a file of upload 1."""
    asked = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}, "upload": {"id": uid("aaaa", 1)}}
    scribe.wire("actor", *at(*ticks), "POST", "/files", status=status, request=asked, response=body, **more)


@pytest.mark.parametrize("kind", ["good", "goodsingle"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, NAMES_UPLOAD),
        (422, error(422, "validation failed", errors={"upload_id": ["is not complete"]})),
        (404, error(404, "Upload Not Found")),
        (400, error(400, "The upload has not been completed")),
    ],
)
def test_the_first_file_of_a_good_upload_refused_later_than_the_bound_is_a_truth_that_never_shows(
    kind: str, status: int, body: Any
) -> None:
    """Whatever the words, as long as they are about the upload."""
    scribe = scene(kind)
    refuse(scribe, SOON, status, body)
    refuse(scribe, LATE, status, body)
    found = findings(judged(scribe.history()))
    assert {(one.requirement, one.rule) for one in found} == {("converges-upload", "attach-refused")}


def test_a_new_version_that_is_the_first_use_of_a_good_upload_counts_as_well() -> None:
    """It is attached by PUT just as by POST."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    asked = {"upload": {"id": uid("aaaa", 2)}}
    body = error(422, "validation failed", errors=[{"field": "upload", "message": "must be completed"}])
    path = f"/files/{uid('eeee', 1)}"
    scribe.wire("actor", *at(*LATE), "PUT", path, status=422, request=asked, response=body)
    assert wrongs(scribe) == {"converges-upload"}


def test_statuses_that_are_not_definite_count_when_they_are_repeated() -> None:
    """Three conflicts later than the bound; two are none."""
    for count, wrong in ((3, {"converges-upload"}), (2, set())):
        scribe = scene()
        for n in range(count):
            refuse(scribe, (60 + 4 * n, 61 + 4 * n), 409, error(409, "the upload is not complete"))
        assert wrongs(scribe) == wrong


def test_a_file_that_is_made_after_a_late_refusal_does_not_undo_it() -> None:
    """It had the whole bound."""
    scribe = scene()
    refuse(scribe, LATE)
    scribe.file("actor", *at(70, 71))
    assert wrongs(scribe) == {"converges-upload"}


def test_an_upload_whose_file_may_have_been_made_though_its_name_was_taken_may_be_refused_later() -> None:
    """The request was delivered twice, and its second delivery answered: a second file need not be."""
    scribe = scene()
    refuse(scribe, SOON, 400, error(400, "validation failed", errors=[{"field": "name", "message": "is taken"}]))
    refuse(scribe, LATE, 400, error(400, "The upload already has a file"))
    assert wrongs(scribe) == set()


@pytest.mark.parametrize(
    ("parent", "wrong"),
    [
        ({"kind": "dds-project", "id": uid("pppp", 2)}, set()),
        ({"kind": "dds-folder", "id": uid("dddd", 2)}, set()),
        ({"kind": "dds-folder", "id": uid("dddd", 9)}, set()),  # nobody saw whose it is
        ({"kind": "dds-folder", "id": uid("dddd", 1)}, {"converges-upload"}),
        ({"kind": "dds-project", "id": uid("pppp", 1)}, {"converges-upload"}),
    ],
)
def test_only_a_file_of_the_upload_s_own_project_is_owed(parent: dict[str, str], wrong: set[str]) -> None:
    """At its top or in a folder of it."""
    scribe = scene()
    for number in (1, 2):
        home = {"kind": "dds-project", "id": uid("pppp", number)}
        asked = {"parent": home, "name": f"folder {number}"}
        made = {"kind": "dds-folder", "id": uid("dddd", number), "name": f"folder {number}", "parent": home}
        scribe.wire("actor", *at(3 + number, 4 + number), "POST", "/folders", status=201, request=asked, response=made)
    asked = {"parent": parent, "upload": {"id": uid("aaaa", 1)}}
    scribe.wire("actor", *at(*LATE), "POST", "/files", status=400, request=asked, response=NAMES_UPLOAD)
    assert wrongs(scribe) == wrong


def removed(scribe: Scribe, number: int) -> None:
    """Make a folder of project 1, and delete it."""
    name = uid("dddd", number)
    parent = {"kind": "dds-project", "id": uid("pppp", 1)}
    scribe.wire("other", *at(3, 4), "POST", "/folders", status=201, request={"parent": parent}, response={"id": name})
    scribe.wire("other", *at(5, 6), "DELETE", f"/folders/{name}", status=204)


def test_a_folder_that_was_deleted_elsewhere_excuses_no_refusal() -> None:
    """Neither at the root of the project, nor in another folder."""
    for parent in ({"kind": "dds-project", "id": uid("pppp", 1)}, {"kind": "dds-folder", "id": uid("dddd", 2)}):
        scribe = scene()
        removed(scribe, 1)
        place = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}}
        made = {"id": uid("dddd", 2)}
        scribe.wire("other", *at(3, 4), "POST", "/folders", status=201, request=place, response=made)
        asked = {"parent": parent, "upload": {"id": uid("aaaa", 1)}}
        scribe.wire("actor", *at(*LATE), "POST", "/files", status=400, request=asked, response=NAMES_UPLOAD)
        assert wrongs(scribe) == {"converges-upload"}, parent


def test_a_folder_that_was_deleted_itself_or_was_never_seen_may_be_why() -> None:
    """The sentence of a refusal may name the upload all the same."""
    for number in (1, 7):
        scribe = scene()
        removed(scribe, 1)
        asked = {"parent": {"kind": "dds-folder", "id": uid("dddd", number)}, "upload": {"id": uid("aaaa", 1)}}
        scribe.wire("actor", *at(*LATE), "POST", "/files", status=400, request=asked, response=NAMES_UPLOAD)
        assert wrongs(scribe) == set(), number


@pytest.mark.parametrize("kind", ["bad", "badsingle"])
def test_a_bad_upload_may_be_refused_for_ever(kind: str) -> None:
    """As already known to be bad."""
    scribe = scene(kind)
    refuse(scribe, LATE)
    assert wrongs(scribe) == set()


def test_an_upload_of_which_nothing_is_known_may_be_refused() -> None:
    """Sent again with other bytes."""
    scribe = scene()
    scribe.chunk("meddler", *at(-3, -2), value="f" * 32)
    refuse(scribe, LATE)
    assert wrongs(scribe) == set()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, error(400, "validation failed", errors=[{"field": "name", "message": "is taken"}])),
        (400, error(400, "validation failed", errors=[{"field": "upload", "message": "is already attached"}])),
        (404, error(404, "Project Not Found")),
        (400, error(400, "validation failed", errors=[{"field": "parent"}, {"field": "upload"}])),
        (403, error(403, "Unauthorized")),
        (500, error(500, "the upload is broken")),
        (429, error(429, "too many uploads")),
    ],
)
def test_a_refusal_for_another_reason_says_nothing_of_the_completion(status: int, body: Any) -> None:
    """Names, places, rights, accidents; and an upload that has a file already."""
    scribe = scene()
    refuse(scribe, LATE, status, body)
    assert wrongs(scribe) == set()


@pytest.mark.parametrize("answer", ["201", "timeout", "502"])
def test_a_second_file_of_one_upload_may_be_refused(answer: str) -> None:
    """Also where the first may have been made and its answer was lost, or a gateway spoke."""
    scribe = scene()
    scribe.file("actor", *at(12, 13), answer)
    refuse(scribe, LATE)
    assert wrongs(scribe) == set()


@pytest.mark.parametrize("answer", ["timeout", "nc"])
def test_a_refusal_counts_from_the_acknowledgement_only(answer: str) -> None:
    """A completion of which nobody knows promised nothing."""
    scribe = prepared()
    scribe.complete("actor", *at(0, 2), answer)
    refuse(scribe, LATE)
    assert "converges-upload" not in wrongs(scribe)


@pytest.mark.parametrize("answer", ["204", "timeout"])
def test_what_may_be_deleted_may_be_refused(answer: str) -> None:
    """With its project."""
    scribe = scene()
    scribe.delproject("actor", *at(40, 41), answer)
    refuse(scribe, LATE)
    assert wrongs(scribe) == set()


def test_an_invalid_request_of_ours_and_a_completion_sent_again_are_no_evidence() -> None:
    """The one is ours, the other begins the wait anew."""
    scribe = scene()
    refuse(scribe, LATE, notes={"intent": "invalid"})
    assert wrongs(scribe) == set()
    scribe = scene()
    scribe.complete("actor", *at(50, 51))
    refuse(scribe, LATE)
    assert wrongs(scribe) == set()


# ---- the record


@pytest.mark.parametrize("kind", ["good", "bad", "goodsingle"])
def test_an_upload_shown_as_open_for_good_is_warned_of_where_others_show_their_completion(kind: str) -> None:
    """Its url endpoints may still tell the truth."""
    scribe = scene(kind, (1, 2))
    scribe.show("reader", *at(10, 11), "pending", n=2)
    scribe.show("reader", *at(*LATE), "open")
    found = [one for one in findings(judged(scribe.history())) if one.requirement == "status-record"]
    assert [one.rule for one in found] == ["open-for-good"]


def test_a_target_that_never_shows_a_completion_need_not_show_this_one() -> None:
    """The field may be one that it never fills."""
    scribe = scene("good", (1, 2))
    for n in (1, 2):
        scribe.show("reader", *at(60 + n, 61 + n), "open", n=n)
    assert wrongs(scribe) == set()


def test_a_record_within_the_bound_or_after_another_attempt_may_still_be_open() -> None:
    """Replicas lag, and a completion that was sent again begins anew."""
    for ticks, again in ((SOON, False), (LATE, True)):
        scribe = scene("good", (1, 2))
        scribe.show("reader", *at(10, 11), "pending", n=2)
        if again:
            scribe.complete("actor", *at(50, 51))
        scribe.show("reader", *at(*ticks), "open")
        assert wrongs(scribe) == set()
