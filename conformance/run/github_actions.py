"""What a run tells GitHub Actions: its summary on the page of the job, and a few annotations; elsewhere nothing.

The runner reads commands (``::error …::…``) from whatever a step prints. So two things are done here: what we mean as a
command is escaped, and what a target said is disarmed before it is printed.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.outcome.display_text import escaped, line
from conformance.run.report_writers import draw

Document = Mapping[str, Any]
Say = Callable[[str], None]

SUMMARY_BYTES = 900_000
"""Most bytes that the summary of one step may hold; the service refuses a page of more than 1 MiB."""
MOST_LINES = 9
"""Most errors and warnings together: the service shows ten of a kind and drops the rest without a word."""
_MOST_CHARACTERS = 1_000
_CUT = "\n\n… cut here to fit this page; the whole is in summary.md and report.html of the report folder.\n"
_COMMAND = re.compile(r"::(?=[A-Za-z-]+(?:[ \t][^\n]*?)?::)")
_JOINER = "\N{WORD JOINER}"


@dataclass(frozen=True, slots=True)
class Note:
    """One annotation: its kind (``error``, ``warning``, ``notice``), a title and a sentence."""

    kind: str
    title: str
    message: str

    def command(self) -> str:
        """Return the line that the runner understands."""
        return f"::{self.kind} title={_property(self.title)}::{_data(self.message)}"


def active(environ: Mapping[str, str]) -> bool:
    """Whether this process is a step of a GitHub workflow."""
    return environ.get("GITHUB_ACTIONS", "").strip().lower() not in ("", "false", "0")


def announce(document: Document, environ: Mapping[str, str], say: Say) -> None:
    """Say a run's annotations, and append its summary to the page of the job; nothing outside of GitHub Actions."""
    if not active(environ):
        return
    for command in annotation_lines(document):
        say(command)
    with _harmless(say):
        _append(_summary(document), environ)


def announce_trouble(sentence: str, environ: Mapping[str, str], say: Say) -> None:
    """Say that a command ended without a verdict, as an annotation and on the page of the job."""
    if not active(environ):
        return
    say(Note("error", "dds-conformance", sentence).command())
    with _harmless(say):
        _append(f"# ✕ dds-conformance ended without a verdict\n\n{escaped(sentence)}\n", environ)


def annotation_lines(document: Document, most: int = MOST_LINES) -> list[str]:
    """Return the commands for at most `most` errors and warnings, the gravest first, and one that counts the others."""
    notes = list(_notes(document))
    commands = [note.command() for note in notes[:most]]
    if len(notes) > most:
        more = f"{len(notes) - most} more, in the summary and in report.html"
        commands.append(Note("notice", "DDS conformance", more).command())
    return commands


def disarmed(text: str) -> str:
    """Return text in which the runner finds no command."""
    return _COMMAND.sub(f":{_JOINER}:", text).replace("##[", f"#{_JOINER}#[")


def fitted(text: str, room: int) -> str:
    """Return Markdown cut between two blocks so that it takes at most `room` bytes; "" where nothing of it fits."""
    if len(text.encode()) <= room:
        return text
    retained, closing = "", ""
    for block in text.split("\n\n"):
        longer = f"{retained}\n\n{block}" if retained else block
        closing = "\n\n</details>" if longer.count("<details>") > longer.count("</details>") else ""
        if len(f"{longer}{closing}{_CUT}".encode()) > room:
            break
        retained = longer
    closing = "\n\n</details>" if retained.count("<details>") > retained.count("</details>") else ""
    return f"{retained}{closing}{_CUT}" if retained else ""


def _notes(document: Document) -> Iterable[Note]:
    if document["outcome"] == "incomplete":
        yield Note("error", "DDS conformance: incomplete", "; ".join(document["reasons"]) or "incomplete")
    lines = (document.get("expected") or {}).get("lines", ())
    yield from (Note("error", f"known deviations: {one['state']}", one["sentence"]) for one in lines if _fails(one))
    foreseen = {one["id"] for one in lines if one["state"] == "met"} - {one["id"] for one in lines if _fails(one)}
    stated = [
        (min(turn, 1), kind, turn, note)
        for row in document["requirements"]
        if (kind := _kind(row, foreseen))
        for turn, note in enumerate(_of_row(row, kind, document["findings"]))
    ]
    # The first finding of each requirement comes before the second of any: one that is broken often hides no other.
    yield from (note for *_, note in sorted(stated, key=lambda one: one[:3]))


def _fails(weighed: Document) -> bool:
    return weighed["state"] not in ("met", "not seen")


def _kind(row: Document, foreseen: set[str]) -> str:
    if row["outcome"] in ("fail", "error"):
        return "warning" if row["id"] in foreseen else "error"
    return "warning" if row["outcome"] == "warn" else ""


def _of_row(row: Document, kind: str, findings: list[Document]) -> Iterable[Note]:
    title = f"{row['id']} ({row['level']})"
    sentences = [findings[index]["sentence"] for index in row["findings"]] or [row["note"] or row["outcome"]]
    return (Note(kind, title, sentence) for sentence in sentences)


def _summary(document: Document) -> str:
    with tempfile.TemporaryDirectory(prefix="dds-summary-") as folder:
        (path,) = draw(document, Path(folder), ["md"])
        return path.read_text(encoding="utf-8")


def _append(text: str, environ: Mapping[str, str]) -> None:
    """Append to the page of the job as far as there is room."""
    if not environ.get("GITHUB_STEP_SUMMARY"):
        return
    path = Path(environ["GITHUB_STEP_SUMMARY"])
    there = path.stat().st_size if path.exists() else 0
    between = "\n\n" if there else ""
    shown = fitted(text, SUMMARY_BYTES - there - len(between))
    if shown:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"{between}{shown}")


@contextlib.contextmanager
def _harmless(say: Say) -> Iterator[None]:
    """Let trouble with the page of the job never change how a command ends: say it."""
    try:
        yield
    except OSError as trouble:
        say(Note("notice", "dds-conformance", f"the summary cannot be appended: {trouble.strerror}").command())


def _data(text: str) -> str:
    said = line(text)
    said = said if len(said) <= _MOST_CHARACTERS else f"{said[: _MOST_CHARACTERS - 1]}…"
    return said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
