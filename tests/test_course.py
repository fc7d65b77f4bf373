"""The reader's copy of the course: new files arrive unrun, and nothing of the reader's is lost.

And what is exported from it names no other host. `tests/browser` opens those pages.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

from cliprl_lite.course import PLOTLY, SETTINGS, WIDGET, main, offline, settle, working_copy

ROOT = Path(__file__).resolve().parent.parent


def notebook(words: str) -> str:
    cell = nbformat.v4.new_markdown_cell(f"{words}, [a word](../docs/glossary.md#x)", id="a")
    code = nbformat.v4.new_code_cell("1 + 1", execution_count=7, id="b")
    code.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "2"})]
    made = nbformat.v4.new_notebook(cells=[cell, code], metadata={"widgets": {"state": {}}})
    return str(nbformat.writes(made))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for folder in ("notebooks/.ipynb_checkpoints", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    lab = tmp_path / "labs" / "release" / "lab1"
    lab.mkdir(parents=True)
    (lab / "lab1.ipynb").write_text("as it was released")
    for name in ("00_tour", "01_world", ".ipynb_checkpoints/00_tour"):
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text(notebook(name), "utf-8")
    (tmp_path / "notebooks" / "progress.json").write_text("somebody's")
    (tmp_path / "docs" / "glossary.md").write_text("words")
    (tmp_path / "docs" / "other.md").write_text("other")
    return tmp_path


def test_notebooks_come_unrun_with_what_they_link_to(checkout: Path) -> None:
    target = checkout / "my course"
    new = working_copy(checkout, target)
    names = ["00_tour.ipynb", "01_world.ipynb", "glossary.md", "lab1.ipynb"]
    assert [path.name for path in new] == names
    assert sorted(path for path in target.rglob("*") if path.is_file()) == new
    assert new[-1] == target / "labs" / "lab1" / "lab1.ipynb"
    assert new[-1].read_text() == "as it was released"
    made = nbformat.read(target / "00_tour.ipynb", as_version=4)
    nbformat.validate(made)
    assert made.cells[0].source == "00_tour, [a word](glossary.md#x)"
    assert (made.cells[1].source, made.cells[1].outputs) == ("1 + 1", [])
    assert made.cells[1].execution_count is None
    assert "widgets" not in made.metadata


def test_a_cell_may_be_one_text(checkout: Path) -> None:
    """Notebooks' format allows it in place of a list of lines, and some editors write it."""
    text = "a\\n[a word](../docs/glossary.md#x)"
    cell = f'{{"cell_type": "markdown", "id": "a", "metadata": {{}}, "source": "{text}"}}'
    file = checkout / "notebooks" / "00_tour.ipynb"
    file.write_text(f'{{"cells": [{cell}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}')
    working_copy(checkout, checkout / "mine")
    made = json.loads((checkout / "mine" / "00_tour.ipynb").read_text("utf-8"))
    assert made["cells"][0]["source"] == ["a\n", "[a word](glossary.md#x)"]


def test_the_readers_files_stay_and_new_ones_arrive(checkout: Path) -> None:
    target = checkout / "my-course"
    working_copy(checkout, target)
    (target / "01_world.ipynb").write_text("my solution")
    (target / "notes.txt").write_text("mine")
    (checkout / "notebooks" / "01_world.ipynb").write_text(notebook("a later edition"))
    (checkout / "notebooks" / "02_words.ipynb").write_text(notebook("words"))
    (checkout / "docs" / "glossary.md").write_text("more words")

    assert working_copy(checkout, target) == [target / "02_words.ipynb"]
    assert (target / "01_world.ipynb").read_text() == "my solution"
    assert (target / "glossary.md").read_text() == "words"
    assert (target / "notes.txt").read_text() == "mine"


