"""Every reason for which a legal server may answer as a broken one would: where it holds, the rule stays silent.

A vendor reads here what the judge allows for. Each is a value with its predicate, and the rules ask no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from conformance.api.answers import Source
from conformance.api.gateways import is_busy
from conformance.judge.exchange.authorization_checks import tells_of_access
from conformance.judge.exchange.payload_checks import equals_status
from conformance.judge.exchange.place_checks import names_fields
from conformance.judge.rule import Excuse
from conformance.judge.state.chain import Crossing
from conformance.judge.state.expected import Known, Truth
from conformance.judge.state.interval import NEVER, SECOND, Interval
from conformance.judge.state.parts import Part
from conformance.judge.state.resources import FOR_GOOD, Refusal

DENIALS = 6
"""Refusals in a row, spread over the bound, that are taken for lasting."""
MOMENT = SECOND
"""For so long a server that starts again, or is overloaded, may answer errors only (ns)."""
IN_TIME = 60 * SECOND
"""A signed url is good for minutes; one used later than this after it was given may have expired."""
_HEX = re.compile(r"[0-9a-f]+")
_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64}
Writes = Iterable[tuple[int, int]]
"""When writes may have taken effect (ns)."""


def _meets(writes: Writes, since: int, until: int) -> bool:
    return any(begun <= until and ended >= since for begun, ended in writes)


def _between(writes: Writes, found: Crossing) -> bool:
    return _meets(writes, found.earlier.begun_ns, found.later.ended_ns)


def _begun_anew(writes: Writes, late: Interval, bound: int) -> bool:
    return _meets(writes, late.begun_ns - bound, late.ended_ns)


def _not_for_good(  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    failing: Sequence[Interval], latest: int, deadline: int, others: int, bound: int, since: Interval | None = None
) -> bool:
    if len(failing) < FOR_GOOD or not (max(deadline, latest) < failing[0].begun_ns < others):
        return True
    return _brief((since if since and since.begun_ns > latest else failing[0], failing[-1]), bound)


def _brief(errors: Sequence[Interval], bound: int) -> bool:
    return errors[-1].begun_ns < errors[0].ended_ns + min(bound // 16, MOMENT)


def _invalid(known: Known, refusal: Refusal, parts: Iterable[Part]) -> bool:
    value, algorithm = refusal.hash
    reported = [value, *(part.declared[1] for part in parts if part.declared)]
    digits = _DIGITS.get(algorithm.lower())
    plain = digits is not None and all(_HEX.fullmatch(one) and len(one) == digits for one in reported)
    return not known.sizes_add_up or not plain


def _within(interval: Interval, since: Interval, bound: int) -> bool:
    return interval.begun_ns <= since.ended_ns + bound


# ---- the answers of one moment

GATEWAYS_OWN = Excuse(
    "gateways-own",
    "A 502, 503 or 504 without the API's payload is a gateway's own, and tells nothing of the API.",
    lambda of: of.source is Source.PROXY,
)
FIREWALLS_PAGE = Excuse(
    "firewalls-page",
    "A page that only requests with unusual characters meet, while the like without them reach the API, is a "
    "firewall's own, and tells nothing of the API.",
    lambda of: of.source is Source.FIREWALL,
)
OPERATORS_GATEWAY = Excuse(
    "operators-gateway",
    "What the operator's gateway pattern matches is the gateway's own, and tells nothing of the API.",
    lambda of: of.source is Source.GATEWAY,
)
ASKED_TO_WAIT = Excuse(
    "asked-to-wait",
    "A 429, or a 403 or 503 that asks to come back later, tells nothing of the resource.",
    is_busy,
)
NOT_THE_APIS_ROUTE = Excuse(
    "not-the-apis-route",
    "Errors of the HTTP layer or of an unknown route arise before any code that knows of the API: they are a warning.",
    lambda facts: not facts.routed,
    "malformed-http",
)
DIGITS = Excuse(
    "digits",
    "`error` may be a string of digits, because the deployed service sends one: that is a warning of its own.",
    lambda error, status: isinstance(error, str) and equals_status(error, status),
)
ORDINARY_VALIDATION = Excuse(
    "ordinary-validation",
    "Refusing to attach an upload that is already known as bad is an ordinary validation error, if it names fields.",
    names_fields,
    "known-bad-at-attach",
)
OTHER_METHOD = Excuse(
    "other-method",
    "An extended endpoint that is asked by a method of which nothing is documented may answer as by its own.",
    lambda facts: facts.beside,
    "malformed-http",
)
REFUSED_FIRST = Excuse(
    "refused-first",
    "Bad parameters and unknown ids may be told before a missing token.",
    lambda facts: not tells_of_access(facts),
    "precedence",
)
SEEN_ONCE = Excuse(
    "seen-once",
    "One server error may be an accident of the machine.",
    lambda count: count < 2,
)
ANOTHER_RULES = Excuse(
    "another-rules",
    "A completion's server error has rules of its own where it is a repeated one, or goes with a mismatch.",
    lambda operation, excused: operation in excused,
)

# ---- the chain

WRITTEN_BETWEEN = Excuse(
    "written-between",
    "A write that may have taken effect between the two answers (completing the upload again, sending a part or a "
    "hash of it, changing the project) may have begun the wait anew.",
    _between,
)
WAIT_BEGUN_ANEW = Excuse(
    "wait-begun-anew",
    "The bound counts from the last such write (completing again, a part, a hash, the project) that may begin it.",
    _begun_anew,
    "eventually",
)
WITHIN_THE_BOUND = Excuse(
    "within-the-bound",
    "Within the bound that the operator gave, what was acknowledged may not be visible everywhere yet.",
    _within,
    "eventually",
)
MADE_BETWEEN = Excuse(
    "made-between",
    "A file or version that was made after the verdict is a resource of its own, and may have a wait of its own.",
    lambda link, found: link is not None and link.ended_ns > found.earlier.begun_ns,
    "file-follows-version",
)
PARTIAL_RECORDING = Excuse(
    "partial-recording",
    "A recording may lack the completion: that nobody completed an upload is known only of a run's own history.",
    lambda begun: not begun,
)
NOT_FOR_GOOD = Excuse(
    "not-for-good",
    "Errors count only where the last three are later than the bound, with nothing else since, last a second (or a "
    "sixteenth of the bound), and others were answered meanwhile: what starts again answers nobody for a moment.",
    _not_for_good,
    "eventually",
)
FOR_A_MOMENT = Excuse(
    "for-a-moment",
    "Refusals within a second (a sixteenth of the bound), or since which nobody else was answered, may meet all.",
    lambda late, others, bound: _brief(late, bound) or others < late[0].begun_ns,
)
OLDER_VERSION = Excuse(
    "older-version",
    "An older version that had been served has a rule of its own.",
    lambda endpoint, late: bool(
        endpoint.superseded and endpoint.reads.ok and endpoint.reads.ok.ended_ns < late.begun_ns
    ),
)
ALREADY_CONSISTENT = Excuse(
    "already-consistent",
    "What had told its verdict is consistent, and an answer that is no 404 is about something else.",
    lambda verdict, odd: verdict is not None and verdict.ended_ns < odd.begun_ns,
)
CLEARED_AWAY = Excuse(
    "cleared-away",
    "An older version that failed may be cleared away once it has told its verdict: nobody promised to keep it.",
    lambda reads, gone: bool(reads.bad and gone and reads.bad.ended_ns < gone.begun_ns),
)
MAY_BE_DELETED = Excuse(
    "may-be-deleted",
    "From the first attempt to delete it, or what holds it, that may have taken effect, a resource may be gone.",
    lambda interval, doomed: interval.ended_ns >= doomed,
)
FOREIGN_PROVIDER = Excuse(
    "foreign-provider",
    "A storage provider that this server was never seen to have may be refused by a plain 404.",
    lambda provider, reads, known: bool(provider) and provider not in known and reads.ok is None and reads.nc is None,
)
REASONS_OF_ITS_OWN = Excuse(
    "reasons-of-its-own",
    "A project that is ready may refuse an upload for reasons of its own, such as a quota: only a refusal before "
    "not-consistent, or one that was repeated and taken back, is about its state.",
    lambda ended, waiting, *, repeated, accepted: (
        not (
            (waiting and waiting.begun_ns >= ended.ended_ns)
            or (repeated and accepted and accepted.begun_ns > ended.ended_ns)
        )
    ),
)
AT_TIMES = Excuse(
    "at-times",
    "A project may refuse an upload at times for reasons of its own, such as too many that are open: only six refusals "
    "in all, none taken, the last later than the bound, while another takes as large a one, show that it never will.",
    lambda count: count < DENIALS,
    "eventually",
)
SIZE_LIMIT = Excuse(
    "size-limit",
    "A size may be refused before the state is looked at, unless as large an upload of its kind was not.",
    lambda refused, taken: refused is not None and refused > (taken or 0),
    "precedence",
)

# ---- the truth of an upload

TRUTH_UNKNOWN = Excuse(
    "truth-unknown",
    "What the upload must turn out to be is not known: something timed out, was sent again, or came after completion.",
    lambda known: known.truth is Truth.UNKNOWN,
    "truth-of-an-upload",
)
CHANGED_SINCE = Excuse(
    "changed-since",
    "Other bytes that were sent to the store after the verdict may be what it serves from then on: that has a "
    "requirement of its own.",
    lambda known, interval: interval.ended_ns >= known.until,
    "verdict-is-final",
)
SMALL_PARTS = Excuse(
    "small-parts",
    "A storage provider may refuse parts below 5 MiB, and this one was not seen to take them.",
    lambda known: not known.accepted,
    "small-parts",
)

# ---- switched files

ANOTHER_CANDIDATE = Excuse(
    "another-candidate",
    "A file that was switched may answer for any upload that it may have pointed to at some moment of the read.",
    any,
    "file-follows-version",
)
STALE_REPLICA = Excuse(
    "stale-replica",
    "Until the bound is over a replica may still answer for the version before; that is measured.",
    lambda *, overdue: not overdue,
    "eventually",
)

# ---- completion

INVALID_REQUEST = Excuse(
    "invalid-request",
    "Refusing another hash algorithm, what is no hash, or sizes that do not add up, is ordinary validation.",
    _invalid,
)
MEDDLED = Excuse(
    "meddled",
    "Something that no documentation foresees was asked of the upload, and may have removed it.",
    lambda upload: upload.meddled,
)

# ---- bytes

USED_LATE = Excuse(
    "used-late",
    "A signed url that is used later than a minute after it was given may have expired.",
    lambda download: download.fetched.begun_ns - download.given.ended_ns > IN_TIME,
)
OUT_OF_REACH = Excuse(
    "out-of-reach",
    "A storage provider that serves nothing at all meanwhile may be out of this client's reach.",
    lambda served: not served,
)
REFUSED_A_WHILE = Excuse(
    "refused-a-while",
    "Refusals tell nothing unless several in a row are spread over the whole bound.",
    lambda run, bound: len(run) < DENIALS or run[-1].fetched.begun_ns <= run[0].fetched.ended_ns + bound,
    "eventually",
)
CAME_BACK = Excuse(
    "came-back",
    "Bytes that were not there and were served later had been lost by a storage replica for a while only.",
    lambda gone, later: gone.octets is None and any(one.fetched.ended_ns > gone.fetched.ended_ns for one in later),
)

# ---- what was settled

MAY_LIE_IN_THE_STORE = Excuse(
    "may-lie-in-the-store",
    "Other bytes may have come to lie in the store through a signed url alone: one that still worked, one whose use "
    "was never acknowledged, or a write that could be tied to no upload. That warns.",
    lambda upload, setting, stores, later: (
        any(write.interval.begun_ns <= later.ended_ns for write in stores)
        or any(part.lost and (part.mixed or part.sure >= NEVER) for part in upload.parts.values())
        or any(write.call == "storage_put" and not write.sure for write in upload.afterwards)
        or (upload.created is not None and max(0, upload.created.begun_ns) <= setting.stray_from)
    ),
    "verdict-is-final",
)
STILL_SETTLING = Excuse(
    "still-settling",
    "Where it is not known what was stored, a replica of the store may be late until the bound is over after the last "
    "write and the completion.",
    lambda case, download, bound: (
        download.fetched.begun_ns
        <= bound
        + max(
            -1,
            (case.chain.done or case.sight.ok).ended_ns,
            *(part.latest for part in case.upload.parts.values()),
            *(
                write.interval.begun_ns
                for write in case.upload.afterwards
                if write.interval.begun_ns < case.known.until
            ),
        )
    ),
    "eventually",
)

ONLY_A_WHILE = Excuse(
    "only-a-while",
    "A stale validation counts only where the client was told nothing else, three times later than the bound.",
    lambda late: len(late) < FOR_GOOD,
    "eventually",
)
SHOWN_AGAIN = Excuse(
    "shown-again",
    "What was gone for a while and was shown again had been lost by a replica only.",
    lambda look: look.seen_last.ended_ns >= look.gone.begun_ns,
)

# ---- other users, refused creates, own writes

NOT_THE_OWNERS = Excuse(
    "not-the-owners",
    "Only what the owner had made before, and was not deleting, is the owner's alone.",
    lambda created, doomed, stated: (
        created.ended_ns >= stated.begun_ns or (stated.ended_ns >= doomed and stated.begun_ns != doomed)
    ),
    "precedence",
)
OWNERS_404 = Excuse(
    "owners-404",
    "Where the owner is told a plain 404 by the same call just the same, a 404 gives nothing away.",
    lambda asked, owners: asked in owners,
    "precedence",
)
RIGHTS_GIVEN = Excuse(
    "rights-given",
    "A member of the project may do what its rights say; rights that may have been given or withdrawn meanwhile, or "
    "within the bound before, may or may not be visible yet.",
    lambda rights, project, interval, bound: not rights.exclude(project, interval, bound),
    "members",
)
NOT_MADE_BEFORE = Excuse(
    "not-made-before",
    "What was not acknowledged before the request began may have been somebody else's.",
    lambda created, interval: created.ended_ns >= interval.begun_ns,
)
MAY_HAVE_BEEN_MADE = Excuse(
    "may-have-been-made",
    "Another attempt may have made it, or a rename, a move, a new version or an unreadable request may have.",
    lambda *, attempted, brought: attempted or brought,
)
NOT_THIS_RUNS = Excuse(
    "not-this-runs",
    "Only places that this run made, and names that nobody else can have chosen, are looked at.",
    lambda *, ours: not ours,
)
OTHERS_WROTE = Excuse(
    "others-wrote",
    "Another write of the same thing, or a deletion, may explain what the session saw.",
    lambda gone, look, others: (
        gone <= look.ended_ns or any(switch.a <= look.ended_ns and switch.b >= since for switch, since in others)
    ),
)
