"""What is asked too soon, by somebody else, or wrongly."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine.invalid_requests import INVALID, PAGES, SELDOM, UNKNOWN_CALLS
from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share, of_both_truths
from conformance.model import Json

from . import shapes
from .exercised import COMPLETED, GOOD, OWN_PROJECT, REFUSED, WINDOW
from .plan_parts import Draw, attach, reads


@st.composite
def fresh_projects(draw: Draw, *, bad: bool) -> Plan:
    """A project is used the moment it is accepted, by several clients at once; some give up when refused.

    Some name the storage provider, one of them another one than the usual, which may become ready by itself, and some
    leave it out. The project's own name may be an odd one.
    """
    racers = draw(st.integers(1, 3))
    shape = draw(shapes.definite(bad=bad))
    fill = shape.writes("u0", "p1", **_named(draw))
    odd: dict[str, Json] = {"name_class": "quoted"} if draw(st.booleans()) else {}
    maker = Actor("maker", (do("create_project", "p1", **odd), *fill, shape.completes("u0")))
    others = [
        Actor(
            f"racer-{n}",
            (_hasty(f"u{n}", named, size=3), do("read_project", project="p1"), _hasty(f"v{n}", _named(draw), size=5)),
        )
        for n, named in enumerate([{"further": 1}, *(_named(draw) for _ in range(racers))], start=1)
    ]
    attacher = Actor("attacher", (attach("u0", "f0", "p1", eager=True), *reads(draw, "f0")))
    return Plan("fresh-projects", "used at once", (maker, *others, attacher))


def _hasty(symbol: str, named: dict[str, Json], *, size: int) -> Step:
    return do("create_upload", symbol, project="p1", parts=[size], patient=False, **named)


def _named(draw: Draw) -> dict[str, Json]:
    return {"named_store": True} if draw(st.booleans()) else {}


@st.composite
def other_users(draw: Draw, *, bad: bool) -> Plan:
    """The second user, a bad token and no token at all try what only the creator may: open, pending and after.

    They have come before the creator is first told the verdict, and ask at once for what the creator was just answered:
    twice, because what is held for a while may end between the creator's question and theirs, but not both times.
    """
    shape = draw(shapes.definite(bad=bad))
    opened = [do("create_upload", "u2", project=COMMON, parts=[3]), do("put_part", upload="u2", number=1)]
    made = [*shape.writes("u1"), shape.completes("u1"), attach("u1", "f1", COMMON), do("complete", upload="u2")]
    on_open = (do("put_part", upload="u2", number=1, send=False), do("complete", upload="u2"))
    attempts = [
        do("read_url", file="f1", times=2, every_s=0.01),
        do("read_version_url", version=first_version("f1")),
        do("read_upload", upload="u1"),
        do("create_upload", "x1", project=COMMON, parts=[3], patient=False),
        do("read_file", file="f1"),
    ]
    both = do("read_version_url", version=first_version("f1")), do("read_url", file="f1")
    rounds = [[do("meet", at=f"{at}-{n}", parties=4) for at in ("come", "asked")] for n in (1, 2)]
    asks = [step for come, asked in rounds for step in (come, do("settle", file="f1"), *both, asked)]
    actors = [Actor("writer", (*opened, *made, *reads(draw, "f1"), *asks))]
    for user in ("other", "invalid", "nobody"):
        steps = [
            do(s.verb, f"{user[0]}{s.binds}" if s.binds else "", **s.args) for s in draw(st.permutations(attempts))
        ]
        looks = sorted((s for s in steps if s.verb.startswith("read")), key=lambda s: s.verb != "read_url")
        afterwards = (*rounds[0], *looks, *rounds[1], *reversed(both))
        actors.append(Actor(user, (*on_open, *steps, *afterwards), user))
    return Plan("other-users", "others knock", tuple(actors))


@st.composite
def wrong_requests(draw: Draw) -> Plan:
    """Ids that never existed, malformed ids, and requests that are wrong in themselves."""
    unknown = draw(st.permutations(UNKNOWN_CALLS))[: draw(st.integers(4, len(UNKNOWN_CALLS)))]
    steps = [do("use_unknown", call=call, id="unknown") for call in unknown]
    malformed = draw(st.lists(st.sampled_from(UNKNOWN_CALLS), min_size=2, max_size=5))
    steps += [do("use_unknown", call=call, id=draw(st.sampled_from(("malformed", "odd")))) for call in malformed]
    wrong = draw(st.permutations(tuple(INVALID)))
    steps += [do("ask_badly", request=name) for name in wrong[: draw(st.integers(4, len(wrong)))]]
    users = draw(st.permutations(("owner", "nobody", "invalid")))
    strange = [do("use_unknown", call=call) for call in draw(st.permutations(UNKNOWN_CALLS))[:3]]
    asking = Actor("asker", tuple(draw(st.permutations(steps))))
    return Plan("wrong-requests", "wrong questions", (asking, Actor("stranger", tuple(strange), users[0])))


@st.composite
def seldom_calls(draw: Draw) -> Plan:
    """Each call that other plans seldom make is asked about what never existed, with a token and without one."""
    calls = [do("use_unknown", call=call) for call in draw(st.permutations(tuple(SELDOM)))]
    pages = [do("ask_badly", request=name) for name in PAGES]
    actors = (Actor("asker", (*calls, *pages)), Actor("stranger", tuple(calls), "nobody"))
    return Plan("seldom-calls", "wrong questions to calls that are seldom made", actors)


_IN_VAIN = (*REFUSED, "error-number", "invalid-no-5xx", "nc-only-extended", "integrity-only-url", "no-token-401")
_UNUSABLE = (*_IN_VAIN, "error-payload-unrouted", "nc-unknown-id", "refused-create-no-trace")

ACCESS = (
    of_both_truths(
        "fresh-projects",
        "A project is used the moment it is accepted, by several clients at once",
        (*COMPLETED, *WINDOW, *GOOD, *OWN_PROJECT, "integrity-listing", "read-your-writes"),
        Share(1, 4, 8),
        fresh_projects,
    ),
    PlanScenario(
        "wrong-requests",
        "Ids that never existed, malformed ids, and requests that are wrong in themselves",
        _UNUSABLE,
        Share(1, 4, 6),
        wrong_requests,
    ),
    PlanScenario(
        "seldom-calls",
        "Calls that other plans seldom make are asked about what never existed, by anybody",
        _IN_VAIN,
        Share(0, 1, 2),
        seldom_calls,
    ),
    of_both_truths(
        "other-users",
        "The second user, a bad token and no token at all try what only the creator may",
        (*COMPLETED, *WINDOW, *REFUSED, "no-token-401", "other-user-403", "refused-create-no-trace"),
        Share(1, 3, 6),
        other_users,
    ),
)
