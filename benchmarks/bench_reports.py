"""How long all reports of a run of 100,000 operations take, and how much memory; prints, never fails.

The document is what such a run writes at its worst: 33,000 lag intervals, 2,000 findings with evidence, 400 plans.
"""

from __future__ import annotations

import copy
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from conformance.release import certify, compare, load
from conformance.run.report_writers import formats

OPERATIONS = 100_000
LAGS = 33_000
FINDINGS = 2_000
PLANS = 400
SAMPLE = Path(__file__).parents[1] / "tests" / "data" / "documents" / "nonconformant.json"


def grown() -> dict[str, Any]:
    """Build the document of a large and very broken run."""
    document: dict[str, Any] = json.loads(SAMPLE.read_text(encoding="utf-8"))
    templates = document["findings"]
    document["findings"] = [copy.deepcopy(templates[i % len(templates)]) | {"index": i} for i in range(FINDINGS)]
    for row in document["requirements"]:
        row["findings"] = [one["index"] for one in document["findings"] if one["requirement"] == row["id"]]
    for group in document["lag"]["groups"]:
        group["over_time"] = group["over_time"] * (LAGS // 4 // len(group["over_time"]))
        group["curve"] = group["curve"] * 10
    text = document["plans"][0]["text"] * 5
    document["plans"] = [{"id": f"p{i}", "text": text, "document": {"steps": list(range(200))}} for i in range(PLANS)]
    document["exchanges"] = OPERATIONS
    return document


def timed(name: str, work: Any) -> float:
    """Do a piece of work and print how long it took, in seconds."""
    begun = time.perf_counter()
    work()
    took = time.perf_counter() - begun
    print(f"{name:<24}{took:8.2f} s")
    return took


def main() -> None:
    """Draw everything once, from a file, as ``report`` does."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        source = directory / "report.json"
        source.write_text(json.dumps(grown(), indent=1), encoding="utf-8")
        print(f"document: {source.stat().st_size / 2**20:.1f} MiB, {OPERATIONS} operations, {FINDINGS} findings")
        held: dict[str, Any] = {}
        total = timed("read", lambda: held.update(load(source)))
        for name, point in formats().items():
            total += timed(name, lambda point=point: point.load()(held, directory))  # type: ignore[misc] # bound at once
        total += timed("compare", lambda: compare(held, held))
        total += timed("certify", lambda: certify(held))
        page = (directory / "report.html").stat().st_size / 2**20
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(f"{'together':<24}{total:8.2f} s (aim: under 5), peak {peak:.0f} MiB (aim: under 500), page {page:.2f} MiB")


if __name__ == "__main__":
    main()
