"""The tour in Notebook 7."""

from __future__ import annotations

import re


def test_the_tour_is_taken_there_too(notebook_7) -> None:
    notebook_7.run_all()
    notebook_7.widget("prediction").get_by_label(re.compile("^W,")).check()
    tour = notebook_7.widget("tour")
    box = tour.get_by_role("textbox", name="instruction")
    box.fill("walk to the cone, the green one")
    box.press("Enter")
    tour.locator(".cl-choices").get_by_text("By the map: go to the green").wait_for()
    tour.get_by_role("button", name="Go").click()
    tour.locator(".cl-status").get_by_text("All three have arrived").wait_for(timeout=60_000)
    notebook_7.screenshot("arrived", tour)
    notebook_7.screenshot("page")
