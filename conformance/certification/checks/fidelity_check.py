"""Whether the history is what a run of the suite leaves, looked at from eight sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.certification.bundle_contents import Contents
from conformance.certification.fidelity import (
    drawn_names,
    effort_demand,
    id_sequence,
    last_looks,
    ledger_agreement,
    phase_order,
    plan_steps,
    redrawing,
)
from conformance.certification.verification import Line, State, decided

Problems = Callable[[Contents], Iterator[str]]
IN_FULL = "every step of every plan has its operations, or an entry that says why not"


def look(contents: Contents) -> Iterator[Line]:
    """Yield a line for each side; what only a run that came to its end has is not demanded of another."""
    yield _redrawn(contents)
    yield _whole(contents, "plans in full", _in_full, IN_FULL)
    yield decided("operation ids", id_sequence.problems(contents), "numbered without a gap for each process")
    creates = f"{len(contents.account.entries)} creates, the history's"
    yield decided("ledger", ledger_agreement.problems(contents), creates)
    stored = "every name and every byte stored is what the nonce gives"
    yield decided("names and bytes", drawn_names.problems(contents), stored)
    yield decided("phases", phase_order.problems(contents), "in order, and everything at the target")
    yield _whole(contents, "traffic", effort_demand.problems, f"what the effort {contents.report['effort']} demands")


def _in_full(contents: Contents) -> Iterator[str]:
    yield from plan_steps.problems(contents)
    yield from last_looks.problems(contents)


def _whole(contents: Contents, name: str, problems: Problems, otherwise: str) -> Line:
    if not contents.ended:
        return Line(name, State.NOTE, "not demanded: by its own report the run did not come to its end")
    return decided(name, problems(contents), otherwise)


def _redrawn(contents: Contents) -> Line:
    differs = redrawing.differs(contents)
    if differs:
        return Line("plans", State.NOTE, f"NOT REDRAWN, the bundled ones are taken: {differs}")
    sentence = f"{len(contents.executed)} plans, among them all that the seed gives"
    return _whole(contents, "plans", redrawing.problems, sentence)
