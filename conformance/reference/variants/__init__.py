"""Oddities: strange but legal ways of serving, all of which a fair judge leaves in peace.

Importing this starts nothing. The code of each oddity stands beside its description, in one module per family.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import Oddity
from conformance.reference.variants import manner_variants, refusal_variants, time_variants

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.reference.hooks.bends import LayerFactory

__all__ = ["ODDITIES", "ODDITY_LAYERS", "Oddity"]

_FAMILIES: dict[Oddity, LayerFactory] = time_variants.FAMILY | manner_variants.FAMILY | refusal_variants.FAMILY

ODDITIES: Mapping[str, Oddity] = {oddity.name: oddity for oddity in _FAMILIES}
ODDITY_LAYERS: Mapping[str, LayerFactory] = {oddity.name: layer for oddity, layer in _FAMILIES.items()}
