"""What the site is made of, without building it: staging, links, outputs, the reference."""

from __future__ import annotations

import doctest
import json
import re
import sys
from importlib import import_module
from pathlib import Path, PurePosixPath

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "docs" / "site"))

from course_pages import (  # noqa: E402
    assets,
    awake,
    docstrings,
    glossary,
    links,
    outputs,
    reference,
    staging,
)

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGES = {
    "docs/glossary.md": "glossary.md",
    "docs/suites.md": "guides/suites.md",
    "CONTRIBUTING.md": "guides/contributing.md",
    "notebooks/05_clip_alignment.ipynb": "notebooks/05_clip_alignment.ipynb",
}


@pytest.fixture(scope="module")
def sources() -> dict[str, bytes]:
    return staging.sources()


@pytest.mark.parametrize(
    "name", ["assets", "awake", "docstrings", "glossary", "links", "outputs", "reference"]
)
def test_examples(name: str) -> None:
    assert doctest.testmod(import_module(f"course_pages.{name}")).failed == 0


# Staging -----------------------------------------------------------------------------------------
def test_every_part_has_a_page(sources: dict[str, bytes]) -> None:
    wanted = {"index.md", "glossary.md", "symbols.md", "reference/index.md"}
    wanted |= {f"notebooks/{path.name}" for path in NOTEBOOKS}
    wanted |= {
        f"guides/{name}.md" for name in ("notebooks", "labs", "suites", "cluster", "changelog")
    }
    assert wanted <= sources.keys()


def test_every_page_is_in_the_list_of_pages(sources: dict[str, bytes]) -> None:
    named = set(re.findall(r"^(?:.*<)?([\w/]+)>?$", sources["index.md"].decode(), re.MULTILINE))
    pages = {
        str(PurePosixPath(page).with_suffix(""))
        for page in sources
        if page.startswith(("g", "n")) and not page.endswith(".png")
    }
    assert pages <= named


def test_links_lead_to_sources(sources: dict[str, bytes]) -> None:
    for page, content in sources.items():
        if page.endswith(".md"):
            texts = [content.decode()]
        elif page.startswith("notebooks/"):
            cells = nbformat.reads(content.decode(), as_version=4).cells
            texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
        else:
            continue
        for text in texts:
            links = staging.LINK.findall(staging.FENCE.sub("", text))
            for _, target in links:
                if re.match(r"https?:|#", target):
                    continue
                meant = (Path("/") / page).parent / target.partition("#")[0]
                assert str(meant.resolve())[1:] in sources, f"{page}: {target}"


def test_notebooks_need_no_kernel_and_no_widget_manager(sources: dict[str, bytes]) -> None:
    for path in NOTEBOOKS:
        notebook = nbformat.reads(sources[f"notebooks/{path.name}"].decode(), as_version=4)
        assert "widgets" not in notebook.metadata
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                assert set(output.get("data", {})) <= {"text/html", "text/plain"}


def test_originals_are_as_they_are(sources: dict[str, bytes]) -> None:
    for path in NOTEBOOKS:
        assert sources[f"originals/{path.name}"] == path.read_bytes()


def test_staging_twice_gives_the_same(sources: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "page.md").write_text("gone")
    staging.stage(tmp_path)
    first = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    staging.stage(tmp_path)
    second = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert first == second
    made = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in first}
    assert made == sources


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("[cosine](../docs/glossary.md)", "{term}`cosine <cosine similarity>`"),
        ("[glossary](../docs/glossary.md)", "[glossary](../glossary.md)"),
        ("[next](05_clip_alignment.ipynb)", "[next](05_clip_alignment.ipynb)"),
        ("[a](../docs/suites.md#b)", "[a](../guides/suites.md#b)"),
        ("[map](../CONTRIBUTING.md)", "[map](../guides/contributing.md)"),
        ("[code](../cliprl_lite/cli.py)", "`code`"),
        ("[lost](../docs/suits.md)", "[lost](../docs/suits.md)"),  # for Sphinx to find
        ("[paper](https://arxiv.org)", "[paper](https://arxiv.org)"),
        ("![a picture](../docs/a.png)", "![a picture](../docs/a.png)"),
        ("`[a](../docs/suites.md)`", "`[a](../docs/suites.md)`"),
        ("```\n[a](../docs/suites.md)\n```", "```\n[a](../docs/suites.md)\n```"),
        (
            "<details><summary>Hint</summary>\n\n[a](../docs/suites.md)\n</details>",
            "<details><summary>Hint</summary>\n\n[a](../guides/suites.md)\n</details>",
        ),
    ],
)
def test_links(written: str, meant: str) -> None:
    page = "notebooks/07_clocks.ipynb"
    assert staging.relink(written, page, page, PAGES) == meant


