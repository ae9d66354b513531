"""Soak the reading of HAR files: legal chaos, exported at whatever resolution, none of which may raise an alarm.

    python benchmarks/soak_har.py [HISTORIES] [FIRST-SEED]

Prints figures and exits 1 at the first alarm, with the finding and the seed that shows it again.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "consistency"))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "watch"))

from har_writer import DIGITS, har_of
from judged import MEASURED, findings
from legal_dds import pack

from conformance.history.har.har_file import read_foreign
from conformance.history.har.har_operations import Reading
from conformance.judge import judge_history

PACKED = 20
"""Histories in one file: hashes are replaced in every body, which takes the square of their number."""


def main(histories: int, first: int) -> int:
    """Judge `histories` of them; 0 when none raised an alarm."""
    begun, operations, exposed = time.process_time(), 0, Counter[str]()
    for seed in range(first, first + histories // PACKED):
        dice, chaos = random.Random(seed), pack(seed, PACKED)
        text = json.dumps(har_of(chaos.operations, dice, dice.choice(DIGITS)))
        reading = Reading(converge_within_s=chaos.target.converge_within_s)
        history = read_foreign(text.encode(), reading).history
        judgement = judge_history(replace(history, target=chaos.target))
        operations += len(history.operations)
        for finding in findings(judgement):
            if finding.requirement not in MEASURED:
                print(f"ALARM in seed {seed}: {finding}")
                return 1
        exposed.update({name: tally.exposures for name, tally in judgement.tallies.items()})
    print(f"{histories} histories, {operations} operations, {time.process_time() - begun:.0f} s of CPU: no alarm")
    print(f"exposures: {dict(sorted(exposed.items()))}")
    return 0


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:3]]
    sys.exit(main(given[0] if given else 2_000, given[1] if len(given) > 1 else 0))
