"""The widgets of every running notebook, in both themes: axe-core finds nothing serious in them."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

HERE = Path(__file__).parent
NOTEBOOKS = sorted(path.stem for path in (HERE.parents[1] / "notebooks").glob("*.ipynb"))
OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]},
    "resultTypes": ["violations"],
    "preload": False,
}
# axe takes what JupyterLab scrolls out of sight for invisible, and all of its body, which has no
# height: so the window is made as high as the notebook.
BODY = "body { min-height: 100vh; }"
HEIGHT = "document.querySelector('.jp-WindowedPanel-outer').scrollHeight + 200"
IN_SIGHT = """() => {
  const panel = document.querySelector(".jp-WindowedPanel-outer");
  panel.scrollTo(0, 0);
  const end = (element) => element.getBoundingClientRect().bottom;
  return [...panel.querySelectorAll(".cl-root")].every((root) => end(root) <= end(panel));
}"""
VIEWS = """() => {
  const outputs = window.jupyterapp.shell.currentWidget.content.model.cells;
  let views = 0;
  for (const cell of outputs)
    for (const output of cell.type === "code" ? cell.outputs.toJSON() : [])
      views += "application/vnd.jupyter.widget-view+json" in (output.data ?? {});
  return document.querySelectorAll(".jp-OutputArea .cl-root").length >= views;
}"""

# The fixtures open the notebook that a test file is named after; this one opens all of them.
_spec = importlib.util.spec_from_file_location("browser_fixtures", HERE / "conftest.py")
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)


def barriers(page) -> list[tuple[str, str]]:
    """Rule and element of everything serious or critical inside widgets."""
    found = Axe().run(page, context=".cl-root", options=OPTIONS).response["violations"]
    return [
        (rule["id"], f"{node['target'][0]}: {node['html'][:200]}")
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def test_no_widget_is_a_barrier(server, browser) -> None:
    table: Counter[tuple[str, str]] = Counter()
    faults = []
    for name in NOTEBOOKS:
        opened = _fixtures.Notebook(browser.new_page(viewport={"width": 1150, "height": 900}), name)
        opened.page.set_default_timeout(60_000)
        opened.open(f"{server}/lab/tree/{name}.ipynb?reset&token=t")
        opened.run_all()
        opened.page.wait_for_function(VIEWS)
        opened.page.add_style_tag(content=BODY)
        opened.page.set_viewport_size({"width": 1150, "height": opened.page.evaluate(HEIGHT)})
        for theme in ("light", "dark"):
            opened.dark(theme == "dark")
            opened.page.wait_for_function(IN_SIGHT)
            opened.page.wait_for_timeout(500)
            for rule, element in barriers(opened.page):
                table[rule, name] += 1
                faults.append(f"{name}, {theme}: {rule}: {element}")
        opened.dark(False)
        opened.close()
    counted = "\n".join(f"{rule:24} {name:24} {times}" for (rule, name), times in table.items())
    assert faults == [], f"\n{counted}\n" + "\n".join(faults)
