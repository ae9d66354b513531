"""The one place that decides what an operation is: `Classifier` gives each its `Classified` (docs/theory.md).

Nobody else looks at a status or a body to tell not-consistent, the integrity exception, a refusal or a gateway's page
apart; whoever needs to know is handed what was decided here.
"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.api.answers import Answer, Classified, Effect, Kind, Source
from conformance.api.error_bodies import (
    NOT_CONSISTENT,
    code_of,
    has_four_fields,
    has_integrity_wording,
    names_mismatch,
    says_completed,
    says_current,
)
from conformance.api.gateways import Firewall, Gateway, is_suspect
from conformance.api.request_facts import (
    is_doubtful,
    is_invented,
    is_malformed,
    is_mutation,
    is_over_long,
    is_plain,
    is_plainly_written,
)
from conformance.api.routes import (
    NEEDED_CALLS,
    READ_METHODS,
    STORAGE_GET,
    STORAGE_PUT,
    UNROUTED,
    URL_CALLS,
    Call,
    base_of,
    call_of,
    is_uuid,
)
from conformance.api.statuses import (
    ABSENT_STATUSES,
    ALSO_SUCCESS,
    DOCUMENTED_SUCCESS,
    FIREWALL_STATUSES,
    FRAMEWORK_STATUSES,
    GATEWAY_STATUSES,
    REFUSING_READS,
    REFUSING_WRITES,
    TAKEN_STATUSES,
)
from conformance.model import Exchange, Failure, Operation, Role, Target

_REMEMBERED = 65_536
_SWITCHES = frozenset({"update_file", "promote_version"})
_EFFECTS = {
    Answer.DONE: Effect.DONE,
    Answer.NC: Effect.NONE,
    Answer.REFUSED: Effect.NONE,
    Answer.UNSENT: Effect.NONE,
    Answer.ALREADY: Effect.SOMEBODY,
    Answer.INTEGRITY: Effect.INDETERMINATE,
    Answer.UNKNOWN: Effect.INDETERMINATE,
}
_STORED, _FETCHED = Call(STORAGE_PUT), Call(STORAGE_GET)


class Classifier:
    """Classifies the operations of one target: calls are read below its base path, gateways known by its pattern.

    A firewall is known only by many answers together. With `cautious` every page that may be a firewall's is taken for
    one, for a judge that may not take back what it said; else `classify_all` decides for a whole history.

    Raises:
        UsageError: the target's gateway pattern is not a regular expression.
    """

    def __init__(self, target: Target, *, cautious: bool = False) -> None:
        self.base = base_of(target.base_url)
        self._gateway = Gateway(target.gateway)
        self._nobody_before = not self._gateway
        self._cautious = cautious
        self._known: dict[tuple[str, str, int], Classified] = {}
        self._errors: dict[tuple[str, str, int, str | None], tuple[Exchange, Classified]] = {}

    def __call__(self, operation: Operation) -> Classified:
        """Return what the operation is."""
        exchange = operation.exchange
        body, status = exchange.response, exchange.status
        if type(body) is dict and status is not None and self._nobody_before and exchange.failure is None:
            code = body.get("code")
            if (code == NOT_CONSISTENT or (code is None and status < 300)) and exchange.role is Role.API:
                key = (exchange.method, exchange.path, status if code is None else -status)
                return self._known.get(key) or self._ordinary(operation, exchange, key)
            if not operation.notes and exchange.request is None and exchange.role is Role.API:
                return self._error(operation, exchange, status)
        return self._classified(operation, exchange)

    def call(self, exchange: Exchange) -> Call:
        """Name what an exchange asked for; at the storage provider only reading and writing are told apart."""
        if exchange.role is Role.STORAGE:
            return _STORED if exchange.method in ("PUT", "POST") else _FETCHED
        return call_of(exchange.method, exchange.path, self.base)

    def _ordinary(self, operation: Operation, exchange: Exchange, key: tuple[str, str, int]) -> Classified:
        """Return, and remember, what is the same for every success, and every not-consistent, of a method and path."""
        found = self._classified(operation, exchange)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[key] = found
        return found

    def _error(self, operation: Operation, exchange: Exchange, status: int) -> Classified:
        """Return, and remember, what an error is: the reader of histories shares the bodies and headers that repeat."""
        key = (exchange.method, exchange.path, status, exchange.user)
        held = self._errors.get(key)
        if held is not None and held[0].response is exchange.response and held[0].headers is exchange.headers:
            return held[1]
        found = self._classified(operation, exchange)
        if len(self._errors) >= _REMEMBERED:
            self._errors.clear()
        self._errors[key] = exchange, found
        return found

    def _classified(self, operation: Operation, exchange: Exchange) -> Classified:
        called = self.call(exchange)
        source = self._source(exchange)
        kind = _kind(operation, called, source)
        answer = _answer(exchange, called, kind, source)
        effect = _effect(exchange, called, answer) if is_mutation(exchange) else Effect.NONE
        routed = kind is Kind.ERROR and _routed(operation, called, self.base)
        found = Classified(called, kind, answer, effect, source, routed)
        if self._cautious and is_suspect(exchange, self.base):
            return found.from_firewall(mutation=is_mutation(exchange))
        return found

    def _source(self, exchange: Exchange) -> Source:
        if exchange.role is Role.STORAGE:
            return Source.STORAGE
        if exchange.failure is not None or exchange.status is None:
            return Source.NOBODY
        if self._gateway.fits(exchange):
            return Source.GATEWAY
        by_itself = exchange.status in GATEWAY_STATUSES and not has_four_fields(exchange.response)
        return Source.PROXY if by_itself and code_of(exchange.response) != NOT_CONSISTENT else Source.API


def classify_all(operations: Sequence[Operation], target: Target) -> tuple[Classified, ...]:
    """Return what each operation of a whole history is, in their order, firewalls recognised."""
    classify = Classifier(target)
    firewall = Firewall(classify.base)
    found: list[Classified] = []
    known: dict[int, Classified] = {}  # by exchange: readers of histories share those that repeat
    for index, operation in enumerate(operations):
        exchange = operation.exchange
        of = known.get(id(exchange)) if not operation.notes else None
        if of is None:
            of = classify(operation)
            if not operation.notes:
                if len(known) >= _REMEMBERED:
                    known.clear()
                known[id(exchange)] = of
        found.append(of)
        if exchange.status in FIREWALL_STATUSES:
            firewall.suspects(index, exchange, of)
    if firewall.enough:
        for operation, of in zip(operations, found, strict=True):
            firewall.reaches(operation.exchange, of)
        for index in firewall.pages():
            found[index] = found[index].from_firewall(mutation=is_mutation(operations[index].exchange))
    return tuple(found)


def _kind(operation: Operation, called: Call, source: Source) -> Kind:
    exchange = operation.exchange
    status, body = exchange.status, exchange.response
    if exchange.failure is not None or status is None:
        return Kind.NOTHING
    if source is Source.GATEWAY:
        return Kind.FOREIGN
    if source is not Source.STORAGE and isinstance(body, dict) and body.get("code") == NOT_CONSISTENT:
        return Kind.NOT_CONSISTENT
    if status < 400:
        return Kind.SUCCESS if 200 <= status < 300 else Kind.OTHER
    if source is Source.STORAGE:
        return Kind.ERROR
    if status == 400 and (has_integrity_wording(body) or _is_creators_valid_read(operation, called)):
        return Kind.INTEGRITY
    if source is Source.PROXY:
        return Kind.FOREIGN
    misstated = status != 400 and called.name in URL_CALLS and status not in GATEWAY_STATUSES and names_mismatch(body)
    return Kind.INTEGRITY_MISSTATED if misstated else Kind.ERROR


def _is_creators_valid_read(operation: Operation, called: Call) -> bool:
    """Whether this is the creator's valid request for a url: nothing but the state can be why it is refused by 400."""
    exchange = operation.exchange
    valid = is_uuid(called.id) and is_plain(exchange) and not is_doubtful(operation)
    at_url = called.name in URL_CALLS and exchange.user == "owner"
    return at_url and valid and not is_invented(operation, called)


