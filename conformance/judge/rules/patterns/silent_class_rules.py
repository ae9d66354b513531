"""The rules about a class of requests that is never answered, while the like of it is (theory: what tells nothing).

Each subject is a resource at a call, with traits: what it is known to be, how it was made, where it stands. A class is
all subjects that share one, two or three of them; the most general class that is left without an answer is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

from conformance.api.answers import Answer, Effect
from conformance.judge.findings import Book, short
from conformance.judge.recounts.silent_classes import silent_again
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.rules.excuses import MAY_BE_DELETED
from conformance.judge.rules.patterns.pattern_excuses import FAILED_A_WHILE, NO_PATTERN, OWN_DOING, UNOBEYED
from conformance.judge.rules.patterns.unanswered import Subject, Try, Unanswered, obedient
from conformance.judge.rules.patterns.unusable_url_rules import failures
from conformance.judge.state.expected import Truth
from conformance.judge.state.interval import NEVER, Interval
from conformance.judge.state.observed import Endpoint, doomed_from
from conformance.judge.state.resources import Download, File, Upload

_REQUIREMENTS = {
    "complete_upload": "complete-202",
    "url": "converges-upload",
    "create_file": "converges-upload",
    "create_upload": "converges-project",
    "download": "bytes-exact",
}
"""The duty behind each group of calls."""
_MOST_TRAITS = 3
_AMOUNT = "amount: "
"""Begins the names of traits that say on which side of a threshold a subject is."""
_MANY_PARTS = (3, 5, 9, 17)
_LARGE = (1, 1 << 10, 1 << 16, 1 << 20)
"""Bytes; the first tells empty uploads from all others."""
_EXAMPLES = 4


def silent_classes(unanswered: Unanswered, context: Context, book: Book) -> None:
    """Convict a server that never answers a class of requests."""
    for group, subjects in _groups(unanswered, context):
        _judge(group, list(subjects), context, book)


def anything_silent(unanswered: Unanswered, context: Context) -> bool:
    """Whether any resource was left without an answer for longer than the bound, so that a pattern is to be sought."""
    return any(one.is_silent(context.bound) for _, subjects in _groups(unanswered, context) for one in subjects)


def _groups(unanswered: Unanswered, context: Context) -> Iterator[tuple[str, Iterator[Subject]]]:
    groups = {
        "complete_upload": _completes, "url": _urls, "create_file": _attaches, "create_upload": _creates,
        "download": _downloads,
    }  # fmt: skip
    for group, subjects in groups.items():
        if _is_worth_it(group, unanswered, context):
            yield group, subjects(unanswered, context)


def _is_worth_it(group: str, unanswered: Unanswered, context: Context) -> bool:
    if group == "download":
        return any(e.reads.failed for case in context.cases.values() for e in case.sight.endpoints)
    calls = ("file_url", "version_url") if group == "url" else (group,)
    return any(key[0] in calls for key in unanswered.tries)


def _judge(group: str, subjects: Sequence[Subject], context: Context, book: Book) -> None:
    silent = [one for one in subjects if one.is_silent(context.bound)]
    traits = sorted({name for one in silent for name in one.traits}, key=lambda name: (name.startswith(_AMOUNT), name))
    for count in range(1, _MOST_TRAITS + 1):
        for names in combinations(traits, count):
            if sum(name.startswith(_AMOUNT) for name in names) > 1:
                continue
            for values in sorted({tuple(one.traits.get(name, "") for name in names) for one in silent}):
                wanted = dict(zip(names, values, strict=True))
                if _never_answered(group, wanted, subjects, context, book):
                    return


def _never_answered(
    group: str, wanted: dict[str, str], subjects: Sequence[Subject], context: Context, book: Book
) -> bool:
    members = _unanswered(subjects, wanted)
    silent = sorted((one for one in members if one.is_silent(context.bound)), key=lambda one: one.tries[0].interval)
    if not silent:
        return False
    if group == "complete_upload" and wanted.get("truth") == Truth.BAD and _only_500(silent):
        return False  # a mismatch that fails has a rule of its own
    begun = min(one.tries[0].interval.begun_ns for one in silent)
    ended = max(one.tries[-1].interval.begun_ns for one in silent)
    inside = {id(one) for one in members}
    answers = {
        stated.operation
        for one in subjects if id(one) not in inside
        for stated in one.answered if begun <= stated.begun_ns <= ended
    }  # fmt: skip
    if NO_PATTERN.holds(len({one.about for one in silent}), len(answers)):
        return False
    _tell(group, wanted, silent, len(answers), book)
    return True


def _unanswered(subjects: Sequence[Subject], wanted: dict[str, str]) -> list[Subject]:
    """Return the members of a class; none where one of them was answered."""
    members: list[Subject] = []
    for one in subjects:
        if all(one.traits.get(name, "") == value for name, value in wanted.items()):
            if one.answered:
                return []
            members.append(one)
    return members


def _only_500(silent: Sequence[Subject]) -> bool:
    return all(one.what == "500" for subject in silent for one in subject.tries)


def _tell(group: str, wanted: dict[str, str], silent: Sequence[Subject], answered: int, book: Book) -> None:
    requirement = _REQUIREMENTS[group]
    what = ", ".join(value if name.startswith(_AMOUNT) else f"{name} {value}" for name, value in sorted(wanted.items()))
    tries = sum(len(one.tries) for one in silent)
    came = ", ".join(sorted({one.what for subject in silent for one in subject.tries}))
    examples = [one.name for one in silent[:_EXAMPLES]]
    first, resources = silent[0], len({one.about for one in silent})
    sentence = (
        f"none of {tries} requests ({first.call}) about {resources} resources with {what} was answered ({came}), for "
        f"longer than the bound (first {short(first.name)}, to {book.when(first.tries[0].interval)}), while "
        f"{answered} of the like were"
    )
    book.expose(requirement)
    book.find(
        requirement, "class-unanswered", group, (one.tries[0].interval for one in silent[:_EXAMPLES]), sentence,
        expected="an answer", observed=came, detail=what, group=group, traits=wanted, resources=resources,
        tries=tries, answered=answered, examples=examples,
    )  # fmt: skip


# ---- subjects


def _traits(case: Case) -> dict[str, str]:
    upload, known = case.upload, case.known
    parts = "no parts" if not upload.parts else "one part" if len(upload.parts) == 1 else "several parts"
    defect = {"defect": str(known.defect)} if known.truth is Truth.BAD else {}
    kind = "chunked" if upload.chunked else "single"
    return {"truth": str(known.truth), "kind": kind, "parts": parts, **_thresholds(upload), **_hashes(upload), **defect}


def _thresholds(upload: Upload) -> dict[str, str]:
    """Return on which side of each threshold an upload is: servers stumble from a number of parts or a size on."""
    amounts = [(len(upload.parts), "parts", _MANY_PARTS)]
    amounts += [(upload.size, "bytes", _LARGE)] if upload.size is not None else []
    return {
        f"{_AMOUNT}{least} {unit}": f"{'at least' if amount >= least else 'fewer than'} {least} {unit}"
        for amount, unit, thresholds in amounts
        for least in thresholds
    }


def _hashes(upload: Upload) -> dict[str, str]:
    algorithms = {one.hash[1].lower() for one in upload.completes.values() if one.hash}
    return {"algorithm": algorithms.pop()} if len(algorithms) == 1 else {}


def _doomed(case: Case, context: Context) -> int:
    home = context.world.projects.get(case.upload.project)
    return doomed_from(home.deletes)[0] if home else NEVER


def _alive(tries: Sequence[Try], doomed: int) -> list[Try]:
    return [one for one in tries if not MAY_BE_DELETED.holds(one.interval, doomed)]


def _completes(unanswered: Unanswered, context: Context) -> Iterator[Subject]:
    for name, case in context.cases.items():
        attempts, created = case.upload.completes.values(), case.upload.created
        stated = [one.interval for one in attempts if one.status and one.effect is not Effect.INDETERMINATE]
        if created is not None and attempts:
            tries = obedient(unanswered.tries.get(("complete_upload", name, ""), ()), created.ended_ns)
            yield Subject("complete_upload", name, name, _traits(case), _alive(tries, _doomed(case, context)), stated)


def _urls(unanswered: Unanswered, context: Context) -> Iterator[Subject]:
    for case in context.cases.values():
        for endpoint in case.sight.endpoints:
            reads, linked, done = endpoint.reads, endpoint.linked, case.chain.done
            if linked is None or done is None:
                continue
            linked = _pointed(endpoint, linked, context)
            since = max(linked.ended_ns, done.ended_ns, *_waited(endpoint, context))
            tries = obedient(unanswered.tries.get((reads.kind, reads.id, ""), ()), since)
            role = "older" if endpoint.superseded else "current"
            traits = {**_traits(case), "endpoint": reads.kind, "version": role, **_where(endpoint, context)}
            yield Subject(
                reads.kind, reads.id, case.name, traits, _alive(tries, endpoint.doomed),
                [one for one in _stated(endpoint, context) if one.ended_ns >= linked.begun_ns],
            )  # fmt: skip


def _own_file(endpoint: Endpoint, context: Context) -> File | None:
    """Return the file whose own url endpoint it is; None at a version's."""
    return context.world.files.get(endpoint.reads.id) if endpoint.reads.kind == "file_url" else None


