"""The rules about a file that was switched to another upload: a small register with several candidates at any time.

A read is explained by some switch begun by its end. One that no later switch had definitely replaced before the read
began explains it at once; a replaced one explains it as a stale read, which is legal until the bound is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.api.answers import Answer, Effect
from conformance.judge.findings import Book, short
from conformance.judge.rules.upload_rules import Case, attempt_first, done_first
from conformance.judge.state.expected import Truth, expected_bytes
from conformance.judge.state.intake import World
from conformance.judge.state.interval import SECOND, Mark, first
from conformance.judge.state.observed import Endpoint, scope_of_file
from conformance.judge.state.resources import FOR_GOOD, Download, File, Switch, Version

_TOLD = frozenset({Answer.DONE, Answer.INTEGRITY, Answer.NC})

_SURE = frozenset({Effect.DONE, Effect.SOMEBODY})
"""Switches that were over by the end of their interval, whoever made them."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The switches that may explain a read: those in force, and those that only a stale replica may still show."""

    current: tuple[Switch, ...]
    replaced: tuple[Switch, ...]


def candidates(file: File, a: int, b: int) -> Candidates:
    """Give the switches of `file` that may explain a read of ``[a, b]`` (ns)."""
    begun = [s for s in file.switches.values() if s.effect is not Effect.NONE and s.a <= b]
    definite = [s for s in begun if s.effect is Effect.DONE]
    current: list[Switch] = []
    replaced: list[Switch] = []
    for switch in sorted(begun, key=lambda s: (s.a, s.b, s.mark[3])):
        gone = switch.effect in _SURE and any(t.a > switch.b and t.b < a for t in definite)
        (replaced if gone else current).append(switch)
    return Candidates(tuple(current), tuple(replaced))


def _explains(case: Case | None, kept: Mark, answered: Answer) -> bool:
    """Whether the upload of `case` may have answered so at some instant of the read."""
    if case is None:
        return True
    truth, begun = case.known.truth, attempt_first(case.upload)
    if answered is Answer.NC:
        told = case.sight.truth()
        return told is None or kept[0] <= told[1]
    if case.upload.created is not None and begun is not None and kept[1] < begun[0]:
        return False
    if answered is Answer.DONE:
        return truth is not Truth.BAD and case.sight.bad is None
    return truth is not Truth.GOOD and case.sight.ok is None


def settled(switch: Switch, case: Case | None) -> int | None:
    """Give when (ns) a switch was acknowledged and its upload's completion too; None when one of them was not."""
    done = done_first(case.upload) if case else None
    return max(switch.b, done[1]) if done and switch.effect is Effect.DONE else None


def switched(world: World, file: File, cases: Mapping[str, Case], book: Book, bound: int) -> None:
    """Judge the reads of a file that was switched."""
    doomed = min(scope_of_file(world, file)[0], file.murky)
    for kept, answered in file.single:
        if kept[1] >= doomed or answered not in _TOLD:
            continue
        found = candidates(file, kept[0], kept[1])
        if any(not s.upload for s in found.current):
            continue
        _read(file, kept, answered, found, cases, book, bound)
    _refused_for_good(file, cases, book, bound, doomed)


def _refused_for_good(file: File, cases: Mapping[str, Case], book: Book, bound: int, doomed: int) -> None:
    """Convict a server that answers a switched file by refusals only, later than the bound, or by no verdict at all."""
    told = max((kept[0] for kept, answered in file.single if answered in _TOLD and kept[1] < doomed), default=-1)
    missing = [kept for kept, answered in file.single if answered is Answer.REFUSED]
    late = []
    for kept in sorted(one for one in (*missing, *file.denied) if told < one[0] and one[1] < doomed):
        current = candidates(file, kept[0], kept[1]).current
        moments = [settled(s, cases.get(s.upload)) for s in current]
        if current and all(moment is not None and kept[0] > moment + bound for moment in moments):
            late.append((kept, current[-1]))
    if len(late) < FOR_GOOD:
        return
    book.expose("new-version-served")
    kept, switch = late[-1]
    sentence = (
        f"file {short(file.id)} was switched to upload {short(switch.upload)} ({book.when(switch.mark)}), and later "
        f"than the bound its url told no verdict {len(late)} times, last to {book.when(kept)}"
    )
    book.find(
        "new-version-served", "new-version-refused", file.id, (switch.mark, kept), sentence,
        expected="the new upload's verdict", observed="no verdict", upload=switch.upload, switch_b_ns=switch.b,
        read_a_ns=kept[0],
    )  # fmt: skip


