"""What strict nbval does not see: that the notebooks were run, and how they are built."""

from __future__ import annotations

import hashlib
import re
import statistics
from pathlib import Path

import execute_notebooks
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
    views = {
        output.data["application/vnd.jupyter.widget-view+json"]["model_id"]
        for cell in code
        for output in cell.outputs
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    }
    stored = [
        model
        for content in notebook.metadata.get("widgets", {}).values()
        for model in content["state"]
    ]
    if not views <= set(stored):
        found.append("a widget's state is not stored")
    for content in notebook.metadata.get("widgets", {}).values():
        for model in content["state"].values():
            if "done" in model["state"] and any(model["state"]["done"]):
                found.append("somebody's progress is stored: remove notebooks/progress.json")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_fit_to_commit(path: Path) -> None:
    assert faults(nbformat.read(path, as_version=4)) == []
    assert path.stat().st_size < 500_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_widgets_are_numbered(path: Path) -> None:
    """As `make notebooks` leaves them, so that executing a notebook twice changes nothing."""
    notebook = nbformat.read(path, as_version=4)
    if "widgets" in notebook.metadata:
        again = execute_notebooks.number_widgets(nbformat.read(path, as_version=4), path.stem)
        assert nbformat.writes(again) == nbformat.writes(notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)#]+)[^)]*\)", cell.source):
                assert target.startswith("https://") or (path.parent / target).exists(), target


def test_numbering_by_hand() -> None:
    """Two widgets with random names, the first of which refers to a third."""
    a, b, c = "f" * 32, "1" * 32, "a" * 32
    cells = [
        nbformat.v4.new_code_cell(
            outputs=[
                nbformat.v4.new_output(
                    "display_data",
                    data={"application/vnd.jupyter.widget-view+json": {"model_id": name}},
                )
            ]
        )
        for name in (a, b)
    ]
    state = {b: {}, c: {}, a: {"layout": f"IPY_MODEL_{c}"}, "0" * 32: {"unused": True}}
    metadata = {"widgets": {"kind": {"state": state, "version_major": 2}}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    made = execute_notebooks.number_widgets(notebook, "name")
    new = [hashlib.sha256(f"name {number}".encode()).hexdigest()[:32] for number in range(3)]
    shown = [
        cell.outputs[0].data["application/vnd.jupyter.widget-view+json"]["model_id"]
        for cell in made.cells
    ]
    assert shown == new[:2]
    numbered = made.metadata["widgets"]["kind"]["state"]
    assert numbered == {new[0]: {"layout": f"IPY_MODEL_{new[2]}"}, new[1]: {}, new[2]: {}}


@pytest.mark.parametrize("meanwhile", ["", "open('a.ipynb', 'a').write(' ')"])
def test_a_notebook_that_was_changed_while_it_ran_is_not_written_over(
    meanwhile: str, tmp_path: Path
) -> None:
    """Running takes a minute, in which its author may have saved something better."""
    file = tmp_path / "a.ipynb"
    cell = nbformat.v4.new_code_cell(f"{meanwhile}\n'done'")
    text = nbformat.writes(nbformat.v4.new_notebook(cells=[cell])) + "\n"
    file.write_text(text, "utf-8")
    if meanwhile:
        with pytest.raises(SystemExit, match=r"a\.ipynb was changed while it ran"):
            execute_notebooks.execute(file)
        assert file.read_text("utf-8") == text + " "
    else:
        execute_notebooks.execute(file)
        (ran,) = nbformat.read(file, as_version=4).cells
        assert ran.outputs[0].data["text/plain"] == "'done'"
        assert file.read_bytes().endswith(b"}\n")


def test_there_are_notebooks() -> None:
    assert {"00_tour", "09_does_it_reproduce"} <= {path.stem for path in NOTEBOOKS}


def test_faults_are_found() -> None:
    """The checker itself: a notebook with every fault shows every fault."""
    error = nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])
    stderr = nbformat.v4.new_output("stream", name="stderr", text="x")
    bad = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("x = 1\n" * 31, execution_count=2, outputs=[error, stderr]),
            nbformat.v4.new_code_cell("# NBVAL_SKIP\n" + "y = 2\n" * 11),
        ],
    )
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "0" * 32}}
    bad.cells[0].outputs.append(nbformat.v4.new_output("display_data", data=view))
    state = {"a": {"state": {"done": [False, True]}}}
    bad.metadata["widgets"] = {"kind": {"state": state}}
    text = "\n".join(faults(bad))
    for fault in (
        "in order",
        "error",
        "stderr",
        "over 30",
        "not to be compared",
        "median",
        "state is not stored",
        "somebody's progress",
    ):
        assert fault in text
