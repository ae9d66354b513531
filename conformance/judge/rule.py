"""What a rule is: a value that says which requirement it serves, what it looks at, and how its findings are checked.

A rule stands in one place, the `RULES` of its file in `rules/`; `rules_table` joins these. The judge applies each
check to every subject of its kind, the verifier each re-check to the findings, and `requirements` prints both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from conformance.api.answers import Effect
from conformance.judge.findings import Book
from conformance.judge.lateness import Converged
from conformance.judge.rechecks import Proof
from conformance.judge.state.chain import Chain, chain_of_upload
from conformance.judge.state.expected import Known, Setting
from conformance.judge.state.intake import World
from conformance.judge.state.interval import NEVER
from conformance.judge.state.observed import Endpoint, Sight
from conformance.judge.state.resources import Upload


class Need(StrEnum):
    """What a check looks at, one at a time."""

    ANSWERS = "single answers, added up"
    VERDICTS = "the verdicts of an upload, or of a version whose upload is not known"
    UPLOAD = "an upload with what its endpoints answered"
    PROJECT = "a project"
    FILE = "a file that was switched to another upload"
    VERSION = "a file version"
    COMPLETIONS = "the completions of all uploads"
    CREATES = "the creates that were refused, and the listings"
    REVALIDATIONS = "what a client held that was told nothing but 304"
    NAMES = "the names that were asked for"
    LOOKS = "a project, file or version that was looked at"
    ATTACHMENTS = "what the second user attached"
    OTHER_USER = "what the second user was answered"
    OWN_WRITES = "what each session wrote and looked for"
    REFUSED_WRITES = "the writes that were refused, and what was shown afterwards"
    IDENTITIES = "the ids that creates were answered with"
    FORBIDDEN = "what creators were forbidden"
    UNANSWERED = "attempts that told nothing"
    UNREADABLE = "errors whose bodies could not be read"
    DESCRIPTION = "the target's own API description"


@dataclass(frozen=True, slots=True)
class Excuse:
    """A reason why a legal server may have answered so: where it `holds`, the rule stays silent.

    `reading` is the id of the reading that it rests on, where the specification leaves a choice.
    """

    name: str
    sentence: str
    holds: Callable[..., bool]
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One upload with all that is known of it."""

    upload: Upload
    sight: Sight
    known: Known
    chain: Chain

    @classmethod
    def of(cls, upload: Upload, sight: Sight, known: Known) -> Case:
        """Return the case with its chain over all endpoints."""
        return cls(upload, sight, known, chain_of_upload(upload, sight.nc, sight.ok, sight.bad))

    @property
    def name(self) -> str:
        """The upload's id."""
        return self.upload.id

    @property
    def rewrites(self) -> list[tuple[int, int]]:
        """When (ns) writes after its completion may have taken effect: completing it again, parts, another hash."""
        again = [
            (one.interval.begun_ns, NEVER if one.effect is Effect.INDETERMINATE else one.interval.ended_ns)
            for one in self.upload.completes.values()
            if one.interval is not self.chain.started and one.effect in (Effect.DONE, Effect.INDETERMINATE)
        ]
        later = (*self.upload.afterwards, *self.upload.hashes)
        return again + [(one.interval.begun_ns, one.interval.ended_ns if one.sure else NEVER) for one in later]

    def at(self, endpoint: Endpoint) -> Chain:
        """Return the chain as one endpoint showed it."""
        return self.chain.at(endpoint.reads)


@dataclass(frozen=True, slots=True)
class Context:
    """What a check needs beside its subject: the bound (ns), the other resources, and how whole the history is.

    `converged` are the resources that did converge within the bound.
    `answered_last` is the latest beginning (ns) of a truth about any *other* resource. `begun` says that every
    mutation of the run is known, so that a completion that was not seen did not happen; `ended` that nothing follows.
    `answered_elsewhere` are completions whose 5xx another rule speaks of.
    """

    world: World
    bound: int
    cases: Mapping[str, Case] = field(default_factory=dict)
    setting: Setting = field(default_factory=Setting)
    answered_last: int = -1
    begun: bool = True
    ended: bool = True
    converged: Converged = field(default_factory=Converged)
    answered_elsewhere: frozenset[str] = frozenset()


Check = Callable[[Any, Context, Book], None]
"""Looks at one subject: exposes the requirement where it could have been broken, and finds where it was."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to break a requirement.

    `check` looks at a subject of the kind that `needs` names; several rules may share one. `recheck` decides from the
    operations of a finding alone whether they show the violation; with `pattern`, from the whole history. `occasions`
    says what one exposure of the requirement is; `lasting` that no later operation can undo a violation, provided that
    every mutation was announced. `since` is the catalogue's version that brought the rule.
    """

    id: str
    requirement: str
    needs: Need
    check: Check | None
    recheck: Callable[[Proof], bool]
    occasions: str = "answers"
    excuses: tuple[Excuse, ...] = ()
    lasting: bool = False
    pattern: bool = False
    since: int = 1
