"""The rule about a project that never takes an upload although it was accepted, in whatever words it says so.

That a project is not consistent yet is told by not-consistent alone; one that is refused beyond the bound never came to
its truth. A refusal may have reasons of its own, so it counts only where the like of it is taken elsewhere meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from conformance.judge.findings import Book, short
from conformance.judge.rechecks import Proof, answers, before
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.rules.excuses import ASKED_TO_WAIT, AT_TIMES, MAY_BE_DELETED, WAIT_BEGUN_ANEW
from conformance.judge.rules.patterns.pattern_excuses import RIGHTS_CHANGED
from conformance.judge.rules.project_rules import AtProvider, ProjectCase
from conformance.judge.state.chain import crossing
from conformance.judge.state.intake import World
from conformance.judge.state.interval import SECOND, Interval
from conformance.judge.state.resources import Project, Wanted


class Late(NamedTuple):
    """A refusal that began after the deadline (ns), the last of so many."""

    refusal: Interval
    times: int
    deadline: int


def refused_for_good(case: ProjectCase, context: Context, book: Book) -> None:
    """Convict a server that never takes an upload in a project, while it takes the like of it in others."""
    for one in case.providers:
        deadline = one.chain.deadline(context.bound)
        if deadline is None or one.reads.ok:
            continue
        for wanted, denied in sorted(case.project.denied.items()):
            found = _for_good(case.project, denied.refusals, deadline, context) if wanted[0] == one.provider else None
            elsewhere = _taken_elsewhere(case.project, wanted, denied.largest, found, context.world) if found else None
            if found and elsewhere:
                book.expose("converges-project")
                _tell(one, found, elsewhere, context, book)


def _for_good(project: Project, refusals: Sequence[Interval], deadline: int, context: Context) -> Late | None:
    """Return the first refusal that was too late, with how many there were by then."""
    rights = context.world.rights
    if RIGHTS_CHANGED.holds(project.id, {*rights.changes, *rights.unclear, *rights.made}):
        return None
    for times, late in enumerate(refusals, start=1):
        anew = WAIT_BEGUN_ANEW.holds(project.writes, late, context.bound)
        if late.begun_ns > deadline and not anew and not AT_TIMES.holds(times):
            return Late(late, times, deadline)
    return None


def _taken_elsewhere(project: Project, wanted: Wanted, size: int, found: Late, world: World) -> Interval | None:
    """Return an upload that was asked for alike, as large, and that another project took after the refusal."""
    alike = (other.taken.get(wanted) for other in world.projects.values() if other is not project)
    taken = (one.last for one in alike if one is not None and size <= one.largest)
    return min((one for one in taken if crossing(one, found.refusal)), default=None)


def _tell(one: AtProvider, found: Late, elsewhere: Interval, context: Context, book: Book) -> None:
    bound, late = context.bound / SECOND, found.refusal
    after_s = (late.begun_ns - found.deadline) / SECOND + bound
    sentence = (
        f"project {short(one.project.id)} never took an upload: {found.times} were refused, one {after_s:.3f} s after "
        f"its 202, later than the bound of {bound:g} s ({book.when(late)}), while another project took the like of it "
        f"({book.when(elsewhere)})"
    )
    evidence = (interval for interval in (one.project.created, late, elsewhere) if interval)
    book.find(
        "converges-project", "refused-for-good", one.project.id, evidence, sentence, expected="201",
        observed="a refusal", detail=one.provider, bound_s=bound, deadline_ns=found.deadline, refusals=found.times,
        wrong_a_ns=late.begun_ns,
    )  # fmt: skip


def _is_refusal_for_good(proof: Proof) -> bool:
    made, refused, taken = proof.cited
    creates = all(one.of.call.name == "create_upload" for one in (refused, taken))
    apart = made.of.call.name == "create_project" and refused.of.call.id != taken.of.call.id
    stated = answers(made, "2xx") and answers(taken, "2xx") and not answers(refused, "2xx", "nc", "404", "429")
    in_order = before(made, refused, proof.bound) and before(refused, taken)
    return creates and apart and stated and in_order and 400 <= (refused.exchange.status or 0) < 500


RULES = (
    Rule(
        "refused-for-good", "converges-project", Need.PROJECT, refused_for_good, _is_refusal_for_good,
        occasions="projects that told their truth, or had the whole bound to do so", since=2,
        excuses=(AT_TIMES, WAIT_BEGUN_ANEW, RIGHTS_CHANGED, ASKED_TO_WAIT, MAY_BE_DELETED),
    ),
)  # fmt: skip
