"""Faults of promises: downloads that never succeed, writes lost or done though refused, mixed ids, silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.promise_faults import (
    download_faults,
    identity_faults,
    lost_write_faults,
    redirect_faults,
    refused_write_faults,
    silence_faults,
)

if TYPE_CHECKING:
    from conformance.reference.hooks.bends import Fault, LayerFactory

__all__ = ["FAMILY"]

FAMILY: dict[Fault, LayerFactory] = (
    download_faults.FAMILY
    | redirect_faults.FAMILY
    | lost_write_faults.FAMILY
    | refused_write_faults.FAMILY
    | identity_faults.FAMILY
    | silence_faults.FAMILY
)
