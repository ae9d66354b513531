"""Whether something was too large to be sent, or had nowhere to go, by the numbers that the bundle itself holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.engine.plan import Plan, Step
from conformance.engine.plan_verbs import option
from conformance.engine.search.worker import UPLOADS_IN_BUDGET
from conformance.model import Json, Operation
from conformance.settings.run_settings import EVERY_STORE, Bounds


def too_small(plan: Plan, step: Step, made: Operation | None) -> str:
    """Return what contradicts that a part was larger than the target takes, as a clause; empty where nothing does.

    `made` is the answer that created the upload, None where nothing did.
    """
    if made is None:
        return ""
    create = next((one for _, one in plan.steps() if one.binds == step.args.get("upload")), None)
    if create is None:
        return "no step creates its upload"
    wanted = "x-max-chunk-upload-size" if option(create, "chunked") else "x-max-upload-size"
    given = {name.lower(): value for name, value in made.exchange.headers.items()}.get(wanted, "")
    if not (given.isascii() and given.isdigit()):
        return f"{made.id} names no largest part"
    parts, number = list(option(create, "parts")), int(step.args.get("number", 1)) if step.verb == "put_part" else 1
    size = int(parts[number - 1]) if number <= len(parts) else 0
    return "" if size > int(given) else f"its {size} bytes are no more than the {given} that {made.id} allows"


def affordable(step: Step, options: Mapping[str, Any]) -> str:
    """Return what contradicts that an upload was too large for what the run might spend; empty where nothing does."""
    size, budget, download = sum(option(step, "parts")), options.get("max_bytes"), options.get("download_bytes")
    most = float(download) if isinstance(download, int) else float(Bounds().body_bytes)
    most = min(most, budget / UPLOADS_IN_BUDGET if isinstance(budget, int) else math.inf)
    return "" if size > most else f"the run might spend {most:.0f} bytes on an upload, and it has {size}"


def further_store(step: Step, options: Mapping[str, Any], house: Iterable[Operation]) -> str:
    """Return what contradicts that the run had no such further storage provider; empty where nothing does.

    `house` are the operations for all plans: among them is the list of the providers.
    """
    chosen = options.get("storage_provider")
    if isinstance(chosen, str) and chosen not in ("", EVERY_STORE):
        return ""
    listed = max((_count(one.exchange.response) for one in house if _lists(one)), default=0)
    wanted = int(option(step, "further"))
    return "" if listed <= wanted else f"the target lists {listed} storage providers"


def _lists(operation: Operation) -> bool:
    exchange = operation.exchange
    return exchange.status == 200 and exchange.path.partition("?")[0].endswith("/storage_providers")


def _count(body: Json | object) -> int:
    results = body.get("results") if isinstance(body, dict) else None
    found = results if isinstance(results, list) else []
    return sum(isinstance(one, dict) and bool(one.get("id")) and one.get("is_deprecated") is not True for one in found)
