"""Twelve clients that are each wrong in one way: what bad looks like, and what the suite must convict.

DDS_URL=... DDS_AGENT_KEY=... DDS_USER_KEY=... python -m conformance.examples.toys hammers upload PROJECT FILE
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import httpx

from .client import Client, RefusedError, main

INTEGRITY = "You must begin a new upload process"


class RetriesIntegrity(Client):
    """Takes the integrity exception for something that passes."""

    def temporary(self, response: httpx.Response) -> bool:
        """Hope."""
        return INTEGRITY in response.text or super().temporary(response)


class LeaksToken(Client):
    """Follows the redirect of a signed url with the headers that it sends to the API."""

    def fetch(self, verb: str, url: str, content: bytes | None, headers: dict[str, str]) -> httpx.Response:
        """Follow by hand."""
        response = self.store.request(verb, url, content=content, headers=headers, follow_redirects=False)
        if not response.is_redirect:
            return response
        return self.store.request(verb, response.headers["Location"], content=content, headers=self.headers())


class GivesUpAtNotConsistent(Client):
    """Takes every 404 for final."""

    def temporary(self, response: httpx.Response) -> bool:
        """Look at the status alone."""
        return response.status_code != 404 and super().temporary(response)


class Hammers(Client):
    """Asks again without a pause worth the name."""

    first_pause = longest_pause = 0.05


class TakesEvery404ForTemporary(Client):
    """Takes no 404 for final."""

    def temporary(self, response: httpx.Response) -> bool:
        """Look at the status alone."""
        return response.status_code == 404 or super().temporary(response)


class Duplicates(Client):
    """Creates again when the answer to a create was lost, without a look."""

    def call(self, method: str, path: str, body: Any = None, made: Callable[[], Any] = lambda: None) -> Any:  # noqa: ARG002 (ignoring it is the fault)
        """Forget how to look."""
        return super().call(method, path, body)


class NeverEnds(Client):
    """Has no bound to its tries."""

    def __init__(self, url: str, agent_key: str, user_key: str, patience: float) -> None:
        super().__init__(url, agent_key, user_key, patience)
        self.patience = math.inf


class IgnoresRetryAfter(Client):
    """Comes back when it likes."""

    def asked_pause(self, response: httpx.Response | None) -> float:  # noqa: ARG002 (ignoring it is the fault)
        """Hear nothing."""
        return 0.0


class SwallowsIntegrity(Client):
    """Reports success where it was told that the stored bytes are wrong."""

    def verify(self, url: str, content: bytes) -> None:
        """Hide it."""
        try:
            super().verify(url, content)
        except RefusedError as refused:
            if INTEGRITY not in str(refused):
                raise


class Trusts202(Client):
    """Takes accepted for stored."""

    def verify(self, url: str, content: bytes) -> None:
        """Ask nothing."""


class ResendsParts(Client):
    """Sends the last part once more when the upload is completed, to be sure."""

    last: tuple[str, bytes | None] = ("", None)

    def fetch(self, verb: str, url: str, content: bytes | None, headers: dict[str, str]) -> httpx.Response:
        """Remember what was sent."""
        if verb == "PUT":
            self.last = url, content
        return super().fetch(verb, url, content, headers)

    def complete(self, upload: str, content: bytes) -> None:
        """Send again afterwards."""
        super().complete(upload, content)
        url, part = self.last
        self.store.put(url, content=part or b"")


class DoesNotRenew(Client):
    """Fails when its token has expired, though it holds the keys to another."""

    def renew(self, response: httpx.Response) -> None:
        """Give up."""
        raise RefusedError("the token", response)


TOYS: dict[str, type[Client]] = {
    "retries-integrity": RetriesIntegrity,
    "leaks-token": LeaksToken,
    "gives-up-at-nc": GivesUpAtNotConsistent,
    "hammers": Hammers,
    "takes-404-for-temporary": TakesEvery404ForTemporary,
    "duplicates": Duplicates,
    "never-ends": NeverEnds,
    "ignores-retry-after": IgnoresRetryAfter,
    "swallows-integrity": SwallowsIntegrity,
    "trusts-202": Trusts202,
    "resends-parts": ResendsParts,
    "does-not-renew": DoesNotRenew,
}


if __name__ == "__main__":
    sys.exit(main(TOYS[sys.argv[1]], sys.argv[2:]))
