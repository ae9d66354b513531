"""How long a page of 1,000 runs takes: whole processes, so that imports count."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "trend"))

from past import night, write_nights

RUNS = 1000


def main() -> None:
    """Print seconds, and the ratio to a tenth of the runs: ten is linear."""
    with tempfile.TemporaryDirectory() as name:
        few, many = Path(name) / "few", Path(name) / "many"
        write_nights(few, [night(number) for number in range(RUNS // 10)])
        write_nights(many, [night(n, "nonconformant" if n % 5 == 0 else "conformant") for n in range(RUNS)])
        short, long = taken(few), taken(many)
    print(f"{RUNS} runs: {long:.1f} s; {long / short:.1f} x {RUNS // 10} runs ({short:.1f} s)")


def taken(folder: Path) -> float:
    """Return the seconds of one whole command."""
    begun = time.perf_counter()
    words = ["-m", "conformance", "trend", str(folder), "-o", str(folder / "trend.html")]
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
