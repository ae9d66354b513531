"""Refusals of the API, each one value with everything that its payload needs.

The wording of the not-consistent and the integrity payload is the specification's own ("New Response Messages").
`cause` names the kind of refusal for the behaviour layers; it is never sent.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "INTEGRITY_REASON",
    "INTEGRITY_SUGGESTION",
    "NOT_PROVIDED",
    "ApiError",
    "forbidden",
    "integrity",
    "invalid",
    "malformed",
    "not_consistent",
    "unauthorized",
    "unknown",
]

NOT_PROVIDED = "not_provided"
INTEGRITY_SUGGESTION = "You must begin a new upload process"
INTEGRITY_REASON = "reported chunk hash/size does not match that computed by StorageProvider"


class ApiError(Exception):
    """A refusal on its way to the client."""

    def __init__(  # noqa: PLR0913, PLR0917 (one parameter per field of the payload)
        self,
        status: int,
        cause: str,
        reason: str,
        suggestion: str,
        code: str = NOT_PROVIDED,
        errors: list[tuple[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.cause = cause
        self.reason = reason
        self.suggestion = suggestion
        self.code = code
        self.errors = errors
        self.headers = headers or {}

    def payload(self) -> dict[str, Any]:
        """Return the standard error body, with `errors` for a validation failure."""
        body: dict[str, Any] = {
            "error": self.status,
            "code": self.code,
            "reason": self.reason,
            "suggestion": self.suggestion,
        }
        if self.errors is not None:
            body["errors"] = [{"field": field, "message": message} for field, message in self.errors]
        return body


def not_consistent() -> ApiError:
    """Refuse because background work is not done yet (404, `resource_not_consistent`)."""
    return ApiError(
        404,
        "not_consistent",
        "resource changes are still being processed by system",
        "this is a temporary state that will eventually be resolved by the system; please retry request",
        "resource_not_consistent",
    )


def integrity(reason: str = INTEGRITY_REASON) -> ApiError:
    """Refuse because the stored bytes are not what was reported (400)."""
    return ApiError(400, "integrity", reason, INTEGRITY_SUGGESTION)


def unknown(thing: str) -> ApiError:
    """Refuse an id that names nothing live (404)."""
    return ApiError(404, "unknown", f"{thing} Not Found", f"you may have mistyped the {thing} id")


def unauthorized(cause: str, reason: str) -> ApiError:
    """Refuse a request without a valid token (401)."""
    return ApiError(401, cause, reason, "obtain a fresh api_token and send it in the Authorization header")


def forbidden() -> ApiError:
    """Refuse a user without a role in the project (403)."""
    return ApiError(403, "forbidden", "Unauthorized", "request permission to access this resource")


def invalid(*errors: tuple[str, str]) -> ApiError:
    """Refuse fields that break a rule (400), each with its message."""
    return ApiError(
        400,
        "validation",
        "validation failed",
        "Fix the following invalid fields and resubmit",
        errors=list(errors),
    )


def malformed(reason: str, suggestion: str = "send a body that matches its content type") -> ApiError:
    """Refuse a body or a query that cannot be read (400)."""
    return ApiError(400, "malformed", reason, suggestion)
