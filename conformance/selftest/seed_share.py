"""The share of seeds that convict each fault: what a run by an arbitrary seed can be trusted to see (pure)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.selftest.trial import Subject, Trialled

__all__ = ["GOOD_SHARE", "Share", "drawn", "share_table", "shares"]

GOOD_SHARE = 0.9
"""The share of seeds below which a fault is named as one that a run may miss."""


@dataclass(frozen=True, slots=True)
class Share:
    """One subject by several seeds: those by which it was judged rightly, and those by which it was not."""

    subject: Subject
    right: tuple[int, ...]
    missed: tuple[int, ...]

    @property
    def share(self) -> float:
        """The share of seeds by which it was judged rightly."""
        return len(self.right) / (len(self.right) + len(self.missed))

    @property
    def weak(self) -> bool:
        """Whether a run by an arbitrary seed may well miss it."""
        return self.share < GOOD_SHARE


def drawn(subjects: Sequence[Subject], count: int, seed: int) -> tuple[Subject, ...]:
    """Draw so many of the faults by a seed (all, if there are fewer), in the order in which they are listed."""
    faults = [subject for subject in subjects if not subject.legal]
    chosen = random.Random(seed).sample(range(len(faults)), min(count, len(faults)))  # noqa: S311 - no secret is drawn
    return tuple(faults[index] for index in sorted(chosen))


def shares(rows: Sequence[tuple[int, Trialled]]) -> tuple[Share, ...]:
    """Add up rows, each with its seed, by subject; the weakest come first, then by name."""
    by_name: dict[str, list[tuple[int, Trialled]]] = {}
    for seed, row in rows:
        by_name.setdefault(row.subject.name, []).append((seed, row))
    found = [
        Share(
            given[0][1].subject,
            tuple(sorted(seed for seed, row in given if row.right)),
            tuple(sorted(seed for seed, row in given if not row.right)),
        )
        for given in by_name.values()
    ]
    return tuple(sorted(found, key=lambda one: (one.share, one.subject.name)))


def share_table(found: Sequence[Share], *, made: str) -> str:
    """Write the shares for people, as Markdown; those below nine in ten are set off. `made` says how and when."""
    weak = [one for one in found if one.weak]
    lines = ["# Share of seeds", "", made, ""]
    lines += [f"{len(weak)} of {len(found)} are judged rightly by less than {GOOD_SHARE:.0%} of the seeds.", ""]
    lines += ["| fault or variant | share | seeds that miss it | what it does |", "|---|---|---|---|"]
    lines += [_line(one) for one in found]
    return "\n".join(lines) + "\n"


def _line(one: Share) -> str:
    share = f"**{one.share:.0%}**" if one.weak else f"{one.share:.0%}"
    missed = ", ".join(map(str, one.missed))
    return f"| {one.subject.name} | {share} of {len(one.right) + len(one.missed)} | {missed} | {one.subject.summary} |"
