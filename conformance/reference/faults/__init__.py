"""Faults: ways in which the server can be told to break the contract, each with the requirements it breaks.

Importing this starts nothing. The code of each fault stands beside its description, in one module per family.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults import (
    completion_faults,
    conduct_faults,
    description_faults,
    lasting_faults,
    payload_faults,
    place_faults,
    project_faults,
    promise_faults,
    service_faults,
    storage_faults,
    surrounding_faults,
    time_faults,
    value_faults,
    verdict_faults,
)
from conformance.reference.hooks.bends import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.reference.hooks.bends import LayerFactory

__all__ = ["FAULTS", "FAULT_LAYERS", "Fault"]

_FAMILIES: dict[Fault, LayerFactory] = (
    payload_faults.FAMILY
    | time_faults.FAMILY
    | project_faults.FAMILY
    | verdict_faults.FAMILY
    | storage_faults.FAMILY
    | completion_faults.FAMILY
    | place_faults.FAMILY
    | conduct_faults.FAMILY
    | service_faults.FAMILY
    | description_faults.FAMILY
    | promise_faults.FAMILY
    | value_faults.FAMILY
    | surrounding_faults.FAMILY
    | lasting_faults.FAMILY
)

FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in _FAMILIES}
FAULT_LAYERS: Mapping[str, LayerFactory] = {fault.name: layer for fault, layer in _FAMILIES.items()}
