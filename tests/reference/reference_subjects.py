"""The nouns of the tour: one exchange that was seen, one upload with its truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reference_bench import md5

if TYPE_CHECKING:
    from reference_bench import Answer

GOOD, BAD, ODD = "good", "bad", "odd"  # ODD: only a chunk size is wrong


@dataclass(slots=True)
class Seen:
    """One exchange, with what the tour knew: which thing, and whether it was pending, known, deleted."""

    verb: str
    answer: Answer
    thing: str = ""
    note: str = ""


@dataclass(slots=True)
class Subject:
    """One upload with its file, its truth, and the answers of the url endpoints in order."""

    name: str
    truth: str
    content: bytes
    upload: str = ""
    file: str = ""
    version: str = ""
    completed: bool = False
    reads: list[tuple[str, str]] = field(default_factory=list)  # (via, nc | 200 | ie | other status)
    first: dict[str, bytes | None] = field(default_factory=dict)  # via -> bytes behind the first 200
    last: dict[str, bytes | None] = field(default_factory=dict)


def chunk_body(number: int, content: bytes) -> dict[str, Any]:
    """Give the body that asks for the url of a part."""
    return {"number": number, "size": len(content), "hash": {"value": md5(content), "algorithm": "md5"}}


def kind_of(answer: Answer) -> str:
    """Say what a url endpoint answered: nc, ie, or the status."""
    if answer.code == "resource_not_consistent":
        return "nc"
    if answer.status == 400:
        return "ie"
    return str(answer.status)
