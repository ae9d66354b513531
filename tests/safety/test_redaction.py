"""Nothing secret is written: known secrets in every form, and whatever stands where secrets stand."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.history.redact import HIDDEN, Redactor, structural

SECRET = 'k/9+a="Z%\u00e9 7x-TOKEN'
FORMS = {
    "raw": SECRET,
    "percent-encoded": quote(SECRET, safe=""),
    "percent-encoded in lower case": re.sub(r"%..", lambda code: code[0].lower(), quote(SECRET, safe="")),
    "as a form field": quote_plus(SECRET),
    "percent-encoded twice": quote(quote(SECRET, safe=""), safe=""),
    "escaped in JSON": json.dumps(SECRET)[1:-1],
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(SECRET.encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_a_secret_is_hidden(form: str) -> None:
    """However a log tends to show it."""
    shown = Redactor([SECRET])(f"before {form} after")
    assert HIDDEN in shown
    assert SECRET[:12] not in shown
    assert quote(SECRET, safe="")[:16] not in shown
    assert base64.b64encode(SECRET.encode()).decode()[:20] not in shown


@given(st.binary(max_size=40), st.binary(max_size=40), st.text(st.characters(codec="utf-8"), min_size=12, max_size=60))
def test_base64_of_anything_around_a_secret_gives_nothing_of_it_away(before: bytes, after: bytes, secret: str) -> None:
    """Basic authentication and the like: at all three alignments, in both alphabets, four octets at most stay."""
    redact = Redactor([secret])
    whole = before + secret.encode() + after
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        shown = redact(encode(whole).decode())
        assert HIDDEN in shown
        longest = max(shown.split(HIDDEN), key=len) if shown.split(HIDDEN) else ""
        assert len(longest) <= (len(before) + len(after)) * 4 // 3 + 8


@given(st.text(st.characters(codec="utf-8"), min_size=4, max_size=40))
def test_a_secret_is_hidden_inside_json_and_the_json_stays_whole(secret: str) -> None:
    """A line of the history must be readable after redaction, even if a secret looks like its syntax."""
    text = json.dumps({"a": f"x\n{secret}\ny", "b": ["deep", {"c": secret}]}, ensure_ascii=False)
    shown = json.loads(Redactor([secret]).line(text))
    assert secret not in str(shown.get("a"))


@pytest.mark.parametrize("secret", ['", "b": ', "nabc", "u00e9", "\\\\\\\\", '"a": "x'])
def test_a_secret_like_json_syntax_breaks_no_line(secret: str) -> None:
    """Where hiding it in the text would break the line, it is hidden value by value."""
    text = json.dumps({"a": f"\nabc {secret}", "b": "\u00e9"})
    shown = json.loads(Redactor([secret]).line(text))
    assert not any(secret in value for value in shown.values())


STRUCTURES = {
    "/x?X-Amz-Signature=abc123&a=1": "/x?X-Amz-Signature=[redacted]&a=1",
    "/x?a=1&X-Amz-Credential=AK%2F2026%2Fs3": "/x?a=1&X-Amz-Credential=[redacted]",
    "/x?X-Amz-Security-Token=t&AWSAccessKeyId=A&Signature=s": (
        "/x?X-Amz-Security-Token=[redacted]&AWSAccessKeyId=[redacted]&Signature=[redacted]"
    ),
    "/v1/AUTH_x/c/o?temp_url_sig=da39&temp_url_expires=9": "/v1/AUTH_x/c/o?temp_url_sig=[redacted]&temp_url_expires=9",
    "https%3A%2F%2Fh%2Fx%3FSignature%3Dabc%26b%3D1": "https%3A%2F%2Fh%2Fx%3FSignature%3D[redacted]%26b%3D1",
    '{"api_token": "t", "n": 1}': '{"api_token": "[redacted]", "n": 1}',
    '{"agent_key":"a","user_key":"b\\"c"}': '{"agent_key":"[redacted]","user_key":"[redacted]"}',
    '{"headers":{"set-cookie":"s=1; Path=/"}}': '{"headers":{"set-cookie":"[redacted]"}}',
    '{"text":"{\\"api_token\\":\\"t\\"}"}': '{"text":"{\\"api_token\\":\\"[redacted]\\"}"}',
    "Authorization: Bearer abc.def": "Authorization: [redacted]",
    "cookie: a=b; c=d": "cookie: [redacted]",
    "<AWSAccessKeyId>AK</AWSAccessKeyId>": "<AWSAccessKeyId>[redacted]</AWSAccessKeyId>",
    "https://user:word@host/x": "https://[redacted]@host/x",
    '{"code":"x","reason":"no api_token provided"}': '{"code":"x","reason":"no api_token provided"}',
    '{"signature":"of the file","token_count":3}': '{"signature":"of the file","token_count":3}',
    "/api/v1/uploads/1/chunks?page=1&per_page=5": "/api/v1/uploads/1/chunks?page=1&per_page=5",
}


@pytest.mark.parametrize(("text", "shown"), STRUCTURES.items(), ids=STRUCTURES)
def test_what_stands_where_secrets_stand_is_hidden(text: str, shown: str) -> None:
    """Signed URLs, token fields, cookies, wherever they come from; and nothing beside them."""
    assert structural(text) == shown


def test_the_shortest_words_are_no_secrets() -> None:
    """A secret of three letters would make holes in everything."""
    assert Redactor(["abc"])("abc") == "abc"
