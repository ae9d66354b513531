"""Members are judged as the owner is, strangers may not look, and nobody attaches what is not theirs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from judge_timeline import Scribe, prepared, uid
from judged import findings, judged
from people_scenes import LATE, THIRD, attach, grant, whoami, withdraw
from review_scenes import as_form, at, scene, wrongs

from conformance.judge import judge_history
from conformance.judge.evidence import verify


def rules(scribe: Scribe) -> set[str]:
    """Give the rules that found something, each finding proved by its own operations alone."""
    history = scribe.history()
    found = findings(judged(history))
    assert all(verify(one, history) for one in found)
    return {one.rule for one in found}


def exposed(scribe: Scribe, requirement: str) -> int:
    """Give the occasions for a requirement."""
    tally = judge_history(scribe.history()).tallies.get(requirement)
    return tally.exposures if tally else 0


# ---- strangers who are told to come back

PLACES: dict[str, Callable[[Scribe, str, str], object]] = {
    "file_url": lambda s, answer, user: s.url("stranger", *at(20, 21), answer, user=user),
    "version_url": lambda s, answer, user: s.vurl("stranger", *at(20, 21), answer, user=user),
    "create_upload": lambda s, answer, user: s.upload("stranger", *at(20, 21), answer, n=8, user=user),
    "create_chunk": lambda s, answer, user: s.chunk("stranger", *at(20, 21), answer, part=1, user=user),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_stranger_who_is_told_not_consistent_is_warned_of(place: str) -> None:
    """At each extended endpoint and at chunks: it tells that the resource is there, and to come back."""
    scribe = scene(done=False)
    scribe.file("actor", *at(10, 11))
    PLACES[place](scribe, "nc", "other")
    assert "stranger-told-to-wait" in rules(scribe)
    assert wrongs(scribe) <= {"other-user-403", "nc-tolerated-endpoints"}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("answer", ["403", "400", "429", "lost"])
def test_a_stranger_who_is_refused_learns_nothing(place: str, answer: str) -> None:
    """The right answer, and what tells nothing."""
    scribe = scene(done=False)
    scribe.file("actor", *at(10, 11))
    PLACES[place](scribe, answer, "other")
    assert "other-user-403" not in wrongs(scribe)


@pytest.mark.parametrize("place", PLACES)
def test_what_is_being_deleted_or_made_may_be_told_in_any_way(place: str) -> None:
    """Its project may be gone already."""
    scribe = scene(done=False)
    scribe.file("actor", *at(10, 11))
    scribe.delproject("actor", *at(15, 30), "lost")
    PLACES[place](scribe, "nc", "other")
    assert "other-user-403" not in wrongs(scribe)


def test_a_404_that_the_owner_is_told_just_the_same_gives_nothing_away() -> None:
    """A chunk of a single-part upload, on the deployed service; the owner's other calls do not matter."""
    for owner, wrong in (("404", set()), ("200", {"other-user-403"})):
        scribe = scene("goodsingle", done=False)
        scribe.chunk("owner", *at(5, 6), owner)
        scribe.chunk("stranger", *at(LATE, LATE + 1), "404", user="other")
        assert wrongs(scribe) == wrong


# ---- members

ROLES = ("project_admin", "system_admin", "file_editor", "file_downloader")


def joined(kind: str = "good", role: str = "project_admin", *, done: bool = True) -> Scribe:
    """Give an upload with its file, in a project in which the second user was given a role and was let in."""
    scribe = scene(kind, done=done)
    scribe.file("actor", *at(3, 4))
    whoami(scribe)
    grant(scribe, 5, role=role)
    scribe.answered(
        "member", *at(8, 9), "GET", f"/projects/{uid('pppp', 1)}", "200", {"id": uid("pppp", 1)}, user="other"
    )
    return scribe


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("kind", "answer", "tick", "wrong"),
    [
        ("bad", "200", 20, "bad-never-200"),
        ("good", "ie", 20, "good-never-integrity"),
        ("good", "404", 20, "nc-until-consistent"),
        ("good", "nc", LATE, "converges-upload"),
    ],
)
def test_what_a_member_reads_is_judged_as_what_the_owner_reads(
    role: str, kind: str, answer: str, tick: int, wrong: str
) -> None:
    """A server that is wrong for members alone is wrong, whatever right they have to look."""
    scribe = joined(kind, role)
    scribe.url("member", *at(tick, tick + 1), answer, user="other")
    assert wrongs(scribe) == {wrong}


