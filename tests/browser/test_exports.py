"""Exported pages, opened from the disk: every picture is there, and nobody else is asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlparse

import nbformat
import pytest
from conftest import ROOT, SCREENSHOTS
from playwright.sync_api import Browser, Page

from cliprl_lite.course import PLOTLY, WIDGET, settle

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def convert(folder: Path, *arguments: str) -> None:
    """What a reader types, in an environment that the course has settled in."""
    settle(folder)
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "nbconvert", *arguments, "--output-dir", str(folder)],
        env=os.environ | {"JUPYTER_CONFIG_PATH": str(folder / "etc" / "jupyter")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pages."""
    folder = tmp_path_factory.mktemp("exported")
    convert(folder, "--to", "html", *map(str, NOTEBOOKS))
    return folder


def asked(page: Page) -> set[str]:
    """Hosts that are asked for anything from now on; the disk has no name."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlparse(request.url).hostname or ""))
    return hosts


def outputs(path: Path, kind: str) -> int:
    cells = nbformat.read(path, as_version=4).cells
    return sum(kind in out.get("data", {}) for cell in cells for out in cell.get("outputs", []))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_has_all_its_pictures_without_a_network(
    path: Path, exported: Path, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 1150, "height": 900})
    hosts, errors = asked(page), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((exported / f"{path.stem}.html").as_uri())
    page.wait_for_load_state("networkidle")
    assert (hosts, errors) == ({""}, [])
    widgets = page.locator(".jp-OutputArea-output > svg[role=img]")
    assert widgets.count() == outputs(path, WIDGET) > 0
    for picture in widgets.all():
        assert picture.bounding_box()["height"] > 30
        assert picture.locator("title").first.text_content()
    figures = page.locator(".js-plotly-plot")
    assert figures.count() == outputs(path, PLOTLY)
    for figure in figures.all():
        assert figure.locator("svg.main-svg .trace").count() > 0
    if figures.count():
        figures.first.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
    page.screenshot(path=SCREENSHOTS / f"export_{path.stem}.png")
    page.close()


@pytest.mark.parametrize("kind", ["html --template classic", "html --template basic", "slides"])
def test_other_pages_ask_nobody_either(kind: str, tmp_path: Path, browser: Browser) -> None:
    convert(tmp_path, "--to", *kind.split(), str(NOTEBOOKS[0]))
    (made,) = tmp_path.glob("*.html")
    page = browser.new_page()
    hosts = asked(page)
    page.goto(made.as_uri())
    page.wait_for_load_state("networkidle")
    assert hosts == {""}
    page.close()


def test_the_menu_of_jupyterlab_exports_the_same(server: str, browser: Browser) -> None:
    page = browser.new_page()
    hosts = asked(page)
    page.goto(f"{server}/nbconvert/html/00_tour.ipynb?token=t")
    page.wait_for_load_state("networkidle")
    assert page.locator("h1").first.text_content().startswith("Which old agent")
    assert hosts == {"127.0.0.1"}
    page.close()
