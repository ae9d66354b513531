"""A judge of a few whole projects: what they come to by themselves, if nothing of the rest can change it.

What belongs to the run as a whole is left to the one place: single answers and completions are counted here and judged
there, and a project in which anything is found, or that anything of another might concern, is not `plain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from conformance.api.answers import Classified
from conformance.judge.core_reached import reached
from conformance.judge.findings import Book
from conformance.judge.history_judge import Judge
from conformance.judge.lateness import Converged
from conformance.judge.rule import Need
from conformance.judge.rules import convergence_rules, project_rules
from conformance.judge.rules.completion_rules import Completions
from conformance.judge.rules.project_rules import ProjectCase
from conformance.judge.rules_table import checks
from conformance.judge.shards.plainness import Surroundings, is_plain
from conformance.judge.shards.share import ADDED, Share, key_of
from conformance.judge.state.interval import NEVER
from conformance.model import Operation

_IN_ONE_PLACE = frozenset({
    Need.ANSWERS, Need.COMPLETIONS, Need.FORBIDDEN, Need.UNANSWERED, Need.UNREADABLE,
})  # fmt: skip
"""What is judged over the whole history alone."""


class UnitJudge(Judge):
    """Judges the operations of a few projects, in the history's order."""

    def take_all(self, operations: Sequence[Operation], classes: Sequence[Classified]) -> None:
        """Announce every mutation, then take every operation."""
        for operation in operations:
            self.begin(operation)
        for operation, of in zip(operations, classes, strict=True):
            self.add(operation, of)

    def share(self, surroundings: Surroundings) -> Share | None:
        """Return what these projects contribute; None where they are not plain.

        Must be asked once, when everything was taken: nothing is remembered afterwards.
        """
        try:
            return self._share(surroundings)
        finally:
            self.end()

    def _share(self, surroundings: Surroundings) -> Share | None:
        world, book = self._world, Book(0)
        if not is_plain(world, self._gathered, self._traces, self._payloads, surroundings):
            return None
        setting = replace(self._setting(), accepted_from=self._accepted_parts())
        cases = {name: self._case(upload, setting) for name, upload in world.uploads.items()}
        lags = [lag for case in cases.values() for lag in convergence_rules.lags(case)]
        homes = [ProjectCase.of(project) for project in world.projects.values()]
        lags += [lag for home in homes for lag in project_rules.lags(home)]
        context = replace(self._context(lags), cases=cases, setting=setting)
        completions = Completions(context)
        subjects = self._subjects(context, homes, completions)
        for need, check in checks():
            if need not in _IN_ONE_PLACE:
                for subject in subjects.get(need, ()):
                    check(subject, context, book)
        if book.all_findings():
            return None
        found = Share(operations=self._count, lags=lags, answered=self._answered, served=world.served)
        found.origin, found.given = min(self._origin, NEVER), set(self._traces.given)
        found.refused = set(self._traces.open_uploads)
        found.good, found.bad = completions.failing.good_accepted, completions.failing.bad_accepted
        self._added(found, book)
        found.counters.update(reached(context))
        found.counters.update({f"error-{code}": count for code, count in self._statuses.items()})
        found.converged = _converged(context.converged)
        return found

    def _added(self, found: Share, book: Book) -> None:
        for tally in book.tallies({}).values():
            found.exposed[tally.requirement] += tally.exposures
            found.looked[tally.requirement] += tally.looked
            for figure in ADDED.get(tally.requirement, ()):
                found.figures[tally.requirement, figure] += tally.measured.get(figure, 0)
        for sort in self._payloads.sorts:
            found.take_sort(key_of(sort), sort)


def _converged(converged: Converged) -> dict[str, tuple[int, float]]:
    return {kind: (len(lags), max(lags.values())) for kind, lags in converged.lags.items() if lags}


def wrong_ones(share: Share) -> Iterable[str]:
    """Yield the operations that show something wrong by themselves, as far as they are remembered."""
    for sort in share.sorts.values():
        yield from (one.operation for one in (sort.first, sort.second) if one is not None)
