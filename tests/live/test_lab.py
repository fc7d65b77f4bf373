"""The notebooks of the live course, in JupyterLite: they print what is stored, and stop kindly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"

STOPS = {
    "08_neural_policies": (6, "NotInATabError", "PyTorch cannot run in a browser tab"),
}
"""Notebooks that need what no tab has: in which cell, and what is said there."""

SLOW = {"10_never_hurts"}
"""Its rules are loops in Python, which take too long in a tab to be tested."""

READY = """async () => {
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


def open_notebook(live: str, tab: Page, name: str) -> None:
    tab.goto(f"{live}/lab/lab/index.html?path={name}.ipynb")
    tab.wait_for_function("window.jupyterapp")
    tab.evaluate(READY)


def printed(outputs: list[Any]) -> str:
    return "".join(
        "".join(output["text"]) for output in outputs if output["output_type"] == "stream"
    )


@pytest.mark.parametrize(
    "name", [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb")) if path.stem not in SLOW]
)
def test_a_notebook_prints_what_is_stored(name: str, live: str, patient_tab: Page) -> None:
    open_notebook(live, patient_tab, name)
    found = patient_tab.evaluate(OUTPUTS)
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text("utf-8"))["cells"]
    stop, kind, words = STOPS.get(name, (len(cells), "", ""))
    for number, cell in enumerate(cells[:stop]):
        assert printed(found[number]) == printed(cell.get("outputs", [])), number
    errors = [output for outputs in found for output in outputs if output["output_type"] == "error"]
    if not kind:
        assert errors == []
        return
    (error,) = found[stop]
    assert errors == [error]
    assert kind in error["ename"]
    assert words in error["evalue"]
    assert len(error["traceback"]) == 1, error["traceback"]


def test_an_answer_is_kept_in_the_browser(live: str, patient_tab: Page) -> None:
    """A cell is changed and saved; after a reload it is as it was left."""
    open_notebook(live, patient_tab, "00_tour")
    patient_tab.evaluate("""async () => {
      const { content, context } = window.jupyterapp.shell.currentWidget;
      content.widgets[1].model.sharedModel.setSource("answer = 42");
      await context.save();
    }""")
    open_notebook(live, patient_tab, "00_tour")
    source = (
        "window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.getSource()"
    )
    assert patient_tab.evaluate(source) == "answer = 42"
    expect(patient_tab.locator(".jp-Notebook")).to_be_visible()