def test_an_earlier_edition_stays_and_progress_comes_along(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its notebooks say no edition. Run again, it goes on in the same new folder."""
    old, new = checkout / "my-course", checkout / "my-course-2"
    old.mkdir()
    mine = notebook("my solutions of before")
    (old / "01_world.ipynb").write_text(mine, "utf-8")
    (old / "progress.json").write_text('{"exercises": []}', "utf-8")
    for again in (False, True):
        assert main([str(checkout), str(old)]) == 0
        said = capsys.readouterr().out
        assert f"the course goes on in {new}, with your progress" in said
        assert (str(new / "00_tour.ipynb") in said) is not again
    assert sorted(path.name for path in old.iterdir()) == ["01_world.ipynb", "progress.json"]
    assert (old / "01_world.ipynb").read_text("utf-8") == mine
    assert (new / "progress.json").read_text("utf-8") == '{"exercises": []}'
    assert (new / "01_world.ipynb").exists()
    assert main(["--where", str(old)]) == main(["--where", str(new)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(new)] * 2


def test_no_notebooks(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="the top of a checkout"):
        working_copy(tmp_path, tmp_path / "my-course")
    assert not (tmp_path / "my-course").exists()


def test_a_damaged_notebook_is_named_and_nothing_is_copied(checkout: Path) -> None:
    for damage in ("", "{", "[]", '{"metadata": {}}', '{"cells": [3]}', '{"cells": null}'):
        (checkout / "notebooks" / "01_world.ipynb").write_text(damage)
        with pytest.raises(ValueError, match=r"01_world\.ipynb is damaged: it is not a notebook"):
            working_copy(checkout, checkout / "my-course")
    assert not (checkout / "my-course").exists()


def test_the_command_names_what_is_new(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = checkout / "课程"
    assert main([str(checkout), str(target)]) == 0
    names = ("00_tour.ipynb", "01_world.ipynb", "glossary.md", "labs/lab1/lab1.ipynb")
    assert capsys.readouterr().out.splitlines() == [f"new: {target / name}" for name in names]
    assert main([str(checkout), str(target)]) == 0
    assert capsys.readouterr().out == ""


def test_the_command_in_an_old_code_page(checkout: Path) -> None:
    target = checkout / "课程"
    done = subprocess.run(
        [sys.executable, "-m", "cliprl_lite.course", checkout, target],
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"??" in done.stdout
    assert (target / "00_tour.ipynb").exists()


@pytest.mark.parametrize("arguments", [[], ["."], [".", "a", "b"]])
def test_the_command_says_how_it_is_used(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "usage: python -m cliprl_lite.course CHECKOUT FOLDER\n" in capsys.readouterr().err


def test_the_command_fails_in_one_line(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    in_the_way = checkout / "docs" / "glossary.md"
    for arguments, words in (
        ((checkout / "docs", checkout / "new"), "the top of a checkout"),
        ((checkout, in_the_way), str(in_the_way)),
    ):
        assert main([str(path) for path in arguments]) == 2
        error = capsys.readouterr().err
        assert error.startswith("course: ")
        assert words in error
        assert error.count("\n") == 1


def test_every_link_of_the_copied_course_leads_somewhere(tmp_path: Path) -> None:
    for path in working_copy(ROOT, tmp_path):
        text = path.read_text("utf-8")
        if path.suffix == ".ipynb":
            cells = json.loads(text)["cells"]
            text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            assert link.startswith("https://") or (tmp_path / link).exists(), (path.name, link)


# Exports
def exported(data: dict[str, object], path: Path) -> str:
    """The page that Jupyter makes of a notebook with these outputs, after a `settle`."""
    outputs = [nbformat.v4.new_output("display_data", data=dict(data)) for _ in range(2)]
    cell = nbformat.v4.new_code_cell("1", outputs=outputs, execution_count=1)
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"a": {}}}}
    made = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": widgets})
    (settings,) = settle(path)
    config = Config(json.loads(settings.read_text("utf-8")))
    return str(HTMLExporter(config=config).from_notebook_node(made)[0])


SCRIPTS = r'(?:src="|import[ (]*["\']|href=")((?:https?:)?//[^"\']+)'


def test_a_widget_is_exported_as_its_picture(tmp_path: Path) -> None:
    picture = "<svg role='img'><title>a map</title></svg>"
    page = exported({WIDGET: {"model_id": "a"}, "image/svg+xml": picture}, tmp_path)
    assert page.count("<title>a map</title>") == 2
    assert re.findall(SCRIPTS, page) == []
    assert "html-manager" not in page


def test_a_figure_brings_the_script_that_draws_it_once(tmp_path: Path) -> None:
    figure = {"data": [{"y": [1, 3]}], "layout": {"title": {"text": "</script>"}}, "frames": []}
    page = exported({PLOTLY: figure, "text/plain": "Figure"}, tmp_path)
    assert page.count("Plotly.newPlot(") == 2
    assert 4_000_000 < len(page) < 7_000_000
    assert "figure-0" in page
    assert "figure-1" in page


def test_other_outputs_stay_as_they_are() -> None:
    data = {"text/html": "<b>1</b>", "text/plain": "1"}
    cell = nbformat.v4.new_code_cell("1", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("execute_result", data=data)]
    made, resources = offline(nbformat.v4.new_notebook(cells=[cell]), {"theme": "light"})
    assert made.cells[0].outputs[0].data == data
    assert resources["theme"] == "light"


def test_settings_that_are_there_stay(tmp_path: Path) -> None:
    (settings,) = settle(tmp_path)
    assert json.loads(settings.read_text("utf-8")) == SETTINGS
    settings.write_text("{}")
    assert settle(tmp_path) == []
    assert settings.read_text() == "{}"
    (tmp_path / "file").write_text("")
    assert settle(tmp_path / "file") == []  # nothing can be written below a file
