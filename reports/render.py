"""Templates to one self-contained page: escaped by default, style and script named by hash in the policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from conformance.outcome.display_text import count, printable, seconds, size

HERE = Path(__file__).parent
_TICKS = re.compile(r"`([^`]+)`")


def page(template: str, context: Mapping[str, Any], *, script: str = "page.js", style: str = "") -> str:
    """Render a template with the shared style and one more, and with a script; an empty name is none."""
    style = _asset("page.css") + (_asset(style) if style else "")
    code = _asset(script) if script else ""
    return (
        _environment()
        .get_template(template)
        .render(
            **context,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(code),  # noqa: S704 - our own file
            policy=_policy(style, code),
        )
    )


def _policy(style: str, code: str) -> str:
    allowed = f"script-src '{_hash(code)}'; " if code else ""
    return f"default-src 'none'; {allowed}style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(seconds=seconds, count=count, size=size, ticks=ticks, words=words, quantity=quantity)
    return environment


def _finalize(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def ticks(text: str) -> Markup:
    """Escape text and set what stands between backticks as code."""
    return Markup(_TICKS.sub(r"<code>\1</code>", str(escape(printable(text)))))  # noqa: S704 - escaped just before


def words(name: str) -> str:
    """Make a field's name readable: the unit goes to the value."""
    return re.sub(r"_(s|ns)$", "", str(name)).replace("_", " ")


def quantity(value: object, name: str) -> object:
    """Say a field's value with the unit that its name tells."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else value
    if name.endswith("_ns"):
        return seconds(value / 1e9)
    return seconds(value) if name.endswith("_s") else count(value)
