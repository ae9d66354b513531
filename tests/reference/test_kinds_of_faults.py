"""Every fault of a kind shows on a short trip through its kind; no honest server and no variant breaks anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reference_bench import Bench
from reference_kinds import SHOWN, TRIPS
from reference_trip import Trip
from reference_value_trips import plain

from conformance.reference.faults import FAULTS
from conformance.reference.variants import (
    lasting_variants,
    surrounding_variants,
    trust_variants,
    value_variants,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VARIANTS = [
    variant.name
    for module in (lasting_variants, surrounding_variants, trust_variants, value_variants)
    for variant in module.FAMILY
]
NOT_FOR_A_TRIP = {  # no retries of a cut download, no port of a client, ids of the wrong case, other hashes
    *("store-falters", "closes-silently", "ids-in-capitals", "sha256-provider", "compresses", "maintenance"),
    "first-slow",
}


def broken(folder: Path, trip: Callable[[Trip], None], **bends: list[str]) -> set[str]:
    """Return the requirements that a trip shows broken."""
    bench = Bench(folder / "data", lag="0.12", **bends)  # type: ignore[arg-type]
    try:
        trip(walked := Trip(bench))
    finally:
        bench.close()
    return walked.broken


@pytest.mark.parametrize("trip", [*sorted(set(TRIPS.values()), key=lambda trip: trip.__name__), plain])
def test_an_honest_server_breaks_nothing_on_any_trip(trip: Callable[[Trip], None], tmp_path: Path) -> None:
    """The trips accuse nobody who is right."""
    assert broken(tmp_path, trip) == set()


UNTOLD = {
    "complete-lost-of-bad": ("converges-upload",),
    "sha256-complete-503": ("complete-202", "converges-upload"),
}
"""What these trips see broken, and no client may say: a bad upload may be refused, and a hash need not be known."""


@pytest.mark.parametrize(("name", "trip"), SHOWN, ids=[name for name, _ in SHOWN])
def test_a_fault_shows_on_the_trip_of_its_kind(name: str, trip: Callable[[Trip], None], tmp_path: Path) -> None:
    """What it says it breaks is seen broken, and nothing that it does not own up to."""
    seen, fault = broken(tmp_path, trip, faults=[name]), FAULTS[name]
    assert {fault.breaks[0], *UNTOLD.get(name, ())} & seen
    assert seen <= {*fault.breaks, *UNTOLD.get(name, ())}


@pytest.mark.parametrize("name", sorted(set(VARIANTS) - NOT_FOR_A_TRIP))
def test_a_legal_variant_breaks_nothing_on_a_plain_trip(name: str, tmp_path: Path) -> None:
    """Good and bad uploads, new versions and promotions come to their truth."""
    assert broken(tmp_path, plain, variants=[name]) == set()
