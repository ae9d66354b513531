"""A real browser for the page of many runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from past import night, write_nights
from playwright.sync_api import Browser, Page

from conformance.cli.trend_command import trend


@pytest.fixture
def opened_trend(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Give a way to open the page of six nights, two of them broken; nothing may be on the console or the network."""
    write_nights(tmp_path, [night(n, "nonconformant" if n in (2, 4) else "conformant") for n in range(6)])
    path = tmp_path / "trend.html"
    CliRunner().invoke(trend, [str(tmp_path), "-o", str(path)], standalone_mode=False)
    messages: list[str] = []
    asked: list[str] = []
    contexts = []

    def go(*, width: int = 1200, scheme: str = "light") -> Page:
        context = browser.new_context(
            offline=True,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type] # light or dark
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda trouble: messages.append(str(trouble)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page

    yield go
    for context in contexts:
        context.close()
    assert messages == []
    assert [url for url in asked if not url.startswith("file:")] == []
