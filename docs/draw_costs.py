"""The table of what each effort costs, in the README and on the site: drawn from the one measured table of the code.

`python docs/draw_costs.py` writes it into the README; `--check` only says whether that is up to date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from conformance.settings.costs import COSTS
from conformance.settings.durations import MEASURED_LAG_S, stated
from conformance.settings.effort_cost import EffortCost
from conformance.settings.run_settings import GENTLE_RPS_PER_WORKER

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- costs: drawn by docs/draw_costs.py -->", "<!-- end of costs -->"
USES = {
    "quick": "a pull request",
    "standard": "a release",
    "thorough": "a certificate",
}
HEADS = (
    "effort", "for", "projects", "uploads", "requests", "MiB", f"unpaced, lag {MEASURED_LAG_S:g} s",
    f"at {GENTLE_RPS_PER_WORKER:g} requests a second",
)  # fmt: skip


def table() -> str:
    """Return the table as Markdown: a row for each effort, from the figures of the code's table."""
    rule = ["---", "---", *("---:" for _ in HEADS[2:])]
    rows = [_row(effort, cost) for effort, cost in COSTS.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in (HEADS, rule, *rows))


def _row(effort: str, cost: EffortCost) -> list[str]:
    paced_s = max(cost.seconds, cost.requests / GENTLE_RPS_PER_WORKER)
    counts = (cost.projects, cost.uploads, cost.requests, round(cost.bytes / (1 << 20)))
    return [f"`{effort}`", USES[effort], *(f"{count:,}" for count in counts), stated(cost.seconds), stated(paced_s)]


def filled(text: str) -> str:
    """Return a page with the table in its place."""
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", f"{BEGIN}\n{table()}\n{END}", text, flags=re.DOTALL)


def main() -> int:
    """Write the table, or say whether it is up to date."""
    text = README.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        return int(text != filled(text) or BEGIN not in text)
    README.write_text(filled(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
