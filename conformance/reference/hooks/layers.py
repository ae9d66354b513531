"""From names of faults and variants to the layers that do them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults import FAULT_LAYERS
from conformance.reference.hooks.deployed_habits import HABITS
from conformance.reference.variants import VARIANT_LAYERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.reference.hooks.bends import LayerFactory

__all__ = ["layers_for"]


def layers_for(faults: Sequence[str], variants: Sequence[str], habits: str | None = None) -> list[LayerFactory]:
    """Return the layers of some habits, of the named variants, then of the named faults.

    Raises:
        KeyError: a name is unknown.
    """
    known = list(HABITS[habits]) if habits else []
    return known + [VARIANT_LAYERS[name] for name in variants] + [FAULT_LAYERS[name] for name in faults]
