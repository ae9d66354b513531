"""Slugs: whether a project that was refused for its slug may hold that slug itself, or another surely does."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.api.answers import Answer, Classified, Effect
from conformance.api.bodies import asked, identity, within
from conformance.api.error_bodies import named_fields
from conformance.judge.state.intake import World
from conformance.judge.state.interval import Interval
from conformance.judge.state.observed import doomed_from
from conformance.model import Operation


@dataclass(slots=True)
class TakenSlugs:
    """The projects that were acknowledged with a slug, and those whose slug may have changed since."""

    _holders: dict[str, str] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)

    def take(self, operation: Operation, of: Classified) -> None:
        """Take a create, or a change, of a project."""
        body = operation.exchange.response
        if of.call.name == "update_project" and of.effect is not Effect.NONE:
            self._changed.add(of.call.id)
        elif of.call.name == "create_project" and of.answer is Answer.DONE:
            slug, project = within(body, "slug"), identity(body)
            if isinstance(slug, str) and slug and project:
                self._holders.setdefault(slug, project)

    def holder(self, operation: Operation) -> str:
        """Return the project that held the slug before a create was refused for it and nothing else, or nothing."""
        slug = within(asked(operation.exchange.request), "slug")
        only = named_fields(operation.exchange) == {"slug"}
        return self._holders.get(slug, "") if only and isinstance(slug, str) else ""

    def holds(self, project: str, until: Interval, world: World) -> bool:
        """Whether a project surely had its slug until then: nobody tried to change or to delete it before."""
        known = world.projects.get(project)
        if known is None or project in self._changed:
            return False
        return doomed_from(known.deletes)[0] > until.ended_ns
