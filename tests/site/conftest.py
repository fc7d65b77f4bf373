"""The site, built once with warnings as errors, behind a plain server, in a real browser."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

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


def build(project: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """What `make site` does, with the package and the pages of this project."""
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-E", "-b", "html", "docs/site"]
    environment = os.environ | {"PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [*command, str(site)], cwd=project, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pages."""
    folder = tmp_path_factory.mktemp("built") / "site"
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def address(built: Path) -> Iterator[str]:
    """Where a plain server shows it."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(built))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, f"install a browser first: one of {', '.join(BROWSERS)}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield chromium
        chromium.close()


class Reader:
    """A reader with one tab.

    Attributes:
        page: the tab.
        asked: hosts that were asked for anything.
        errors: what the console called an error.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.asked: set[str] = set()
        self.errors: list[str] = []
        page.on("request", lambda request: self.asked.add(urlparse(request.url).hostname or ""))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._on_console)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def open(self, name: str) -> Page:
        """Go to a page, such as `"notebooks/00_tour"`, and wait until its figures are drawn."""
        self.page.goto(f"{self.address}/{name}.html")
        self.page.wait_for_function(
            "[...document.querySelectorAll('.cl-plot')].every((plot) => plot.dataset.drawn)"
            " && !document.querySelector('.cl-still')"
        )
        return self.page

    def theme(self, name: str) -> None:
        """Go on in the light or the dark theme; figures are drawn anew."""
        self.page.evaluate("(name) => { document.documentElement.dataset.theme = name; }", name)
        self.page.wait_for_function(
            "(name) => [...document.querySelectorAll('.cl-plot')]"
            ".every((plot) => plot.dataset.drawn === name)",
            arg=name,
        )

    def screenshot(self, name: str) -> None:
        """Keep the whole page, for people to look at."""
        SCREENSHOTS.mkdir(exist_ok=True)
        height = self.page.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size({"width": 1250, "height": min(height, 16_000)})
        self.page.wait_for_timeout(500)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
        self.page.set_viewport_size({"width": 1250, "height": 900})


@pytest.fixture
def reader(address: str, browser: Browser) -> Iterator[Reader]:
    """Somebody who reads the site and asks for little motion."""
    context = browser.new_context(
        viewport={"width": 1250, "height": 900}, color_scheme="light", reduced_motion="reduce"
    )
    opened = Reader(context.new_page(), address)
    opened.page.set_default_timeout(60_000)
    yield opened
    assert opened.asked <= {"127.0.0.1", ""}, f"something was asked of {opened.asked}"
    assert opened.errors == []
    context.close()
