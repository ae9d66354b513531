"""The rule about a switched file whose url leads to no bytes at all, for good: neither old ones nor new ones.

The bytes of a file that never was switched are its upload's, and `content` judges them. Here one refusal shows nothing:
a storage provider may be late after every switch, or out of this client's reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.judge.findings import Book, short
from conformance.judge.rechecks import answers, before, follows, fruitless
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.rules.excuses import DENIALS, MAY_BE_DELETED, OUT_OF_REACH, REFUSED_A_WHILE, USED_LATE
from conformance.judge.rules.version_rules.candidates import candidates, settled
from conformance.judge.state.expected import Truth, expected_bytes
from conformance.judge.state.intake import World
from conformance.judge.state.interval import Interval
from conformance.judge.state.observed import unclear_from
from conformance.judge.state.resources import Download, File, Switch
from conformance.model import Role


def nothing(file: File, context: Context, book: Book) -> None:
    """Convict a server whose url of a switched file led to nothing for longer than the bound, and not to bytes since.

    Only if the storage provider served something else meanwhile: otherwise it may be out of this client's reach.
    """
    doomed = unclear_from(context.world, file)
    if file.created is None or len(file.reads.downloads) + len(file.reads.failed) < DENIALS:
        return
    run, switches = _fruitless(file, context.cases, doomed)
    if REFUSED_A_WHILE.holds(run, context.bound) or OUT_OF_REACH.holds(_reachable(context.world, run)):
        return
    download, switch = run[-1], switches[-1]
    refusal = download.failed or ("no url" if download.refused is None else str(download.refused))
    book.expose("bytes-exact")
    sentence = (
        f"file {short(file.id)} was switched to upload {short(switch.upload)} ({book.when(switch.interval)}), and for "
        f"longer than the bound its url led nowhere: {refusal} to {book.when(download.fetched)}, the last of {len(run)}"
    )
    stated = dict.fromkeys((switch.interval, run[0].fetched, download.given, download.fetched))
    book.find(
        "bytes-exact", "file-not-served", file.id, tuple(stated), sentence, expected="the new version's bytes",
        observed=refusal, upload=switch.upload, first_b_ns=run[0].fetched.ended_ns,
        fetched_a_ns=download.fetched.begun_ns,
    )  # fmt: skip


def _fruitless(file: File, cases: Mapping[str, Case], doomed: int) -> tuple[list[Download], Sequence[Switch]]:
    """Give the last downloads in a row that led to nothing, all after the same switches, and those."""
    run: list[Download] = []
    switches: tuple[Switch, ...] = ()
    for one in sorted((*file.reads.downloads, *file.reads.failed), key=lambda one: one.fetched):
        current = candidates(file, one.given.begun_ns, one.given.ended_ns).current
        if one.octets is not None or current != switches:
            run, switches = [], current
        in_time = not USED_LATE.holds(one) and not MAY_BE_DELETED.holds(one.fetched, doomed)
        if one.octets is None and in_time and one.given.ended_ns >= file.switched and _due(one, current, cases):
            run.append(one)
    return run, switches


def _due(download: Download, current: Sequence[Switch], cases: Mapping[str, Case]) -> bool:
    """Whether each upload that the file may show was settled before its url was asked for, and its bytes are known."""
    for switch in current:
        case = cases.get(switch.upload)
        moment = settled(switch, case)
        if case is None or moment is None or download.given.begun_ns <= moment:
            return False
        if case.known.truth is not Truth.GOOD or expected_bytes(case.upload, case.known) is None:
            return False
    return bool(current)


def _reachable(world: World, run: Sequence[Download]) -> bool:
    """Whether the storage provider served anything between the first and the last of what led to nothing."""
    return any(
        run[0].fetched.ended_ns < interval.begun_ns and interval.ended_ns < run[-1].fetched.begun_ns
        for interval in _served(world)
    )


def _served(world: World) -> Iterator[Interval]:
    endpoints = [file.reads for file in world.files.values()] + [one.reads for one in world.versions.values()]
    return (one.fetched for reads in endpoints for one in reads.downloads if one.octets is not None)


RULES = (
    Rule(
        "file-not-served", "bytes-exact", Need.FILE, nothing,
        lambda p: answers(p.cited[0], "2xx") and before(p.cited[0], p.cited[1])
        and before(p.cited[1], p.cited[-1], p.bound)
        and fruitless(p.cited[1]) and fruitless(p.cited[-1])
        and (p.cited[-1].exchange.role is Role.API or follows(p.cited[-2], p.cited[-1])),
        occasions="good uploads whose bytes were compared",
        excuses=(REFUSED_A_WHILE, OUT_OF_REACH, USED_LATE, MAY_BE_DELETED),
    ),
)  # fmt: skip
