"""Each operation is classified once, by one table, and whoever speaks of it says the same."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.api import classifier
from conformance.api.answers import Answer, Classified, Effect, Kind, Source
from conformance.api.classifier import Classifier, classify_all
from conformance.judge import judge_history
from conformance.judge.evidence import verify
from conformance.judge.exchange import examine
from conformance.model import Exchange, Failure, History, Json, Octets, Operation, Role, Target
from conformance.outcome.assemble import Framing, assemble
from conformance.outcome.document import evidence
from conformance.outcome.traffic import traffic

ID = "11111111-2222-4333-8444-555555555555"
TARGET = Target("http://dds.test/api/v1", second_user=True)
GATED = Target("http://dds.test/api/v1", gateway="edge-[0-9]")
FOUR = {"error": 400, "code": "not_provided", "reason": "r", "suggestion": "s"}
IE = {**FOUR, "reason": "reported chunk hash does not match that computed by StorageProvider"}
OURS = {**FOUR, "suggestion": "You must begin a new upload process"}
NC = {**FOUR, "code": "resource_not_consistent"}
PAGE = Octets(30, "0" * 32, "<html>edge-7 says no</html>")
DOUBLE = {**FOUR, "errors": [{"field": "completed_at", "message": "x"}]}
CURRENT = {**FOUR, "errors": [{"field": "upload", "message": "x"}]}
UNFIT = {**FOUR, "errors": [{"field": "upload", "message": "cannot have an error"}]}
URL, VERSION_URL = f"GET /files/{ID}/url", f"GET /file_versions/{ID}/url"
ODD_URL, UPLOADS = "GET /files/not-a-uuid/url", f"POST /projects/{ID}/uploads"
COMPLETE, SWITCH, GONE = f"PUT /uploads/{ID}/complete", f"PUT /files/{ID}", f"DELETE /files/{ID}"
MISSTATED = Kind.INTEGRITY_MISSTATED


def operation(asked: str, status: int | None, body: Json = None, **more: Any) -> Operation:
    """Give an operation from ``"GET /files/x/url"``."""
    method, _, path = asked.partition(" ")
    notes, base = more.pop("notes", {}), "" if more.get("role") is Role.STORAGE else "/api/v1"
    media = {"content-type": "text/html" if isinstance(body, Octets) else "application/json"}
    exchange = Exchange(method, base + path, status=status, headers=media, response=body, **more)
    return Operation("o1", "s", 0, 1, exchange, notes=notes)


INVALID, UNSURE, MADE_UP = {"intent": "invalid"}, {"intent": "unsure"}, {"invented": [ID]}

TABLE: list[tuple[str, int | None, Json, dict[str, Any], Kind, Answer, Effect, Source]] = [
    # the integrity exception: at a url endpoint a 400 to the creator's valid request, elsewhere by its words
    (URL, 400, FOUR, {}, Kind.INTEGRITY, Answer.INTEGRITY, Effect.NONE, Source.API),
    (VERSION_URL, 400, FOUR, {}, Kind.INTEGRITY, Answer.INTEGRITY, Effect.NONE, Source.API),
    (URL, 400, PAGE, {}, Kind.INTEGRITY, Answer.INTEGRITY, Effect.NONE, Source.API),
    (URL, 400, None, {}, Kind.INTEGRITY, Answer.INTEGRITY, Effect.NONE, Source.API),
    (ODD_URL, 400, FOUR, {}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    (URL, 400, FOUR, {"user": None}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    (URL, 400, FOUR, {"user": "other"}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    (URL, 400, FOUR, {"user": "invalid"}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    (URL, 400, FOUR, {"notes": INVALID}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    (URL, 400, FOUR, {"notes": UNSURE}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    (URL, 400, FOUR, {"notes": MADE_UP}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    (f"{URL}?x=1", 400, FOUR, {}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    (f"{URL}/", 400, FOUR, {}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    (ODD_URL, 400, IE, {}, Kind.INTEGRITY, Answer.INTEGRITY, Effect.NONE, Source.API),
    (URL, 400, OURS, {"user": "other"}, Kind.INTEGRITY, Answer.INTEGRITY, Effect.NONE, Source.API),
    (COMPLETE, 400, IE, {}, Kind.INTEGRITY, Answer.INTEGRITY, Effect.INDETERMINATE, Source.API),
    (COMPLETE, 400, OURS, {}, Kind.INTEGRITY, Answer.INTEGRITY, Effect.INDETERMINATE, Source.API),
    ("POST /files", 400, IE, {}, Kind.INTEGRITY, Answer.INTEGRITY, Effect.INDETERMINATE, Source.API),
    # its words under another status: none, and its payload is judged all the same
    (URL, 422, IE, {}, MISSTATED, Answer.REFUSED, Effect.NONE, Source.API),
    (URL, 404, IE, {}, MISSTATED, Answer.REFUSED, Effect.NONE, Source.API),
    (URL, 409, IE, {}, MISSTATED, Answer.UNKNOWN, Effect.NONE, Source.API),
    (URL, 500, IE, {}, MISSTATED, Answer.UNKNOWN, Effect.NONE, Source.API),
    (URL, 503, IE, {}, Kind.ERROR, Answer.UNKNOWN, Effect.NONE, Source.API),
    (COMPLETE, 409, IE, {}, Kind.ERROR, Answer.UNKNOWN, Effect.INDETERMINATE, Source.API),
    # not consistent, whatever the status
    (URL, 404, NC, {}, Kind.NOT_CONSISTENT, Answer.NC, Effect.NONE, Source.API),
    (URL, 400, NC, {}, Kind.NOT_CONSISTENT, Answer.NC, Effect.NONE, Source.API),
    (URL, 200, NC, {}, Kind.NOT_CONSISTENT, Answer.NC, Effect.NONE, Source.API),
    (UPLOADS, 404, NC, {}, Kind.NOT_CONSISTENT, Answer.NC, Effect.NONE, Source.API),
    (COMPLETE, 503, {"code": NC["code"]}, {}, Kind.NOT_CONSISTENT, Answer.NC, Effect.NONE, Source.API),
    # successes
    ("POST /projects", 202, {}, {}, Kind.SUCCESS, Answer.DONE, Effect.DONE, Source.API),
    ("POST /projects", 201, {}, {}, Kind.SUCCESS, Answer.DONE, Effect.INDETERMINATE, Source.API),
    (COMPLETE, 202, PAGE, {}, Kind.SUCCESS, Answer.DONE, Effect.INDETERMINATE, Source.API),
    (GONE, 204, None, {}, Kind.SUCCESS, Answer.DONE, Effect.DONE, Source.API),
    (URL, 200, {}, {}, Kind.SUCCESS, Answer.DONE, Effect.NONE, Source.API),
    (URL, 302, None, {}, Kind.OTHER, Answer.UNKNOWN, Effect.NONE, Source.API),
    # refusals, and what was so already
    (UPLOADS, 401, FOUR, {}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    (URL, 401, FOUR, {}, Kind.ERROR, Answer.UNKNOWN, Effect.NONE, Source.API),
    (URL, 403, FOUR, {"user": "other"}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    (UPLOADS, 415, FOUR, {}, Kind.ERROR, Answer.UNKNOWN, Effect.INDETERMINATE, Source.API),
    (COMPLETE, 400, DOUBLE, {}, Kind.ERROR, Answer.ALREADY, Effect.SOMEBODY, Source.API),
    (SWITCH, 400, CURRENT, {}, Kind.ERROR, Answer.ALREADY, Effect.SOMEBODY, Source.API),
    (SWITCH, 400, UNFIT, {}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    (GONE, 404, FOUR, {}, Kind.ERROR, Answer.ALREADY, Effect.SOMEBODY, Source.API),
    (COMPLETE, 500, FOUR, {}, Kind.ERROR, Answer.UNKNOWN, Effect.INDETERMINATE, Source.API),
    # who stands in front
    (COMPLETE, 502, PAGE, {}, Kind.FOREIGN, Answer.UNKNOWN, Effect.INDETERMINATE, Source.PROXY),
    (URL, 429, {"message": "slow"}, {}, Kind.FOREIGN, Answer.UNKNOWN, Effect.NONE, Source.PROXY),
    (UPLOADS, 413, PAGE, {}, Kind.FOREIGN, Answer.UNKNOWN, Effect.INDETERMINATE, Source.PROXY),
    (URL, 404, PAGE, {"gated": True}, Kind.FOREIGN, Answer.UNKNOWN, Effect.NONE, Source.GATEWAY),
    (UPLOADS, 403, PAGE, {"gated": True}, Kind.FOREIGN, Answer.UNKNOWN, Effect.INDETERMINATE, Source.GATEWAY),
    (URL, 403, PAGE, {}, Kind.ERROR, Answer.REFUSED, Effect.NONE, Source.API),
    # no answer, and the storage provider
    (COMPLETE, None, None, {"failure": Failure.RESET}, Kind.NOTHING, Answer.UNKNOWN, Effect.INDETERMINATE,
     Source.NOBODY),
    (COMPLETE, None, None, {"failure": Failure.REFUSED}, Kind.NOTHING, Answer.UNSENT, Effect.NONE, Source.NOBODY),
    (URL, 200, None, {"failure": Failure.CUT}, Kind.NOTHING, Answer.UNKNOWN, Effect.NONE, Source.NOBODY),
    ("GET /b/o", 200, None, {"role": Role.STORAGE}, Kind.SUCCESS, Answer.DONE, Effect.NONE, Source.STORAGE),
    ("PUT /b/o", 403, PAGE, {"role": Role.STORAGE}, Kind.ERROR, Answer.UNKNOWN, Effect.INDETERMINATE,
     Source.STORAGE),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0][:24]} {row[1]} {row[5]}")
def test_each_exchange_is_what_the_contract_says(row: tuple[Any, ...]) -> None:
    """Status by place by user by gateway (contract, sections 1, 2, 4 and 6)."""
    asked, status, body, more, kind, answer, effect, source = row
    target = GATED if more.get("gated") else TARGET
    of = Classifier(target)(operation(asked, status, body, **{k: v for k, v in more.items() if k != "gated"}))
    assert (of.kind, of.answer, of.effect, of.source) == (kind, answer, effect, source)


def test_the_table_is_long_enough() -> None:
    """At least forty exchanges, the three disagreements of old among them."""
    assert len({(row[0], row[1], repr(row[2]), repr(row[3])) for row in TABLE}) >= 50


def test_the_reason_of_integrity_under_another_status_breaks_its_payload_and_nothing_more() -> None:
    """The deviation that is meant: no integrity exception for the state, one for the rule about its status."""
    broken = {name for name, wrong in examine(operation(URL, 422, {**IE, "error": 422}), TARGET) if wrong}
    assert "integrity-payload" in broken


EXCHANGES = st.builds(
    operation,
    st.sampled_from([URL, VERSION_URL, ODD_URL, UPLOADS, COMPLETE, SWITCH, GONE, "POST /projects", "GET /nope"]),
    st.sampled_from([200, 201, 202, 204, 302, 400, 401, 403, 404, 405, 409, 422, 429, 500, 503]),
    st.sampled_from([None, {}, FOUR, IE, OURS, NC, PAGE, DOUBLE]),
    user=st.sampled_from(["owner", "other", "invalid", None]),
    notes=st.sampled_from([{}, {"intent": "valid"}, INVALID, UNSURE, MADE_UP]),
)


@settings(max_examples=300, deadline=None)
@given(one=EXCHANGES, gated=st.booleans())
def test_all_who_speak_of_an_exchange_agree(one: Operation, gated: bool) -> None:  # noqa: FBT001 - drawn
    """Payload checks, verifier, traffic and the document's evidence say what the classifier says."""
    target = GATED if gated else TARGET
    (of,) = classify_all([one], target)
    shown = dict(examine(one, target, of))
    special = {"nc-payload": of.kind is Kind.NOT_CONSISTENT,
               "integrity-payload": of.kind in (Kind.INTEGRITY, MISSTATED)}  # fmt: skip
    assert {name: name in shown for name in special} == special
    assert not (of.foreign and shown)
    (row,) = traffic([one], [of])["by_call"]
    assert row["by_answer"] == {str(of.answer): 1}
    assert evidence(one, of)["answer"] == str(of.answer)
    history = History((one,), target)
    for tally in judge_history(history).tallies.values():
        for finding in tally.findings:
            assert verify(finding, history), finding


def test_a_run_of_judge_classifies_every_operation_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge, coverage, traffic, sensitivity and the document are handed what was decided."""
    seen: Counter[int] = Counter()
    call = Classifier.__call__

    def counted(self: Classifier, one: Operation) -> Classified:
        seen[id(one)] += 1
        return call(self, one)

    monkeypatch.setattr(classifier.Classifier, "__call__", counted)
    operations = tuple(
        Operation(f"o{number}", "s", number * 10, number * 10 + 5, operation(row[0], row[1], row[2]).exchange)
        for number, row in enumerate(TABLE)
    )
    assemble(History(operations, TARGET), Framing(recorded=True))
    assert seen == Counter({id(one): 1 for one in operations})
