"""What a stored output becomes on a page without a kernel.

A figure stays a figure, drawn by one local plotly. A widget becomes its stored picture; one whose
front end does everything by itself comes alive again from its stored state. Tables say which of
their cells are heads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape, unescape
from itertools import count
from typing import Any

from bs4 import BeautifulSoup

from course_pages.assets import LIVE

PLOTLY = "application/vnd.plotly.v1+json"
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
NO_KERNEL = "To touch this, open the notebook: <code>make lab</code>"
NEEDLESS = {"_esm", "_css", "_anywidget_id", "layout", "tabbable", "tooltip"}


def as_page(notebook: Any) -> Any:
    """A notebook whose outputs are HTML or text only, with no widgets' state beside them."""
    states = notebook.metadata.pop("widgets", {}).get(STATE, {}).get("state", {})
    for number, cell in enumerate(notebook.cells):
        places = (f'data-cell="{number}" data-number="{widget}"' for widget in count())
        for output in cell.get("outputs", []):
            if "data" in output:
                shown = as_html(output.data, states, places)
                output.data = {"text/html": shown} if shown else output.data
    return notebook


def as_html(bundle: Mapping[str, Any], states: Mapping[str, Any], places: Iterator[str]) -> str:
    """The best that a page can show of an output; empty if that is its text.

    Args:
        bundle: MIME type → content.
        states: of the notebook's widgets, by their names.
        places: where the next widget stands, as attributes: its cell, and its number there.
    """
    if PLOTLY in bundle:
        return figure(bundle[PLOTLY])
    if VIEW in bundle:
        model = states[bundle[VIEW]["model_id"]]
        return widget(model, "".join(bundle.get("image/svg+xml", "")), next(places))
    html = "".join(bundle.get("text/html", ""))
    if "<table" in html:
        return table(html)
    if html.startswith('<div class="cl-root'):
        return f'<figure class="cl-figure">{html}</figure>'
    return html


# Figures -----------------------------------------------------------------------------------------
def figure(content: Mapping[str, Any]) -> str:
    """A plotly figure with a name for screen readers, to be drawn by `plots.js`."""
    layout = dict(content["layout"])
    wide, high = layout.pop("width", 720), layout.pop("height", 420)
    drawn = {"data": content["data"], "layout": layout, "frames": content.get("frames", [])}
    return (
        f'<figure class="cl-plot" aria-label="{escape(describe(content))}"'
        f' style="max-width:{wide:g}px">'
        f'<div class="cl-canvas" style="height:{high:g}px"></div>'
        f'<script type="application/json">{as_json(drawn)}</script>'
        "<noscript>This figure is drawn by a script.</noscript></figure>"
    )


def describe(content: Mapping[str, Any]) -> str:
    """A plotly figure in words: its title, its axes, what is drawn.

    Example:
        >>> describe({"layout": {"title": {"text": "A race"}}, "data": [{"name": "no teacher"}]})
        'Figure: A race. Shown: no teacher.'
    """
    layout = content["layout"]
    title = said(layout.get("title"))
    parts = [f"Figure: {title}" if title else "Figure"]
    for axis, way in (("xaxis", "across"), ("yaxis", "upwards")):
        title = said(layout.get(axis, {}).get("title"))
        if title:
            scale = ", logarithmic" if layout[axis].get("type") == "log" else ""
            parts.append(f"{way.capitalize()}: {title}{scale}")
    labels = [said(note) for note in layout.get("annotations", ())]
    shown = list(dict.fromkeys(filter(None, [*map(name_of, content["data"]), *labels])))
    if shown:
        parts.append("Shown: " + "; ".join(shown[:20]))
    if content.get("frames"):
        parts.append(f"It can be played: {len(content['frames'])} steps")
    return ". ".join(parts) + "."


def name_of(trace: Mapping[str, Any]) -> str:
    """What a part of a figure is called: by its name, or else by what the mouse is told of it.

    Example:
        >>> name_of({"hovertemplate": "go to the red box<extra></extra>"})
        'go to the red box'
    """
    return plain(trace.get("name") or re.split("[:%<]", trace.get("hovertemplate") or "")[0])


def said(titled: Any) -> str:
    """The text of a title, which may be written in two ways, or be missing."""
    if isinstance(titled, Mapping):
        titled = titled.get("text")
    return plain(titled or "")


def plain(marked: str) -> str:
    """Plotly's little HTML as plain text.

    Example:
        >>> plain("<b>steps</b><br>of &lt;60&gt;")
        'steps of <60>'
    """
    return unescape(re.sub(r"<[^>]*>", "", re.sub(r"<br ?/?>", " ", marked))).strip()


# Widgets -----------------------------------------------------------------------------------------
def widget(model: Mapping[str, Any], picture: str, place: str) -> str:
    """A widget's stored picture, and its state if it can live without a kernel.

    Where Python is beside the pages (`make live`), `wake.js` puts the widget into that place.
    """
    kind = model["state"].get("_anywidget_id", "").split(".")[-2:-1]
    live = kind[0] if kind and kind[0] in LIVE else ""
    if not live:
        return (
            f'<figure class="cl-figure cl-asleep" {place}><div class="cl-root">{picture}</div>'
            f"<figcaption>{NO_KERNEL}</figcaption></figure>"
        )
    state = {key: value for key, value in model["state"].items() if key not in NEEDLESS}
    stored = {"state": state, "buffers": model.get("buffers", [])}
    return (
        f'<figure class="cl-figure cl-live" data-widget="{live}">'
        f'<div class="cl-root cl-still">{picture}</div>'
        f'<script type="application/json">{as_json(stored)}</script></figure>'
    )


def as_json(content: Any) -> str:
    """JSON that no content can end early inside a `<script>`.

    Example:
        >>> as_json({"a": "</script>"})
        '{"a":"\\\\u003c/script>"}'
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c")


# Tables ------------------------------------------------------------------------------------------
def table(html: str) -> str:
    """A table whose heads are marked as such, and which scrolls by itself when it is wide."""
    page = BeautifulSoup(html, "html.parser")
    for style in page.find_all("style"):
        style.decompose()
    (found,) = page.find_all("table")
    found.attrs = {"class": "cl-data"}
    for row in found.find_all("tr"):
        row.attrs.pop("style", None)
    merge_heads(page)
    for head in found.find_all("th"):
        head.attrs.pop("valign", None)
        if not head.get_text(strip=True):
            head.name = "td"  # an empty corner is nobody's head
        else:
            rows = int(head.get("rowspan", 1)) > 1
            inside = head.find_parent("thead") is not None
            head["scope"] = "col" if inside else "rowgroup" if rows else "row"
    heads = [head.get_text(" ", strip=True) for head in found.select("thead th")]
    name = escape("Table: " + ", ".join(heads[:8]))
    return f'<div class="cl-scroll" role="region" tabindex="0" aria-label="{name}">{found}</div>'


def merge_heads(page: BeautifulSoup) -> None:
    """pandas names the index in a row of its own: put its name into the empty corner above."""
    rows = page.select("thead tr")
    if len(rows) != 2:
        return
    above, below = ([cell.get_text(strip=True) for cell in row.find_all("th")] for row in rows)
    if len(above) == len(below) and not any(
        up and down for up, down in zip(above, below, strict=True)
    ):
        for cell, name in zip(rows[0].find_all("th"), below, strict=True):
            if name:
                cell.string = name
        rows[1].decompose()