def test_what_a_member_makes_is_judged_as_what_the_owner_makes() -> None:
    """Its upload, its bytes, its completion, its file; a bad one that is answered 200 to it or to the owner."""
    for reader in ("owner", "other"):
        scribe = prepared("good", (1,))
        whoami(scribe)
        grant(scribe)
        scribe.upload("member", *at(10, 11), n=2, user="other")
        scribe.chunk("member", *at(12, 13), n=2, value="0" * 32, user="other")
        scribe.put("member", *at(14, 15), n=2)
        scribe.complete("member", *at(16, 17), n=2, user="other")
        scribe.file("member", *at(18, 19), n=2, user="other")
        scribe.url("reader", *at(30, 31), "200", n=2, user=reader)
        assert wrongs(scribe) == {"bad-never-200"}


@pytest.mark.parametrize("standing", ["let in", "just given a right", "without a right here"])
@pytest.mark.parametrize(("answer", "wrong"), [("already", set()), ("403", {"no-early-answer"})])
def test_a_completion_of_somebody_elses_upload_that_a_gateway_delivered_twice(
    standing: str, answer: str, wrong: set[str]
) -> None:
    """The first delivery did it, and the second was refused because it is so already: the verdict is not early."""
    scribe = joined(done=False) if standing == "let in" else scene(done=False)
    if standing != "let in":
        scribe.file("actor", *at(3, 4))
        whoami(scribe)
        grant(scribe, 10, n=1 if standing == "just given a right" else 2)
    scribe.complete("member", *at(16, 17), answer, user="other")
    scribe.url("actor", *at(30, 31), "200")
    assert wrongs(scribe) == wrong


def test_a_completion_by_a_member_that_never_comes_to_its_truth() -> None:
    """The bound counts from its own 202."""
    scribe = prepared("good", (1,))
    whoami(scribe)
    grant(scribe)
    scribe.complete("member", *at(16, 17), user="other")
    scribe.file("actor", *at(18, 19))
    scribe.url("actor", *at(LATE, LATE + 1), "nc")
    assert wrongs(scribe) == {"converges-upload"}


@pytest.mark.parametrize("answer", ["403", "404"])
def test_a_right_may_not_be_visible_at_once(answer: str) -> None:
    """Until the bound is over, or the member was let in."""
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    whoami(scribe)
    grant(scribe, 5)
    for tick in range(7, 30, 4):
        scribe.url("member", *at(tick, tick + 1), answer, user="other")
    assert wrongs(scribe) == set()


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_right_that_is_not_visible_later_than_the_bound_was_never_given(*, withdrawn: bool) -> None:
    """Whatever becomes of it when the member was refused three times, while the owner was answered."""
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    whoami(scribe)
    grant(scribe, 5)
    for tick in (LATE, LATE + 50, LATE + 100):
        scribe.url("member", *at(tick, tick + 1), "403", user="other")
        scribe.vurl("actor", *at(tick + 2, tick + 3))
    if withdrawn:
        withdraw(scribe, LATE + 110)
    assert wrongs(scribe) == {"converges-upload"}


@pytest.mark.parametrize("role", ["project_viewer", "file_uploader", "?"])
def test_a_right_that_does_not_cover_the_call_is_none(role: str) -> None:
    """Whoever may only look at the project, or fill it, need not be given a url; nobody knows about other roles."""
    for answer in ("403", "404", "200"):
        scribe = joined("good", role)
        scribe.url("member", *at(LATE, LATE + 1), answer, user="other")
        assert wrongs(scribe) == set()


def test_rights_of_somebody_else_are_not_the_second_users() -> None:
    """It stays a stranger: 403 is right, 404 within the bound too, and to be let in is not."""
    for answer, wrong in (("403", set()), ("nc", {"other-user-403"}), ("200", {"other-user-403"})):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        whoami(scribe)
        grant(scribe, 5, user=THIRD)
        scribe.url("stranger", *at(20, 21), answer, user="other")
        assert wrongs(scribe) == wrong


@pytest.mark.parametrize("answer", ["403", "nc", "200", "404"])
def test_who_the_rights_were_given_to_must_be_known(answer: str) -> None:
    """Where no answer told who the second user is, nothing is said of what it may do."""
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    grant(scribe, 5)
    for tick in (LATE, LATE + 50, LATE + 100):
        scribe.url("member", *at(tick, tick + 1), answer, user="other")
    assert wrongs(scribe) == set()


