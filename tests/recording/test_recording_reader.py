"""The history file: what is written is read back; what is not a history is refused with its line and reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance import history as histories
from conformance.errors import ExitCode, HistoryError
from conformance.model import Exchange, Failure, Octets, Operation, Phase, Role, Target

RECORDED = Path(__file__).parent.parent / "data" / "recorded" / "deployed-history.jsonl"
TARGET = Target("http://dds.test/api/v1", second_user=True, gateway="nginx", converge_within_s=7.5)
LINE: dict[str, Any] = {
    "session": "s", "a_ns": 10, "b_ns": 20, "method": "GET", "host": "h", "path": "/api/v1/projects", "request": None,
    "authorized": True, "status": 200, "headers": {}, "response": {"results": []},
}  # fmt: skip


def operation(name: str, a: int = 10, b: int | None = 20, **more: Any) -> Operation:
    """Give an operation."""
    exchange = Exchange("PUT", "/api/v1/uploads/1/complete", "h", status=202, response={"id": "ü\u2028"})
    return Operation(name, "s", a, b, exchange, **more)


def written(tmp_path: Path, *rows: bytes | dict[str, Any]) -> Path:
    """Write rows to a file, each a line."""
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows))
    return path


def refusal(tmp_path: Path, *rows: bytes | dict[str, Any]) -> HistoryError:
    """Give the error that reading the rows raises."""
    with pytest.raises(HistoryError) as caught:
        histories.read(written(tmp_path, *rows))
    assert caught.value.exit_code is ExitCode.USAGE
    return caught.value


HEADER = histories.encode_header(TARGET, {"run_id": "r", "seed": 3})
END = histories.encode_end(1, interrupted=False, ended="2026-01-01T00:00:00.000+00:00")


def test_the_deployed_recording_is_read_and_written_without_loss(tmp_path: Path) -> None:
    """408 operations, resets among them; ours are the same lines with more fields."""
    history = histories.read(RECORDED)
    assert (len(history.operations), history.recorded, history.complete) == (408, True, True)
    assert sum(one.exchange.failure is Failure.RESET for one in history.operations) == 10
    assert history.operations[0].id == "L1"
    rows = [histories.encode(one) for one in history.operations]
    again = histories.read(written(tmp_path, HEADER, *rows, histories.encode_end(408, interrupted=False, ended="")))
    assert again.operations == history.operations
    assert (again.recorded, again.complete) == (False, True)


def test_everything_an_operation_holds_survives(tmp_path: Path) -> None:
    """Roles, users, failures, octets with text, phases, notes, and characters beyond ASCII."""
    retained = operation(
        "w-1",
        phase=Phase.FINAL,
        scenario="fleet",
        plan="p1",
        notes={"content": {"bytes": 1, "md5": "x"}, "intent": "valid"},
    )
    sent = Exchange(
        "PUT", "/x?sig=1", "s", Role.STORAGE, None, Octets(3, "abc"), "text/plain", None, {}, Octets(0, "", "<html>"),
        Failure.CUT,
    )  # fmt: skip
    other = Operation("w-2", "t", 5, None, sent)
    history = histories.read(written(tmp_path, HEADER, histories.encode(retained), histories.encode(other), END))
    assert history.operations == (retained, other)
    assert history.target == TARGET
    assert history.header["seed"] == 3


def test_a_beginning_without_its_end_is_indeterminate(tmp_path: Path) -> None:
    """A killed worker announced a mutation and never noted its end."""
    begun = operation("w-2", 30, None)
    path = written(tmp_path, HEADER, histories.encode(operation("w-1")), histories.encode_begin(begun), END)
    (first, second) = histories.read(path).operations
    assert first.b_ns == 20
    assert (second.id, second.b_ns, second.exchange.failure) == ("w-2", None, Failure.KILLED)


def test_an_end_replaces_its_beginning(tmp_path: Path) -> None:
    """Announced, then ended: one operation."""
    retained = operation("w-1")
    path = written(tmp_path, HEADER, histories.encode_begin(retained), histories.encode(retained), END)
    assert histories.read(path).operations == (retained,)


@pytest.mark.parametrize("keep", [1, 40, 200])
def test_a_last_line_cut_by_a_killed_run_leaves_the_rest(tmp_path: Path, keep: int) -> None:
    """What stands before it is judged, and the history is not complete."""
    cut = histories.encode(operation("w-2", 30, 40))[:keep]
    history = histories.read(written(tmp_path, HEADER, histories.encode(operation("w-1")), cut))
    assert [one.id for one in history.operations] == ["w-1"]
    assert not history.complete


def test_a_foreign_recording_that_was_cut_is_not_complete(tmp_path: Path) -> None:
    """The same for a recording without header and end."""
    history = histories.read(written(tmp_path, LINE, json.dumps(LINE).encode()[:50]))
    assert (len(history.operations), history.complete, history.recorded) == (1, False, True)


@pytest.mark.parametrize("rows", [(HEADER,), (HEADER, histories.encode(operation("w-1")))])
def test_a_history_of_ours_without_its_end_is_not_complete(tmp_path: Path, rows: tuple[bytes, ...]) -> None:
    """Such as one of a run that was killed between two lines."""
    assert not histories.read(written(tmp_path, *rows)).complete


def test_a_history_that_lost_operations_is_not_complete(tmp_path: Path) -> None:
    """The end says how many there should be."""
    end = histories.encode_end(2, interrupted=False, ended="")
    assert not histories.read(written(tmp_path, HEADER, histories.encode(operation("w-1")), end)).complete


def test_an_interrupted_run_is_not_complete(tmp_path: Path) -> None:
    """Ctrl-C ends the file properly, and the run before its time."""
    end = histories.encode_end(1, interrupted=True, ended="")
    assert not histories.read(written(tmp_path, HEADER, histories.encode(operation("w-1")), end)).complete


WRONG: dict[str, tuple[tuple[bytes | dict[str, Any], ...], int, str]] = {
    "an empty file": ((), 0, "empty"),
    "not JSON": ((LINE, b"{oops}\n"), 2, "not JSON"),
    "a line cut in the middle of the file": ((b'{"session"\n', LINE), 1, "not JSON"),
    "a list": ((b"[1]\n",), 1, "not a JSON object"),
    "a number that is not JSON": ((b'{"a_ns": NaN}\n',), 1, "NaN"),
    "infinity": ((b'{"a_ns": -Infinity}\n',), 1, "Infinity"),
    "deep nesting": ((b'{"a_ns":' + b"[" * 200_000 + b"]" * 200_000 + b"}\n",), 1, "deeply"),
    "an enormous number": ((b'{"a_ns":' + b"9" * 5000 + b"}\n",), 1, "not JSON"),
    "bytes that are no text": ((b'{"a_ns": "\xff"}\n',), 1, "UTF-8"),
    "nothing of a history": (({"hello": 1},), 1, "neither an operation"),
    "a foreign format": (({"format": "har", "version": 1},), 1, "foreign format"),
    "an older version": (({"format": histories.FORMAT, "version": 0},), 1, "version 0"),
    "a header without a target": (({"format": histories.FORMAT, "version": 1},), 1, "target"),
    "a header with a bound that is no number": (
        ({"format": histories.FORMAT, "version": 1, "target": {"base_url": "u", "converge_within_s": "60"}},),
        1, "converge_within_s",
    ),
    "a second header": ((HEADER, HEADER), 2, "second header"),
    "something after the end": ((HEADER, END, histories.encode(operation("w-1"))), 3, "follows the end"),
    "a clock that runs backwards": ((LINE, {**LINE, "a_ns": 30, "b_ns": 29}), 2, "backwards"),
    "an id that occurs twice": (
        (HEADER, histories.encode(operation("w-1")), histories.encode(operation("w-1", 30, 40))), 3, "twice",
    ),
    "an id without a number that occurs twice": (
        (HEADER, histories.encode(operation("x")), histories.encode(operation("x", 30, 40))), 3, "twice",
    ),
    "a session that speaks twice at once": ((LINE, {**LINE, "a_ns": 15, "b_ns": 25}), 2, "overlap"),
    "a time that is a string": (({**LINE, "a_ns": "10"},), 1, "a_ns"),
    "a time that is a fraction": (({**LINE, "a_ns": 1.5},), 1, "a_ns"),
    "a time that is a truth value": (({**LINE, "a_ns": True},), 1, "a_ns"),
    "an end that is a string": (({**LINE, "b_ns": "x"},), 1, "b_ns"),
    "no session": (({k: v for k, v in LINE.items() if k != "session"},), 1, "session"),
    "a status that is none": (({**LINE, "status": 7},), 1, "status"),
    "a status that is a string": (({**LINE, "status": "200"},), 1, "status"),
    "headers that are a list": (({**LINE, "headers": []},), 1, "headers"),
    "a header that is a number": (({**LINE, "headers": {"x": 1}},), 1, "headers"),
    "notes that are a list": (({**LINE, "notes": ["x"]},), 1, "notes"),
    "a role that is unknown": (({**LINE, "role": "proxy"},), 1, "role"),
    "a failure that is unknown": (({**LINE, "failure": "bored"},), 1, "failure"),
    "a failure that is a list": (({**LINE, "failure": []},), 1, "failure"),
    "a user that is unknown": (({**LINE, "user": "root"},), 1, "user"),
    "a phase that is unknown": (({**LINE, "phase": "late"},), 1, "phase"),
    "an id that is a number": (({**LINE, "id": 4},), 1, "id"),
    "a path that is missing": (({k: v for k, v in LINE.items() if k != "path"},), 1, "path"),
    "a host that is a number": (({**LINE, "host": 5},), 1, "host"),
    "a plan that is a list": (({**LINE, "plan": ["p"]},), 1, "plan"),
    "invented ids that are a number": (({**LINE, "notes": {"invented": 4}},), 1, "invented"),
    "a followed answer that is a list": (({**LINE, "notes": {"url_of": []}},), 1, "url_of"),
    "a content type that is an object": (({**LINE, "request_type": {}},), 1, "request_type"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_history_is_refused_with_its_line_and_the_reason(tmp_path: Path, name: str) -> None:
    """Exit code 2, never a traceback, never a silent pass."""
    rows, line, reason = WRONG[name]
    error = refusal(tmp_path, *rows)
    assert error.line == line
    assert reason in str(error)
    assert not line or str(error).startswith(f"line {line}: ")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The same error, without a line."""
    with pytest.raises(HistoryError, match="No such file"):
        histories.read(tmp_path / "nowhere.jsonl")


