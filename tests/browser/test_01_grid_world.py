"""States, values and backups, as a reader meets them: by mouse, by keyboard, without any."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

SLOW = 30_000
"""Milliseconds that an answer of the kernel may take on a busy machine."""


LISTEN = """(root) => {
  const line = root.querySelector(".cl-status");
  window.heard = [];
  new MutationObserver(() => {
    if (line.getAttribute("aria-live") === "polite") window.heard.push(line.textContent);
  }).observe(line, { childList: true });
}"""


def facts(app: Locator) -> dict[str, str]:
    """The lines beside the map, by their labels."""
    written = [entry.strip() for entry in app.locator("svg > text").all_text_contents()]
    return dict(zip(written[::2], written[1::2], strict=False))


def shows(app: Locator, words: str) -> None:
    expect(app.locator("svg").first).to_contain_text(words, timeout=SLOW)


@pytest.fixture(scope="module")
def ran(shared):
    shared.page.set_default_timeout(SLOW)
    shared.run_all()
    return shared


def test_drive(ran) -> None:
    app = ran.widget("drive")
    app.get_by_role("button", name="Start again").click()
    expect(app.get_by_role("status")).to_contain_text("has not moved yet", timeout=SLOW)
    assert facts(app)["state"] == "108"
    app.locator(".cl-frame").focus()
    for _ in range(6):  # along row 9, through the door, to column 3
        ran.page.keyboard.press("ArrowLeft")
    expect(app.get_by_role("status")).to_contain_text("row 9, column 3", timeout=SLOW)
    for _ in range(5):  # by the buttons, through the next door, to row 4
        app.get_by_role("button", name="up").click()
    app.get_by_role("button", name="left").click()
    ran.page.keyboard.press("Enter")  # the button keeps the focus
    expect(app.get_by_role("status")).to_have_text(
        "Arrived after 13 steps; a shortest way from the start has 13.", timeout=SLOW
    )
    assert facts(app)["return so far"] == "−13"
    ran.page.keyboard.press("Enter")
    expect(app.get_by_role("status")).to_contain_text("over", timeout=SLOW)
    assert facts(app)["steps so far"] == "13"
    ran.screenshot("drive", app)


def test_a_wall_costs_a_step(ran) -> None:
    app = ran.widget("drive")
    app.get_by_role("button", name="Start again").click()
    expect(app.get_by_role("status")).to_contain_text("has not moved yet", timeout=SLOW)
    ran.page.wait_for_timeout(600)  # until that has been spoken
    app.evaluate(LISTEN)
    app.locator(".cl-frame").click()
    for _ in range(5):  # three squares to the wall, and twice into it
        ran.page.keyboard.press("ArrowRight")
    expect(app.get_by_role("status")).to_contain_text("A wall", timeout=SLOW)
    shows(app, "−5")
    assert facts(app) | {"state": "111", "steps so far": "5"} == facts(app)
    expect(app.get_by_role("status")).to_have_attribute("aria-live", "polite")
    heard = ran.page.evaluate("window.heard")  # the steps on the way are shown, and not spoken
    assert len(heard) < 5
    assert heard[-1].startswith("A wall")


def test_backup_board(ran) -> None:
    app = ran.widget("backup-board")
    shows(app, "0 of 20")
    assert "fewest possible" not in facts(app)
    app.locator('[data-state="5"]').click()
    expect(app.get_by_role("status")).to_contain_text("stays blank", timeout=SLOW)
    app.locator('[data-state="11"]').click()
    expect(app.get_by_role("status")).to_contain_text("is now −1, right", timeout=SLOW)
    assert facts(app)["presses"] == "2"
    ran.page.keyboard.press("ArrowUp")  # from 11 to 7
    expect(app.locator(".cl-spoken")).to_have_text("row 1, column 1, unknown", timeout=SLOW)
    ran.page.keyboard.press("Enter")
    expect(app.get_by_role("status")).to_contain_text("column 1 is now −1.99", timeout=SLOW)
    assert facts(app)["squares right"] == "2 of 20"
    ran.screenshot("backup_board", app)
    app.get_by_role("button", name="Sweep in random order").click()
    expect(app.get_by_role("status")).to_contain_text("After 1 sweep", timeout=SLOW)
    app.get_by_role("button", name="Sweep outward").press("Enter")
    expect(app.get_by_role("status")).to_contain_text("Every square is right", timeout=SLOW)
    expect(app.locator(".cl-frame")).to_be_focused()  # the button can be pressed no more
    assert facts(app)["fewest possible"] == "20"
    expect(app.get_by_role("button", name="Sweep outward")).to_be_disabled()
    ran.screenshot("backup_board_done", app)


def test_from_zeros_one_ring_a_sweep(ran) -> None:
    app = ran.widget("backup-board", 2)
    app.get_by_role("button", name="Start again").click()
    shows(app, "0 of 20")
    for sweep, right in enumerate((3, 7), start=1):
        app.get_by_role("button", name="Sweep outward").click()
        said = re.compile(f"After {sweep} sweeps?: {right} of 20")
        expect(app.get_by_role("status")).to_have_text(said, timeout=SLOW)
    ran.screenshot("zeros", app)


def test_a_guess_is_kept_and_an_exercise_is_judged(ran) -> None:
    guess = ran.widget("prediction", 1)
    guess.get_by_label("20: one for each square").check()
    expect(guess.get_by_role("status")).to_have_text(
        "You said: 20: one for each square. What happened: 20, outward from the goal.", timeout=SLOW
    )
    solve = """async (source) => {
      const notebook = window.jupyterapp.shell.currentWidget.content;
      const place = notebook.widgets.findIndex(
        (cell) => cell.model.sharedModel.getSource().startsWith("def backup("));
      notebook.activeCellIndex = place;
      notebook.widgets[place].model.sharedModel.setSource(source);
      await window.jupyterapp.commands.execute("notebook:run-cell");
      notebook.activeCellIndex = notebook.widgets.findIndex(
        (cell) => cell.model.sharedModel.getSource().startsWith("for made in"));
      await window.jupyterapp.commands.execute("notebook:run-cell");
    }"""
    ran.page.evaluate(
        solve,
        "def backup(q, state, next_state, goal):\n"
        "    return -1 + 0.99 * q[next_state[state]].max(axis=1)\n\n"
        "check.one_backup(backup)",
    )
    ran.page.get_by_text("the goal's row has to stay 0").wait_for()
    ran.page.locator("pre").get_by_text("you said:      20: one for each square").wait_for()


BURST = """async ([source, keys]) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const { commands } = window.jupyterapp;
  notebook.activeCellIndex = notebook.widgets.length - 1;
  await commands.execute("notebook:insert-cell-below");
  notebook.activeCell.model.sharedModel.setSource(source);
  await commands.execute("notebook:run-cell");
  const view = () => notebook.activeCell.node.querySelector(".cl-root .cl-frame");
  while (!view()?.querySelector("svg")) await new Promise((done) => setTimeout(done, 100));
  for (const key of keys) // all before the kernel can answer the first
    view().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}"""
SQUARES = """
burst, seen = GridMap(world, "A burst"), []


