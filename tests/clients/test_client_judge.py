"""The judge of a client convicts what is wrong, and leaves in peace what only looks like it."""

from __future__ import annotations

from itertools import accumulate, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told_trials import COMPLETED, INTEGRITY, INVALID, NC, PLAIN, Telling, convicted, exposed, stored

from conformance.clients.client_judge import judge_client, missing_core, unmet
from conformance.clients.client_scenarios import Ends, Trouble
from conformance.model import Failure

FOR_EVER = (Trouble(("create_upload",), "nc", "1-"),)


# ---- asking again


def test_giving_up_at_the_first_not_consistent_answer_is_convicted() -> None:
    """Wherever the client ended by itself."""
    assert convicted(Telling().nc("create_upload", []).trial(1)) == {"gave-up-at-nc"}
    assert convicted(Telling().nc("file_url", []).trial(1)) == {"gave-up-at-nc"}


def test_asking_again_or_elsewhere_or_being_ended_is_no_giving_up() -> None:
    """A truth can be had by another road; a client that was killed did not give up; the listing is not extended."""
    again = Telling().nc("file_url", [])
    again.ask("show_upload")
    assert convicted(again.trial(1)) == set()
    assert convicted(Telling().nc("create_upload", [1.0]).trial(1)) == set()
    assert convicted(Telling().nc("create_upload", []).trial(None)) == set()
    assert convicted(Telling().nc("list_project_files", []).trial(1)) == set()


# ---- pauses


@given(st.lists(st.floats(1.0, 30.0), min_size=3, max_size=20))
def test_pauses_of_a_second_or_more_are_never_convicted(gaps: list[float]) -> None:
    """Whether they grow or not."""
    assert "hammers" not in convicted(Telling().nc("create_upload", gaps).trial(None))


@given(st.floats(0.01, 0.5), st.floats(1.5, 3.0), st.integers(3, 12))
def test_pauses_that_grow_are_never_convicted(first: float, factor: float, count: int) -> None:
    """However short the first ones are."""
    gaps = list(accumulate(repeat(factor, count - 1), lambda gap, by: gap * by, initial=first))
    assert "hammers" not in convicted(Telling().nc("create_upload", gaps).trial(None))


@given(st.floats(0.001, 0.8), st.integers(5, 40), st.data())
def test_short_pauses_that_do_not_grow_are_always_convicted(gap: float, count: int, data: st.DataObject) -> None:
    """A tenth of jitter does not hide them."""
    gaps = [gap * data.draw(st.floats(0.95, 1.05)) for _ in range(count)]
    assert "hammers" in convicted(Telling().nc("file_url", gaps).trial(1))


def test_few_short_pauses_prove_nothing_and_hammering_needs_but_three() -> None:
    """Chance and jitter make three pauses of half a second."""
    assert convicted(Telling().nc("create_upload", [0.5, 0.3, 0.4]).trial(1)) == set()
    assert convicted(Telling().nc("create_upload", [0.01, 0.01, 0.01]).trial(1)) == {"hammers"}


def test_workers_side_by_side_do_not_hammer() -> None:
    """Pauses between overlapping requests mean nothing."""
    stated = Telling()
    for _ in range(8):
        stated.ask("create_upload", 404, NC, after=-0.5, took=1.0)
    assert "hammers" not in convicted(stated.trial(1))


def test_a_late_start_is_no_pause() -> None:
    """A client may take fifteen seconds before its first request."""
    stated = Telling(now_ns=25_000_000_000).nc("create_upload", [2.0, 2.0, 2.0])
    assert convicted(stated.trial(1)) == set()


# ---- bounds


def test_a_client_without_an_end_is_convicted_where_the_trouble_has_none() -> None:
    """And one that gives up some time is not."""
    stated = [Telling() for _ in range(2)]
    for one in stated:
        for _ in range(10):
            one.ask("create_upload", 404, NC, after=2.0, rule=0, done="nc")
    assert convicted(stated[0].trial(None, rules=FOR_EVER, ends=Ends.FAILURE)) == {"unbounded"}
    bounded = stated[1].trial(1, rules=FOR_EVER, ends=Ends.FAILURE)
    assert (convicted(bounded), "client-bounded" in exposed(bounded)) == (set(), True)


