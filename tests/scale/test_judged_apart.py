"""What a second user is refused, and names that are refused to uploads, leave their projects to be judged apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from judge_timeline import TARGET, TICK, Scribe, uid
from sharded import differences, sharded

from conformance.api.classifier import classify_all
from conformance.history.parquet.converting import convert_history
from conformance.judge.history_judge import judge_history
from conformance.judge.shards.one_place import OnePlace
from conformance.judge.shards.share import Share
from conformance.model import History, Operation, Phase

pytest.importorskip("pyarrow", reason="the extra `columnar` is not installed")

Clock = Callable[[], tuple[int, int]]


def scene(strange: Callable[[Scribe, Clock, int], None], projects: int = 6) -> History:
    """Give projects with a good upload each, and whatever strange things are done to them."""
    scribe = Scribe()
    for n in range(1, projects + 1):
        at = iter(range(n * TICK, (n + 1) * TICK, TICK // 60))

        def tick(at: Iterator[int] = at) -> tuple[int, int]:
            return next(at), next(at)

        scribe.project("owner", *tick(), n=n)
        scribe.upload("owner", *tick(), n=n, project=n)
        scribe.chunk("owner", *tick(), n=n)
        scribe.put("owner", *tick(), n=n)
        scribe.complete("owner", *tick(), n=n)
        scribe.file("owner", *tick(), n=n, home=n)
        strange(scribe, tick, n)
        for word in ("nc", "200"):
            scribe.url("owner", *tick(), word, n)
    return scribe.history()


def turned_away(scribe: Scribe, tick: Clock, n: int) -> None:
    """Let the second user ask for all sorts of things, in vain."""
    scribe.chunk("second", *tick(), "403", n, user="other")
    scribe.complete("second", *tick(), "403", n, user="other")
    scribe.upload("second", *tick(), "403", n, project=n, name=f"upload number {n}", user="other")
    scribe.url("second", *tick(), "403", n, user="other")


def refused_name(scribe: Scribe, tick: Clock, n: int) -> None:
    """Refuse an upload that nobody asks for again, and look for it in the end."""
    name = f"never made {n}"
    scribe.upload("owner", *tick(), "400", 50 + n, project=n, name=name)
    path = f"/projects/{uid('pppp', n)}/uploads"
    scribe.answered("owner", *tick(), "GET", path, "200", {"results": []}, phase=Phase.FINAL)


def in_one_place(history: History, path: Path) -> int:
    """Return how many operations were left to the one place."""
    convert_history(history, path)
    found = sharded(path, 7)
    assert found.gist is not None, found.why
    return len(found.gist.history.operations)


def test_a_project_whose_second_user_was_turned_away_is_judged_apart(tmp_path: Path) -> None:
    """The exposures of the rules about the second user are counted where the project is."""
    history = scene(turned_away)
    assert list(differences(history, tmp_path / "h.parquet", (1, 2, 7, 64))) == []
    assert judge_history(history).tallies["other-user-403"].exposures > 0
    assert in_one_place(history, tmp_path / "h.parquet") == 0


def test_a_second_user_who_is_let_in_ties_its_project_alone(tmp_path: Path) -> None:
    """What was let through convicts, and is found in the one place."""

    def let_in(scribe: Scribe, tick: Clock, n: int) -> None:
        turned_away(scribe, tick, n)
        if n == 2:
            scribe.answered("second", *tick(), "GET", f"/uploads/{uid('aaaa', n)}", "200", {"id": uid("aaaa", n)},
                            user="other")  # fmt: skip

    history = scene(let_in)
    assert judge_history(history).tallies["other-user-403"].findings
    assert list(differences(history, tmp_path / "h.parquet", (1, 7))) == []
    assert 0 < in_one_place(history, tmp_path / "h.parquet") < len(history.operations) / 2


def test_an_upload_named_in_a_form_that_hides_it_is_left_to_the_one_place(tmp_path: Path) -> None:
    """A form's flat field may name another project's upload, which only the whole knows."""

    def attaching(scribe: Scribe, tick: Clock, n: int) -> None:
        body = {"upload[id]": uid("aaaa", max(1, n - 1))}
        scribe.answered("second", *tick(), "PUT", f"/files/{uid('eeee', n)}", "403", None, request=body, user="other")

    history = scene(attaching)
    assert list(differences(history, tmp_path / "h.parquet", (1, 7, 64))) == []


def test_the_name_of_a_refused_upload_is_looked_for_in_its_own_project(tmp_path: Path) -> None:
    """Nobody else's listing shows it, so that nothing is left to the one place."""
    history = scene(refused_name)
    assert list(differences(history, tmp_path / "h.parquet", (1, 2, 7, 64))) == []
    assert judge_history(history).tallies["refused-create-no-trace"].exposures > 0
    assert in_one_place(history, tmp_path / "h.parquet") == 0


def test_a_refused_name_that_something_elsewhere_was_given_is_weighed_over_the_whole(tmp_path: Path) -> None:
    """One judge takes it that the upload may have been made after all; shards that count otherwise would differ."""

    def renaming(scribe: Scribe, tick: Clock, n: int) -> None:
        refused_name(scribe, tick, n)
        if n == 6:
            path, body = f"/projects/{uid('pppp', n)}", {"name": "never made 1"}
            scribe.answered("owner", *tick(), "PUT", path, "200", {"id": uid("pppp", n), **body}, request=body)

    history, path = scene(renaming), tmp_path / "h.parquet"
    exposed = judge_history(scene(refused_name)).tallies["refused-create-no-trace"].exposures
    assert judge_history(history).tallies["refused-create-no-trace"].exposures == exposed - 1
    assert list(differences(history, path, (1, 2, 7, 64))) == [
        f"{count} shards: must be judged whole, since an upload that was refused may have been made in another way"
        for count in (1, 2, 7, 64)
    ]


def test_rights_that_only_the_one_place_sees_are_weighed_over_the_whole() -> None:
    """A project that was judged as nobody else's cannot be one whose rights were changed."""

    def judged(strangers: set[str]) -> str:
        scribe = Scribe(TARGET)
        path = f"/projects/{uid('pppp', 1)}/permissions/{uid('uuuu', 1)}"
        grant = scribe.answered("owner", 1, 2, "PUT", path, "200", {}, request={"auth_role": {"id": "file_editor"}})
        operations: list[Operation] = [grant]
        place = OnePlace(TARGET, Share(strangers=strangers))
        return place.needs_the_whole(place.judged(operations, classify_all(operations, TARGET)))

    assert judged(set()) == ""
    assert judged({uid("pppp", 2)}) == ""
    assert judged({uid("pppp", 1)}) == "rights were changed in a project that was judged apart"
