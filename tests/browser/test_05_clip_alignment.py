"""Alignment, as a reader scrubs through it: by hand, by keys, and without a kernel; and the house
that is regrouped, so that the sentences are aligned anew."""

from __future__ import annotations

import re

from playwright.sync_api import expect

DARK = "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"

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


def square(board, cell: tuple[int, int]) -> tuple[float, float]:
    """The middle of a square of the house, on the page."""
    box = board.locator(".cl-plan svg").bounding_box()
    scale, side = box["width"] / 276, 272 / 13
    return (
        box["x"] + scale * (2 + (cell[1] + 0.5) * side),
        box["y"] + scale * (2 + (cell[0] + 0.5) * side),
    )


def opacity(widget, pair: str) -> float:
    return float(widget.locator(f'[data-pair="{pair}"]').get_attribute("fill-opacity"))


def test_a_reader_scrubs_chooses_and_uncovers(notebook) -> None:
    page = notebook.page
    page.set_default_timeout(60_000)
    notebook.run_all()
    page.get_by_text("House C: how many").last.wait_for()

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

    # The board: an object is dragged, and the third heatmap follows.
    board = notebook.widget("house-board")
    words, aligned = board.locator(".cl-words svg"), board.locator(".cl-aligned svg")
    counts = board.locator(".cl-count b")
    expect(counts).to_have_text(["0 of 16", "16 of 16", "0 of 16"])
    board.get_by_role("button", name="A: a colour").click()
    expect(counts).to_have_text(["0 of 16", "16 of 16", "16 of 16"])
    before, unmoved = aligned.inner_html(), words.inner_html()
    assert "16 of 16 favourites are in the right room" in before
    board.scroll_into_view_if_needed()
    page.mouse.move(*square(board, (1, 1)))
    page.mouse.down()
    page.mouse.move(*square(board, (6, 3)), steps=4)
    page.mouse.move(*square(board, (11, 11)), steps=4)
    page.mouse.up()
    board.get_by_role("status").get_by_text("and the blue box changed places").wait_for()
    expect(counts).to_have_text(["0 of 16", "16 of 16", "11 of 16"])
    assert aligned.inner_html() != before
    assert words.inner_html() == unmoved
    assert "11 of 16 favourites are in the right room" in aligned.locator("desc").text_content()
    notebook.screenshot("board", board)

    # Back again, by keys.
    board.locator(".cl-plan .cl-frame").focus()
    for key in ("Enter", *["ArrowUp"] * 9, *["ArrowLeft"] * 9, "Enter"):
        page.keyboard.press(key)
    expect(counts).to_have_text(["0 of 16", "16 of 16", "16 of 16"])
    assert aligned.inner_html() == before

    # On narrow screens nothing is cut off, and what follows the objects comes next.
    page.evaluate(FILES)
    for width, columns in ((1000, 2), (390, 1)):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        root = board.bounding_box()
        panes = {name: board.locator(f".cl-pane.cl-{name}").bounding_box()
                 for name in ("plan", "aligned", "words", "policies")}  # fmt: skip
        for pane in panes.values():
            assert root["x"] <= pane["x"]
            assert pane["x"] + pane["width"] <= root["x"] + root["width"]
        for drawn in board.locator(".cl-pane svg").all():
            assert drawn.bounding_box()["width"] > 200
        assert len({pane["x"] for pane in panes.values()}) == columns
        assert panes["plan"]["y"] <= panes["aligned"]["y"] < panes["words"]["y"]
        notebook.screenshot(f"board_{width}", board)
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
    page.evaluate(f"() => {DARK}")
    notebook.run_all()
    page.get_by_text("House C: how many").last.wait_for()
    widget = notebook.widget("alignment-scrubber", 1)
    widget.get_by_label("identity").click()
    to_ten(widget)
    notebook.screenshot("dark", widget)
    page.evaluate(TOP)
    notebook.whole("whole_dark")