def test_a_check_that_had_less_time_than_the_command_is_not_unbounded() -> None:
    """The command had its end; the check was cut off by the limit that both share."""
    rules = (Trouble(("file_url",), "nc", "1-"),)
    stated = Telling()
    for _ in range(5):
        stated.ask("file_url", 404, NC, rule=0, done="nc")
    main = stated.trial(1, None, rules=rules, ends=Ends.FAILURE)
    assert "unbounded" not in convicted(main)


# ---- Retry-After


@pytest.mark.parametrize(
    ("after", "rule"),
    [(4.0, None), (6.0, None), (13.9, None), (3.95, None), (1.0, "retry-after-early"), (60.0, "retry-after-late")],
)
def test_retry_after_is_obeyed_or_not(after: float, rule: str | None) -> None:
    """Not before, and not long after."""
    stated = Telling()
    stated.ask("complete_upload", 503, headers={"retry-after": "4"})
    stated.ask("complete_upload", 202, after=after)
    found = convicted(stated.trial(1)) - {"trusted-202"}
    assert found == ({rule} if rule else set())


def test_not_coming_back_after_retry_after_is_giving_up() -> None:
    """Also for 429, and also where the time limit ended the waiting."""
    stated = Telling()
    stated.ask("complete_upload", 429, headers={"retry-after": "4"})
    assert convicted(stated.trial(1)) == {"retry-after-gave-up"}
    assert convicted(stated.trial(None, limit=60)) == {"retry-after-late"}
    assert convicted(stated.trial(None, limit=5)) == set()


# ---- what is final


def test_a_plain_404_that_is_asked_again_is_convicted() -> None:
    """The same request, nothing changed."""
    stated = Telling()
    stated.ask("create_upload", 404, PLAIN)
    stated.ask("create_upload", 404, PLAIN)
    assert convicted(stated.trial(1)) == {"404-retried"}


def test_a_404_that_is_asked_again_after_a_change_or_by_another_command_is_not() -> None:
    """The world is another then; and two commands do not know of each other."""
    stated = Telling()
    stated.ask("show_project", 404, PLAIN)
    stated.ask("create_project", 202)
    stated.ask("show_project", 200)
    assert convicted(stated.trial(0)) == set()
    other = Telling()
    other.ask("show_project", 404, PLAIN)
    first = other.trial(1, 1)
    other.now_ns = first.runs[1].begun_ns
    other.ask("show_project", 404, PLAIN, after=0.1)
    again = Telling(other.operations, first.runs[0].ended_ns - 1_000_000_000).trial(1, 1)
    assert "404-retried" not in convicted(again)


def test_not_consistent_asked_again_is_not_a_plain_404() -> None:
    """The code tells them apart, not the status."""
    assert "404-retried" not in convicted(Telling().nc("file_url", [1.0, 2.0]).trial(1))


def test_refused_input_that_is_sent_again_is_convicted() -> None:
    """Unchanged; another body is another request."""
    stated = Telling()
    stated.ask("create_upload", 400, INVALID, done="400")
    stated.ask("create_upload", 400, INVALID, done="400", body_md5="other")
    assert convicted(stated.trial(1)) == set()
    stated.ask("create_upload", 400, INVALID, done="400")
    assert convicted(stated.trial(1)) == {"bad-input-retried"}


@pytest.mark.parametrize("call", ["file_url", "create_chunk", "complete_upload", "storage_put"])
def test_the_same_upload_after_the_integrity_exception_is_convicted(call: str) -> None:
    """Asked for again, filled again, completed again."""
    stated = Telling()
    stated.ask("file_url", 400, INTEGRITY)
    stated.ask(call, 400, INTEGRITY if call == "file_url" else None)
    assert convicted(stated.trial(1, world=stored("err"))) == {"integrity-retried"}


