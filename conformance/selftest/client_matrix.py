"""The kill matrix of clients: which toy client is convicted of which requirement, and that the good one is not."""

from __future__ import annotations

import fnmatch
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.clients.client_judge import judge_client, missing_core
from conformance.clients.client_scenarios import ClientScenario
from conformance.clients.harness.one_trial import ClientUnderTest
from conformance.clients.harness.side_by_side import try_all
from conformance.errors import UsageError, did_you_mean
from conformance.model import Requirement, Tally

PATIENCE_S = "15"
EXAMPLES = "conformance.examples"
GOOD = "client"
ENVIRONMENT = ("DDS_URL={url}", "DDS_USER_KEY={user_key}", "DDS_AGENT_KEY={agent_key}")


@dataclass(frozen=True, slots=True)
class Toy:
    """A client to try: `breaks` are the requirements that may convict it, its own first; none for the good one."""

    name: str
    summary: str
    breaks: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The command that runs it, without what it is to do."""
        if not self.breaks:
            return sys.executable, "-m", f"{EXAMPLES}.{GOOD}"
        return sys.executable, "-m", f"{EXAMPLES}.toys", self.name


TOYS = (
    Toy(GOOD, "the reference client: what good looks like"),
    Toy("retries-integrity", "takes the integrity exception for temporary", ("client-integrity-not-retried",)),
    Toy("leaks-token", "follows the redirect of a signed url with its headers", ("client-token-stays-home",)),
    Toy("gives-up-at-nc", "takes every 404 for final", ("client-retries-nc", "client-succeeds")),
    Toy("hammers", "asks again without a pause", ("client-waits",)),
    Toy("takes-404-for-temporary", "takes no 404 for final", ("client-404-is-final",)),
    Toy("duplicates", "creates again when an answer was lost", ("client-no-duplicates",)),
    Toy("never-ends", "has no bound to its tries", ("client-bounded",)),
    Toy("ignores-retry-after", "comes back before it is asked to", ("client-retry-after",)),
    Toy("swallows-integrity", "reports success in spite of the exception", ("client-integrity-reported",)),
    Toy("trusts-202", "takes accepted for stored", ("client-202-is-not-truth",)),
    Toy("resends-parts", "sends a part after completion", ("client-parts-before-complete",)),
    Toy("does-not-renew", "fails when its token expires", ("client-renews-token",)),
)


@dataclass(frozen=True, slots=True)
class ToyTried:
    """What came of one client: `convicted` counts findings by requirement, `first` is the own fault's sentence."""

    toy: Toy
    convicted: Counter[str]
    first: str
    core: tuple[str, ...]
    trouble: tuple[str, ...]
    took_s: float

    @property
    def unrelated(self) -> tuple[str, ...]:
        """What it was convicted of and did not do."""
        return tuple(name for name in self.convicted if name not in self.toy.breaks)

    @property
    def right(self) -> bool:
        """Whether it was convicted of its own fault and of nothing unrelated; the good one: of nothing, core met."""
        own = self.convicted[self.toy.breaks[0]] > 0 if self.toy.breaks else not self.core
        return own and not self.unrelated and not self.trouble


def toys(only: Iterable[str] = ()) -> tuple[Toy, ...]:
    """Give the clients whose names match any of the globs, all when none is given.

    Raises:
        UsageError: there is none of a name.
    """
    wanted = tuple(only)
    for name in wanted:
        if not fnmatch.filter([toy.name for toy in TOYS], name):
            there = [toy.name for toy in TOYS]
            remedy = did_you_mean(name, there, f"There are: {', '.join(there)}.")
            raise UsageError(f"no toy client is called {name!r}.", remedy=remedy)
    return tuple(toy for toy in TOYS if not wanted or any(fnmatch.fnmatch(toy.name, name) for name in wanted))


def try_toy(toy: Toy, scenarios: Sequence[ClientScenario], *, jobs: int, seed: int) -> ToyTried:
    """Run a client through scenarios, and read what it is convicted of, at any level."""
    begun = time.monotonic()
    main, check = ((*toy.words, verb, "{project}", "{file}", "--patience", PATIENCE_S) for verb in ("upload", "check"))
    client = ClientUnderTest(main, check, env=ENVIRONMENT, seed=seed)
    trials = try_all(client, scenarios, jobs=jobs)
    tallies = judge_client(trials)
    convicted = Counter({name: len(tally.findings) for name, tally in tallies.items() if tally.findings})
    trouble = tuple(f"{trial.scenario.name}: {trial.trouble}" for trial in trials if trial.trouble)
    return ToyTried(toy, convicted, _first(toy, tallies), missing_core(trials), trouble, time.monotonic() - begun)


def _first(toy: Toy, tallies: dict[str, Tally]) -> str:
    findings = tallies[toy.breaks[0]].findings if toy.breaks else ()
    return findings[0].sentence if findings else ""


def client_matrix(rows: Sequence[ToyTried], requirements: Sequence[Requirement], *, made: str) -> str:
    """Write the matrix for people, as Markdown. `made` says how and when."""
    good = sum(row.right for row in rows)
    lines = ["# Kill matrix of clients", "", made, "", f"{good} of {len(rows)} clients judged rightly.", ""]
    lines += ["| client | what it does | convicted of | for example |", "|---|---|---|---|"]
    lines += [_line(row) for row in rows]
    lines += ["", "## Requirements", "", "| requirement | level | clients convicted |", "|---|---|---|"]
    own = Counter(name for row in rows for name in row.convicted if name in row.toy.breaks)
    lines += [f"| {one.id} | {one.level} | {own[one.id]} |" for one in requirements]
    return "\n".join(lines) + "\n"


def _line(row: ToyTried) -> str:
    said = ", ".join(f"{name} ({count})" for name, count in row.convicted.items() if name in row.toy.breaks)
    said = said or ("nothing" if not row.toy.breaks else "**survived**")
    said += f"; **unrelated**: {', '.join(row.unrelated)}" if row.unrelated else ""
    said += f"; **core not met**: {', '.join(row.core)}" if row.core and not row.toy.breaks else ""
    said += f"; **trouble**: {'; '.join(row.trouble)}" if row.trouble else ""
    return f"| {row.toy.name} | {row.toy.summary} | {said} | {row.first.replace('|', '/')} |"
