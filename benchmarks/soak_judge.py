"""Soak the judge: many histories of a legal but chaotic replicated DDS, none of which may raise an alarm.

    python benchmarks/soak_judge.py [HISTORIES] [FIRST-SEED]

Every second pack has what surrounds uploads as well: members, folders, renames, redirects, limits, late reads.

Prints figures and exits 1 at the first alarm, with the finding and the seed that shows it again.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "consistency"))

from judged import MEASURED, findings
from legal_dds import pack
from legal_surroundings import packed

from conformance.judge import judge_history

PACKED = 100
"""Histories judged together, each about a project of its own, so that rules over a whole run are soaked too."""


def main(histories: int, first: int) -> int:
    """Judge `histories` of them; 0 when none raised an alarm."""
    begun, operations, stale, exposed = time.process_time(), 0, 0, Counter[str]()
    for seed in range(first, first + histories // PACKED):
        history = (packed if seed % 2 else pack)(seed, PACKED)
        judgement = judge_history(history)
        operations += len(history.operations)
        for finding in findings(judgement):
            if finding.requirement not in MEASURED:
                print(f"ALARM in seed {seed}: {finding}")
                return 1
            stale += 1
        exposed.update({name: tally.exposures for name, tally in judgement.tallies.items()})
    print(f"{histories} histories, {operations} operations, {time.process_time() - begun:.0f} s of CPU: no alarm")
    print(f"measured staleness, legal: {stale}; exposures: {dict(sorted(exposed.items()))}")
    return 0


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(arguments + [1_000_000, 0][len(arguments) :])))
