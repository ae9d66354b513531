"""Faults of surroundings: folders, moves, members, other users, changes after the verdict, seldom calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.surrounding_faults import (
    collision_faults,
    denial_faults,
    folder_faults,
    foreign_faults,
    member_faults,
    overwrite_faults,
    relocation_faults,
    seldom_faults,
)

if TYPE_CHECKING:
    from conformance.reference.hooks.bends import Fault, LayerFactory

__all__ = ["FAMILY"]

FAMILY: dict[Fault, LayerFactory] = (
    folder_faults.FAMILY
    | collision_faults.FAMILY
    | relocation_faults.FAMILY
    | denial_faults.FAMILY
    | member_faults.FAMILY
    | foreign_faults.FAMILY
    | overwrite_faults.FAMILY
    | seldom_faults.FAMILY
)
