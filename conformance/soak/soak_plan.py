"""What a soak was asked for beside the settings of every run, handed to each of its processes as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from conformance.errors import UsageError

RAMP_SHARE = 0.25
"""The share of a soak in which its users arrive: load that grows shows whether convergence slows down with it."""
DEFAULT_PORT = 5557
_SAY = "Say HOST or HOST:PORT."


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """`users` for `minutes`, shared out over `workers`; the master listens at `host` and `port`.

    `remote` workers are started by hand on other machines, and send what they write; the others are processes of this
    one. `web` is where Locust's own page is shown, empty for nowhere.
    """

    users: int
    minutes: float
    workers: int
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    remote: bool = False
    web: str = ""

    @property
    def seconds(self) -> float:
        """Return for how long users begin plans."""
        return self.minutes * 60

    @property
    def spawn_rate(self) -> float:
        """Return how many users arrive in a second."""
        return max(self.users / (self.seconds * RAMP_SHARE), 0.1)

    def to_json(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> SoakPlan:
        """Rebuild what `to_json` gave."""
        return cls(**json.loads(text))


def place(given: str, default_port: int, option: str) -> tuple[str, int]:
    """Read HOST or HOST:PORT.

    Raises:
        UsageError: it is neither.
    """
    host, _, port = given.rpartition(":") if given.count(":") == 1 or given.startswith("[") else (given, "", "")
    host = host or given
    if not host.strip() or (port and not (port.isdigit() and 0 < int(port) < 65536)):
        raise UsageError(f"{option} {given!r} is no place in a network.", remedy=_SAY)
    return host.strip("[]"), int(port) if port else default_port
