"""Addresses at which nobody listens, and at which no other test can begin to."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator


@contextlib.contextmanager
def nobody_listens() -> Iterator[str]:
    """Give the address of a target that refuses connections, and hold its port meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/api/v1"
