"""Notebook 12 as a reader uses it: a world is drawn by mouse and by keys, saved, loaded elsewhere
by its name, predicted, and run."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator

FILES = "() => window.jupyterapp.commands.execute('application:toggle-left-area')"
ELSEWHERE = """async code => {
  const { sessions } = window.jupyterapp.serviceManager;
  const session = await sessions.startNew({
    path: "05_clip_alignment.ipynb", name: "05_clip_alignment.ipynb", type: "notebook",
    kernel: { name: "python3" },
  });
  let said = "";
  const asked = session.kernel.requestExecute({ code });
  asked.onIOPub = ({ content }) => { said += content.text ?? content.evalue ?? ""; };
  await asked.done;
  await session.shutdown();
  return said.trim();
}"""
CUT = """root => [...root.querySelectorAll("button, input[type=text], p, li, label")]
  .filter((part) => part.offsetParent && part.scrollWidth > part.clientWidth + 1)
  .map((part) => part.textContent || part.value || part.className)"""
SIDE, EDGE = 340, 20
"""Of the map and of its margin, in the picture's own pixels."""


@pytest.fixture(scope="module")
def opened(shared):
    shared.page.set_viewport_size({"width": 1000, "height": 800})
    shared.run_all()
    shared.page.get_by_text("my_twin: ▮").first.wait_for(timeout=120_000)
    return shared


MAP = """frame => {
  const map = frame.querySelector("svg"), { x, y, width } = map.getBoundingClientRect();
  return { x, y, width, wide: map.viewBox.baseVal.width };
}"""


def drawn(editor: Locator) -> dict[str, float]:
    """Where the map is, and how wide; asked at one blow, since the map may be drawn anew."""
    return editor.locator(".cl-frame").evaluate(MAP)


def at(editor: Locator, row: float, column: float) -> dict[str, float]:
    """Where a square's middle is, in the frame of the map."""
    box = drawn(editor)
    side, scale = SIDE / 9, box["width"] / box["wide"]
    return {"x": (EDGE + (column + 0.5) * side) * scale, "y": (EDGE + (row + 0.5) * side) * scale}


def press(editor: Locator, row: int, column: int) -> None:
    editor.locator(".cl-frame").click(position=at(editor, row, column))


def drag(opened, editor: Locator, *squares: tuple[int, int]) -> None:
    box, mouse = drawn(editor), opened.page.mouse
    for number, place in enumerate([at(editor, *square) for square in squares]):
        mouse.move(box["x"] + place["x"], box["y"] + place["y"], steps=4)
        if number == 0:
            mouse.down()
    mouse.up()


def touch(editor: Locator, square: tuple[int, int], end: str) -> None:
    """A finger that comes down, and then is lifted, or goes on to scroll the page."""
    editor.locator(".cl-frame").evaluate(
        """(frame, [at, end]) => {
          const map = frame.querySelector("svg").getBoundingClientRect();
          const init = { pointerType: "touch", button: 0, bubbles: true,
                         clientX: map.x + at.x, clientY: map.y + at.y };
          for (const kind of ["pointerdown", end])
            frame.dispatchEvent(new PointerEvent(kind, init));
        }""",
        [at(editor, *square), end],
    )


def says(editor: Locator, words: str) -> None:
    editor.locator(".cl-status").get_by_text(words).wait_for()


def test_the_editor_fits_its_screen(opened) -> None:
    """Nobody scrolls for its controls, and no word is cut."""
    editor = opened.widget("world-editor")
    panel = opened.page.locator(".jp-WindowedPanel-outer").bounding_box()
    assert editor.bounding_box()["height"] <= panel["height"]
    assert editor.evaluate("root => root.scrollWidth <= root.clientWidth")
    assert editor.evaluate(CUT) == []
    opened.screenshot("editor_1000", editor)


