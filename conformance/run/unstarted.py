"""What is left of a run that came to no verdict: a report, red in every CI, that says why."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from conformance.driver.report_folder import prepare
from conformance.errors import ExitCode, SuiteError
from conformance.model import Conformance, History, Json, Target
from conformance.outcome.assemble import Framing, assemble
from conformance.outcome.document import write
from conformance.run.report_writers import draw

REPORT = "report.json"


@contextlib.contextmanager
def accountable(
    folder: Path, target: Target, *, inputs: Iterable[Path] = (), framing: Framing | None = None
) -> Iterator[Path | None]:
    """Prepare the folder of a run, and report there whatever ends the block before there is a report of its own.

    Gives where an older ledger was set aside, if there was one that is still open. What was raised goes on.

    Raises:
        UsageError: the folder cannot be written.
    """
    older = prepare(folder, inputs)
    with reporting(folder, target, framing=framing):
        yield older


@contextlib.contextmanager
def reporting(folder: Path, target: Target, *, framing: Framing | None = None) -> Iterator[None]:
    """Report in `folder` whatever ends the block before there is a report of its own; what was raised goes on."""
    try:
        yield
    except BaseException as trouble:
        if not isinstance(trouble, GeneratorExit) and not (folder / REPORT).exists():
            code, sentence = account_of(trouble)
            report_trouble(folder, code, sentence, target=target, framing=framing)
        raise


def account_of(trouble: BaseException) -> tuple[ExitCode, str]:
    """Return the exit code and the sentence that belong to what ended a run."""
    if isinstance(trouble, SuiteError):
        return trouble.exit_code, str(trouble)
    if isinstance(trouble, KeyboardInterrupt):
        return ExitCode.INTERRUPTED, "the run was interrupted before its end"
    said = " ".join(str(trouble).split())[:300]
    return ExitCode.SUITE_ERROR, f"the suite itself failed: {type(trouble).__name__}{': ' if said else ''}{said}"


def report_trouble(
    folder: Path, code: ExitCode, sentence: str, *, target: Target, framing: Framing | None = None
) -> dict[str, Json]:
    """Write the reports of a run that ended with `code` before it could be judged, and return its document.

    Nothing was exercised, so nothing is passed: the outcome is incomplete and `sentence` its reason. Trouble with the
    folder is left to the sentence on the screen: it is the likely reason for all this.
    """
    drawn = assemble(History((), target, complete=False), framing or Framing())
    changed = {
        "outcome": str(Conformance.INCOMPLETE),
        "reasons": [sentence],
        "interrupted": code is ExitCode.INTERRUPTED,
        "exit_code": int(code),
    }
    document = {**drawn, **changed}
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        write(document, folder / REPORT)
        draw(document, folder)
    return document
