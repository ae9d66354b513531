"""The one place: what concerns several projects, and all that is not plain, judged with what the others contribute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.api.answers import Classified
from conformance.judge.history_judge import Judge
from conformance.judge.rule import Context, Need
from conformance.judge.rules.completion_rules import Completions
from conformance.judge.rules.patterns.silent_class_rules import anything_silent
from conformance.judge.rules.patterns.unusable_url_rules import is_unusable
from conformance.judge.rules.project_rules import ProjectCase
from conformance.judge.rules_table import rule_of
from conformance.judge.shards.share import Share
from conformance.judge.state.chain import done_first
from conformance.model import Judgement, Operation, Target


class OnePlace(Judge):
    """Judges what is left; `share` is what all plain projects came to."""

    def __init__(
        self, target: Target, share: Share, *, recorded: bool = False, accepts_small_parts: bool = False,
        partial: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            target, recorded=recorded, accepts_small_parts=accepts_small_parts, partial=partial,
            elsewhere=share.elsewhere,
        )  # fmt: skip
        self._others = share
        self._seen: Context | None = None

    def judged(self, operations: Sequence[Operation], classes: Sequence[Classified]) -> Judgement:
        """Return the judgement of these operations, single answers of the whole history included."""
        for operation in operations:
            self.begin(operation)
        for operation, of in zip(operations, classes, strict=True):
            self.add(operation, of)
        self._world.served |= self._others.served
        self._traces.allow(self._others.given)
        self.replace_payloads([*self._payloads.sorts, *self._others.sorts.values()])
        return self.conclude()

    def _subjects(
        self, context: Context, homes: list[ProjectCase], completions: Completions
    ) -> dict[Need, Iterable[object]]:
        self._seen = context
        return super()._subjects(context, homes, completions)

    def needs_the_whole(self, judgement: Judgement) -> str:
        """Say why only one judge of the whole history can decide; empty where this one could.

        Patterns over many resources, a hash algorithm that changes what every upload must be, and bytes of which nobody
        knows whose they are do not shard: where there may be any, nothing is approximated.
        """
        findings = (finding for tally in judgement.tallies.values() for finding in tally.findings)
        rules = (rule_of(one.requirement, one.rule) for one in findings)
        reasons = {
            "a pattern over many resources was found": any(rule is not None and rule.pattern for rule in rules),
            "a storage provider hashes with another algorithm than md5": self._other_algorithm(),
            "bytes were stored that could be tied to no upload": bool(self._world.strays) and not self._partial,
            "a create was answered with another name": self._gathered.identities.is_misnamed,
            "rights were changed in a project that was judged apart": bool(
                self._with_rights() & self._others.strangers
            ),
            "a project refused uploads for longer than the bound": any(
                one.created and late.refusals[-1].begun_ns > one.created.ended_ns + self._bound
                for one in self._world.projects.values()
                for late in one.denied.values()
            ),
            "an upload that was refused may have been made in another way": self._traces.brings_about(
                self._others.refused
            ),
            **(self._long_silence(self._seen) if self._seen else {}),
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    def _with_rights(self) -> set[str]:
        """Return the projects whose rights may have changed, and what the second user made."""
        rights = self._world.rights
        return {*rights.unclear, *rights.made, *(name for name, changes in rights.changes.items() if changes)}

    def _other_algorithm(self) -> bool:
        return any(name != "md5" for name in self._world.algorithms.values())

    def _long_silence(self, context: Context) -> dict[str, bool]:
        """Say what lasted for longer than the bound, so that it is to be compared with all others."""
        cases = context.cases.values()
        opened = ((case.upload.open, done_first(case.upload)) for case in cases)
        return {
            "a signed url led to nothing for longer than the bound": any(is_unusable(x, self._bound) for x in cases),
            "a resource was left without an answer for longer than the bound": anything_silent(
                self._gathered.unanswered, context
            ),
            "the record of an upload was open for longer than the bound": any(
                late and ended and late.begun_ns > ended.ended_ns + self._bound for late, ended in opened
            ),
        }
