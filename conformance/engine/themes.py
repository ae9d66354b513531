"""The themes: composite strategies, each drawing whole plans that provoke one kind of trouble.

A theme draws from the pure model only; no answer of a server can reach it. What a theme is for stands in its
docstring; how plans are run, timed and polled is the engine's.
"""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine import shapes
from conformance.engine.invalid_requests import INVALID, UNKNOWN_CALLS
from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.search.fleets import chosen, gather
from conformance.model import Json

Draw = st.DrawFn
_MOMENTS = st.sampled_from((0.0, 0.003, 0.01, 0.03, 0.1))
_LAGS = st.sampled_from((0.0, 0.3, 0.7, 1.0, 1.2))


def _project(draw: Draw) -> tuple[list[Step], str]:
    """Draw a project of the plan's own, used the moment it is accepted, or the one that all plans share."""
    own = draw(st.booleans())
    return ([do("create_project", "p1")], "p1") if own else ([], COMMON)


def _reads(draw: Draw, file: str) -> list[Step]:
    """Draw a reader's program: both url endpoints, in any order, a few times."""
    every = draw(st.sampled_from((0.005, 0.02, 0.05)))
    by_file = do("read_url", file=file, times=draw(st.integers(1, 6)), every_s=every)
    by_version = do("read_version_url", version=first_version(file), times=draw(st.integers(1, 6)), every_s=every)
    return list(draw(st.permutations((by_file, by_version))))


def _attach(upload: str, file: str, project: str, *, eager: bool = False) -> Step:
    return do("attach", file, upload=upload, project=project, **({"eager": True} if eager else {}))


def _attach_meanwhile(upload: str, file: str, meet: Step) -> tuple[Step, ...]:
    """Attach an upload of another actor while it is completed: `meet` is where that actor has stored its bytes."""
    return do("read_upload", upload=upload), meet, _attach(upload, file, COMMON, eager=True)


def _pause(draw: Draw) -> Step:
    return do("pause", s=draw(_MOMENTS))


def _late(draw: Draw) -> Step:
    return do("pause", lags=draw(_LAGS))


def _settled() -> Step:
    """Wait until what was just completed has most probably settled."""
    return do("pause", lags=1.3)


@st.composite
def uploads(draw: Draw) -> Plan:
    """One upload, good, bad or odd; its file attached in the window or late, by its writer or by somebody else."""
    start, project = _project(draw)
    shape = draw(shapes.any_shape())
    write = [*start, *shape.writes("u1", project), shape.completes("u1", form=draw(st.booleans()))]
    watch = [do("read_upload", upload="u1", times=draw(st.integers(1, 4)), every_s=0.02)]
    if draw(st.booleans()):
        attacher = Actor("attacher", (_attach("u1", "f1", project, eager=True), *_reads(draw, "f1")))
        return Plan("uploads", "attached while it is completed", (Actor("writer", (*write, *watch)), attacher))
    attach = [_late(draw), _attach("u1", "f1", project)]
    reader = Actor("reader", tuple(_reads(draw, "f1")))
    return Plan("uploads", "attached after completion", (Actor("writer", (*write, *attach, *watch)), reader))


@st.composite
def oddities(draw: Draw) -> Plan:
    """An upload whose truth may stay open: a wrong chunk size, other bytes sent again, or a dozen small parts."""
    shape = draw(st.one_of(shapes.odd(), shapes.dozen_parts()))
    writer = [*shape.writes("u1"), shape.completes("u1"), _attach("u1", "f1", COMMON), do("settle", file="f1")]
    return Plan("oddities", "its truth stays open", (Actor("writer", tuple(writer)),))


@st.composite
def misreports(draw: Draw) -> Plan:
    """A chunk is stored with the right hash, and its size reported wrong."""
    shape = draw(shapes.misreported())
    writer = Actor("writer", (*shape.writes("u1"), shape.completes("u1")))
    attacher = Actor("attacher", (_attach("u1", "f1", COMMON, eager=True), do("settle", file="f1")))
    return Plan("misreports", "a wrong chunk size", (writer, attacher))