def test_failing_or_beginning_anew_after_the_integrity_exception_is_right() -> None:
    """And reporting success is not."""
    stated = Telling()
    stated.ask("file_url", 400, INTEGRITY)
    assert convicted(stated.trial(1, world=stored("err"))) == set()
    assert convicted(stated.trial(0, world=stored("err"))) == {"integrity-swallowed"}
    assert convicted(stated.trial(0, 1, world=stored("err"))) == set()
    stated.ask("create_upload", 201)
    assert convicted(stated.trial(0, world=stored("ok"))) == set()


# ---- whom to trust


def test_a_token_at_the_storage_provider_is_convicted() -> None:
    """By the record of where it was."""
    stated = Telling()
    stated.ask("storage_put", 200)
    assert convicted(stated.trial(1)) == set()
    stated.ask("storage_put", 200, leaks=["header authorization"])
    assert convicted(stated.trial(1)) == {"token-leaked"}


def test_success_before_the_truth_is_convicted_where_the_upload_is_checked() -> None:
    """By a check of the client's own, or because it asked; an upload that nobody checks makes no claim."""
    stated = Telling()
    stated.ask("complete_upload", 202)
    assert convicted(stated.trial(0)) == set()
    assert convicted(stated.trial(0, 0)) == {"trusted-202"}
    assert convicted(stated.trial(0, 1)) == set()
    stated.ask("list_project_files", 404, NC)
    assert convicted(stated.trial(0)) == {"trusted-202"}


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("file_url", None), ("version_url", None), ("list_project_files", {"results": []}), ("storage_get", None),
        ("show_upload", {"status": {"is_consistent": True, "error_on": None}}),
    ],
)  # fmt: skip
def test_any_place_that_shows_the_truth_will_do(call: str, body: object) -> None:
    """But a status record that says no, or nothing, will not."""
    stated = Telling()
    stated.ask("complete_upload", 202)
    stated.ask(call, 200, body)
    assert convicted(stated.trial(0, 0)) == set()
    for status in ({"is_consistent": None}, {"is_consistent": True, "error_on": "2026-01-01T00:00:00.000Z"}):
        other = Telling()
        other.ask("complete_upload", 202)
        other.ask("show_upload", 200, {"status": status})
        assert convicted(other.trial(0, 0)) == {"trusted-202"}


def test_a_part_after_an_acknowledged_completion_is_convicted() -> None:
    """After a lost acknowledgement it is not: the client cannot know."""
    lost = Telling()
    lost.ask("complete_upload", None, failure=Failure.RESET, done="reset-after", made={"status": 202})
    lost.ask("storage_put", 200)
    assert "late-part" not in convicted(lost.trial(1))
    stated = Telling()
    stated.ask("complete_upload", 202)
    stated.ask("storage_put", 200)
    assert convicted(stated.trial(1)) == {"late-part"}


# ---- what was lost, and what ends


def test_two_things_where_one_answer_was_lost_are_convicted() -> None:
    """Projects and files; one of each is right, and so is failing."""
    stated = Telling()
    made = {"status": 202, "id": "p1"}
    stated.ask("create_project", None, failure=Failure.RESET, done="reset-after", made=made)
    assert convicted(stated.trial(1)) == set()
    stated.ask("create_project", 202)
    assert convicted(stated.trial(0, world=stored("ok", projects=2))) == {"duplicate"}


def test_a_completed_upload_taken_for_a_failure_is_convicted() -> None:
    """Going on to attach it is right, whatever comes afterwards."""
    stated = Telling()
    stated.ask("complete_upload", None, failure=Failure.RESET)
    stated.ask("complete_upload", 400, COMPLETED)
    assert convicted(stated.trial(1)) == {"completed-taken-for-failure"}
    stated.ask("create_file", 201)
    assert convicted(stated.trial(1)) == set()


