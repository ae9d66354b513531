"""Faults: ways in which the server can be told to break the contract, as data. `layers` holds their code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAULTS", "Fault"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A seeded crime: its name, the requirements that may convict it (its own first), and what it does."""

    name: str
    breaks: tuple[str, ...]
    summary: str


FAULTS: Mapping[str, Fault] = {}
