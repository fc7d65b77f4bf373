"""The reader's own copy of the course: exercises are solved there, and no update undoes them.

A notebook comes without its outputs: those below a guess would tell its answer, and a widget is
only a picture until its cell is run. Glossary and symbols come along. Pages that are exported from
there, by `jupyter nbconvert` or by JupyterLab's menu, show their pictures without a network.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cliprl_lite import progress
from cliprl_lite._paths import write_text
from cliprl_lite._printing import forgiving_output

EDITION = 2
"""The edition of these notebooks; those of another one import modules that have moved."""

PAGES = ("glossary.md", "symbols.md")
"""Pages of `docs/` to which notebooks link."""

SETTINGS = {"HTMLExporter": {"preprocessors": ["cliprl_lite.course.offline"]}}
"""Settings by which Jupyter passes every page that it exports through `offline`."""

PLOTLY = "application/vnd.plotly.v1+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
NOTHING = "data:text/javascript,"


def working_copy(checkout: str | Path, target: str | Path) -> list[Path]:
    """Copy the notebooks of a checkout, the pages to which they link, the quiz, and the labs'
    student editions into folder `target`.

    A file that is there already is never touched, whatever is in it. Where the notebooks there are
    of another edition, they are copied into the folder beside it that `folder_for` names, and the
    reader's progress with them.

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
            raise ValueError(f"{path} is damaged: it is not a notebook; get it anew") from None
    for lab in (Path(checkout) / "labs" / "release").glob("*/*.ipynb"):
        texts[f"labs/{lab.parent.name}/{lab.name}"] = lab.read_text("utf-8")
    for quiz in (Path(checkout) / "labs" / "quiz").glob("*.ipynb"):
        texts[quiz.name] = unrun(quiz.read_text("utf-8"))
    texts |= {name: (docs / name).read_text("utf-8") for name in PAGES if (docs / name).exists()}
    folder = folder_for(target)
    before = Path(target) / progress.FILE
    if folder != Path(target) and before.exists():
        texts[progress.FILE] = before.read_text("utf-8")
    new = []
    for name, text in sorted(texts.items()):
        copy = folder / name
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_text(copy, text)
            new.append(copy)
    return new


def folder_for(target: str | Path) -> Path:
    """`target`, or the folder beside it if the notebooks in `target` are of another edition."""
    target = Path(target)
    for path in target.glob("[0-9][0-9]_*.ipynb"):
        try:
            edition = json.loads(path.read_text("utf-8"))["metadata"].get("edition", 1)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # no notebook, so of no edition
        if edition != EDITION:
            return target.with_name(f"{target.name}-{EDITION}")
    return target


def unrun(notebook: str) -> str:
    """The text of a notebook file as if nobody had run it, its links into `docs/` made local.

    Its metadata says of which edition it is.
    """
    content = json.loads(notebook)
    content.setdefault("metadata", {}).pop("widgets", None)
    content["metadata"]["edition"] = EDITION
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        else:
            text = "".join(cell["source"]).replace("](../docs/", "](")  # a text, or its lines
            cell["source"] = text.splitlines(keepends=True)
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def offline(notebook: Any, resources: Any) -> tuple[Any, Any]:
    """A notebook on its way to an HTML page, with everything in it that the page shows.

    Jupyter's own page asks two other hosts for scripts: for widgets, formulas and diagrams. Here a
    widget is its picture, a figure comes with plotly's script, and a formula stays as it is typed.

    Args:
        notebook: as nbformat reads it; it is changed.
        resources: what nbconvert hands to its template; the scripts' addresses are changed.
    """
    notebook.metadata.pop("widgets", None)
    drawn = 0
    for out in (out for cell in notebook.cells for out in cell.get("outputs", [])):
        bundle, html = out.get("data", {}), ""
        if PLOTLY in bundle:
            html = _figure(bundle.pop(PLOTLY), drawn)
            drawn += 1
        elif bundle.pop(WIDGET, None) is not None:
            html = "".join(bundle.pop("image/svg+xml", ""))
        if html:
            bundle["text/html"] = html
    for script in ("require_js", "jquery", "mathjax", "mermaid_js", "mermaid_layout_elk_js"):
        resources[f"{script}_url"] = NOTHING
    resources.get("reveal", {})["url_prefix"] = "reveal.js"  # slides look for it beside them
    return notebook, resources


def _figure(content: Any, number: int) -> str:
    """A figure as HTML; the first of a page brings the script that draws them all."""
    from plotly.io import to_html

    made: str = to_html(
        dict(content), validate=False, full_html=False, auto_play=False,
        include_plotlyjs=number == 0, div_id=f"figure-{number}", config={"displaylogo": False},
    )  # fmt: skip
    return made


def settle(environment: str | Path) -> list[Path]:
    """Have Jupyter, in this Python environment, export pages that load nothing from other hosts.

    Settings that are there already are never touched, nor those of an environment that may not be
    written to.

    Returns:
        The new file, in a list.
    """
    settings = Path(environment) / "etc" / "jupyter" / "jupyter_config.json"
    try:
        settings.parent.mkdir(parents=True, exist_ok=True)
        with settings.open("x", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(SETTINGS, indent=1) + "\n")
    except OSError:
        return []
    return [settings]


def bring(checkout: str | Path, target: str | Path) -> Path:
    """`working_copy`, with a line for each new file; Jupyter is told how to export pages.

    Returns:
        The folder in which the course is, which `folder_for` names.

    Raises:
        OSError, ValueError: as `working_copy`.
    """
    folder, new = folder_for(target), working_copy(checkout, target)
    if sys.prefix != sys.base_prefix or (Path(sys.prefix) / "conda-meta").is_dir():
        new += settle(sys.prefix)  # an environment of its own, not the system's Python
    if folder != Path(target):
        print(
            f"{target} holds notebooks of an earlier edition, which ask for modules that have "
            f"moved. It stays as it is; the course goes on in {folder}, with your progress."
        )
    for path in new:
        print(f"new: {path}")
    return folder


@forgiving_output()
def main(arguments: Sequence[str]) -> int:
    """Copy as the command line says; returns the exit status. Errors go to stderr in one line."""
    if len(arguments) != 2:
        print("usage: python -m cliprl_lite.course CHECKOUT FOLDER", file=sys.stderr)
        print("       python -m cliprl_lite.course --where FOLDER", file=sys.stderr)
        return 2
    if arguments[0] == "--where":
        print(folder_for(arguments[1]))
        return 0
    try:
        bring(*arguments)
    except (OSError, ValueError) as error:
        print(f"course: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
