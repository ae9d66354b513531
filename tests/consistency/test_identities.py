"""Ids given twice, and answers that carry another resource; and what may look like it."""

from __future__ import annotations

from typing import Any

import pytest
from judge_timeline import Scribe, prepared, uid
from judged import findings, judged
from review_scenes import at, scene, wrongs


def folder(
    scribe: Scribe, ticks: tuple[int, int], n: int, name: str, *, parent: str = "", above: int = 0, **more: Any
) -> None:
    """POST /folders, at the root or in folder number `above`; the answer may tell another `parent` project."""
    home = {"kind": "dds-folder", "id": uid("dddd", above)} if above else {"kind": "dds-project", "id": uid("pppp", 1)}
    asked = {"parent": home, "name": name}
    body = {"kind": "dds-folder", "id": uid("dddd", n), "name": name,
            "parent": {**home, "id": parent or home["id"]}, **more}  # fmt: skip
    scribe.wire("actor", *at(*ticks), "POST", "/folders", status=201, request=asked, response=body)


def upload(scribe: Scribe, ticks: tuple[int, int], n: int, wanted: str, **more: Any) -> None:
    """POST uploads in project 1, answered with upload n under a name."""
    asked = {"name": wanted, "content_type": "text/plain", "size": 10, "chunked": True}
    body = {**asked, "id": uid("aaaa", n), **more}
    path = f"/projects/{uid('pppp', 1)}/uploads"
    scribe.wire("actor", *at(*ticks), "POST", path, status=201, request=asked, response=body)


def rules(scribe: Scribe) -> set[str]:
    """Give the rules about identity that were broken."""
    found = findings(judged(scribe.history()))
    return {one.rule for one in found if one.requirement in ("distinct-ids", "body-own-resource")}


@pytest.mark.parametrize("ticks", [(6, 7), (2, 9), (4, 5)])
@pytest.mark.parametrize("upper", [False, True])
def test_one_id_for_two_uploads_is_convicted(ticks: tuple[int, int], upper: bool) -> None:  # noqa: FBT001
    """In sequence or at once, and in whatever letters."""
    scribe = prepared()
    upload(scribe, (4, 5), 7, "upload number 7")
    upload(scribe, ticks, 7, "upload number 8", **({"id": uid("aaaa", 7).upper()} if upper else {}))
    assert rules(scribe) == {"id-twice"}


def test_one_id_for_two_files_two_folders_or_two_projects_is_convicted() -> None:
    """Each kind by itself."""
    files = scene("good", (1, 2))
    files.file("actor", *at(10, 11), n=1)
    files.file("actor", *at(12, 13), n=1, upload=2)
    assert "id-twice" in rules(files)
    folders = prepared()
    folder(folders, (1, 2), 1, "one")
    folder(folders, (3, 4), 1, "two")
    assert rules(folders) == {"id-twice"}
    projects = Scribe()
    projects.project("a", *at(0, 1), n=1)
    made = dict(projects.operations[0].exchange.response)  # type: ignore[arg-type]
    asked = {"name": "another project", "description": "x"}
    projects.answered("b", *at(2, 3), "POST", "/projects", "202", made, request=asked)
    assert "id-twice" in rules(projects)


def test_one_version_of_two_files_is_convicted() -> None:
    """By two creations, or by a creation and a new version of another file."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11), n=1)
    other = scribe._file(2, 1, 2)
    asked = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}, "upload": {"id": uid("aaaa", 2)}}
    scribe.answered("actor", *at(12, 13), "POST", "/files", "201", other, request=asked)
    assert "id-twice" in rules(scribe)


def test_two_requests_that_ask_for_the_very_same_may_be_answered_as_one() -> None:
    """A gateway may have kept the answer."""
    scribe = prepared()
    for ticks in ((4, 5), (6, 7)):
        upload(scribe, ticks, 7, "upload number 7")
    assert rules(scribe) == set()


@pytest.mark.parametrize("answer", ["204", "timeout"])
def test_the_id_of_something_that_may_be_deleted_is_free_again(answer: str) -> None:
    """Its project was deleted."""
    scribe = prepared()
    upload(scribe, (4, 5), 7, "upload number 7")
    scribe.delproject("actor", *at(4, 8), answer)
    upload(scribe, (10, 11), 7, "upload number 8")
    assert rules(scribe) == set()


@pytest.mark.parametrize("kind", ["folder", "version"])
@pytest.mark.parametrize("deleted", ["another folder", "the folder", "the folder above", "lost"])
def test_only_the_deletion_of_what_held_an_id_frees_it(deleted: str, kind: str) -> None:
    """Another folder's deletion is no excuse, though it came first; a deletion whose answer was lost may be done."""
    scribe = scene("good", (1, 2))
    folder(scribe, (5, 6), 1, "above")
    folder(scribe, (6, 7), 2, "the folder", above=1)
    folder(scribe, (6, 7), 3, "another folder")
    home = {"kind": "dds-folder", "id": uid("dddd", 2)}
    root = {"kind": "dds-project", "id": uid("pppp", 1)}
    if kind == "version":
        asked = {"parent": home, "upload": {"id": uid("aaaa", 1)}}
        scribe.answered("actor", *at(10, 11), "POST", "/files", "201", scribe._file(1, 1, 1), request=asked)
    gone = {"another folder": 3, "the folder": 2, "the folder above": 1, "lost": 2}[deleted]
    status = None if deleted == "lost" else 204
    scribe.wire("actor", *at(20, 21), "DELETE", f"/folders/{uid('dddd', gone)}", status=status)
    if kind == "version":
        asked = {"parent": root, "upload": {"id": uid("aaaa", 2)}}
        scribe.answered("actor", *at(30, 31), "POST", "/files", "201", scribe._file(2, 1, 2), request=asked)
    else:
        folder(scribe, (30, 31), 2, "made later")
    assert rules(scribe) == ({"id-twice"} if deleted == "another folder" else set())


