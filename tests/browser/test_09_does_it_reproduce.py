"""Notebook 09 as a reader uses it: a choice by keyboard, one by mouse, cards that turn."""

from __future__ import annotations

import pytest

FILES = "() => window.jupyterapp.commands.execute('application:toggle-left-area')"

VERDICTS = [
    "confirmed from 15×15 on",
    "confirmed",
    "confirmed",
    "only at 8×8, 10×10",
    "only at 8×8, 15×15",
    "confirmed",
]
"""The cards under the starting choices."""


@pytest.fixture
def opened(notebook):
    notebook.run_all()
    notebook.page.locator("pre").get_by_text("Target: exactly as printed;").wait_for(timeout=60_000)
    return notebook


def choice(app, name: str):
    return app.get_by_role("combobox", name=name, exact=True)


def verdicts(app) -> list[str]:
    return app.locator(".cl-card .cl-verdict b").all_text_contents()


def test_the_whole_notebook_in_both_themes(opened) -> None:
    guess = opened.widget("prediction", 2)
    guess.get_by_label("the target: exactly as printed").check()
    guess.locator(".cl-status").get_by_text(
        "You said: the target: exactly as printed. What"
    ).wait_for()
    opened.in_both_themes()


def test_cards_turn_with_a_choice(opened) -> None:
    opened.page.set_viewport_size({"width": 1400, "height": 1100})
    app = opened.widget("verdict-cards")
    assert app.locator(".cl-card").count() == 6
    assert verdicts(app) == VERDICTS
    box = app.bounding_box()
    assert box["width"] <= 960
    first, third = (app.locator(".cl-card").nth(n).bounding_box() for n in (0, 2))
    assert first["y"] == third["y"]  # three a row
    assert app.locator(".cl-changed").count() == 0
    back = app.get_by_role("button", name="Back to the start")
    assert back.is_disabled()
    opened.screenshot("cards", app)

    target = choice(app, "Target")
    target.focus()
    for _ in range(2):  # by keyboard: left, right, as printed
        target.press("ArrowDown")
    app.locator(".cl-told").get_by_text("4 of 6 cards (1, 3, 4, 5)").wait_for()
    assert target.input_value() == "mismatch"
    after = verdicts(app)
    assert after[:3] == ["not confirmed", "confirmed", "not confirmed"]
    assert after[5] == "confirmed"
    card = app.locator(".cl-card").nth(0)
    assert "cl-changed" in card.get_attribute("class")
    assert app.locator(".cl-card").nth(5).locator(".cl-was").text_content() == ""
    app.locator(".cl-status").get_by_text("card 3 was").wait_for()
    opened.screenshot("as_printed", app)

    choice(app, "Algorithm 2 is run").select_option("as printed: dot product")
    app.locator(".cl-card").nth(5).get_by_text("was: confirmed").wait_for()
    choice(app, "Algorithm 1 weighs").select_option(label="the closest only")
    app.locator(".cl-card").nth(3).get_by_text("not confirmed").wait_for()
    assert verdicts(app) == ["not confirmed"] * 5 + ["only in 4 of 7 worlds"]
    opened.dark()
    opened.page.wait_for_timeout(500)
    opened.screenshot("none_dark", app)
    opened.dark(False)

    back.press("Enter")
    app.locator(".cl-told").get_by_text("These are the starting choices").wait_for()
    assert verdicts(app) == VERDICTS
    assert app.locator(".cl-changed").count() == 0
    assert target.input_value() == "left"
    assert back.is_disabled()
    assert choice(app, "Clock").evaluate("clock => clock === document.activeElement")


def test_nothing_is_cut_or_small(opened) -> None:
    """No text below 13 px, and none that runs out of its card."""
    app = opened.widget("verdict-cards")
    choice(app, "Algorithm 2 is run").select_option("as in the text: cosine")
    app.locator(".cl-told").get_by_text("4 of 6").wait_for()
    found = app.evaluate("""(root) => {
      const bad = [];
      for (const card of root.querySelectorAll('.cl-card')) {
        const frame = card.getBoundingClientRect();
        for (const part of card.querySelectorAll('h4, b, p, span.cl-was, svg text')) {
          if (!part.textContent || part.closest('title')) continue;
          const box = part.getBoundingClientRect();
          const size = parseFloat(getComputedStyle(part).fontSize);
          const svg = part.ownerSVGElement;
          const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
          if (size * scale < 12.9) bad.push(`small: ${part.textContent}`);
          if (box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom)
            bad.push(`outside: ${part.textContent}`);
        }
      }
      return bad;
    }""")
    assert found == []


def test_every_combination_can_be_walked_along(opened) -> None:
    board = opened.widget("multiverse-board")
    said, slider = board.locator(".cl-said"), board.get_by_role("slider")
    board.locator(".cl-status").get_by_text("of 576 combinations").wait_for()
    first = said.text_content()
    slider.focus()
    slider.press("End")
    opened.page.wait_for_function(
        "([line, old]) => line.textContent !== old", arg=[said.element_handle(), first]
    )
    assert said.text_content().count(",") == 6  # seven choices
    assert slider.get_attribute("aria-valuetext") == said.text_content()
    board.get_by_label("Claim").select_option(
        label="Where words mislead, Algorithm 2 mostly picks right"
    )
    board.get_by_label("World").wait_for()
    assert board.get_by_label("Clock").is_hidden()
    board.locator(".cl-status").get_by_text("of 192 combinations").wait_for()
    opened.screenshot("board", board)
    opened.dark()
    opened.page.wait_for_timeout(500)
    opened.screenshot("board_dark", board)
    opened.dark(False)
    opened.page.evaluate(FILES)
    opened.page.set_viewport_size({"width": 390, "height": 900})
    opened.page.wait_for_timeout(500)
    wide = board.evaluate("root => root.scrollWidth - root.clientWidth")
    opened.screenshot("board_phone", board)
    assert wide <= 1


def test_the_paper_is_right_and_wrong_by_two_choices(opened) -> None:
    app = opened.widget("verdict-cards")
    delta = choice(app, "δ, as printed")
    assert delta.is_disabled()
    choice(app, "Algorithm 2 is run").select_option("as printed: dot product")
    app.locator(".cl-told").get_by_text("cards (").wait_for()
    right = verdicts(app)[0]
    delta.select_option("0.5")
    app.locator(".cl-card").nth(0).locator(".cl-was").get_by_text("was:").wait_for()
    assert right != "not confirmed"
    assert verdicts(app)[0] == "not confirmed"
    chips = app.locator(".cl-chip")
    assert chips.count() == 6
    chips.nth(5).click()
    assert app.locator(".cl-card").nth(5).evaluate("card => card === document.activeElement")
