"""Sessions: operations of one lane never overlap, so a lane is a client that speaks in sequence."""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Client:
    name: str
    lanes: int = 0
    free: list[int] = field(default_factory=list)


class Lanes:
    """Gives each request of a client the first free lane of that client.

    A client is an address with what it says of itself (token, cookies): clients that a target can tell apart may be
    served by different replicas, and must not be taken for one that reads in sequence.
    """

    def __init__(self) -> None:
        self._clients: dict[tuple[str, str], _Client] = {}
        self._taken: dict[str, tuple[_Client, int]] = {}

    def take(self, address: str, *marks: str) -> str:
        """Give the name of a lane that nobody uses."""
        key = address, hashlib.sha256("\0".join(marks).encode()).hexdigest()
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = _Client(f"{address}/client{len(self._clients) + 1}")
        number = heapq.heappop(client.free) if client.free else client.lanes
        client.lanes = max(client.lanes, number + 1)
        name = f"{client.name}#{number + 1}"
        self._taken[name] = client, number
        return name

    def give_back(self, name: str) -> None:
        """Let others have the lane."""
        client, number = self._taken.pop(name)
        heapq.heappush(client.free, number)
