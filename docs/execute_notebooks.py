"""Run every notebook from top to bottom and store its outputs, ready to be committed.

    python docs/execute_notebooks.py [--check] [notebooks/00_tour.ipynb …]

Timestamps are left out and widgets are numbered in their order, so that running it twice changes
nothing. The state of widgets is stored, so that an opened notebook shows them before it is run.
With --check nothing is stored: it says which file would change.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from cliprl_lite._paths import write_text
from cliprl_lite._printing import forgiving_output

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def execute(path: Path) -> None:
    """Run a notebook and store what it shows, unless somebody changed its file meanwhile."""
    before = path.read_text("utf-8")
    notebook = executed(path)
    if path.read_text("utf-8") != before:
        raise SystemExit(f"{path.name} was changed while it ran; nothing is stored: run it again")
    write_text(path, nbformat.writes(notebook) + "\n")
    print(f"{path.name}: {path.stat().st_size // 1000} kB")


def executed(path: Path, kernel_arguments: Sequence[str] = ()) -> nbformat.NotebookNode:
    """A notebook as a fresh kernel leaves it; the file stays as it is."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=list(kernel_arguments),
    )
    client.execute()
    widgets = notebook.metadata.get("widgets")
    notebook.metadata = nbformat.from_dict(METADATA)
    if widgets:
        notebook.metadata["widgets"] = widgets
        notebook = number_widgets(notebook, path.stem)
    return notebook


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


def changes(path: Path, kernel_arguments: Sequence[str] = ()) -> list[str]:
    """What of a notebook would change if it were run and stored: places, with the start of each."""
    before, after = nbformat.read(path, as_version=4), executed(path, kernel_arguments)
    found = []
    for number, (old, new) in enumerate(zip(before.cells, after.cells, strict=True)):
        if old != new:
            shown = "".join(difflib.unified_diff(_lines(old), _lines(new), n=0))
            found.append(f"{path.name}, cell {number}: {shown[:2_000]}")
    states = [
        {model: state for kind in one.metadata.get("widgets", {}).values()
         for model, state in kind["state"].items()}
        for one in (before, after)
    ]  # fmt: skip
    if states[0] != states[1]:
        names = {
            state.get("state", {}).get("_anywidget_id") or state.get("model_name")
            for old, new in (states, states[::-1])
            for model, state in old.items()
            if new.get(model) != state
        }
        found.append(f"{path.name}, what widgets show: {', '.join(map(str, sorted(names)))}")
    return found


def _lines(cell: nbformat.NotebookNode) -> list[str]:
    return json.dumps(cell, indent=1, ensure_ascii=False).splitlines(keepends=True)


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name != "--check"]
    paths = [Path(name) for name in names] or sorted(FOLDER.glob("*.ipynb"))
    with forgiving_output():
        if "--check" in sys.argv:
            found = [change for path in paths for change in changes(path)]
            print(*found, sep="\n")
            sys.exit(bool(found))
        for path in paths:
            execute(path)
