"""Every exercise: unsolved it says "not yet", and its folded solution passes its check."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from cliprl_lite import progress
from cliprl_lite.progress import solved

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
WITH_EXERCISES = sorted(
    path for path in FOLDER.glob("*.ipynb") if '"exercise"' in path.read_text("utf-8")
)
HEADING = re.compile(r"### Exercise (\d+) · (.+) · [●○]{3} · \d+ min\n")
SOLUTION = re.compile(
    r"<details><summary>Solution</summary>\n\n```python\n(.*?)\n```\n\n</details>", re.DOTALL
)


@cache
def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def exercises(path: Path) -> list[int]:
    """Places of the cells in which a reader writes."""
    cells = read(path).cells
    return [i for i, cell in enumerate(cells) if "exercise" in cell.metadata.get("tags", [])]


def solution(path: Path, place: int) -> str:
    (code,) = SOLUTION.findall(read(path).cells[place + 2].source)
    return str(code)


def said(cell: nbformat.NotebookNode) -> str:
    """What the check at the end of a cell said."""
    results = [output for output in cell.outputs if output.output_type == "execute_result"]
    return str(results[-1].data["text/plain"])


@pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.stem)
def test_exercises_are_built_alike(path: Path) -> None:
    cells, places = read(path).cells, exercises(path)
    assert len(places) >= 3
    (module,) = re.findall(r"from cliprl_lite\.check import (\w+) as check", cells[1].source)
    listed = progress.exercises(import_module(f"cliprl_lite.check.{module}")).items()
    for number, (place, (name, title)) in enumerate(zip(places, listed, strict=True), start=1):
        task, stub, hint = (cells[place + step] for step in (-1, 0, 1))
        heading = HEADING.match(task.source)
        assert heading, task.source
        assert (int(heading[1]), heading[2]) == (number, title)
        assert "..." in stub.source
        assert said(stub).startswith("… Not yet")
        assert hint.source.startswith("<details><summary>Hint</summary>")
        check = stub.source.strip().splitlines()[-1]
        assert check.startswith(f"check.{name}(")
        assert solution(path, place).strip().splitlines()[-1] == check


@pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.stem)
def test_every_folded_solution_passes_its_check_and_is_remembered(
    path: Path, tmp_path: Path
) -> None:
    notebook = nbformat.read(path, as_version=4)
    for place in exercises(path):
        notebook.cells[place].source = solution(path, place)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
    for place in exercises(path):
        assert said(notebook.cells[place]).startswith("✓ Right")
    calls = [solution(path, place).strip().splitlines()[-1] for place in exercises(path)]
    (remembered,) = solved(tmp_path).values()
    assert remembered == [re.match(r"check\.(\w+)\(", call)[1] for call in calls]
