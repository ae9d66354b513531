"""Names: each class once in every run at standard, of an upload, its file and a project; and names nearly alike."""

from __future__ import annotations

from dataclasses import replace

from conformance.engine.lot import Lot
from conformance.engine.plan import Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import Share, tabled
from conformance.engine.values.content_classes import FORMED, SHORTEST
from conformance.engine.values.name_classes import NAME_CLASSES
from conformance.model import Json

from ..exercised import COMPLETED, GOOD, OWN_PROJECT, WINDOW
from ..plan_parts import OF_NAMES, attach, named_project, settling
from .rows import chunked, formed, lot_of, single

_SHARE = Share(1, 8, 8)
ALIKE = (
    ("", "capitals"),
    ("composed", "decomposed"),
    ("", "dots"),
    ("", "spaces"),
    ("", "compatible"),
    ("", "wide-spaces"),
)
"""Classes in which two names are dressed alike otherwise: they differ in case, in normal form, or at their ends."""


def names(effort: str, seed: int, wave: int) -> list[Plan]:
    """Return the plans of all classes of names, and of names alike in one folder; at quick one of three classes."""
    lot = lot_of("names", seed, wave)
    kinds, contents = lot.order("classes", tuple(NAME_CLASSES)), lot.order("contents", FORMED)
    if effort == "quick":
        return [_of_classes(lot, kinds[:3], contents)]
    count = _SHARE.at(effort) - 1
    plans = (_of_classes(lot.under(str(n)), kinds[n::count], contents[n::count], n) for n in range(count))
    return [*plans, _alike(lot)]


def bad_names(seed: int, wave: int) -> list[str]:
    """Return all classes in the order in which bad uploads take them: each defect under another name."""
    return lot_of("bad names", seed, wave).order("classes", tuple(NAME_CLASSES))


def _of_classes(lot: Lot, kinds: list[str], contents: list[str], number: int = 0) -> Plan:
    """Return a plan with two projects that have names of their own classes, and an upload of each of these classes."""
    fit = next((kind for kind in kinds if NAME_CLASSES[kind].unique), "")
    dressed: dict[str, Json] = {"name_class": fit} if fit else {}
    steps = [named_project(f"p{n + 1}", OF_NAMES + 2 * number + n) for n in range(2)]
    steps.append(do("create_folder", "d1", project="p1", **dressed))
    for n, kind in enumerate(kinds, start=1):
        home = "" if n % 2 else "d1" if lot.chance(f"in folder {n}") else "p1"
        steps += _used(lot.under(kind), n, kind, home, contents[n % len(contents)])
    looks = [do("list_uploads", project="p1"), do("list_children", project="p1"), do("list_files", project="p1")]
    return Plan("names", f"names {', '.join(kinds)}", (Actor("writer", (*steps, settling(), *looks)),))


def _used(lot: Lot, number: int, kind: str, home: str, content: str) -> list[Step]:
    """Create, fill, complete and attach an upload under a name of a class, with bytes of a class where they fit.

    Its `home` is the first project, or a folder there; the second project without one.
    """
    symbol, file = f"u{number}", f"f{number}"
    size = lot.number("size", SHORTEST, 400)
    shape = formed(single(size) if lot.chance("single") else chunked((size,), lot), content)
    where: dict[str, Json] = {"folder": home} if home.startswith("d") else {}
    project = "p1" if home else "p2"
    attaching = do("attach", file, upload=symbol, project=project, **where)
    look = do("read_url", file=file) if number % 2 else do("read_version_url", version=first_version(file))
    return [*shape.writes(symbol, project, name_class=kind), shape.completes(symbol), attaching, look]


def _alike(lot: Lot) -> Plan:
    """Return a plan of names alike in one project, the same name in two folders, and one of something deleted.

    What was deleted is followed by an upload that was there before, and then by one that is made afterwards.

    Another project asks for the slug of the first one, which is taken. An upload that was completed is asked for once
    more in the very same words: whoever says so wants another. While it is open, one is asked for that differs in its
    content type alone.
    """
    steps = [
        do("create_project", "p1", slug=True),
        do("create_project", "p2", slug_of="p1"),
        do("create_folder", "d1", project="p1"),
        do("create_folder", "d2", project="p1", like="d1", name_class="capitals"),
    ]
    for n, (one, other) in enumerate(ALIKE):
        first, second = f"a{n}", f"b{n}"
        steps += _filled(lot, first, name_class=one) + _filled(lot, second, name_of=first, name_class=other)
        steps += [attach(first, f"fa{n}", "p1"), attach(second, f"fb{n}", "p1")]
    steps += _filled(lot, "s1") + _filled(lot, "s2", name_of="s1") + _filled(lot, "s3", name_of="s1")
    steps += [do("attach", f"g{n}", upload=f"s{n}", project="p1", folder=f"d{n}") for n in (1, 2)]
    same = single(lot.number("same", 20, 400))
    unlike = replace(same, media="text/csv")
    steps += [*same.writes("e1", "p1"), *unlike.writes("e3", "p1", name_of="e1"), same.completes("e1")]
    steps += [*same.writes("e2", "p1", name_of="e1"), same.completes("e2"), unlike.completes("e3")]
    steps.append(attach("e3", "h3", "p1"))
    steps += [do("attach", f"h{n}", upload=f"e{n}", project="p1", folder=f"d{n}") for n in (1, 2)]
    steps += [do("settle", file="g1"), do("delete_file", file="g1")]
    steps += [do("attach", "g3", upload="s3", project="p1", folder="d1"), do("settle", file="g3")]
    steps += [do("delete_file", file="g3"), *_filled(lot, "s4", name_of="s1")]
    steps += [do("attach", "g4", upload="s4", project="p1", folder="d1")]
    return Plan("names", "names nearly alike", (Actor("writer", (*steps, settling())),))


def _filled(lot: Lot, symbol: str, **named: str) -> list[Step]:
    given: dict[str, Json] = {key: value for key, value in named.items() if value}
    shape = single(lot.number(symbol, 10, 400))
    return [*shape.writes(symbol, "p1", **given), shape.completes(symbol)]


NAMES = (
    tabled(
        "names",
        "Names of every class, of projects, folders, uploads and files, and names nearly alike",
        (*COMPLETED, *WINDOW, *GOOD, *OWN_PROJECT, "name-kept"),
        _SHARE,
        names,
    ),
)
