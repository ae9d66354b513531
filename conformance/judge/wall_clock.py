"""Histories by a wall clock, which may have been set meanwhile: what rests on the order of instants alone is measured.

Verdicts that contradict each other, payloads and bytes show a breach whatever the clock did. That one thing happened
before another, or so long after it, does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from conformance.api.answers import Classified
from conformance.model import Finding, History, Judgement, Operation, Tally

BY_ORDER_ALONE = frozenset(
    {
        "attach-refused", "class-unanswered", "errors-for-good", "file-not-served", "forbidden-while-pending",
        "nc-persists", "new-version-refused", "not-converged", "not-served", "odd-while-pending", "old-bytes",
        "old-verdict", "open-after-completion", "open-for-good", "outcome-changed", "own-write-unseen",
        "record-disagrees", "refused-and-done", "refused-but-listed", "relapse", "repeat-fails", "stale-read",
        "stale-version", "unreadable-while-pending", "upload-lost", "url-unusable", "verdict-before-completion",
    }
)  # fmt: skip
"""Rules whose evidence is nothing but the order of operations, or the time between them."""
BY_WALL_CLOCK = "wall"
"""What a header says of its clock where that may have been set meanwhile."""
ON_ORDER_ALONE = "on_order_alone"
"""The figure that says how many signs were measured and not judged."""
_ENDS_OR_SWITCHES = frozenset(
    {"delete_project", "delete_file", "delete_version", "delete_folder", "move_folder", "move_file", "update_file",
     "promote_version"}
)  # fmt: skip


def tells(history: History) -> bool:
    """Whether the history's instants are a wall clock's."""
    return history.header.get("clock") == BY_WALL_CLOCK


def widened(operations: Sequence[Operation], classes: Sequence[Classified]) -> tuple[Operation, ...]:
    """Let what ends or switches a resource have happened at any time: a read may have been on either side of it."""
    first = min((one.a_ns for one in operations), default=0)
    last = max((max(one.a_ns, one.b_ns or 0) for one in operations), default=0)
    return tuple(
        replace(one, a_ns=first, b_ns=None if one.b_ns is None else last) if of.call.name in _ENDS_OR_SWITCHES else one
        for one, of in zip(operations, classes, strict=True)
    )


def measured(judgement: Judgement) -> Judgement:
    """Give the judgement without what rests on order alone; how much that was is among the figures."""
    tallies = dict(judgement.tallies)
    for name, tally in judgement.tallies.items():
        tallies[name] = _aside(tally)
    for finding in _late_bytes(judgement.tallies.get("bytes-exact")):
        tallies["bytes-at-once"] = _with(tallies.get("bytes-at-once", Tally("bytes-at-once")), finding)
    return replace(judgement, tallies=tallies)


def _aside(tally: Tally) -> Tally:
    retained = tuple(one for one in tally.findings if one.rule not in BY_ORDER_ALONE and not _is_late(one))
    count = len(tally.findings) - len(retained)
    if not count:
        return tally
    figures = {**tally.measured, ON_ORDER_ALONE: count}
    return replace(tally, findings=retained, exposures=tally.exposures if retained else 0, measured=figures)


def _is_late(finding: Finding) -> bool:
    """Whether only the time that had passed makes other bytes more than a warning."""
    return finding.requirement == "bytes-exact" and finding.rule in ("other-bytes", "no-url")


def _late_bytes(tally: Tally | None) -> Iterable[Finding]:
    return filter(_is_late, tally.findings) if tally else ()


def _with(tally: Tally, finding: Finding) -> Tally:
    found = replace(finding, requirement="bytes-at-once")
    return replace(tally, findings=(*tally.findings, found), exposures=max(1, tally.exposures))
