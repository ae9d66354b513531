"""The rules about a file that was switched to another upload: a small register with several candidates at any time.

A read is explained by some switch begun by its end. One that no later switch had definitely replaced before the read
began explains it at once; a replaced one explains it as a stale read, which is legal until the bound is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from conformance.api.answers import Answer, Effect
from conformance.judge.findings import Book, short
from conformance.judge.rechecks import answers, before, evasive, follows, repoints
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.rules.content_rules import OTHER_BYTES
from conformance.judge.rules.convergence_rules import NOT_CONVERGED, STALE_READ
from conformance.judge.rules.excuses import (
    ANOTHER_CANDIDATE,
    CHANGED_SINCE,
    FOR_A_MOMENT,
    MAY_BE_DELETED,
    NOT_FOR_GOOD,
    STALE_REPLICA,
    TRUTH_UNKNOWN,
    WAIT_BEGUN_ANEW,
    WITHIN_THE_BOUND,
)
from conformance.judge.rules.verdict_rules import BAD_ANSWERED_200, GOOD_REFUSED
from conformance.judge.state.chain import Crossing, crossing
from conformance.judge.state.expected import Truth, expected_bytes
from conformance.judge.state.intake import World
from conformance.judge.state.interval import NEVER, SECOND, Interval
from conformance.judge.state.observed import Endpoint, doomed_from, scope_of_file
from conformance.judge.state.resources import FOR_GOOD, Download, File, Switch, Version

_STATED = frozenset({Answer.DONE, Answer.INTEGRITY, Answer.NC})
_SURE = frozenset({Effect.DONE, Effect.SOMEBODY})
"""Switches that were over by the end of their interval, whoever made them."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The switches that may explain a read: those in force, and those that only a stale replica may still show."""

    current: tuple[Switch, ...]
    replaced: tuple[Switch, ...]


@dataclass(frozen=True, slots=True)
class Murk:
    """From when until when (ns) nobody knows what a file points to: a version was deleted, perhaps its current one.

    It ends with an acknowledged switch that began when every such deletion was over.
    """

    since: int
    until: int

    @staticmethod
    def of(file: File, world: World) -> Murk:
        """Look at the deletions of a file's versions; one without an end known makes all after it unknown."""
        if file.murky == NEVER:
            return Murk(NEVER, NEVER)
        versions = [version for name in file.versions if (version := world.versions.get(name))]
        deleted = [version for version in versions if version.deletes]
        if not deleted:
            return Murk(file.murky, NEVER)
        begun = (doomed_from(one.deletes)[0] for one in deleted if not _surely_replaced(one, versions, file))
        since, deletions = min(begun, default=NEVER), [one for version in deleted for one in version.deletes.values()]
        if any(effect is Effect.INDETERMINATE for _, effect in deletions):
            return Murk(since, NEVER)
        over = max(interval.ended_ns for interval, _ in deletions)
        clearing = (s.b for s in file.switches.values() if s.effect is Effect.DONE and s.a > over)
        return Murk(since, min(clearing, default=NEVER))

    def covers(self, interval: Interval) -> bool:
        """Whether a read may have seen the file while what it pointed to was unknown."""
        return interval.ended_ns >= self.since and interval.begun_ns <= self.until


def candidates(file: File, a: int, b: int) -> Candidates:
    """Give the switches of `file` that may explain a read of ``[a, b]`` (ns)."""
    begun = [s for s in file.switches.values() if s.effect is not Effect.NONE and s.a <= b]
    definite = [s for s in begun if s.effect is Effect.DONE]
    current: list[Switch] = []
    replaced: list[Switch] = []
    for switch in sorted(begun, key=lambda s: (s.a, s.b, s.interval.operation)):
        gone = switch.effect in _SURE and any(t.a > switch.b and t.b < a for t in definite)
        (replaced if gone else current).append(switch)
    return Candidates(tuple(current), tuple(replaced))


def _explains(case: Case | None, interval: Interval, answered: Answer) -> bool:
    """Whether the upload of `case` may have answered so at some instant of the read."""
    if case is None:
        return True
    chain = case.chain if case.upload.created else replace(case.chain, started=None)
    wrong = {Answer.DONE: Truth.BAD, Answer.INTEGRITY: Truth.GOOD}.get(answered)
    return case.known.at(interval) is not wrong and chain.allows(interval, answered)


def settled(switch: Switch, case: Case | None) -> int | None:
    """Return when (ns) a switch was acknowledged and its upload's completion too; None when one of them was not."""
    done = case.chain.done if case else None
    return max(switch.b, done.ended_ns) if done and switch.effect is Effect.DONE else None


