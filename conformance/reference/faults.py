"""Faults: ways in which the server can be told to break the contract, each with the requirements it breaks.

Importing this starts nothing. The code of each fault stands beside its description, in one module per family.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference import (
    faults_complete,
    faults_conduct,
    faults_description,
    faults_payload,
    faults_places,
    faults_projects,
    faults_service,
    faults_storage,
    faults_time,
    faults_verdict,
)
from conformance.reference.bends import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.reference.bends import LayerFactory

__all__ = ["FAULTS", "FAULT_LAYERS", "Fault"]

_FAMILIES: dict[Fault, LayerFactory] = (
    faults_payload.FAMILY
    | faults_time.FAMILY
    | faults_projects.FAMILY
    | faults_verdict.FAMILY
    | faults_storage.FAMILY
    | faults_complete.FAMILY
    | faults_places.FAMILY
    | faults_conduct.FAMILY
    | faults_service.FAMILY
    | faults_description.FAMILY
)

FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in _FAMILIES}
FAULT_LAYERS: Mapping[str, LayerFactory] = {fault.name: layer for fault, layer in _FAMILIES.items()}
