"""HAR files, cassettes and folders of histories: read as far as they can be trusted, judged like any recording."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from har_recorder import HarRecorder, instant
from har_writer import DIGITS, har_of
from hypothesis import given
from hypothesis import strategies as st
from visitors import Visitor

from conformance import history as histories
from conformance.errors import HistoryError
from conformance.history.har.har_file import is_foreign, read_foreign
from conformance.history.har.har_operations import Reading
from conformance.history.workers.worker_files import read_folder
from conformance.judge import judge_history
from conformance.model import Failure, History, Judgement, Octets, Operation
from conformance.reference.launch import launch

sys.path.insert(0, str(Path(__file__).parent.parent / "consistency"))

from judged import crimes
from legal_dds import Crime, pack

ID = "11111111-1111-4111-8111-111111111111"
MS = 1_000_000
AT = 1_795_694_400_000 * MS
BASE = "http://dds.test/api/v1"


def entry(path: str = f"/files/{ID}/url", *, status: int = 200, body: str = "{}", **changes: Any) -> dict[str, Any]:
    """Give one entry; `changes` replace its parts, None removes them."""
    made = {
        "startedDateTime": "2026-11-26T12:00:00.120Z",
        "time": 7.5,
        "request": {
            "method": "GET",
            "url": f"{BASE}{path}",
            "headers": [{"name": "Authorization", "value": "t-0-k-e-n"}],
        },
        "response": {
            "status": status,
            "headers": [{"name": "Content-Length", "value": str(len(body))}],
            "content": {"text": body, "size": len(body)},
        },
    }
    return {name: value for name, value in {**made, **changes}.items() if value is not None}


def read(*entries: dict[str, Any], **reading: Any) -> tuple[Operation, ...]:
    """Read entries as a file."""
    text = json.dumps({"log": {"version": "1.2", "entries": entries}})
    return read_foreign(text.encode(), Reading(**reading)).history.operations


@pytest.mark.parametrize(
    ("printed", "begun_ms", "resolution_ms"),
    [
        ("2026-11-26T12:00:00.120Z", 120, 1),
        ("2026-11-26T12:00:00.12Z", 120, 10),
        ("2026-11-26T12:00:00Z", 0, 1000),
        ("2026-11-26T13:00:00.120000+01:00", 120, 0.001),
        ("2026-11-26T07:00:00.120-05:00", 120, 1),
    ],
)
def test_an_operation_lasts_from_its_printed_instant_by_its_resolution_its_time_and_a_millisecond(
    printed: str, begun_ms: int, resolution_ms: float
) -> None:
    """The instant is floored to what it prints; all that may be missing is added at the end."""
    (operation,) = read(entry(startedDateTime=printed))
    assert operation.a_ns == AT + begun_ms * MS
    assert operation.b_ns == operation.a_ns + int((resolution_ms + 7.5 + 1) * MS)


@pytest.mark.parametrize(
    "changes",
    [{"time": None}, {"time": -1}, {"time": "soon"}, {"response": None}, {"response": {"status": 0, "headers": []}}],
)
def test_without_a_time_or_a_status_an_operation_has_no_end(changes: dict[str, Any]) -> None:
    """Its effect is indeterminate."""
    (operation,) = read({k: v for k, v in {**entry(), **changes}.items() if v is not None})
    assert operation.b_ns is None
    assert operation.exchange.failure is not None


@pytest.mark.parametrize(
    ("headers", "content", "known"),
    [
        ({"Content-Length": "9"}, {"text": '{"id": 1}'}, True),
        ({"Content-Length": "8"}, {"text": '{"id": 1}'}, False),
        ({}, {"text": '{"id": 1}'}, False),
        ({"Content-Length": "9"}, {}, False),
        ({"Content-Length": "9", "Content-Encoding": "gzip"}, {"text": '{"id": 1}'}, False),
        ({"Content-Length": "9"}, {"text": "eyJpZCI6IDF9", "encoding": "base64"}, True),
        ({"Content-Length": "9"}, {"text": "not base64!", "encoding": "base64"}, False),
        ({"Content-Length": "3"}, {"text": "\ufffd"}, False),
    ],
)
def test_a_body_is_trusted_only_if_it_is_as_long_as_its_content_length(
    headers: dict[str, str],
    content: dict[str, str],
    known: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Else the answer is unknown, whatever its status."""
    listed = [{"name": name, "value": value} for name, value in headers.items()]
    (operation,) = read(entry(response={"status": 200, "headers": listed, "content": content}))
    assert (operation.exchange.failure is None) == known
    assert operation.exchange.response == ({"id": 1} if known else None)
    assert operation.exchange.failure in (None, Failure.CUT)