@pytest.mark.parametrize("grants", [("lost",), ("403", "lost"), ("202",)])
def test_a_right_that_was_not_acknowledged_may_be_there_or_not(grants: tuple[str, ...]) -> None:
    """Neither a member's nor a stranger's answers count."""
    for answer in ("403", "404", "nc", "200"):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        whoami(scribe)
        for n, word in enumerate(grants):
            grant(scribe, 5 + 2 * n, word)
        scribe.url("member", *at(20, 21), answer, user="other")
        assert wrongs(scribe) == set()


def test_a_right_that_was_refused_was_not_given() -> None:
    """The second user is still a stranger."""
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    whoami(scribe)
    grant(scribe, 5, "403")
    scribe.url("stranger", *at(20, 21), "200", user="other")
    assert wrongs(scribe) == {"other-user-403"}


# ---- rights withdrawn


@pytest.mark.parametrize(
    "look",
    [
        lambda s, t: s.url("member", *at(t, t + 1), "200", user="other"),
        lambda s, t: s.vurl("member", *at(t, t + 1), "nc", user="other"),
        lambda s, t: s.show("member", *at(t, t + 1), "ok", user="other"),
        lambda s, t: s.showproject("member", *at(t, t + 1), user="other"),
        lambda s, t: s.delfile("member", *at(t, t + 1), user="other"),
    ],
)
def test_a_right_that_was_withdrawn_is_none_after_the_bound(look: Callable[[Scribe, int], object]) -> None:
    """Who was a member is a stranger again; within the bound the right may still show."""
    for tick, wrong in ((LATE, {"other-user-403"}), (45, set())):
        scribe = joined()
        withdraw(scribe, 40)
        look(scribe, tick)
        assert wrongs(scribe) == wrong


@pytest.mark.parametrize("answer", ["403", "404"])
def test_a_member_whose_right_is_withdrawn_may_be_refused_from_then_on(answer: str) -> None:
    """From the beginning of the withdrawal, whatever became of it."""
    for word in ("204", "lost", "404"):
        scribe = joined()
        withdraw(scribe, 40, word)
        for tick in (40, 44, LATE, LATE + 20, LATE + 40):
            scribe.url("member", *at(tick, tick + 1), answer, user="other")
        scribe.url("actor", *at(LATE + 50, LATE + 51))
        assert wrongs(scribe) <= ({"other-user-403"} if answer == "404" else set())


def test_a_right_that_is_given_again_counts_again() -> None:
    """Withdrawn, given, and the member's reads are the owner's."""
    scribe = joined("bad")
    withdraw(scribe, 40)
    grant(scribe, 50)
    scribe.url("member", *at(LATE, LATE + 1), "200", user="other")
    assert wrongs(scribe) == {"bad-never-200"}


def test_what_a_member_made_itself_may_stay_visible_to_it() -> None:
    """Whether who made it keeps a right to it is left to the target."""
    scribe = joined()
    scribe.upload("member", *at(20, 21), n=2, user="other")
    withdraw(scribe, 40)
    scribe.show("member", *at(LATE, LATE + 1), "open", n=2, user="other")
    assert wrongs(scribe) == set()


# ---- attaching what is not one's own


@pytest.mark.parametrize("by", ["POST", "PUT"])
@pytest.mark.parametrize("done", [True, False])
def test_a_strangers_file_of_the_owners_upload(by: str, done: bool) -> None:  # noqa: FBT001 - a case
    """As a new file or as a new version, completed or not."""
    scribe = scene(done=done)
    attach(scribe, 30, by=by)
    assert rules(scribe) == {"foreign-upload-attached"}
    assert wrongs(scribe) == {"other-user-attach"}


def test_a_stranger_who_attaches_by_a_form() -> None:
    """As the official client sends it."""
    scribe = scene()
    form = as_form(f"upload[id]={uid('aaaa', 1)}")
    made = {"id": uid("eeee", 7), "current_version": {"id": uid("ffff", 57), "upload": {"id": uid("aaaa", 1)}}}
    path = f"/files/{uid('eeee', 7)}"
    scribe.answered("stranger", *at(30, 31), "PUT", path, "200", made, request=form, user="other")
    assert wrongs(scribe) == {"other-user-attach"}


