"""What a run was asked to do, frozen: handed to every worker process, its secrets apart from the rest."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.model import Json, Target
from conformance.settings.credentials import NAMES, Credentials, Secret
from conformance.settings.naming import Naming, new_nonce

EFFORTS = ("quick", "standard", "thorough")
EVERY_STORE = "all"
"""What is said in place of a storage provider's id where all that the target lists are to be tried."""
GENTLE_RPS_PER_WORKER = 10.0
"""Requests per second and worker towards a target that is not loopback, unless the operator says otherwise."""
HANDED_SECRETS = "DDS_CONFORMANCE_HANDED_SECRETS"
"""The environment variable by which a run hands its secrets to its own worker processes."""
API_PATH = "/api/v1"
MIB = 1 << 20
_SAY = "Say: --target https://host[:port]"


@dataclass(frozen=True, slots=True)
class Budgets:
    """What a run may spend in all, over all its processes; None means without end. Times in seconds.

    `longest_wait_s` is the longest single wait that a target may ask for (Retry-After) before the run gives up.
    """

    requests: int | None = None
    bytes: int | None = None
    seconds: float | None = None
    longest_wait_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one attempt may cost. `answer_bytes` bounds an API answer, also unpacked; `body_bytes` a download.

    `silence_s` is the longest time without a byte either way, `deadline_s` the longest time for all of it.
    """

    answer_bytes: int = 8 * MIB
    body_bytes: int = 2048 * MIB
    silence_s: float = 30.0
    deadline_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Network:
    """How the target is reached. `storage_hosts` are hosts that a signed URL may name although they look forbidden."""

    ca_bundle: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    proxy: Secret | None = None
    headers: tuple[tuple[str, Secret], ...] = ()
    storage_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's wishes. `workers` of 0 means one process; `max_rps` None means gentle off loopback, else unpaced.

    Names and contents are drawn from `nonce`; `challenge` is the certifier's document that gave it, if one did.
    `options` holds what the user said of all this, without secrets, so that it can be said again.
    """

    target: Target
    run_id: str
    credentials: Credentials = dataclasses.field(default_factory=Credentials)
    effort: str = "standard"
    seed: int = 0
    workers: int = 0
    strict: bool = False
    only: tuple[str, ...] = ()
    catalogue: str = ""
    scenario: tuple[str, ...] = ()
    report_dir: Path = Path("dds-report")
    report: tuple[str, ...] = ()
    max_rps: float | None = None
    max_in_flight: int = 32
    budgets: Budgets = dataclasses.field(default_factory=Budgets)
    bounds: Bounds = dataclasses.field(default_factory=Bounds)
    network: Network = dataclasses.field(default_factory=Network)
    storage_provider: str = ""
    target_openapi: str = ""
    keep: bool = False
    i_may_write: bool = False
    nonce: str = dataclasses.field(default_factory=new_nonce)
    challenge: str = ""
    options: dict[str, Json] = dataclasses.field(default_factory=dict)

    @property
    def rate(self) -> float | None:
        """Requests per second for all processes together; None means unpaced."""
        if self.max_rps is not None:
            return self.max_rps
        near = self.target.embedded or is_loopback(self.target.base_url)
        return None if near else GENTLE_RPS_PER_WORKER * max(1, self.workers)

    @property
    def naming(self) -> Naming:
        """What draws the names and contents of the run."""
        return Naming(self.nonce)

    @property
    def history_path(self) -> Path:
        """Where every operation is kept."""
        return self.report_dir / "history.jsonl"

    @property
    def ledger_path(self) -> Path:
        """Where every create is kept."""
        return self.report_dir / "ledger.jsonl"

    @property
    def pace_dir(self) -> Path:
        """Where the processes of the run agree on their pace."""
        return self.report_dir / f".pace-{self.run_id}"

    def secrets(self) -> tuple[str, ...]:
        """Give every secret itself, for those that must hide them."""
        given = [getattr(self.credentials, name) for name in NAMES]
        given += [self.network.proxy, *(value for _, value in self.network.headers)]
        return tuple(secret.reveal() for secret in given if secret is not None)

    def to_json(self) -> str:
        """Give everything but the secrets as JSON, for a worker process."""
        bare = dataclasses.replace(
            self, credentials=Credentials(), network=dataclasses.replace(self.network, proxy=None, headers=())
        )
        return json.dumps(dataclasses.asdict(bare), default=str)

    def secrets_environment(self) -> dict[str, str]:
        """Give the one environment variable that carries the secrets to this run's own worker processes."""
        retained: dict[str, Json] = {
            name: secret.reveal() for name in NAMES if (secret := getattr(self.credentials, name)) is not None
        }
        if self.network.proxy:
            retained["proxy"] = self.network.proxy.reveal()
        retained["headers"] = [[name, secret.reveal()] for name, secret in self.network.headers]
        return {HANDED_SECRETS: json.dumps(retained)}

    @classmethod
    def from_json(cls, text: str, environ: Mapping[str, str] = os.environ) -> Settings:
        """Rebuild what `to_json` gave, with the secrets that were handed over (else the user's own)."""
        plain = json.loads(text)
        del plain["credentials"]  # to_json left them empty
        handed = json.loads(environ[HANDED_SECRETS]) if HANDED_SECRETS in environ else None
        network = Network(**_typed_network(plain.pop("network"), handed or {}))
        given = Credentials.from_environment(environ) if handed is None else Credentials.of(_only(handed, NAMES))
        return cls(
            target=Target(**plain.pop("target")),
            budgets=Budgets(**plain.pop("budgets")),
            bounds=Bounds(**plain.pop("bounds")),
            network=network,
            only=tuple(plain.pop("only")),
            scenario=tuple(plain.pop("scenario")),
            report=tuple(plain.pop("report")),
            report_dir=Path(plain.pop("report_dir")),
            credentials=given,
            **plain,
        )


def new_run_id() -> str:
    """Draw a name for a run that no other run will have: 12 hexadecimal digits."""
    return uuid.uuid4().hex[:12]


def base_url(given: str) -> str:
    """Bring a target's address into the form that ends in ``/api/v1``; raise UsageError if it is no http(s) address."""
    try:
        parts = urlsplit(given.strip())
        _ = parts.port
    except ValueError as trouble:
        raise UsageError(f"{given!r} is not the address of a target: {trouble}.", remedy=_SAY) from trouble
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{given!r} is not the address of a target.", remedy=_SAY)
    if parts.username or parts.password:
        raise UsageError("The target's address carries a password.", remedy="Give credentials by the environment.")
    if parts.query or parts.fragment:
        raise UsageError(f"{given!r} carries a query or a fragment.", remedy=_SAY)
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path or API_PATH}"


def is_loopback(url: str) -> bool:
    """Whether every address of the host of `url` is on this machine."""
    host = urlsplit(url).hostname
    if not host:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return bool(found) and all(ipaddress.ip_address(str(entry[4][0]).split("%")[0]).is_loopback for entry in found)


def _only(values: Mapping[str, Json], names: tuple[str, ...]) -> dict[str, str]:
    return {name: values[name] for name in names if name in values}


def _typed_network(plain: dict[str, Json], handed: Mapping[str, Json]) -> dict[str, Json]:
    paths = ("ca_bundle", "client_certificate", "client_key")
    return {
        **{name: Path(plain[name]) if plain[name] else None for name in paths},
        "proxy": Secret(handed["proxy"]) if handed.get("proxy") else None,
        "headers": tuple((name, Secret(value)) for name, value in handed.get("headers", ())),
        "storage_hosts": tuple(plain["storage_hosts"]),
    }
