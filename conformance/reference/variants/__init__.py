"""Variants: strange but legal ways of serving, all of which a fair judge leaves in peace.

Importing this starts nothing. The code of each variant stands beside its description, in one module per family.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import Variant
from conformance.reference.variants import (
    lasting_variants,
    manner_variants,
    refusal_variants,
    surrounding_variants,
    time_variants,
    trust_variants,
    value_variants,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.reference.hooks.bends import LayerFactory

__all__ = ["VARIANTS", "VARIANT_LAYERS", "Variant"]

_FAMILIES: dict[Variant, LayerFactory] = (
    time_variants.FAMILY
    | manner_variants.FAMILY
    | refusal_variants.FAMILY
    | value_variants.FAMILY
    | trust_variants.FAMILY
    | surrounding_variants.FAMILY
    | lasting_variants.FAMILY
)

VARIANTS: Mapping[str, Variant] = {variant.name: variant for variant in _FAMILIES}
VARIANT_LAYERS: Mapping[str, LayerFactory] = {variant.name: layer for variant, layer in _FAMILIES.items()}
