"""The table of what each effort costs, in the README and on the site: drawn from the one measured table of the code.

`python docs/draw_costs.py` writes it into the README; `--check` only says whether that is up to date.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path
from typing import Any

from conformance.settings.costs import COSTS

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- costs: drawn by docs/draw_costs.py -->", "<!-- end of costs -->"
USES = {
    "quick": "a pull request",
    "standard": "a release",
    "thorough": "a certificate",
}
HEADS = {"bytes": "MiB", "seconds": "seconds", "lags": "and lags of the target"}


def table() -> str:
    """Return the table as Markdown: a row for each effort, a column for each figure of the code's table."""
    fields = [field.name for field in dataclasses.fields(next(iter(COSTS.values())))]
    heads = ["effort", "for", *(HEADS.get(name, name) for name in fields)]
    rows = [[f"`{effort}`", USES[effort], *(_cell(name, getattr(cost, name)) for name in fields)]
            for effort, cost in COSTS.items()]  # fmt: skip
    rule = ["---", "---", *("---:" for _ in fields)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, rule, *rows))


def filled(text: str) -> str:
    """Return a page with the table in its place."""
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", f"{BEGIN}\n{table()}\n{END}", text, flags=re.DOTALL)


def _cell(name: str, value: Any) -> str:
    return f"{value / (1 << 20):.0f}" if name == "bytes" else f"{value:,}"


def main() -> int:
    """Write the table, or say whether it is up to date."""
    text = README.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        return int(text != filled(text) or BEGIN not in text)
    README.write_text(filled(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
