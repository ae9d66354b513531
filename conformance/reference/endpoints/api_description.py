"""The server's own description of its API, an OpenAPI 3 document made from the table of its operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.endpoints.calls import Operation
from conformance.reference.hooks.seam import Reply
from conformance.reference.refusals import INTEGRITY_REASON, not_consistent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.reference.hooks.seam import Call

__all__ = ["PATH", "describing"]

PATH = "/swagger_doc"

_SUCCESS = {"create_project": "202", "complete_upload": "202", "create_upload": "201", "create_file": "201"}
_WAITING = ("create_upload", "file_url", "version_url")
_URLS = ("file_url", "version_url")
_ERROR = {"schema": {"$ref": "#/components/schemas/Error"}}


def describing(operations: Mapping[str, Mapping[str, Operation]]) -> Callable[[Call], Reply]:
    """Give the handler of `GET /swagger_doc`, which describes `operations` (by path, then method)."""
    return lambda _: Reply(200, _document(operations))


def _document(operations: Mapping[str, Mapping[str, Operation]]) -> dict[str, Any]:
    paths = {
        path: {method.lower(): _operation(operation) for method, operation in methods.items()}
        for path, methods in operations.items()
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Duke Data Service (reference)", "version": "1"},
        "paths": paths,
        "components": {"schemas": {"Error": _error_schema()}},
    }


def _error_schema() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("code", "reason", "suggestion")}
    return {"type": "object", "required": ["error", *texts], "properties": {"error": {"type": "integer"}, **texts}}


def _operation(operation: Operation) -> dict[str, Any]:
    responses = {_SUCCESS.get(operation.name, "200"): {"description": "Success"}}
    responses |= {"404": _error("Not Found"), "default": _error("Error")}
    if operation.name in _WAITING:
        temporary = not_consistent()
        responses["404"] = _error(f"Not Found; with code {temporary.code}: {temporary.reason}")
    if operation.name in _URLS:
        responses["400"] = _error(f"IntegrityException: {INTEGRITY_REASON}")
    return {"operationId": operation.name, "responses": responses}


def _error(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": _ERROR}}