def test_the_base_that_fits_best_is_found_and_may_be_named() -> None:
    """Pages, other hosts and preludes are left out; a base elsewhere than /api/v1 is one too."""
    page = entry(request={"method": "GET", "url": "http://dds.test/index.html", "headers": []})
    other = entry(request={"method": "GET", "url": "https://cdn.test/projects", "headers": []})
    moved = [entry(request={"method": "GET", "url": f"http://dds.test/x/dds/files/{ID}/url", "headers": []})] * 3
    assert [one.id for one in read(page, entry(), other, entry())] == ["entry-2", "entry-4"]
    assert {one.exchange.path for one in read(page, *moved)} == {f"/x/dds/files/{ID}/url"}
    assert [one.id for one in read(entry(), *moved, base_url=BASE)] == ["entry-1"]
    with pytest.raises(HistoryError, match="--base-url"):
        read(page)


@pytest.mark.parametrize(("speaks_as", "user"), [("owner", "owner"), ("other", "other"), ("none", None), ("", "owner")])
def test_a_sanitised_file_is_read_as_one_user_and_says_so(speaks_as: str, user: str | None) -> None:
    """No request carries Authorization: who speaks is an option, and a remark."""
    bare = entry(request={"method": "GET", "url": f"{BASE}/projects", "headers": []})
    text = json.dumps({"log": {"entries": [bare, bare]}})
    found = read_foreign(text.encode(), Reading(speaks_as))
    assert {one.exchange.user for one in found.history.operations} == {user}
    assert any("--as" in remark for remark in found.remarks)


def test_lanes_hold_operations_that_do_not_overlap() -> None:
    """Sorted first, then each into a lane that is free; the reader of histories accepts what is written of them."""
    dice = random.Random(1)
    entries = [
        entry(
            startedDateTime=f"2026-11-26T12:00:0{dice.randrange(3)}.{dice.randrange(1000):03d}Z",
            time=dice.randrange(300),
        )
        for _ in range(60)
    ]
    ends: dict[str, int] = {}
    operations = read(*entries)
    for one in sorted(operations, key=lambda one: one.a_ns):
        assert one.b_ns is not None
        assert ends.get(one.session, 0) <= one.a_ns
        ends[one.session] = one.b_ns
    assert 1 < len(ends) < 30


def test_secrets_of_a_file_are_in_no_operation() -> None:
    """Tokens, cookies and signatures, wherever they are echoed."""
    headers = [{"name": "Authorization", "value": "planted-t0ken"}, {"name": "Cookie", "value": "s=planted-c00kie"}]
    request = {"method": "GET", "url": f"{BASE}/projects?signature=planted-signature-4711", "headers": headers}
    body = json.dumps({"reason": "planted-t0ken planted-c00kie", "api_token": "planted-given"})
    (operation,) = read(entry(request=request, status=400, body=body))
    assert "planted" not in repr(operation)


def test_what_was_stored_is_known_only_from_whole_bodies_at_signed_urls() -> None:
    """A PUT is tied to the answer that gave its url, however the browser spells it."""
    signed = json.dumps({"http_verb": "PUT", "host": "http://s3.test", "url": "/b/k?f=a b&sig=x"})
    chunk = entry(f"/uploads/{ID}/chunks", body=signed)
    chunk["request"]["method"] = "PUT"
    length = [{"name": "Content-Length", "value": "5"}]
    put = {"method": "PUT", "url": "http://s3.test/b/k?f=a%20b&sig=x", "headers": length, "postData": {"text": "bytes"}}
    stated, stored = read(chunk, entry(request=put, startedDateTime="2026-11-26T12:00:01.000Z"))
    assert stored.notes == {"url_of": stated.id}
    assert isinstance(stored.exchange.request, Octets)
    assert stored.exchange.request.bytes == 5
    put["postData"] = {"text": "byte"}
    assert read(chunk, entry(request=put))[-1].exchange.request is None


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"log": {}}', '{"log": {"entries": [1]}}', "http_interactions: 7", "\x00"]
)
def test_what_is_no_file_of_requests_is_refused_with_a_reason(text: str) -> None:
    """Never a traceback."""
    with pytest.raises(HistoryError):
        read_foreign(text.encode(), Reading())