def switched(file: File, context: Context, book: Book) -> None:
    """Judge the reads of a file that was switched."""
    clear = _clear(file, context.world)
    for interval, answered in _answered(file):
        if answered not in _STATED or not clear(interval):
            continue
        found = candidates(file, interval.begun_ns, interval.ended_ns)
        if all(s.upload for s in found.current):
            _read(file, interval, answered, found, context, book)
    _refused_for_good(file, context, book, clear)


def _clear(file: File, world: World) -> Callable[[Interval], bool]:
    """Give what says whether a file surely stood during all of a read, and it is known what it pointed to."""
    gone, murk = scope_of_file(world, file)[0], Murk.of(file, world)
    return lambda interval: not MAY_BE_DELETED.holds(interval, gone) and not murk.covers(interval)


def _answered(file: File) -> list[tuple[Interval, Answer]]:
    """Give the reads of a switched file, those after a deletion too that may have been of what it stands for."""
    return [*file.single, *((interval, answer) for _, interval, answer in file.late)]


def _refused_for_good(file: File, context: Context, book: Book, clear: Callable[[Interval], bool]) -> None:
    """Convict a server that answers a switched file by refusals only, later than the bound, or by no verdict at all.

    Only reads that are `clear` count.
    """
    answered = _answered(file)
    stated = max((one.begun_ns for one, answer in answered if answer in _STATED and clear(one)), default=-1)
    missing = [interval for interval, answer in answered if answer is Answer.REFUSED]
    late = []
    for interval in sorted(one for one in (*missing, *file.denied) if stated < one.begun_ns and clear(one)):
        current = candidates(file, interval.begun_ns, interval.ended_ns).current
        if _overdue(current, interval, context):
            late.append((interval, current[-1]))
    others = context.answered_last if all(one not in file.evaded for one, _ in late) else NEVER
    if len(late) < FOR_GOOD or FOR_A_MOMENT.holds([one for one, _ in late], others, context.bound):
        return
    book.expose("new-version-served")
    interval, switch = late[-1]
    sentence = (
        f"file {short(file.id)} was switched to upload {short(switch.upload)} ({book.when(switch.interval)}), and "
        f"later than the bound its url told no verdict {len(late)} times, last to {book.when(interval)}"
    )
    book.find(
        "new-version-served", "new-version-refused", file.id, (switch.interval, interval), sentence,
        expected="the new upload's verdict", observed="no verdict", upload=switch.upload, switch_b_ns=switch.b,
        read_a_ns=interval.begun_ns,
    )  # fmt: skip


def _surely_replaced(version: Version, versions: list[Version], file: File) -> bool:
    """Whether a version was not the current one any more when it was deleted, and was not made it again."""
    current = candidates(file, doomed_from(version.deletes)[0], NEVER).current
    others = {one.acknowledged.operation for one in versions if one is not version and one.acknowledged}
    itself = {"", version.upload}
    return bool(version.upload and current) and all(
        s.interval.operation in others or s.upload not in itself for s in current
    )


def _overdue(current: tuple[Switch, ...], interval: Interval, context: Context) -> bool:
    """Whether a read began later than the bound after each switch in force, and its upload's completion, was over."""
    moments = [settled(s, context.cases.get(s.upload)) for s in current]
    return bool(moments) and all(m is not None and interval.begun_ns > m + context.bound for m in moments)


def _read(  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    file: File, interval: Interval, answered: Answer, found: Candidates, context: Context, book: Book
) -> None:
    overdue = _overdue(found.current, interval, context)
    by_new = ANOTHER_CANDIDATE.holds(_explained(found.current, interval, answered, context))
    by_old = ANOTHER_CANDIDATE.holds(_explained(found.replaced, interval, answered, context))
    if found.replaced and answered is not Answer.NC and (overdue or (by_new and not by_old)):
        book.expose("new-version-served")
    if by_new:
        if overdue and answered is Answer.NC:
            _never_ends(file, interval, found.current[-1], context, book)
    elif by_old and not STALE_REPLICA.holds(overdue=overdue):
        _old_served(file, interval, answered, found, book)
    elif by_old:
        if answered is not Answer.NC:
            _stale(file, interval, found, book)
    elif answered is not Answer.NC:
        _impossible(file, interval, answered, found, context, book)
    elif found.current and not overdue:
        _relapse(file, interval, found, context, book)


def _explained(switches: tuple[Switch, ...], interval: Interval, answered: Answer, context: Context) -> Iterator[bool]:
    return (_explains(context.cases.get(s.upload), interval, answered) for s in switches)


