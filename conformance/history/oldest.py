"""Tables that remember only what was put in last."""

from __future__ import annotations

from itertools import islice
from typing import Any


def forget_oldest(table: dict[Any, Any], most: int) -> None:
    """Leave the `most` entries that came last, once an eighth more than that are there.

    One at a time would be slow: a dictionary looks for its first entry among all that were taken out lately.
    """
    if len(table) > most + most // 8:
        for key in list(islice(table, len(table) - most)):
            del table[key]
