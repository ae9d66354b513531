"""The judge against exhaustive search over the hidden instants, on 20,000 random histories.

The search knows nothing of watermarks: it tries every instant at which the upload may have been completed and have
become consistent, and asks of each operation whether some moment of its interval explains its answer.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import product

from judge_timeline import IE, JSON_TYPE, NC, TARGET, TICK, drawn, prepared, signed, uid
from judged import judged

from conformance.api.answers import Effect
from conformance.judge import Judge, judge_history
from conformance.judge.rules.version_rules.candidates import candidates
from conformance.judge.state.expected import Setting
from conformance.judge.state.interval import NEVER, Interval
from conformance.judge.state.resources import File, Reads, Switch
from conformance.model import Exchange, Finding, History, Octets, Operation

HISTORIES = 20_000
GRID = 7
LAST = 3 * GRID
ALL = (1 << LAST + 1) - 1
Drawn = tuple[str, int, int | None, str]
"""Kind, beginning, end (None: never seen), session."""
ORDER = frozenset({"one-verdict", "no-early-answer", "state-order", "realtime-monotonic"})

PLACES = 400
"""Histories judged at a time, each about an upload of its own, so that one judge sees them all at once."""

_STATUS = {"completed_on": "2026-01-01", "is_consistent": None, "error_on": None}
_ALREADY = {
    "error": 400,
    "code": "not_provided",
    "reason": "r",
    "suggestion": "s",
    "errors": [{"field": "completed_at"}],
}


def _exchange(method: str, path: str, status: int, body: object, request: object = None) -> Exchange:
    path = f"/api/v1{path}"
    return Exchange(method, path, "h", request=request, status=status, headers=JSON_TYPE, response=body)


@cache
def exchanges(place: int) -> dict[str, Exchange]:
    """Give what may be said of upload `place`; what it must turn out to be is not known here."""
    name, version, file = uid("aaaa", place), uid("ffff", place), uid("eeee", place)
    complete, url, show = f"/uploads/{name}/complete", f"/file_versions/{version}/url", f"/uploads/{name}"
    body = {"id": name, "name": "n", "size": 1, "status": _STATUS}
    fresh = {**body, "status": {"completed_on": None}}
    link = {"id": version, "upload": {"id": name}, "file": {"id": file}}
    return {
        "made": _exchange("POST", f"/projects/{uid('pppp', 1)}/uploads", 201, fresh, {"name": f"n{place}", "size": 1}),
        "linked": _exchange("GET", f"/file_versions/{version}", 200, link),
        "done": _exchange("PUT", complete, 202, body),
        "lost": _exchange("PUT", complete, 502, Octets(0, "")),
        "already": _exchange("PUT", complete, 400, _ALREADY),
        "nc": _exchange("GET", url, 404, NC),
        "ok": _exchange("GET", url, 200, signed(f"/x{place}")),
        "ie": _exchange("GET", url, 400, IE),
        "open": _exchange("GET", show, 200, fresh),
        "closed": _exchange("GET", show, 200, {**body, "status": {"completed_on": "2026-01-01"}}),
    }


def random_history(dice: random.Random) -> list[Drawn]:
    """Draw a few attempts to complete and a few looks at one upload, from a hidden truth that is often twisted."""
    sessions = "ab"
    verdict = dice.choice(("ok", "ie"))
    t1 = dice.randrange(GRID)
    t2 = t1 + dice.randrange(GRID)
    stated: list[Drawn] = []
    for index in range(dice.choice((1, 1, 2))):
        a = dice.randrange(t1 + 1)
        b: int | None = max(a, t1) + dice.randrange(2)
        kind = dice.choice(("done", "done", "lost", "already")) if index else dice.choice(("done", "lost"))
        stated.append((kind, a, b if kind != "lost" or dice.random() < 0.5 else None, "c"))
    for _ in range(dice.randrange(1, 5)):
        a = dice.randrange(2 * GRID)
        b = a + dice.randrange(4)
        moment = dice.randint(a, b)
        record, endpoint = "open" if moment < t1 else "closed", "nc" if moment < t2 else verdict
        kind = record if dice.random() < 0.3 else endpoint
        if dice.random() < 0.15:
            kind = dice.choice(("nc", "ok", "ie", "open", "closed"))
        stated.append((kind, a, b, dice.choice(sessions)))
    return stated


def operations(stated: Iterable[Drawn], place: int = 1) -> Iterator[Operation]:
    """Give the operations of a history about upload `place`."""
    said = exchanges(place)
    yield Operation(f"m{place}", "maker", -40 * TICK, -30 * TICK, said["made"])
    yield Operation(f"l{place}", "maker", -20 * TICK, -10 * TICK, said["linked"])
    for i, (kind, a, b, session) in enumerate(stated):
        yield Operation(f"o{place}.{i}", session, a * TICK, None if b is None else b * TICK, said[kind])


Case = tuple[list[Drawn], dict[str, list[Finding]]]


def cases(seed: int, count: int, only: Callable[[list[Drawn]], list[Drawn]] = list) -> Iterator[Case]:
    """Draw `count` histories and give each with what the judge found in it, by requirement."""
    dice = random.Random(seed)
    for _ in range(count // PLACES):
        drawn_ones = [only(random_history(dice)) for _ in range(PLACES)]
        whole = (one for place, stated in enumerate(drawn_ones) for one in operations(stated, place))
        found: dict[str, dict[str, list[Finding]]] = {}
        for name, tally in judge_history(History(tuple(whole), TARGET)).tallies.items():
            for finding in tally.findings:
                found.setdefault(finding.subject, {}).setdefault(name, []).append(finding)
        for place, stated in enumerate(drawn_ones):
            yield stated, found.get(uid("aaaa", place), {})


@cache
def instants(kind: str, a: int, b: int | None, patience: int = 0) -> int:
    """Try every hidden instant: bit `t` says that some moment of the operation explains its answer, had it been `t`.

    The instant is that of completion for attempts and the upload's own record, and of convergence for the url
    endpoint. A read may look back by up to `patience`. At the instant itself either state may be seen.
    """
    end = LAST if b is None else b
    moments = range(a - patience, end + 1)
    bits = 0
    for t in range(LAST + 1):
        if kind == "done":
            right = t <= end
        elif kind == "lost":
            right = True
        elif kind in ("open", "nc"):
            right = any(moment <= t for moment in moments)
        else:
            right = any(moment >= t for moment in moments)
        bits |= right << t
    return bits


@cache
def windows(kind: str, a: int, b: int | None) -> int:
    """Give the instants at which an attempt to complete may itself have taken effect.

    One that was refused because it is so already may have been delivered twice by a gateway that retries.
    """
    if kind not in ("done", "lost", "already"):
        return 0
    end = LAST if b is None or kind == "lost" else b
    return sum(1 << t for t in range(a, end + 1))


def search(stated: list[Drawn], patience: int = 0) -> bool:
    """Whether some completion, some convergence not before it and some verdict explain every answer."""
    completed, caused, converged = ALL, 0, ALL
    for kind, a, b, _ in stated:
        if kind in ("nc", "ok", "ie"):
            converged &= instants(kind, a, b, patience if kind == "nc" else 0)
        else:
            completed &= instants(kind, a, b)
            caused |= windows(kind, a, b)
    kinds = {one[0] for one in stated}
    if {"ok", "ie"} <= kinds:
        return False
    return any((completed & caused) >> t1 & 1 and converged >> t1 for t1 in range(LAST + 1))


def test_the_judge_agrees_with_a_search_over_the_hidden_instants() -> None:
    """20,000 histories with overlapping, lost, repeated and twisted operations; both answers are common."""
    legal = 0
    for stated, found in cases(872, HISTORIES):
        possible = search(stated)
        assert possible == ORDER.isdisjoint(found), stated
        legal += possible
    assert 0.2 * HISTORIES < legal < 0.9 * HISTORIES


def test_the_four_numbers_of_a_chain_alone_agree_with_the_search() -> None:
    """The formula by itself, without any rule over it: explainable exactly where some hidden instants explain all."""
    dice, judge = random.Random(876), Judge(TARGET)
    drawn_ones = [random_history(dice) for _ in range(2000)]
    whole = [one for place, stated in enumerate(drawn_ones) for one in operations(stated, place)]
    for one in whole:
        judge.begin(one)
    for one in whole:
        judge.add(one)
    for place, stated in enumerate(drawn_ones):
        case = judge._case(judge._world.uploads[uid("aaaa", place)], Setting())
        assert case.chain.explainable == search(stated), stated


def test_the_least_staleness_that_explains_a_history_is_the_measured_one() -> None:
    """Letting reads look back by exactly the measured staleness explains the history, and one tick less does not."""
    stale = 0
    for stated, found in cases(873, 12_000):
        if ORDER & found.keys() != {"realtime-monotonic"}:
            continue
        ticks = max(round(one.numbers["staleness_s"] * 1e9 / TICK) for one in found["realtime-monotonic"])
        assert search(stated, ticks), stated
        assert not search(stated, ticks - 1), stated
        stale += 1
    assert stale > 100


def test_a_session_is_judged_by_the_same_formulas_over_its_own_operations() -> None:
    """A relapse is found exactly in the sessions whose own reads no single moment of convergence explains."""
    broken = 0
    for stated, found in cases(874, 12_000, lambda stated: [stated[0], *(one for one in stated[1:] if one[3] != "c")]):
        convicted = {finding.sentence.split()[1] for finding in found.get("session-monotonic", [])}
        for session in "ab":
            own = [one for one in stated if one[3] == session and one[0] in ("nc", "ok", "ie")]
            possible = any(all(instants(*one[:3]) >> t & 1 for one in own) for t in range(LAST + 1))
            assert possible != (session in convicted), stated
            broken += not possible
    assert broken > 100


def test_the_candidates_of_a_switched_file_are_those_that_a_search_finds() -> None:
    """A switch may explain a read exactly if some choice of instants makes it the latest at some moment of the read."""
    dice = random.Random(875)
    for _ in range(3000):
        file = File("f", Reads("file_url", "f"))
        drawn_ones: list[tuple[int, int | None]] = [(0, 0)]
        for _ in range(dice.randrange(1, 4)):
            a = dice.randrange(1, GRID)
            drawn_ones.append((a, None if dice.random() < 0.3 else a + dice.randrange(3)))
        for index, (a, b) in enumerate(drawn_ones):
            effect = Effect.INDETERMINATE if b is None else Effect.DONE
            end = NEVER if b is None else b
            file.switches[str(index)] = Switch(str(index), a, end, effect, Interval(a, end, "s", str(index)))
        a = dice.randrange(GRID)
        b = a + dice.randrange(3)
        found = {switch.upload for switch in candidates(file, a, b).current}
        assert found == _possible(drawn_ones, a, b), (drawn_ones, a, b)


def _possible(switches: list[tuple[int, int | None]], a: int, b: int) -> set[str]:
    spans = [[*range(a, GRID + 4), None] if b is None else [*range(a, b + 1)] for a, b in switches]
    found: set[str] = set()
    for instants in product(*spans):
        for moment in range(a, b + 1):
            past = [t for t in instants if t is not None and t <= moment]
            latest = max(past, default=-1)
            # Switches of one instant may have come in either order, and a read at that instant in between.
            found |= {str(i) for i, t in enumerate(instants) if t == latest}
            earlier = max((t for t in past if t < latest), default=-1)
            if latest == moment:
                found |= {str(i) for i, t in enumerate(instants) if t is not None and t == earlier}
    return found


def test_a_history_of_nothing_is_no_pass() -> None:
    """Where nothing was asked, nothing was exposed and nothing found."""
    judgement = judged(History((), TARGET))
    assert all(tally.exposures == 0 and not tally.findings for tally in judgement.tallies.values())


def test_the_bounds_of_a_lag_are_those_of_the_contract() -> None:
    """At least from the completion's end to the last nc, at most from its beginning to the first truth."""
    picture = """
    actor   [complete 202] [file 201]
    reader                            [vurl nc]    [vurl 200]
    """
    (lag,) = [one for one in judged(drawn(picture, prepared())).lags if one.kind.endswith("upload")]
    lines = [line for line in picture.splitlines() if line.strip()]
    begun, ended = lines[0].index("[complete"), lines[0].index("]")
    nc, stated = lines[1].index("[vurl nc"), lines[1].rindex("]")
    assert (lag.at_least_s, lag.at_most_s) == ((nc - ended) / 10, (stated - begun) / 10)