def _pointed(endpoint: Endpoint, linked: Interval, context: Context) -> Interval:
    """Return when an endpoint was last made to point to an upload: what it told of another one before is no answer."""
    file = _own_file(endpoint, context)
    return max([linked, *(one.interval for one in file.switches.values())] if file else [linked])


def _waited(endpoint: Endpoint, context: Context) -> list[int]:
    """Return when (ns) the last answers ended that told to come back later: what tells nothing counts from then on."""
    file = _own_file(endpoint, context)
    found = [endpoint.reads.nc, file.reads.nc if file else None]
    found += [one for one, answer in file.single if answer is Answer.NC] if file else []
    return [one.ended_ns for one in found if one is not None]


def _where(endpoint: Endpoint, context: Context) -> dict[str, str]:
    """Return where an endpoint's file lies, and whether it ever got another version."""
    version = context.world.versions.get(endpoint.reads.id)
    file = context.world.files.get(version.file if version else endpoint.reads.id)
    place = "folder" if file and (file.in_folder or file.moved) else "root"
    return {"place": place, "file": "switched" if file and len(file.switches) > 1 else "of one version"}


def _stated(endpoint: Endpoint, context: Context) -> list[Interval]:
    """Return what an endpoint answered, but for answers to come back later: what is waited for is their end."""
    reads = endpoint.reads
    found = [reads.ok, reads.ok_last, reads.bad, reads.bad_last, reads.gone, reads.odd]
    found += [truth for truth, _ in reads.sessions.values()]
    file = _own_file(endpoint, context)
    if file is not None:
        own = file.reads
        found += [own.ok, own.ok_last, own.bad, own.bad_last, own.gone, own.odd, *file.denied]
        found += [one for one, answer in file.single if answer not in (Answer.UNKNOWN, Answer.NC)]
    return [one for one in found if one is not None]


