"""The page of many runs in a real browser: sort, filter, follow a link, keyboard; light, dark, phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

Open = Callable[..., Page]


def test_a_square_leads_to_the_report_of_its_run(opened_trend: Open) -> None:
    """The third run is broken; its square is the way to it."""
    page = opened_trend()
    row = page.locator('tr[data-name="bad-never-200"]')
    expect(row.locator("a.cell")).to_have_count(6)
    expect(row.locator("a.cell.fail")).to_have_count(2)
    row.locator("a.cell.fail").first.click()
    expect(page).to_have_title("one run")
    assert "run000000002" in page.url


def test_rows_are_sorted_by_what_changes_most_and_by_name(opened_trend: Open) -> None:
    """One click, and the other way round with a second one."""
    page = opened_trend()
    names = page.locator(".grid tbody tr")
    page.get_by_role("button", name="Changes").click()
    changes = [int(row.get_attribute("data-changes") or 0) for row in names.all()]
    assert changes == sorted(changes, reverse=True)
    assert changes[0] > 0
    page.get_by_role("button", name="Requirement").first.click()
    shown = [row.get_attribute("data-name") for row in names.all()]
    assert shown == sorted(shown, key=str)
    page.get_by_role("button", name="Requirement").first.click()
    assert [row.get_attribute("data-name") for row in names.all()] == shown[::-1]


def test_a_word_filters_rows_and_findings(opened_trend: Open) -> None:
    """What does not hold the word goes; Escape brings it back."""
    page = opened_trend()
    page.keyboard.press("/")
    page.keyboard.type("one-verdict")
    expect(page.locator('.grid tr[data-name="one-verdict"]')).to_be_visible()
    expect(page.locator('.grid tr[data-name="nc-payload"]')).to_be_hidden()
    expect(page.locator(".sights tbody tr:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator('.grid tr[data-name="nc-payload"]')).to_be_visible()


def test_what_never_changes_can_be_hidden(opened_trend: Open) -> None:
    """On a long list of passes, that is what a reader wants."""
    page = opened_trend()
    page.get_by_label("only what changes").check()
    expect(page.locator('.grid tr[data-name="nc-payload"]')).to_be_hidden()
    expect(page.locator('.grid tr[data-name="bad-never-200"]')).to_be_visible()


def test_the_arrows_walk_from_square_to_square_and_enter_opens_a_run(opened_trend: Open) -> None:
    """No mouse is needed."""
    page = opened_trend()
    first = page.locator('tr[data-name="bad-never-200"] a.cell').first
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator('tr[data-name="bad-never-200"] a.cell').nth(2)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.locator('tr[data-name="bad-never-200"] a.cell').nth(2)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_title("one run")


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (380, "light")])
def test_the_page_fits_its_window(opened_trend: Open, width: int, scheme: str) -> None:
    """Tables scroll by themselves; the page never scrolls sideways."""
    page = opened_trend(width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_light_and_dark_are_switched_by_a_button_and_by_a_key(opened_trend: Open) -> None:
    """The reader's choice goes before the system's."""
    page = opened_trend()
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.keyboard.press("d")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