@st.composite
def forms(draw: Draw) -> Plan:
    """A single part's hash is reported wrong, by a form: is it read?"""
    shape = shapes.Shape((draw(st.integers(1, 300)),), (1,), chunked=False, defect="hash")
    steps = (*shape.writes("u1"), shape.completes("u1", form=True), _attach("u1", "f1", COMMON), *_reads(draw, "f1"))
    return Plan("forms", "completed by a form", (Actor("writer", steps),))


@st.composite
def crowds(draw: Draw) -> Plan:
    """Several uploads, good and bad, converge together in one project, which is listed meanwhile."""
    start, project = _project(draw)
    made = draw(st.lists(shapes.definite(bad=False) | shapes.definite(bad=True), min_size=2, max_size=4))
    writer, completes, attaches, reads = list(start), [], [], []
    for n, shape in enumerate(made, start=1):
        writer += shape.writes(f"u{n}", project)
        completes.append(shape.completes(f"u{n}"))
        attaches.append(_attach(f"u{n}", f"f{n}", project))
        reads += _reads(draw, f"f{n}")
    lists = [do(draw(st.sampled_from(("list_uploads", "list_children", "list_files"))), project=project)] * 3
    lister = [do("meet", at="filled", parties=2), *lists, *reads]
    writing = (*writer, do("meet", at="filled", parties=2), *completes, *attaches)
    return Plan("crowds", "uploads converge together", (Actor("writer", writing), Actor("lister", tuple(lister))))


@st.composite
def races(draw: Draw) -> Plan:
    """Several clients complete one upload at once, perhaps again soon, and once more when its verdict was read.

    Every repetition is read before the next one, or two that change the verdict would hide each other. The file is
    attached meanwhile.
    """
    bad = draw(st.booleans())
    shape = draw(shapes.definite(bad=bad))
    parties = draw(st.integers(2, 3))
    meet = do("meet", at="filled", parties=parties + 1)
    reads = [do("read_url", file="f1", times=2, every_s=0.01), do("read_version_url", version=first_version("f1"))]
    again = (shape.completes("u1"), *reads)
    sooner = (_late(draw), *again) if draw(st.booleans()) else ()
    settled = do("settle", file="f1")
    writer = Actor("writer", (*shape.writes("u1"), meet, shape.completes("u1"), *sooner, settled, *again))
    rivals = [
        Actor(f"rival-{n}", (do("read_upload", upload="u1"), meet, _pause(draw), shape.completes("u1")))
        for n in range(1, parties)
    ]
    attacher = Actor("attacher", _attach_meanwhile("u1", "f1", meet))
    reader = Actor("reader", tuple(_reads(draw, "f1")))
    return Plan("races", f"{parties} clients complete it", (writer, *rivals, attacher, reader))


@st.composite
def parallel(draw: Draw) -> Plan:
    """Two clients report and store the parts of one upload side by side, as the official one does.

    The parts are no smaller than those of the probe, so that it is good wherever the probe is accepted.
    """
    parts = draw(st.lists(st.integers(shapes.MOST_PROBED, 300), min_size=4, max_size=6))
    create = do("create_upload", "u1", project=COMMON, parts=parts)
    puts = [do("put_part", upload="u1", number=n) for n in draw(st.permutations(range(1, len(parts) + 1)))]
    begin, filled = do("meet", at="begin", parties=2), do("meet", at="filled", parties=2)
    end = (do("complete", upload="u1"), _attach("u1", "f1", COMMON), *_reads(draw, "f1"))
    writer = Actor("writer", (create, begin, *puts[::2], filled, *end))
    helper = Actor("helper", (do("read_upload", upload="u1"), begin, *puts[1::2], filled))
    return Plan("parallel", "parts side by side", (writer, helper))


