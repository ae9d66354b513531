"""Nothing secret is ever written: one pass over a text, before it reaches a file or a screen.

Two nets. The *literal* one knows this run's own secrets, in each form that a log tends to show them: raw, percent
encoded, base64 (at all three alignments, both alphabets), escaped in JSON. The *structural* one knows where secrets of
other people stand: signature and credential parameters of signed URLs, fields and headers that carry tokens or cookies.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "[redacted]"
SHORTEST = 4
"""A secret shorter than this many characters would turn every text into holes, and is no secret."""

_PARAMETERS = (
    r"[\w.-]*(?:signature|credential|security-token|accesskeyid|temp_url_sig|access_token|api_token|apikey|api_key"
    r"|agent_key|user_key|secret|passw(?:or)?d)|sig|token|auth|session_token"
)
_QUERY = re.compile(
    rf"((?:\?|&|;|%26|%3F|\\u0026)(?:{_PARAMETERS})(?:=|%3D))(?:(?!%26|\\u0026)[^&;\s\"'<>\\#])+", re.IGNORECASE
)
"""Its first character is one of five whichever way it goes on: of others a search takes no notice."""
_NAMES = (
    "api_token", "agent_key", "user_key", "access_token", "refresh_token", "client_secret", "secret_key", "password",
    "passwd", "proxy-authorization", "authorization", "set-cookie", "cookie", "x-auth-token", "x-api-key",
    "x-amz-security-token", "x-storage-token",
)  # fmt: skip
_FIELDS = "|".join(_NAMES)
_FIELD = re.compile(rf'(\\?"(?:{_FIELDS})\\?"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|\\"(?:[^"\\]|\\(?!"))*\\")', re.IGNORECASE)
_HEADER = re.compile(
    rf"(\b(?:{_FIELDS})\s*[:=]\s*)(?:(?:bearer|basic|token)\s+)?[^\s\"'\\,;&<>\[{{][^\s\"'\\,;&<>]*", re.IGNORECASE
)
_COOKIE = re.compile(r"(\b(?:set-)?cookie\s*[:=]\s*)[^\r\n\"\\<>]+", re.IGNORECASE)
_ELEMENT = re.compile(
    r"(<(SignatureProvided|AWSAccessKeyId|StringToSign|StringToSignBytes|CanonicalRequest|CanonicalRequestBytes)>)"
    r"[^<]*",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(\bhttps?://)[^/\s\"'@\\]+@", re.IGNORECASE)


class Redactor:
    """Knows the secrets of one run. Calling it gives the text without them; `with_secrets` adds some."""

    __slots__ = ("_forms", "_secrets")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = frozenset(secret for secret in secrets if len(secret) >= SHORTEST)
        self._forms = _sorted(form for secret in self._secrets for form in forms(secret))

    def with_secrets(self, *secrets: str) -> Redactor:
        """Give a redactor that knows these too."""
        added = [one for one in secrets if one not in self._secrets and len(one) >= SHORTEST]
        if not added:
            return self
        more = Redactor()
        more._secrets = self._secrets.union(added)
        more._forms = _sorted((*self._forms, *(form for secret in added for form in forms(secret))))
        return more

    def __call__(self, text: str) -> str:
        """Give `text` without its secrets."""
        return structural(self.known(text))

    def known(self, text: str) -> str:
        """Give `text` without this run's own secrets; what only looks like one stays."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        return text

    def line(self, text: str) -> str:
        """Give a line of JSON without its secrets, still JSON: value by value where a secret looks like its syntax."""
        hidden = self(text)
        if hidden == text:
            return text
        try:
            json.loads(hidden)
        except ValueError:
            return json.dumps(_each_text(json.loads(text), self))
        return hidden

    def holds(self, text: str) -> bool:
        """Whether a known secret stands in `text`, in any of its forms."""
        return any(form in text for form in self._forms)


def _sorted(found: Iterable[str]) -> tuple[str, ...]:
    """Return forms, the longest first: a shorter one may stand in it."""
    return tuple(sorted(set(found), key=len, reverse=True))


def structural(text: str) -> str:
    """Hide what stands where secrets stand, whoever they belong to."""
    lower = text.lower()
    if "=" in lower or "%3d" in lower:
        text = _QUERY.sub(rf"\1{HIDDEN}", text)
    if any(name in lower for name in _NAMES):  # a line without any, the usual one, costs no search by pattern
        text = _FIELD.sub(_quoted, text)
        text = _COOKIE.sub(rf"\1{HIDDEN}", text)
        text = _HEADER.sub(rf"\1{HIDDEN}", text)
    if "<" in lower:
        text = _ELEMENT.sub(rf"\1{HIDDEN}", text)
    return _USERINFO.sub(rf"\1{HIDDEN}@", text) if "@" in lower else text


def is_secret(parameter: str) -> bool:
    """Whether a query's parameter of that name stands where secrets stand."""
    return structural(f"?{parameter}=x") != f"?{parameter}=x"


def _each_text(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(name): _each_text(inner, redact) for name, inner in value.items()}
    return [_each_text(inner, redact) for inner in value] if isinstance(value, list) else value


def _quoted(found: re.Match[str]) -> str:
    quote_mark = '\\"' if found[0].endswith('\\"') else '"'
    return f"{found[1]}{quote_mark}{HIDDEN}{quote_mark}"


def forms(secret: str) -> frozenset[str]:
    """Give every form in which a text may show `secret`."""
    percent = {quote(secret, safe=""), quote_plus(secret), quote(secret)}
    everything = {"%" + secret.encode().hex("%"), "%" + secret.encode().hex("%").upper()}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda m: m[0].lower(), form) for form in percent}
    doubled = {quote(form, safe="") for form in percent}
    return frozenset({secret, *percent, *everything, *lower, *doubled, *escaped, *_base64(secret)})


def _base64(secret: str) -> set[str]:
    found = set()
    for shift in range(3):
        data = b"\0" * shift + secret.encode()
        whole = len(data) // 3 * 3
        # A first group mixes in what stood before, an unfinished last one what comes after: only the rest is fixed.
        inner = base64.b64encode(data[:whole]).decode()[4 if shift else 0 :]
        if len(inner) >= 2 * SHORTEST:
            found |= {inner, inner.replace("+", "-").replace("/", "_"), quote(inner, safe="")}
    return found
