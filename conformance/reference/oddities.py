"""Oddities: strange but legal ways of serving, as data. `layers` holds their code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ODDITIES", "Oddity"]


@dataclass(frozen=True, slots=True)
class Oddity:
    """A legal strangeness: its name and what it does."""

    name: str
    summary: str


ODDITIES: Mapping[str, Oddity] = {}
