"""Run every notebook from top to bottom and store its outputs, ready to be committed.

    python docs/execute_notebooks.py [notebooks/00_tour.ipynb …]

Timestamps are left out and widgets are numbered in their order, so that running it twice changes
nothing. The state of widgets is stored, so that an opened notebook shows them before it is run.
"""

from __future__ import annotations

import json
import re
import sys
from hashlib import sha256
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from cliprl_lite.paths import write_text

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def execute(path: Path) -> None:
    """Run one notebook and store it, unless somebody else has changed the file meanwhile."""
    before = path.read_text("utf-8")
    notebook = nbformat.reads(before, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    widgets = notebook.metadata.get("widgets")
    notebook.metadata = nbformat.from_dict(METADATA)
    if widgets:
        notebook.metadata["widgets"] = widgets
        notebook = number_widgets(notebook, path.stem)
    if path.read_text("utf-8") != before:
        raise SystemExit(f"{path.name} was changed while it ran; nothing is stored: run it again")
    write_text(path, nbformat.writes(notebook) + "\n")
    print(f"{path.name}: {path.stat().st_size // 1000} kB")


def number_widgets(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """The same notebook, its widgets' random names replaced by their order."""
    (state,) = (content["state"] for content in notebook.metadata["widgets"].values())
    order = _models(json.dumps(notebook.cells), state)
    for model in order:  # what a widget refers to follows the widgets themselves
        order += [other for other in _models(json.dumps(state[model]), state) if other not in order]
    notebook.metadata["widgets"] = {
        kind: content | {"state": {model: state[model] for model in order}}
        for kind, content in notebook.metadata["widgets"].items()
    }
    text = nbformat.writes(notebook)
    for number, model in enumerate(order):  # in two moves: an old name may be a new one too
        text = text.replace(model, f"<widget {number}>")
    for number in range(len(order)):
        new = sha256(f"{name} {number}".encode()).hexdigest()[:32]
        text = text.replace(f"<widget {number}>", new)
    return nbformat.reads(text, as_version=4)


def _models(text: str, state: dict[str, object]) -> list[str]:
    """The widgets named in a text, in the order in which they are named first."""
    return [name for name in dict.fromkeys(re.findall(r"[0-9a-f]{32}", text)) if name in state]


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(FOLDER.glob("*.ipynb")):
        execute(Path(name))
