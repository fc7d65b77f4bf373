"""A kernel that is gone: every widget says so, rests, and takes no press without a word."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from conftest import Notebook, serving
from playwright.sync_api import Browser, Locator, expect

GONE = "The kernel behind this is gone: run the notebook again, down to this cell."
SILENT = (
    "The kernel has not answered. If no cell is running, run the notebook again, down to this cell."
)
CELLS = (
    "from cliprl_lite import GridWorld\n"
    "from cliprl_lite.widgets import Drive, LearnerLab, Prediction, Race\n"
    "world = GridWorld.open_map(15)",
    "Prediction('Who is first?', ['words', 'map'])",
    "race = Race(world, (0, 0), {'scratch': ('none', None)})\nrace.speed = '×1'\nrace",
    "LearnerLab(world, (0, 0), speed=1)",
    "Drive(world, (0, 0), (7, 7))",
)
KINDS = ("prediction", "race", "learner-lab", "drive")
SESSION = "window.jupyterapp.shell.currentWidget.sessionContext"
RESTART = f"async () => {{ await {SESSION}.session.kernel.restart(); }}"
EXECUTE = f"(code) => {{ {SESSION}.session.kernel.requestExecute({{code}}); }}"
SAVE = "async () => { await window.jupyterapp.shell.currentWidget.context.save(); }"
SHUT_DOWN = "async () => { await window.jupyterapp.serviceManager.sessions.shutdownAll(); }"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's folder, with a notebook of four widgets, two of which can play."""
    made = tmp_path_factory.mktemp("lost")
    (made / "course").mkdir()
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=about)
    nbformat.write(notebook, made / "course" / "lost.ipynb")
    return made


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as address:
        yield address


def opened(browser: Browser, address: str) -> Notebook:
    notebook = Notebook(browser.new_page(viewport={"width": 1150, "height": 900}), "lost")
    notebook.open(f"{address}/lab/tree/lost.ipynb?reset&token=t")
    notebook.dark(False)
    return notebook


@pytest.fixture
def notebook(browser: Browser, address: str) -> Iterator[Notebook]:
    made = opened(browser, address)
    made.run_all()
    yield made
    made.close()


def start(notebook: Notebook) -> tuple[Locator, Locator]:
    """Race and laboratory, both at work."""
    players = notebook.widget("race"), notebook.widget("learner-lab")
    for player in players:
        player.get_by_role("button", name="Play").click()
        player.get_by_role("button", name="Pause").wait_for()
    return players


def assert_lost(notebook: Notebook) -> None:
    """Every widget says so in one line, and nothing in it can be used or seems to run."""
    for kind in KINDS:
        widget = notebook.widget(kind)
        expect(widget.get_by_text(GONE)).to_be_visible()
        assert widget.get_by_text(re.compile("kernel")).count() == 1
        controls = widget.locator("button, input, select")
        assert controls.count() > 1
        for control in controls.all():
            expect(control).to_be_disabled()
            assert control.get_attribute("aria-disabled") == "true"
        assert widget.get_by_role("button", name=re.compile("Pause|Stop")).count() == (
            1 if kind == "race" else 0  # its Stop means: back to the start
        )
        expect(widget.locator(".cl-status")).to_be_hidden()


def test_a_restart_under_two_that_play(notebook: Notebook) -> None:
    race, _ = start(notebook)
    race.get_by_role("button", name="Pause").focus()
    notebook.page.evaluate(RESTART)
    race.get_by_text(GONE).wait_for()
    assert notebook.page.evaluate("document.activeElement.textContent") == GONE
    assert_lost(notebook)
    notebook.screenshot("race", race)
    notebook.dark()
    notebook.page.wait_for_timeout(1_000)  # Jupyter veils its page while it changes
    notebook.screenshot("race_dark", race)
    notebook.dark(False)

    drive = notebook.widget("drive")  # a map keeps the focus, and answers a press by the words
    before = drive.locator(".cl-frame").inner_html()
    drive.locator(".cl-frame").press("ArrowDown")
    expect(drive.get_by_role("alert").get_by_text(GONE)).to_be_visible()
    assert drive.locator(".cl-frame").inner_html() == before
    notebook.screenshot("drive", drive)

    notebook.run_all()  # what the words advise
    start(notebook)
    assert notebook.page.get_by_text(GONE).count() == 0