def _never_ends(file: File, interval: Interval, switch: Switch, context: Context, book: Book) -> None:
    done, bound = context.cases[switch.upload].chain.done, context.bound
    book.expose("converges-upload")
    sentence = (
        f"file {short(file.id)} was switched to upload {short(switch.upload)} ({book.when(switch.interval)}), and "
        f"later than "
        f"{bound / SECOND:g} s after that and its completion answered resource_not_consistent to {book.when(interval)}"
    )
    book.find(
        "converges-upload", "not-converged", switch.upload, (*((done,) if done else ()), switch.interval, interval),
        sentence, expected="200 or integrity", observed="resource_not_consistent", detail=f"file_url {file.id}",
        upload=switch.upload, bound_s=bound / SECOND, nc_a_ns=interval.begun_ns,
        deadline_ns=max(switch.b, done.ended_ns if done else 0) + bound,
    )  # fmt: skip


def _old_served(file: File, interval: Interval, answered: Answer, found: Candidates, book: Book) -> None:
    switch = found.current[-1]
    what = "200" if answered is Answer.DONE else "integrity" if answered is Answer.INTEGRITY else "not consistent"
    sentence = (
        f"file {short(file.id)} was switched to upload {short(switch.upload)} ({book.when(switch.interval)}), yet "
        f"later than "
        f"the bound it answered {what} to {book.when(interval)}, which only the version before explains"
    )
    book.find(
        "new-version-served", "old-verdict", file.id, (switch.interval, interval), sentence, expected="the new "
        "upload's verdict",
        observed=what, upload=switch.upload, switch_b_ns=switch.b, read_a_ns=interval.begun_ns,
    )  # fmt: skip


def _stale(file: File, interval: Interval, found: Candidates, book: Book) -> None:
    switch = found.current[-1]
    staleness = max(0.0, (interval.begun_ns - switch.b) / SECOND)
    book.stale("realtime-monotonic", staleness)
    sentence = (
        f"file {short(file.id)} answered {book.when(interval)} for the version before, although the switch to upload "
        f"{short(switch.upload)} had been acknowledged ({book.when(switch.interval)}): stale by at least "
        f"{staleness:.3f} s"
    )
    book.find(
        "realtime-monotonic", "stale-version", file.id, (switch.interval, interval), sentence,
        expected="the new version", observed="the version before", upload=switch.upload,
        truth_b_ns=switch.b, nc_a_ns=interval.begun_ns,
        staleness_s=staleness,
    )  # fmt: skip


def _impossible(  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    file: File, interval: Interval, answered: Answer, found: Candidates, context: Context, book: Book
) -> None:
    everyone = [context.cases.get(s.upload) for s in (*found.current, *found.replaced)]
    wanted, what = (Truth.BAD, "200") if answered is Answer.DONE else (Truth.GOOD, "integrity")
    if not everyone or not all(case and case.known.at(interval) is wanted for case in everyone):
        return
    requirement = "bad-never-200" if wanted is Truth.BAD else "good-never-integrity"
    rule = "bad-answered-200" if wanted is Truth.BAD else "good-refused"
    links = tuple(s.interval for s in found.current[-1:])
    subject = found.current[-1].upload if found.current else file.id
    sentence = (
        f"every upload that file {short(file.id)} may have pointed to is {wanted.value}, yet it answered {what} to "
        f"{book.when(interval)}"
    )
    book.find(
        requirement, rule, subject, (*links, interval), sentence, expected="the uploads' verdict", observed=what,
        detail=f"file {file.id}", upload=subject, truth=wanted.value, told_b_ns=interval.ended_ns,
        why="each candidate's own",
    )  # fmt: skip


def _relapse(file: File, interval: Interval, found: Candidates, context: Context, book: Book) -> None:
    everyone = (context.cases.get(s.upload) for s in (*found.current, *found.replaced))
    verdicts = [case.chain.verdict for case in everyone if case and case.chain.verdict]
    relapse = crossing(interval, max(verdicts, key=lambda one: one.ended_ns, default=None))
    if relapse is not None:
        _stale_read(file, relapse, book)


def _stale_read(file: File, found: Crossing, book: Book) -> None:
    stated, again = found
    book.stale("realtime-monotonic", found.staleness_s)
    sentence = (
        f"every upload that file {short(file.id)} may have pointed to had told its verdict ({book.when(stated)}), yet "
        f"it answered resource_not_consistent to {book.when(again)}"
    )
    book.find(
        "realtime-monotonic", "stale-read", file.id, (stated, again), sentence, expected="the verdict",
        observed="resource_not_consistent", truth_b_ns=stated.ended_ns, nc_a_ns=again.begun_ns,
        staleness_s=found.staleness_s,
    )  # fmt: skip


