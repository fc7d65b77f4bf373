"""The site, as readers use it: every page, in both themes, on paper, by keyboard, by ear."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import build
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parents[2]
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]},
    "resultTypes": ["violations"],
    "preload": False,  # axe would look for the style sheets' imports in the wrong place
}
UNNAMED = """() => [
  ...[...document.querySelectorAll("img")].filter((img) => !img.hasAttribute("alt")),
  ...[...document.querySelectorAll("svg[role=img]:not(.svg-inline--fa)")]
    .filter((svg) => !svg.querySelector("title")),
  ...[...document.querySelectorAll("article svg:not([role=img], .cl-plot svg)")]
    .filter((svg) => !svg.closest("[role=img], [aria-label], [aria-hidden=true]")),
  ...[...document.querySelectorAll(".cl-plot")].filter((plot) => !plot.getAttribute("aria-label")),
].map((found) => found.outerHTML.slice(0, 200))"""


def pages(built: Path) -> list[str]:
    """Every page, by its address without the ending."""
    found = (path.relative_to(built) for path in sorted(built.rglob("*.html")))
    return [str(path.with_suffix("")) for path in found if not str(path).startswith((".", "_"))]


def barriers(page: Page) -> list[str]:
    """What axe-core calls serious or critical, in words."""
    results = Axe().run(page, options=AXE).response["violations"]
    return [
        f"{found['id']}: {node['html'][:160]} ({node['target'][0]})"
        for found in results
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]


def test_every_page_is_sound(built: Path, reader) -> None:
    """No error, no other host, a name for every picture, and no barrier in either theme."""
    faults: list[str] = []
    names = pages(built)
    assert len(names) > 30
    for name in names:
        page = reader.open(name)
        page.evaluate("document.querySelectorAll('article details').forEach((f) => f.open = true)")
        found = [f"without a name: {what}" for what in page.evaluate(UNNAMED)]
        for theme in ("light", "dark"):
            reader.theme(theme)
            found += [f"{theme}: {what}" for what in barriers(page)]
        found += reader.errors
        reader.errors.clear()
        faults += [f"{name}: {what}" for what in found]
    kinds = Counter(fault.split(": ")[2] for fault in faults if fault.count(": ") > 1)
    assert faults == [], f"{kinds}\n" + "\n".join(faults)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of all that the site is made of."""
    hidden = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("cliprl_lite", "docs", "labs", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / "copy" / name, ignore=hidden)
    for name in ("CHANGELOG.md", "CONTRIBUTING.md", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / "copy")
    (tmp_path / "copy" / "data").symlink_to(ROOT / "data")
    return tmp_path / "copy"


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


BROKEN = {
    "[page](clusters.md)": "guides/suites.md:{line}: WARNING: .*clusters.md",
    "[place](cluster.md#not-there)": "guides/suites.md:{line}: WARNING: .*not-there",
    '<a href="nowhere.html">page</a>': "WARNING: guides/suites.html: nowhere.html leads nowhere",
    '<img src="lost.png" alt="">': "WARNING: guides/suites.html: lost.png leads nowhere",
}
"""A link in a guide, and what is said of it."""


def test_a_broken_link_fails_the_build_and_nothing_is_left_behind(project: Path) -> None:
    guide = project / "docs" / "suites.md"
    text = guide.read_text("utf-8").rstrip("\n") + "\n\n" + "\n\n".join(BROKEN) + "\n"
    guide.write_text(text, "utf-8")
    before = files(project)
    done = build(project, project / "site")
    assert done.returncode != 0
    for link, said in BROKEN.items():
        line = 1 + text[: text.index(link)].count("\n")
        assert re.search(said.format(line=line), done.stderr), done.stderr
    made = {path for path in files(project) if path.startswith("site/")}
    assert files(project) - made == before
    assert "site/guides/suites.html" in made
    assert not [path for path in made if "/." in path and path != "site/.buildinfo"]


def test_a_build_leaves_nothing_beside_the_pages(built: Path) -> None:
    assert [path.name for path in built.parent.iterdir()] == ["site"]
    assert {path.name for path in built.iterdir() if path.name.startswith(".")} <= {".buildinfo"}


def test_nothing_of_this_machine(built: Path) -> None:
    """No page names a folder of the machine that built it, or another host's file."""
    here = (str(ROOT), str(Path.home()) + "/", str(built))
    for path in built.rglob("*"):
        if path.suffix not in (".html", ".js", ".css") or "/." in str(
            path.relative_to(built.parent)
        ):
            continue
        text = path.read_text("utf-8")
        assert not any(folder in text for folder in here), path
        if path.suffix == ".html":
            assert not re.search(r'(src|<link[^>]*href)="(https?:)?//', text), path


def test_search_finds(reader) -> None:
    page = reader.open("index")
    page.locator(".bd-sidebar-primary .search-button__button").click()
    box = page.locator("dialog input[type=search]")
    box.fill("temperature")
    box.press("Enter")
    page.wait_for_url("**/search.html?q=temperature*")
    expect(page.locator("#search-results a[href*='notebooks/']").first).to_be_visible()
    assert page.locator("#search-results li").count() >= 3  # they come one by one


