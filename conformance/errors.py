"""Our own troubles, one family, each with its remedy. A target's misdeeds are findings, never exceptions."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process answers with; the table in the README."""

    CONFORMANT = 0
    NONCONFORMANT = 1
    USAGE = 2
    UNREACHABLE = 3
    INCOMPLETE = 4
    SUITE_ERROR = 5
    INTERRUPTED = 130


class SuiteError(Exception):
    """The suite cannot go on. `remedy` is the sentence that tells the user what to do about it."""

    exit_code = ExitCode.SUITE_ERROR

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message} {self.remedy}".strip()


class UsageError(SuiteError):
    """An option, a configuration key or an input file is wrong."""

    exit_code = ExitCode.USAGE


class HistoryError(UsageError):
    """A history cannot be judged. `line` is its 1-based line number, 0 when no single line is to blame."""

    def __init__(self, message: str, *, line: int = 0, remedy: str = "") -> None:
        super().__init__(f"line {line}: {message}" if line else message, remedy=remedy)
        self.line = line


class TargetUnreachableError(SuiteError):
    """No DDS answers at the target: nothing at all, or something else."""

    exit_code = ExitCode.UNREACHABLE


class CredentialsRefusedError(SuiteError):
    """The target does not accept the credentials."""

    exit_code = ExitCode.UNREACHABLE


def did_you_mean(given: str, known: Iterable[str], listing: str = "", *, quoted: bool = True) -> str:
    """Return the remedy for a name that is none: the nearest of those `known`, if any is near, and where all stand."""
    folded = {name.lower(): name for name in known}
    near = difflib.get_close_matches(given.strip("*?").lower(), folded, 1, 0.5)
    if not near:
        return listing
    name = folded[near[0]]
    return f"Did you mean {repr(name) if quoted else name}? {listing}".strip()