def new_bytes(file: File, context: Context, book: Book) -> None:
    """Convict a server whose file endpoint leads to an older version's bytes after everything settled."""
    clear = _clear(file, context.world)
    for download in file.reads.downloads:
        given = download.given
        if given.ended_ns < file.switched or download.octets is None or not clear(given):
            continue
        found = candidates(file, given.begun_ns, given.ended_ns)
        new = [context.cases.get(s.upload) for s in found.current]
        if not found.replaced or not new or any(settled(s, context.cases.get(s.upload)) is None for s in found.current):
            continue
        wanted = [expected_bytes(case.upload, case.known) for case in new if case]
        if any(one is None for one in wanted) or any(
            case and CHANGED_SINCE.holds(case.known, download.fetched) for case in new
        ):
            continue
        served = (download.octets.bytes, download.octets.md5) in wanted
        overdue = _overdue(found.current, given, context)
        if served or overdue:  # the new bytes before the bound show the requirement kept; the old ones nothing yet
            book.expose("new-version-served")
        if overdue and not served:
            _old_bytes(file, download, found, context, book)


def _old_bytes(file: File, download: Download, found: Candidates, context: Context, book: Book) -> None:
    octets, switch = download.octets, found.current[-1]
    if octets is None:
        return
    older = [context.cases[s.upload] for s in found.replaced if s.upload in context.cases]
    whose = [case for case in older if expected_bytes(case.upload, case.known) == (octets.bytes, octets.md5)]
    if not whose:
        _other_bytes(file, download, switch, book)
        return
    what = "the bytes of the version before"
    sentence = (
        f"file {short(file.id)} was switched to upload {short(switch.upload)} ({book.when(switch.interval)}), yet "
        f"later than "
        f"the bound its url yielded {what} to {book.when(download.fetched)}"
    )
    book.find(
        "new-version-served", "old-bytes", file.id,
        (switch.interval, download.given, download.fetched), sentence, expected="the new version's bytes",
        observed=what, upload=switch.upload, switch_b_ns=switch.b, read_a_ns=download.given.begun_ns,
        observed_md5=octets.md5,
    )  # fmt: skip


def _other_bytes(file: File, download: Download, switch: Switch, book: Book) -> None:
    octets = download.octets
    sentence = (
        f"file {short(file.id)} was switched to upload {short(switch.upload)} ({book.when(switch.interval)}), and its "
        f"url yielded bytes of no version of it to {book.when(download.fetched)}"
    )
    book.find(
        "bytes-exact", "other-bytes", file.id, (switch.interval, download.given, download.fetched), sentence,
        expected="the new version's bytes", observed="other bytes", upload=switch.upload,
        observed_md5=octets.md5 if octets else None, fetched_a_ns=download.fetched.begun_ns,
    )  # fmt: skip


def old_versions(case: Case, context: Context, book: Book) -> None:
    """Convict a server that no longer gives an older live version once a newer one was attached."""
    for endpoint in case.sight.endpoints:
        _old_version(case, endpoint, context, book)


def _old_version(case: Case, endpoint: Endpoint, context: Context, book: Book) -> None:
    switch, reads = endpoint.superseded, endpoint.reads
    if switch is None or (case.known.truth is not Truth.GOOD and reads.ok is None):
        return
    gone = reads.gone if crossing(reads.gone, switch) else None
    waited = case.chain.deadline(context.bound, switch)
    nc = reads.nc if reads.nc and waited and crossing(reads.nc, reads.ok) and reads.nc.begun_ns > waited else None
    if nc and WAIT_BEGUN_ANEW.holds(case.rewrites, nc, context.bound):
        nc = None
    served = crossing(reads.ok_last, switch)
    for_good = waited is not None and not NOT_FOR_GOOD.holds(
        reads.failing, reads.latest, waited, context.answered_last, context.bound, reads.failing_from
    )
    wrong = gone or nc or (reads.failing[-1] if for_good else None)
    if served or wrong:
        book.expose("old-version-downloadable")
    if wrong is None:
        return
    what = "a plain 404" if gone else "resource_not_consistent" if nc else "nothing but errors"
    links = (endpoint.linked,) if endpoint.linked else ()
    sentence = (
        f"version {short(reads.id)} of upload {short(case.name)} was superseded ({book.when(switch)}) and not deleted, "
        f"yet it answered {what} to {book.when(wrong)}"
    )
    book.find(
        "old-version-downloadable", "old-version-gone", reads.id,
        (*links, *((reads.ok,) if reads.ok and crossing(wrong, reads.ok) else ()), switch, wrong), sentence,
        expected="200", observed=what, upload=case.name, switch_b_ns=switch.ended_ns, read_a_ns=wrong.begun_ns,
    )  # fmt: skip


