"""From a history to the program that shows a finding again: what is taken, what is left, and what stands for what."""

from __future__ import annotations

from dataclasses import replace
from hashlib import md5
from typing import Any

from conformance.api.classifier import classify_all
from conformance.model import Exchange, Failure, Finding, History, Json, Octets, Operation, Role, Tally, Target
from conformance.outcome.reproduction import programs
from conformance.outcome.reproduction.shape import shape

BASE = "http://h/api/v1"
TARGET = Target(BASE, converge_within_s=10)
BYTES = md5(b"abc", usedforsecurity=False).hexdigest()
JSON = {"content-type": "application/json"}
NC = {"error": 404, "code": "resource_not_consistent", "reason": "r", "suggestion": "s"}


class Story:
    """A history in the making: each request a millisecond after the one before."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.now = 0

    def ask(self, method: str, path: str, status: int, body: Json = None, answer: Json = None, **more: Any) -> str:
        """Add an operation, and return its id."""
        storage = more.pop("storage", False)
        exchange = Exchange(
            method, path if storage else f"/api/v1{path}", "h", Role.STORAGE if storage else Role.API,
            None if storage else "owner", body, "application/json", status, JSON, answer,
        )  # fmt: skip
        name = f"op{len(self.operations) + 1}"
        self.now += more.pop("after_ms", 1) * 1_000_000
        operation = Operation(name, "s", self.now, self.now + 500_000, exchange, plan="plan-1")
        self.operations.append(replace(operation, notes=more))
        return name


def story() -> tuple[Story, str]:
    """Tell of a good upload whose url was not consistent, among things that have nothing to do with it."""
    stated = Story()
    stated.ask("POST", "/projects", 202, {"name": "ddsc-1-project-1"}, {"kind": "dds-project", "id": "id-other"})
    stated.ask("POST", "/projects", 202, {"name": "ddsc-1-project-2"}, {"kind": "dds-project", "id": "id-mine"})
    stated.ask("POST", "/projects/id-mine/uploads", 404, {"name": "ddsc-1-upload-1"}, NC)
    upload = {"name": 'ddsc-1-upload-2 "Prüf"', "size": 3, "chunked": True}
    stated.ask("POST", "/projects/id-mine/uploads", 201, upload, {"id": "id-upload"})
    stated.ask("POST", "/projects/id-other/uploads", 201, {"name": "ddsc-1-x", "size": 3}, {"id": "id-else"})
    chunk = {"number": 1, "size": 3, "hash": {"value": BYTES, "algorithm": "md5"}}
    url = stated.ask("PUT", "/uploads/id-upload/chunks", 200, chunk, {"host": "http://s", "url": "/x"})
    stated.ask("PUT", "/x", 200, Octets(3, BYTES), Octets(0, ""), storage=True, url_of=url)
    stated.ask("PUT", "/uploads/id-upload/complete", 202, {"hash": {"value": BYTES}}, {"id": "id-upload"})
    attach = {"parent": {"kind": "dds-project", "id": "id-mine"}, "upload": {"id": "id-upload"}}
    answer = {"kind": "dds-file", "id": "id-file", "current_version": {"id": "id-version"}}
    stated.ask("POST", "/files", 201, attach, answer)
    return stated, stated.ask("GET", "/files/id-file/url", 200, None, {"host": "http://s", "url": "/id-upload"})


def program(stated: Story, *names: str) -> Any:
    """Give the program of a finding that rests on some operations."""
    history = History(tuple(stated.operations), TARGET)
    tally = Tally("bad-never-200", findings=(Finding("bad-never-200", "r", "x", names, "so it was"),))
    return programs(history, classify_all(history.operations, TARGET), [tally]).get(0)


def test_a_program_holds_what_made_its_resources_and_nothing_else() -> None:
    """The other project, its upload and the refused create are left out; the order is that of the run."""
    stated, read = story()
    steps = program(stated, read)["steps"]
    assert [(step["method"], step.get("path", "storage")) for step in steps] == [
        ("POST", "/projects"),
        ("POST", "/projects/⟦p1⟧/uploads"),
        ("PUT", "/uploads/⟦u1⟧/chunks"),
        ("PUT", "storage"),
        ("PUT", "/uploads/⟦u1⟧/complete"),
        ("POST", "/files"),
        ("GET", "/files/⟦f1⟧/url"),
    ]
    assert [step["evidence"] for step in steps] == [False] * 6 + [True]


def test_ids_names_and_hashes_are_those_of_the_program_itself() -> None:
    """Nothing of the run that found it is named: what a fresh server gives is used instead."""
    stated, read = story()
    drawn = program(stated, read)
    text = str(drawn)
    assert "ddsc" not in text
    assert BYTES not in text
    assert not any(name in text for name in ("id-mine", "id-upload", "id-file", "id-version"))
    upload, chunk, put = drawn["steps"][1], drawn["steps"][2], drawn["steps"][3]
    assert upload["json"]["name"] == '⟦n2⟧ "Prüf"'
    assert chunk["json"]["hash"]["value"] == "⟦md5:b1⟧"
    assert (put["at"], put["bytes"], drawn["contents"]) == (2, "b1", {"b1": 3})
    assert drawn["steps"][5]["binds"] == {"f1": ["id"], "v1": ["current_version", "id"]}


def test_a_hash_that_was_wrong_on_purpose_stays_wrong() -> None:
    """It is no hash of the bytes that the program makes."""
    stated, read = story()
    wrong = replace(stated.operations[5].exchange, request={"number": 1, "size": 3, "hash": {"value": "0" * 32}})
    stated.operations[5] = replace(stated.operations[5], exchange=wrong)
    assert program(stated, read)["steps"][2]["json"]["hash"]["value"] == "0" * 32


def test_a_read_beyond_the_bound_waits_for_the_bound_and_is_tried_once() -> None:
    """What never came cannot be told from what comes late by looking at once."""
    stated, _ = story()
    late = stated.ask("GET", "/files/id-file/url", 404, None, NC, after_ms=12_000)
    drawn = program(stated, late)
    assert drawn["steps"][-1]["wait_s"] > TARGET.converge_within_s
    seen_after = 12.0
    assert drawn["steps"][-1]["wait_s"] + drawn["steps"][-1]["until_s"] > seen_after
    assert drawn["tries"] == 1


def test_a_file_that_was_made_while_its_upload_was_completed_is_made_after_it() -> None:
    """The request for the file may have begun first: it was accepted because the complete came before it."""
    stated, read = story()
    complete, attach = stated.operations[7], stated.operations[8]
    begun = replace(attach, a_ns=complete.a_ns - 100_000, b_ns=attach.b_ns)
    stated.operations[8] = begun
    paths = [step.get("path", "storage") for step in program(stated, read)["steps"]]
    assert paths.index("/uploads/⟦u1⟧/complete") < paths.index("/files")


def test_what_ended_a_file_is_part_of_what_led_to_an_answer_about_its_version() -> None:
    """The version's own url names only the version."""
    stated, _ = story()
    stated.ask("DELETE", "/files/id-file", 403, None, {"error": 403})
    gone = stated.ask("GET", "/file_versions/id-version/url", 404, None, {"error": 404, "code": "not_provided"})
    assert ("DELETE", "/files/⟦f1⟧") in [(s["method"], s.get("path")) for s in program(stated, gone)["steps"]]


