"""From a drawn case to a request of ours, and from its answer to what schemathesis looks at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import requests
from schemathesis.core.transport import Response

from conformance.fuzz import openapi_document
from conformance.fuzz.cases import Case
from conformance.fuzz.seeds import Aim
from conformance.model import Json, Octets, Operation

_OURS = frozenset(
    {"user-agent", "accept-encoding", "accept", "connection", "authorization", "x-schemathesis-testcaseid"}
)
"""Headers that the driver sets itself."""
_UNNAMED = 120
"""Characters of a drawn name that are kept; the rest of it is what makes the name unique."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request to be sent by the driver; `user` None is no token. `state` is that of the resource it is aimed at."""

    method: str
    path: str
    query: str = ""
    content: bytes | None = None
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    user: str | None = "owner"
    intent: str = "valid"
    invented: tuple[str, ...] = ()
    state: str = ""


def question(call: str, case: Case, aim: Aim | None, body: Json, unique: str) -> Question:
    """Aim a case. Where its path is as documented, `aim` gives the id; `body` gives ids for a documented body.

    The token is the aim's user's, except where the case violates the header that carries it. `unique` makes the names
    of created resources unguessable, as the judge of listings needs them.
    """
    template = openapi_document.form(call)[1]
    parts = {location.value: info.mode.is_positive for location, info in case.meta.components.items()}
    aimed = aim is not None and parts.get("path", True) and "{id}" in template
    kwargs = case.as_transport_kwargs()
    headers = {str(name): str(value) for name, value in dict(kwargs.get("headers") or {}).items()}
    lower = {name.lower(): value for name, value in headers.items()}
    user: str | None = aim.user if aim and aimed else "owner"
    if not parts.get("header", True) and "authorization" not in lower:
        user = None
    content = _content(kwargs, body if parts.get("body", True) else None, unique)
    return Question(
        method=str(case.method).upper(),
        path=template.replace("{id}", quote(aim.id)) if aim and aimed else _odd_path(case, template),
        query=urlencode(kwargs.get("params") or {}, doseq=True, errors="surrogatepass"),
        content=content,
        content_type=lower.get("content-type") if content is not None or "content-type" in lower else None,
        headers={k: v for k, v in headers.items() if k.lower() not in _OURS | {"content-type"}},
        user=user,
        intent=_intent(case, call),
        invented=(aim.id,) if aim and aimed and aim.invented else (),
        state=_state(template, aim, aimed=aimed),
    )


def _state(template: str, aim: Aim | None, *, aimed: bool) -> str:
    if "{id}" in template and not aimed:
        return "malformed id"
    return aim.state if aim else ""


def _intent(case: Case, call: str) -> str:
    if not case.meta.generation.mode.is_positive or str(case.method).upper() != openapi_document.form(call)[0]:
        return "invalid"
    # A documented body may still be refused: a taken slug, a hash that is not accepted. Only the sender of a bodyless
    # request can vouch for it.
    return "valid" if openapi_document.form(call)[0] in ("GET", "DELETE") else "unsure"


def _odd_path(case: Case, template: str) -> str:
    path = str(case.formatted_path) if "{id}" in template else template
    return path if path.startswith("/") else f"/{path}"


def _content(kwargs: Mapping[str, Any], ids: Json, unique: str) -> bytes | None:
    if "json" in kwargs:
        value = kwargs["json"]
        if isinstance(value, dict):
            given = ids if isinstance(ids, dict) else {}
            retained = {
                name: item for name, item in value.items() if given.get(name, item) is not None or name not in given
            }
            value = _named({**retained, **{name: item for name, item in given.items() if item is not None}}, unique)
        return json.dumps(value, ensure_ascii=True).encode()
    data = kwargs.get("data")
    if data is None or isinstance(data, bytes):
        return data
    return str(data).encode("utf-8", "surrogatepass") if isinstance(data, str) else urlencode(data, doseq=True).encode()


def _named(body: dict[str, Any], unique: str) -> dict[str, Any]:
    changed = dict(body)
    name = changed.get("name")
    if isinstance(name, str) and 0 < len(name.strip()) <= _UNNAMED:
        changed["name"] = f"{name} {unique}"
    if isinstance(changed.get("slug"), str) and len(changed["slug"]) <= 20 and changed["slug"]:
        changed["slug"] = f"{changed['slug']}_{''.join(c for c in unique.split()[-2] if c.isalnum())}"
    return changed


def heard(operation: Operation, base_url: str) -> Response | None:
    """Give an answer in the form that schemathesis' checks read; None when there was none."""
    exchange = operation.exchange
    if exchange.status is None or exchange.failure:
        return None
    body = exchange.response
    text = body.text if isinstance(body, Octets) else "" if body is None else json.dumps(body, ensure_ascii=True)
    origin = base_url.partition("//")[0] + "//" + exchange.host
    request = requests.PreparedRequest()
    request.method, request.url, request.body = exchange.method, origin + exchange.path, None
    request.headers = requests.structures.CaseInsensitiveDict()
    return Response(
        status_code=exchange.status,
        headers={name: [value] for name, value in exchange.headers.items()},
        content=text.encode("utf-8", "surrogatepass"),
        request=request,
        elapsed=((operation.b_ns or operation.a_ns) - operation.a_ns) / 1e9,
        verify=True,
    )
