"""The pages of the live course, woken by one press: every widget answers, as installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Server
from playwright.sync_api import Page, expect
from test_lab import RUN_UP_TO, open_notebook

from cliprl_lite import embed, rounded

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]

CANNOT = {"08_neural_policies": "PyTorch cannot run in a browser tab"}
"""Notebooks with one widget that stays a picture, and what is said in its place."""


def wake(page: Page) -> None:
    """Press the first button, and wait until all cells have run."""
    page.locator(".cl-wakes").first.click()
    expect(page.locator(".cl-wake")).to_contain_text("This page is awake", timeout=120_000)


WAKE = """async () => {
  const widgets = document.querySelectorAll(".cl-asleep").length;
  document.querySelector(".cl-wakes").click();
  const line = document.querySelector(".cl-wake");
  while (!/is awake|did not/.test(line.textContent))
    await new Promise((done) => setTimeout(done, 100));
  await new Promise((done) => setTimeout(done, 500));
  const count = (selector) => document.querySelectorAll(selector).length;
  const excuses = [...document.querySelectorAll(".cl-still-asleep figcaption")];
  return {
    widgets, said: line.textContent, asleep: count(".cl-asleep"),
    awake: count(".cl-awake > div > .cl-root"), excuses: excuses.map((one) => one.textContent),
  };
}"""
"""Presses the first button, and tells how it went."""


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_one_press_wakes_every_widget(name: str, live: str, either_tab: Any) -> None:
    either_tab.goto(f"{live}/notebooks/{name}.html")
    found = either_tab.evaluate(WAKE)
    assert "This page is awake" in found["said"]
    assert found["widgets"] >= 2
    assert found["asleep"] == 0
    assert found["awake"] == found["widgets"] - len(found["excuses"])
    if name in CANNOT:
        (excuse,) = found["excuses"]
        assert CANNOT[name] in excuse
    else:
        assert found["excuses"] == []


def test_the_tour_on_the_front_page(live: str, either_tab: Any) -> None:
    either_tab.goto(f"{live}/")
    assert either_tab.evaluate(WAKE)["awake"] == 1
    arrived = """async () => {
      const tour = document.querySelector(".cl-awake");
      [...tour.querySelectorAll("button")].find(({ textContent }) => textContent === "Go").click();
      for (let tenths = 0; tenths < 600; tenths += 1) {
        await new Promise((done) => setTimeout(done, 100));
        if (/ first/.test(tour.textContent)) break;
      }
      return tour.textContent;
    }"""
    assert "M" in either_tab.evaluate(arrived)


def test_nothing_is_fetched_before_the_press(live: str, tab: Page) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(f"{live}/notebooks/07_clocks.html")
    tab.wait_for_load_state("networkidle")
    assert not any("/_live/" in address for address in asked)


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_a_bar_says_how_far_the_encoder_has_come(live: str, tab: Page) -> None:
    tab.goto(f"{live}/")
    wake(tab)
    tour = tab.locator(".cl-tour")
    tour.get_by_role("textbox").fill("carry the red kettle home")
    tour.get_by_role("button", name="Choose").click()
    bar = tab.locator(".cl-coming")
    expect(bar).to_contain_text("Sentence encoder", timeout=60_000)
    expect(bar.get_by_role("progressbar")).to_be_visible()
    expect(bar).to_have_count(0, timeout=60_000)
    expect(tour).to_contain_text("trust neither choice")


@pytest.mark.slow
def test_a_page_from_the_disk(built: Path, tab: Page) -> None:
    tab.goto(f"{(built / 'notebooks' / '00_tour.html').as_uri()}")
    wake(tab)
    expect(tab.locator(".cl-awake")).to_have_count(3)


@pytest.mark.slow
def test_on_a_telephone(live: str, tab: Page) -> None:
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.goto(f"{live}/notebooks/00_tour.html")
    expect(tab.locator(".cl-wakes").first).to_be_in_viewport()
    wake(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.slow
def test_without_a_network_after_the_first_time(built: Path, either_tab: Any) -> None:
    """The host goes away: the page opens and wakes once more, and so does JupyterLab."""
    server = Server(built)
    page = f"{server.address}/notebooks/00_tour.html"
    either_tab.goto(page)
    either_tab.evaluate(WAKE)
    open_notebook(server.address, either_tab, "00_tour")
    server.close()
    either_tab.goto(page)
    assert either_tab.evaluate(WAKE)["awake"] == 3
    open_notebook(server.address, either_tab, "00_tour")
    (output,) = either_tab.evaluate(RUN_UP_TO, [1, "import cliprl_lite; print(6 * 7)"])
    assert "".join(output["text"]) == "42\n"
