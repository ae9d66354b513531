"""The rule about deleted resources: not-consistent does not outlive them."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.api.answers import Answer
from conformance.judge.findings import Book, short
from conformance.judge.rechecks import answers, before
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.rules.excuses import WITHIN_THE_BOUND
from conformance.judge.state.chain import crossing
from conformance.judge.state.interval import SECOND, Interval


def deleted(case: Case, context: Context, book: Book) -> None:
    """Judge what the url endpoints of an upload answered after they were deleted."""
    for endpoint in case.sight.endpoints:
        reads = endpoint.reads
        after_deletion(reads.kind, reads.id, endpoint.deleted, endpoint.after, book, context.bound)


def after_deletion(  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    kind: str, name: str, deleted: Interval | None, after: Sequence[tuple[Interval, Answer]], book: Book, bound: int
) -> None:
    """Convict a server that goes on answering nc for `name` later than `bound` (ns) after its acknowledged deletion."""
    if deleted is None:
        return
    settled = any(answered is Answer.REFUSED and crossing(interval, deleted) for interval, answered in after)
    waiting = (interval for interval, answered in after if answered is Answer.NC)
    late = [interval for interval in waiting if not WITHIN_THE_BOUND.holds(interval, deleted, bound)]
    if settled or late:
        book.expose("nc-after-delete")
    if late:
        interval = max(late)
        sentence = (
            f"{short(name)} was deleted ({book.when(deleted)}), yet later than {bound / SECOND:g} s after that {kind} "
            f"answered resource_not_consistent to {book.when(interval)}"
        )
        book.find(
            "nc-after-delete", "nc-persists", name, (deleted, interval), sentence, expected="404 not_provided",
            observed="resource_not_consistent", detail=kind, deleted_b_ns=deleted.ended_ns, nc_a_ns=interval.begun_ns,
            bound_s=bound / SECOND,
        )  # fmt: skip


NC_PERSISTS = Rule(
    "nc-persists", "nc-after-delete", Need.UPLOAD, deleted,
    lambda p: p.cited[0].exchange.method == "DELETE" and answers(p.cited[0], "2xx") and answers(p.cited[1], "nc")
    and before(p.cited[0], p.cited[1], p.bound),
    occasions="deleted resources read after the deletion", excuses=(WITHIN_THE_BOUND,),
)  # fmt: skip
RULES = (NC_PERSISTS,)