def _attaches(unanswered: Unanswered, context: Context) -> Iterator[Subject]:
    tries = {key: found for key, found in unanswered.tries.items() if key[0] == "create_file"}
    for name, case in context.cases.items():
        upload, done = case.upload, case.chain.done
        if done is None:
            continue
        refused = [
            *([upload.refused_files] if upload.refused_files else []),
            *(one.interval for one in upload.turned_away),
        ]
        for place in ("root", "folder"):
            files = (context.world.files[file] for file in upload.files)
            made = [file.created for file in files if file.created and file.in_folder == (place == "folder")]
            stated = [*refused, *made]
            silent = obedient(tries.get(("create_file", name, place), ()), done.ended_ns)
            if stated or silent:
                traits = {**_traits(case), "place": place}
                yield Subject("create_file", name, name, traits, _alive(silent, _doomed(case, context)), stated)


def _creates(unanswered: Unanswered, context: Context) -> Iterator[Subject]:
    """Yield projects that are ready, with each kind of upload that was asked for there.

    What was not-consistent again since may have been any kind: then nothing is told of the project.
    """
    tries = {key: found for key, found in unanswered.tries.items() if key[0] == "create_upload"}
    made: dict[tuple[str, bool, bool], list[Interval]] = {}
    for upload in context.world.uploads.values():
        if upload.created is not None:
            made.setdefault((upload.project, upload.chunked, upload.size == 0), []).append(upload.created)
    for name, project in context.world.projects.items():
        ready = min((one.ok.ended_ns for one in project.reads.values() if one.ok), default=NEVER)
        if project.created is None or any(one.nc and one.nc.ended_ns > ready for one in project.reads.values()):
            continue
        doomed = doomed_from(project.deletes)[0]
        for single, empty in product((False, True), repeat=2):
            stated = made.get((name, not single, empty), [])
            stated += [one for shape, odd in project.odd.items() if shape[1:] == (not single, empty) for one in odd]
            traits = {"kind": "single" if single else "chunked", "size": "empty" if empty else "not empty"}
            silent = obedient(tries.get(("create_upload", name, f"{traits['kind']}, {traits['size']}"), ()), ready)
            if stated or silent:
                yield Subject("create_upload", name, name, traits, _alive(silent, doomed), stated)


def _downloads(_unanswered: Unanswered, context: Context) -> Iterator[Subject]:
    for case in context.cases.values():
        for endpoint in case.sight.endpoints if case.known.truth is Truth.GOOD else ():
            reads = endpoint.reads
            served = [one.fetched for one in reads.downloads if one.octets is not None]
            tries = [_as_try(one) for one in failures(endpoint) if one.failed]
            if served or tries:
                traits = {**_traits(case), "endpoint": reads.kind, **_where(endpoint, context)}
                yield Subject("download", reads.id, case.name, traits, tries, served)


def _as_try(download: Download) -> Try:
    return Try(download.fetched, download.failed, download.wait_s)


_EXCUSES = (NO_PATTERN, FAILED_A_WHILE, UNOBEYED, OWN_DOING, MAY_BE_DELETED)
_OCCASIONS = {
    "complete-202": "answers",
    "converges-upload": "uploads that told their truth at an endpoint, or had the whole bound to do so",
    "converges-project": "projects that told their truth, or had the whole bound to do so",
    "bytes-exact": "good uploads whose bytes were compared",
}
RULES = tuple(
    Rule(
        "class-unanswered", requirement, Need.UNANSWERED, silent_classes, silent_again,
        occasions=occasions, since=2, excuses=_EXCUSES, pattern=True,
    )
    for requirement, occasions in _OCCASIONS.items()
)  # fmt: skip
