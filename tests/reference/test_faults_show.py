"""Every fault shows its own crime on a short tour, an honest server shows none, a variant none that matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reference_bench import Bench
from reference_detectors import DETECTORS
from reference_kinds import SHOWN
from reference_tour import Tour

from conformance.reference.faults import FAULTS
from conformance.reference.variants import VARIANTS, manner_variants, refusal_variants, time_variants

if TYPE_CHECKING:
    from pathlib import Path

LAG = "0.12"
AT_RANDOM = {"now-and-then-500"}  # spoils whatever it hits
NOT_FOR_A_TOUR = {  # no retries, no large parts, no sleep; a signed path and the exception's words are what they are
    *("resets", "throttled", "large-parts-only", "slow-answers", "relative-urls", "refuses-in-its-words"),
    "plain-names",
    "second-delivery",
    "small-parts-refused",
}
TOURED = {variant.name for module in (manner_variants, refusal_variants, time_variants) for variant in module.FAMILY}
SHOULD = {
    "error-number",
    "spec-wording",
    "nc-tolerated-endpoints",
    "integrity-listing",
    "session-monotonic",
    "status-record",
    "bytes-at-once",
}


def crimes(folder: Path, *, brief: bool = False, **bends: list[str]) -> set[str]:
    """Return the requirements that a tour shows broken."""
    bench = Bench(folder / f"data-{brief}", lag=LAG, **bends)  # type: ignore[arg-type]
    try:
        tour = Tour(bench, brief=brief).walk()
    finally:
        bench.close()
    return {name for name, detects in DETECTORS.items() if detects(tour)}


def test_an_honest_server_shows_no_crime(tmp_path: Path) -> None:
    """The detectors accuse nobody who is innocent."""
    assert crimes(tmp_path) == set()


UNDER_LOAD = {fault.name for fault in FAULTS.values() if fault.under_load}  # shown by a soak: tests/soak


@pytest.mark.parametrize("name", sorted(set(FAULTS) - {name for name, _ in SHOWN} - UNDER_LOAD))
def test_a_fault_shows_its_own_crime(name: str, tmp_path: Path) -> None:
    """The first requirement that a fault says it breaks is seen broken, and nothing that it does not own up to."""
    seen, fault = crimes(tmp_path, brief=True, faults=[name]), FAULTS[name]
    if fault.breaks[0] not in seen:
        seen = crimes(tmp_path, faults=[name])
    assert fault.breaks[0] in seen
    assert seen <= set(fault.breaks) or name in AT_RANDOM


@pytest.mark.parametrize("name", sorted(TOURED - NOT_FOR_A_TOUR))
def test_an_variant_breaks_no_promise(name: str, tmp_path: Path) -> None:
    """An variant moves at most requirements that do not gate."""
    assert crimes(tmp_path, brief=True, variants=[name]) <= SHOULD


def test_every_requirement_is_broken_by_a_fault() -> None:
    """Every duty that a tour can see broken has a crime."""
    owned = {name for fault in FAULTS.values() for name in fault.breaks}
    assert set(DETECTORS) <= owned


def test_names_are_said_once() -> None:
    """A fault and a variant never share a name, and every one says what it does."""
    assert not set(FAULTS) & set(VARIANTS)
    assert all(bend.summary for bend in [*FAULTS.values(), *VARIANTS.values()])
