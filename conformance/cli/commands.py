"""The table of commands: a command's code is loaded when it is asked for, so that help and version come at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

import click

from conformance.errors import did_you_mean

EPILOG = """\b
Exit codes:
  0    conformant
  1    nonconformant
  2    an option, a configuration key, an input file or the report folder is wrong
  3    target unreachable, or credentials refused
  4    incomplete: blocked core requirements, or a run cut short
  5    the suite's own error
  130  interrupted by the user
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command's code stands, `attribute` of `module` in this package, and its `summary` for the overview."""

    module: str
    attribute: str
    summary: str


PLACES = {
    place.attribute: place
    for place in (
        Place("run_command", "run", "Judge a target."),
        Place("judge_command", "judge", "Judge HISTORY, a recording of ours or of the deployed service's form."),
        Place("histories.history_command", "history", "Convert a history into Parquet, and back."),
        Place("soak_command", "soak", "Load a target from many processes or machines, and judge what it answered."),
        Place("watch_command", "watch", "Stand between any client and a target, and judge what passes by."),
        Place(
            "client_command",
            "client",
            "Certify a client: run COMMAND once per scenario.",
        ),
        Place("replay_command", "replay", "Run one saved plan again, alone, as it was drawn."),
        Place("release_commands", "report", "Draw the reports again from REPORT.json alone."),
        Place("release_commands", "compare", "Compare two runs by requirement, and exit with 1 on a regression."),
        Place("release_commands", "matrix", "Lay several targets or versions side by side, as HTML and Markdown."),
        Place(
            "certify_commands",
            "certify",
            "Make a certificate of the run that left REPORT_DIR.",
        ),
        Place(
            "certify_commands",
            "verify",
            "Judge the evidence of BUNDLE.tgz again from nothing.",
        ),
        Place("certify_commands", "challenge", "Issue a challenge: what a certified run must answer."),
        Place("trend_command", "trend", "Draw the runs below DIR over time."),
        Place("serve_command", "serve", "Serve the embedded DDS until interrupted."),
        Place("serve_command", "faults", "List the faults and the legal variants of the embedded DDS."),
        Place("selftest_command", "selftest", "Run the suite against every fault and every legal variant."),
        Place("catalogue_command", "requirements", "List the requirements: id, level, section, what each asks."),
        Place("target_commands", "doctor", "Ask whether a run against the target can succeed."),
        Place("target_commands", "clean", "Remove what a run left behind: only what its LEDGER holds."),
        Place("target_commands", "config", "Show the configuration."),
    )
}
"""The commands in the order of the overview."""


class LazyGroup(click.Group):
    """A group whose commands are named in `PLACES` and loaded one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table."""
        return list(PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own
        """Load a command; return None for a name that is none."""
        place = PLACES.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(import_module(f"conformance.cli.{place.module}"), place.attribute)
        return debuggable(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant.

        Raises:
            UsageError: there is none of that name; the nearest is named.
        """
        if args and not args[0].startswith("-") and args[0] not in PLACES:
            listing = "`dds-conformance --help` lists the commands."
            ctx.fail(f"there is no command {args[0]!r}. {did_you_mean(args[0], PLACES, listing)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write the overview from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.summary) for name, place in PLACES.items()])


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its whole name, those of a group included; all of their code is loaded."""
    group = LazyGroup()
    context = click.Context(group)
    for name in PLACES:
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", one) for sub, one in command.commands.items())
        elif command is not None:
            yield name, command


def debuggable(command: click.Command) -> click.Command:
    """Give a command, and those of a group, the option ``--debug``, once."""
    for one in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
        if not any("--debug" in parameter.opts for parameter in one.params):
            one.params.append(_debug())
    return command


def _debug() -> click.Option:
    """Make the option; whether it was given is read where errors end up, also where other options are wrong."""
    return click.Option(["--debug"], is_flag=True, expose_value=False, help="Show the traceback of a crash.")


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=[_debug()],
)
@click.version_option(package_name="dds-conformance")
def cli() -> None:
    """Decide whether a server keeps the eventual-consistency contract of the DDS API.

    `run` judges a target (the embedded server with --embedded), `judge` a recorded history. Credentials come from
    the environment (DDS_API_TOKEN, or DDS_AGENT_KEY with DDS_USER_KEY; DDS_OTHER_API_TOKEN for a second user) or from a
    file, never from the command line.
    """
