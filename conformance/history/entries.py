"""What the lines of a history stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from conformance.model import Failure, Json, Operation, Target

FORMAT = "dds-conformance-history"
VERSION = 1
TARGET_FIELDS: Mapping[str, tuple[type, ...]] = {
    "base_url": (str,),
    "embedded": (bool,),
    "second_user": (bool,),
    "version": (str,),
    "gateway": (str,),
    "converge_within_s": (int, float),
    "storage_provider": (str,),
}
"""What the header says of the target, and of which types."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a history of ours: what ran, against which target."""

    fields: Mapping[str, Json]
    target: Target


@dataclass(frozen=True, slots=True)
class Begun:
    """A mutation that is about to be sent; its end may never come."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class End:
    """The last line of a history of ours: how many operations it holds, and whether the user interrupted it."""

    operations: int
    interrupted: bool = False


Entry = Header | Begun | Operation | End


def unfinished(operation: Operation) -> Operation:
    """Give `operation` as one whose end never came."""
    return replace(operation, b_ns=None, exchange=replace(operation.exchange, failure=Failure.KILLED))
