"""A plan is a small JSON document: actors, each a little program of API verbs over symbols that stand for resources.

Nothing in a plan comes from a server. Symbols (``p1``, ``u2``, ``f1``) are bound while it runs; a step that needs a
symbol waits until another step, its own actor's or another's, has bound it. The symbol `COMMON` is a project that
every plan of one campaign shares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from conformance.engine.values.manners import MANNERS
from conformance.errors import UsageError
from conformance.model import Json

COMMON = "common"
FORMAT = "dds-conformance-plan"
VERSION = 1
NEVER_MADE = "never made: "
NO_TIME = "no time was left for it"
NO_SECOND_USER = "no second user was given"
NO_SIGNED_URL = "no signed URL was given"
NO_FILE = "no file has the version"
TOO_LARGE = "the target takes no part so large"
TOO_MANY_BYTES = "the run may not spend so many bytes"
NOTHING_RETAINED = "no signed URL was kept"
NO_FURTHER_STORE = "the run has no such further storage provider"
NOT_OFFERED = "the target does not have the call "
"""Why a step was left out; the first and the last name the symbol that it waited for in vain, and the call."""
USERS = ("owner", "member", "other", "invalid", "nobody")
"""Who an actor may be: the creator, the second user with rights or without any, a bad token, or no token at all."""
WITH_RIGHTS = frozenset({"owner", "member"})
SECOND_USERS = frozenset({"other", "member"})
RIGHTS = "rights"
"""The symbol that giving rights binds: a member takes no step before it is bound."""


class PlanError(UsageError):
    """A plan document cannot be run; the message names the step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One API verb with its arguments; `binds` is the symbol that its answer gives a meaning to, if any."""

    verb: str
    args: Mapping[str, Json] = field(default_factory=dict)
    binds: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return the step as it stands in the document."""
        return {"do": self.verb, **self.args, **({"as": self.binds} if self.binds else {})}

    @classmethod
    def from_json(cls, document: Mapping[str, Json]) -> Step:
        """Read a step back; `PlanError` when it has no verb."""
        if not isinstance(document, dict) or not isinstance(document.get("do"), str):
            raise PlanError(f"a step needs a verb under 'do': {json.dumps(document)[:80]}")
        args = {key: value for key, value in document.items() if key not in ("do", "as")}
        return cls(document["do"], args, str(document.get("as", "")))


@dataclass(frozen=True, slots=True)
class Actor:
    """One client that speaks in sequence: a name, whose token it uses (`USERS`), and its program.

    Its `manner` is that of all its requests: headers that must change nothing.
    """

    name: str
    steps: tuple[Step, ...]
    user: str = "owner"
    manner: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return the actor as it stands in the document."""
        own = {"manner": self.manner} if self.manner else {}
        return {"name": self.name, "user": self.user, **own, "steps": [step.to_json() for step in self.steps]}


@dataclass(frozen=True, slots=True)
class Plan:
    """Actors that run side by side. `theme` is the scenario that drew it; `title` says in words what it tries.

    `row` are the levels of the factors that it was made for, where it stands in a table of combinations.
    """

    theme: str
    title: str
    actors: tuple[Actor, ...] = field(default_factory=tuple)
    row: Mapping[str, str] = field(default_factory=dict)

    def steps(self) -> Iterator[tuple[Actor, Step]]:
        """Yield every step with the actor that takes it."""
        for actor in self.actors:
            for step in actor.steps:
                yield actor, step

    def to_json(self) -> dict[str, Json]:
        """Return the plan as a document of its own."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "theme": self.theme,
            "title": self.title,
            **({"row": dict(self.row)} if self.row else {}),
            "actors": [actor.to_json() for actor in self.actors],
        }

    def key(self) -> str:
        """Return the canonical text of the document: two plans are the same when it is."""
        return json.dumps(self.to_json(), sort_keys=True)


def do(verb: str, binds: str = "", **args: Json) -> Step:
    """Write a step the short way: ``do("attach", "f1", upload="u1")``."""
    return Step(verb, args, binds)


def plan_from_json(document: Json) -> Plan:
    """Read a plan document; `PlanError` when it is none, or of a version that this suite does not speak."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise PlanError(f"this is no plan: its 'format' must be {FORMAT!r}")
    if document.get("version") != VERSION:
        raise PlanError(f"plan version {document.get('version')!r} is not {VERSION}, the one this suite runs")
    actors = document.get("actors")
    if not isinstance(actors, list):
        raise PlanError("a plan needs a list of actors")
    row = document.get("row", {})
    levels = {str(name): str(level) for name, level in row.items()} if isinstance(row, dict) else {}
    return Plan(str(document.get("theme", "")), str(document.get("title", "")), tuple(map(_actor, actors)), levels)


def _actor(document: Json) -> Actor:
    if not isinstance(document, dict) or not isinstance(document.get("steps"), list):
        raise PlanError("an actor needs a list of steps")
    user = document.get("user", "owner")
    if user not in USERS:
        raise PlanError(f"an actor's user is one of {', '.join(USERS)}, not {user!r}")
    manner = str(document.get("manner", ""))
    if manner and manner not in MANNERS:
        raise PlanError(f"an actor's manner is one of {', '.join(MANNERS)}, not {manner!r}")
    return Actor(str(document.get("name", "actor")), tuple(map(Step.from_json, document["steps"])), user, manner)
