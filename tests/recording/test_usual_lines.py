"""The fast reader of lines against the strict one: the same entry, the same refusal, on whatever a line may hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.history.decode import Decoder, Problem, parse
from conformance.history.read import _Watch
from conformance.history.usual_lines import UsualLines
from conformance.model import Exchange, Operation

RECORDED = Path(__file__).parent.parent / "data" / "recorded" / "deployed-history.jsonl"
LINE = {
    "id": "w-1", "session": "s", "a_ns": 10, "method": "GET", "host": "h", "path": "/api/v1/files/1/url", "role": "api",
    "user": "owner", "authorized": True, "request": None, "request_type": None, "phase": "final", "scenario": "x",
    "plan": "p", "notes": {"intent": "valid"}, "b_ns": 20, "status": 200,
    "headers": {"content-type": "application/json"}, "response": {"results": []}, "failure": None,
}  # fmt: skip
ODD_TEXTS = (
    "1.0", "-0", "-0.0", "1e999", "-1e999", "123456789012345678901234567890", "9" * 4400, "NaN", "-Infinity", "01",
    '"\\ud800"', '"\\ud83d\\ude00"', '"a\\ud800b"', '"\x01"', '"\x7f"', '"\\x"', '""', '"L1"', "true", "false", "null",
    "{}", "[]", '{"a":1,"a":2}', '{"bytes":3,"md5":"x"}', '{"bytes":3.0,"md5":"x"}', '{"bytes":3,"md5":"x","text":"t"}',
    '{"bytes":-1,"md5":"x"}', '{"a":NaN}', '{"\\ud800":"x"}', "[1,]", '{"invented":1}', '{"content":[]}',
    '{"url_of":null}', '{"x":1e999}', "[" * 390 + "]" * 390, "[" * 3000 + "]" * 3000, '{"a":' * 2000 + "1" + "}" * 2000,
    "1_0", "tru", "10", "20", "99", "100", "999", "1000", "-5", '"storage"', '"other"', '"killed"', '"reset"',
    '"é\u2028"',
    "\xa01", "1\x0c", '"2026-01-01T00:00:00Z"', "1.5e3", '{"x-request-id":"1"}', '{"a":null}',
)  # fmt: skip
NAMES = (*LINE, "begin", "unforeseen", "format", "end", "operations", "version", "target")


def strictly(raw: bytes, base: str) -> Any:
    """Return what the strict reader makes of a line: an entry, or its words against it."""
    try:
        return parse(raw.strip().decode("utf-8"), 7, base)
    except (Problem, UnicodeDecodeError) as refused:
        return str(refused)


def by_both(raw: bytes, base: str) -> Any:
    """Return the same of both readers together, as a history is read."""
    decode = Decoder(base)
    try:
        return decode(raw, 7)
    except (Problem, UnicodeDecodeError) as refused:
        return str(refused)


def same(raw: bytes, base: str = "/api/v1") -> None:
    """Hold both to the same entry, types included (1 is not 1.0), or to the same words."""
    assert repr(by_both(raw, base)) == repr(strictly(raw, base))


@pytest.mark.parametrize("name", NAMES)
def test_a_field_of_any_value_is_read_alike(name: str) -> None:
    """Each field holds each odd value once, and once more a second time, as a duplicate key."""
    rest = ",".join(f"{json.dumps(key)}:{json.dumps(value)}" for key, value in LINE.items() if key != name)
    for text in ODD_TEXTS:
        same(f'{{"{name}":{text},{rest}}}\n'.encode())
        same(f'{{"{name}":{text},{rest},"{name}":{json.dumps(LINE.get(name))}}}'.encode())


@pytest.mark.parametrize("name", LINE)
def test_a_line_without_one_field_is_read_alike(name: str) -> None:
    """Older recordings leave fields out: whose it is, who asked, its id."""
    for base in ("/api/v1", "/other"):
        same(json.dumps({key: value for key, value in LINE.items() if key != name}).encode(), base)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=3), VALUES), max_size=4)


@given(FIELDS, st.sets(st.sampled_from(list(LINE)), max_size=3), st.booleans())
@settings(max_examples=300, deadline=None)
def test_lines_of_arbitrary_json_are_read_alike(
    fields: list[tuple[str, Any]],
    left: set[str],
    ascii_only: bool,  # noqa: FBT001 - drawn
) -> None:
    """Any fields beside and instead of the usual ones, keys twice, in any order."""
    items = [(key, value) for key, value in LINE.items() if key not in left] + fields
    text = ",".join(f"{json.dumps(k)}:{json.dumps(v, ensure_ascii=ascii_only)}" for k, v in items)
    same(f"{{{text}}}".encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=4), st.integers(0, 420))
@settings(max_examples=300, deadline=None)
def test_lines_with_bytes_in_them_that_do_not_belong_are_read_alike(inserted: bytes, place: int) -> None:
    """What is broken is broken for both, with the same words."""
    raw = json.dumps(LINE).encode()
    same(raw[:place] + inserted + raw[place:])
    same(raw[:place] + inserted)


def test_every_line_of_the_deployed_recording_is_read_alike_and_fast() -> None:
    """Older in its fields, and with answers that repeat."""
    lines, usual, strict = RECORDED.read_bytes().splitlines(keepends=True), UsualLines(), []
    for number, raw in enumerate(lines, 1):
        strict.append(parse(raw.decode(), number))
        assert repr(usual.read(raw, number, "/api/v1")) == repr(strict[-1])
    assert len(strict) > 400


def test_the_usual_line_is_read_by_the_fast_reader() -> None:
    """Else nothing above compares two readers."""
    assert UsualLines().read(json.dumps(LINE).encode(), 7, "/api/v1") is not None
    assert UsualLines().read(json.dumps({**LINE, "begin": True}).encode(), 7, "/api/v1") is not None
    assert UsualLines().read(json.dumps({**LINE, "status": 200.0}).encode(), 7, "/api/v1") is None


def test_entries_of_both_readers_are_frozen_and_equal_with_equal_hashes() -> None:
    """They are operations like any other."""
    raw = json.dumps({**LINE, "notes": None, "headers": None, "response": None}).encode()
    fast, strict = by_both(raw, "/api/v1"), strictly(raw, "/api/v1")
    assert (type(fast), type(fast.exchange)) == (type(strict), type(strict.exchange))
    assert fast == strict
    with pytest.raises(AttributeError):
        fast.a_ns = 1
    with pytest.raises(AttributeError):
        fast.exchange.status = 1


@given(st.lists(st.from_regex(r"[aL]?-?(0|[1-9][0-9]{0,8}|b)?-?\n?", fullmatch=True).filter(bool), max_size=12))
@settings(max_examples=200, deadline=None)
def test_an_id_is_refused_exactly_when_it_stood_before(names: list[str]) -> None:
    """Numbered ids are remembered as bits, others as they are; no two different ids are taken for one."""
    watch, before = _Watch(), set[str]()
    for name in names:
        entry = Operation(name, name, 1, 2, Exchange("GET", "/x"))
        if name in before:
            with pytest.raises(Problem, match="occurs twice"):
                watch.entry(entry, first=False)
        else:
            watch.entry(entry, first=False)
        before.add(name)
