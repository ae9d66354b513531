"""``dds-conformance``: the commands. Each file holds one or a few that belong together.

This module loads nothing, so that an interrupt is answered from its first line on; before it there is Python alone.
"""

from __future__ import annotations

import sys

__all__ = ["main"]

INTERRUPTED, SUITE_ERROR = 130, 5
"""As `ExitCode` has them, for the moment at which nothing else is loaded."""


def main() -> None:
    """Run the command line and leave with its exit code, whatever happens: never with a traceback."""
    try:
        code = _begun()
    except KeyboardInterrupt:
        code = _stopped()
    sys.exit(code)


def _begun() -> int:
    from conformance import interrupts  # noqa: PLC0415 - late: an interrupt of its import is answered

    interrupts.acknowledge()
    try:
        from conformance.cli.ends.ending import carried_out  # noqa: PLC0415 - as above

        code = carried_out(sys.argv[1:])
    except Exception as trouble:  # noqa: BLE001 - nothing but a verdict may end with 1, as a traceback would
        if interrupts.asked():
            return _stopped()
        interrupts.say(f"error: the command cannot start: {type(trouble).__name__}: {trouble}")
        code = SUITE_ERROR
    interrupts.ignore()
    return code


def _stopped() -> int:
    """Answer an interrupt that came before there was anybody to do it; return the exit code."""
    import contextlib  # noqa: PLC0415 - late: an interrupt that comes before it is answered
    import os  # noqa: PLC0415 - as above
    import signal  # noqa: PLC0415 - as above

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # nobody reads
        os.write(2, b"interrupted\n")
    return INTERRUPTED
