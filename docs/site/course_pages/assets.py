"""Files beside the pages: plotly and MathJax from their packages, the widgets' own modules.

Everything is local. A page gets only the scripts that it needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cliprl_lite.pictures.palette import DARK, LIGHT
from cliprl_lite.widgets.base import FOLDER, module

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LIVE = ("prediction", "alignment_scrubber")
"""Widgets whose front end does all by itself; the others compute in Python."""


def package_folder(name: str) -> Path:
    """Where an installed package lies; it is not imported."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"{name} is not installed: it is in the extra `docs`")
    return Path(next(iter(spec.submodule_search_locations)))


def classic_script(kind: str) -> str:
    """A widget's module as an ordinary script, which pages opened from a disk may load too.

    Raises:
        ValueError: if the module imports something or does not export exactly one default.
    """
    text = module(kind)
    if re.search(r"^\s*import\b", text, re.MULTILINE) or text.count("export ") != 1:
        raise ValueError(f"{kind}.js has to import nothing and export its default only")
    inside = text.replace("export default ", f'(window.courseWidgets ??= {{}})["{kind}"] = ')
    return f"(() => {{\n{inside}\n}})();\n"


def style_sheet() -> str:
    """The palette for pages, what all widgets share, what those have that are alive here.

    On paper all is light.
    """
    pages = [
        f'html[data-theme="{theme}"] {{ {variables(colours)} }}'
        for theme, colours in (("light", LIGHT), ("dark", DARK))
    ]
    sheets = [(FOLDER / f"{name}.css").read_text("utf-8") for name in ("course", *LIVE)]
    paper = variables(LIGHT | {"page": "#fff"})
    return "\n".join(
        [*pages, *sheets, f"@media print {{ html[data-theme] .cl-root {{ {paper} }} }}\n"]
    )


def variables(colours: Mapping[str, str]) -> str:
    """Colours as CSS variables.

    Example:
        >>> variables({"ink": "black", "map": "purple"})
        '--ink: black; --map: purple;'
    """
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


def add_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Called for each page: a page with figures loads plotly, one with live widgets these."""
    body = context.get("body") or ""
    last = {"defer": "defer", "priority": 800}
    if 'class="cl-plot"' in body:
        app.add_js_file("plotly.min.js", **last)
        app.add_js_file(None, body=f"window.coursePalette = {json.dumps(LIGHT)}")
        app.add_js_file("plots.js", **last)
    kinds = [kind for kind in LIVE if f'data-widget="{kind}"' in body]
    for kind in kinds:
        app.add_js_file(f"widgets/{kind}.js", **last)
    if kinds:
        app.add_js_file("live.js", **last)


def copy(app: Sphinx) -> None:
    """Called before pages are written: put the files where the pages look for them."""
    static = Path(app.outdir) / "_static"
    plotly = package_folder("plotly") / "package_data" / "plotly.min.js"
    mathjax = package_folder("sphinx-mathjax-offline") / "static" / "mathjax"
    fonts = "output/chtml/fonts/woff-v2"
    write(static / "plotly.min.js", plotly.read_bytes())
    write(static / "mathjax/tex-chtml.js", (mathjax / "tex-chtml.js").read_bytes())
    for font in sorted((mathjax / fonts).glob("*.woff")):
        write(static / "mathjax" / fonts / font.name, font.read_bytes())
    for kind in LIVE:
        write(static / f"widgets/{kind}.js", classic_script(kind).encode())
    write(static / "course.css", style_sheet().encode())


def tidy(app: Sphinx, error: Exception | None) -> None:
    """Called at the end: the theme's maps for debugging and templates are of no use to readers."""
    static = Path(app.outdir) / "_static"
    for needless in [*static.glob("**/*.map"), *static.glob("**/*.html")]:
        needless.unlink()


def write(path: Path, content: bytes) -> None:
    """Write a file, unless it is there already."""
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
