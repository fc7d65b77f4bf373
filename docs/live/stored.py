"""What the notebooks showed where they were run, for a tab that cannot run one of their cells.

Each cell with outputs has a file, named by the cell's code, so that a cell which a reader has
changed finds nothing. `kindly.py` reads them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kindly import name_of

from cliprl_lite._paths import write_text

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"

KINDS = ("application/vnd.plotly.v1+json", "text/html", "image/svg+xml", "text/plain")
"""Types of content that JupyterLab draws by itself, the best first."""


def write_stored(folder: Path) -> None:
    """A file for each cell that shows something."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            shown = [bundle(output) for output in cell.get("outputs", ())]
            if shown:
                write_text(folder / name_of("".join(cell["source"])), json.dumps(shown))


def bundle(output: dict[str, Any]) -> dict[str, Any]:
    """What an output shows: a MIME type → its content; printed text is of the type `""`.

    Example:
        >>> bundle({"output_type": "stream", "text": ["a\\n", "b\\n"]})
        {'': 'a\\nb\\n'}
    """
    if output["output_type"] == "stream":
        return {"": "".join(output["text"])}
    best = next(kind for kind in KINDS if kind in output["data"])
    content = output["data"][best]
    return {best: "".join(content) if isinstance(content, list) else content}