def test_a_kernel_that_dies(notebook: Notebook) -> None:
    start(notebook)
    notebook.page.evaluate(EXECUTE, "import os; os.kill(os.getpid(), 9)")
    notebook.widget("race").get_by_text(GONE).wait_for()
    assert_lost(notebook)


def test_a_kernel_that_is_shut_down(notebook: Notebook) -> None:
    start(notebook)
    notebook.page.evaluate(SHUT_DOWN)
    notebook.widget("race").get_by_text(GONE).wait_for()
    assert_lost(notebook)


def test_a_busy_kernel_is_waited_for(notebook: Notebook) -> None:
    drive = notebook.widget("drive")
    before = drive.locator(".cl-frame").inner_html()
    notebook.page.evaluate(EXECUTE, "import time; time.sleep(8)")
    drive.locator(".cl-frame").press("ArrowDown")
    expect(drive.get_by_role("alert").get_by_text(SILENT)).to_be_visible(timeout=6_000)
    notebook.screenshot("silent", drive)
    assert drive.get_by_role("button", name="down").is_enabled()
    expect(drive.get_by_text(SILENT)).to_be_hidden(timeout=10_000)
    assert drive.locator(".cl-frame").inner_html() != before  # it was done all the same


def test_what_runs_is_not_stored(notebook: Notebook, folder: Path) -> None:
    start(notebook)
    notebook.page.evaluate(SAVE)
    stored = json.loads((folder / "course" / "lost.ipynb").read_text("utf-8"))["metadata"]
    (models,) = (kind["state"] for kind in stored["widgets"].values())
    kinds = {
        model["state"].get("_anywidget_id", "").rpartition(".")[2] for model in models.values()
    }
    assert {"Race", "LearnerLab"} <= kinds
    assert not [name for model in models.values() for name in model["state"] if "play" in name]

    notebook.page.reload()  # the kernel is still there, and says what runs
    for kind in ("race", "learner-lab"):
        notebook.widget(kind).get_by_role("button", name="Pause").wait_for()
    assert notebook.page.get_by_text(GONE).count() == 0

    notebook.page.evaluate(SHUT_DOWN)
    notebook.page.reload()  # and now only what was stored
    notebook.widget("race").get_by_text(GONE).wait_for()
    assert_lost(notebook)


def test_a_server_that_was_restarted(
    folder: Path, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "course").mkdir()
    shutil.copy(folder / "course" / "lost.ipynb", other / "course")
    with serving(other) as address:
        made = opened(browser, address)
        made.run_all()
        made.page.evaluate(SAVE)
    with serving(other, int(address.rpartition(":")[2])):
        drive = made.widget("drive")
        # At once, whether or not the page knows it, and whatever JupyterLab puts in front of it.
        drive.locator(".cl-frame").dispatch_event("keydown", {"key": "ArrowDown", "bubbles": True})
        drive.get_by_text(re.compile(f"{GONE}|{SILENT}")).wait_for(timeout=8_000)
        made.screenshot("server", drive)
        made.open(f"{address}/lab/tree/lost.ipynb?reset&token=t")
        made.widget("race").get_by_text(GONE).wait_for()
        assert_lost(made)
        made.screenshot("stored")
        made.close()


def test_what_was_not_stored_is_told_by_jupyter(notebook: Notebook) -> None:
    """After a restart JupyterLab stores no widget. What it says of that, the glossary explains."""
    notebook.page.evaluate(RESTART)
    notebook.widget("race").get_by_text(GONE).wait_for()
    notebook.page.evaluate(SAVE)
    notebook.page.reload()
    notebook.page.get_by_text("Error displaying widget: model not found").first.wait_for()
    assert notebook.page.locator(".cl-root").count() == 0
