"""Which worker process takes which shard of the plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")
LEAST_BATCH = 2


def spread(items: Sequence[Item], heavy: Sequence[Item], workers: int) -> list[Item]:
    """Order `items` so that each worker's first batch begins with one of the `heavy` ones.

    pytest-xdist hands each worker a batch of the first items, a quarter of its share and two at least; whatever is left
    goes to whoever has finished.
    """
    light = [item for item in items if item not in heavy]
    batch = max(len(items) // (4 * workers), LEAST_BATCH) - 1
    ordered: list[Item] = []
    for number, item in enumerate(heavy):
        ordered += [item, *light[number * batch : (number + 1) * batch]]
    return ordered + light[len(heavy) * batch :]
