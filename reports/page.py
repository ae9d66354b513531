"""What the page shows, drawn from the run document alone: plain values for the template (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from conformance.outcome.display_text import count, judged, rate, seconds
from conformance.release.next_step import command, replay

from .charts.lagchart import course, curve
from .charts.loadchart import against_load, slows_down, throughput
from .finding_views import finding_views
from .words import LEVELS, OUTCOMES, endpoint

Document = Mapping[str, Any]
HEADLINES: Mapping[str, tuple[str, str]] = {
    "conformant": ("Conformant", "The target keeps the contract."),
    "nonconformant": ("Nonconformant", "The target breaks the contract."),
    "incomplete": ("Incomplete", "The run allows no verdict: what it should have exercised, it did not."),
}
UNSEEN = ("blocked", "error", "not-observed", "not-applicable")


def context(document: Document) -> dict[str, Any]:
    """Give everything the template needs."""
    rows = [_row(row) for row in document["requirements"]]
    by_id = {row["id"]: row for row in rows}
    return {
        "doc": document,
        "headline": _headline(document),
        "judged": judged(document),
        "facts": list(_facts(document)),
        "flags": list(_flags(document)),
        "counts": _counts(rows),
        "levels": [(level, text, [row for row in rows if row["level"] == level]) for level, text in LEVELS.items()],
        "problems": _problems(rows, document["findings"]),
        "findings": finding_views(document, by_id),
        "unseen": [(row, unseen_sentence(row)) for row in rows if row["outcome"] in UNSEEN],
        "readings": _readings(document, rows),
        "scenarios": [] if document.get("role") == "client" else list(_scenarios(document, rows)),
        "windows": list(_windows(document.get("sensitivity") or {})),
        "lag": [_lag(group) for group in (document.get("lag") or {}).get("groups") or []],
        "load": _load(document.get("soak")),
        "replay": replay(document),
        "again_for": lambda requirement: command(document, only=requirement),
        "again": "" if document.get("recorded") else command(document),
    }


def _row(row: Document) -> dict[str, Any]:
    word, sign = OUTCOMES[row["outcome"]]
    return {**row, "word": word, "sign": sign, "bound": rate(row.get("bound_95"))}


def _headline(document: Document) -> dict[str, str]:
    word, sentence = HEADLINES[document["outcome"]]
    if document["outcome"] == "conformant" and (document.get("partial") or document.get("recorded")):
        scope = "the recording exercises" if document.get("recorded") else "was selected"
        sentence = f"The target keeps the contract as far as {scope}."
    return {"word": word, "sentence": sentence, "kind": document["outcome"]}


def _facts(document: Document) -> Iterable[tuple[str, str]]:
    target = document["target"]
    yield "Target", target["base_url"] + (" (embedded)" if target.get("embedded") else "")
    if target.get("version"):
        yield "Version", target["version"]
    yield "Effort, seed", f"{document['effort']}, {document['seed']}"
    yield "Begun", moment(document["begun"])
    took = document.get("duration_s", (document.get("traffic") or {}).get("duration_s"))
    if took is not None:
        yield "Took", seconds(took)
    yield "Exchanges", count(document["exchanges"])
    yield "Eventually means", f"within {seconds(target['converge_within_s'])}"
    yield "Second user", "given" if target.get("second_user") else "not given"
    yield "Run", document["run_id"]


def moment(text: str) -> str:
    """Say an ISO 8601 instant as a person reads it, to the second; text that is none stays as it is."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{instant:%Y-%m-%d %H:%M:%S} {instant.tzname() or ''}".strip()


def _flags(document: Document) -> Iterable[str]:
    for name, text in (
        ("strict", "strict: a broken SHOULD fails"),
        ("partial", "partial: only selected requirements were judged, or selected scenarios tried"),
        ("recorded", "a recording: it speaks only of what it exercises"),
        ("interrupted", "interrupted before its end"),
    ):
        if document.get(name):
            yield text
    if document.get("complete") is False:
        yield "the history has no end"


def _counts(rows: Sequence[Document]) -> list[dict[str, Any]]:
    counted = Counter(row["outcome"] for row in rows)
    return [
        {"outcome": outcome, "word": word, "sign": sign, "count": counted[outcome]}
        for outcome, (word, sign) in OUTCOMES.items()
        if counted[outcome]
    ]