def _read(  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    file: File, kept: Mark, answered: Answer, found: Candidates, cases: Mapping[str, Case], book: Book, bound: int
) -> None:
    moments = [settled(s, cases.get(s.upload)) for s in found.current]
    known = [moment for moment in moments if moment is not None]
    overdue = bool(found.current) and len(known) == len(moments) and kept[0] > max(known) + bound
    by_new = any(_explains(cases.get(s.upload), kept, answered) for s in found.current)
    by_old = any(_explains(cases.get(s.upload), kept, answered) for s in found.replaced)
    if found.replaced and answered is not Answer.NC and (overdue or (by_new and not by_old)):
        book.expose("new-version-served")
    if by_new:
        if overdue and answered is Answer.NC:
            _never_ends(file, kept, found.current[-1], cases, book, bound)
        return
    if by_old:
        if overdue:
            _old_served(file, kept, answered, found, book)
        elif answered is not Answer.NC:
            _stale(file, kept, found, book)
        return
    _impossible(file, kept, answered, found, cases, book, overdue=overdue)


def _never_ends(file: File, kept: Mark, switch: Switch, cases: Mapping[str, Case], book: Book, bound: int) -> None:  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    done = done_first(cases[switch.upload].upload)
    book.expose("converges-upload")
    sentence = (
        f"file {short(file.id)} was switched to upload {short(switch.upload)} ({book.when(switch.mark)}), and "
        f"later than "
        f"{bound / SECOND:g} s after that and its completion answered resource_not_consistent to {book.when(kept)}"
    )
    book.find(
        "converges-upload", "not-converged", switch.upload, (*((done,) if done else ()), switch.mark, kept), sentence,
        expected="200 or integrity", observed="resource_not_consistent", detail=f"file_url {file.id}",
        upload=switch.upload, bound_s=bound / SECOND, nc_a_ns=kept[0],
        deadline_ns=max(switch.b, done[1] if done else 0) + bound,
    )  # fmt: skip


def _old_served(file: File, kept: Mark, answered: Answer, found: Candidates, book: Book) -> None:
    switch = found.current[-1]
    what = "200" if answered is Answer.DONE else "integrity" if answered is Answer.INTEGRITY else "not consistent"
    sentence = (
        f"file {short(file.id)} was switched to upload {short(switch.upload)} ({book.when(switch.mark)}), yet "
        f"later than "
        f"the bound it answered {what} to {book.when(kept)}, which only the version before explains"
    )
    book.find(
        "new-version-served", "old-verdict", file.id, (switch.mark, kept), sentence, expected="the new "
        "upload's verdict",
        observed=what, upload=switch.upload, switch_b_ns=switch.b, read_a_ns=kept[0],
    )  # fmt: skip


def _stale(file: File, kept: Mark, found: Candidates, book: Book) -> None:
    switch = found.current[-1]
    staleness = max(0.0, (kept[0] - switch.b) / SECOND)
    book.stale("realtime-monotonic", staleness)
    sentence = (
        f"file {short(file.id)} answered {book.when(kept)} for the version before, although the switch to upload "
        f"{short(switch.upload)} had been acknowledged ({book.when(switch.mark)}): stale by at least {staleness:.3f} s"
    )
    book.find(
        "realtime-monotonic", "stale-version", file.id, (switch.mark, kept), sentence, expected="the new version",
        observed="the version before", upload=switch.upload, truth_b_ns=switch.b, nc_a_ns=kept[0],
        staleness_s=staleness,
    )  # fmt: skip


def _impossible(  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    file: File, kept: Mark, answered: Answer, found: Candidates, cases: Mapping[str, Case], book: Book, *, overdue: bool
) -> None:
    everyone = [cases.get(s.upload) for s in (*found.current, *found.replaced)]
    wanted = Truth.BAD if answered is Answer.DONE else Truth.GOOD
    links = tuple(s.mark for s in found.current[-1:])
    if answered is not Answer.NC and everyone and all(case and case.known.truth is wanted for case in everyone):
        requirement = "bad-never-200" if wanted is Truth.BAD else "good-never-integrity"
        rule = "bad-answered-200" if wanted is Truth.BAD else "good-refused"
        what = "200" if wanted is Truth.BAD else "integrity"
        subject = found.current[-1].upload if found.current else file.id
        sentence = (
            f"every upload that file {short(file.id)} may have pointed to is {wanted.value}, yet it answered {what} to "
            f"{book.when(kept)}"
        )
        book.find(
            requirement, rule, subject, (*links, kept), sentence, expected="the uploads' verdict", observed=what,
            detail=f"file {file.id}", upload=subject, truth=wanted.value, told_b_ns=kept[1], why="each candidate's own",
        )  # fmt: skip
    elif answered is Answer.NC and not overdue and found.current:
        told = [case.sight.truth() for case in everyone if case]
        mark = max((one for one in told if one), key=lambda one: one[1], default=None)
        if mark is not None and kept[0] > mark[1]:
            _relapse(file, kept, mark, book)


def _relapse(file: File, kept: Mark, told: Mark, book: Book) -> None:
    staleness = (kept[0] - told[1]) / SECOND
    book.stale("realtime-monotonic", staleness)
    sentence = (
        f"every upload that file {short(file.id)} may have pointed to had told its verdict ({book.when(told)}), yet it "
        f"answered resource_not_consistent to {book.when(kept)}"
    )
    book.find(
        "realtime-monotonic", "stale-read", file.id, (told, kept), sentence, expected="the verdict",
        observed="resource_not_consistent", truth_b_ns=told[1], nc_a_ns=kept[0], staleness_s=staleness,
    )  # fmt: skip


