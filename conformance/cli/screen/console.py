"""The screen: progress with what is awaited, duties by outcome, findings in sentences, what to do next.

Four modes: rich on a terminal, plain elsewhere (no colour, no rewriting), quiet (the outcome alone) and json (the run
document alone). Progress goes to standard error, results to standard output. Everything that a target said is printed
as text: neither markup nor escape sequences in it take effect.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console as Screen
from rich.console import Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from conformance.cli.screen.standing import Standing
from conformance.outcome.display_text import count, judged, line, rate, seconds
from conformance.release.next_step import next_steps, see_again

Document = Mapping[str, Any]
PLAIN_WIDTH = 140
MOST_WAITS = 4
_BAR, _WIDE = 12, 112
"""Columns of the bar beside the status line, and of a terminal that has room for it."""
MOST_FINDINGS = 3

OUTCOMES: Mapping[str, tuple[str, str]] = {
    "fail": ("✕ fail", "bold red"),
    "error": ("! error", "bold red"),
    "warn": ("▲ warn", "yellow"),
    "blocked": ("⊘ blocked", "magenta"),
    "not-observed": ("○ not-observed", "cyan"),
    "not-applicable": ("∅ not-applicable", "bright_black"),
    "pass": ("✓ pass", "green"),
}
"""What each outcome is called and how it is coloured, worst first."""
VERDICTS: Mapping[str, str] = {"conformant": "bold green", "nonconformant": "bold red", "incomplete": "bold yellow"}


class Mode(StrEnum):
    """How much is printed, and for whom."""

    RICH = "rich"
    PLAIN = "plain"
    QUIET = "quiet"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Wait:
    """Something awaited: what it is, for how long already, and the bound after which waiting ends, in seconds."""

    what: str
    since_s: float
    bound_s: float


def choose(*, quiet: bool, as_json: bool, terminal: bool, environment: Mapping[str, str]) -> Mode:
    """Choose the mode: options first, then what the stream can show; NO_COLOR and a dumb terminal ask for plain."""
    if as_json:
        return Mode.JSON
    if quiet:
        return Mode.QUIET
    plain = not terminal or environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
    return Mode.PLAIN if plain else Mode.RICH


class Console:
    """One run on the screen: `begin`, `stand` or `advance` as often as there is news, `done`, then `show`.

    `verbose` shows each duty that passed, too.
    """

    def __init__(
        self, mode: Mode, out: TextIO | None = None, err: TextIO | None = None, *, verbose: bool = False
    ) -> None:
        self.mode = mode
        self._verbose = verbose
        self._stream = out or sys.stdout
        self._out = _screen(self._stream, mode)
        self._err = _screen(err or sys.stderr, mode)
        self._live: Live | None = None
        self._spinner = Spinner("dots")

    @property
    def tells(self) -> bool:
        """Whether anything is said between the beginning and the results."""
        return self.mode in (Mode.RICH, Mode.PLAIN)

    def begin(self, sentence: str, what: str = "") -> None:
        """Say first what is judged, in every mode, and then what begins."""
        if what:
            self._err.print(Text(f"JUDGING: {line(what)}", style="bold"))
        if self.tells:
            self._err.print(Text(line(sentence)))
        if self.mode is Mode.RICH:
            self._live = Live(console=self._err, auto_refresh=False, transient=True)
            self._live.start()

    def advance(self, sentence: str, waits: Sequence[Wait] = ()) -> None:
        """Say where the run stands and what is awaited, the longest first."""
        longest = sorted(waits, key=lambda wait: -wait.since_s)
        if self._live:
            self._live.update(_standing(sentence, longest), refresh=True)
        elif self.mode is Mode.PLAIN:
            stated = f"; awaiting {_wait(longest[0])}" if longest else ""
            more = f" and {len(longest) - 1} more" if len(longest) > 1 else ""
            self._err.print(Text(f"{line(sentence)}{stated}{more}"))

    def stand(self, standing: Standing) -> None:
        """Say in one line where a run stands: the same line anew on a terminal, with the time of day elsewhere."""
        if self._live:
            self._live.update(_status(standing, self._err.width, self._spinner), refresh=True)
        elif self.mode is Mode.PLAIN:
            self._err.print(Text(f"{time.strftime('%H:%M:%S')} {line(standing.line())}"), soft_wrap=True)

    def proved(self, sentence: str, *, fails: bool) -> None:
        """Say a violation that is proved while the run goes on."""
        if self.tells:
            word, style = OUTCOMES["fail" if fails else "warn"]
            self._err.print(Text.assemble((f"{word}  ", style), line(sentence)))

    def remark(self, sentence: str) -> None:
        """Say something that stays on the screen while the run goes on."""
        if self.tells:
            self._err.print(Text(line(sentence)))

    def done(self) -> None:
        """End the progress, whatever ended the run; may be called twice."""
        if self._live:
            self._live.stop()
            self._live = None

    def show(self, document: Document, directory: Path | None = None) -> None:
        """Show what a run came to; `directory` is where its reports lie, if anywhere."""
        if self.mode is Mode.JSON:
            self._stream.write(json.dumps(document, indent=1) + "\n")
        elif self.mode is Mode.QUIET:
            self._stream.write(f"{document['outcome']}\n")
        else:
            self._out.print(Text(f"JUDGED: {judged(document)}", style="bold"))
            duties = _duties(document, verbose=self._verbose)
            for block in (*duties, *_findings(document, directory), _verdict(document), *_next(document, directory)):
                self._out.print(block, soft_wrap=isinstance(block, Text) and bool(block.no_wrap))


def _screen(stream: TextIO, mode: Mode) -> Screen:
    if mode is Mode.RICH:
        return Screen(file=stream, highlight=False, emoji=False)
    width = None if stream.isatty() else PLAIN_WIDTH
    return Screen(file=stream, highlight=False, emoji=False, color_system=None, force_terminal=False, width=width)


def _status(standing: Standing, width: int, spinner: Spinner) -> RenderableType:
    """Draw a status line: how much of a phase is done, if anybody can say, and the words that fit beside it."""
    barred = standing.share is not None and width >= _WIDE
    shown = _BAR if barred else 1
    words = Text(line(standing.line(width - shown - 2)), style="bold", no_wrap=True, overflow="crop")
    drawn: RenderableType = _bar(standing.share or 0.0) if barred else spinner
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=shown, no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_row(drawn, words)
    return table


def _bar(share: float) -> ProgressBar:
    return ProgressBar(total=1.0, completed=share, width=_BAR)


def _standing(sentence: str, waits: Sequence[Wait]) -> Group:
    rows = [Text(line(sentence), style="bold")]
    for wait in waits[:MOST_WAITS]:
        filled = min(20, int(20 * wait.since_s / wait.bound_s)) if wait.bound_s > 0 else 20
        rows.append(
            Text.assemble(("  " + "━" * filled, "cyan"), ("━" * (20 - filled), "bright_black"), f"  {_wait(wait)}")
        )
    if len(waits) > MOST_WAITS:
        rows.append(Text(f"  and {len(waits) - MOST_WAITS} more", style="bright_black"))
    return Group(*rows)


def _wait(wait: Wait) -> str:
    if wait.since_s > wait.bound_s:
        return f"{line(wait.what)}, {seconds(wait.since_s)}, past the bound of {seconds(wait.bound_s)}"
    return f"{line(wait.what)}, {seconds(wait.since_s)} of at most {seconds(wait.bound_s)}"


def _duties(document: Document, *, verbose: bool) -> Iterable[RenderableType]:
    """Give a line for each duty, broken ones first; passes as one line for each level, or each its own if `verbose`."""
    order = list(OUTCOMES)
    rows = sorted(document["requirements"], key=lambda row: order.index(row["outcome"]))
    yield Text(_columns("outcome", "level", "duty", "exposures", "≤ 95 %"), style="bold")
    for row in rows:
        if verbose or row["outcome"] != "pass":
            yield _duty(row)
            if row.get("note"):
                yield Padding(Text(line(row["note"]), style="bright_black"), (0, 0, 0, 4))
    if not verbose:
        yield from _passes([row for row in rows if row["outcome"] == "pass"])


def _duty(row: Document) -> Text:
    word, style = OUTCOMES[row["outcome"]]
    stated = _columns(word, row["level"], row["id"], count(row["exposures"]), rate(row.get("bound_95")))
    return Text.assemble((stated[: len(word)], style), stated[len(word) :])


def _columns(outcome: str, level: str, duty: str, exposures: str, bound: str) -> str:
    """Lay out a line of at most 80 columns."""
    return f"{outcome:<16}  {level:<8}  {duty:<28}  {exposures:>9}  {bound:>7}".rstrip()


def _passes(rows: Sequence[Document]) -> Iterable[Text]:
    """Fold what passed to one line for each level."""
    word, style = OUTCOMES["pass"]
    for level in dict.fromkeys(row["level"] for row in rows):
        of = [row for row in rows if row["level"] == level]
        duties = f"{len(of)} {'duty' if len(of) == 1 else 'duties'}"
        stated = _columns(word, level, duties, count(sum(row["exposures"] for row in of)), "")
        yield Text.assemble((stated[: len(word)], style), stated[len(word) :])
    if rows:
        yield Text("--verbose shows each that passed", style="bright_black")


def _script(document: Document, row: Document) -> str:
    """Give the script that shows a duty's first finding again; "" where there is none."""
    shown = [index for index in row["findings"] if document["findings"][index].get("program")]
    planned = [index for index in shown if document["findings"][index].get("plan")]
    return next((f"reproduce/finding-{index}.sh" for index in (*planned, *shown)), "")


