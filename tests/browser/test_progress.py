"""A solved exercise is ticked at once, and still is when the notebook is opened another day."""

from __future__ import annotations

import json
import re
from pathlib import Path

from conftest import Notebook

SOLVE = """([stub, solution]) => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
  for (const cell of cells)
    if (cell.sharedModel.getSource() === stub) cell.sharedModel.setSource(solution);
}"""


def test_a_tick_stays(server: str, browser) -> None:

    root = Path(__file__).resolve().parents[2]
    cells = json.loads((root / "notebooks/01_grid_world.ipynb").read_text("utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    tags = [cell["metadata"].get("tags", []) for cell in cells]
    place = tags.index(["exercise"])
    solution = re.search(r"```python\n(.*?)\n```", sources[place + 2], re.DOTALL)
    address = f"{server}/lab/tree/01_grid_world.ipynb?reset&token=t"

    first = Notebook(browser.new_page(viewport={"width": 1150, "height": 900}), "progress")
    first.open(address)
    first.dark(False)
    first.run_all()
    listed = first.widget("progress")
    assert listed.get_by_text("(solved)").count() == 0
    first.page.evaluate(SOLVE, [sources[place], solution[1]])
    first.run_all()
    listed.get_by_text("1 of 3 solved here").wait_for()
    first.screenshot("ticked", listed)
    first.dark()
    first.screenshot("dark", listed)
    first.close()

    later = Notebook(browser.new_page(viewport={"width": 1150, "height": 900}), "progress")
    later.open(address)
    later.run_all()
    items = later.widget("progress").get_by_role("listitem").all_text_contents()
    assert items == [
        "✓1 One step (solved)",
        "2 One backup (not yet)",
        "3 Break it: forget the goal (not yet)",
    ]
    later.close()
