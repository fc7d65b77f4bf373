"""Notebook 06 as a reader uses it: sliders pushed through zero, keys that stay in a widget."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def opened(shared):
    shared.run_all()
    done = shared.page.locator("pre").get_by_text("what happened: from 68% of the squares")
    done.wait_for(timeout=60_000)
    return shared


def test_pushing_the_sum_through_zero(opened) -> None:
    mixer = opened.widget("weight-mixer")
    last = mixer.locator("input[type=range]").nth(3)
    gauge, bars, error = (mixer.locator(s) for s in (".cl-gauge", ".cl-bars", ".cl-error"))
    fields = mixer.locator("input[type=number]")
    for number, score in enumerate(("0.6", "0.5", "-0.8", "0.1")):
        fields.nth(number).fill(score)
        fields.nth(number).press("Enter")
    gauge.locator("text", has_text="Σd = 0.40").wait_for()
    fields.nth(3).fill("7")  # no similarity
    fields.nth(3).press("Enter")
    assert fields.nth(3).input_value() == "0.1"
    mixer.get_by_role("button", name="the question’s scores").click()
    gauge.locator("text", has_text="Σd = −0.60").wait_for()
    before = mixer.locator(".cl-map").inner_html()
    last.focus()
    for _ in range(12):  # by keyboard: from −0.90 up to −0.30
        last.press("ArrowRight")
    gauge.locator("text", has_text="Σd = 0.00").wait_for()
    error.get_by_text("Σd is zero").wait_for()
    opened.screenshot("mixer_zero", mixer)
    last.press("ArrowRight")
    gauge.locator("text", has_text="Σd = 0.05").wait_for()
    bars.locator("text", has_text="12.00").first.wait_for()
    assert error.is_hidden()
    opened.screenshot("mixer_exploded", mixer)
    assert mixer.locator(".cl-map").inner_html() != before
    box = last.bounding_box()  # by mouse: all the way to the left
    opened.page.mouse.click(box["x"] + 3, box["y"] + box["height"] / 2)
    gauge.locator("text", has_text="Σd = −0.70").wait_for()
    mixer.locator(".cl-verdict").get_by_text("the green box").wait_for()
    mixer.locator("select").select_option("clipped")
    bars.locator("text", has_text="0.55").first.wait_for()
    mixer.locator(".cl-verdict").get_by_text("the red").wait_for()
    opened.dark()
    opened.screenshot("mixer_dark", mixer)
    opened.dark(False)


def test_the_keys_of_a_widget_are_its_own(opened) -> None:
    """A notebook in command mode would take the arrows, and "b" for a new cell, "dd" for none."""
    page, keyboard = opened.page, opened.page.keyboard
    page.evaluate(opened.COMMAND_MODE, "guess_flip =")
    guess, mixer = (opened.widget(kind) for kind in ("prediction", "weight-mixer"))
    guess.get_by_role("radio").first.check()
    before = page.evaluate(opened.CELLS)
    assert before["mode"] == "command"
    for key in ("ArrowDown", "b", "d", "d", "m", "Enter"):
        keyboard.press(key)
    assert guess.get_by_role("radio").nth(1).is_checked()
    assert page.evaluate(opened.CELLS) == before

    slider = mixer.locator("input[type=range]").nth(1)
    for control in (slider, mixer.locator("select")):
        page.evaluate(opened.COMMAND_MODE, "guess_flip =")
        control.focus()
        before, value = page.evaluate(opened.CELLS), slider.input_value()
        for key in ("ArrowDown", "b", "d", "d", "m", "ArrowDown", "Escape"):
            keyboard.press(key)
        assert page.evaluate(opened.CELLS) == before
        if control is slider:
            assert float(slider.input_value()) == pytest.approx(float(value) - 0.1)

    page.evaluate(opened.COMMAND_MODE, "mixer = WeightMixer")
    slider.focus()
    before = page.evaluate(opened.CELLS)
    keyboard.press("Shift+Enter")  # still runs the cell, and goes on to the next one
    page.wait_for_function(
        f"""(before) => {{
          const now = ({opened.CELLS})(), was = before.active;
          return now.active === was + 1 && now.runs[was] > before.runs[was];
        }}""",
        arg=before,
    )


def test_the_whole_notebook_in_both_themes(opened) -> None:
    opened.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    opened.in_both_themes()
