"""The judge follows a file through folders, renames and moves: it excuses what may be deleted, and nothing else."""

from __future__ import annotations

import pytest
from judge_timeline import SIZE, Scribe, uid
from people_scenes import LATE
from review_scenes import at, scene, wrongs


def folder(scribe: Scribe, tick: int, n: int = 1, *, within: int = 0, project: int = 1, answer: str = "201") -> None:
    """Make folder `n` at the root, or within another."""
    made = {"kind": "dds-folder", "id": uid("dddd", n), "name": f"folder {n}", "project": {"id": uid("pppp", project)}}
    request = {"name": f"folder {n}", "parent": place(within, project)}
    scribe.answered("actor", *at(tick, tick + 1), "POST", "/folders", answer, made, request=request)


def place(within: int, project: int = 1) -> dict[str, str]:
    """Name a folder, or the root of a project."""
    if within:
        return {"kind": "dds-folder", "id": uid("dddd", within)}
    return {"kind": "dds-project", "id": uid("pppp", project)}


def filed(scribe: Scribe, tick: int, within: int) -> None:
    """Make file 1 of upload 1 in a folder."""
    current = {"id": uid("ffff", 1), "version": 1, "upload": {"id": uid("aaaa", 1), "size": SIZE}}
    made = {"kind": "dds-file", "id": uid("eeee", 1), "project": {"id": uid("pppp", 1)}, "current_version": current}
    request = {"upload": {"id": uid("aaaa", 1)}, "parent": place(within)}
    scribe.answered("actor", *at(tick, tick + 1), "POST", "/files", "201", made, request=request)


def moved(scribe: Scribe, tick: int, within: int, answer: str = "200", *, what: str = "files", n: int = 1) -> None:
    """Move file (or folder) `n` into a folder, or to the root."""
    name = uid("eeee" if what == "files" else "dddd", n)
    scribe.answered("actor", *at(tick, tick + 1), "PUT", f"/{what}/{name}/move", answer, {"id": name},
                    request={"parent": place(within)})  # fmt: skip


def gone(scribe: Scribe, tick: int, n: int, answer: str = "204") -> None:
    """Delete folder `n`."""
    scribe.answered("actor", *at(tick, tick + 1), "DELETE", f"/folders/{uid('dddd', n)}", answer, None)


def nested() -> Scribe:
    """Give a good upload whose file lies in folder 2, which lies in folder 1; folder 3 is beside it."""
    scribe = scene()
    folder(scribe, 4, 1)
    folder(scribe, 6, 2, within=1)
    folder(scribe, 8, 3)
    filed(scribe, 10, 2)
    return scribe


def look(scribe: Scribe, tick: int = LATE) -> set[str]:
    """Ask for the file's url and its version's, be told that neither is there, and judge."""
    scribe.url("reader", *at(tick, tick + 1), "404")
    scribe.vurl("reader", *at(tick + 2, tick + 3), "404")
    return wrongs(scribe)


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("answer", ["204", "lost", "404"])
def test_a_file_may_be_gone_with_the_folder_that_holds_it(n: int, answer: str) -> None:
    """Its own, or one further up, from the beginning of the deletion."""
    scribe = nested()
    gone(scribe, 20, n, answer)
    assert look(scribe, 20) == set()


@pytest.mark.parametrize(("n", "answer"), [(3, "204"), (3, "lost"), (1, "403"), (2, "400")])
def test_a_file_is_not_gone_with_a_folder_beside_it_or_with_one_that_stays(n: int, answer: str) -> None:
    """A fault in folders alone is not excused by deletions elsewhere."""
    scribe = nested()
    gone(scribe, 20, n, answer)
    assert look(scribe) == {"nc-until-consistent"}


def test_a_file_that_was_moved_out_in_time_is_not_gone() -> None:
    """By itself, or with its folder."""
    for what, n in (("files", 1), ("folders", 2)):
        scribe = nested()
        moved(scribe, 15, 3, what=what, n=n)
        gone(scribe, 20, 1)
        assert look(scribe) == {"nc-until-consistent"}


@pytest.mark.parametrize("answer", ["lost", "403", "500"])
def test_a_file_whose_move_was_not_acknowledged_may_be_gone(answer: str) -> None:
    """It may still lie where it lay."""
    scribe = nested()
    moved(scribe, 15, 3, answer)
    gone(scribe, 20, 1)
    assert look(scribe) == set()


def test_a_file_that_was_moved_into_a_folder_may_be_gone_with_that() -> None:
    """Acknowledged or not, by itself or with its folder; and from its old place too until the move was over."""
    for what, n in (("files", 1), ("folders", 2)):
        for answer in ("200", "lost"):
            scribe = nested()
            moved(scribe, 15, 3, answer, what=what, n=n)
            gone(scribe, 20, 3)
            assert look(scribe) == set()


def test_a_move_while_the_folder_is_being_deleted_may_come_too_late() -> None:
    """The two overlap."""
    scribe = nested()
    moved(scribe, 20, 3)
    gone(scribe, 20, 1)
    assert look(scribe) == set()


def test_a_file_that_was_moved_to_another_project_goes_with_that() -> None:
    """Not with the one that it came from."""
    for n, wrong in ((2, set()), (1, {"nc-until-consistent"})):
        scribe = nested()
        scribe.project("actor", *at(12, 13), n=2)
        scribe.answered("actor", *at(15, 16), "PUT", f"/files/{uid('eeee', 1)}/move", "200", {"id": uid("eeee", 1)},
                        request={"parent": place(0, 2)})  # fmt: skip
        scribe.delproject("actor", *at(20, 21), n=n)
        assert look(scribe) == wrong


def test_a_folder_that_nobody_saw_made_may_lie_anywhere() -> None:
    """Its create was not answered, so any deletion may take it along."""
    scribe = scene()
    folder(scribe, 4, 1, answer="lost")
    folder(scribe, 6, 2)
    filed(scribe, 10, 1)
    gone(scribe, 20, 2)
    assert look(scribe) == set()


@pytest.mark.parametrize("verb", ["move", "rename"])
@pytest.mark.parametrize("answer", ["200", "lost", "409"])
def test_moving_and_renaming_change_nothing_about_the_verdict(verb: str, answer: str) -> None:
    """While pending and after it: not-consistent before, 200 afterwards, and never an ordinary 404."""
    scribe = scene(done=False)
    folder(scribe, 0, 1)
    filed(scribe, 2, 1)
    scribe.url("reader", *at(4, 5), "nc")
    for tick in (6, 40):
        request = {"parent": place(0)} if verb == "move" else {"name": "another name"}
        path = f"/files/{uid('eeee', 1)}/{verb}"
        scribe.answered("actor", *at(tick, tick + 1), "PUT", path, answer, {"id": uid("eeee", 1)}, request=request)
        scribe.url("reader", *at(tick + 2, tick + 3), "nc" if tick < 10 else "200")
        if tick < 10:
            scribe.complete("actor", *at(10, 12))
    assert wrongs(scribe) == set()
    assert look(scribe) == {"nc-until-consistent"}


def test_a_file_that_cycles_through_folders_is_followed_without_end() -> None:
    """Two folders that, by answers that overlap, hold each other."""
    scribe = nested()
    moved(scribe, 15, 2, what="folders", n=1)
    assert look(scribe) == {"nc-until-consistent"}
