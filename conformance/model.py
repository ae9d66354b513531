"""The nouns: frozen, without I/O, each said once.

An *operation* is one wire attempt with a closed interval ``[a_ns, b_ns]`` on one monotonic clock (nanoseconds). A
*history* is many of them. Judges read a history and return *tallies*: what a requirement was exposed to, and the
*findings* against it. Verdicts add tallies up into a *run*, the document that every report is drawn from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

Json = Any
"""A JSON value as `json.loads` gives it; typed when a validator has seen it."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    # Python 3.11 takes a mapping proxy for a mutable default: it cannot be hashed there.
    return NOTHING


class Level(StrEnum):
    """How binding a requirement is (theory: outcomes)."""

    MUST = "MUST"
    IMPLIED = "IMPLIED"
    SHOULD = "SHOULD"
    MEASURED = "MEASURED"

    @property
    def gates(self) -> bool:
        """Whether a violation makes a target nonconformant even without ``--strict``."""
        return self in (Level.MUST, Level.IMPLIED)


class Outcome(StrEnum):
    """What one requirement came to in one run (theory: outcomes)."""

    PASS = "pass"  # noqa: S105 - the word of the contract, not a password
    FAIL = "fail"
    WARN = "warn"
    NOT_OBSERVED = "not-observed"
    NOT_APPLICABLE = "not-applicable"
    BLOCKED = "blocked"
    ERROR = "error"


class Conformance(StrEnum):
    """What a whole run came to."""

    CONFORMANT = "conformant"
    NONCONFORMANT = "nonconformant"
    INCOMPLETE = "incomplete"


class Role(StrEnum):
    """Who was spoken to: the API under judgement, or the storage provider behind a signed URL."""

    API = "api"
    STORAGE = "storage"


class Failure(StrEnum):
    """Why an attempt has no whole response."""

    REFUSED = "refused"
    """No byte was sent: the connection could not be made, so the attempt had no effect."""
    RESET = "reset"
    TIMEOUT = "timeout"
    CUT = "cut"
    """The response began and did not end, or its body could not be decoded."""
    TOO_LARGE = "too-large"
    """The body passed the bound in bytes that the suite reads of one answer."""
    KILLED = "killed"
    """The suite itself went away before it could note the end."""


