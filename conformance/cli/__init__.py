"""``dds-conformance``: the commands. Each file holds one or a few that belong together."""

from __future__ import annotations

import sys

import click

from conformance.cli.catalogue_command import requirements
from conformance.cli.certify_commands import certify, challenge, verify
from conformance.cli.client_command import client
from conformance.cli.judge_command import judge
from conformance.cli.release_commands import compare, matrix, report
from conformance.cli.replay_command import replay
from conformance.cli.run_command import run
from conformance.cli.selftest_command import selftest
from conformance.cli.serve_command import faults, serve
from conformance.cli.target_commands import clean, config, doctor
from conformance.cli.trend_command import trend
from conformance.errors import ExitCode, SuiteError

EPILOG = """\b
Exit codes:
  0    conformant
  1    nonconformant
  2    an option, a configuration key or an input file is wrong
  3    target unreachable, or credentials refused
  4    incomplete: blocked core requirements, or a run cut short
  5    the suite's own error
  130  interrupted by the user
"""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="dds-conformance")
def cli() -> None:
    """Decide whether a server keeps the eventual-consistency contract of the DDS API.

    `run` judges a target (the embedded server when none is named), `judge` a recorded history, `client` a client.
    Credentials come from the environment (DDS_API_TOKEN, or DDS_AGENT_KEY with DDS_USER_KEY; DDS_OTHER_API_TOKEN for a
    second user) or from a file, never from the command line.
    """


COMMANDS = (
    run,
    client,
    judge,
    replay,
    report,
    compare,
    matrix,
    trend,
    certify,
    verify,
    challenge,
    serve,
    faults,
    selftest,
    requirements,
    doctor,
    clean,
    config,
)
for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Run the command line and leave with its exit code; our own errors are one sentence with a remedy."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except click.ClickException as wrong:
        wrong.show()
        code = wrong.exit_code
    except SuiteError as trouble:
        click.echo(f"error: {trouble}", err=True)
        code = trouble.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = ExitCode.INTERRUPTED
    sys.exit(int(code or 0))
