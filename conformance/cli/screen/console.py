"""The screen: progress with what is awaited, duties by outcome, findings in sentences, what to do next.

Four modes: rich on a terminal, plain elsewhere (no colour, no rewriting), quiet (the outcome alone) and json (the run
document alone). Progress goes to standard error, results to standard output. Everything that a target said is printed
as text: neither markup nor escape sequences in it take effect.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console as Screen
from rich.console import Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance.outcome.display_text import count, judged, line, rate, seconds
from conformance.release.next_step import next_steps, see_again

Document = Mapping[str, Any]
PLAIN_WIDTH = 140
MOST_WAITS = 4
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
    """One run on the screen: `begin`, `advance` as often as there is news, `done`, then `show`."""

    def __init__(self, mode: Mode, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.mode = mode
        self._stream = out or sys.stdout
        self._out = _screen(self._stream, mode)
        self._err = _screen(err or sys.stderr, mode)
        self._live: Live | None = None

    def begin(self, sentence: str, what: str = "") -> None:
        """Say first what is judged, in every mode, and then what begins."""
        if what:
            self._err.print(Text(f"JUDGING: {line(what)}", style="bold"))
        if self.mode in (Mode.RICH, Mode.PLAIN):
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
            told = f"; awaiting {_wait(longest[0])}" if longest else ""
            more = f" and {len(longest) - 1} more" if len(longest) > 1 else ""
            self._err.print(Text(f"{line(sentence)}{told}{more}"))

    def remark(self, sentence: str) -> None:
        """Say something that stays on the screen while the run goes on."""
        if self.mode in (Mode.RICH, Mode.PLAIN):
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
            self._out.print(_duties(document, rich=self.mode is Mode.RICH))
            for block in (*_findings(document), _verdict(document), *_next(document, directory)):
                self._out.print(block, soft_wrap=isinstance(block, Text) and bool(block.no_wrap))


def _screen(stream: TextIO, mode: Mode) -> Screen:
    if mode is Mode.RICH:
        return Screen(file=stream, highlight=False, emoji=False)
    return Screen(file=stream, highlight=False, emoji=False, color_system=None, force_terminal=False, width=PLAIN_WIDTH)


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


def _duties(document: Document, *, rich: bool) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold" if rich else "")
    for name, right in (("outcome", False), ("level", False), ("duty", False), ("exposures", True), ("≤ 95 %", True)):
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    table.add_column("")
    order = list(OUTCOMES)
    for row in sorted(document["requirements"], key=lambda row: order.index(row["outcome"])):
        word, style = OUTCOMES[row["outcome"]]
        counted = (count(row["exposures"]), rate(row.get("bound_95")))
        table.add_row(Text(word, style=style), row["level"], row["id"], *counted, Text(line(row.get("note", ""))))
    return table


def _findings(document: Document) -> Iterable[RenderableType]:
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
    for what, told in next_steps(document, directory):
        if what != "see it again":  # told already, with each duty that is broken
            yield command(what, told)


def command(what: str, told: str) -> Text:
    """Give a command as one line, however long: what is broken apart cannot be pasted."""
    return Text.assemble(f"{what}: ", (told, "bold"), no_wrap=True)
