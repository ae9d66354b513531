"""The rules about whose bytes a switched file's url serves, once everything settled."""

from __future__ import annotations

from dataclasses import replace

from conformance.judge.findings import Book, short
from conformance.judge.rechecks import before, follows
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.rules.content_rules import OTHER_BYTES
from conformance.judge.rules.excuses import (
    ANOTHER_CANDIDATE,
    CHANGED_SINCE,
    MAY_BE_DELETED,
    STALE_REPLICA,
    TRUTH_UNKNOWN,
)
from conformance.judge.rules.version_rules.candidates import (
    SERVED,
    Candidates,
    candidates,
    clear_of,
    is_overdue,
    settled,
)
from conformance.judge.state.expected import expected_bytes
from conformance.judge.state.resources import Download, File, Switch


def new_bytes(file: File, context: Context, book: Book) -> None:
    """Convict a server whose file endpoint leads to an older version's bytes after everything settled."""
    clear = clear_of(file, context.world)
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
        overdue = is_overdue(found.current, given, context)
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


RULES = (
    Rule(
        "old-bytes", "new-version-served", Need.FILE, new_bytes,
        lambda p: follows(p.cited[-2], p.cited[-1]) and before(p.cited[0], p.cited[-2], p.bound),
        occasions=SERVED, excuses=(ANOTHER_CANDIDATE, STALE_REPLICA, TRUTH_UNKNOWN, MAY_BE_DELETED),
    ),
    replace(OTHER_BYTES, needs=Need.FILE, check=new_bytes, excuses=(ANOTHER_CANDIDATE, STALE_REPLICA, MAY_BE_DELETED)),
)  # fmt: skip
