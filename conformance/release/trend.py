"""Many runs of one target over time: outcomes, lags, and when each finding was first and last seen (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
ABSENT = "absent"
QUANTILES = (0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Quantile:
    """One quantile of one kind's lag in one run, in seconds; `low_s` and `high_s` are its band, None where open."""

    p: float
    estimate_s: float | None
    low_s: float | None
    high_s: float | None


@dataclass(frozen=True, slots=True)
class PastRun:
    """What the trend keeps of one run document; `link` leads to its report, `place` to the folder it was found in.

    `findings` gives (requirement, rule) with the sentence of the first such finding, `lags` the quantiles by
    (kind, endpoint), `outcomes` the outcome of each requirement.
    """

    run_id: str
    place: str
    link: str
    outcome: str
    begun: str
    duration_s: float
    requests: int
    effort: str
    seed: int
    base_url: str
    target_version: str
    suite: str
    outcomes: Mapping[str, str]
    findings: Mapping[tuple[str, str], str]
    lags: Mapping[tuple[str, str], tuple[Quantile, ...]]
    titles: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sight:
    """One kind of finding over all runs: seen in `seen` of the `tried` runs from the first sight on.

    A run is counted as tried if it exercised the requirement; `flaky` is a finding that was not there each time.
    """

    requirement: str
    rule: str
    level: str
    sentence: str
    first: PastRun
    last: PastRun
    seen: int
    tried: int

    @property
    def flaky(self) -> bool:
        """Whether some runs from the first to the last sight exercised the requirement without it."""
        return self.seen < self.tried


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement over time: an outcome for each run, ``absent`` where the run does not know it."""

    id: str
    level: str
    title: str
    outcomes: tuple[str, ...]

    @property
    def changes(self) -> int:
        """How often the outcome differs from the run before."""
        return sum(a != b for a, b in zip(self.outcomes, self.outcomes[1:], strict=False))


@dataclass(frozen=True, slots=True)
class Trend:
    """One target over time, the oldest run first."""

    base_url: str
    runs: tuple[PastRun, ...]
    rows: tuple[Row, ...]
    sights: tuple[Sight, ...]


def past_run(document: Document, *, place: str, link: str) -> PastRun:
    """Keep of a whole run document what a trend needs."""
    target = document["target"]
    findings: dict[tuple[str, str], str] = {}
    for finding in document["findings"]:
        findings.setdefault((finding["requirement"], finding["rule"]), finding["sentence"])
    return PastRun(
        run_id=document["run_id"],
        place=place,
        link=link,
        outcome=document["outcome"],
        begun=document["begun"],
        duration_s=float(document.get("duration_s") or 0.0),
        requests=int(document.get("exchanges") or 0),
        effort=document["effort"],
        seed=document["seed"],
        base_url="the embedded server" if target.get("embedded") else target["base_url"],
        target_version=target.get("version", ""),
        suite=document["versions"].get("suite", ""),
        outcomes={row["id"]: row["outcome"] for row in document["requirements"]},
        findings=findings,
        lags={(group["kind"], group["endpoint"]): _quantiles(group) for group in document["lag"].get("groups", ())},
        titles={row["id"]: (row["level"], row["title"]) for row in document["requirements"]},
    )


def _quantiles(group: Document) -> tuple[Quantile, ...]:
    wanted = (found for found in group.get("quantiles") or () if found["p"] in QUANTILES)
    return tuple(Quantile(q["p"], q.get("estimate_s"), q.get("low_s"), q.get("high_s")) for q in wanted)


def trends(runs: Iterable[PastRun]) -> tuple[Trend, ...]:
    """Group runs by target and lay each group out over time; the target with most runs first."""
    by_target: dict[str, dict[str, PastRun]] = defaultdict(dict)
    for run in runs:
        by_target[run.base_url].setdefault(run.run_id, run)
    laid = [_trend(url, sorted(found.values(), key=_when)) for url, found in by_target.items()]
    return tuple(sorted(laid, key=lambda one: (-len(one.runs), one.base_url)))


def _when(run: PastRun) -> tuple[str, str]:
    return run.begun, run.run_id


def _trend(base_url: str, runs: Sequence[PastRun]) -> Trend:
    titles = {name: known for run in runs for name, known in run.titles.items()}
    rows = tuple(
        Row(name, *titles[name], outcomes=tuple(run.outcomes.get(name, ABSENT) for run in runs)) for name in titles
    )
    return Trend(base_url, tuple(runs), rows, tuple(_sights(runs, titles)))


def _sights(runs: Sequence[PastRun], titles: Mapping[str, tuple[str, str]]) -> Iterable[Sight]:
    for key in dict.fromkeys(key for run in runs for key in run.findings):
        seen = [place for place, run in enumerate(runs) if key in run.findings]
        since = runs[seen[0] : seen[-1] + 1]
        tried = [run for run in since if key in run.findings or _exercised(run, key[0])]
        first, last = runs[seen[0]], runs[seen[-1]]
        level = titles[key[0]][0] if key[0] in titles else ""
        yield Sight(*key, level, last.findings[key], first, last, len(seen), len(tried))


def _exercised(run: PastRun, requirement: str) -> bool:
    return run.outcomes.get(requirement) in ("pass", "fail", "warn")
