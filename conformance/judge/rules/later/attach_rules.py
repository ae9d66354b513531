"""The rule about uploads attached by who has no right to them: a file made of somebody else's bytes.

A target may refuse it in any words. It counts where the upload was acknowledged to one user in a project of that user,
and another, whom nothing gave a right there, had it acknowledged as a file's or as a new version's.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.api.answers import Answer, Classified, Effect
from conformance.api.bodies import asked, identity, within
from conformance.judge.findings import Book, short
from conformance.judge.rechecks import Shown, answers, before
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.rules.excuses import MAY_BE_DELETED, NOT_MADE_BEFORE, RIGHTS_GIVEN
from conformance.judge.state.intake import World
from conformance.judge.state.interval import NEVER, Interval, interval_of
from conformance.judge.state.observed import doomed_from
from conformance.model import Operation

ATTACHING = frozenset({"create_file", "update_file"})
_REQUIREMENT = "other-user-attach"


@dataclass(frozen=True, slots=True)
class Attached:
    """One attempt to attach an upload: by whom, by which call, and whether it was let through."""

    upload: str
    call: str
    interval: Interval
    through: bool


class Attachments:
    """What the second user tried to attach."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._tried: list[Attached] = []

    def take(self, operation: Operation, of: Classified) -> None:
        """Take a request of the second user."""
        if of.call.name not in ATTACHING or operation.notes.get("intent") == "invalid":
            return
        upload = attached(operation)
        definite = of.effect is Effect.DONE or of.answer in (Answer.REFUSED, Answer.NC, Answer.INTEGRITY)
        if upload and definite:
            self._tried.append(Attached(upload, of.call.name, interval_of(operation), of.effect is Effect.DONE))

    def conclude(self, context: Context, book: Book) -> None:
        """Convict a server that let the second user attach the owner's upload."""
        for one in self._tried:
            created = self._owners(context.world, one)
            if created is None:
                continue
            book.expose(_REQUIREMENT)
            if one.through:
                sentence = (
                    f"upload {short(one.upload)} was created by its owner ({book.when(created)}), and the second user, "
                    f"who has no right to it, attached it by {one.call} ({book.when(one.interval)})"
                )
                book.find(
                    _REQUIREMENT, "foreign-upload-attached", one.upload, (created, one.interval), sentence,
                    expected="a refusal", observed="a file", detail=one.call, upload=one.upload, call=one.call,
                )  # fmt: skip

    def _owners(self, world: World, one: Attached) -> Interval | None:
        """Give what acknowledged an upload to its owner, if the second user surely had no right to it."""
        upload = world.uploads.get(one.upload)
        created = upload.created if upload else None
        if upload is None or created is None or NOT_MADE_BEFORE.holds(created, one.interval):
            return None
        if {one.upload, upload.project} & world.rights.made.keys():
            return None
        home = world.projects.get(upload.project)
        if MAY_BE_DELETED.holds(one.interval, doomed_from(home.deletes)[0] if home else NEVER):
            return None
        return None if RIGHTS_GIVEN.holds(world.rights, upload.project, one.interval, self._bound) else created


def attached(operation: Operation) -> str:
    """Return the upload that a request attaches, however it was encoded; empty where it names none."""
    body = asked(operation.exchange.request)
    flat = body.get("upload[id]") if isinstance(body, dict) else None
    return identity(within(body, "upload")) or identity({"id": flat})


def _attaches(one: Shown, upload: object) -> bool:
    return one.of.call.name in ATTACHING and str(upload).lower() in str(one.exchange.request).lower()


RULES = (
    Rule(
        "foreign-upload-attached", _REQUIREMENT, Need.ATTACHMENTS, Attachments.conclude,
        lambda p: answers(p.cited[0], "2xx") and p.cited[0].exchange.user == "owner" and before(p.cited[0], p.cited[1])
        and p.cited[1].exchange.user == "other" and answers(p.cited[1], "2xx")
        and _attaches(p.cited[1], p.numbers["upload"]),
        occasions="attempts of the second user to attach the owner's uploads",
        excuses=(NOT_MADE_BEFORE, RIGHTS_GIVEN, MAY_BE_DELETED), since=2,
    ),
)  # fmt: skip