def new_bytes(world: World, file: File, cases: Mapping[str, Case], book: Book, bound: int) -> None:
    """Convict a server whose file endpoint leads to an older version's bytes after everything settled."""
    doomed = min(scope_of_file(world, file)[0], file.murky)
    for download in file.reads.downloads:
        given = download.given
        if given[1] >= doomed or given[1] < file.switched or download.octets is None:
            continue
        found = candidates(file, given[0], given[1])
        new = [cases.get(s.upload) for s in found.current]
        moments = [settled(s, cases.get(s.upload)) for s in found.current]
        if not found.replaced or not new or any(m is None for m in moments):
            continue
        wanted = [expected_bytes(case.upload, case.known) for case in new if case]
        if any(one is None for one in wanted):
            continue
        served = (download.octets.bytes, download.octets.md5) in wanted
        overdue = all(m is not None and given[0] > m + bound for m in moments)
        if served or overdue:  # the new bytes before the bound show the duty kept; the old ones show nothing yet
            book.expose("new-version-served")
        if overdue and not served:
            _old_bytes(file, download, found, cases, book)


def _old_bytes(file: File, download: Download, found: Candidates, cases: Mapping[str, Case], book: Book) -> None:
    octets, switch = download.octets, found.current[-1]
    if octets is None:
        return
    older = [cases[s.upload] for s in found.replaced if s.upload in cases]
    whose = [case for case in older if expected_bytes(case.upload, case.known) == (octets.bytes, octets.md5)]
    if not whose:
        _other_bytes(file, download, switch, book)
        return
    what = "the bytes of the version before"
    sentence = (
        f"file {short(file.id)} was switched to upload {short(switch.upload)} ({book.when(switch.mark)}), yet "
        f"later than "
        f"the bound its url yielded {what} to {book.when(download.fetched)}"
    )
    book.find(
        "new-version-served", "old-bytes", file.id,
        (switch.mark, download.given, download.fetched), sentence, expected="the new version's bytes", observed=what,
        upload=switch.upload, switch_b_ns=switch.b, read_a_ns=download.given[0], observed_md5=octets.md5,
    )  # fmt: skip


def _other_bytes(file: File, download: Download, switch: Switch, book: Book) -> None:
    octets = download.octets
    sentence = (
        f"file {short(file.id)} was switched to upload {short(switch.upload)} ({book.when(switch.mark)}), and its url "
        f"yielded bytes of no version of it to {book.when(download.fetched)}"
    )
    book.find(
        "bytes-exact", "other-bytes", file.id, (switch.mark, download.given, download.fetched), sentence,
        expected="the new version's bytes", observed="other bytes", upload=switch.upload,
        observed_md5=octets.md5 if octets else None, fetched_a_ns=download.fetched[0],
    )  # fmt: skip


def old_version(case: Case, endpoint: Endpoint, book: Book, bound: int) -> None:
    """Convict a server that no longer gives an older live version once a newer one was attached."""
    switch, reads = endpoint.superseded, endpoint.reads
    if switch is None or (case.known.truth is not Truth.GOOD and reads.ok is None):
        return
    done = done_first(case.upload)
    gone = reads.gone if reads.gone and reads.gone[0] > switch[1] else None
    waited = max(switch[1], done[1]) + bound if done else None
    nc = reads.nc if reads.nc and waited and reads.ok and reads.ok[1] < reads.nc[0] and reads.nc[0] > waited else None
    served = reads.ok_last if reads.ok_last and reads.ok_last[0] > switch[1] else None
    errors = reads.failing if len(reads.failing) == FOR_GOOD and waited and reads.failing[0][0] > waited else ()
    wrong = gone or nc or (errors[-1] if errors and reads.latest < errors[0][0] else None)
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
    known = first(reads.ok, None)
    book.find(
        "old-version-downloadable", "old-version-gone", reads.id,
        (*links, *((known,) if known and known[1] < wrong[0] else ()), switch, wrong), sentence, expected="200",
        observed=what, upload=case.name, switch_b_ns=switch[1], read_a_ns=wrong[0],
    )  # fmt: skip


def repointed(version: Version, book: Book) -> None:
    """Convict a server that acknowledged one version for two uploads: the older is then a version of nothing.

    Each answer says itself whose version it is; one that shows the version before, as it was, shows nothing.
    """
    if len(version.named) < 2:
        return
    (one, upload), (other, newer) = sorted((kept, name) for name, kept in version.named.items())[:2]
    book.expose("old-version-downloadable")
    sentence = (
        f"version {short(version.id)} was acknowledged as one of upload {short(upload)} ({book.when(one)}) and then of "
        f"upload {short(newer)} ({book.when(other)}), so that the older version is no more"
    )
    book.find(
        "old-version-downloadable", "version-repointed", version.id, (one, other), sentence, expected="a new version",
        observed="the same version", upload=newer, version=version.id,
    )  # fmt: skip
