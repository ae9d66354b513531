"""The rules about an upload's verdict: there is one, not before completion, for ever, and it is the right one."""

from __future__ import annotations

from conformance.api.answers import Effect
from conformance.judge.findings import Book, short
from conformance.judge.rechecks import answers, before, completes, tells_truth, wrong_verdict
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.rules.excuses import CHANGED_SINCE, PARTIAL_RECORDING, SMALL_PARTS, TRUTH_UNKNOWN
from conformance.judge.state.chain import crossing
from conformance.judge.state.expected import Truth
from conformance.judge.state.interval import NEVER, Interval, first


def one_verdict(case: Case, _context: Context, book: Book) -> None:
    """Convict a server that answered 200 and the integrity exception of one upload, at any endpoint, in any order."""
    sight = case.sight
    stated = [e.reads for e in sight.endpoints if e.reads.ok or e.reads.bad]
    if len(stated) > 1 or any(
        reads.latest > (truth.ended_ns if (truth := first(reads.ok, reads.bad)) else 0) for reads in stated
    ):
        book.expose("one-verdict")
    if sight.ok is None or sight.bad is None:
        return
    ok, bad, links = sight.ok, sight.bad, sight.link(sight.ok, sight.bad)
    for reads in stated:
        if reads.ok and reads.bad:
            ok, bad, links = reads.ok, reads.bad, ()
            break
    sentence = (
        f"upload {short(case.name)} answered 200 to {book.when(ok)} and integrity to {book.when(bad)}: no moment of "
        "convergence explains both"
    )
    book.find(
        "one-verdict", "verdict-flip", case.name, (*links, ok, bad), sentence, expected="one verdict for ever",
        observed="200 and the integrity exception", upload=case.name, ok_b_ns=ok.ended_ns,
        integrity_b_ns=bad.ended_ns,
    )  # fmt: skip


def repeats_change_nothing(case: Case, _context: Context, book: Book) -> None:
    """Convict a server whose verdict differs on the two sides of a repeated completion."""
    sight, completes = case.sight, case.upload.completes
    if len(completes) < 2:
        return
    for attempt in completes.values():
        interval = attempt.interval
        if interval is case.chain.started or attempt.effect is Effect.NONE:
            continue
        before = first(*(one if one and crossing(interval, one) else None for one in (sight.ok, sight.bad)))
        if before is None:
            continue
        if sight.latest > interval.ended_ns:
            book.expose("complete-repeat-same-outcome")
        after = sight.bad_last if before is sight.ok else sight.ok_last
        if after is not None and after.begun_ns > (
            interval.begun_ns if interval.ended_ns >= NEVER else interval.ended_ns
        ):
            sentence = (
                f"upload {short(case.name)} had answered {'200' if before is sight.ok else 'integrity'} to "
                f"{book.when(before)}; after completing it again ({book.when(interval)}) it answered the opposite to "
                f"{book.when(after)}"
            )
            book.find(
                "complete-repeat-same-outcome", "outcome-changed", case.name,
                (*sight.link(before), before, interval, after), sentence,
                expected="the same verdict", observed="the opposite", upload=case.name,
            )  # fmt: skip
            return


def not_early(case: Case, context: Context, book: Book) -> None:
    """Convict a server that answered a verdict before the first attempt to complete the upload began."""
    upload, verdict, begun = case.upload, case.chain.verdict, case.chain.started
    ours = any(one.effect in (Effect.DONE, Effect.INDETERMINATE) for one in upload.completes.values())
    if upload.created is None or (begun is not None and not ours):
        return
    if begun is None and PARTIAL_RECORDING.holds(context.begun):
        return
    limit = begun.begun_ns if begun else NEVER
    heads = (e.reads.nc_first for e in case.sight.endpoints)
    book.look("no-early-answer", sum(1 for head in heads if head and head.ended_ns < limit))
    if verdict is None:
        return
    book.expose("no-early-answer")
    if verdict.ended_ns >= limit:
        return
    what = "200" if verdict is case.sight.ok else "integrity"
    tail = f"before completing began ({book.when(begun)})" if begun else "and nobody had tried to complete it"
    sentence = f"upload {short(case.name)} answered {what} to {book.when(verdict)}, {tail}"
    evidence = (upload.created, *((begun,) if begun else ()), *case.sight.link(verdict), verdict)
    book.find(
        "no-early-answer", "verdict-before-completion", case.name, evidence, sentence,
        expected="not consistent, or nothing to read", observed=what, upload=case.name,
        truth_b_ns=verdict.ended_ns, complete_a_ns=limit if begun else None,
    )  # fmt: skip


