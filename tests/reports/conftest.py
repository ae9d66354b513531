"""Run documents and a real browser for the tests of the reports."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conformance.reports import html
from playwright.sync_api import Browser, Page
from samples import samples

Document = dict[str, Any]
Open = Callable[[Document], Page]


@pytest.fixture(scope="session")
def retained_samples() -> dict[str, Document]:
    """Build the samples once."""
    return samples()


@pytest.fixture
def sample(retained_samples: dict[str, Document]) -> Callable[[str], Document]:
    """Give a fresh copy of a sample by its name."""
    return lambda name: copy.deepcopy(retained_samples[name])


class Watched:
    """What a page did that it must not do."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.requests: list[str] = []


@pytest.fixture
def watched() -> Watched:
    """Give the record of console messages and requests of the page that `opened` opens."""
    return Watched()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path, watched: Watched) -> Iterator[Open]:
    """Give a way to draw a document and open its page; at the end nothing may be on the console or the network."""
    context = browser.new_context(offline=True, viewport={"width": 1200, "height": 900}, color_scheme="light")

    def go(document: Document) -> Page:
        path = html.write(document, tmp_path)
        page = context.new_page()
        page.on("console", lambda message: watched.messages.append(message.text))
        page.on("pageerror", lambda trouble: watched.messages.append(str(trouble)))
        page.on("request", lambda request: watched.requests.append(request.url))
        page.goto(path.as_uri())
        return page

    yield go
    context.close()
    assert watched.messages == []
    assert [url for url in watched.requests if not url.startswith("file:")] == []
    assert len(watched.requests) == 1, watched.requests
