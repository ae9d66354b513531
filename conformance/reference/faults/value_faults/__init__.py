"""Faults of values: names, sizes, parts and how they are sent, hashes, storage providers, headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.value_faults import (
    content_faults,
    digest_faults,
    header_faults,
    name_faults,
    part_faults,
    provider_faults,
    sending_faults,
    size_faults,
)

if TYPE_CHECKING:
    from conformance.reference.hooks.bends import Fault, LayerFactory

__all__ = ["FAMILY"]

FAMILY: dict[Fault, LayerFactory] = (
    name_faults.FAMILY
    | content_faults.FAMILY
    | size_faults.FAMILY
    | part_faults.FAMILY
    | sending_faults.FAMILY
    | digest_faults.FAMILY
    | provider_faults.FAMILY
    | header_faults.FAMILY
)
