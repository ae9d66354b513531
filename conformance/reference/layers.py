"""From names of faults and oddities to the layers that do them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.reference.behaviour import Layer

__all__ = ["layers_for"]


def layers_for(faults: Sequence[str], oddities: Sequence[str]) -> list[type[Layer]]:
    """Return the layers of the named oddities, then of the named faults."""
    return []
