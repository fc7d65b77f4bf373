"""Notebook 10 as a reader uses it: a search that follows hope, by mouse and by keys."""

from __future__ import annotations

import re

import pytest

FILES = "() => window.jupyterapp.commands.execute('application:toggle-left-area')"


@pytest.fixture(scope="module")
def opened(shared):
    shared.run_all()
    shared.page.get_by_text("without, 36 with hope").wait_for(timeout=120_000)
    return shared


def steps(board) -> dict[str, str]:
    return {
        row.locator("th").text_content(): row.locator("td").text_content()
        for row in board.locator("tbody tr").all()
    }


def test_the_search(opened) -> None:
    board = opened.widget("hope-board")
    assert steps(board) == dict.fromkeys(("no teacher", "Algorithm 1", "Algorithm 2"), "not yet")
    board.get_by_label("teacher", exact=True).select_option("Algorithm 2")
    board.get_by_role("button", name="Step").press("Enter")
    board.locator(".cl-status").get_by_text("Algorithm 2: 1 step,").wait_for()
    play = board.get_by_role("button", name="Play")
    play.press("Enter")
    board.locator(".cl-status").get_by_text("the goal is found, after 36 steps").wait_for()
    board.locator("tbody").get_by_text("36").wait_for()
    assert steps(board)["Algorithm 2"] == "36"
    opened.screenshot("found", board)
    assert opened.fits(board)

    board.get_by_label("teacher", exact=True).select_option("no teacher")
    board.locator(".cl-status").get_by_text("no teacher: 0 steps").wait_for()
    play.click()
    board.get_by_role("button", name="Pause").click()
    board.get_by_role("button", name="Play").wait_for()
    stood = board.locator(".cl-status").text_content()
    opened.page.wait_for_timeout(400)
    assert board.locator(".cl-status").text_content() == stood
    assert re.search(r"ruled out of 625", stood)
    opened.screenshot("searching", board)
    play.click()
    board.locator(".cl-status").get_by_text("after 274 steps").wait_for(timeout=60_000)
    board.locator("tbody").get_by_text("274").wait_for()
    assert steps(board)["no teacher"] == "274"
    seed = board.get_by_label("seed")
    seed.fill("2")
    seed.press("Enter")
    board.locator("tbody").get_by_text("36").wait_for(state="detached")
    assert set(steps(board).values()) == {"not yet"}


def test_the_whole_notebook_in_both_themes(opened) -> None:
    opened.in_both_themes()


def test_on_a_phone_nothing_is_wider_than_the_page(opened) -> None:
    opened.page.evaluate(FILES)
    opened.page.set_viewport_size({"width": 390, "height": 800})
    opened.page.wait_for_timeout(500)
    board = opened.widget("hope-board")
    opened.screenshot("phone", board)
    assert board.evaluate("root => root.scrollWidth <= root.clientWidth + 1")
