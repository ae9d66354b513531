"""Files that are switched, promoted, moved, or go with their project."""

from __future__ import annotations

import pytest
from judge_timeline import error, prepared, uid
from review_scenes import at, scene, wrongs


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


def test_a_file_of_a_deleted_project_may_stay_not_consistent_until_the_purge() -> None:
    """Only its own deletion must show within the bound."""
    scribe = scene(done=False)
    scribe.file("actor", *at(3, 4))
    scribe.delproject("actor", *at(5, 6))
    scribe.url("reader", *at(80, 81), "nc")
    assert wrongs(scribe) == set()


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


def test_a_switch_refused_as_done_is_over_once_another_was_made() -> None:
    """It no longer explains the old bytes."""
    scribe = scene("good", (1, 2, 3))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(12, 13), "current", n=2)
    scribe.switch("actor", *at(14, 15), n=3)
    scribe.url("reader", *at(80, 81), key="/k")
    scribe.get("reader", *at(82, 83), "of1", key="/k")
    assert wrongs(scribe) == {"new-version-served"}


@pytest.mark.parametrize("status", [400, 409, 422])
@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("file_version", "is the current version already"), ("version_id", "must not be the same"),
        ("current_version", "unchanged"), ("base", "already current"), ("id", "the version is current"),
    ],
)  # fmt: skip
def test_a_promotion_that_is_refused_since_it_was_done_may_have_been_delivered_twice(
    status: int, field: str, message: str
) -> None:
    """The file then shows the promoted version's upload: no older one than it ought to."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(12, 13), n=2)
    body = error(status, "validation failed", errors=[{"field": field, "message": message}])
    scribe.wire("actor", *at(14, 15), "POST", f"/file_versions/{uid('ffff', 1)}/current", status=status, response=body)
    scribe.url("reader", *at(80, 81), key="/k")
    scribe.get("reader", *at(82, 83), "of1", key="/k")
    assert wrongs(scribe) == set()


def test_a_promotion_that_is_refused_for_another_reason_changes_nothing() -> None:
    """What the file showed before the last switch is old then."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(12, 13), n=2)
    scribe.wire("actor", *at(14, 15), "POST", f"/file_versions/{uid('ffff', 1)}/current", status=403,
                response=error(403, "forbidden"))  # fmt: skip
    scribe.url("reader", *at(80, 81), key="/k")
    scribe.get("reader", *at(82, 83), "of1", key="/k")
    assert wrongs(scribe) == {"new-version-served"}


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


def test_a_version_seen_before_it_was_acknowledged_may_be_unknown_elsewhere() -> None:
    """One replica lists it while its making is under way; another does not know it yet."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(20, 40))
    shown = {"results": [{"id": uid("ffff", 2), "upload": {"id": uid("aaaa", 2)}}]}
    scribe.answered("reader", *at(22, 23), "GET", f"/files/{uid('eeee', 1)}/versions", "200", shown)
    scribe.vurl("reader", *at(25, 26), "404", n=2)
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


def test_a_promotion_may_be_answered_by_the_file() -> None:
    """The file's id is no version's: asking for it as one is rightly answered 404."""
    scribe = prepared("good", (2,), prepared("good", (1,)))
    for n in (1, 2):
        scribe.complete("actor", *at(2 * n, 2 * n + 1), n=n)
    scribe.file("actor", *at(6, 7))
    scribe.switch("actor", *at(8, 9))
    made = {"id": uid("ffff", 91), "upload": {"id": uid("aaaa", 1)}}
    file = {"kind": "dds-file", "id": uid("eeee", 1), "current_version": made}
    scribe.answered("actor", *at(12, 13), "POST", f"/file_versions/{uid('ffff', 1)}/current", "201", file, request={})
    before = scribe.operations[:]
    for asked, expected in ((uid("eeee", 1), set()), (uid("ffff", 91), {"nc-until-consistent"})):
        scribe.operations = before[:]
        scribe.wire("reader", *at(15, 16), "GET", f"/file_versions/{asked}/url", status=404, response=error(404))
        assert wrongs(scribe) == expected


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


@pytest.mark.parametrize(
    ("deleted", "then", "served"),
    [
        (1, "", False),  # the replaced one: the file points to the second, whatever becomes of the first
        (2, "", True),  # the current one: nobody knows to which one the file then points
        (1, "same", False),  # another version of the deleted one's upload is not the deleted one
        (2, "same", False),  # the file was given another one when the current one was gone
        (2, "same at once", True),  # the deletion may have taken the new one, which has the number of the old
        (1, "promoted", False),  # as a version of its own
        (1, "lost promotion", True),  # perhaps back to the very one that was deleted
        (1, "lost switch", True),
    ],
)
@pytest.mark.parametrize("answer", ["204", "timeout"])
def test_only_the_deletion_of_what_may_be_the_current_version_lets_a_file_be_missing(
    deleted: int, then: str, answer: str, *, served: bool
) -> None:
    """A plain 404 for ever, three times later than the bound; a deletion that hangs may still come."""
    served |= (deleted, answer) == (2, "timeout")
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(14, 15))
    if then == "promoted":
        scribe.promote("actor", *at(16, 17), "201")
    scribe.delversion("actor", *at(18, 19), answer, n=deleted)
    if then.startswith("same"):
        again = scribe._file(1, 3, 1)
        body = {"upload": {"id": uid("aaaa", 1)}}
        when = at(18, 20) if then == "same at once" else at(20, 21)
        scribe.answered("actor", *when, "PUT", f"/files/{uid('eeee', 1)}", "200", again, request=body)
    elif then == "lost promotion":
        scribe.promote("actor", *at(16, 17), "timeout")
    elif then == "lost switch":
        scribe.switch("actor", *at(20, 21), "timeout", n=1)
    for n in range(3):
        scribe.url("reader", *at(80 + 4 * n, 81 + 4 * n), "404")
    scribe.vurl("other reader", *at(95, 96), n=2)
    assert ("new-version-served" in wrongs(scribe)) is not served


@pytest.mark.parametrize(("begun", "known"), [(20, True), (18, False)])
def test_a_switch_after_the_deletion_of_the_current_version_says_what_is_served(begun: int, *, known: bool) -> None:
    """Back to the first upload: the second's bytes are an older version's, if the deletion was over when it began."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(14, 15))
    scribe.delversion("actor", *at(18, 19), n=2)
    again, body = scribe._file(1, 3, 1), {"upload": {"id": uid("aaaa", 1)}}
    scribe.answered("actor", *at(begun, begun + 2), "PUT", f"/files/{uid('eeee', 1)}", "200", again, request=body)
    scribe.url("reader", *at(80, 81), key="/k")
    scribe.get("reader", *at(82, 83), n=2, key="/k")
    assert ("new-version-served" in wrongs(scribe)) is known
