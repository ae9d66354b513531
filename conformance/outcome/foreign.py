"""What answered and is not the API: firewalls and gateways, told apart from the verdict and accusing nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conformance.api.answers import Classified, Source
from conformance.model import Json, Operation
from conformance.outcome.traffic import ranked

EXAMPLES = 4
"""So many operations of each source are named."""


@dataclass(slots=True)
class _Pages:
    count: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[int, str]] = field(default_factory=list)

    def add(self, operation: Operation, line: int) -> None:
        exchange = operation.exchange
        media = exchange.headers.get("content-type", "").partition(";")[0].strip() or "no media type"
        self.count += 1
        self.shapes[f"{exchange.status} {media}"] += 1
        self.examples = sorted([*self.examples, (line, operation.id)])[:EXAMPLES]

    def merge(self, other: _Pages) -> None:
        self.count += other.count
        self.shapes.update(other.shapes)
        self.examples = sorted([*self.examples, *other.examples])[:EXAMPLES]


@dataclass(slots=True)
class Foreign:
    """What firewalls and gateways answered, by their source."""

    pages: dict[str, _Pages] = field(default_factory=dict)

    def add(self, operation: Operation, of: Classified, line: int) -> None:
        """Take an answer that is not the API's, by the number of its line."""
        self.pages.setdefault(str(of.source), _Pages()).add(operation, line)

    def merge(self, other: Foreign) -> None:
        """Fold those of other operations in."""
        for source, pages in other.pages.items():
            self.pages.setdefault(source, _Pages()).merge(pages)

    def summary(self) -> dict[str, Json]:
        """Return, for firewalls and gateways, how many requests they answered, with what, and a few of them."""
        return {
            source: {
                "count": pages.count,
                "answers": dict(ranked(pages.shapes)),
                "operations": [name for _, name in pages.examples],
            }
            for source, pages in sorted(self.pages.items())
        }


_WHY = {
    str(Source.FIREWALL): (
        "pages that only requests with unusual characters met, while the like requests without them reached the API. "
        "They are judged as no information; name such pages by --gateway REGEX to say so yourself"
    ),
    str(Source.GATEWAY): "what --gateway names",
}


def sentences(found: Mapping[str, Json]) -> Iterable[str]:
    """Say how many requests were answered by something that is not the API, and with what."""
    for source, pages in found.items():
        shown = ", ".join(pages["answers"])
        were = "requests were" if pages["count"] > 1 else "request was"
        yield f"{pages['count']} {were} answered by something that is not the API: {shown}, {_WHY[source]}"
