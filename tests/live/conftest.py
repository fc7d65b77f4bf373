"""The live course in a real browser: built from the folder that PYODIDE names, `make test-live`."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "docs" / "live"))

from runtime import copy_runtime  # noqa: E402

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
def runtime(pyodide: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runtime in it, and nothing else."""
    folder = tmp_path_factory.mktemp("live") / "runtime"
    copy_runtime(pyodide, folder / "pyodide")
    (folder / "index.html").write_text(
        "<!doctype html><link rel=icon href=data:,><title>empty</title>", encoding="utf-8"
    )
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
def bare(runtime: Path) -> Iterator[str]:
    """Where the runtime is served."""
    server = Server(runtime)
    yield server.address
    server.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab that asks nothing of any other host, and whose console calls nothing an error."""
    context = browser.new_context(viewport={"width": 1250, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(120_000)
    asked, errors = set[str](), list[str]()
    context.on("request", lambda request: asked.add(urlparse(request.url).hostname or ""))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield page
    assert asked <= {"127.0.0.1", ""}, f"something was asked of {asked}"
    assert errors == []
    context.close()
