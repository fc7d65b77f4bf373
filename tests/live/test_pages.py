"""The pages of the live course, woken by one press: every widget answers, as installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cliprl_lite import embed, rounded

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]

CANNOT = {"08_neural_policies": "PyTorch cannot run in a browser tab"}
"""Notebooks with one widget that stays a picture, and what is said in its place."""


def wake(page: Page) -> None:
    """Press the first button, and wait until all cells have run."""
    page.locator(".cl-wakes").first.click()
    expect(page.locator(".cl-wake")).to_contain_text("This page is awake", timeout=120_000)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_one_press_wakes_every_widget(name: str, live: str, tab: Page) -> None:
    tab.goto(f"{live}/notebooks/{name}.html")
    asleep = tab.locator(".cl-asleep")
    n_widgets = asleep.count()
    assert n_widgets >= 2
    wake(tab)
    expect(asleep).to_have_count(0)
    excuses = tab.locator(".cl-still-asleep figcaption").all_text_contents()
    if name in CANNOT:
        (excuse,) = excuses
        assert CANNOT[name] in excuse
    else:
        assert excuses == []
    expect(tab.locator(".cl-awake > div > .cl-root")).to_have_count(n_widgets - len(excuses))


def test_nothing_is_fetched_before_the_press(live: str, tab: Page) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(f"{live}/notebooks/07_clocks.html")
    tab.wait_for_load_state("networkidle")
    assert not any("/_live/" in address for address in asked)


def test_a_race_as_in_the_installed_course(live: str, tab: Page) -> None:
    """The clocks are those that tests/browser finds in JupyterLab, to the step."""
    tab.goto(f"{live}/notebooks/07_clocks.html")
    wake(tab)
    race = tab.locator(".cl-race").first
    race.get_by_role("button", name="Play").click()
    expect(race.locator(".cl-status")).to_contain_text("Finished", timeout=90_000)
    rows = [row.locator("td").all_text_contents()[:3] for row in race.locator("tbody tr").all()]
    assert rows == [
        ["999", "248,762", "248,762"],
        ["89", "131,920", "628,624"],
        ["first ▸ 24", "first ▸ 2,785", "first ▸ 2,785"],
    ]


def test_a_widget_is_driven_and_asked_again(live: str, tab: Page) -> None:
    tab.goto(f"{live}/notebooks/01_grid_world.html")
    wake(tab)
    drive = tab.locator(".cl-drive").first
    before = drive.locator(".cl-status").text_content()
    drive.locator(".cl-frame").focus()
    tab.keyboard.press("ArrowUp")
    expect(drive.locator(".cl-status")).not_to_have_text(before or "")
    tab.wait_for_timeout(5_000)  # longer than a widget waits for an answer
    expect(drive.locator(".cl-gone")).to_be_hidden()


def test_a_sentence_that_is_in_no_suite(live: str, tab: Page) -> None:
    """The encoder is fetched when it is first needed; the cosine is the installed course's."""
    tab.goto(f"{live}/notebooks/03_language_similarity.html")
    wake(tab)
    ruler = tab.locator(".cl-sentence-ruler").first
    typed = "carry the red kettle home"
    ruler.get_by_label("your sentence").fill(typed)
    ruler.get_by_role("button", name="place it").click()
    anchor, new = embed(["go to the red cone", typed])
    found = ruler.locator("svg").first
    expect(found).to_contain_text(f"{rounded(anchor @ new, 2):.2f}", timeout=60_000)


def test_a_page_from_the_disk(built: Path, tab: Page) -> None:
    tab.goto(f"{(built / 'notebooks' / '00_tour.html').as_uri()}")
    wake(tab)
    expect(tab.locator(".cl-awake")).to_have_count(3)


def test_on_a_telephone(live: str, tab: Page) -> None:
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.goto(f"{live}/notebooks/00_tour.html")
    expect(tab.locator(".cl-wakes").first).to_be_in_viewport()
    wake(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
