"""The file of known deviations: every mistake in it is named, none is passed over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.release import read_deviations

KNOWN = {"nc-payload", "error-number"}
GOOD = """
[[deviation]]
id = "nc-payload"
reason = "no suggestion yet"
owner = "api team"
expires = 2027-03-31
link = "https://example.org/7"
rules = ["nc-suggestion"]
"""


def written(tmp_path: Path, text: str) -> Path:
    """Write a file of deviations."""
    path = tmp_path / "expect.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_line_is_read(tmp_path: Path) -> None:
    """Every field arrives, the date as a date."""
    (one,) = read_deviations(written(tmp_path, GOOD), KNOWN)
    assert (one.id, one.owner, one.expires, one.rules) == (
        "nc-payload",
        "api team",
        date(2027, 3, 31),
        ("nc-suggestion",),
    )


def test_a_line_may_say_how_often_it_is_seen(tmp_path: Path) -> None:
    """Always by default, sometimes if it says so, and nothing else."""
    assert read_deviations(written(tmp_path, GOOD), KNOWN)[0].seen == "always"
    assert read_deviations(written(tmp_path, GOOD + 'seen = "sometimes"\n'), KNOWN)[0].seen == "sometimes"
    with pytest.raises(UsageError, match="often"):
        read_deviations(written(tmp_path, GOOD + 'seen = "often"\n'), KNOWN)


def test_an_empty_file_foresees_nothing(tmp_path: Path) -> None:
    """No lines, no deviations."""
    assert read_deviations(written(tmp_path, ""), KNOWN) == ()


@pytest.mark.parametrize(
    ("old", "new", "stated"),
    [
        ('owner = "api team"\n', "", "lacks owner"),
        ("expires = 2027-03-31\n", "", "lacks expires"),
        ('link = "https://example.org/7"\n', 'link = ""\n', "lacks link"),
        ("expires = 2027-03-31", 'expires = "soon"', "expires is no date"),
        ("expires = 2027-03-31", "expires = 2027-03-31T00:00:00Z", "expires is no date"),
        ('rules = ["nc-suggestion"]', 'rules = "nc-suggestion"', "rules is not a list"),
        ('id = "nc-payload"', 'id = "nc-paylaod"', "no duty is called"),
        ("rules =", "rule =", "unknown fields: rule"),
        ("[[deviation]]", "[[deviations]]", "other things"),
        ("[[deviation]]", "[[deviation", "not TOML"),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, old: str, new: str, stated: str) -> None:
    """A mistake is a usage error that says what is wrong and how it should be."""
    with pytest.raises(UsageError, match=stated):
        read_deviations(written(tmp_path, GOOD.replace(old, new)), KNOWN)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path that cannot be read is in the sentence."""
    with pytest.raises(UsageError, match="nowhere"):
        read_deviations(tmp_path / "nowhere.toml", KNOWN)


def test_a_date_as_text_is_a_date(tmp_path: Path) -> None:
    """Quoted dates are common and harmless."""
    (one,) = read_deviations(written(tmp_path, GOOD.replace("2027-03-31", '"2027-03-31"')), KNOWN)
    assert one.expires == date(2027, 3, 31)