def test_a_promotion_needs_the_switch_before_it() -> None:
    """The version that is current already cannot be promoted; the switch names only the file."""
    stated, _ = story()
    stated.ask("POST", "/projects/id-mine/uploads", 201, {"name": "ddsc-1-b", "size": 3}, {"id": "id-second"})
    stated.ask("PUT", "/files/id-file", 200, {"upload": {"id": "id-second"}}, {"id": "id-file"})
    stated.ask("PUT", "/files/id-file/rename", 200, {"name": "ddsc-1-c"}, {"id": "id-file"})
    stated.ask("POST", "/file_versions/id-version/current", 201, {}, {"id": "id-third"})
    paths = [s.get("path") for s in program(stated, stated.ask("GET", "/file_versions/id-version/url", 500))["steps"]]
    assert paths.index("/files/⟦f1⟧") < paths.index("/file_versions/⟦v1⟧/current")


def test_a_create_that_is_refused_beyond_the_bound_is_tried_beyond_the_bound() -> None:
    """A project that never becomes ready: asked at once, a right server refuses as well."""
    stated, _ = story()
    late = stated.ask("POST", "/projects/id-mine/uploads", 404, {"name": "ddsc-1-z"}, NC, after_ms=12_000)
    assert program(stated, late)["steps"][-1]["wait_s"] > TARGET.converge_within_s


