"""Alignment, as a reader meets it: XᵀY on a board, by hand and by keys; and the scrubber, also
without a kernel."""

from __future__ import annotations

import re

from playwright.sync_api import expect

FILES = "() => window.jupyterapp.commands.execute('application:toggle-left-area')"

TOP = "document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0"


def numbers(widget) -> dict[str, str]:
    """What stands in the row of numbers, by its label."""
    return {
        block.locator("span").text_content(): block.locator("b").text_content()
        for block in widget.locator(".cl-numbers > div").all()
    }


def shows(widget, weight: str) -> None:
    """Wait until it shows that weight: a kernel that lags behind may say old things for a while."""
    expect(widget.locator(".cl-numbers b").nth(2)).to_have_text(weight, timeout=20_000)


def to_ten(widget) -> None:
    """Scrub from the start to step 10, by keys."""
    slider = widget.get_by_role("slider")
    slider.press("Home")
    while int(numbers(widget)["step"].replace(",", "")) < 10:
        slider.press("ArrowRight")
    assert numbers(widget)["step"] == "10"


def opacity(widget, pair: str) -> float:
    return float(widget.locator(f'[data-pair="{pair}"]').get_attribute("fill-opacity"))


def test_a_reader_scrubs_chooses_and_uncovers(notebook) -> None:
    page = notebook.page
    page.set_default_timeout(60_000)
    notebook.run_all()
    page.get_by_text("House C: how many").last.wait_for()

    # The board: a step by the button, the sliders by keys, and the real sixteen.
    board = notebook.widget("step-board")
    lesson, after = board.locator(".cl-lesson"), board.locator(".cl-pane").nth(1)
    sliders = {name: board.get_by_role("slider", name=name)
               for name in ("How loud", "What do the rooms", "Steps of descent")}  # fmt: skip
    alike = board.locator(".cl-alike b")
    expect(lesson).to_contain_text("At the start two sentences are alike that share the shape")
    start = after.inner_html()
    board.get_by_role("button", name="One step").press("Enter")
    expect(lesson).to_contain_text("Colour comes to the front")
    expect(alike).to_have_text(["0.93", "−0.93"])
    assert after.inner_html() != start
    notebook.screenshot("step_board", board)
    sliders["What do the rooms"].press("End")
    expect(lesson).to_have_text("Shape is loud in the words and has a partner: it stays in front.")
    sliders["How loud"].press("Home")
    expect(lesson).to_contain_text("there is nothing that training can follow")
    expect(board.locator(".cl-matrix desc")).to_contain_text("shape: 0 % of the words")
    board.get_by_label("the sixteen of House A").click()
    expect(alike).to_have_text(["0.52", "0.12"])
    expect(sliders["How loud"]).to_be_disabled()
    sliders["Steps of descent"].press("End")
    expect(board.get_by_role("button")).to_be_disabled()
    assert sliders["Steps of descent"].get_attribute("aria-valuetext") == "10 steps"
    board.get_by_label("four sentences").click()
    expect(sliders["How loud"]).to_be_enabled()

    # The first scrubber: covered, moved by keys.
    widget = notebook.widget("alignment-scrubber", 0)
    slider = widget.get_by_role("slider")
    assert numbers(widget)["weight in the right room"] == "covered"
    assert widget.locator(".cl-weight").is_hidden()
    assert widget.get_by_role("radio").count() == 0  # nothing to choose yet
    start = opacity(widget, "0,1")
    slider.focus()
    page.keyboard.press("End")
    assert numbers(widget)["step"] == "3,000"
    assert slider.get_attribute("aria-valuenow") == "3000"
    assert numbers(widget)["loss"] == "1.01"
    for _ in range(7):
        page.keyboard.press("ArrowLeft")
    assert numbers(widget)["step"] == "10"
    assert opacity(widget, "0,1") > start + 0.3  # red box and red ball have come together
    assert numbers(widget)["weight in the right room"] == "covered"
    notebook.screenshot("covered", widget)

    widget.get_by_role("button", name="Choose step 10, and uncover").press("Enter")
    expect(slider).to_be_focused()  # the button is gone
    assert numbers(widget)["weight in the right room"] == "0.95"
    assert re.fullmatch(r"blue (box|ball|cone)", numbers(widget)["first choice"])
    assert widget.get_by_role("button").count() == 0
    assert widget.locator(".cl-weight").is_visible()
    assert all(part.is_hidden() for part in widget.locator(".cl-cover").all())

    # By the mouse: press at the right end of the chart, and drag back to its middle.
    box = slider.locator("svg").bounding_box()
    x = box["x"] + box["width"] * (34 + 280) / 352
    y = box["y"] + box["height"] * 294 / 346
    page.mouse.move(x, y)
    page.mouse.down()
    assert numbers(widget)["step"] == "3,000"
    assert numbers(widget)["weight in the right room"] == "0.14"
    notebook.screenshot("memorised", widget)
    page.mouse.move(box["x"] + box["width"] * (34 + 280 * 0.576) / 352, y)
    page.mouse.up()
    assert numbers(widget)["step"] == "100"
    transform = widget.locator(".cl-chosen").get_attribute("transform")
    assert abs(float(re.search(r"[\d.]+", transform)[0]) - (34 + 280 * 0.2995)) < 1

    # A cell's number, by keys.
    widget.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    assert re.match(r"red box · red ball: −?\d\.\d\d", widget.locator(".cl-cell").text_content())

    # The second: targets and temperatures; soft targets fail when cold.
    laboratory = notebook.widget("alignment-scrubber", 1)
    to_ten(laboratory)
    laboratory.get_by_label("soft").click()
    laboratory.get_by_label("0.07").click()
    shows(laboratory, "0.01")
    notebook.screenshot("cold", laboratory)
    laboratory.get_by_label("0.5").click()
    shows(laboratory, "0.99")

    # On narrow screens nothing of the board is cut off.
    board = notebook.widget("step-board")
    page.evaluate(FILES)
    for width, columns in ((1000, 3), (390, 1)):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        root = board.bounding_box()
        panes = [pane.bounding_box() for pane in board.locator(".cl-pane").all()]
        for pane in (*panes, board.locator(".cl-matrix").bounding_box()):
            assert root["x"] <= pane["x"]
            assert pane["x"] + pane["width"] <= root["x"] + root["width"]
        assert len({pane["x"] for pane in panes}) == columns
        notebook.screenshot(f"step_board_{width}", board)
    page.evaluate(FILES)
    page.set_viewport_size({"width": 1150, "height": 900})
    page.evaluate(TOP)
    notebook.whole()

    # No kernel: everything still moves.
    page.evaluate("async () => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.set_viewport_size({"width": 1150, "height": 900})
    widget = notebook.widget("alignment-scrubber", 0)
    widget.get_by_role("slider").focus()
    page.keyboard.press("Home")
    assert numbers(widget)["step"] == "0"
    page.keyboard.press("End")
    shows(widget, "0.14")


def test_in_the_dark(notebook) -> None:
    page = notebook.page
    page.set_default_timeout(60_000)
    notebook.dark()
    notebook.run_all()
    page.get_by_text("House C: how many").last.wait_for()
    widget = notebook.widget("alignment-scrubber", 1)
    widget.get_by_label("identity").click()
    to_ten(widget)
    notebook.screenshot("dark", widget)
    board = notebook.widget("step-board")
    board.get_by_role("button", name="One step").click()
    board.get_by_text("Colour comes to the front").first.wait_for()
    notebook.screenshot("step_board_dark", board)
    page.evaluate(TOP)
    notebook.whole("whole_dark")
