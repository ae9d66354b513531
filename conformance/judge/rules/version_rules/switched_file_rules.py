"""The rules about what a switched file's url tells: the new upload's verdict, once the bound is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from conformance.api.answers import Answer
from conformance.judge.findings import Book, short
from conformance.judge.rechecks import answers, before, evasive
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.rules.convergence_rules import NOT_CONVERGED, STALE_READ
from conformance.judge.rules.excuses import (
    ANOTHER_CANDIDATE,
    FOR_A_MOMENT,
    MAY_BE_DELETED,
    STALE_REPLICA,
    TRUTH_UNKNOWN,
    WITHIN_THE_BOUND,
)
from conformance.judge.rules.verdict_rules import BAD_ANSWERED_200, GOOD_REFUSED
from conformance.judge.rules.version_rules.candidates import (
    SERVED,
    Candidates,
    candidates,
    clear_of,
    explains,
    is_overdue,
)
from conformance.judge.state.chain import Crossing, crossing
from conformance.judge.state.expected import Truth
from conformance.judge.state.interval import NEVER, SECOND, Interval
from conformance.judge.state.resources import FOR_GOOD, File, Switch

_STATED = frozenset({Answer.DONE, Answer.INTEGRITY, Answer.NC})


def switched(file: File, context: Context, book: Book) -> None:
    """Judge the reads of a file that was switched."""
    clear = clear_of(file, context.world)
    for interval, answered in _answered(file):
        if answered not in _STATED or not clear(interval):
            continue
        found = candidates(file, interval.begun_ns, interval.ended_ns)
        if all(s.upload for s in found.current):
            _read(file, interval, answered, found, context, book)
    _refused_for_good(file, context, book, clear)


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
        if is_overdue(current, interval, context):
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


def _read(  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    file: File, interval: Interval, answered: Answer, found: Candidates, context: Context, book: Book
) -> None:
    overdue = is_overdue(found.current, interval, context)
    explained = ANOTHER_CANDIDATE.holds(_explained(found.current, interval, answered, context))
    by_new = explained or _told_by_itself(found.current, answered, context)
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
    return (explains(context.cases.get(s.upload), interval, answered) for s in switches)


def _told_by_itself(switches: tuple[Switch, ...], answered: Answer, context: Context) -> bool:
    """Whether a new upload was answered so elsewhere, which then is what is wrong: the file only follows it."""
    sights = (case.sight for s in switches if (case := context.cases.get(s.upload)))
    return answered is not Answer.NC and any(one.ok if answered is Answer.DONE else one.bad for one in sights)


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


RULES = (
    Rule(
        "old-verdict", "new-version-served", Need.FILE, switched,
        lambda p: answers(p.cited[0], "2xx") and before(p.cited[0], p.cited[1], p.bound)
        and answers(p.cited[1], "2xx", "integrity", "nc"),
        occasions=SERVED, excuses=(ANOTHER_CANDIDATE, STALE_REPLICA, MAY_BE_DELETED),
    ),
    Rule(
        "new-version-refused", "new-version-served", Need.FILE, switched,
        lambda p: answers(p.cited[0], "2xx") and before(p.cited[0], p.cited[-1], p.bound)
        and (evasive(p.cited[-1]) or not answers(p.cited[-1], "2xx", "integrity", "nc", "none")),
        occasions=SERVED, excuses=(WITHIN_THE_BOUND, FOR_A_MOMENT, MAY_BE_DELETED),
    ),
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
)  # fmt: skip
