"""Nothing that a server said takes effect in any report: no script, no markup, no broken file."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conformance.reports import html, junit, markdown, matrix_page
from playwright.sync_api import Page

from conformance.outcome.display_text import printable

Document = dict[str, Any]
Sample = Callable[[str], Document]
Open = Callable[[Document], Page]
OURS = frozenset(
    {"outcome", "level", "format", "id", "requirement", "effort", "sha256", "p", "status", "method", "begun", "ended"}
)
"""Fields whose values the suite itself chooses from a fixed vocabulary."""
EVIL = [
    "<img src=x onerror=\"window.pwned='img'\"><script>window.pwned='script'</script>",
    '"><svg onload="window.pwned=\'svg\'">',
    "'-window.pwned='js'-'</title></style></script><script>window.pwned='breakout'</script>",
    "{{ 7 * 7 }}{% raw %}javascript:window.pwned=1",
    "\x00\x1b[31m\u202e\ud800 | `tick` ]]> --> &amp; \u2028",
    "`<img src=x onerror=window.pwned=2>`",
]


def poisoned(value: Any, evil: str, field: str = "") -> Any:
    """Replace every text that a target could have given, names of fields included."""
    if isinstance(value, dict):
        extra = {evil: evil} if field in ("headers", "response", "numbers", "measured") else {}
        extra |= {evil: 1} if field in ("by_status", "failures", "by_answer") else {}
        return {key: poisoned(inner, evil, key) for key, inner in value.items()} | extra
    if isinstance(value, list):
        return [poisoned(inner, evil, field) for inner in value]
    return evil if isinstance(value, str) and field not in OURS else value


@pytest.mark.parametrize("evil", EVIL)
def test_no_text_of_a_server_runs_in_the_page(sample: Sample, opened: Open, evil: str) -> None:
    """The page shows the text, and nothing of it becomes an element or runs."""
    page = opened(poisoned(sample("nonconformant"), evil))
    page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
    assert page.evaluate("window.pwned") is None
    assert page.locator("img, iframe, object, embed, base, link, meta[http-equiv=refresh]").count() == 0
    assert page.locator("script").count() == 1
    assert page.evaluate("[...document.querySelectorAll('*')].flatMap((e) => e.getAttributeNames())"
                         ".filter((name) => name.startsWith('on'))") == []  # fmt: skip
    shown = page.locator("details.finding .sentence").first.text_content()
    assert shown == printable(evil).replace("`", "") or shown == printable(evil)


@pytest.mark.parametrize("evil", EVIL)
def test_the_matrix_page_escapes_too(sample: Sample, tmp_path: Path, evil: str) -> None:
    """Targets' names and versions are text in the matrix, as HTML and as Markdown."""
    web, text = matrix_page.write([poisoned(sample("nonconformant"), evil), sample("conformant")], tmp_path)
    assert "<img" not in web.read_text(encoding="utf-8")
    assert "<svg onload" not in web.read_text(encoding="utf-8")
    assert not re.search(r"<(?!br>)", outside_code(text.read_text(encoding="utf-8")))


@pytest.mark.parametrize("evil", EVIL)
def test_junit_stays_well_formed(sample: Sample, tmp_path: Path, evil: str) -> None:
    """Control characters, lone surrogates and CDATA ends break no XML."""
    path = junit.write(poisoned(sample("nonconformant"), evil), tmp_path)
    assert ET.parse(path).getroot().tag == "testsuites"


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("name", ["conformant", "nonconformant"])
def test_markdown_holds_no_markup_of_a_server(sample: Sample, tmp_path: Path, evil: str, name: str) -> None:
    """Outside of code no bracket of HTML is left but our own fold, and no table row breaks."""
    document = poisoned(sample(name), evil)
    text = outside_code(markdown.write(document, tmp_path).read_text(encoding="utf-8"))
    assert not re.search(r"<(?!/?details>|/?summary>)", text)


def test_the_policy_of_the_page_allows_its_own_style_and_script_alone(sample: Sample, tmp_path: Path) -> None:
    """Both are named by hash; nothing inline beside them, nothing from elsewhere: it only links to its neighbours."""
    text = html.write(sample("nonconformant"), tmp_path).read_text(encoding="utf-8")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy.startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"\ssrc=", text)
    links = [
        link for link in re.findall(r"\shref=[\"']([^\"']+)", text) if not link.startswith(("#", "requirements.html#"))
    ]
    assert [link for link in links if not re.fullmatch(r"reproduce/finding-\d+\.(sh|py)", link)] == []
    (style,) = re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style


def outside_code(text: str) -> str:
    """Take the inline code out of Markdown: what stands in it is text for every reader."""
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
