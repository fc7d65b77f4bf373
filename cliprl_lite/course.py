"""The reader's own copy of the course: exercises are solved there, and no update undoes them.

A notebook comes without its outputs, since what stands below a guess is its answer, and since a
widget is only a picture until its cell is run. Glossary and symbols come along.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cliprl_lite.paths import write_text
from cliprl_lite.printing import forgiving_output

PAGES = ("glossary.md", "symbols.md")
"""Pages of `docs/` to which notebooks link."""


def working_copy(checkout: str | Path, target: str | Path) -> list[Path]:
    """Copy the notebooks of a checkout, and the pages to which they link, into folder `target`.

    A file that is there already is never touched, whatever is in it.

    Returns:
        The new files, sorted.

    Raises:
        FileNotFoundError: if `checkout` has no folder `notebooks`.
        ValueError: if one of the files there is no notebook; nothing is copied then.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     notebooks, mine = Path(folder, "notebooks"), Path(folder, "my-course")
        ...     notebooks.mkdir()
        ...     _ = (notebooks / "00_tour.ipynb").write_text('{"cells": [], "metadata": {}}')
        ...     [path.name for path in working_copy(folder, mine)], working_copy(folder, mine)
        (['00_tour.ipynb'], [])
    """
    notebooks, docs = Path(checkout) / "notebooks", Path(checkout) / "docs"
    if not notebooks.is_dir():
        raise FileNotFoundError(f"there is no folder {notebooks}; name the top of a checkout")
    texts = {}
    for path in notebooks.glob("*.ipynb"):
        try:
            texts[path.name] = unrun(path.read_text("utf-8"))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ValueError(f"{path} is damaged, no notebook; get it anew") from None
    texts |= {name: (docs / name).read_text("utf-8") for name in PAGES if (docs / name).exists()}
    new = []
    for name, text in sorted(texts.items()):
        copy = Path(target) / name
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_text(copy, text)
            new.append(copy)
    return new


def unrun(notebook: str) -> str:
    """The text of a notebook file as if nobody had run it, its links into `docs/` made local.

    Example:
        >>> run = '{"cells": [{"cell_type": "code", "outputs": [1], "execution_count": 3}]}'
        >>> json.loads(unrun(run))["cells"]
        [{'cell_type': 'code', 'outputs': [], 'execution_count': None}]
    """
    content = json.loads(notebook)
    content.get("metadata", {}).pop("widgets", None)
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        else:
            cell["source"] = [line.replace("](../docs/", "](") for line in cell["source"]]
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


@forgiving_output()
def main(arguments: Sequence[str]) -> int:
    """Copy as the command line says; returns the exit status. Errors go to stderr in one line."""
    if len(arguments) != 2:
        print("usage: python -m cliprl_lite.course CHECKOUT FOLDER", file=sys.stderr)
        return 2
    try:
        new = working_copy(*arguments)
    except (OSError, ValueError) as error:
        print(f"course: {error}", file=sys.stderr)
        return 2
    for path in new:
        print(f"new: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
