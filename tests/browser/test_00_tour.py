"""The tour, as a reader takes it."""

from __future__ import annotations

import re

COUNT = """(root) => new Promise((done) => {
  let pictures = 0;
  const seen = new MutationObserver(() => { pictures += 1; });
  seen.observe(root.querySelector('.cl-bars'), { childList: true });
  setTimeout(() => { seen.disconnect(); done(pictures); }, 3000);
})"""


def test_guess_type_and_watch(notebook) -> None:
    notebook.run_all()
    guess = notebook.widget("prediction")
    guess.get_by_label(re.compile("^W,")).check()
    guess.locator(".cl-status").get_by_text("What happened: W, who copied").wait_for()

    tour = notebook.widget("tour")
    box = tour.get_by_role("textbox", name="instruction")
    box.fill("<b>walk</b> to the cone, the green one")
    box.press("Enter")
    tour.locator(".cl-choices").get_by_text("By the map: go to the").wait_for()
    tour.locator(".cl-side").get_by_text("“go to the green cone” is held out").wait_for()
    assert tour.locator("b").count() == 0
    tour.get_by_role("button", name="Go").click()
    tour.get_by_role("button", name="Stop").wait_for()
    notebook.screenshot("under_way", tour)
    tour.locator(".cl-status").get_by_text("All three have arrived").wait_for(timeout=60_000)
    assert tour.locator(".cl-agents text").all_text_contents() == ["W", "0", "M"]
    assert notebook.fits(tour)
    notebook.screenshot("arrived", tour)

    frame = tour.locator(".cl-frame")  # the goal, by keyboard, onto another square
    frame.focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        frame.press(key)
    tour.get_by_role("button", name="Go").click()
    tour.get_by_role("button", name="Stop").wait_for()
    tour.locator(".cl-status").get_by_text("All three have arrived").wait_for(timeout=60_000)

    box.fill("Go to the red key.")  # another sentence, and no Choose
    tour.get_by_role("button", name="Go").click()
    tour.locator(".cl-side").get_by_text("“go to the red key” is held out").wait_for()
    tour.locator(".cl-status").get_by_text("All three have arrived").wait_for(timeout=60_000)
    notebook.dark()
    notebook.screenshot("dark", tour)
    notebook.whole()


def test_who_asked_for_less_motion_gets_less(notebook) -> None:
    notebook.page.emulate_media(reduced_motion="reduce")
    notebook.run_all()
    tour = notebook.widget("tour")
    box = tour.get_by_role("textbox", name="instruction")
    box.fill("go to the red box")
    box.press("Enter")
    for least, most in ((1, 4), (20, 90)):
        tour.get_by_role("button", name="Go").click()
        tour.get_by_role("button", name="Stop").wait_for()
        pictures = tour.evaluate(COUNT)
        assert least <= pictures <= most
        if tour.get_by_role("button", name="Stop").is_visible():
            tour.get_by_role("button", name="Stop").click()
        tour.get_by_role("button", name="Go").wait_for()
        notebook.page.emulate_media(reduced_motion="no-preference")  # and now as usual