def test_search_finds_from_the_disk(built: Path, browser: Browser) -> None:
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((built / "search.html").as_uri() + "?q=temperature")
    expect(page.locator("#search-results a[href*='notebooks/']").first).to_be_visible()
    assert errors == []
    page.close()


def test_the_switch_of_themes_changes_widgets(reader) -> None:
    page = reader.open("notebooks/01_grid_world")
    widget = page.locator(".cl-root").first
    colour = "(root) => getComputedStyle(root).getPropertyValue('--ink').trim()"
    seen = {}
    for name in ("Light", "Dark"):
        page.get_by_role("button", name="Color mode").click()
        page.get_by_role("button", name=name, exact=True).click()
        seen[page.evaluate("document.documentElement.dataset.theme")] = widget.evaluate(colour)
    assert seen == {"light": "#1f1f1f", "dark": "#f2f2f2"}


def test_the_scrubber_moves_without_a_kernel(reader) -> None:
    page = reader.open("notebooks/05_clip_alignment")
    widget = page.locator(".cl-alignment-scrubber").first
    numbers = widget.locator(".cl-numbers b")
    slider = widget.get_by_role("slider")
    slider.focus()
    page.keyboard.press("End")
    expect(numbers.nth(0)).to_have_text("3,000")
    assert slider.get_attribute("aria-valuenow") == "3000"
    for _ in range(7):
        page.keyboard.press("ArrowLeft")
    expect(numbers.nth(0)).to_have_text("10")
    expect(numbers.nth(2)).to_have_text("covered")
    widget.get_by_role("button").click()
    expect(numbers.nth(2)).to_have_text(re.compile(r"^0\.\d\d$"))


def test_a_prediction_answers(reader) -> None:
    page = reader.open("notebooks/00_tour")
    guess = page.locator(".cl-prediction").first
    guess.get_by_role("radio").nth(1).check()
    expect(guess.get_by_role("status")).to_have_text(
        re.compile(r"^You said: 0, .*\. What happened: W, who copied .* steps\)\.$")
    )


def test_other_widgets_are_pictures(reader) -> None:
    page = reader.open("notebooks/00_tour")
    house = page.locator("figure.cl-figure", has=page.locator("svg[role=img]")).nth(1)
    assert len(house.locator("svg > title").first.text_content()) > 5
    assert "make lab" in house.locator("figcaption").text_content()


def test_figures_are_drawn_and_the_race_plays(reader) -> None:
    page = reader.open("notebooks/09_does_it_reproduce")
    figures = page.locator(".cl-plot")
    assert figures.count() >= 2
    for number in range(figures.count()):
        assert figures.nth(number).locator("svg.main-svg .trace").count() > 0
    page = reader.open("notebooks/07_clocks")
    race = page.locator(".cl-plot", has=page.locator(".cl-player"))
    line = race.locator(".scatterlayer .trace path.js-line").first
    slider = race.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    start = line.get_attribute("d") if line.count() else ""
    race.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('.cl-player input').value > 3")
    race.get_by_role("button", name="Pause").click()
    assert line.get_attribute("d") != start


def test_maths_is_set(reader) -> None:
    page = reader.open("notebooks/01_grid_world")
    expect(page.locator("mjx-container").first).to_be_visible()
    assert "MathJax" not in reader.open("index").content()


def test_on_paper(reader) -> None:
    page = reader.open("notebooks/03_language_similarity")
    page.emulate_media(media="print")
    for part in (
        ".bd-sidebar-primary",
        ".bd-sidebar-secondary",
        ".bd-header-article",
        ".prev-next-footer",
    ):
        assert page.locator(part).first.is_hidden(), part
    folds = page.locator("article details")
    assert folds.count() > 3
    assert folds.evaluate_all("(folds) => folds.every((fold) => fold.open)")
    paper = "getComputedStyle(document.querySelector('.bd-article p')).color"
    assert page.evaluate(paper) == "rgb(0, 0, 0)"
    assert page.locator("article h1").is_visible()
    reader.theme("dark")  # paper is light even so
    ink = "(root) => getComputedStyle(root).getPropertyValue('--ink').trim()"
    assert page.locator(".cl-root").first.evaluate(ink) == "#1f1f1f"
    assert page.evaluate(paper) == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_downloads_are_the_notebooks_themselves(built: Path, reader) -> None:
    page = reader.open("notebooks/02_base_policies")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download this notebook").click()
    original = (ROOT / "notebooks" / "02_base_policies.ipynb").read_bytes()
    assert Path(download.value.path()).read_bytes() == original


def test_pictures_for_people(reader) -> None:
    for name in ("index", "notebooks/00_tour", "notebooks/05_clip_alignment",
                 "notebooks/09_does_it_reproduce", "reference/transfer"):  # fmt: skip
        reader.open(name)
        for theme in ("light", "dark"):
            reader.theme(theme)
            reader.screenshot(f"{name.replace('/', '_')}_{theme}")
