"""Soak the judgement over several clocks: legal histories of workers up to 5 s and 100 ppm apart, no alarm.

    python benchmarks/soak_clocks.py [HISTORIES] [FIRST-SEED]

Half of them with clocks that were compared by round trips, half with clocks of which nothing is known. Exits 1 at the
first alarm, with the finding and the seed that shows it again.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "consistency"))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "soak"))

from judged import MEASURED, findings
from legal_dds import pack
from skewed_workers import parted, together

from conformance.judge import judge_history

PACKED = 100
MOST_WORKERS = 6


def main(histories: int, first: int) -> int:
    """Judge `histories` of them; 0 when none raised an alarm."""
    begun, crossing, worst = time.process_time(), 0, 0
    for seed in range(first, first + histories // PACKED):
        parts = parted(pack(seed, PACKED), 2 + seed % (MOST_WORKERS - 1), random.Random(seed), compared=seed % 2 == 0)
        history, clocks = together(parts)
        assert clocks is not None
        crossing += clocks.crossing
        worst = max(worst, *(bound or 0 for bound in clocks.bounds_ns.values()))
        for finding in findings(judge_history(history)):
            if finding.requirement not in MEASURED:
                print(f"ALARM in seed {seed}: {finding}")
                return 1
    took = time.process_time() - begun
    print(f"{histories} histories, {crossing} operations across workers, worst bound {worst / 1e6:.2f} ms: no alarm")
    print(f"{took:.0f} s of CPU")
    return 0


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(arguments + [10_000, 0][len(arguments) :])))