def _answer(exchange: Exchange, called: Call, kind: Kind, source: Source) -> Answer:
    status = exchange.status
    if kind is Kind.NOTHING or status is None:
        return Answer.UNSENT if exchange.failure is Failure.REFUSED else Answer.UNKNOWN
    if kind is Kind.NOT_CONSISTENT:
        return Answer.NC
    if kind is Kind.SUCCESS:
        return Answer.DONE
    if kind is Kind.INTEGRITY:
        return Answer.INTEGRITY
    if source is not Source.API or not 400 <= status < 500:
        return Answer.UNKNOWN
    return _refusal(exchange, called.name, status)


def _refusal(exchange: Exchange, name: str, status: int) -> Answer:
    if exchange.method in READ_METHODS:
        return Answer.REFUSED if status in REFUSING_READS else Answer.UNKNOWN
    if status in TAKEN_STATUSES and name == "complete_upload" and says_completed(exchange):
        return Answer.ALREADY
    if status == 404 and exchange.method == "DELETE":
        return Answer.ALREADY
    if status in TAKEN_STATUSES and name in _SWITCHES and says_current(exchange):
        return Answer.ALREADY
    return Answer.REFUSED if status in REFUSING_WRITES else Answer.UNKNOWN


def _effect(exchange: Exchange, called: Call, answer: Answer) -> Effect:
    """Say what a mutation's response tells about its effect.

    Only the documented success with a body that could be read is definite; another 2xx may mean anything.
    """
    if answer is not Answer.DONE or exchange.role is Role.STORAGE:
        return _EFFECTS[answer]
    documented = exchange.status in (DOCUMENTED_SUCCESS.get(called.name, 200), ALSO_SUCCESS.get(called.name))
    readable = exchange.status == 204 or isinstance(exchange.response, dict)
    return Effect.DONE if documented and readable else Effect.INDETERMINATE


def _routed(operation: Operation, called: Call, base: str) -> bool:
    """Whether an error at this path arises behind the router of any target that has the call.

    Where the path alone leaves that open, the four fields tell: no framework puts them there by itself.
    """
    exchange = operation.exchange
    if called.name == UNROUTED or exchange.status in FRAMEWORK_STATUSES:
        return False
    if has_four_fields(exchange.response):
        return True
    rest = exchange.path[len(base) :]
    if is_over_long(operation) or (not is_plainly_written(rest) and is_malformed(rest)):
        return False
    bare = rest.partition("?")[0]
    return exchange.status not in ABSENT_STATUSES or (called.name in NEEDED_CALLS and not bare.endswith("/"))