def repointed(version: Version, _context: Context, book: Book) -> None:
    """Convict a server that acknowledged one version for two uploads: the older is then a version of nothing.

    Each answer says itself whose version it is; one that shows the version before, as it was, shows nothing.
    """
    if len(version.named) < 2:
        return
    (one, upload), (other, newer) = sorted((interval, name) for name, interval in version.named.items())[:2]
    book.expose("old-version-downloadable")
    sentence = (
        f"version {short(version.id)} was acknowledged as one of upload {short(upload)} ({book.when(one)}) and then of "
        f"upload {short(newer)} ({book.when(other)}), so that the older version is no more"
    )
    book.find(
        "old-version-downloadable", "version-repointed", version.id, (one, other), sentence, expected="a new version",
        observed="the same version", upload=newer, version=version.id,
    )  # fmt: skip


_SERVED = "files read after a new version was attached and had settled"
_OLDER = "superseded versions read afterwards"

RULES = (
    Rule(
        "old-verdict", "new-version-served", Need.FILE, switched,
        lambda p: answers(p.cited[0], "2xx") and before(p.cited[0], p.cited[1], p.bound)
        and answers(p.cited[1], "2xx", "integrity", "nc"),
        occasions=_SERVED, excuses=(ANOTHER_CANDIDATE, STALE_REPLICA, MAY_BE_DELETED),
    ),
    Rule(
        "new-version-refused", "new-version-served", Need.FILE, switched,
        lambda p: answers(p.cited[0], "2xx") and before(p.cited[0], p.cited[-1], p.bound)
        and (evasive(p.cited[-1]) or not answers(p.cited[-1], "2xx", "integrity", "nc", "none")),
        occasions=_SERVED, excuses=(WITHIN_THE_BOUND, FOR_A_MOMENT, MAY_BE_DELETED),
    ),
    Rule(
        "old-bytes", "new-version-served", Need.FILE, new_bytes,
        lambda p: follows(p.cited[-2], p.cited[-1]) and before(p.cited[0], p.cited[-2], p.bound),
        occasions=_SERVED, excuses=(ANOTHER_CANDIDATE, STALE_REPLICA, TRUTH_UNKNOWN, MAY_BE_DELETED),
    ),
    replace(OTHER_BYTES, needs=Need.FILE, check=new_bytes, excuses=(ANOTHER_CANDIDATE, STALE_REPLICA, MAY_BE_DELETED)),
    replace(
        STALE_READ, id="stale-version", needs=Need.FILE, check=switched, excuses=(ANOTHER_CANDIDATE, MAY_BE_DELETED),
        recheck=lambda p: answers(p.cited[0], "2xx") and before(p.cited[0], p.cited[1]),
    ),
    replace(STALE_READ, needs=Need.FILE, check=switched, excuses=(ANOTHER_CANDIDATE, MAY_BE_DELETED)),
    replace(
        NOT_CONVERGED, needs=Need.FILE, check=switched, excuses=(ANOTHER_CANDIDATE, STALE_REPLICA, MAY_BE_DELETED)
    ),
    replace(BAD_ANSWERED_200, needs=Need.FILE, check=switched, excuses=(ANOTHER_CANDIDATE, TRUTH_UNKNOWN)),
    replace(GOOD_REFUSED, needs=Need.FILE, check=switched, excuses=(ANOTHER_CANDIDATE, TRUTH_UNKNOWN)),
    Rule(
        "old-version-gone", "old-version-downloadable", Need.UPLOAD, old_versions,
        lambda p: answers(p.cited[-2], "2xx") and before(p.cited[-2], p.cited[-1])
        and not answers(p.cited[-1], "2xx", "none"),
        occasions=_OLDER, excuses=(WITHIN_THE_BOUND, NOT_FOR_GOOD, WAIT_BEGUN_ANEW, MAY_BE_DELETED),
    ),
    Rule(
        "version-repointed", "old-version-downloadable", Need.VERSION, repointed,
        lambda p: answers(p.cited[0], "2xx") and answers(p.cited[1], "2xx")
        and repoints(p.cited[0], p.cited[1], p.numbers["version"]),
        occasions=_OLDER,
    ),
)  # fmt: skip
