"""Notebook 11 as a reader uses it: missions typed and picked, journeys by mouse and by keys."""

from __future__ import annotations

import re

import pytest

FILES = "() => window.jupyterapp.commands.execute('application:toggle-left-area')"


@pytest.fixture(scope="module")
def opened(shared):
    shared.run_all()
    shared.page.get_by_text("words 0, map 18").first.wait_for(timeout=120_000)
    return shared


def test_a_mission_that_is_typed(opened) -> None:
    board = opened.widget("mission-board", 1)
    box = board.get_by_label("mission", exact=True)
    box.fill("go to the grey ball")
    box.press("Enter")
    board.locator(".cl-status").get_by_text("The goal is the grey ball").wait_for()
    assert board.locator(".cl-choices p").count() == 2
    play = board.get_by_role("button", name="Play")
    play.press("Enter")
    board.get_by_role("button", name="Pause").click()
    board.locator(".cl-status").get_by_text("Paused after").wait_for()
    stood = board.locator(".cl-bars").text_content()
    opened.page.wait_for_timeout(400)
    assert board.locator(".cl-bars").text_content() == stood
    assert board.locator(".cl-agents polygon").count() == 3
    opened.screenshot("paused", board)
    play.click()
    board.locator(".cl-status").get_by_text("All three have arrived").wait_for(timeout=60_000)
    steps = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) steps", stood)]
    after = board.locator(".cl-bars").text_content()
    assert all(
        int(b.replace(",", "")) >= a
        for a, b in zip(steps, re.findall(r"([\d,]+) steps", after), strict=True)
    )
    opened.screenshot("arrived", board)
    assert opened.fits(board)


def test_a_mission_that_is_picked_and_one_without_a_goal(opened) -> None:
    board = opened.widget("mission-board", 0)
    board.get_by_label("or pick a mission").select_option("go to the yellow key")
    board.locator(".cl-status").get_by_text("The goal is the yellow key").wait_for()
    box = board.get_by_label("mission", exact=True)
    assert box.input_value() == "go to the yellow key"
    box.fill("bring me something to play with, but not the yellow key")
    board.get_by_role("button", name="Choose").click()
    board.locator(".cl-status").get_by_text("pick the goal").wait_for()
    board.get_by_label("goal", exact=True).select_option("red box")
    board.locator(".cl-status").get_by_text("The goal is the red box").wait_for()
    opened.screenshot("nine_rooms", board)


def test_the_whole_notebook_in_both_themes(opened) -> None:
    opened.in_both_themes()


def test_on_a_phone_nothing_is_wider_than_the_page(opened) -> None:
    opened.page.evaluate(FILES)
    opened.page.set_viewport_size({"width": 390, "height": 800})
    opened.page.wait_for_timeout(500)
    board = opened.widget("mission-board", 1)
    opened.screenshot("phone", board)
    assert board.evaluate("root => root.scrollWidth <= root.clientWidth + 1")
