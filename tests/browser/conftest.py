"""Jupyter in a real browser: one server and one browser for all tests, a page for each."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from cliprl_lite.course import settle, working_copy

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = Path(__file__).parent / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]
SETTINGS = {
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}
READY = """async () => {
  const app = window.jupyterapp;
  await app.started; await app.restored;
  const notebook = app.shell.currentWidget;
  await notebook.context.ready; await notebook.sessionContext.ready;
  await notebook.sessionContext.session.kernel.info;
}"""
FAULTS = """() => {
  const found = [];
  for (const cell of window.jupyterapp.shell.currentWidget.content.model.cells) {
    if (cell.type !== "code") continue;
    if (cell.executionCount === null) found.push(`not run: ${cell.sharedModel.getSource()}`);
    for (const output of cell.outputs.toJSON())
      if (output.output_type === "error") found.push(`${output.ename}: ${output.evalue}`);
  }
  return found;
}"""
THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
RUN_ALL = "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }"


@contextmanager
def serving(folder: Path, port: int = 0) -> Iterator[str]:
    """The address of a server with JupyterLab and Notebook 7; it shows `folder / "course"`."""
    settle(folder)
    (folder / "settings").mkdir(exist_ok=True)
    overrides = folder / "settings" / "overrides.json"
    overrides.write_text(json.dumps(SETTINGS))
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root",
        "--ServerApp.token=t", "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        f"--LabApp.app_settings_dir={folder / 'settings'}",
        f"--LabApp.user_settings_dir={folder / 'user'}",
        f"--LabApp.workspaces_dir={folder / 'workspaces'}",
    ]  # fmt: skip
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder / "course", stdout=log, stderr=subprocess.STDOUT,
            env=os.environ | {
                "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
                "JUPYTER_CONFIG_PATH": str(folder / "etc" / "jupyter"),
            },
        )  # fmt: skip
        try:
            deadline = time.monotonic() + 60
            while "is running at" not in (folder / "log").read_text():
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, "JupyterLab did not start within a minute"
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server in a reader's copy of the course."""
    folder = tmp_path_factory.mktemp("lab")
    working_copy(ROOT, folder / "course")
    with serving(folder) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, f"install a browser first: one of {', '.join(BROWSERS)}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield chromium
        chromium.close()


class Notebook:
    """A notebook in the browser.

    Attributes:
        page: where it is open.
        asked: hosts that the page asked for anything.
        errors: what the page's console called an error.
        CELLS: asks how many cells there are, which is active, and how often each was run.
        COMMAND_MODE: makes the cell that starts with some text the active one, in command mode.
    """

    CELLS = """() => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  return {
    cells: notebook.widgets.length, active: notebook.activeCellIndex, mode: notebook.mode,
    runs: notebook.widgets.map((cell) => cell.model.executionCount ?? 0),
  };
}"""

    COMMAND_MODE = """(start) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = notebook.widgets.findIndex(
    (cell) => cell.model.sharedModel.getSource().startsWith(start));
  notebook.mode = "command";
}"""

    def __init__(self, page: Page, name: str) -> None:
        self.page, self.name = page, name
        self.asked: set[str] = set()
        self.errors: list[str] = []
        page.on("request", lambda request: self.asked.add(urlparse(request.url).hostname or ""))
        page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))

    def open(self, address: str) -> None:
        """Go there, and wait until the kernel is ready."""
        self.page.goto(address)
        there = "window.jupyterapp?.shell?.currentWidget?.context !== undefined"
        self.page.wait_for_function(there, timeout=60_000)
        self.page.evaluate(READY)

    def close(self) -> None:
        """Leave it, and see that nothing went wrong and nothing was asked of anybody else."""
        assert self.asked <= {"127.0.0.1", ""}, f"something was asked of {self.asked}"
        assert self.errors == []
        self.page.evaluate("async () => window.jupyterapp.serviceManager.sessions.shutdownAll()")
        self.page.close()

    def run_all(self) -> None:
        """Run every cell; one that fails, or was not run, fails the test."""
        self.page.evaluate(RUN_ALL)
        assert self.page.evaluate(FAULTS) == []

    def widget(self, kind: str, number: int = 0) -> Locator:
        """The view of a widget by its class `cl-<kind>`, brought onto the screen."""
        found = self.page.locator(f".cl-root.cl-{kind}").nth(number)
        found.wait_for(timeout=20_000)
        found.scroll_into_view_if_needed()
        return found

    def fits(self, of: Locator) -> bool:
        """Whether all of it is seen at once on 1000 × 800 pixels, the list of files open."""
        before = self.page.viewport_size
        assert before
        self.page.set_viewport_size({"width": 1000, "height": 800})
        self.page.wait_for_timeout(500)
        panel = self.page.locator(".jp-WindowedPanel-outer").first
        room = panel.evaluate("part => part.clientHeight")
        height = of.evaluate("part => part.getBoundingClientRect().height")
        self.page.set_viewport_size(before)
        return height <= room

    def screenshot(self, name: str, of: Locator | None = None) -> None:
        """Keep what is seen, for people to look at."""
        SCREENSHOTS.mkdir(exist_ok=True)
        (of or self.page).screenshot(path=SCREENSHOTS / f"{self.name}_{name}.png")

    def dark(self, dark: bool = True) -> None:
        """Go on in the dark theme, or in the light one."""
        name = f"JupyterLab {'Dark' if dark else 'Light'}"
        # JupyterLab takes its splash away twice when themes change while it fades.
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")
        self.page.evaluate(THEME, name)
        self.page.wait_for_selector(f"body[data-jp-theme-name='{name}']", state="attached")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def whole(self, name: str = "whole") -> None:
        """Keep a picture of the whole notebook."""
        height = self.page.evaluate(
            "document.querySelector('.jp-WindowedPanel-outer').scrollHeight"
        )
        self.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 0)")
        self.page.set_viewport_size({"width": 1150, "height": min(int(height) + 120, 16_000)})
        self.page.wait_for_timeout(500)
        self.screenshot(name)

    def in_both_themes(self) -> None:
        """Keep pictures of the whole notebook, in light and in dark; light is on again."""
        self.whole()
        self.dark()
        self.page.wait_for_timeout(800)
        self.screenshot("whole_dark")
        self.dark(False)


def of_file(request: pytest.FixtureRequest, server: str, browser: Browser) -> Iterator[Notebook]:
    """The notebook that a test file is named after, open and ready to be run."""
    name = re.sub(r"^test_", "", request.path.stem)
    opened = Notebook(browser.new_page(viewport={"width": 1150, "height": 900}), name)
    opened.open(f"{server}/lab/tree/{name}.ipynb?reset&token=t")
    opened.dark(False)
    yield opened
    opened.close()


notebook = pytest.fixture(of_file)
shared = pytest.fixture(scope="module")(of_file)
"""The same for all tests of a file, where each takes a widget of its own."""


@pytest.fixture
def notebook_7(server: str, browser: Browser) -> Iterator[Notebook]:
    """The tour in Notebook 7, which some classrooms have in place of JupyterLab."""
    opened = Notebook(browser.new_page(viewport={"width": 1150, "height": 900}), "notebook_7")
    opened.open(f"{server}/notebooks/00_tour.ipynb?token=t")
    yield opened
    # Notebook 7.6 itself stumbles at its start, over plugins of JupyterLab that it leaves out.
    own = ("reading 'schema'", "Command 'filebrowser:open-path' not registered")
    opened.errors = [error for error in opened.errors if not any(words in error for words in own)]
    opened.close()
