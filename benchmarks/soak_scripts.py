"""Do the scripts of findings show what they are for? Each fault in turn, against a broken and a right server, both new.

For each fault the embedded server is judged until the fault is proved; then both scripts of the first finding of each
rule that is broken run against another server with the same fault, where they must show the violation again (a race:
how often of ten), and against one without, where they must not. ``--faults N`` tries so many, chosen so that every
requirement that a fault can break and every family of faults is met (0: all); ``--only NAME`` one, ``--state FILE``
goes on where an earlier call ended. ``--keep FOLDER`` keeps the reports: a history that lies there is judged again, so
that scripts are drawn anew from an earlier run. It ends with 1 if a script fails.
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
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conformance.engine.search.early_stop import STOP_AT
from conformance.outcome.target_description import REQUIREMENT as DESCRIPTION
from conformance.reference.faults import FAULT_LAYERS, FAULTS
from conformance.reference.launch import RunningServer, launch

LAG = "0.3-0.5"
WITHIN_S = 4
PATIENCE_S = 240
WORDS = ["run", "--effort", "standard", "--seed", "1", "--converge-within", str(WITHIN_S), "--quiet"]


@dataclass(frozen=True, slots=True)
class Tried:
    """What one script did: its fault and finding, its exit code at the broken and the right server, its last line."""

    fault: str
    requirement: str
    rule: str
    scenario: str
    language: str
    broken: int
    right: int
    said: str
    took_s: float

    @property
    def good(self) -> bool:
        """Whether it showed the violation at the broken server alone (2: a right one refuses what leads there)."""
        return self.broken == 0 and self.right in (1, 2)

    def __str__(self) -> str:
        """Give the line to print."""
        mark = "ok" if self.good else "WRONG"
        at = f"{self.fault}  {self.requirement} {self.rule} ({self.scenario})  {self.language}"
        return f"{mark:5}  {at}  {self.said}; right server {self.right}; {self.took_s:.1f} s"


def environment(server: RunningServer, **more: str) -> Mapping[str, str]:
    """Give the environment that a script needs."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DDS_")}
    tokens = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
    return {**plain, **tokens, "DDS_TARGET": server.base_url, **more}


def judged(fault: str, folder: Path) -> Mapping[str, Any]:
    """Judge a server with a fault until it is proved; return the run document, whose scripts lie in the folder."""
    first, history = FAULTS[fault].breaks[0], folder / "history.jsonl"
    if history.exists():
        _conformance(["judge", str(history)], folder, os.environ)
    else:
        with launch(lag=LAG, faults=[fault]) as server:
            described = ["--target-openapi", server.description_url] if first == DESCRIPTION else []
            _conformance([*WORDS, *described], folder, environment(server, **{STOP_AT: first}))
    document: Mapping[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return document


def _conformance(words: Sequence[str], folder: Path, env: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "conformance", *words, "--report-dir", str(folder)]
    subprocess.run(command, env=env, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def first_findings(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the first finding of each broken rule that has a program."""
    seen: set[tuple[str, str]] = set()
    for finding in document["findings"]:
        rule = finding["requirement"], finding["rule"]
        if finding["program"] and rule not in seen and finding["level"] != "MEASURED":
            seen.add(rule)
            yield finding


def scenario_of(finding: Mapping[str, Any]) -> str:
    """Name the scenario that a finding comes from."""
    return next((one["scenario"] for one in finding["evidence"] if one.get("scenario")), "")


def ended(script: Path, server: RunningServer, **more: str) -> tuple[int, str]:
    """Run a script; return its exit code and its last line."""
    command = [sys.executable if script.suffix == ".py" else "sh", str(script)]
    env = environment(server, **more)
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return -1, f"nothing after {PATIENCE_S} s"
    return done.returncode, ((done.stdout + done.stderr).strip().splitlines() or [""])[-1]


def tried(fault: str, keep: Path | None = None) -> Iterator[Tried]:
    """Try all scripts of a fault; the folder of the run stays under `keep`."""
    with tempfile.TemporaryDirectory() as name, launch(lag=LAG, faults=[fault]) as bad, launch(lag=LAG) as right:
        folder = keep / fault if keep else Path(name)
        for finding in first_findings(judged(fault, folder)):
            for end in ("sh", "py"):
                script = folder / "reproduce" / f"finding-{finding['index']}.{end}"
                begun = time.monotonic()
                (code, said), (other, _) = ended(script, bad), ended(script, right, TRIES="1")
                where = (finding["requirement"], finding["rule"], scenario_of(finding))
                yield Tried(fault, *where, end, code, other, said, round(time.monotonic() - begun, 1))


def chosen(count: int) -> Sequence[str]:
    """Choose faults: in each round the one that breaks most of what none chosen yet breaks, families included."""
    family = {name: f"family {layer.__module__}" for name, layer in FAULT_LAYERS.items()}
    whole = {name: {family[name], *fault.breaks[:2]} for name, fault in FAULTS.items()}
    names: list[str] = []
    met: Counter[str] = Counter()
    while len(names) < count:
        rest = [name for name in FAULTS if name not in names]
        names.append(max(rest, key=lambda name: sum(1 / (1 + met[one]) ** 3 for one in whole[name])))
        met.update(whole[names[-1]])
    return names


def main() -> int:
    """Try the faults that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=40, metavar="N")
    parser.add_argument(
        "--at-once", type=int, default=1, metavar="N", help="faults side by side: most of it is waiting"
    )
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--state", type=Path, metavar="FILE", help="rows that are there are not tried again")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the reports and scripts stay")
    asked = parser.parse_args()
    names = asked.only or chosen(min(asked.faults, len(FAULTS)) or len(FAULTS))
    state = _read(asked.state)
    with ThreadPoolExecutor(asked.at_once) as pool:
        waiting = {
            pool.submit(lambda name: list(tried(name, asked.keep)), name): name for name in names if name not in state
        }
        for done in as_completed(waiting):
            state[waiting[done]] = done.result()
            for row in done.result():
                print(row, flush=True)
            if asked.state:
                asked.state.write_text(json.dumps({k: [asdict(row) for row in v] for k, v in state.items()}, indent=1))
    return summed({name: state[name] for name in names})


def _read(state: Path | None) -> dict[str, list[Tried]]:
    if not state or not state.exists():
        return {}
    return {name: [Tried(**row) for row in rows] for name, rows in json.loads(state.read_text()).items()}


def summed(state: Mapping[str, Sequence[Tried]]) -> int:
    """Print what came of all; return the exit code."""
    rows = [row for found in state.values() for row in found]
    wrong = [row for row in rows if not row.good]
    without = [name for name, found in state.items() if not found]
    right = len(state) - len(without) - len({row.fault for row in wrong})
    print(f"\n{len(rows) - len(wrong)} of {len(rows)} scripts are right, those of {right} of {len(state)} faults all")
    print(f"rules: {', '.join(sorted({f'{row.requirement} {row.rule}' for row in rows}))}")
    print(f"scenarios: {', '.join(sorted({row.scenario for row in rows}))}")
    for row in rows:
        if row.good and "1 of 1" not in row.said:
            print(f"a race: {row}")
    for said in (*wrong, *(f"{name} has no script" for name in without)):
        print(said)
    return 1 if wrong or without else 0


if __name__ == "__main__":
    sys.exit(main())