def test_touching_operations_and_lost_ones_of_a_session_are_in_sequence(tmp_path: Path) -> None:
    """What ends as the next begins does not overlap, and what never ended overlaps nothing."""
    rows = ({**LINE, "b_ns": None, "status": None}, LINE, {**LINE, "a_ns": 20, "b_ns": 30})
    assert len(histories.read(written(tmp_path, *rows)).operations) == 3


def test_reading_streams(tmp_path: Path) -> None:
    """A line that is wrong is no trouble before it is reached."""
    stream = histories.lines(written(tmp_path, LINE, b"oops\n"))
    assert isinstance(next(stream), Operation)
    with pytest.raises(HistoryError):
        next(stream)


def test_secret_free_octets_look_like_bytes_only_when_they_are(tmp_path: Path) -> None:
    """A JSON answer that merely has a field of that name stays JSON."""
    body = {"bytes": 3, "md5": "x", "more": 1}
    (retained,) = histories.read(written(tmp_path, {**LINE, "response": body})).operations
    assert retained.exchange.response == body


def test_who_asked_is_known_from_older_fields_too(tmp_path: Path) -> None:
    """Without `user`, an authorized request is the owner's; without `role`, the API is what lies under its base."""
    rows = ({**LINE, "authorized": False}, {**LINE, "a_ns": 30, "b_ns": 40, "path": "/bucket/key"})
    first, second = histories.read(written(tmp_path, *rows)).operations
    assert (first.exchange.user, first.exchange.role) == (None, Role.API)
    assert (second.exchange.user, second.exchange.role) == ("owner", Role.STORAGE)