class Phase(StrEnum):
    """Where in its plan an operation stands (theory: outcomes; make trouble, stop, settle, read once more)."""

    TROUBLE = "trouble"
    SETTLE = "settle"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One duty of the catalogue.

    `id` never changes and is never reused; `section` is the heading of the specification it rests on and `quote`
    the sentence under it; `reading` is the interpretation chosen where the specification is silent (empty when it is
    not). `role` says who has to keep it: ``server`` or ``client``. `since` is the catalogue's version that brought it.
    """

    id: str
    level: Level
    section: str
    title: str
    asks: str
    sound_when: str
    reading: str = ""
    scenarios: tuple[str, ...] = ()
    core: bool = False
    quote: str = ""
    role: str = "server"
    since: int = 1


@dataclass(frozen=True, slots=True)
class Target:
    """The server under judgement.

    `base_url` ends before the first resource (``…/api/v1``); `gateway` is the operator's pattern (a regular expression
    over the body) by which a gateway's own answers are known; `converge_within_s` bounds "eventually", in seconds.
    `storage_provider` is the id of the one that the operator chose, if any.
    """

    base_url: str
    embedded: bool = False
    second_user: bool = False
    version: str = ""
    gateway: str = ""
    converge_within_s: float = 60.0
    storage_provider: str = ""


@dataclass(frozen=True, slots=True)
class Octets:
    """Bytes that were sent or received, kept as their length and MD5 (hex), with the start of any text among them."""

    bytes: int
    md5: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back. `path` keeps the query; header names are lower case.

    `user` is ``owner`` (who created the resources), ``other`` (the second user), ``somebody`` (of whose rights nothing
    is known), ``invalid`` (a bad token) or None (no token). `request` and `response` are JSON values or `Octets`;
    `status` is None when no status line arrived.
    """

    method: str
    path: str
    host: str = ""
    role: Role = Role.API
    user: str | None = "owner"
    request: Json | Octets | None = None
    request_type: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=_nothing)
    response: Json | Octets | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One wire attempt: an exchange with its closed interval, in nanoseconds of one monotonic clock.

    `b_ns` is None when the attempt never ended: its effect is indeterminate. `session` names a client that speaks in
    sequence. `notes` carries what only the sender knows: ``content`` (bytes and md5 of what the client stored, in part
    order, on a complete), ``invented`` (ids that no server ever gave out), ``intent`` (``valid`` or ``invalid``).
    """

    id: str
    session: str
    a_ns: int
    b_ns: int | None
    exchange: Exchange
    phase: Phase = Phase.TROUBLE
    scenario: str = ""
    plan: str = ""
    notes: Mapping[str, Json] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class History:
    """Operations in the order they were kept, with what is known of the recording itself.

    `complete` is False when the recording has no end, as after a killed run; `recorded` is True for a foreign
    recording that carries neither header nor end, and is partial by nature.
    """

    operations: tuple[Operation, ...]
    target: Target
    complete: bool = True
    recorded: bool = False
    header: Mapping[str, Json] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation as a certificate: the rule, the one to four operations that prove it, and the numbers.

    `operations` are ids in the history, in the order the sentence tells them; they alone convict again. `numbers` are
    plain JSON, times in nanoseconds where the name ends in ``_ns``, else seconds (``_s``) or bytes.
    """

    requirement: str
    rule: str
    subject: str
    operations: tuple[str, ...]
    sentence: str
    expected: str = ""
    observed: str = ""
    numbers: Mapping[str, Json] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one requirement was exposed to, and what was found.

    `exposures` counts the occasions that could have shown a violation, not requests; `occasions` says what one is.
    `looked` counts attempts to reach an occasion, such as reads that raced the window. `blocked` gives the reason why
    the requirement could not be tried, `inapplicable` why it cannot apply. `measured` holds figures for the report.
    """

    requirement: str
    exposures: int = 0
    findings: tuple[Finding, ...] = ()
    occasions: str = ""
    looked: int = 0
    blocked: str = ""
    inapplicable: str = ""
    error: str = ""
    measured: Mapping[str, Json] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class LagInterval:
    """The convergence lag of one resource, known only as an interval of seconds.

    `at_least_s` is 0 with `left_censored` when not-consistent was never seen; `at_most_s` is None (right-censored) when
    the truth was never seen.
    """

    kind: str
    subject: str
    endpoint: str
    at_least_s: float
    at_most_s: float | None
    begun_ns: int

    @property
    def left_censored(self) -> bool:
        """Whether the wait itself was never seen."""
        return self.at_least_s <= 0

    @property
    def right_censored(self) -> bool:
        """Whether the end of the wait was never seen."""
        return self.at_most_s is None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judges made of a history: a tally per requirement they can decide, and the lags they could bound."""

    tallies: Mapping[str, Tally]
    lags: tuple[LagInterval, ...] = ()
    operations: int = 0
    counters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one requirement came to. `bound_95` is the 95 % upper bound on the violation rate after none in n (3/n)."""

    requirement: Requirement
    outcome: Outcome
    tally: Tally
    note: str = ""
    bound_95: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run: the document that every report is drawn from (``schemas/run.schema.json``)."""

    outcome: Conformance
    target: Target
    verdicts: tuple[Verdict, ...]
    exchanges: int
    effort: str
    seed: int
    strict: bool
    partial: bool
    interrupted: bool
    begun: str
    ended: str
    run_id: str
    versions: Mapping[str, str]
    reasons: tuple[str, ...] = ()
    extras: Mapping[str, Json] = field(default_factory=_nothing)
