"""The garbage collector kept away where very many small things without a cycle are made: looking for one takes long."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_away() -> Iterator[None]:
    """Keep the collector away meanwhile."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
