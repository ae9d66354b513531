"""Each rule by which shards are merged, with a history for which a wrong merge would give another answer.

The parts lie in projects of different shards. Judged each by itself, and what was found put together, they come to
something else than the history as a whole; shards come to what the whole does, or say why it must be judged as one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from judge_timeline import SIZE, TARGET, Scribe, error, uid
from judged import MEASURED, findings
from people_scenes import attach, grant, whoami
from review_scenes import PATIENT, at
from sharded import differences, sharded

from conformance.history.parquet.table_schema import bucket_of
from conformance.judge import judge_history
from conformance.model import Failure, History, Judgement, Phase, Target
from conformance.outcome.assemble import gist

pytest.importorskip("pyarrow", reason="the extra `columnar` is not installed")

SHARDS = (7, 64)
Part = Callable[[Scribe], None]


@dataclass(frozen=True, slots=True)
class Parted:
    """A history with its parts, each as one that is not told of the others would see it."""

    whole: History
    parts: tuple[History, ...]

    def by_themselves(self) -> list[Judgement]:
        """Return the judgements of a merge that only puts together."""
        return [judge_history(part) for part in self.parts]


def parted(*parts: Part, target: Target = PATIENT) -> Parted:
    """Write a history part by part."""
    scribe, places = Scribe(target), [0]
    for part in parts:
        part(scribe)
        places.append(len(scribe.operations))
    whole = scribe.history()
    alone = [{one.id for one in scribe.operations[a:b]} for a, b in itertools.pairwise(places)]
    return Parted(
        whole,
        tuple(replace(whole, operations=tuple(o for o in whole.operations if o.id in names)) for names in alone),
    )


def broken(*judgements: Judgement) -> set[str]:
    """Return the requirements that are broken in any of them."""
    return {one.requirement for each in judgements for one in findings(each)} - MEASURED


def in_shards(history: History, path: Path) -> set[str]:
    """Return why shards would not do, for each number of them; their judgement is the whole's where they do."""
    assert list(differences(history, path, SHARDS, whole_too=True)) == []
    return {found.why for found in (sharded(path, count, recorded=history.recorded) for count in SHARDS)}


def project(number: int, name: str = "") -> Part:
    """Return a part that makes a project."""

    def write(scribe: Scribe) -> None:
        made = scribe.project("maker", *at(-99, -98), n=number)
        if name:
            made_as = {**made.exchange.response, "name": name}
            asked = {"name": name, "description": "x"}
            scribe.operations[-1] = replace(made, exchange=replace(made.exchange, request=asked, response=made_as))

    return write


def upload(scribe: Scribe, n: int, home: int, *, good: bool = True, parts: int = 1) -> None:
    """Make an upload of small parts, and store them."""
    scribe.upload("maker", *at(-90, -89), n=n, size=parts * SIZE, project=home)
    for part in range(1, parts + 1):
        scribe.chunk("maker", *at(-85 + 4 * part, -84 + 4 * part), n=n, part=part, value="" if good else "0" * 32)
        scribe.put("maker", *at(-83 + 4 * part, -82 + 4 * part), n=n, part=part)


def served(scribe: Scribe, n: int, home: int, begun: int) -> None:
    """Complete an upload, attach it, and let both endpoints answer its truth."""
    scribe.complete("actor", *at(begun, begun + 1), n=n)
    scribe.file("actor", *at(begun + 2, begun + 3), n=n, home=home)
    scribe.url("reader", *at(begun + 4, begun + 5), n=n)
    scribe.vurl("reader", *at(begun + 6, begun + 7), n=n)


def test_the_projects_of_these_histories_lie_in_different_shards() -> None:
    """Else nothing would be merged."""
    for count in SHARDS:
        assert len({bucket_of(uid("pppp", n)) % count for n in (1, 2)}) == 2