def _problems(rows: Sequence[Document], findings: Sequence[Document]) -> list[dict[str, Any]]:
    order = list(OUTCOMES)
    bad = [row for row in rows if row["outcome"] in ("fail", "error", "warn")]
    return [
        {"row": row, "first": findings[row["findings"][0]] if row["findings"] else None, "count": len(row["findings"])}
        for row in sorted(bad, key=lambda row: (order.index(row["outcome"]), list(LEVELS).index(row["level"])))
    ]


def unseen_sentence(row: Document) -> str:
    """Say in plain words what was not seen of a duty, and what that leaves open."""
    occasions = row.get("occasions") or "an occasion that could have shown a violation"
    note = _sentence(row["note"]) if row.get("note") else ""
    tried = f"It was tried {count(row['looked'])} times. " if row.get("looked") and not note else ""
    match row["outcome"]:
        case "not-observed":
            text = f"Nothing is known: the run never met {occasions}. {tried}{note}"
        case "blocked":
            text = f"It could not be tried. {note}"
        case "error":
            text = f"The suite itself failed here; this says nothing about the target. {note}"
        case _:
            text = f"It does not apply to this target. {note}"
    return text.strip()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _scenarios(document: Document, rows: Sequence[Document]) -> Iterable[tuple[str, str, list[str]]]:
    """Give each scenario, whether the run tried it (a recording does not say), and the duties that it exercises."""
    tried = set(document.get("scenarios") or ())
    for name in dict.fromkeys(name for row in rows for name in row.get("scenarios") or ()):
        said = "" if not tried else "yes" if name in tried else "no"
        yield name, said, [row["id"] for row in rows if name in (row.get("scenarios") or ())]


def _readings(document: Document, rows: Sequence[Document]) -> list[tuple[str, str, str, str]]:
    """Give the register: id, what it is about, the reading, and the duty to link to (empty for a general one)."""
    general = [(str(one["id"]), str(one["about"]), str(one["text"]), "") for one in document.get("readings") or []]
    own = [(row["id"], row["title"], row["reading"], row["id"]) for row in rows if row.get("reading")]
    return [*general, *own]


def _windows(found: Document) -> Iterable[tuple[str, str, Document]]:
    """Give who watched, in plain words what they would have seen, and the figures."""
    for name, who in (("", "All tracers together"), ("good", "Tracers known good"), ("bad", "Tracers known bad")):
        watched = found.get(name, {}) if name else found
        if not watched:
            continue
        if watched.get("width_s") is None:
            yield who, "No tracer was watched, so a wrong window of any length may have passed unseen.", watched
        else:
            sure = watched.get("width_sure_s")
            beyond = f" ({seconds(sure)} if the reads acted at their worst moments)" if sure is not None else ""
            yield who, f"A wrong window of {seconds(watched['width_s'])} would have been seen{beyond}.", watched


def _load(section: Document | None) -> dict[str, Any] | None:
    """Give what is drawn of a soak; None for every other run."""
    if not section:
        return None
    return {
        "lag_svg": against_load(section),
        "throughput_svg": throughput(section),
        "sentence": slows_down(section),
    }


def _lag(group: Document) -> dict[str, Any]:
    return {
        **group,
        "endpoint": endpoint(group["endpoint"]),
        "curve_svg": curve(group),
        "course_svg": course(group),
        "sentence": _lag_sentence(group),
    }


def _lag_sentence(group: Document) -> str:
    shown = [quantile for quantile in group.get("quantiles") or [] if quantile["p"] in (0.5, 0.95)]
    return "; ".join(f"{quantile['p']:.0%} {within(quantile)}" for quantile in shown)


def within(quantile: Document) -> str:
    """Say one quantile of a lag with its bounds; None stands for beyond any sight."""
    low, high = (quantile.get(name) for name in ("low_s", "high_s"))
    bounds = f"{seconds(low)} to {seconds(high)}" if high is not None else f"at least {seconds(low)}, no upper bound"
    if quantile.get("estimate_s") is None:
        return f"beyond what was seen ({bounds})"
    return f"within {seconds(quantile['estimate_s'])} ({bounds})"