def test_many_refused_changes_are_left_out_but_for_deletions() -> None:
    """A program is to be read: what was refused is seldom what matters."""
    stated, _ = story()
    for _ in range(50):
        stated.ask("PUT", "/files/id-file/rename", 403, {"name": "ddsc-1-n"}, {"error": 403})
    stated.ask("DELETE", "/files/id-file", 403, None, {"error": 403})
    read = stated.ask("GET", "/files/id-file/url", 404, None, {"error": 404, "code": "not_provided"})
    steps = [(step["method"], step.get("path")) for step in program(stated, read)["steps"]]
    assert ("DELETE", "/files/⟦f1⟧") in steps
    assert ("PUT", "/files/⟦f1⟧/rename") not in steps


def test_what_only_speaks_of_anothers_project_comes_after_what_made_it() -> None:
    """Both were under way at once; the answer that holds the name it was asked for is the maker's."""
    stated = Story()
    first = stated.ask("POST", "/projects", 202, {"name": "ddsc-1-a"}, {"id": "id-one", "name": "ddsc-1-b"})
    second = stated.ask("POST", "/projects", 202, {"name": "ddsc-1-b"}, {"id": "id-one", "name": "ddsc-1-b"})
    steps = program(stated, first, second)["steps"]
    assert [step["json"]["name"] for step in steps] == ["⟦n1⟧", "⟦n2⟧"]
    assert [bool(step["binds"]) for step in steps] == [True, False]
    assert "id new, tells of n1" in steps[0]["then"]
    assert "id p1, tells of n1 p1" in steps[1]["then"]


def test_what_was_settled_before_a_write_is_settled_before_it_again() -> None:
    """A second version of a settled file: its url is waited for in between."""
    stated, _ = story()
    stated.ask("POST", "/projects/id-mine/uploads", 201, {"name": "ddsc-1-b", "size": 3}, {"id": "id-second"})
    switched = stated.ask("PUT", "/files/id-file", 200, {"upload": {"id": "id-second"}}, {"id": "id-file"})
    paths = [step.get("path", "") for step in program(stated, switched)["steps"]]
    assert paths.index("/files/⟦f1⟧/url") < paths.index("/files/⟦f1⟧")


def test_a_finding_without_requests_of_ours_has_no_program() -> None:
    """Nor one that rests on a signed URL which no answer gave."""
    stated, _ = story()
    assert program(stated) is None
    lost = stated.ask("GET", "/y", 200, None, Octets(3, BYTES), storage=True)
    assert program(stated, lost) is None


def test_the_shape_of_an_answer_holds_what_matters_and_no_id() -> None:
    """Two servers that do the same give the same line, and another code, type or status another."""
    names = {"id-1": "u1"}
    one = shape(404, "application/json", {**NC, "reason": "busy"}, {})
    assert one == ('404 application/json, error 404, code "resource_not_consistent", reason "busy", suggestion "s"')
    assert shape(404, "application/json", {**NC, "error": "404"}, {}) != one
    assert shape(409, "application/json", NC, {}) != one
    assert shape(201, "application/json", {"id": "id-1"}, names).endswith("id u1, tells of u1")
    assert shape(201, "application/json", {"id": "other"}, names).endswith("id new")
    assert shape(None, "", None, {}) == "no whole answer"
    assert shape(500, "text/html", "text", {}) == "500 text/html, text"
    assert "is_consistent null" in shape(200, "application/json", {"status": {"is_consistent": None}}, {})
    assert shape(200, "application/json", {"is_deleted": True}, {}) == "200 application/json, is_deleted true"
    assert shape(200, "application/json", {"is_deleted": False}, {}) == "200 application/json"


def test_writes_that_were_under_way_together_go_out_together_again() -> None:
    """Both are cited and neither needs the other; one that began after the first had ended waits for it."""
    stated, _ = story()
    asked = {"size": 3, "chunked": True}
    one, two, three = (
        stated.ask("POST", "/projects/id-mine/uploads", 201, {"name": f"ddsc-1-{n}", **asked}, {"id": f"id-{n}"})
        for n in "abc"
    )
    first, second = stated.operations[-3:-1]
    stated.operations[-2] = replace(second, a_ns=first.a_ns + 1)
    steps = program(stated, one, two, three)["steps"]
    assert [step["held"] for step in steps] == [False, True, False, False]