def test_small_parts_that_one_project_was_served_convict_a_refusal_in_another(tmp_path: Path) -> None:
    """The probe: whether small parts may be refused is known from whoever was served some."""

    def accepted(scribe: Scribe) -> None:
        project(1)(scribe)
        upload(scribe, 1, 1, parts=2)
        served(scribe, 1, 1, 0)

    def refused(scribe: Scribe) -> None:
        project(2)(scribe)
        upload(scribe, 2, 2, parts=2, good=False)
        scribe.complete("actor", *at(20, 21), "400", n=2)

    history = parted(accepted, refused)
    assert broken(*history.by_themselves()) == set()
    assert broken(judge_history(history.whole)) == {"complete-no-integrity"}
    assert in_shards(history.whole, tmp_path / "h.parquet") == {""}


def test_a_pattern_over_bad_uploads_is_weighed_against_the_good_ones_of_other_projects(tmp_path: Path) -> None:
    """Three bad ones fail at completion; only that three good ones elsewhere do not makes it their mismatch."""

    def good(scribe: Scribe) -> None:
        project(1)(scribe)
        for n in (1, 2, 3):
            upload(scribe, n, 1)
            scribe.complete("actor", *at(10 * n, 10 * n + 1), n=n)

    def bad(scribe: Scribe) -> None:
        project(2)(scribe)
        for n in (4, 5, 6):
            upload(scribe, n, 2, good=False)
            scribe.complete("actor", *at(10 * n, 10 * n + 1), "500", n=n)
            scribe.complete("actor", *at(10 * n + 3, 10 * n + 5), n=n)

    history = parted(good, bad)
    assert broken(*history.by_themselves()) == {"no-5xx-legal"}
    assert broken(judge_history(history.whole)) == {"complete-no-500"}
    assert in_shards(history.whole, tmp_path / "h.parquet") == {"a pattern over many resources was found"}


def test_a_refused_name_that_another_project_was_given_may_be_listed(tmp_path: Path) -> None:
    """Names in listings: a create was refused, and a project of another shard was renamed to that name."""
    name = "a name with 17 signs"

    def refused(scribe: Scribe) -> None:
        scribe.wire("actor", *at(1, 2), "POST", "/projects", status=400, request={"name": name}, response=error(400))
        shown = {"results": [{"id": uid("pppp", 2), "name": name}]}
        scribe.answered("actor", *at(60, 61), "GET", "/projects", "200", shown, phase=Phase.FINAL)

    def renamed(scribe: Scribe) -> None:
        project(2)(scribe)
        made = {"kind": "dds-project", "id": uid("pppp", 2), "name": name, "is_deleted": False}
        scribe.answered("actor", *at(5, 6), "PUT", f"/projects/{uid('pppp', 2)}", "200", made, request={"name": name})

    history = parted(project(1), refused, renamed)
    assert broken(*history.by_themselves()) == {"refused-create-no-trace"}
    assert broken(judge_history(history.whole)) == set()
    assert in_shards(history.whole, tmp_path / "h.parquet") == {""}


def test_a_project_is_refused_for_a_slug_that_one_of_another_shard_holds(tmp_path: Path) -> None:
    """Names in listings: that the other one surely holds the slug is known there alone."""
    name = "a name with 18 signs"

    def holding(scribe: Scribe) -> None:
        made = scribe.project("maker", *at(-99, -98), n=1)
        made_as = {**made.exchange.response, "slug": "theirs"}
        scribe.operations[-1] = replace(made, exchange=replace(made.exchange, response=made_as))

    def refused(scribe: Scribe) -> None:
        body = error(400, "validation failed", errors=[{"field": "slug", "message": "is taken"}])
        asked = {"name": name, "description": "x", "slug": "theirs"}
        scribe.wire("actor", *at(1, 2), "POST", "/projects", status=400, request=asked, response=body)
        shown = {"results": [{"id": uid("pppp", 3), "name": name}]}
        scribe.answered("actor", *at(60, 61), "GET", "/projects", "200", shown, phase=Phase.FINAL)

    history = parted(holding, project(2), refused)
    assert broken(*history.by_themselves()) == set()
    assert broken(judge_history(history.whole)) == {"refused-create-no-trace"}
    assert in_shards(history.whole, tmp_path / "h.parquet") == {""}