def note(change):
    seen.append(burst.pressed)
    burst.status = f"seen: {seen}"


burst.observe(note, ["presses"])
burst
"""
ACTIONS = """
burst = Drive(world, cone, (9, 9), "A burst")


def note(change):
    if burst.status != f"seen: {burst.acted}":
        burst.status = f"seen: {burst.acted}"


burst.observe(note, ["status"])
burst
"""


@pytest.mark.parametrize(
    ("source", "keys", "said"),
    [
        (ACTIONS, ["Up", "Right", "Right", "Down", "Left"], "seen: [0, 3, 3, 1, 2]"),
        (SQUARES, ["Right", "", "Down", "", "", "Left", "", ""], "seen: [1, 13, 13, 12, 12]"),
    ],
)
def test_a_burst_of_keys_on_a_map_loses_none(ran, source: str, keys: list[str], said: str) -> None:
    pressed = [f"Arrow{key}" if key else "Enter" for key in keys]
    ran.page.evaluate(BURST, [source, pressed])
    ran.page.get_by_text(said).wait_for()


def test_run_all(ran) -> None:
    printed = ran.page.locator("pre")
    printed.get_by_text("what happened: 20, outward from the goal").first.wait_for()
    ran.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 0)")
    ran.page.wait_for_timeout(500)
    ran.in_both_themes()
