"""What HTTP statuses mean to whom: every set of statuses that a decision rests on, in one place."""

from __future__ import annotations

DOCUMENTED_SUCCESS: dict[str, int] = {
    "create_project": 202,
    "complete_upload": 202,
    "create_upload": 201,
    "create_file": 201,
    "create_folder": 201,
    "create_token": 201,
    "promote_version": 200,
    "delete_project": 204,
    "delete_file": 204,
    "delete_version": 204,
    "delete_folder": 204,
    "withdraw_permission": 204,
}
"""The documented success status of each call; 200 where a call is not listed."""


ALSO_SUCCESS = {"promote_version": 201}
"""A second status that means success: promotion makes a version, and the API's facts name no status for it."""

GATEWAY_STATUSES = frozenset({408, 413, 414, 421, 425, 429, 431, 502, 503, 504, *range(520, 528), 530})
"""What something in front of the API answers by itself: the API's own only where the four fields are there.

Those above 511 are assigned to nobody, and content delivery networks answer them where the origin fails.
"""

FRAMEWORK_STATUSES = frozenset({405, 406, 411, 415, 417, 426, 505})
"""What a framework or an HTTP layer answers before any code that knows of the API."""

ABSENT_STATUSES = frozenset({404, 501})
"""What a router answers for a call that a target lacks."""

FIREWALL_STATUSES = frozenset({403, 406})
"""What a firewall answers hostile requests with, as far as it is recognised by evidence alone."""

REFUSING_READS = frozenset({400, 403, 404, 405, 422})
"""A definite no to a read; 401 is none, for a token may have run out."""

REFUSING_WRITES = frozenset({400, 401, 403, 404, 405, 422})
"""A definite no to a mutation: it left nothing behind."""

VALIDATION_STATUSES = frozenset({400, 422})
"""What a request is refused by for the fields that it has."""

TAKEN_STATUSES = frozenset({400, 409, 422})
"""Refusals whose words may say that it is so already."""

COMPLETION_REFUSALS = frozenset({400, 404, 406, 409, 410, 412, 416, 417, 422, 424})
"""By which a completion may be refused for what was stored; others have other reasons."""

ATTACH_REFUSALS = frozenset({400, 404, 409, 410, 412, 422, 423, 424})
"""By which an upload may be turned away when a file is made of it."""

STORAGE_REFUSALS = frozenset({400, 401, 403, 404, 405, 409, 410})
"""How a storage provider refuses what a signed URL asks for."""

ODD_STATUSES = frozenset({402, 406, 409, 410, 411, 412, 416, 417, 418, 423, 424, 426, 428, 451})
"""What no state of a live resource explains at an extended endpoint; others have rows of their own."""

ODD_AT_CREATION = ODD_STATUSES | {400, 422}
"""What a vouched-for create in a project that is not consistent yet may not be told either."""

DENIED_AT_CREATION = ODD_AT_CREATION | {403}
"""What a vouched-for create is told by a server that does not mean to take it."""

ODD_AT_URLS = ODD_STATUSES | {405, 422}
"""The same where only a plain GET is asked."""

STORAGE_FULL = 507
"""There is no room for more (RFC 4918): that says nothing of the state of what is there."""

NO_REASON_STATUSES = frozenset({401, 404, 408, 425, 429})
"""Refusals of a read that are no reason of the API's own against it."""

BEFORE_TOKEN_STATUSES = frozenset({400, 404, 422})
"""Bad parameters and unknown ids may be told before a missing token: the precedence is not stated."""

SILENT_STATUSES = frozenset({401, 429})
"""Answers to a read that tell nothing whoever gave them."""

CORE_ERRORS = {400: 400, 401: 401, 404: 404, 422: 400}
"""Errors whose payloads belong to the core, and under which they count: a validation error is 400 or 422."""
