"""The notebooks of the live course, in JupyterLite: they print what is stored, and stop kindly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"

REFUSED = {"08_neural_policies": "PyTorch cannot run in a browser tab"}
"""Notebooks of which some cells need what no tab has, and what is said there."""

UNTOLD = {("08_neural_policies", 57)}
"""The cell that compares guesses with what came out, some of which did not there."""

READY = """async () => {
  while (!window.jupyterapp?.shell?.currentWidget)
    await new Promise((done) => setTimeout(done, 100));
  const app = window.jupyterapp;
  await app.started; await app.restored;
  const notebook = app.shell.currentWidget;
  await notebook.context.ready; await notebook.sessionContext.ready;
  await notebook.sessionContext.session.kernel.info;
}"""

OUTPUTS = """async () => {
  await window.jupyterapp.commands.execute("notebook:run-all-cells");
  return window.jupyterapp.shell.currentWidget.content.widgets.map(({ model }) =>
    model.type === "code" ? model.outputs.toJSON() : []);
}"""

RUN_UP_TO = """async ([cell, code]) => {
  const { content, context } = window.jupyterapp.shell.currentWidget;
  if (code) content.widgets[cell].model.sharedModel.setSource(code);
  content.activeCellIndex = cell;
  await window.jupyterapp.commands.execute("notebook:run-all-above");
  await window.jupyterapp.commands.execute("notebook:run-cell");
  await context.save();
  return content.widgets[cell].model.outputs.toJSON();
}"""
"""Runs the cells before one, and it; it may be given another source."""


def open_notebook(live: str, tab: Any, name: str) -> None:
    tab.goto(f"{live}/lab/lab/index.html?path={name}.ipynb")
    tab.evaluate(READY)


def printed(outputs: list[Any]) -> str:
    return "".join(
        "".join(output["text"]) for output in outputs if output["output_type"] == "stream"
    )


def notebooks() -> list[Any]:
    """Their names; all but the first take long."""
    first, *others = (path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb")))
    return [first, *(pytest.param(name, marks=pytest.mark.slow) for name in others)]


@pytest.mark.parametrize("name", notebooks())
def test_a_notebook_prints_what_is_stored(name: str, live: str, either_tab: Any) -> None:
    """And no cell ends in a traceback: one that cannot run there shows what is stored."""
    open_notebook(live, either_tab, name)
    found = either_tab.evaluate(OUTPUTS)
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text("utf-8"))["cells"]
    for number, cell in enumerate(cells):
        if (name, number) not in UNTOLD:
            assert printed(found[number]) == printed(cell.get("outputs", [])), number
    outputs = [output for outputs in found for output in outputs]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    lines = [output["data"].get("text/plain", "") for output in outputs if "data" in output]
    refused = [line for line in lines if "cannot run in a browser tab" in line]
    if name in REFUSED:
        assert len(refused) > 3
        assert all(REFUSED[name] in line for line in refused)
        assert any("Below is what this cell showed" in line for line in refused)
    else:
        assert refused == []


@pytest.mark.slow
def test_a_name_that_nobody_made_is_an_ordinary_error(live: str, patient_tab: Page) -> None:
    open_notebook(live, patient_tab, "00_tour")
    (error,) = patient_tab.evaluate(RUN_UP_TO, [1, "unheard_of"])
    assert "NameError" in error["ename"]
    assert len(error["traceback"]) > 1


@pytest.mark.slow
def test_an_exercise_is_solved_and_remembered(live: str, either_tab: Any) -> None:
    """A newcomer's way: the front page, the first notebook, an exercise of 05, and back again."""
    either_tab.goto(f"{live}/")
    first = """() => [...document.querySelectorAll("a")]
      .find(({ textContent }) => textContent === "open the first one").href"""
    either_tab.goto(either_tab.evaluate(first))
    cells = json.loads((NOTEBOOKS / "05_clip_alignment.ipynb").read_text("utf-8"))["cells"]
    either_tab.evaluate(READY)
    sources = ["".join(cell["source"]) for cell in cells]
    number = next(n for n, source in enumerate(sources) if source.startswith("def loss("))
    solution = sources[number + 2].split("```python\n")[1].split("```")[0]
    open_notebook(live, either_tab, "05_clip_alignment")
    shown = either_tab.evaluate(RUN_UP_TO, [number, solution])
    assert "error" not in {output["output_type"] for output in shown}
    open_notebook(live, either_tab, "05_clip_alignment")
    source = """(cell) =>
      window.jupyterapp.shell.currentWidget.content.widgets[cell].model.sharedModel.getSource()"""
    assert either_tab.evaluate(source, number) == solution
    either_tab.evaluate(RUN_UP_TO, [2, ""])
    said = either_tab.evaluate("""async () => {
      while (!document.querySelector(".cl-progress"))
        await new Promise((done) => setTimeout(done, 100));
      return document.querySelector(".cl-progress").textContent;
    }""")
    assert "1 of 4" in said
