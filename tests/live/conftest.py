"""The live course in a real browser: built from the folder that PYODIDE names, `make test-live`."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
from firefox import firefox
from live_course import build
from playwright.sync_api import Browser, Page, sync_playwright

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


@pytest.fixture(scope="session")
def pyodide() -> Path:
    """The folder with Pyodide's official files."""
    named = os.environ.get("PYODIDE")
    assert named, "PYODIDE has to name the folder of Pyodide: make test-live PYODIDE=<folder>"
    return Path(named)


@pytest.fixture(scope="session")
def built(pyodide: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make live` makes; LIVE may name one that it has made."""
    if os.environ.get("LIVE"):
        return Path(os.environ["LIVE"]).resolve()
    folder = tmp_path_factory.mktemp("built") / "live"
    build(pyodide, folder)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, f"install a browser first: one of {', '.join(BROWSERS)}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield chromium
        chromium.close()


class Server:
    """A plain server for one folder, as any static host is."""

    def __init__(self, folder: Path) -> None:
        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

        handler = functools.partial(Quiet, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="session")
def live(built: Path) -> Iterator[str]:
    """Where it is served."""
    server = Server(built)
    yield server.address
    server.close()


@pytest.fixture
def patient_tab(browser: Browser) -> Iterator[Page]:
    """A tab that asks nothing of any other host."""
    context = browser.new_context(viewport={"width": 1250, "height": 900})
    asked = set[str]()
    context.on("request", lambda request: asked.add(urlparse(request.url).hostname or ""))
    page = context.new_page()
    page.set_default_timeout(240_000)
    yield page
    assert asked <= {"127.0.0.1", ""}, f"something was asked of {asked}"
    context.close()


@pytest.fixture
def tab(patient_tab: Page) -> Iterator[Page]:
    """Such a tab, whose console calls nothing an error."""
    errors = list[str]()
    patient_tab.on("pageerror", lambda error: errors.append(str(error)))
    patient_tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    yield patient_tab
    assert errors == []


@pytest.fixture(params=["chromium", "firefox"])
def either_tab(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A tab of one browser, then one of the other: `goto` and `evaluate`, and hosts are watched."""
    if request.param == "chromium":
        yield request.getfixturevalue("patient_tab")
        return
    with firefox() as page:
        yield page
        assert page.asked <= {"127.0.0.1", ""}, f"something was asked of {page.asked}"