def test_answers_to_wait_that_nobody_can_read_are_counted_over_all_projects(tmp_path: Path) -> None:
    """Three projects with one file each: none of them is a pattern by itself."""

    def unread(number: int) -> Part:
        def write(scribe: Scribe) -> None:
            project(number)(scribe)
            upload(scribe, number, number)
            scribe.complete("actor", *at(0, 1), n=number)
            scribe.file("actor", *at(2, 3), n=number, home=number)
            for tick in range(4, 14, 2):
                one = scribe.vurl("reader", *at(tick, tick + 1), "nc", n=number)
                cut = replace(one.exchange, response=None, failure=Failure.CUT)
                scribe.operations[-1] = replace(one, exchange=cut)
            scribe.vurl("reader", *at(20, 21), n=number)

        return write

    history = parted(*(unread(number) for number in (1, 2, 3)))
    assert broken(*history.by_themselves()) == set()
    assert broken(judge_history(history.whole)) == {"nc-until-consistent"}
    assert in_shards(history.whole, tmp_path / "h.parquet") == {"a pattern over many resources was found"}


@pytest.mark.parametrize("granted", [True, False])
def test_rights_in_one_project_decide_what_a_second_user_may_do_in_another(granted: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """Rights shared between users: an upload of one project is attached in another, by somebody else."""

    def owned(scribe: Scribe) -> None:
        project(1)(scribe)
        upload(scribe, 1, 1)
        scribe.complete("actor", *at(10, 11))
        whoami(scribe)
        if granted:
            grant(scribe)

    def attached(scribe: Scribe) -> None:
        scribe.project("stranger", *at(-99, -98), n=2, user="other")
        attach(scribe, 200, home=2)

    history = parted(owned, attached)
    assert broken(*history.by_themselves()) == set()
    assert broken(judge_history(history.whole)) == (set() if granted else {"other-user-attach"})
    assert in_shards(history.whole, tmp_path / "h.parquet") == {""}


def silent(scribe: Scribe) -> None:
    """Write a project that is answered nothing any more from some moment on."""
    project(2)(scribe)
    for nth in range(12):
        scribe.url(f"reader-{nth}", *at(20 + nth, 21 + nth), "lost", n=2)


def answered_at(tick: int) -> Part:
    """Return a project whose last answer comes at a moment."""

    def write(scribe: Scribe) -> None:
        project(1)(scribe)
        scribe.showproject("reader", *at(tick, tick + 1))

    return write


def test_silence_at_the_end_ends_with_the_last_answer_of_any_project(tmp_path: Path) -> None:
    """Silent to its end is one project by itself; where another was answered after it, the target had not gone."""

    def gone(history: History) -> bool:
        return any(gist(history).sums.ending.gone())

    still_there, away = parted(answered_at(50), silent), parted(answered_at(5), silent)
    assert [gone(part) for part in still_there.parts] == [False, True]
    assert not gone(still_there.whole)
    assert gone(away.whole)
    for number, history in enumerate((still_there, away)):
        assert in_shards(history.whole, tmp_path / f"{number}.parquet") == {""}


def test_counters_of_the_core_are_added_up(tmp_path: Path) -> None:
    """Each project reached some of the core: neither the last, nor the most, but the sum of all."""

    def reached(home: int) -> Part:
        def write(scribe: Scribe) -> None:
            project(home)(scribe)
            upload(scribe, home, home)
            served(scribe, home, home, 0)
            scribe.get("reader", *at(30, 31), n=home)

        return write

    history = parted(reached(1), reached(2), target=TARGET)
    one, other = (judgement.counters for judgement in history.by_themselves())
    whole = judge_history(history.whole).counters
    for name in ("good-file_url", "good-version_url", "good-bytes"):
        assert whole[name] == one[name] + other[name] > max(one[name], other[name])
    assert in_shards(history.whole, tmp_path / "h.parquet") == {""}
