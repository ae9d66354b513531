"""Soak the shards: many histories judged whole and in 1, 2, 7 and 64 shards, which may differ in nothing.

    python benchmarks/soak_shards.py [--legal N] [--first SEED] [--faults N | --folder DIR]

Legal histories and mutants of them come from the chaotic model of the judge's tests, one hundred packed together and
every tenth pack with a crime. `--faults N` judges a server with each of N faults (0: all) by a quick run and takes its
history; `--folder DIR` takes every history below a folder instead. Ends with 1 at the first difference.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "consistency"))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "scale"))

from legal_dds import Crime, pack
from sharded import differences, sharded

from conformance import history as histories
from conformance.model import History
from conformance.reference.faults import FAULTS
from conformance.reference.launch import launch

COUNTS = (1, 2, 7, 64)
PACKED = 100


@dataclass(slots=True)
class Counted:
    """What was compared: histories, operations, those judged in one place, and why whole ones were judged whole."""

    histories: int = 0
    operations: int = 0
    in_one_place: int = 0
    whole: Counter[str] = field(default_factory=Counter)


def compared(name: str, history: History, counted: Counted) -> bool:
    """Compare one history; print what differs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.parquet"
        found = list(differences(history, path, COUNTS, whole_too=True))
        result = sharded(path, 7, recorded=history.recorded)
    counted.operations += len(history.operations)
    counted.whole[result.why] += result.gist is None
    counted.in_one_place += len((result.gist.history if result.gist else history).operations)
    for line in found:
        print(f"DIFFERENCE in {name}: {line}")
    return not found


def packs(count: int, first: int) -> Iterator[tuple[str, History]]:
    """Yield packs of legal histories, every tenth with a crime, each crime in turn."""
    crimes = list(Crime)[1:]
    for number in range(count // PACKED):
        crime = crimes[number // 10 % len(crimes)] if number % 10 == 9 else Crime.NONE
        yield f"pack {first + number} {crime}", pack(first + number, PACKED, crime)


def of_faults(count: int) -> Iterator[tuple[str, History]]:
    """Yield the history of a quick run against the embedded server with each fault."""
    names = sorted(FAULTS)
    for name in names[:: max(1, len(names) // count)] if count else names:
        with tempfile.TemporaryDirectory() as folder, launch(lag="0.1-0.3", faults=[name]) as server:
            plain = {key: value for key, value in os.environ.items() if not key.startswith("DDS_")}
            tokens = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
            words = ["run", "--quiet", "--effort", "quick", "--converge-within", "4", "--target", server.base_url]
            command = [sys.executable, "-m", "conformance", *words, "--report-dir", folder]
            subprocess.run(command, env={**plain, **tokens}, check=False, stdout=subprocess.DEVNULL)
            yield name, histories.read(Path(folder) / "history.jsonl")


def in_folder(folder: Path) -> Iterator[tuple[str, History]]:
    """Yield every history below a folder."""
    for path in sorted(folder.rglob("history.jsonl")):
        yield str(path.parent.relative_to(folder)), histories.read(path)


def main() -> int:
    """Compare all that was asked for; 0 when nothing differed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--legal", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--faults", type=int)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    begun, right = time.process_time(), True
    groups = {"packs of legal histories and mutants": packs(asked.legal, asked.first)}
    if asked.folder:
        groups["histories of the folder"] = in_folder(asked.folder)
    elif asked.faults is not None:
        groups["histories of faults"] = of_faults(asked.faults)
    for title, found in groups.items():
        counted = Counted()
        for name, history in found:
            counted.histories += 1
            right &= compared(name, history, counted)
        reasons = json.dumps({why: count for why, count in counted.whole.items() if count})
        print(f"{counted.histories} {title}, {counted.operations} operations, {counted.in_one_place} of them judged in "
              f"one place; judged whole: {reasons}")  # fmt: skip
    print(f"{'no difference' if right else 'DIFFERENCES'}; {time.process_time() - begun:.0f} s of CPU")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