def verdict_true(case: Case, _context: Context, book: Book) -> None:
    """Convict a server that serves a BAD upload, or that refuses a GOOD one."""
    known, ok, bad = case.known, case.chain.good, case.chain.bad
    if ok is None and bad is None:
        return
    if known.misreported and not SMALL_PARTS.holds(known):
        book.expose("wrong-chunk-size-integrity")
        if ok is not None:
            sentence = f"upload {short(case.name)} has a misreported chunk size, yet it answered 200 to {book.when(ok)}"
            rule = "misreported-size-served"
            _verdict(case, book, "wrong-chunk-size-integrity", rule, ok, sentence, "integrity", "200")
    if TRUTH_UNKNOWN.holds(known):
        return
    if known.truth is Truth.BAD:
        book.expose("bad-never-200")
        if ok is not None and not CHANGED_SINCE.holds(known, ok):
            sentence = f"upload {short(case.name)} is bad ({known.why}), yet it answered 200 to {book.when(ok)}"
            _verdict(case, book, "bad-never-200", "bad-answered-200", ok, sentence, "integrity", "200")
    else:
        book.expose("good-never-integrity")
        if bad is not None and not CHANGED_SINCE.holds(known, bad):
            sentence = f"upload {short(case.name)} is good ({known.why}), yet it answered integrity to {book.when(bad)}"
            _verdict(case, book, "good-never-integrity", "good-refused", bad, sentence, "200", "integrity")


def _verdict(  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    case: Case, book: Book, requirement: str, rule: str, stated: Interval, sentence: str, expected: str, observed: str
) -> None:
    upload, links = case.upload, case.sight.link(stated)
    proof = case.known.proof or tuple(interval for interval in (upload.created,) if interval)
    spare = 4 - len(links) - 1 - len(proof)
    completion = case.chain.done or case.chain.started
    extra = (upload.created, completion) if case.known.stored != upload.size else (completion, upload.created)
    context = tuple(interval for interval in extra if interval and interval not in proof)[: max(0, spare)]
    book.find(
        requirement, rule, case.name, (*context, *proof, *links, stated)[-4:], sentence, expected=expected,
        observed=observed, upload=case.name, truth=case.known.truth.value, why=case.known.why, size=upload.size,
        stored=case.known.stored, told_b_ns=stated.ended_ns,
    )  # fmt: skip


VERDICT_FLIP = Rule(
    "verdict-flip", "one-verdict", Need.VERDICTS, one_verdict,
    lambda p: answers(p.cited[-2], "2xx") and answers(p.cited[-1], "integrity") and tells_truth(p.cited[-2]),
    occasions="uploads that told their verdict more than once or in several places", lasting=True,
)  # fmt: skip
VERDICT_BEFORE_COMPLETION = Rule(
    "verdict-before-completion", "no-early-answer", Need.UPLOAD, not_early,
    lambda p: tells_truth(p.cited[-1]) and answers(p.cited[0], "2xx")
    and all(before(p.cited[-1], one) for one in p.cited if completes(one)),
    occasions="uploads whose first verdict and first completion are both known", excuses=(PARTIAL_RECORDING,),
    lasting=True,
)  # fmt: skip
OUTCOME_CHANGED = Rule(
    "outcome-changed", "complete-repeat-same-outcome", Need.UPLOAD, repeats_change_nothing,
    lambda p: tells_truth(p.cited[-3]) and tells_truth(p.cited[-1]) and completes(p.cited[-2])
    and answers(p.cited[-3], "2xx") != answers(p.cited[-1], "2xx")
    and before(p.cited[-3], p.cited[-2]) and p.cited[-2].a_ns < p.cited[-1].a_ns,
    occasions="repeated completions with a verdict before and after",
)  # fmt: skip
BAD_ANSWERED_200 = Rule(
    "bad-answered-200", "bad-never-200", Need.UPLOAD, verdict_true, lambda p: wrong_verdict(p, "2xx", "bad"),
    occasions="bad uploads that told their verdict", excuses=(TRUTH_UNKNOWN, CHANGED_SINCE),
)  # fmt: skip
GOOD_REFUSED = Rule(
    "good-refused", "good-never-integrity", Need.UPLOAD, verdict_true,
    lambda p: wrong_verdict(p, "integrity", "good"),
    occasions="good uploads that told their verdict", excuses=(TRUTH_UNKNOWN, SMALL_PARTS, CHANGED_SINCE),
)  # fmt: skip
MISREPORTED_SIZE_SERVED = Rule(
    "misreported-size-served", "wrong-chunk-size-integrity", Need.UPLOAD, verdict_true,
    lambda p: wrong_verdict(p, "2xx", "unknown"),
    occasions="uploads with a misreported chunk size that told their verdict", excuses=(SMALL_PARTS,),
)  # fmt: skip
RULES = (
    VERDICT_FLIP,
    VERDICT_BEFORE_COMPLETION,
    OUTCOME_CHANGED,
    BAD_ANSWERED_200,
    GOOD_REFUSED,
    MISREPORTED_SIZE_SERVED,
)
