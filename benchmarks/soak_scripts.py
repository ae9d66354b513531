"""Do the scripts of findings show what they are for? Each fault in turn, against a broken and a right server, both new.

For each fault the embedded server is judged once, quickly; then both scripts of the first finding of each broken duty
run against another server with the same fault, where they must show the violation again, and against one without, where
they must not. ``--faults N`` tries so many, spread over all (0: all); ``--only NAME`` one. It ends with 1 if one fails.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.reference.faults import FAULTS
from conformance.reference.launch import RunningServer, launch

LAG = "0.1-0.3"
WITHIN_S = 4
PATIENCE_S = 240


def environment(server: RunningServer, **more: str) -> Mapping[str, str]:
    """Give the environment that a script needs."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DDS_")}
    tokens = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
    return {**plain, **tokens, "DDS_TARGET": server.base_url, **more}


def judged(fault: str, folder: Path) -> Mapping[str, Any]:
    """Judge a server with a fault; return the run document, whose scripts lie in the folder."""
    words = ["run", "--effort", "quick", "--converge-within", str(WITHIN_S), "--report-dir", str(folder), "--quiet"]
    with launch(lag=LAG, faults=[fault]) as server:
        command = [sys.executable, "-m", "conformance", *words]
        subprocess.run(command, env=environment(server), check=False, stdout=subprocess.DEVNULL)
    document: Mapping[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return document


def first_findings(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the first finding of each broken duty that has a program."""
    seen: set[str] = set()
    for finding in document["findings"]:
        if finding["program"] and finding["requirement"] not in seen and finding["level"] != "MEASURED":
            seen.add(finding["requirement"])
            yield finding


def ended(script: Path, server: RunningServer, **more: str) -> tuple[int, str]:
    """Run a script; return its exit code and its last line."""
    command = [sys.executable if script.suffix == ".py" else "sh", str(script)]
    env = environment(server, **more)
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return -1, f"nothing after {PATIENCE_S} s"
    return done.returncode, ((done.stdout + done.stderr).strip().splitlines() or [""])[-1]


def tried(fault: str) -> bool:
    """Try all scripts of a fault; print a line each, and return whether all did what they are for."""
    good = True
    with tempfile.TemporaryDirectory() as name, launch(lag=LAG, faults=[fault]) as bad, launch(lag=LAG) as right:
        document = judged(fault, Path(name))
        for finding in first_findings(document):
            for end in ("sh", "py"):
                script = Path(name) / "reproduce" / f"finding-{finding['index']}.{end}"
                begun = time.monotonic()
                (code, said), (other, _) = ended(script, bad), ended(script, right, TRIES="1")
                mark = "ok" if code == 0 and other in (1, 2) else "WRONG"  # 2: it refuses what leads there
                good = good and mark == "ok"
                took = time.monotonic() - begun
                print(
                    f"{mark:5}  {fault}  {finding['requirement']}  {end}  {said}; right server {other}; {took:.1f} s",
                    flush=True,
                )
        if not document["findings"]:
            print(f"-      {fault}  nothing was found", flush=True)
    return good


def main() -> int:
    """Try the faults that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=40, metavar="N")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    asked = parser.parse_args()
    names = asked.only or list(FAULTS)
    step = max(1, len(names) // asked.faults) if asked.faults and not asked.only else 1
    chosen = names[::step][: asked.faults or None]
    wrong = [name for name in chosen if not tried(name)]
    print(f"{len(chosen) - len(wrong)} of {len(chosen)} faults are shown by every script")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