@st.composite
def haste(draw: Draw) -> Plan:
    """A project is used the moment it is accepted, by several clients at once; some give up when refused.

    Some name the storage provider, and some leave it out. The project's own name may be an odd one.
    """
    racers = draw(st.integers(1, 3))
    shape = draw(shapes.definite(bad=draw(st.booleans())))
    fill = shape.writes("u0", "p1", **_named(draw))
    odd: dict[str, Json] = {"odd_name": True} if draw(st.booleans()) else {}
    maker = Actor("maker", (do("create_project", "p1", **odd), *fill, shape.completes("u0")))
    others = [
        Actor(f"racer-{n}", (_hasty(draw, f"u{n}"), do("read_project", project="p1"), _hasty(draw, f"v{n}")))
        for n in range(1, racers + 1)
    ]
    attacher = Actor("attacher", (_attach("u0", "f0", "p1", eager=True), *_reads(draw, "f0")))
    return Plan("haste", "used at once", (maker, *others, attacher))


def _hasty(draw: Draw, symbol: str) -> Step:
    return do("create_upload", symbol, project="p1", parts=[draw(st.integers(1, 50))], patient=False, **_named(draw))


def _named(draw: Draw) -> dict[str, Json]:
    return {"named_store": True} if draw(st.booleans()) else {}


@st.composite
def early(draw: Draw) -> Plan:
    """An upload is completed too early, before all its parts arrived, then filled and completed again."""
    parts = draw(st.lists(st.integers(1, 300), min_size=1, max_size=3))
    create = do("create_upload", "u1", project=COMMON, parts=parts)
    sent = [do("put_part", upload="u1", number=n) for n in range(1, draw(st.integers(0, len(parts) - 1)) + 1)]
    rest = [do("put_part", upload="u1", number=n) for n in range(len(sent) + 1, len(parts) + 1)]
    fill_again = rest if draw(st.booleans()) else []
    before = [_attach("u1", "f0", COMMON)] if draw(st.booleans()) else []
    complete = do("complete", upload="u1")
    steps = (create, *sent, *before, complete, _attach("u1", "f1", COMMON), *fill_again, complete, *_reads(draw, "f1"))
    return Plan("early", "completed before it was whole", (Actor("writer", steps),))


@st.composite
def versions(draw: Draw) -> Plan:
    """A second version, good over bad or bad over good, while the first is pending or after.

    The upload of the second version is pending, or has settled before it becomes one.
    """
    return _read_meanwhile(draw, "versions", "a new version", _switch(draw, settled=draw(st.booleans())))


@st.composite
def promotions(draw: Draw) -> Plan:
    """The first of two versions becomes the current one again, at once or late."""
    settled = draw(st.booleans())
    switch = _switch(draw, settled=settled)
    promote = (_pause(draw) if settled else _late(draw), do("promote", version=first_version("f1")))
    return _read_meanwhile(draw, "promotions", "back to the first version", [*switch, *promote])


@st.composite
def successions(draw: Draw) -> Plan:
    """A third version follows, a good one: the second served instead is surely the wrong one.

    The second is good too, or a server that knows it to be bad might refuse it, and the third would be the second.
    """
    switch = _switch(draw, settled=draw(st.booleans()), good_second=True)
    shape = draw(shapes.definite(bad=False))
    third = (shape.completes("u3"), _pause(draw), do("new_version", "v3", file="f1", upload="u3"))
    return _read_meanwhile(draw, "successions", "a third version", [*switch, *shape.writes("u3"), *third])


def _switch(draw: Draw, *, settled: bool, good_second: bool = False) -> list[Step]:
    """Draw two uploads, a file of the first, settled or not, and the second as its new version, good or bad."""
    bad = draw(st.sampled_from(((False, False), (False, True), (True, False), (False, False), (True, True))))
    first, second = draw(shapes.definite(bad=bad[0])), draw(shapes.definite(bad=bad[1] and not good_second))
    wait = [do("settle", file="f1")] if settled else []
    named: dict[str, Json] = {"name_of": "u1"} if draw(st.booleans()) else {}  # a new version often keeps its name
    both = [*first.writes("u1"), *second.writes("u2", **named)]
    rest = _settled() if draw(st.booleans()) else _pause(draw)
    switch = [second.completes("u2"), rest, do("new_version", "v2", file="f1", upload="u2")]
    return [*both, first.completes("u1", form=draw(st.booleans())), _attach("u1", "f1", COMMON), *wait, *switch]


