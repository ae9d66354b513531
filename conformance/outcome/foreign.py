"""What answered and is not the API: firewalls and gateways, told apart from the verdict and accusing nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conformance.api.answers import Classified, Source
from conformance.model import Json, Operation

EXAMPLES = 4
"""So many operations of each source are named."""


@dataclass(slots=True)
class _Pages:
    count: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, operation: Operation) -> None:
        exchange = operation.exchange
        media = exchange.headers.get("content-type", "").partition(";")[0].strip() or "no media type"
        self.count += 1
        self.shapes[f"{exchange.status} {media}"] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(operation.id)


def answers(operations: Iterable[Operation], classes: Iterable[Classified]) -> dict[str, Json]:
    """Return, for firewalls and gateways, how many requests they answered, with what, and a few of them."""
    found: dict[str, _Pages] = {}
    for operation, of in zip(operations, classes, strict=True):
        if of.source is not Source.API and of.foreign:
            found.setdefault(str(of.source), _Pages()).add(operation)
    return {
        source: {"count": pages.count, "answers": dict(pages.shapes.most_common()), "operations": pages.examples}
        for source, pages in sorted(found.items())
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
