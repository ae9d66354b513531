"""Every key of the configuration: what it means, what it may be, where its secrets may come from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from conformance.api import catalogue
from conformance.errors import UsageError
from conformance.model import Json
from conformance.settings.credentials import NAMES, variable
from conformance.settings.run_settings import EFFORTS, GENTLE_RPS_PER_WORKER, Bounds, Budgets, base_url

PREFIX = "DDS_CONFORMANCE_"


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `read` brings a value from a file, the environment or an option into its type, or raises ValueError.

    `unset` says in words what holds where nobody gives a value.
    """

    name: str
    about: str
    read: Callable[[Json], Json]
    default: Json = None
    secret: bool = False
    unset: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return variable(self.name) if self.name in NAMES else f"{PREFIX}{self.name.upper()}"


def text(given: Json) -> str:
    """Read a text."""
    if not isinstance(given, str):
        raise ValueError("must be a text")  # noqa: TRY004 - every wrong value is the same error to the caller
    return given.strip()


def flag(given: Json) -> bool:
    """Read yes or no."""
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and given.strip().lower() in words:
        return words[given.strip().lower()]
    raise ValueError("must be true or false")


def number(given: Json) -> float:
    """Read a number of seconds, or per second: positive and finite."""
    try:
        value = float(given) if not isinstance(given, bool) else -1.0
    except (TypeError, ValueError):
        value = -1.0
    if not 0 < value < float("inf"):
        raise ValueError("must be a positive number")
    return value


def whole(least: int) -> Callable[[Json], int]:
    """Read a whole number of at least `least`."""

    def read(given: Json) -> int:
        matched = re.fullmatch(r"\s*-?\d{1,18}\s*", given) if isinstance(given, str) else None
        if isinstance(given, bool) or not (isinstance(given, int) or matched) or int(given) < least:
            raise ValueError(f"must be a whole number of at least {least}")
        return int(given)

    return read


def words(given: Json) -> tuple[str, ...]:
    """Read a list of texts; in the environment, with commas between them."""
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError("must be a list of texts")
    return tuple(part.strip() for part in parts if part.strip())


def path(given: Json) -> Path:
    """Read a path; a leading ~ is the user's home."""
    if isinstance(given, Path):
        return given
    return Path(text(given)).expanduser()


def effort(given: Json) -> str:
    """Read one of the efforts."""
    if given not in EFFORTS:
        raise ValueError(f"must be one of {', '.join(EFFORTS)}")
    return str(given)


def address(given: Json) -> str:
    """Read the address of a target."""
    try:
        return base_url(text(given))
    except UsageError as trouble:
        raise ValueError(str(trouble)) from trouble


def version(given: Json) -> str:
    """Read a version of the catalogue."""
    by = str(given) if type(given) is int else text(given)
    try:
        catalogue.number(by)
    except UsageError as trouble:
        raise ValueError(f"{trouble} {trouble.remedy}") from trouble
    return by


def pattern(given: Json) -> str:
    """Read a regular expression."""
    try:
        re.compile(text(given))
    except re.error as trouble:
        raise ValueError(f"must be a regular expression: {trouble}") from trouble
    return text(given)


EMBEDDED = "the embedded server, where nothing points elsewhere"
GENTLE = f"{GENTLE_RPS_PER_WORKER:g} a worker off this machine, else unbounded"

KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        Key("target", "address of the DDS API; DDS_TARGET is an alias of its variable", address, unset=EMBEDDED),
        Key("embedded", "judge the embedded server, not a deployment", flag, default=False),
        Key("target_version", "what the target says it is, for the certificate", text, "", unset="unnamed"),
        Key("target_openapi", "URL or file of the target's own API description, to compare with ours", text, ""),
        Key("effort", "quick, standard or thorough", effort, "standard"),
        Key("seed", "seed of every draw", whole(0), 0),
        Key("workers", "worker processes; 0 is one process", whole(0), 0),
        Key("strict", "a broken SHOULD makes the target nonconformant", flag, default=False),
        Key("only", "ids or globs of the requirements to judge", words, (), unset="all"),
        Key("catalogue", "version of the catalogue to judge by, without newer rows", version, "", unset="the newest"),
        Key("scenario", "names or globs of the scenarios to try", words, (), unset="all"),
        Key("report_dir", "where the reports go", path, Path("dds-report")),
        Key("report", "further reports to draw beside the usual ones: ctrf", words, ()),
        Key("converge_within", 'seconds that "eventually" may take', number, 60.0),
        Key("gateway", "regular expression over a body by which a gateway's own answers are known", pattern, ""),
        Key("storage_provider", "id of the storage provider to use, or all", text, "", unset="the target's first"),
        Key("storage_hosts", "host patterns that a signed URL may name although they look forbidden", words, ()),
        Key("max_rps", "requests per second, all workers together", number, unset=GENTLE),
        Key("max_in_flight", "requests under way at once, all workers together", whole(1), 32),
        Key("max_requests", "requests in all", whole(1), unset="without end"),
        Key("max_bytes", "bytes over the wire in all, both ways", whole(1), unset="without end"),
        Key("max_seconds", "seconds in all", number, unset="without end"),
        Key("longest_wait", "longest wait in seconds that the target may ask for", number, Budgets().longest_wait_s),
        Key("answer_bytes", "most bytes of one API answer", whole(1024), Bounds().answer_bytes),
        Key("download_bytes", "most bytes of one download", whole(1024), Bounds().body_bytes),
        Key("silence", "longest silence of one request in seconds", number, Bounds().silence_s),
        Key("deadline", "longest duration of one request in seconds", number, Bounds().deadline_s),
        Key("keep", "leave what the run made", flag, default=False),
        Key("i_may_write", "consent to write to a target that is not on this machine", flag, default=False),
        Key("ca_bundle", "PEM file of the authorities to trust", path, unset="the system's"),
        Key("client_certificate", "PEM file of the client's certificate", path),
        Key("client_key", "PEM file of the client certificate's key", path),
        Key("credentials", "TOML file with the credentials, readable by its owner alone", path),
        Key("api_token", "API token of the first user", text, secret=True),
        Key("agent_key", "key of the software agent", text, secret=True),
        Key("user_key", "key of the first user", text, secret=True),
        Key("other_api_token", "API token of a second, unrelated user", text, secret=True),
        Key("proxy", "address of an HTTP proxy", text, secret=True),
        Key("headers", "further headers for the API, one `Name: value` or `NAME=VALUE` a line", text, secret=True),
    )
}
