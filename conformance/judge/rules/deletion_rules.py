"""The rule about deleted resources: not-consistent does not outlive them."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.api.answers import Answer
from conformance.judge.findings import Book, short
from conformance.judge.state.interval import SECOND, Interval


def after_deletion(  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    kind: str, name: str, deleted: Interval | None, after: Sequence[tuple[Interval, Answer]], book: Book, bound: int
) -> None:
    """Convict a server that goes on answering nc for `name` later than `bound` (ns) after its acknowledged deletion."""
    if deleted is None:
        return
    settled = any(answered is Answer.REFUSED and interval.begun_ns > deleted.ended_ns for interval, answered in after)
    late = [
        interval
        for interval, answered in after
        if answered is Answer.NC and interval.begun_ns > deleted.ended_ns + bound
    ]
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
