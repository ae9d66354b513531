"""Whether a client comes to the end that the scenario allows, and how soon, in how many requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

from conformance.clients.client_rules.losing_rules import unmet
from conformance.clients.client_rules.sightings import (
    NS_PER_S,
    Shown,
    askings,
    call_name,
    end_ns,
    found,
    gap_s,
    is_nc,
    lost_for_good,
    pairs,
    succeeded,
    upload_in,
)
from conformance.clients.client_scenarios import Ends
from conformance.clients.client_trials import Trial
from conformance.model import Json, Tally

SUCCEEDS = "client-succeeds"


def comes_to_the_end(trial: Trial) -> Iterator[Shown]:
    """A client succeeds where a right one can, and says success only where there is one.

    A scenario whose trouble was never met shows nothing, nor does one whose token the client could not renew.
    """
    if unmet(trial) or not trial.runs or lost_for_good(trial):
        return
    if trial.scenario.ends is Ends.SUCCESS:
        sentence = _failure(trial)
    elif trial.scenario.ends is Ends.FAILURE and trial.claims_success and not trial.holds:
        sentence = "it reported success, and the file is not there"
    else:
        return
    yield found("did-not-succeed", SUCCEEDS, trial, trial.operations[-2:], sentence) if sentence else Shown()


def _failure(trial: Trial) -> str:
    for run in trial.runs:
        seconds = (run.ended_ns - run.begun_ns) / NS_PER_S
        if not run.ended:
            return f"its {run.name} command had not ended when the time limit came, after {seconds:.0f} s"
        if not run.succeeded:
            return f"its {run.name} command ended with exit code {run.code} where success is possible"
    if not trial.holds:
        return "it reported success, and the file is not there with its bytes under its name"
    there = {"projects": len(trial.projects), "files": len(trial.files)}
    wrong = [name for name, count in trial.scenario.world.items() if there[name] != count]
    return f"it reported success, and there are {there[wrong[0]]} {wrong[0]} of the name it was given" if wrong else ""


def measured(trials: Sequence[Trial]) -> dict[str, Tally]:
    """Measure what nobody is judged by: time to success, requests per upload, polling rate."""
    good = [trial for trial in trials if trial.claims_success and trial.holds]
    return {tally.requirement: tally for tally in (_time(good), _requests(good), _polling(trials))}


def _time(good: Sequence[Trial]) -> Tally:
    late = [seconds for trial in good for seconds in _lateness(trial)]
    calm = [_span_s(trial) for trial in good if trial.scenario.calm]
    figures: dict[str, Json] = {}
    if late:
        figures = {"median_late_s": round(median(late), 3), "worst_late_s": round(max(late), 3)}
    if calm:
        figures["shortest_upload_s"] = round(min(calm), 3)
    return Tally("client-time-to-success", len(late), occasions="uploads whose truth was seen", measured=figures)


def _lateness(trial: Trial) -> Iterator[float]:
    """Give how long after it could be had the truth about each upload was had, in seconds."""
    seen: dict[str, int] = {}
    for operation in trial.operations:
        upload = upload_in(trial, operation)
        if call_name(operation) in ("file_url", "version_url") and succeeded(operation) and upload:
            seen.setdefault(upload, end_ns(operation))
        elif call_name(operation) == "list_project_files" and succeeded(operation):
            for stored in trial.world.uploads.values():
                if stored.due_ns is not None and stored.due_ns <= operation.a_ns:
                    seen.setdefault(stored.id, end_ns(operation))
    for name, when in seen.items():
        due = trial.world.uploads[name].due_ns if name in trial.world.uploads else None
        if due is not None:
            yield max(0.0, (when - due) / NS_PER_S)


def _span_s(trial: Trial) -> float:
    """Give the seconds from the first request to the last answer: a client may take long to start."""
    return (end_ns(trial.operations[-1]) - trial.operations[0].a_ns) / NS_PER_S if trial.operations else 0.0


def _requests(good: Sequence[Trial]) -> Tally:
    counts = [len(trial.operations) for trial in good]
    calm = [len(trial.operations) for trial in good if trial.scenario.calm]
    figures: dict[str, Json] = {"median": median(counts), "most": max(counts)} if counts else {}
    if calm:
        figures["calm"] = min(calm)
    return Tally("client-requests-per-upload", len(counts), occasions="uploads that succeeded", measured=figures)


def _polling(trials: Sequence[Trial]) -> Tally:
    gaps: defaultdict[str, list[float]] = defaultdict(list)
    for trial in trials:
        for asking in askings(trial):
            gaps[asking.call] += [gap_s(a, b) for a, b in pairs(asking.operations) if is_nc(a)]
    figures = {f"{call}_every_s": round(median(each), 2) for call, each in sorted(gaps.items()) if each}
    total = sum(map(len, gaps.values()))
    return Tally("client-polling-rate", total, occasions="pauses after not-consistent answers", measured=figures)
