"""`python -m conformance.reference`: serve the embedded DDS until told to stop."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.reference.faults import FAULTS
from conformance.reference.hooks.deployed_habits import HABITS
from conformance.reference.server import serve
from conformance.reference.server_settings import Lag, Settings
from conformance.reference.variants import VARIANTS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m conformance.reference", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port of the API, 0 for a free one")
    parser.add_argument("--storage-port", type=int, default=0, help="port of the storage provider, 0 for a free one")
    parser.add_argument("--lag", type=Lag.parse, default=Lag(0.3, 0.3), help="SECONDS or MIN-MAX until consistent")
    parser.add_argument("--data", type=Path, required=True, help="folder for the database and the stored bytes")
    parser.add_argument("--seed", type=int, default=0, help="seed of ids, keys, lags and misbehaviour")
    parser.add_argument("--fault", action="append", default=[], choices=sorted(FAULTS), metavar="NAME", help="break")
    parser.add_argument("--variant", action="append", default=[], choices=sorted(VARIANTS), metavar="NAME", help="bend")
    parser.add_argument("--habits", choices=sorted(HABITS), help="do all that a known service does")
    parser.add_argument("--die-with-parent", action="store_true", help="stop when the parent process is gone")
    parser.add_argument("--script", type=Path, metavar="FILE", help="trouble to make, and where to put what was seen")
    return parser


def main() -> int:
    """Serve; return the exit code (0 after a signal, 2 for a port that is taken)."""
    options = _parser().parse_args()
    settings = Settings(
        data=options.data,
        lag=options.lag,
        seed=options.seed,
        port=options.port,
        storage_port=options.storage_port,
        faults=tuple(options.fault),
        variants=tuple(options.variant),
        habits=options.habits,
        die_with_parent=options.die_with_parent,
        script=options.script,
    )
    try:
        serve(settings)
    except OSError as error:
        sys.stderr.write(f"cannot serve: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
