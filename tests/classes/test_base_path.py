"""A DDS is judged alike under any base path."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import history as histories
from conformance.api.routes import call_of, likely_base
from conformance.model import History, Operation, Role
from conformance.outcome.assemble import Framing, assemble

RECORDED = Path(__file__).parents[1] / "data" / "recorded" / "deployed-history.jsonl"
BASES = ("/dds/v1", "/api/v1/namespaces/x/proxy/api/v1", "/dds/api/v1", "/permissions/projects", "/files", "")


def moved(history: History, base: str) -> History:
    """Give the history as it would be of the same service under `base`."""
    target = replace(history.target, base_url=f"http://dds.test{base}")
    operations = tuple(_moved(one, base) for one in history.operations)
    return replace(history, operations=operations, target=target)


def _moved(one: Operation, base: str) -> Operation:
    if one.exchange.role is Role.STORAGE:
        return one
    path = base + one.exchange.path.removeprefix("/api/v1")
    return replace(one, exchange=replace(one.exchange, path=path))


def verdicts(history: History) -> dict[str, tuple[str, int]]:
    """Give outcome and exposures of every requirement."""
    drawn = assemble(history, Framing(recorded=True))
    return {row["id"]: (row["outcome"], row["exposures"]) for row in drawn["requirements"]}


Recorded = tuple[History, dict[str, tuple[str, int]]]


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    """Give the deployed service's own history, with its verdicts."""
    history = histories.read(RECORDED)
    return history, verdicts(history)


@pytest.mark.parametrize("base", BASES)
def test_a_recorded_history_has_the_same_verdict_under_any_base(recorded: Recorded, base: str) -> None:
    """The header says which."""
    assert verdicts(moved(recorded[0], base)) == recorded[1]


NAMES = ["projects", "files", "api", "v1", "url", "permissions"]
DRAWN = st.from_regex(r"[a-z0-9._~-]{1,8}", fullmatch=True).filter(lambda part: bool(part.strip(".")))
SEGMENT = st.one_of(st.sampled_from(NAMES), DRAWN)


@settings(max_examples=25, deadline=None)
@given(parts=st.lists(SEGMENT, max_size=5), seed=st.integers(0, 99))
def test_any_part_of_it_has_the_same_verdict_under_any_drawn_base(parts: list[str], seed: int) -> None:
    """A property: the base means nothing."""
    history = histories.read(RECORDED)
    few = tuple(random.Random(seed).sample(history.operations, 60))
    part = replace(history, operations=few)
    assert verdicts(moved(part, "".join(f"/{one}" for one in parts))) == verdicts(part)


@pytest.mark.parametrize("base", [base for base in BASES if base])
def test_a_recording_without_a_header_is_read_under_the_prefix_that_fits(base: str, tmp_path: Path) -> None:
    """The longest of those below which most requests are calls."""
    text = re.sub(r'"path": ?"/api/v1', f'"path":"{base}', RECORDED.read_text(encoding="utf-8"))
    path = tmp_path / "history.jsonl"
    path.write_text(text, encoding="utf-8")
    plain, read = histories.read(RECORDED), histories.read(path)
    assert read.target.base_url.endswith(base)
    assert [one.exchange.role for one in read.operations] == [one.exchange.role for one in plain.operations]
    assert verdicts(read) == verdicts(plain)


def test_a_call_is_looked_for_below_the_base_only() -> None:
    """Neither elsewhere in the path nor beside it."""
    kube = "/api/v1/namespaces/x/proxy/api/v1"
    assert call_of("GET", f"{kube}/projects", kube).name == "list_projects"
    assert call_of("GET", f"{kube}/projects", "/api/v1").name == "unrouted"
    assert call_of("GET", "/api/v10/projects", "/api/v1").name == "unrouted"
    assert likely_base([("POST", f"{kube}/projects"), ("GET", "/b/o")]) == kube
    assert likely_base([]) == "/api/v1"