PARTS = ["request", "response", "time", "startedDateTime", "headers", "content", "postData", "url", "method", "text"]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(PARTS), inner),
)


@given(ANY_JSON)
def test_any_json_for_an_entry_is_read_or_refused(value: Any) -> None:
    """A strange file raises nothing but HistoryError."""
    try:
        read(entry(), value)
    except HistoryError:
        return
    try:
        read({**entry(), **value} if isinstance(value, dict) else entry())
    except HistoryError:
        return


def exported(chaos: History, dice: random.Random) -> Judgement:
    """Export a history at some resolution, in some order, read it back and judge it."""
    text = json.dumps(har_of(chaos.operations, dice, dice.choice(DIGITS)))
    found = read_foreign(text.encode(), Reading()).history
    return judge_history(replace(found, target=chaos.target))


def test_legal_chaos_exported_at_any_resolution_raises_no_alarm() -> None:
    """The long run is benchmarks/soak_har.py."""
    for seed in range(40):
        assert crimes(exported(pack(seed, 15), random.Random(seed))) == set()


@pytest.mark.parametrize(
    "crime",
    [Crime.FLIPS, Crime.SERVES_BAD, Crime.REFUSES_GOOD, Crime.REFUSES_COMPLETION, Crime.FAILS_ON_BAD, Crime.STRANGER],
)
def test_what_does_not_rest_on_order_alone_is_convicted_in_a_har_file_too(crime: Crime) -> None:
    """Verdicts that contradict each other, or what was stored, are wrong by any clock."""
    found: set[str] = set()
    for seed in range(6):
        found |= crimes(exported(pack(seed, 15, crime), random.Random(seed)))
    if crime is Crime.STRANGER:
        assert found == set(), "nobody vouches for the second user of a file"
    else:
        assert crime.value in found


@pytest.mark.parametrize("crime", [Crime.EARLY, Crime.NEVER_CONVERGES])
def test_what_rests_on_the_order_of_a_wall_clock_alone_is_measured(crime: Crime) -> None:
    """The clock may have been set between two requests: the signs are counted, and nothing is failed for them."""
    measured = 0
    for seed in range(4):
        judgement = exported(pack(seed, 15, crime), random.Random(seed))
        tally = judgement.tallies.get(crime.value)
        assert not (tally and tally.findings)
        measured += tally.measured.get("on_order_alone", 0) if tally else 0
    assert measured


# ---- real traffic


def recorded(pause_s: float, *faults: str) -> tuple[dict[str, Any], str]:
    """Let a client visit a server while a recorder of the tests looks on."""
    recorder = HarRecorder()
    with launch(lag="0.2", faults=faults) as server:
        with Visitor(server.base_url, server.token, recorder.hook) as visitor:
            visitor.visit("recorded", pause_s=pause_s)
            listed = visitor.api.get(f"/projects/{visitor.project}/children").json()["results"]
            for one in listed:
                for _ in range(100):
                    answer = visitor.api.get(f"/files/{one['id']}/url")
                    if answer.status_code != 404:
                        break
                    time.sleep(0.05)
                if answer.status_code == 200:
                    visitor.signed(answer.json())
        return recorder.document(), server.base_url


def rounded(document: dict[str, Any]) -> dict[str, Any]:
    """Round every instant to ten milliseconds, and shuffle."""
    entries = []
    for one in document["log"]["entries"]:
        begun = datetime.fromisoformat(one["startedDateTime"])
        entries.append({**one, "startedDateTime": instant(begun - timedelta(microseconds=begun.microsecond % 10_000))})
    random.Random(3).shuffle(entries)
    return {"log": {**document["log"], "entries": entries}}