def test_a_right_in_another_project_is_none_to_the_upload() -> None:
    """A member of project 2 attaches an upload of project 1 there."""
    scribe = scene()
    scribe.project("actor", *at(5, 6), n=2)
    whoami(scribe)
    grant(scribe, 8, n=2)
    attach(scribe, 30, home=2)
    assert wrongs(scribe) == {"other-user-attach"}


@pytest.mark.parametrize("answer", ["403", "404", "400", "422", "nc"])
@pytest.mark.parametrize("by", ["POST", "PUT"])
def test_any_refusal_of_an_attachment_will_do(answer: str, by: str) -> None:
    """And it is an occasion that was passed."""
    scribe = scene()
    attach(scribe, 30, answer, by=by)
    assert "other-user-attach" not in wrongs(scribe)
    assert exposed(scribe, "other-user-attach") == 1


def test_attachments_that_show_nothing() -> None:
    """By a member, of one's own upload, of an upload being deleted or not yet acknowledged, and without an answer."""
    member = joined()
    attach(member, 30, home=1)
    own = scene()
    own.upload("stranger", *at(20, 21), n=4, project=9, user="other")
    attach(own, 30, upload=4)
    doomed = scene()
    doomed.delproject("actor", *at(25, 35), "lost")
    attach(doomed, 30)
    early = scene()
    early.upload("actor", *at(29, 31), n=2)
    attach(early, 30, upload=2)
    lost = scene()
    attach(lost, 30, "lost")
    unknown = scene()
    attach(unknown, 30, upload=44)
    for scribe in (member, own, doomed, early, lost, unknown):
        assert wrongs(scribe) == set()
        assert exposed(scribe, "other-user-attach") == 0


def test_a_member_may_attach_the_uploads_of_its_project() -> None:
    """The owner's too, as the owner's own doing."""
    scribe = joined("bad", done=False)
    attach(scribe, 30, home=1)
    scribe.complete("actor", *at(40, 41))
    scribe.url("member", *at(50, 51), "200", n=7, user="other")
    assert wrongs(scribe) == {"bad-never-200"}


def refused_member(kind: str, answer: str, ticks: tuple[int, ...], *then: str) -> Scribe:
    """Give a history in which a member is refused at some ticks, and the owner answered before and after."""
    scribe = joined(kind)
    truth = "ie" if kind == "bad" else "200"
    scribe.url("reader", *at(20, 21), truth)
    for tick in ticks:
        scribe.url("member", *at(tick, tick + 1), answer, user="other")
    for n, later in enumerate(then):
        scribe.url("member", *at(ticks[-1] + 3 + 2 * n, ticks[-1] + 4 + 2 * n), later, user="other")
    scribe.url("reader", *at(LATE + 40, LATE + 41), truth)
    return scribe


LASTING = (LATE, LATE + 2, LATE + 4)


@pytest.mark.parametrize("kind", ["good", "bad"])
@pytest.mark.parametrize("answer", ["403", "500"])
def test_a_member_who_is_refused_for_good_is_convicted_although_the_owner_is_answered(kind: str, answer: str) -> None:
    """Whoever has the right must come to the truth: that others do is no help."""
    assert "converges-upload" in wrongs(refused_member(kind, answer, LASTING))


@pytest.mark.parametrize("kind", ["good", "bad"])
@pytest.mark.parametrize(
    ("ticks", "then"),
    [(LASTING[:2], ()), ((20, 22, 24), ()), (LASTING, ("nc",)), (LASTING, ("truth",))],
    ids=["twice", "before the bound", "and told to wait", "and answered then"],
)
def test_a_member_who_is_refused_for_a_while_is_not(kind: str, ticks: tuple[int, ...], then: tuple[str, ...]) -> None:
    """Fewer than three refusals, sooner than the bound, or answered after all."""
    truth = "ie" if kind == "bad" else "200"
    scribe = refused_member(kind, "403", ticks, *(truth if one == "truth" else one for one in then))
    history = scribe.history()
    assert not any(one.rule.startswith("errors-") for one in findings(judged(history)))


def test_a_former_member_is_refused_for_good_and_rightly() -> None:
    """The right was withdrawn before."""
    scribe = joined()
    scribe.url("reader", *at(20, 21), "200")
    withdraw(scribe, 30)
    for tick in LASTING:
        scribe.url("member", *at(tick, tick + 1), "403", user="other")
    scribe.url("reader", *at(LATE + 40, LATE + 41), "200")
    assert wrongs(scribe) == set()