@pytest.mark.parametrize("call", ["complete_upload", "file_url", "storage_put"])
@pytest.mark.parametrize(("status", "failure"), [(500, None), (None, Failure.RESET), (200, Failure.CUT)])
def test_giving_up_at_passing_trouble_is_convicted(call: str, status: int | None, failure: Failure | None) -> None:
    """For what may be sent again; a POST may not."""
    stated = Telling()
    stated.ask(call, status, failure=failure)
    assert convicted(stated.trial(1)) == {"gave-up-at-trouble"}
    stated.ask(call, 500, query="?signature=new" if call == "storage_put" else "")
    assert convicted(stated.trial(1)) == set()
    post = Telling()
    post.ask("create_project", status, failure=failure)
    assert convicted(post.trial(1)) == set()


def test_an_expired_url_must_be_asked_for_anew() -> None:
    """The same url again is not a new one."""
    stated = Telling()
    stated.ask("storage_put", 403, query="?signature=old", done="expired")
    assert convicted(stated.trial(1)) == {"url-not-renewed"}
    stated.ask("storage_put", 403, query="?signature=old")
    assert "url-not-renewed" in convicted(stated.trial(1))
    stated.ask("storage_put", 200, query="?signature=new")
    assert convicted(stated.trial(0)) == set()


def test_a_token_that_was_bought_must_be_renewed() -> None:
    """One that was given cannot be: nothing is observed then, not even a failure."""
    rules = (Trouble(("create_upload",), "401"),)
    bare = Telling()
    bare.ask("create_upload", 401, done="401", rule=0)
    given_one = bare.trial(1, rules=rules, ends=Ends.SUCCESS)
    assert (convicted(given_one), exposed(given_one)) == (set(), set())
    stated = Telling()
    stated.ask("create_token", 201)
    stated.ask("create_upload", 401, done="401", rule=0)
    assert convicted(stated.trial(1)) == {"token-not-renewed"}
    stated.ask("create_token", 201)
    assert convicted(stated.trial(1)) == set()


# ---- the end


def test_failing_where_success_is_possible_is_convicted_if_nothing_else_says_why() -> None:
    """Exit code, time limit, and a success that is none."""
    stated = Telling()
    stated.ask("create_project", 202)
    calm = {"ends": Ends.SUCCESS}
    assert convicted(stated.trial(0, **calm)) == set()
    assert convicted(stated.trial(1, **calm)) == {"did-not-succeed"}
    assert convicted(stated.trial(None, **calm)) == {"did-not-succeed"}
    assert convicted(stated.trial(0, world=stored("err"), **calm)) == {"did-not-succeed"}
    twice = {"projects": 1, "files": 1}
    assert convicted(stated.trial(0, world=stored("ok", files=2), wanted=twice, **calm)) == {"did-not-succeed"}
    assert convicted(stated.trial(0, wanted=twice, **calm)) == set()
    because = Telling()
    because.ask("file_url", 500)
    assert convicted(because.trial(1, **calm)) == {"gave-up-at-trouble"}


def test_trouble_that_was_never_met_shows_nothing() -> None:
    """The requirement is not observed: nothing vacuous."""
    rules = (Trouble(("file_url",), "nc"),)
    trial = Telling().trial(1, rules=rules, ends=Ends.SUCCESS)
    assert unmet(trial) == ("file_url was never asked (request 1)",)
    assert (convicted(trial), exposed(trial)) == (set(), set())


def test_the_core_is_what_was_really_answered() -> None:
    """Not-consistent at an extended endpoint, the integrity exception, a plain 404."""
    assert len(missing_core([Telling().trial(0)])) == 3
    stated = Telling().nc("list_project_files", [])
    assert len(missing_core([stated.trial(0)])) == 3
    stated.nc("create_upload", [])
    stated.ask("file_url", 400, INTEGRITY)
    stated.ask("file_url", 404, PLAIN)
    assert missing_core([stated.trial(0)]) == ()


def test_findings_name_at_most_four_requests_that_are_in_the_history() -> None:
    """The evidence of a finding is what the server saw."""
    trial = Telling().nc("create_upload", [0.01] * 30).trial(1)
    (finding,) = [f for tally in judge_client([trial]).values() for f in tally.findings]
    assert 1 <= len(finding.operations) <= 4
    assert set(finding.operations) <= {operation.id for operation in trial.operations}
    assert finding.subject in finding.sentence
