"""What strict nbval does not see: that the notebooks were run, and how they are built."""

from __future__ import annotations

import statistics
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def faults(notebook: nbformat.NotebookNode) -> list[str]:
    """Everything that must not be committed, in words."""
    found = []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in code]
    if counts != list(range(1, len(code) + 1)):
        found.append(f"cells were not run once each, in order: {counts}")
    for cell in code:
        if any(output.output_type == "error" for output in cell.outputs):
            found.append(f"cell {cell.execution_count} ends in an error")
        if any(output.get("name") == "stderr" for output in cell.outputs):
            found.append(f"cell {cell.execution_count} writes to stderr")
        if len(cell.source.splitlines()) > 30:
            found.append(f"cell {cell.execution_count} is over 30 lines")
        if "NBVAL" in cell.source or any("nbval" in tag for tag in cell.metadata.get("tags", [])):
            found.append(f"cell {cell.execution_count} asks not to be compared")
    if statistics.median(len(cell.source.splitlines()) for cell in code) > 10:
        found.append("the median code cell is over 10 lines")
    if "widgets" in notebook.metadata:
        found.append("widget state is stored")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_fit_to_commit(path: Path) -> None:
    assert faults(nbformat.read(path, as_version=4)) == []
    assert path.stat().st_size < 500_000


def test_there_are_notebooks() -> None:
    assert {"00_tour", "08_does_it_reproduce"} <= {path.stem for path in NOTEBOOKS}


def test_faults_are_found() -> None:
    """The checker itself: a notebook with every fault shows every fault."""
    error = nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])
    stderr = nbformat.v4.new_output("stream", name="stderr", text="x")
    bad = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("x = 1\n" * 31, execution_count=2, outputs=[error, stderr]),
            nbformat.v4.new_code_cell("# NBVAL_SKIP\n" + "y = 2\n" * 11),
        ],
        metadata={"widgets": {}},
    )
    text = "\n".join(faults(bad))
    for fault in (
        "in order",
        "error",
        "stderr",
        "over 30",
        "not to be compared",
        "median",
        "state",
    ):
        assert fault in text
