"""Notebook 04 as a reader uses it: the house is regrouped, and only one heatmap moves."""

from __future__ import annotations

import re


def squares(board, cell: tuple[int, int]):
    """The middle of a square of the house, on the page."""
    box = board.locator(".cl-plan svg").bounding_box()
    scale = box["width"] / 276
    side = 272 / 13
    return (
        box["x"] + scale * (2 + (cell[1] + 0.5) * side),
        box["y"] + scale * (2 + (cell[0] + 0.5) * side),
    )


def test_a_reader_regroups_the_house(notebook) -> None:
    page = notebook.page
    page.set_default_timeout(60_000)
    notebook.run_all()
    page.get_by_text("and 66% by shape").first.wait_for()

    guess = notebook.widget("prediction")
    guess.get_by_text("only the policies’").click()
    guess.get_by_text("What happened: only the policies’").wait_for()

    board = notebook.widget("house-board")
    words, policies = board.locator(".cl-words svg"), board.locator(".cl-policies svg")
    count = board.locator(".cl-count b")
    status = board.get_by_role("status")
    board.get_by_role("button", name="A: a colour").click()
    before = words.inner_html()
    blocks = policies.inner_html()
    assert count.all_text_contents() == ["0 of 16", "16 of 16"]

    # The mouse presses B: the right heatmap changes, the left does not.
    board.get_by_role("button", name="B: a shape").click()
    status.get_by_text("216 of 256 in the policies").wait_for()
    assert count.all_text_contents() == ["16 of 16", "16 of 16"]
    assert words.inner_html() == before
    assert policies.inner_html() != blocks
    assert "0 of 256 in the words" in status.text_content()
    notebook.screenshot("board_b", board)

    # The mouse drags the red box, at (1, 1) in B, next to the keys.
    page.mouse.move(*squares(board, (1, 1)))
    page.mouse.down()
    page.mouse.move(*squares(board, (5, 3)), steps=4)
    page.mouse.move(*squares(board, (11, 2)), steps=4)
    notebook.screenshot("dragging", board)
    page.mouse.up()
    status.get_by_text(re.compile("The red box moved")).wait_for()
    assert board.locator(".cl-plan .cl-title").text_content() == "A house of your own"
    assert words.inner_html() == before
    assert count.first.text_content() != "16 of 16"

    # A wall refuses it, in words.
    page.mouse.move(*squares(board, (11, 2)))
    page.mouse.down()
    page.mouse.move(*squares(board, (9, 6)), steps=4)
    page.mouse.up()
    board.get_by_role("alert").get_by_text("between the rooms").wait_for()

    # The keyboard: the house's first object is picked up, moved and put down.
    board.get_by_role("button", name="A: a colour").click()
    board.locator(".cl-title", has_text="House A").wait_for()
    plan = board.locator(".cl-plan .cl-frame")
    page.mouse.click(*squares(board, (1, 1)))
    page.keyboard.press("Escape")
    plan.focus()
    page.keyboard.press("Enter")
    assert "holding the red box" in board.locator(".cl-spoken").text_content()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    status.get_by_text(re.compile("The red box moved")).wait_for()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    assert board.locator(".cl-spoken").text_content() == "row 1, column 3, red box"
    # On a taken square, by two presses: the red box (1, 3) and the red ball (1, 4) change places.
    page.mouse.click(*squares(board, (1, 3)))
    page.mouse.click(*squares(board, (1, 4)))
    status.get_by_text("changed places").wait_for()
    assert words.inner_html() == before
    board.get_by_role("button", name="A: a colour").click()
    board.locator(".cl-title", has_text="House A").wait_for()

    # A cell explains itself: by mouse, and by the arrow keys.
    pairs = notebook.widget("heatmaps")
    grid = pairs.locator("[data-cells]").first
    box = grid.bounding_box()
    grid.click(position={"x": box["width"] * 0.5 / 16, "y": box["height"] * 2.5 / 16})
    cards = pairs.locator(".cl-card b")
    pairs.locator(".cl-card b", has_text="go to the red cone").wait_for()
    page.wait_for_function(
        "() => document.querySelectorAll('.cl-card b')[1].textContent.includes('red box')"
    )
    assert cards.all_text_contents() == ["go to the red cone", "go to the red box"]
    assert pairs.locator(".cl-caption b").all_text_contents() == ["0.58", "0.90"]
    assert pairs.locator(".cl-small svg").count() == 2
    pairs.locator(".cl-frame").nth(1).focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "() => document.querySelectorAll('.cl-card b')[1].textContent.includes('green cone')"
    )
    assert pairs.locator(".cl-caption b").all_text_contents() == ["0.90", "−0.38"]
    notebook.screenshot("pairs", pairs)

    for figure in (board, pairs):  # no text is too small to read
        sizes = figure.locator("svg text").evaluate_all(
            "all => all.filter(t => t.getBoundingClientRect().width > 0)"
            ".map(t => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a)"
        )
        assert min(sizes, default=13) >= 12.9, sizes
    notebook.whole()
    notebook.dark()
    notebook.screenshot("board_dark", board)
    notebook.screenshot("pairs_dark", pairs)
    notebook.whole("whole_dark")
