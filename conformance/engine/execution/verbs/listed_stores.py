"""The storage providers that a target lists: their ids, and the algorithms by which they hash."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.api.answers import Answer
from conformance.engine.execution.context import Sent, Speaker, Stage, sent


def learn_stores(stage: Stage, client: Speaker) -> None:
    """Ask once which storage providers there are; a target that does not tell has the one that it uses unasked."""
    last = sent(client, client.send("GET", "/storage_providers"))
    for identity, algorithm in _listed(last):
        stage.stores.append(identity)
        stage.algorithms[identity] = algorithm


def _listed(last: Sent) -> Iterator[tuple[str, str]]:
    results = last.body.get("results") if last.answer is Answer.DONE else None
    for one in results if isinstance(results, list) else []:
        identity = one.get("id") if isinstance(one, dict) else None
        if isinstance(identity, str) and identity.isprintable() and identity and one.get("is_deprecated") is not True:
            algorithm = one.get("chunk_hash_algorithm")
            yield identity, algorithm.lower() if isinstance(algorithm, str) else "md5"
