"""The rules about a completion that was accepted and lost: its upload is turned away, or shown as open, for good."""

from __future__ import annotations

from operator import attrgetter

from conformance.judge.findings import Book, short
from conformance.judge.rechecks import Proof, Shown, answers, before, completes, record
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.rules.completion_rules import acknowledged
from conformance.judge.rules.excuses import (
    MAY_BE_DELETED,
    MEDDLED,
    TRUTH_UNKNOWN,
    WAIT_BEGUN_ANEW,
    WITHIN_THE_BOUND,
)
from conformance.judge.rules.write_rules.write_excuses import MAY_BE_ATTACHED, NEVER_SHOWN, OF_ANOTHER_PROJECT
from conformance.judge.state.expected import Truth
from conformance.judge.state.intake import World
from conformance.judge.state.interval import NEVER, SECOND, Interval, first
from conformance.judge.state.observed import doomed_from, place_doomed, scope_of_file
from conformance.judge.state.resources import FOR_GOOD, TurnedAway, Upload


def turned_away(case: Case, context: Context, book: Book) -> None:
    """Convict a server that still refuses to make the first file of a good, completed upload later than the bound."""
    upload, done = case.upload, case.chain.done
    if not upload.turned_away or done is None:
        return
    if TRUTH_UNKNOWN.holds(case.known) or case.known.truth is not Truth.GOOD or MEDDLED.holds(upload):
        return
    late = [one for one in sorted(upload.turned_away, key=attrgetter("interval")) if _is_late(one, case, done, context)]
    definite = [one for one in late if one.definite]
    if not definite and len(late) < FOR_GOOD:
        return
    refused = (definite or late)[-1].interval
    book.expose("converges-upload")
    begun = (refused.begun_ns - done.ended_ns) / SECOND
    sentence = (
        f"a file of the good upload {short(upload.id)} was refused to {book.when(refused)}, {begun:.3f} s after its "
        f"completion was acknowledged to {book.when(done)} and later than the bound, and no file had been made of it"
    )
    book.find(
        "converges-upload", "attach-refused", upload.id, (done, refused), sentence, expected="201", observed="refused",
        upload=upload.id, bound_s=context.bound / SECOND, done_b_ns=done.ended_ns, refused_a_ns=refused.begun_ns,
    )  # fmt: skip


def _is_late(turned_away: TurnedAway, case: Case, done: Interval, context: Context) -> bool:
    world, upload, refused = context.world, case.upload, turned_away.interval
    home = world.projects.get(upload.project)
    file = world.files.get(turned_away.file)
    place = scope_of_file(world, file)[0] if file else place_doomed(world, turned_away.stay)
    doomed = min(place, doomed_from(home.deletes)[0] if home else NEVER)
    excused = (
        WITHIN_THE_BOUND.holds(refused, done, context.bound)
        or OF_ANOTHER_PROJECT.holds(upload.project, _project(turned_away, world))
        or MAY_BE_ATTACHED.holds(upload, world.attached_unread, refused)
        or WAIT_BEGUN_ANEW.holds(case.rewrites, refused, context.bound)
        or (doomed < NEVER and MAY_BE_DELETED.holds(refused, doomed))
    )
    return not excused


def _project(turned_away: TurnedAway, world: World) -> str:
    """Return the project of the place that an upload was turned away from; nothing where nobody can tell."""
    stay = turned_away.stay
    if not turned_away.file and not stay.is_folder:
        return stay.parent
    place = world.files.get(turned_away.file) if turned_away.file else world.folders.get(stay.parent)
    return place.project if place else ""


def open_for_good(case: Case, context: Context, book: Book) -> None:
    """Warn of a server whose record shows an upload as open later than the bound after its completion was accepted."""
    upload, done = case.upload, acknowledged(case.upload)
    late = upload.open
    if late is None or done is None or WITHIN_THE_BOUND.holds(late, done, context.bound):
        return
    if WAIT_BEGUN_ANEW.holds(case.rewrites, late, context.bound) or MEDDLED.holds(upload):
        return
    other = _shown_by_another(upload, context)
    if other is None or NEVER_SHOWN.holds(other):
        return
    begun = (late.begun_ns - done.ended_ns) / SECOND
    book.expose("status-record")
    sentence = (
        f"the record of upload {short(upload.id)} still showed no completion to {book.when(late)}, {begun:.3f} s after "
        f"that was accepted from {book.when(done)} and later than the bound, while others show theirs"
    )
    book.find(
        "status-record", "open-for-good", upload.id, (done, late, other), sentence, expected="completed_on",
        observed="null", upload=upload.id, bound_s=context.bound / SECOND, done_b_ns=done.ended_ns,
        open_a_ns=late.begun_ns,
    )  # fmt: skip


def _shown_by_another(upload: Upload, context: Context) -> Interval | None:
    shown: Interval | None = None
    for one in context.world.uploads.values():
        shown = first(shown, one.closed) if one is not upload else shown
    return shown


def _turns_away(proof: Proof) -> bool:
    done, refused = proof.cited
    asked, status = str(refused.exchange.request).lower(), refused.exchange.status or 0
    makes = refused.exchange.method in ("POST", "PUT") and "/files" in refused.exchange.path
    named = makes and str(proof.numbers["upload"]).lower() in asked
    return completes(done) and named and 400 <= status < 500 and before(done, refused, proof.bound)


def _stays_open(proof: Proof) -> bool:
    done, late, other = proof.cited
    return (
        completes(done)
        and answers(done, "2xx")
        and before(done, late, proof.bound)
        and _shows(late, "completed_on")
        and record(late, "completed_on") is None
        and record(other, "completed_on") is not None
        and late.of.call.id == done.of.call.id != other.of.call.id
    )


def _shows(one: Shown, name: str) -> bool:
    body = one.exchange.response
    return isinstance(body, dict) and name in body["status"]


RULES = (
    Rule(
        "attach-refused", "converges-upload", Need.UPLOAD, turned_away, _turns_away,
        occasions="uploads that told their truth at an endpoint, or had the whole bound to do so",
        since=2, excuses=(
            TRUTH_UNKNOWN, WITHIN_THE_BOUND, OF_ANOTHER_PROJECT, MAY_BE_ATTACHED, WAIT_BEGUN_ANEW, MEDDLED,
            MAY_BE_DELETED,
        ),
    ),
    Rule(
        "open-for-good", "status-record", Need.UPLOAD, open_for_good, _stays_open,
        occasions="uploads whose record reports consistency and whose verdict is known",
        since=2, excuses=(NEVER_SHOWN, WITHIN_THE_BOUND, WAIT_BEGUN_ANEW, MEDDLED),
    ),
)  # fmt: skip