def test_a_read_that_asked_whether_anything_changed_asks_so_again() -> None:
    """What it compares with is what the server of today gave, not a validator of the run."""
    stated, _ = story()
    sent = {"conditional": True, "headers": {"If-None-Match": '"of-the-run"'}}
    read = stated.ask("GET", "/files/id-file/url", 304, None, None, **sent)
    steps = program(stated, read)["steps"]
    assert steps[-1]["compares"]
    assert "of-the-run" not in str(steps)


def test_a_record_that_changed_is_known_by_another_value_and_not_by_its_kind_alone() -> None:
    """An instant that both answers state is told of in the second."""
    for later, same in (("2026-11-27T02:00:00Z", False), ("2026-11-27T01:00:00Z", True)):
        stated, _ = story()
        records = ({"status": {"completed_on": instant}} for instant in ("2026-11-27T01:00:00Z", later))
        reads = [stated.ask("GET", "/uploads/id-upload", 200, None, record) for record in records]
        history = History(tuple(stated.operations), TARGET)
        finding = Finding("status-record", "field-changed", "x", tuple(reads), "so it was")
        tally = Tally("status-record", findings=(finding,))
        drawn: Any = programs(history, classify_all(history.operations, TARGET), [tally])[0]
        assert ("tells of t1" in drawn["steps"][-1]["then"]) is same


def test_what_is_late_by_the_write_that_is_cited_is_looked_at_late() -> None:
    """Rights that were given in between do not make a project younger."""
    stated = Story()
    made = stated.ask("POST", "/projects", 202, {"name": "ddsc-1-a"}, {"kind": "dds-project", "id": "id-p"})
    stated.ask("PUT", "/projects/id-p/permissions/u", 200, {}, {"id": "id-p"}, after_ms=11_000)
    late = stated.ask("POST", "/projects/id-p/uploads", 404, {"name": "ddsc-1-b"}, NC)
    history = History(tuple(stated.operations), TARGET)
    for rule, waits in (("not-converged", True), ("plain-404", False)):
        tally = Tally("converges-project", findings=(Finding("converges-project", rule, "x", (made, late), "so"),))
        drawn: Any = programs(history, classify_all(history.operations, TARGET), [tally])[0]
        assert (drawn["steps"][-1]["wait_s"] > TARGET.converge_within_s) is waits


def test_what_befell_another_file_of_the_same_upload_is_part_of_what_led_to_an_answer() -> None:
    """Its folder was deleted, and the upload's bytes with it."""
    stated, _ = story()
    stated.ask("POST", "/folders", 201, {"parent": {"kind": "dds-project", "id": "id-mine"}}, {"id": "id-folder"})
    attach = {"parent": {"kind": "dds-folder", "id": "id-folder"}, "upload": {"id": "id-upload"}}
    stated.ask("POST", "/files", 201, attach, {"id": "id-twin", "current_version": {"id": "id-twin-version"}})
    stated.ask("DELETE", "/folders/id-folder", 204)
    read = stated.ask("GET", "/files/id-file/url", 200, None, {"host": "http://s", "url": "/id-upload"})
    steps = [(step["method"], step.get("path")) for step in program(stated, read)["steps"]]
    assert steps[-2:] == [("DELETE", "/folders/⟦d1⟧"), ("GET", "/files/⟦f1⟧/url")]


def test_what_no_call_took_is_left_out() -> None:
    """A server that has no such call did nothing."""
    stated, _ = story()
    stated.ask("PATCH", "/files/id-file", 405, {"name": "ddsc-1-x"}, {"error": 405})
    read = stated.ask("GET", "/files/id-file/url", 500)
    assert "PATCH" not in [step["method"] for step in program(stated, read)["steps"]]


def test_a_download_that_was_led_on_is_one_fetch_that_ends_where_it_ended() -> None:
    """And one of which nothing whole came says so, as the script will."""
    stated, read = story()
    hop = stated.ask("GET", "/one", 307, None, Octets(0, ""), storage=True, url_of=read)
    more = {"url_of": read, "redirected_by": hop}
    end = stated.ask("GET", "/two", 404, None, Octets(0, ""), storage=True, **more)
    assert [step.get("then") for step in program(stated, hop, end)["steps"][-2:]][-1] == "404, other bytes"
    assert sum("at" in step for step in program(stated, hop, end)["steps"]) == 2
    last = stated.operations[-1]
    stated.operations[-1] = replace(last, exchange=replace(last.exchange, status=None, failure=Failure.CUT))
    assert program(stated, hop, end)["steps"][-1]["then"] == "no whole answer"