def _read_meanwhile(draw: Draw, theme: str, about: str, steps: list[Step]) -> Plan:
    """Let somebody read the file and its second version while they are made."""
    described = (do("read_versions", file="f1"), do("read_file", file="f1"), do("read_version", version="v2"))
    every = draw(st.sampled_from((0.01, 0.04)))
    reader = (do("read_url", file="f1", times=8, every_s=every), do("read_version_url", version="v2", times=4))
    return Plan(theme, about, (Actor("writer", (*steps, *described)), Actor("reader", reader)))


@st.composite
def twins(draw: Draw) -> Plan:
    """Two files are made of one upload, the second once it settled or before; perhaps it is deleted again."""
    settled = draw(st.booleans())
    shape = draw(shapes.definite(bad=not settled and draw(st.booleans())))  # a known bad one need not be taken
    wait = do("settle", file="f1") if settled else _pause(draw)
    files = (_attach("u1", "f1", COMMON), wait, _attach("u1", "f2", COMMON))
    gone = [do("settle", file="f2"), do("delete_file", file="f2")] if draw(st.booleans()) else []
    writer = Actor("writer", (*shape.writes("u1"), shape.completes("u1"), *files, *gone))
    return Plan("twins", "two files of one upload", (writer, Actor("reader", tuple(_reads(draw, "f2")))))


@st.composite
def deletions(draw: Draw) -> Plan:
    """A version, a file or a project is deleted, while pending or after, and read meanwhile and afterwards.

    A version may have been promoted before: then another one has the same upload, and keeps it.
    """
    what = draw(st.sampled_from(("delete_version", "delete_file", "delete_version", "delete_project")))
    promoted = what == "delete_version" and draw(st.sampled_from((True, False, True, True)))
    shape = draw(shapes.definite(bad=not promoted and draw(st.booleans())))
    start, project = ([do("create_project", "p1")], "p1") if what == "delete_project" else _project(draw)
    wait = [do("settle", file="f1")] if draw(st.booleans()) else [_pause(draw)]
    victim = {"delete_file": {"file": "f1"}, "delete_version": {"version": first_version("f1")}}
    delete = do(what, **victim.get(what, {"project": project}))
    older = [do("create_upload", "u2", project=project, parts=[4]), do("put_part", upload="u2", number=1)]
    older += [do("complete", upload="u2"), do("new_version", "v2", file="f1", upload="u2")]
    older += [do("promote", version=first_version("f1"))] if promoted else []
    second = older if what == "delete_version" else []  # the only version of a file need not be deletable
    attach = _attach("u1", "f1", project)
    steps = (*start, *shape.writes("u1", project), shape.completes("u1"), attach, *wait, *second, delete)
    again = [delete] if draw(st.booleans()) else []
    reader = Actor("reader", (*_reads(draw, "f1"), *_reads(draw, "f1")))
    return Plan("deletions", what.replace("_", " "), (Actor("writer", (*steps, *again)), reader))


@st.composite
def strangers(draw: Draw) -> Plan:
    """The second user, a bad token and no token at all try what only the creator may: open, pending and after."""
    shape = draw(shapes.definite(bad=draw(st.booleans())))
    opened = [do("create_upload", "u2", project=COMMON, parts=[3]), do("put_part", upload="u2", number=1)]
    writer = [*opened, *shape.writes("u1"), shape.completes("u1"), _attach("u1", "f1", COMMON), *_reads(draw, "f1")]
    on_open = (do("put_part", upload="u2", number=1, send=False), do("complete", upload="u2"))
    attempts = [
        do("read_url", file="f1", times=2, every_s=0.01),
        do("read_version_url", version=first_version("f1")),
        do("read_upload", upload="u1"),
        do("create_upload", "x1", project=COMMON, parts=[3], patient=False),
        do("read_file", file="f1"),
    ]
    actors = [Actor("writer", (*writer, do("complete", upload="u2")))]
    for user in ("other", "invalid", "nobody"):
        steps = [
            do(s.verb, f"{user[0]}{s.binds}" if s.binds else "", **s.args) for s in draw(st.permutations(attempts))
        ]
        afterwards = (_settled(), *(s for s in steps if s.verb.startswith("read")))
        actors.append(Actor(user, (*on_open, *steps, *afterwards), user))
    return Plan("strangers", "others knock", tuple(actors))