def test_the_labs_page_is_linked_to(sources: dict[str, bytes]) -> None:
    assert "](labs.md)" in sources["guides/teachers_guide.md"].decode()


def test_links_of_pages_are_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b c.html").write_text('<p id="here">B</p><a href="../a.html">A</a>')
    (tmp_path / "picture.png").write_bytes(b"")
    good = ["in/b%20c.html", "in/b%20c.html#here", "picture.png?v=1", "#top", "https://x.org/y"]
    bad = ["in/b.html", "in/b%20c.html#there", "lost.png", "#bottom", "in"]
    anchors = "".join(f'<a href="{link}">x</a>' for link in good + bad)
    (tmp_path / "a.html").write_text(f'<h1 id="top">A</h1>{anchors}<img src="gone.svg">')
    assert links.broken(tmp_path) == [f"a.html: {link}" for link in [*bad, "gone.svg"]]


def test_a_guide_that_does_not_exist_is_left_out() -> None:
    text = "{tour}\n{path}\n{notebooks}\nguides/suites\nguides/nothing\n{guides}\n"
    made = staging.index(text, NOTEBOOKS[:1], PAGES).splitlines()
    assert "guides/suites" in made
    assert "guides/nothing" not in made
    assert made[-1] == "guides/contributing"  # not named, so it stands where the others do


def test_the_front_page_has_the_tour(sources: dict[str, bytes]) -> None:
    """Where Python is beside the pages, it wakes there as in notebook 00."""
    page = sources["index.md"].decode()
    (figure,) = re.findall(r'<figure class="cl-figure cl-asleep" data-cell="(\d+)"', page)
    (notebook,) = (path for path in NOTEBOOKS if path.stem == awake.FRONT)
    assert "Tour(" in nbformat.read(notebook, as_version=4).cells[int(figure)].source
    assert page.index("only} live") < page.index("cl-asleep") < page.index("stripes_and_blocks")


def test_the_glossary_keeps_its_entries(sources: dict[str, bytes]) -> None:
    written = glossary.rows((ROOT / "docs" / "glossary.md").read_text("utf-8"))
    page = sources["glossary.md"].decode()
    assert len(written) > 30
    for name, meaning in written.items():
        assert f"\n{name}\n    {meaning}\n" in page


# Outputs -----------------------------------------------------------------------------------------
def model(kind: str, buffers: tuple[object, ...] = ()) -> dict[str, object]:
    state = {"_anywidget_id": f"cliprl_lite.widgets.{kind}.Kind", "_esm": "secret", "step": 3}
    return {"state": state, "buffers": list(buffers)}


def test_a_widget_that_needs_a_kernel_is_its_picture() -> None:
    view = {outputs.VIEW: {"model_id": "a"}, "image/svg+xml": "<svg role='img'></svg>"}
    made = outputs.as_html(view, {"a": model("race")}, iter(['data-cell="4"']))
    assert "<svg role='img'></svg>" in made
    assert 'cl-asleep" data-cell="4"' in made  # where `wake.js` and `awake` look for it
    assert outputs.NO_KERNEL in made
    assert "<script" not in made