def judged_file(folder: Path, document: dict[str, Any], *words: str) -> tuple[int, dict[str, Any]]:
    """Judge a document as a user does; give the exit code and the run document."""
    path = folder / "traffic.har"
    path.write_text(json.dumps(document), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "conformance",
        "judge",
        str(path),
        "--json",
        "--report-dir",
        str(folder / "out"),
        *words,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def failed(document: dict[str, Any]) -> set[str]:
    """Give the requirements that are broken or warned of."""
    rows = document["requirements"]
    return {row["id"] for row in rows if row["outcome"] in ("fail", "warn") and row["level"] != "MEASURED"}


@pytest.mark.parametrize("change", [lambda document: document, rounded], ids=["as told", "rounded and shuffled"])
def test_the_traffic_of_a_correct_server_is_conformant_as_har(
    change: Callable[[dict[str, Any]], dict[str, Any]], tmp_path: Path
) -> None:
    """The same verdict as a watch gives; the base is found, and no secret is written."""
    document, base_url = recorded(0.0)
    code, drawn = judged_file(tmp_path, change(document))
    assert (code, drawn["outcome"], failed(drawn)) == (0, "conformant", set())
    assert drawn["target"]["base_url"] == base_url
    tokens = re.findall(r'"name": "authorization", "value": "([^"]+)"', json.dumps(document))
    assert tokens
    for path in (tmp_path / "out").iterdir():
        assert tokens[0] not in path.read_text(encoding="utf-8")


def test_the_traffic_of_a_server_that_serves_what_is_bad_is_not(tmp_path: Path) -> None:
    """Requests far enough apart to be told in milliseconds."""
    document, _ = recorded(0.05, "swallow-everything")
    code, drawn = judged_file(tmp_path, document)
    assert (code, drawn["outcome"]) == (1, "nonconformant")
    assert "bad-never-200" in failed(drawn)


# ---- other kinds


def test_a_folder_of_the_histories_of_one_run_is_one_history(tmp_path: Path) -> None:
    """Workers' files, with ids and sessions that may be alike, give the judgement of the whole."""
    chaos = pack(5, 6)
    for number in range(3):
        lines = [histories.encode(one) for one in chaos.operations[number::3]]
        (tmp_path / f"worker{number}.jsonl").write_bytes(b"".join(lines))
    (tmp_path / "ledger.jsonl").write_text("{}\n", encoding="utf-8")
    whole = read_folder(tmp_path)
    assert len(whole.operations) == len(chaos.operations)
    with pytest.raises(HistoryError, match="holds no history"):
        read_folder(tmp_path / "nowhere")


def test_folders_of_several_runs_are_refused(tmp_path: Path) -> None:
    """Two clocks cannot be compared."""
    for run in ("a", "b"):
        head = histories.encode_header(pack(1, 1).target, {"run_id": run})
        (tmp_path / f"{run}.jsonl").write_bytes(head)
    with pytest.raises(HistoryError, match="several runs"):
        read_folder(tmp_path)


def test_kinds_are_told_by_what_is_in_a_file() -> None:
    """A history's first line is never taken for a HAR file."""
    assert is_foreign(b'{"log": {"version"')
    assert is_foreign(b'\n{\n  "log": {')
    assert is_foreign(b"", "x.HAR")
    assert is_foreign(b"command: st run\nhttp_interactions:\n- id: 1")
    assert not is_foreign(b'{"format":"dds-conformance-history","log":1}')
    assert not is_foreign(b'{"a_ns":1,"log":2}')


SCHEMATHESIS = "from schemathesis.cli import schemathesis; schemathesis()"


@pytest.mark.parametrize("kind", ["har", "vcr"])
def test_the_reports_of_schemathesis_itself_are_judged(kind: str, tmp_path: Path) -> None:
    """A run of its command against the embedded server; what it kept is read as it is."""
    with launch(lag="0.05") as server:
        words = ["run", server.description_url, "--url", server.base_url, "-H", f"Authorization: {server.token}"]
        more = [
            "--report",
            kind,
            f"--report-{kind}-path",
            str(tmp_path / f"x.{kind}"),
            "--phases",
            "fuzzing",
            "-n",
            "2",
        ]
        quiet = ["--include-path-regex", "projects|uploads|url$", "--suppress-health-check", "all", "--no-color"]
        done = subprocess.run(
            [sys.executable, "-c", SCHEMATHESIS, *words, *more, *quiet],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            cwd=tmp_path,
        )
        assert (tmp_path / f"x.{kind}").exists(), done.stdout[-2000:] + done.stderr[-2000:]
    found = read_foreign((tmp_path / f"x.{kind}").read_bytes(), Reading())
    assert len(found.history.operations) > 20
    known = [one for one in found.history.operations if one.exchange.failure is None and one.b_ns is not None]
    assert len(known) > 10
    assert crimes(judge_history(found.history)) == set(), found.remarks
