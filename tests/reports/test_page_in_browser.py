"""The page in a real browser: it opens, filters, follows findings, obeys the keyboard, and stays quiet.

The fixture `opened` fails a test whose page writes to the console or asks the network for anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

Document = dict[str, Any]
Sample = Callable[[str], Document]
Open = Callable[[Document], Page]


@pytest.mark.parametrize(
    ("name", "word"),
    [("conformant", "Conformant"), ("nonconformant", "Nonconformant"), ("interrupted", "Incomplete")],
)
def test_the_verdict_is_the_headline(sample: Sample, opened: Open, name: str, word: str) -> None:
    """Who opens the page reads the verdict first."""
    page = opened(sample(name))
    expect(page.get_by_role("heading", level=1)).to_have_text(word)
    assert page.get_by_role("heading", level=1).bounding_box()["y"] < 400  # type: ignore[index] # it is visible


def test_a_newcomer_finds_what_is_wrong_where_it_stands_and_how_to_see_it_again(sample: Sample, opened: Open) -> None:
    """From the list of problems to the finding: sentence, section of the spec, proof, plan, curl, command."""
    page = opened(sample("nonconformant"))
    page.get_by_role("region", name="What is wrong").get_by_role("link", name="An upload has one verdict").click()
    group = page.locator("#findings-one-verdict")
    expect(group).to_be_in_viewport()
    expect(group.locator("blockquote")).to_contain_text("This status for an upload will now be made eventually")
    expect(group.locator("blockquote")).to_contain_text("Clients and Eventual Consistency")
    finding = group.locator("details.finding")
    expect(finding).to_have_attribute("open", "")
    expect(finding).to_contain_text("read op-7 began 40 ms after read op-5 had returned 200")
    expect(finding.locator("svg.timeline rect.bar")).to_have_count(2)
    expect(finding).to_contain_text("curl -sS -i -X GET")
    expect(finding).to_contain_text("put_chunk(u, 2, 6 MiB, wrong hash)")
    expect(finding).to_contain_text("dds-conformance replay plan.json")
    expect(finding).to_contain_text('{"format": "dds-conformance-plan", "version": 1}')
    expect(group).to_contain_text("dds-conformance run --effort thorough --seed 7 --only one-verdict")


def test_a_word_filters_duties_and_findings(sample: Sample, opened: Open) -> None:
    """What does not hold the word goes, and the page says how much is left."""
    page = opened(sample("nonconformant"))
    page.locator("#filter").fill("Bad-Never 200")
    expect(page.locator("#duty-bad-never-200")).to_be_visible()
    expect(page.locator("#duty-nc-payload")).to_be_hidden()
    expect(page.locator("#findings-one-verdict")).to_be_hidden()
    expect(page.locator("#shown")).to_have_text("1 of 22 duties")
    page.keyboard.press("Escape")
    expect(page.locator("#duty-nc-payload")).to_be_visible()


def test_an_outcome_is_switched_off_and_on(sample: Sample, opened: Open) -> None:
    """Who wants the failures alone gets them."""
    page = opened(sample("nonconformant"))
    toggle = page.get_by_role("button", name="passed")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#duty-nc-payload")).to_be_hidden()
    expect(page.locator("#duty-one-verdict")).to_be_visible()
    toggle.click()
    expect(page.locator("#duty-nc-payload")).to_be_visible()


def test_a_link_to_a_filtered_finding_shows_it(sample: Sample, opened: Open) -> None:
    """A link never leads to nothing: the filter gives way."""
    page = opened(sample("nonconformant"))
    page.locator("#filter").fill("no such word anywhere")
    expect(page.locator("#findings-one-verdict")).to_be_hidden()
    page.get_by_role("region", name="What is wrong").get_by_role("link", name="An upload has one verdict").click()
    expect(page.locator("#findings-one-verdict")).to_be_visible()


def test_the_keyboard_alone_is_enough(sample: Sample, opened: Open) -> None:
    """Filter, step through findings, fold, help and theme, without a mouse."""
    page = opened(sample("nonconformant"))
    page.keyboard.press("/")
    expect(page.locator("#filter")).to_be_focused()
    page.keyboard.type("j")
    expect(page.locator("#filter")).to_have_value("j")
    page.keyboard.press("Escape")
    findings = page.locator("details.finding")
    for number in (0, 1):
        page.keyboard.press("j")
        expect(findings.nth(number).locator("> summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(findings.nth(1)).not_to_have_attribute("open", "")
    page.keyboard.press("k")
    expect(findings.nth(0).locator("> summary")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("e")
    expect(page.locator("details.finding[open]")).to_have_count(findings.count())
    page.keyboard.press("d")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_tab_reaches_the_report_and_the_first_finding(sample: Sample, opened: Open) -> None:
    """The first tab stop skips to the report, and everything that folds can be reached."""
    page = opened(sample("nonconformant"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the report")).to_be_focused()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName + (document.activeElement.id || '')"))
    assert {"INPUTfilter", "SUMMARY", "BUTTONtheme"} <= reached


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_sticks_out_of_the_page(sample: Sample, opened: Open, width: int) -> None:
    """No sideways scrolling of the page itself, on a telephone either."""
    page = opened(sample("nonconformant"))
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(sample: Sample, opened: Open, scheme: str) -> None:
    """Contrast of at least 4.5 to 1 for every run of text, in light and in dark."""
    page = opened(sample("nonconformant"))
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of its two literals
    page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
    assert page.evaluate(CONTRAST) == []


def test_paper_is_light_and_shows_what_was_folded(sample: Sample, opened: Open) -> None:
    """Printing opens every part, drops the controls and folds again after."""
    page = opened(sample("nonconformant"))
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("details:not([open])")).to_have_count(0)
    expect(page.locator(".top")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() > 0


def test_the_page_reads_without_its_script(sample: Sample, opened: Open, browser: Any, tmp_path: Any) -> None:
    """With scripts off everything is there, and no control that would do nothing."""
    opened(sample("nonconformant"))
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    expect(page.locator("#duty-nc-payload")).to_be_visible()
    expect(page.locator("#filter")).to_be_hidden()
    context.close()


def test_copying_gives_the_curl_lines(sample: Sample, opened: Open) -> None:
    """The button copies, or selects where the browser does not let it copy."""
    page = opened(sample("nonconformant"))
    button = page.locator("details.finding[open] .copyable", has_text="curl -sS").first.get_by_role("button")
    button.click()
    expect(button).to_have_text(re.compile("^(Copied|Selected)$"))


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255, 255];
  };
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const weak = new Set();
  for (const e of document.querySelectorAll("main *, header *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest("svg")) continue;
    const [a, b] = [light(rgba(getComputedStyle(e).color)), light(ground(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) weak.add(`${e.tagName}.${e.className}: ${ratio.toFixed(2)}`);
  }
  return [...weak];
}"""
