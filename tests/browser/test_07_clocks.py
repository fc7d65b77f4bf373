"""Notebook 07 as a reader uses it: a race that runs, hope by keyboard."""

from __future__ import annotations

import re

import pytest

COUNT = """(root) => new Promise((done) => {
  let pictures = 0;
  const chart = root.querySelector('.cl-chart');
  const seen = new MutationObserver(() => { pictures += 1; });
  seen.observe(chart, { childList: true });
  setTimeout(() => { seen.disconnect(); done(pictures / 3); }, 3000);
})"""


@pytest.fixture(scope="module")
def opened(shared):
    shared.run_all()
    shared.page.get_by_text("what happened: only: steps until optimal").wait_for(timeout=60_000)
    return shared


def numbers(race) -> dict[str, list[str]]:
    rows = race.locator("tbody tr")
    return {
        rows.nth(i).locator("th").text_content(): rows.nth(i).locator("td").all_text_contents()
        for i in range(rows.count())
    }


def test_the_race(opened) -> None:
    race = opened.widget("race")
    race.get_by_text("After 0 steps.", exact=True).wait_for()
    assert race.locator(".cl-squares svg").is_visible()
    race.locator("select").nth(1).select_option(index=1)
    assert "not yet" in numbers(race)["from scratch"][2]
    race.get_by_role("button", name="Play").press("Enter")
    race.get_by_role("button", name="Pause").wait_for()
    rate = race.evaluate(COUNT)
    print(f"pictures a second: {rate:.1f}")
    assert rate > 10  # 24 on a quiet machine
    race.get_by_role("button", name="Pause").click()
    race.get_by_text("Paused, after").wait_for()
    stood = race.locator("caption").text_content()
    opened.page.wait_for_timeout(300)
    assert race.locator("caption").text_content() == stood
    assert race.locator(".cl-squares svg").is_visible()
    opened.screenshot("race_running", race)
    race.get_by_role("button", name="Play").click()
    race.locator(".cl-status").get_by_text("Finished").wait_for(timeout=90_000)
    table = numbers(race)
    assert table["Algorithm 1"][:3] == ["89", "131,920", "628,624"]
    opened.screenshot("race_finished", race)
    assert table["from scratch"][:3] == ["999", "248,762", "248,762"]
    assert table["Algorithm 2"][:3] == ["first ▸ 24", "first ▸ 2,785", "first ▸ 2,785"]
    race.get_by_label("squares still wrong").uncheck()
    race.locator(".cl-squares").wait_for(state="hidden")
    seed = race.get_by_label("seed")
    seed.fill("3")
    seed.press("Enter")
    race.get_by_text("After 0 steps.", exact=True).wait_for()
    race.locator("select").first.select_option("to first arrival")
    race.get_by_role("button", name="Play").click()
    race.locator(".cl-status").get_by_text("An arrival").wait_for(timeout=30_000)
    before = race.locator("caption").text_content()
    race.get_by_role("button", name="Step").click()
    opened.page.wait_for_function(
        "([root, old]) => root.querySelector('caption').textContent !== old",
        arg=[race.element_handle(), before],
    )


def test_hope_by_keyboard(opened) -> None:
    race = opened.widget("race", 1)
    slider = race.locator(".cl-hope")
    assert slider.input_value() == "0"
    slider.fill("10")
    race.get_by_text("+10").wait_for()
    slider.press("ArrowRight")
    race.get_by_text("+11").wait_for()
    race.get_by_text("After 0 steps.", exact=True).wait_for()
    race.get_by_role("button", name="Play").click()
    race.locator(".cl-status").get_by_text("Finished").wait_for(timeout=90_000)
    assert all(re.search(r"\d", cell) for row in numbers(race).values() for cell in row)
    opened.dark()
    opened.page.wait_for_timeout(500)
    opened.screenshot("race_hope_dark", race)
    opened.dark(False)


def test_the_keys_of_a_widget_are_its_own(opened) -> None:
    """A notebook in command mode would take the arrows, and "b" for a new cell, "dd" for none."""
    page, keyboard = opened.page, opened.page.keyboard
    race = opened.widget("race")
    page.evaluate(opened.COMMAND_MODE, "guess_mend =")
    race.get_by_role("button", name="Step").focus()
    before = page.evaluate(opened.CELLS)
    for key in ("ArrowDown", "b", "d", "d", "m", "ArrowDown", "Escape"):
        keyboard.press(key)
    assert page.evaluate(opened.CELLS) == before

    seed = race.get_by_label("seed")  # a text is edited, and the notebook is not
    seed.fill("12")
    seed.press("Control+a")
    seed.press("3")
    assert seed.input_value() == "3"
    assert page.evaluate(opened.CELLS)["cells"] == before["cells"]


def test_the_whole_notebook_in_both_themes(opened) -> None:
    opened.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    opened.in_both_themes()
