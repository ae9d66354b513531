"""Fetching a document that the operator named, such as the target's own API description: no token, nothing recorded."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from conformance.driver.wire.attempt import Limits, attempt
from conformance.driver.wire.stream import Wire
from conformance.driver.wire.transport import transport_of
from conformance.errors import UsageError
from conformance.settings.run_settings import Settings


def fetch_text(url: str, settings: Settings) -> str:
    """Fetch `url` once, within the bounds of `settings`, and give its text.

    Raises:
        UsageError: it is no http(s) address, or does not answer 200 with text.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is no http(s) address.", remedy="Name a URL or a file.")
    bounds = settings.bounds
    wire = Wire(None)
    with transport_of(settings.network, wire, secure=parts.scheme == "https") as road:
        silence = httpx.Timeout(bounds.silence_s).as_dict()
        headers = {"Accept-Encoding": "identity", **_headers_for(url, settings)}
        request = httpx.Request("GET", url, headers=headers, extensions={"timeout": silence})
        reply = attempt(road, wire, request, Limits(bounds.deadline_s, bounds.answer_bytes))
    if reply.status != 200 or reply.failure or reply.body is None or reply.body.data is None:
        what = reply.failure or reply.status
        raise UsageError(f"{url} cannot be fetched ({what}).", remedy="Fetch it yourself and name the file.")
    try:
        return reply.body.data.decode("utf-8")
    except UnicodeDecodeError as trouble:
        raise UsageError(f"{url} is not UTF-8 text.", remedy="Name an OpenAPI document in JSON or YAML.") from trouble


def _headers_for(url: str, settings: Settings) -> dict[str, str]:
    """Give the operator's further headers, which are the target's host's alone, where `url` leads to that host."""
    theirs, ours = urlsplit(url), urlsplit(settings.target.base_url)
    if (theirs.scheme, theirs.netloc.lower()) != (ours.scheme, ours.netloc.lower()):
        return {}
    return {name: secret.reveal() for name, secret in settings.network.headers}
