"""How every command ends: one place catches whatever may come, and gives it a sentence and an exit code.

0, 1 and 4 belong to verdicts (1 also to what `compare` and `selftest` find, 4 to what `clean` had to leave). What the
user can mend is 2, everything else that goes wrong in the suite itself is 5.
"""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from conformance import interrupts
from conformance.cli.commands import cli
from conformance.cli.ends import shielded
from conformance.errors import ExitCode, SuiteError
from conformance.run.github_actions import announce_trouble

_MENDABLE = frozenset(
    {
        errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOSPC,
        errno.EDQUOT, errno.ENAMETOOLONG, errno.ELOOP,
    }
)  # fmt: skip
"""Troubles with a file that its owner can do something about."""


def carried_out(words: Sequence[str]) -> int:
    """Carry out a command line and return its exit code; everything raised in it ends here."""
    shielded.shield()
    interrupts.deliver_again()
    code = _code(words)
    trouble = shielded.undelivered()
    if trouble is not None and code in (ExitCode.CONFORMANT, ExitCode.INCOMPLETE):
        _tell(f"standard output cannot be written: {trouble.strerror}. Make room, or send it elsewhere.")
        return int(ExitCode.SUITE_ERROR)
    return code


def _code(words: Sequence[str]) -> int:
    try:
        return int(cli.main(list(words), standalone_mode=False) or 0)
    except click.exceptions.Exit as leave:
        return int(leave.exit_code)
    except click.ClickException as wrong:
        wrong.show()
        announce_trouble(wrong.format_message(), os.environ, _command)
        return int(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        return _interrupted()
    except SuiteError as trouble:
        _show_traceback(words)
        _tell(str(trouble))
        return int(trouble.exit_code)
    except SystemExit as leave:  # no command of ours leaves like that: a library gave up
        return _crashed(leave, words)
    except Exception as trouble:  # noqa: BLE001 - the last resort: nothing but a verdict may end with 1
        return _interrupted() if interrupts.asked() else _crashed(trouble, words)


def _interrupted() -> int:
    interrupts.ignore()
    click.echo("interrupted", err=True)
    return int(ExitCode.INTERRUPTED)


def _crashed(trouble: BaseException, words: Sequence[str]) -> int:
    """Say in one sentence what broke: a file that the user can mend, else the suite itself."""
    _show_traceback(words)
    if isinstance(trouble, OSError) and trouble.errno in _MENDABLE:
        _tell(_about_file(trouble))
        return int(ExitCode.USAGE)
    said = " ".join(str(trouble).split())
    what = f"{type(trouble).__name__}{': ' if said else ''}{said[:300]}"
    _tell(f"the suite itself failed{_place(trouble)}: {what}. Say --debug for the traceback.")
    return int(ExitCode.SUITE_ERROR)


def _about_file(trouble: OSError) -> str:
    if trouble.filename is None and "temporary" in str(trouble.strerror):
        return f"{trouble.strerror}. Name a folder that can be written in TMPDIR."
    where = f"{trouble.filename}: " if trouble.filename is not None else ""
    return f"{where}{trouble.strerror}. Name another file or folder, or mend its permissions."


def _place(trouble: BaseException) -> str:
    frames = traceback.extract_tb(trouble.__traceback__)
    return f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def _show_traceback(words: Sequence[str]) -> None:
    if "--debug" in words:
        click.echo(traceback.format_exc(), err=True)


def _tell(sentence: str) -> None:
    click.echo(f"error: {sentence}", err=True)
    announce_trouble(sentence, os.environ, _command)


def _command(text: str) -> None:
    shielded.command(text, err=True)