def test_a_widget_that_needs_none_keeps_its_state() -> None:
    view = {outputs.VIEW: {"model_id": "a"}, "image/svg+xml": "<svg></svg>"}
    buffer = {"path": ["frames"], "encoding": "base64", "data": "AAE="}
    made = outputs.as_html(view, {"a": model("alignment_scrubber", (buffer,))}, iter([""]))
    stored = json.loads(re.search(r'json">(.+)</script>', made)[1])
    assert stored == {"state": {"step": 3}, "buffers": [buffer]}
    assert 'data-widget="alignment_scrubber"' in made
    assert outputs.NO_KERNEL not in made


def test_live_widgets_compute_nothing_in_python_that_they_show() -> None:
    for kind in assets.LIVE:
        script = assets.classic_script(kind)
        assert "export" not in script
        assert f'window.courseWidgets ??= {{}})["{kind}"] = widget(' in script
        assert "ask(model" not in script.split("\nfunction widget(")[1]


def test_a_module_that_imports_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "module", lambda _: "import x from 'x';\nexport default 1;")
    with pytest.raises(ValueError, match="import nothing"):
        assets.classic_script("x")


def test_a_figure_has_a_name_and_no_width_of_its_own() -> None:
    content = {
        "data": [{"name": "a <b>"}, {"name": "a <b>"}],
        "layout": {
            "title": {"text": "Costs<br>of it"},
            "width": 500,
            "height": 300,
            "xaxis": {"title": {"text": "size"}, "type": "log"},
        },
        "frames": [{}, {}],
    }
    made = outputs.as_html({outputs.PLOTLY: content}, {}, iter([]))
    name = "Figure: Costs of it. Across: size, logarithmic. Shown: a. It can be played: 2 steps."
    assert f'aria-label="{name}"' in made
    assert "max-width:500px" in made
    assert "height:300px" in made
    assert '"width"' not in made


def test_every_stored_figure_says_what_it_is() -> None:
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                if outputs.PLOTLY in output.get("data", {}):
                    assert len(outputs.describe(output.data[outputs.PLOTLY])) > 25


def test_heads_of_tables_are_marked() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"clock": ["a"], "steps": [1]}).set_index("clock")
    made = outputs.table(frame.to_html())
    assert '<th scope="col">clock</th><th scope="col">steps</th>' in re.sub(r"\n *", "", made)
    assert '<th scope="row">a</th>' in made
    assert 'aria-label="Table: clock, steps"' in made
    assert 'tabindex="0"' in made
    deep = pd.DataFrame({"x": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")]))
    made = outputs.table(deep.to_html())
    assert '<th rowspan="2" scope="rowgroup">a</th>' in made
    assert "<th></th>" not in made


# Reference ---------------------------------------------------------------------------------------
def test_every_module_has_its_place() -> None:
    pages = reference.pages(ROOT)
    named = re.findall(r"automodule:: cliprl_lite\.([\w.]+)", "".join(pages.values()))
    package = ROOT / "cliprl_lite"
    files = [path for path in package.rglob("*.py") if path.name != "__init__.py"]
    modules = [".".join(path.relative_to(package).with_suffix("").parts) for path in files]
    assert sorted(named) == sorted(modules)


def test_docstrings_made_ready() -> None:
    lines = ["Steps: at most", "## Reward", "It is", "- −1", "- or 0"]
    docstrings.before(None, "data", "", None, None, lines)
    docstrings.after(None, "data", "", None, None, lines)
    assert lines == ["Steps: at most", ".. rubric:: Reward", "", "It is", "", "- −1", "- or 0"]


def test_pictures_on_pages_have_words(sources: dict[str, bytes]) -> None:
    for page, content in sources.items():
        if page.endswith(".md"):
            text = content.decode()
            assert not re.search(r"!\[\s*\]\(", text), page
            figures = re.findall(r"```\{figure\}.*?```", text, re.DOTALL)
            assert all(":alt: " in figure for figure in figures), page
