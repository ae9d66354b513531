"""Servers that trim, normalise or compare names as they like, and are legal: a name taken for another is measured."""

from __future__ import annotations

import pytest
from judge_timeline import Scribe, prepared, uid
from judged import crimes, findings, judged
from review_scenes import at, wrongs

NAME = "plan 7 upload 12"
ALIKE = [NAME.upper(), f"{NAME}...", f"  {NAME} ", f"\u00a0{NAME}\u3000", NAME.replace(" ", "  ")]


def upload(scribe: Scribe, tick: int, n: int, wanted: str, given: str) -> None:
    """POST uploads, answered under another name."""
    asked = {"name": wanted, "content_type": "text/plain", "size": 1024, "chunked": True}
    body = {**asked, "id": uid("aaaa", n), "name": given}
    scribe.answered("actor", *at(tick, tick + 1), "POST", f"/projects/{uid('pppp', 1)}/uploads", "201", body,
                    request=asked)  # fmt: skip


def project(scribe: Scribe, tick: int, n: int, wanted: str) -> None:
    """POST projects, answered with project n."""
    asked = {"name": wanted, "description": "x"}
    made = {"kind": "dds-project", "id": uid("pppp", n), **asked, "is_deleted": False}
    scribe.answered("actor", *at(tick, tick + 1), "POST", "/projects", "202", made, request=asked)


@pytest.mark.parametrize("wanted", ALIKE)
def test_a_server_that_trims_or_folds_names_answers_with_no_other_upload(wanted: str) -> None:
    """Both uploads are called the same afterwards; who is told another's name all the same is convicted."""
    scribe = prepared("good", ())
    upload(scribe, 0, 12, NAME, NAME)
    upload(scribe, 3, 13, wanted, NAME)
    assert wrongs(scribe) == set()
    upload(scribe, 6, 14, "plan 7 upload 14", NAME)
    assert wrongs(scribe) == {"body-own-resource"}


@pytest.mark.parametrize("wanted", [NAME, *ALIKE])
def test_a_server_may_answer_for_the_project_that_it_takes_to_be_of_that_name(wanted: str) -> None:
    """Project names may be unique to it without regard to case, spaces or dots; two other names are two projects."""
    scribe = Scribe()
    project(scribe, 0, 1, NAME)
    project(scribe, 3, 1, wanted)
    assert wrongs(scribe) == set()
    project(scribe, 6, 1, "another name 5")
    assert wrongs(scribe) == {"distinct-ids", "project-create-body"}


def _same_name(other: str = "upload number 1") -> Scribe:
    """Give two good uploads, of which the first is a file that the second, of that or another name, becomes as well."""
    scribe = prepared("good", (1,))
    scribe.upload("maker", *at(-50, -49), n=2, name=other)
    scribe.chunk("maker", *at(-48, -47), n=2)
    scribe.put("maker", *at(-46, -45), n=2)
    for n in (1, 2):
        scribe.complete("actor", *at(3 * n, 3 * n + 1), n=n)
    scribe.file("actor", *at(10, 11), n=1)
    scribe.url("reader", *at(15, 16))
    asked = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}, "upload": {"id": uid("aaaa", 2)}}
    scribe.answered("actor", *at(20, 21), "POST", "/files", "201", scribe._file(1, 2, 2), request=asked)
    return scribe


def test_a_server_may_take_a_second_file_of_one_name_for_a_new_version() -> None:
    """Its url then serves the new bytes, and may wait anew; files of two names are two."""
    scribe = _same_name()
    scribe.url("reader", *at(22, 23), key="/store/new")
    scribe.get("reader", *at(24, 25), "of2", key="/store/new")
    scribe.vurl("reader", *at(80, 81), n=1, key="/store/old")
    scribe.get("reader", *at(82, 83), key="/store/old")
    scribe.url("reader", *at(84, 85), key="/store/new2")
    scribe.get("reader", *at(86, 87), "of2", key="/store/new2")
    assert wrongs(scribe) == set()
    assert "distinct-ids" in wrongs(_same_name("another name 2"))


def test_a_second_file_of_one_name_that_still_serves_the_first_after_the_bound_is_convicted() -> None:
    """It was acknowledged as a new version."""
    scribe = _same_name()
    scribe.url("reader", *at(84, 85), key="/store/old")
    scribe.get("reader", *at(86, 87), key="/store/old")
    found = findings(judged(scribe.history()))
    assert "new-version-served" in crimes(judged(scribe.history())), found
