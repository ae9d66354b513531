"""JSON of an unknown sender means the same however fast it is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.driver.wire import body

TEXTS = st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": ")])
ODD = {
    "a name twice": b'{"a":1,"a":1}',
    "a name twice, deep": b'{"b":[{"a":1,"a":1}]}',
    "an integer beyond 64 bits": b'{"a":123456789012345678901234567890}',
    "a negative zero": b"-0",
    "a float that is rounded": b"0.1000000000000000055511151231257827",
    "a float beyond every bound": b"1e999",
    "a lone surrogate": b'"\\ud800"',
    "what looks like a lone surrogate": '"\\\\ud \ufffd"'.encode(),
    "a lone surrogate and its replacement": '"\\ud800 \ufffd"'.encode(),
    "a pair of surrogates": b'"\\ud83d\\ude00"',
    "an escaped slash": b'"\\/"',
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "UTF-8 that is none": b'"\xff"',
    "a constant that is none": b"[NaN]",
    "blanks around": b" {} ",
    "depth": b"[" * 65 + b"]" * 65,
    "more depth": b"[" * 100_000,
    "brackets in a text": b'"' + b"[" * 100 + b'"',
    "nothing": b"",
}


def meant(read: Any, data: bytes) -> tuple[str, object]:
    """Return what is read of such bytes, or the reason why nothing is."""
    try:
        value, notes = read(data)
    except ValueError as trouble:
        return "refused", str(trouble)
    return repr(value), notes


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_odd_json_is_read_as_strictly_as_ever(data: bytes) -> None:
    """What the fast decoder takes otherwise is left to the strict one, notes and reasons included."""
    assert meant(body.json_of, data) == meant(body._strict, data)


@given(value=VALUES, separators=SEPARATORS, ascii_only=st.booleans())
def test_any_json_is_read_alike(value: Any, separators: tuple[str, str], *, ascii_only: bool) -> None:
    """Compact or not, escaped or not: types, order and digits are the same."""
    data = json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode("utf-8", "replace")
    assert meant(body.json_of, data) == meant(body._strict, data)
