"""Faults of the server's own description of its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.hooks.bends import Fault, after_operation, rewrite
from conformance.reference.refusals import INTEGRITY_REASON

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Reply

__all__ = ["FAMILY"]

_BREAKS = ("api-description",)


def _responses(document: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    responses: dict[str, Any] = document["paths"][path][method]["responses"]
    return responses


def _describes(change: Callable[[dict[str, Any]], object]) -> LayerFactory:
    def changed(reply: Reply) -> None:
        change(reply.body)

    return rewrite(after_operation("describe"), changed)


def _of_old(document: dict[str, Any]) -> None:
    for path, method, status in (("/projects", "post", "201"), ("/uploads/{id}/complete", "put", "200")):
        responses = _responses(document, path, method)
        responses[status] = responses.pop("202")


def _mismatch_at_complete(document: dict[str, Any]) -> None:
    responses = _responses(document, "/uploads/{id}/complete", "put")
    responses["400"] = {"description": f"IntegrityException: {INTEGRITY_REASON}"}
    responses["500"] = {"description": "Unexpected StorageProviderException experienced"}


FAMILY: dict[Fault, LayerFactory] = {
    Fault(
        "describes-old-successes", _BREAKS, "its description still says 201 and 200 where it answers 202"
    ): _describes(_of_old),
    Fault("describes-mismatch-at-complete", _BREAKS, "its description tells the mismatch at complete"): _describes(
        _mismatch_at_complete
    ),
    Fault("describes-no-code", _BREAKS, "its description of an error has no code"): _describes(
        lambda document: document["components"]["schemas"]["Error"]["properties"].pop("code")
    ),
    Fault("describes-no-waiting", _BREAKS, "its description of POST uploads knows no not-consistent"): _describes(
        lambda document: _responses(document, "/projects/{id}/uploads", "post")["404"].update(description="Not Found")
    ),
}
