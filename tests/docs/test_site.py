"""The site: built once, strictly; links lead somewhere, nothing comes from elsewhere, nothing is undocumented."""

from __future__ import annotations

import functools
import http.server
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest
from playwright.sync_api import Browser

from conformance.api import catalogue
from conformance.cli.commands import every_command
from conformance.errors import ExitCode
from conformance.reference.faults import FAULTS
from conformance.reference.variants import VARIANTS

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("site")  # one worker, so that it is built once


class Page(HTMLParser):
    """The ids of a page, where it links to, and what a browser would load for it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag says."""
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.add(values["href"])
        for name in ("src", "href") if tag in ("img", "script", "link", "iframe", "source") else ():
            if values.get(name) and values.get("rel") != "canonical":
                self.loaded.add(values[name])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    """Give every page by its path in the site."""
    found = {str(path.relative_to(site)): path for path in site.rglob("*.html")}
    return {name: Page(path.read_text(encoding="utf-8")) for name, path in found.items()}


def test_every_page_that_a_reader_looks_for_is_there(pages: dict[str, Page]) -> None:
    """From the first two minutes to the questions."""
    names = ("index", "judge", "ci/index", "certification", "watch", "clients", "scale", "theory", "architecture",
             "requirements", "readings", "commands", "faults", "exit-codes", "faq", "python")  # fmt: skip
    assert {f"{name}.html" for name in names} <= set(pages)


def test_every_link_within_the_site_leads_somewhere(site: Path, pages: dict[str, Page]) -> None:
    """To a file that is there, and to an anchor of it."""
    dead = []
    for name, page in pages.items():
        for link in page.links | page.loaded:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or name == "404.html":
                continue
            path = ((site / name).parent / unquote(parts.path)).resolve() if parts.path else site / name
            target = pages.get(str(path.relative_to(site.resolve()))) if path.is_relative_to(site.resolve()) else None
            anchor = unquote(parts.fragment)
            if not path.exists() or (anchor and target and anchor not in target.ids and anchor != "__skip"):
                dead.append(f"{name}: {link}")
    assert dead == []


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[str, Page]) -> None:
    """No font, no script, no picture, no style of another host."""
    assert {link for page in pages.values() for link in page.loaded if urlsplit(link).netloc} == set()
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(?:https?:)?//|@import", path.read_text(encoding="utf-8")), path


def test_every_requirement_reading_fault_and_exit_code_has_an_anchor(pages: dict[str, Page]) -> None:
    """One each, by its own id, so that a report can link to it."""
    assert {one.id for one in catalogue.every()} <= pages["requirements.html"].ids
    assert {one.id for one in catalogue.readings()} <= pages["readings.html"].ids
    assert {*FAULTS, *VARIANTS} <= pages["faults.html"].ids
    assert {str(int(code)) for code in ExitCode} <= pages["exit-codes.html"].ids


@pytest.mark.parametrize(("name", "command"), [*every_command()], ids=[name for name, _ in every_command()])
def test_every_command_and_option_is_documented(name: str, command: click.Command, pages: dict[str, Page]) -> None:
    """With an anchor and a sentence of its own; and some page that a person wrote tells what the command is for."""
    anchor = name.replace(" ", "-")
    assert anchor in pages["commands.html"].ids
    assert command.help
    for one in command.get_params(click.Context(command)):
        if isinstance(one, click.Option) and not one.hidden:
            assert f"{anchor}{max(one.opts, key=len)}" in pages["commands.html"].ids, one.opts
            assert one.help, f"{name} {one.opts}"
    written = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    assert re.search(rf"`?(?:dds-conformance )?\b{name}\b", written), name
    assert re.search(rf"dds-conformance {name}\b|`{name}\b", written), name


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """Serve the site on the loopback interface."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_the_site_is_quiet_fits_and_finds_in_a_browser(address: str, browser: Browser, width: int, scheme: str) -> None:
    """Light, dark, and on a phone: nothing on the console, nothing from elsewhere, no page wider than the window."""
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda trouble: said.append(str(trouble)))
    page.on("request", lambda request: asked.append(request.url))
    for name in ("index", "commands", "requirements"):
        page.goto(f"{address}/{name}.html")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert page.locator("body").get_attribute("data-md-color-scheme") == ("slate" if scheme == "dark" else "default")
    page.keyboard.press("/")
    page.keyboard.type("bad-never-200", delay=20)
    page.locator(".md-search-result__item a").first.wait_for(timeout=60_000)
    assert said == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    context.close()
