"""``dds-conformance``: the commands. Each file holds one or a few that belong together.

This module loads next to nothing, so that an interrupt is answered from the first moment on.
"""

from __future__ import annotations

import sys

from conformance import interrupts
from conformance.errors import ExitCode

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave with its exit code, whatever happens: never with a traceback."""
    interrupts.acknowledge()
    try:
        from conformance.cli.ends.ending import carried_out  # noqa: PLC0415 - late: an interrupt of its import is answered

        code = carried_out(sys.argv[1:])
    except KeyboardInterrupt:
        code = int(ExitCode.INTERRUPTED)
    except Exception as trouble:  # noqa: BLE001 - nothing but a verdict may end with 1, as a traceback would
        code = int(ExitCode.SUITE_ERROR)
        if interrupts.asked():
            code = int(ExitCode.INTERRUPTED)
        else:
            interrupts.say(f"error: the command cannot start: {type(trouble).__name__}: {trouble}")
    interrupts.ignore()
    sys.exit(code)