def test_answers_that_are_lost_give_no_id() -> None:
    """A retry of a lost create gets a resource of its own, or the one that was made."""
    scribe = prepared()
    scribe.upload("actor", *at(4, 5), "timeout", n=7)
    scribe.upload("actor", *at(6, 7), n=7)
    scribe.upload("actor", *at(8, 9), "500", n=7, name="another name 5")
    assert rules(scribe) == set()


def test_equal_ids_of_different_kinds_are_no_matter() -> None:
    """A server may number each kind by itself."""
    scribe = prepared()
    upload(scribe, (4, 5), 7, "upload number 7", id="7")
    folder(scribe, (6, 7), 1, "one", id="7")
    assert rules(scribe) == set()


def test_a_replica_that_shows_the_version_before_gives_no_id_twice() -> None:
    """The answer to a switch may show the first version still."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    asked = {"upload": {"id": uid("aaaa", 2)}}
    scribe.answered(
        "actor", *at(12, 13), "PUT", f"/files/{uid('eeee', 1)}", "200", scribe._file(1, 1, 1), request=asked
    )
    assert rules(scribe) == set()


# ---- bodies


@pytest.mark.parametrize(
    "more",
    [
        {"project": {"id": uid("pppp", 2)}},
        {"project": {"id": uid("pppp", 2).upper(), "name": "x"}},
        {"name": "upload number 1"},
        {"name": " Upload Number 1"},
    ],
)
def test_an_upload_that_is_answered_with_another_is_convicted(more: dict[str, Any]) -> None:
    """In another project, or under the name that another create asked for."""
    scribe = prepared()
    upload(scribe, (4, 5), 7, "upload number 7", **more)
    assert rules(scribe) == {"another-resource"}


def test_a_file_or_folder_that_is_answered_with_another_is_convicted() -> None:
    """Of another upload, in another place, or of another kind."""
    for version, kind in ((2, "dds-file"), (1, "dds-folder")):
        scribe = scene("good", (1, 2))
        body = {**scribe._file(1, 1, version), "kind": kind}
        asked = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}, "upload": {"id": uid("aaaa", 1)}}
        scribe.answered("actor", *at(10, 11), "POST", "/files", "201", body, request=asked)
        assert "another-resource" in rules(scribe)
    scribe = prepared()
    folder(scribe, (1, 2), 1, "one", parent=uid("pppp", 2))
    assert rules(scribe) == {"another-resource"}


def test_a_change_that_is_answered_with_another_resource_is_convicted() -> None:
    """A file that was renamed is itself."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    path = f"/files/{uid('eeee', 1)}/rename"
    scribe.answered("actor", *at(12, 13), "PUT", path, "200", scribe._file(2, 2, 2), request={"name": "new name"})
    assert "another-resource" in rules(scribe)


@pytest.mark.parametrize(
    "more",
    [
        {"project": {"id": uid("pppp", 1).upper()}}, {"project": {}}, {"project": None}, {"project": "x"},
        {"name": "upload number 7 (1)"}, {"name": "UPLOAD NUMBER 7 "}, {"name": None}, {"kind": "dds-upload"},
    ],
)  # fmt: skip
def test_an_answer_that_shows_less_or_in_another_spelling_is_its_own(more: dict[str, Any]) -> None:
    """A name that is trimmed, counted up or left out; ids in upper case."""
    scribe = prepared()
    upload(scribe, (4, 5), 7, "upload number 7", **more)
    assert rules(scribe) == set()


def test_two_creates_may_ask_for_one_name() -> None:
    """Each is answered with that name, then."""
    scribe = prepared()
    upload(scribe, (4, 5), 7, "upload number 1")
    assert wrongs(scribe) == set()


@pytest.mark.parametrize("done", ["202", "500", "400"])
def test_the_same_words_once_more_when_the_first_upload_was_completed_ask_for_another(done: str) -> None:
    """What was completed can be filled by nobody; as long as it is open, one answer for both is no wrong."""
    scribe = prepared()
    upload(scribe, (4, 5), 7, "upload number 7")
    scribe.complete("actor", *at(6, 7), done, n=7)
    upload(scribe, (8, 9), 7, "upload number 7")
    assert rules(scribe) == ({"id-twice"} if done == "202" else set())


@pytest.mark.parametrize("ticks", [(6, 9), (8, 11), (1, 3), (3, 20)])
def test_a_completion_that_overlaps_one_of_two_equal_creates_proves_nothing(ticks: tuple[int, int]) -> None:
    """Each step must have been acknowledged before the next began."""
    scribe = prepared()
    upload(scribe, (2, 5), 7, "upload number 7")
    scribe.complete("actor", *at(*ticks), "202", n=7)
    upload(scribe, (8, 10), 7, "upload number 7")
    assert rules(scribe) == set()


def test_an_upload_that_went_with_its_project_may_be_given_once_more() -> None:
    """Its id is free again."""
    scribe = prepared()
    upload(scribe, (2, 3), 7, "upload number 7")
    scribe.complete("actor", *at(4, 5), "202", n=7)
    scribe.delproject("actor", *at(6, 7))
    upload(scribe, (8, 10), 7, "upload number 7")
    assert rules(scribe) == set()