def test_a_world_is_drawn_by_mouse_saved_and_loaded_elsewhere(opened) -> None:
    editor = opened.widget("world-editor")
    editor.get_by_role("button", name="Wall", exact=True).click()
    press(editor, 8, 8)
    says(editor, "Wall on row 8, column 8")
    drag(opened, editor, (5, 5), (5, 6), (5, 7), (5, 8))
    says(editor, "Wall on row 5, column 8")
    editor.get_by_role("button", name="Undo").click()  # all of the stroke at once
    says(editor, "taken back")
    assert "wall" not in editor.locator(".cl-frame desc").text_content().split("row 5")[0][-9:]
    press(editor, 4, 1)
    press(editor, 4, 7)
    fault = editor.locator(".cl-faults li")
    fault.get_by_text("Nobody can reach the blue cone").wait_for()
    assert editor.get_by_role("button", name="Save").is_disabled()
    opened.screenshot("fault", editor)
    editor.get_by_role("button", name="Erase", exact=True).click()
    press(editor, 4, 7)
    fault.wait_for(state="detached")
    editor.get_by_role("button", name="Undo").click()
    fault.get_by_text("Nobody can reach the blue cone").wait_for()
    editor.get_by_role("button", name="Undo").click()
    fault.wait_for(state="detached")
    editor.get_by_role("button", name="Move", exact=True).click()
    drag(opened, editor, (6, 3), (6, 5), (6, 7))
    says(editor, "The red cone moved to row 6, column 7")
    press(editor, 6, 7)  # by two presses
    press(editor, 7, 7)
    says(editor, "The red cone moved to row 7, column 7")
    editor.get_by_role("button", name="yellow").click()
    editor.get_by_role("button", name="key", exact=True).click()
    press(editor, 8, 6)
    says(editor, "A yellow key on row 8, column 6")
    sentence = editor.get_by_label("sentence of the yellow key")
    assert sentence.input_value() == "go to the yellow key"
    sentence.fill("fetch the yellow key")
    sentence.press("Enter")
    editor.get_by_label("the yellow key is the new task").check()
    says(editor, "The new task is the yellow key")
    name = editor.get_by_label("name of the world")
    name.fill("my_flat")
    editor.get_by_role("button", name="Save").click()
    editor.locator(".cl-file").get_by_text("Saved in my_worlds/my_flat.toml").wait_for()
    opened.screenshot("drawn", editor)
    code = "import cliprl_lite as clip\nprint(clip.load_suite('my_flat').targets)"
    said = opened.page.evaluate(ELSEWHERE, code)
    assert "fetch the yellow key" in said
    assert "goal=(8, 6)" in said


def test_a_file_that_is_there_is_only_replaced_on_purpose(opened) -> None:
    twin = opened.widget("world-editor", 1)
    name = twin.get_by_label("name of the world")
    name.fill("my_flat")
    name.press("Enter")
    twin.locator(".cl-error").get_by_text("is there already").wait_for()
    replace = twin.get_by_role("button", name="Replace it")
    replace.click()
    twin.locator(".cl-file").get_by_text("Saved in my_worlds/my_flat.toml").wait_for()
    assert replace.is_hidden()


def test_a_world_is_drawn_by_keys_on_a_phone_and_run(opened) -> None:
    opened.page.evaluate(FILES)
    opened.page.set_viewport_size({"width": 390, "height": 800})
    opened.page.wait_for_timeout(500)
    editor = opened.widget("world-editor")
    assert editor.evaluate("root => root.scrollWidth <= root.clientWidth + 1")
    assert editor.evaluate(CUT) == []
    opened.screenshot("editor_390", editor)
    editor.get_by_role("button", name="Start over").press("Enter")
    says(editor, "As it was given")
    touch(editor, (6, 3), "pointercancel")  # a finger that scrolls the page changes nothing
    touch(editor, (6, 7), "pointercancel")
    touch(editor, (6, 3), "pointerup")
    touch(editor, (6, 7), "pointerup")
    says(editor, "The red cone moved to row 6, column 7")
    assert editor.get_by_role("button", name="Undo").is_enabled()
    editor.get_by_role("button", name="Start over").press("Enter")
    says(editor, "As it was given")
    frame, spoken = editor.locator(".cl-frame"), editor.locator(".cl-spoken")
    frame.focus()
    for _ in range(9):
        frame.press("ArrowUp")
        frame.press("ArrowLeft")
    frame.press("w")
    says(editor, "Wall on row 0, column 0")
    frame.press("u")
    says(editor, "taken back")
    frame.press("ArrowDown")
    frame.press("ArrowRight")
    assert spoken.text_content() == "row 1, column 1, red box"
    frame.press("m")
    assert spoken.text_content() == "holding the red box"
    frame.press("ArrowDown")
    frame.press("m")
    says(editor, "The red box moved to row 2, column 1")
    frame.press("Delete")
    says(editor, "The red box is gone")
    frame.press("u")
    says(editor, "taken back")
    name = editor.get_by_label("name of the world")
    name.fill("my_world")
    name.press("Enter")
    editor.locator(".cl-file").get_by_text("Saved in my_worlds/my_world.toml").wait_for()
    opened.page.set_viewport_size({"width": 1150, "height": 900})
    opened.page.evaluate(FILES)
    guess = opened.widget("prediction", 0)
    guess.get_by_label("words").check()
    guess.get_by_text("You said: words").wait_for()
    opened.run_all()  # its box stands where it was put, and the notebook runs in it
    again = opened.widget("world-editor")
    assert "red box on row 2, column 1" in again.locator(".cl-frame desc").text_content()
    opened.page.get_by_text("You said: words").first.wait_for(timeout=60_000)
    assert opened.page.get_by_text("none yet: change one").count() == 2  # in code and output


def test_the_whole_notebook_in_both_themes(opened) -> None:
    opened.in_both_themes()
