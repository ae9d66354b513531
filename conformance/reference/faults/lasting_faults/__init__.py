"""Faults of what lasts: what comes back, what a slow client meets, what combines, what load does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.lasting_faults import (
    aftermath_faults,
    mixture_faults,
    overload_faults,
    pause_faults,
    pressure_faults,
    return_faults,
    sequence_faults,
    standing_faults,
)

if TYPE_CHECKING:
    from conformance.reference.hooks.bends import Fault, LayerFactory

__all__ = ["FAMILY"]

FAMILY: dict[Fault, LayerFactory] = (
    return_faults.FAMILY
    | aftermath_faults.FAMILY
    | sequence_faults.FAMILY
    | standing_faults.FAMILY
    | pause_faults.FAMILY
    | mixture_faults.FAMILY
    | pressure_faults.FAMILY
    | overload_faults.FAMILY
)