def _findings(document: Document, directory: Path | None) -> Iterable[RenderableType]:
    order, again = list(OUTCOMES), document.get("role") != "client" and not document.get("recorded")
    for row in sorted(document["requirements"], key=lambda row: -order.index(row["outcome"])):
        if not row["findings"]:
            continue
        word, style = OUTCOMES[row["outcome"]]
        yield Text.assemble("\n", (f"{word}  {row['id']}", style), f"  {row['level']}, spec: {line(row['section'])}")
        for index in row["findings"][:MOST_FINDINGS]:
            yield Padding(Text(line(document["findings"][index]["sentence"])), (0, 0, 0, 2))
        if len(row["findings"]) > MOST_FINDINGS:
            yield Text(f"  and {count(len(row['findings']) - MOST_FINDINGS)} more")
        if again and row["outcome"] in ("fail", "warn"):
            yield command("  see it again", see_again(document, row))
        if directory and (script := _script(document, row)):
            yield command("  by hand", f"sh {shlex.quote(str(directory / script))}")


def _verdict(document: Document) -> Text:
    reasons = "; ".join(line(reason) for reason in document["reasons"])
    said = Text.assemble("\n", (document["outcome"], VERDICTS[document["outcome"]]), f": {reasons}")
    gate = document.get("expected")
    if gate:
        failing = [line(one["sentence"]) for one in gate["lines"] if one["state"] not in ("met", "not seen")]
        said.append(f"\nknown deviations: the gate {'passes' if gate['passed'] else 'fails'}")
        said.append("".join(f"\n  {sentence}" for sentence in failing))
    return said


def _next(document: Document, directory: Path | None) -> Iterable[Text]:
    for what, stated in next_steps(document, directory):
        if what != "see it again":  # told already, with each duty that is broken
            yield command(what, stated)


def command(what: str, stated: str) -> Text:
    """Give a command as one line, however long: what is broken apart cannot be pasted."""
    return Text.assemble(f"{what}: ", (stated, "bold"), no_wrap=True)