@st.composite
def refusals(draw: Draw) -> Plan:
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
    return Plan("refusals", "wrong questions", (asking, Actor("stranger", tuple(strange), users[0])))


@st.composite
def cuts(draw: Draw) -> Plan:
    """The client cuts its connection before the answer, then tries again."""
    shape = draw(shapes.definite(bad=draw(st.booleans())))
    moment = draw(st.sampled_from((0.00002, 0.0001, 0.0003, 0.001)))
    verbs = draw(
        st.lists(st.sampled_from(("create_upload", "put_part", "complete", "attach")), min_size=1, unique=True)
    )
    steps = [*shape.writes("u1"), shape.completes("u1"), _attach("u1", "f1", COMMON)]
    cut = [do(s.verb, s.binds, **{**s.args, **({"cut_s": moment} if s.verb in verbs else {})}) for s in steps]
    reader = Actor("reader", tuple(_reads(draw, "f1")))
    return Plan("cuts", f"cut off at {', '.join(verbs)}", (Actor("writer", tuple(cut)), reader))


@st.composite
def large(draw: Draw) -> Plan:
    """Uploads of several MiB in two parts, large enough for any store: two good ones, a wrong hash, and another defect.

    Each is attached while it is completed: later, a server that finds it bad may refuse it and need not say why. That
    hides a good one that is found bad, and a client that stalls is late: so the last one is good again.
    """
    steps: list[Step] = []
    readers: list[Actor] = []
    for n, defects in enumerate((("",), ("hash",), shapes.LARGE_DEFECTS, ("",)), start=1):
        shape = draw(shapes.large(defects=defects))
        meet = do("meet", at=f"filled-{n}", parties=2)
        steps += [*shape.writes(f"u{n}"), meet, shape.completes(f"u{n}")]
        reader = (*_attach_meanwhile(f"u{n}", f"f{n}", meet), *_reads(draw, f"f{n}"))
        readers.append(Actor(f"reader-{n}", reader))
    return Plan("large", "several MiB", (Actor("writer", tuple(steps)), *readers))


@st.composite
def probe(draw: Draw) -> Plan:
    """A chunked upload of two small parts: does the store accept small parts?"""
    parts = draw(st.lists(st.integers(10, shapes.MOST_PROBED), min_size=2, max_size=2))
    puts = [do("put_part", upload="u1", number=n) for n in (1, 2)]
    create = do("create_upload", "u1", project=COMMON, parts=parts)
    steps = (create, *puts, do("complete", upload="u1"), _attach("u1", "f1", COMMON), do("settle", file="f1"))
    return Plan("probe", "are small parts accepted?", (Actor("writer", steps),))


@st.composite
def tracers(draw: Draw, *, bad: bool) -> Plan:
    """An upload whose answer is decisive at any instant, attached while it is completed and read in a comb."""
    shape = draw(shapes.one_part(bad=bad))
    meet = do("meet", at="filled", parties=2)
    writer = Actor("writer", (*shape.writes("u1"), meet, shape.completes("u1")))
    comb = do("comb", file="f1", readers=4, tracer="bad" if bad else "good")
    attacher = Actor("attacher", (*_attach_meanwhile("u1", "f1", meet), comb))
    return Plan("tracers", f"a {'bad' if bad else 'good'} upload under the comb", (writer, attacher))


def tracer_series(count: int, seed_of: int) -> list[Plan]:
    """Draw the tracers that follow one another: mostly bad ones, whose wrong 200 breaks a MUST, each third good."""
    bad = chosen(gather(tracers(bad=True), count, seed_of), count)
    good = chosen(gather(tracers(bad=False), count, seed_of), count)
    return [good[n] if n % 3 == 2 else bad[n] for n in range(min(len(bad), len(good)))]
