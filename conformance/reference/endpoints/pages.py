"""Collections: `results` a page at a time, with the paging headers of the API.

Only `GET` of a collection carries them: the official client takes an X-Total-Pages anywhere else for a change of API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.endpoints.fields import page_of
from conformance.reference.hooks.seam import Reply

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.seam import Call

__all__ = ["page_of_list", "page_of_rows"]


def page_of_rows(call: Call, sql: str, values: tuple[Any, ...], view: Callable[[sqlite3.Row], Any]) -> Reply:
    """Answer one page of a query (`sql` starts at FROM and ends with its ORDER BY)."""
    page, size = _page(call)
    database = call.world.database
    source, _, order = sql.partition(" ORDER BY ")
    counted = database.one(f"SELECT count(*) AS total FROM {source}", *values)  # noqa: S608 (the SQL is ours)
    total = int(counted["total"]) if counted else 0
    limits = f"ORDER BY {order} LIMIT ? OFFSET ?"
    rows = database.all(f"SELECT * FROM {source} {limits}", *values, size, (page - 1) * size)  # noqa: S608
    return _reply([view(row) for row in rows], total, page, size)


def page_of_list(call: Call, items: list[Any], view: Callable[[Any], Any] = lambda item: item) -> Reply:
    """Answer one page of a list; `view` draws only the items of the page."""
    page, size = _page(call)
    shown = items[(page - 1) * size : page * size]
    return _reply([view(item) for item in shown], len(items), page, size)


def _page(call: Call) -> tuple[int, int]:
    page, size = page_of(call.query)
    return page, call.world.behaviour.per_page(call, size)


def _reply(results: list[Any], total: int, page: int, size: int) -> Reply:
    pages = max(1, -(-total // size))
    headers = {
        "X-Total": str(total),
        "X-Total-Pages": str(pages),
        "X-Page": str(page),
        "X-Per-Page": str(size),
        "X-Next-Page": str(page + 1) if page < pages else "",
        "X-Prev-Page": str(page - 1) if page > 1 else "",
    }
    return Reply(200, {"results": results}, headers)
