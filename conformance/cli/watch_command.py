"""``watch``: judge the traffic of other clients, from between them and the target."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import click

from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.options import REACHING, configuration, configured
from conformance.cli.screen.console import Console, Mode, Wait
from conformance.cli.screen.present import console, show
from conformance.errors import UsageError
from conformance.run.progress import NS_PER_S
from conformance.run.report_writers import require
from conformance.settings.run_settings import Settings
from conformance.watch.watching import Watch, Wishes

OPTIONS = ("target", "credentials", "report_dir", "report", "converge_within", "strict", "only", *REACHING[2:])
_LIVE_S, _PLAIN_S = 0.3, 5.0


@click.command(cls=GroupedCommand)
@configured(*OPTIONS)
@click.option("--listen", default="127.0.0.1:0", show_default="127.0.0.1 and a free port", metavar="HOST:PORT",
              help="Where clients are to connect.")  # fmt: skip
@click.option("--read-along", is_flag=True, help="Add reads of the suite's own, with the operator's token; no writes.")
@click.option("--for", "seconds", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help="End after so long; Ctrl-C ends it as well.")  # fmt: skip
@click.option("--require-core", is_flag=True, help="Exit with 4 unless the core of the contract was exercised.")
@click.option("--json", "as_json", is_flag=True, help="Print the run document.")
@click.option("--quiet", is_flag=True, help="Print the outcome alone.")
@click.option("--verbose", is_flag=True, help="Show each requirement that passed, too.")
def watch(**given: Any) -> int:
    """Stand between any client and a target, and judge what passes by.

    Point the client at the address that is printed, instead of the target. Exit codes: 0, 1 when a requirement is
    broken, 4 with --require-core when the core was not exercised.
    """
    settings = configuration(given).settings()
    _usable(settings, read_along=given["read_along"])
    host, port = _address(given["listen"])
    wishes = Wishes(host, port, given["seconds"], given["read_along"], given["require_core"])
    screen = console(as_json=given["as_json"], quiet=given["quiet"], verbose=given["verbose"])
    watching = Watch(settings, wishes, screen.remark)
    with _ended_by_signals(watching.stop):
        try:
            document = watching.run(_ready(screen, settings), _ticker(screen, watching, settings))
        finally:
            screen.done()
    return show(document, settings.report_dir, screen, status=int(document["exit_code"]))


def _usable(settings: Settings, *, read_along: bool) -> None:
    if not settings.target.base_url:
        raise UsageError("there is no target to watch.", remedy="Say: --target https://host[:port]")
    if settings.network.proxy is not None:
        raise UsageError("watch connects to the target directly.", remedy="Unset DDS_CONFORMANCE_PROXY.")
    require(settings.report)
    if read_along and not settings.credentials.given:
        raise UsageError("--read-along needs credentials.", remedy="Set DDS_API_TOKEN, or name a --credentials FILE.")


def _address(given: str) -> tuple[str, int]:
    host, _, port = given.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise UsageError(f"{given!r} is no address to listen at.", remedy="Say: --listen HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


def _ready(screen: Console, settings: Settings) -> Callable[[str], None]:
    def tell(address: str) -> None:
        screen.begin(f"watching {settings.target.base_url}; Ctrl-C ends it and writes {settings.report_dir}")
        click.echo(f"point clients at: {address}", err=screen.mode in (Mode.JSON, Mode.QUIET))
        sys.stdout.flush()

    return tell


def _ticker(screen: Console, watching: Watch, settings: Settings) -> Callable[[], None]:
    every_s = _LIVE_S if screen.mode is Mode.RICH else _PLAIN_S
    stated = [time.monotonic()]

    def tick() -> None:
        now, now_ns = time.monotonic(), time.monotonic_ns()
        if now - stated[0] < every_s:
            return
        stated[0] = now
        awaited = watching.live.progress.awaited_at(now_ns).items()
        bound_s = settings.target.converge_within_s
        screen.advance(
            watching.live.sentence(),
            [Wait(path, max(0, now_ns - since) / NS_PER_S, bound_s) for path, since in awaited],
        )

    return tick


@contextlib.contextmanager
def _ended_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM ask for the end; asked again, it is under way already, and bounded."""
    before = {number: signal.signal(number, lambda *_: stop()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
