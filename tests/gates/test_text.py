"""Words of the views: units, and text of a target made harmless."""

from __future__ import annotations

import math

import pytest

from conformance.outcome.display_text import code, count, escaped, printable, seconds, size


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"),
        (math.inf, "unbounded"),
        (0, "0 s"),
        (0.0000042, "4.2 µs"),
        (0.0421, "42.1 ms"),
        (1.966, "1.97 s"),
        (600.0, "10 min"),
        (10_000.0, "2.78 h"),
        (-0.5, "-500 ms"),
    ],
)
def test_a_duration_is_said_in_the_unit_that_reads_best(value: float | None, text: str) -> None:
    """Seconds in, words out."""
    assert seconds(value) == text


def test_counts_and_sizes_are_said_with_groups_and_units() -> None:
    """Digits in groups of three, bytes in powers of 1024."""
    assert count(1234567) == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"
    assert [size(value) for value in (12, 2048, 734_003_200)] == ["12 B", "2.0 KiB", "700.0 MiB"]


@pytest.mark.parametrize("text", ["a|b", "# x", "*b*", "[a](javascript:1)", "<script>", "`x`", "a\n- b", "@someone"])
def test_markdown_in_a_targets_words_has_no_effect(text: str) -> None:
    """Every special sign is escaped, and nothing starts a new line."""
    safe = escaped(text)
    assert "\n" not in safe
    assert "<" not in safe
    for sign in "|#*[]`@":
        assert safe.replace(f"\\{sign}", "").replace("&#", "").count(sign) == 0


def test_inline_code_holds_backticks_and_bars() -> None:
    """The fence is longer than any run of backticks inside, and a bar ends no table cell."""
    assert code("a`b") == "`` a`b ``"
    assert code("a|b") == "`a\\|b`"


def test_control_characters_and_lone_surrogates_are_replaced() -> None:
    """Neither XML nor a terminal sees an escape sequence."""
    assert printable("a\x1b[31m\x00\ud800b\tc") == "a\ufffd[31m\ufffd\ufffdb\tc"
