"""Figures of results, by plotly: learning curves, costs against grid size, ratios between methods.

Maps, heatmaps and bars need no plotly: they are SVG (`drawing`, `charts`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from cliprl_lite._rounding import rounded
from cliprl_lite.pictures.palette import LIGHT, rgb

# Every figure ------------------------------------------------------------------------------------
_AXIS = {
    "gridcolor": LIGHT["hair"], "zeroline": False, "linecolor": LIGHT["ink"], "ticks": "outside",
}  # fmt: skip

TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": "system-ui, sans-serif", "size": 14, "color": LIGHT["ink"]},
        "title": {"font": {"size": 16}, "x": 0, "xref": "paper", "xanchor": "left"},
        "paper_bgcolor": LIGHT["page"],
        "plot_bgcolor": LIGHT["page"],
        "colorway": [LIGHT["words"], LIGHT["map"], LIGHT["none"]],
        "margin": {"l": 60, "r": 20, "t": 50, "b": 50},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "hoverlabel": {"bgcolor": LIGHT["page"], "font": {"color": LIGHT["ink"]}},
        "legend": {"bgcolor": "rgba(0,0,0,0)"},
    }
)
"""The project's own small template, so that stored figures do not change with plotly."""


def as_text(typed: str, longest: int = 80) -> str:
    """A typed text that is safe to show as a label: plain text, cut at a length.

    Example:
        >>> as_text("<b>go</b> for $5")
        '&lt;b&gt;go&lt;/b&gt; for &#36;5'
    """
    cut = typed if len(typed) <= longest else typed[: longest - 1] + "…"
    return escape(cut, quote=False).replace("$", "&#36;")


class CourseFigure(go.Figure):  # type: ignore[misc]
    """A figure that shows itself in a notebook without plotly's renderers.

    Those renderers load a validator of notebooks, only to send the same bundle.

    Example:
        >>> figure = new_figure(title="steps to go")
        >>> list(figure._repr_mimebundle_()), figure._repr_mimebundle_()["text/plain"]
        (['application/vnd.plotly.v1+json', 'text/plain'], 'figure: steps to go')
    """

    _ipython_display_ = None  # so that Jupyter asks for the bundle …
    _repr_html_ = None  # … and not for a page that fetches plotly.js from the network

    def _repr_mimebundle_(self, *_: object, **__: object) -> dict[str, Any]:
        content = json.loads(self.to_json(validate=False))
        return {
            "application/vnd.plotly.v1+json": content | {"config": {"displaylogo": False}},
            "text/plain": ": ".join(filter(None, ("figure", self.layout.title.text))),
        }


def new_figure(**layout: Any) -> CourseFigure:
    """An empty figure in the project's template."""
    figure = CourseFigure()
    figure.update_layout(template=TEMPLATE, **layout)
    return figure


# Figures -----------------------------------------------------------------------------------------
LOG_TICKS = [digit * 10**power for power in range(8) for digit in (1, 2, 5)]

METHOD_STYLE: dict[str, tuple[str, str, str]] = {
    "scratch": ("none", "dot", "circle-open"),
    "alg1": ("words", "dash", "square"),
    "alg1_closest": ("words", "dashdot", "square-open"),
    "alg1_cold": ("words", "longdash", "diamond-open"),
    "alg2": ("map", "solid", "circle"),
    "alg2_identity": ("map", "longdash", "diamond"),
    "alg2_q": ("map", "dash", "pentagon"),
    "alg2_actions": ("map", "dashdot", "pentagon-open"),
    "alg2_closest": ("map", "longdashdot", "star-open"),
    "alg2_distilled": ("map", "longdash", "hexagram"),
    "alg2_text": ("map", "dash", "triangle-up-open"),
    "alg2_box": ("map", "dot", "triangle-down-open"),
    "ridge": ("map", "dashdot", "cross-open"),
    "alg2_visits": ("map", "longdashdot", "pentagon"),
    "pairs": ("map", "dot", "cross"),
    "uniform": ("none", "dash", "x-open"),
    "random": ("none", "longdash", "hexagon-open"),
    "oracle": ("none", "solid", "star"),
}
"""Each method's voice, which is its colour's name in the palette, its dash and its marker."""


def learning_curves_figure(
    curves: Mapping[str, tuple[str, ArrayLike]], *, x: ArrayLike, x_title: str, y_title: str
) -> go.Figure:
    """Median curves over trials, with bands from the lower to the upper quartile.

    Args:
        curves: method name → (label, values of shape `[trials, len(x)]`).
        x: positions along the horizontal axis.
        x_title, y_title: what is shown, with its unit.
    """
    x = np.asarray(x, dtype=float)
    longest = max(len(label) for label, _ in curves.values())
    figure = new_figure(
        width=560,
        height=400,
        margin={"l": 70, "r": 15 + 8 * longest, "t": 20, "b": 55},
        xaxis={"title": x_title, "range": [x[0], x[-1]]},
        yaxis={"title": y_title, "type": "log", "tickvals": LOG_TICKS, "tickformat": ",d"},
        showlegend=False,
    )
    for method, (label, values) in curves.items():
        voice, dash, _ = METHOD_STYLE[method]
        low, middle, high = np.percentile(np.asarray(values, dtype=float), [25, 50, 75], axis=0)
        figure.add_scatter(
            x=np.concatenate([x, x[::-1]]), y=np.concatenate([high, low[::-1]]).round(2),
            fill="toself", mode="none", hoverinfo="skip",
            fillcolor="rgba({},{},{},0.13)".format(*rgb(voice)),
        )  # fmt: skip
        figure.add_scatter(
            x=x, y=middle.round(2), mode="lines", name=label,
            line={"color": LIGHT[voice], "dash": dash, "width": 2.5},
        )  # fmt: skip
        figure.add_annotation(
            x=x[-1], y=float(rounded(np.log10(middle[-1]))), text=f" {label}",
            showarrow=False, xanchor="left", font={"color": LIGHT[voice]},
        )  # fmt: skip
    labels = sorted(figure.layout.annotations, key=lambda label: label.y)
    for below, above in pairwise(labels):  # moved apart, so that none hides another
        above.y = max(above.y, below.y + 0.16)
    return figure


def clocks_figure(summary: Any, methods: Mapping[str, str], clocks: Mapping[str, str]) -> go.Figure:
    """Cost against grid size, as in the paper's Figure 2: a column per target, a row per clock.

    Args:
        summary: a table with the columns `target, size, method, clock, value, low, high,
            censored`, as `results.summarise` gives it.
        methods: name → label of those to draw.
        clocks: name → words, one row each.
    """
    targets = list(dict.fromkeys(summary["target"]))
    figure = new_figure()
    make_subplots(
        len(clocks), len(targets), shared_xaxes=True, shared_yaxes="rows",
        horizontal_spacing=0.03, vertical_spacing=0.05,
        column_titles=[f"target: {target}" for target in targets], figure=figure,
    )  # fmt: skip
    figure.update_layout(
        width=90 + 290 * len(targets),
        height=120 + 240 * len(clocks),
        margin={"l": 75, "r": 15, "t": 85, "b": 60},
        legend={
            "orientation": "h",
            "y": 1.0 + 0.13 / len(clocks),
            "yanchor": "bottom",
            "x": 0,
            "font": {"size": 13},
        },
    )
    sizes = sorted(set(summary["size"]))
    for row, (clock, words) in enumerate(clocks.items(), start=1):
        here = summary[(summary["clock"] == clock) & summary["method"].isin(list(methods))]
        lowest, highest = here["low"].min() + 1, here["high"].max() + 1
        for column, target in enumerate(targets, start=1):
            for number, (method, label) in enumerate(methods.items()):
                part = here[(here["target"] == target) & (here["method"] == method)]
                part = part.sort_values("size")
                voice, dash, symbol = METHOD_STYLE[method]
                value = rounded(part["value"] + 1)
                figure.add_scatter(
                    # Side by side, so that intervals can be told apart.
                    x=part["size"] * 1.012 ** (number - len(methods) / 2), y=value,
                    error_y={
                        "array": rounded(part["high"] - part["value"]),
                        "arrayminus": rounded(part["value"] - part["low"]),
                        "width": 2, "thickness": 1,
                    },
                    mode="lines+markers", name=label, legendgroup=method,
                    showlegend=row == column == 1,
                    line={"color": LIGHT[voice], "dash": dash, "width": 2},
                    # An arrow up: half the runs or more were cut off, so the value is higher.
                    marker={
                        "symbol": np.where(part["censored"], "arrow-up", symbol), "size": 8,
                        "color": LIGHT[voice],
                    },
                    customdata=[
                        f"{'at least ' if row.censored else ''}{row.value:,.0f}"
                        for row in part.itertuples()
                    ],
                    hovertemplate=label + ": %{customdata} steps",
                    row=row, col=column,
                )  # fmt: skip
            figure.update_yaxes(
                type="log", dtick=1,
                range=rounded(np.log10([lowest / 1.5, highest * 1.5])).tolist(),
                title={"text": words.replace(", ", ",<br>"), "font": {"size": 13}}
                if column == 1 else None,
                row=row, col=column,
            )  # fmt: skip
            figure.update_xaxes(
                type="log", tickvals=sizes,
                range=rounded(np.log10([sizes[0] * 0.9, sizes[-1] * 1.1])).tolist(),
                title="grid size" if row == len(clocks) else None, row=row, col=column,
            )  # fmt: skip
    return figure


def ratios_figure(
    ratios: Mapping[str, Mapping[str, tuple[float, float, float]]],
    labels: Mapping[str, str],
    x_title: str,
    styles: Mapping[str, tuple[str, str, str]] = METHOD_STYLE,
) -> go.Figure:
    """Cost relative to a reference, with intervals: one row per method, one panel per clock.

    Args:
        ratios: panel title → method name → (median ratio, low, high).
        labels: method name → words.
        x_title: what the ratio is; left of 1 is cheaper.
        styles: method name → voice, dash and symbol, as in `METHOD_STYLE`.
    """
    figure = new_figure()
    make_subplots(
        1, len(ratios), shared_yaxes=True, subplot_titles=list(ratios), horizontal_spacing=0.03,
        figure=figure,
    )  # fmt: skip
    figure.update_layout(
        width=960,
        height=110 + 30 * len(labels),
        margin={"l": 225, "r": 20, "t": 40, "b": 60},
        showlegend=False,
    )
    rows = list(labels.values())
    for column, panel in enumerate(ratios.values(), start=1):
        figure.add_scatter(
            x=[1, 1], y=[rows[0], rows[-1]], mode="lines",
            line={"color": LIGHT["ink"], "width": 1}, hoverinfo="skip", row=1, col=column,
        )  # fmt: skip
        for method, (value, low, high) in panel.items():
            voice, _, symbol = styles[method]
            figure.add_scatter(
                x=[rounded(value)], y=[labels[method]], mode="markers", name="",
                error_x={"array": [rounded(high - value)], "arrayminus": [rounded(value - low)],
                         "color": LIGHT[voice], "thickness": 1.5, "width": 4},
                marker={"symbol": symbol, "size": 10, "color": LIGHT[voice]},
                hovertemplate=f"{labels[method]}: ×%{{x:.3g}}", row=1, col=column,
            )  # fmt: skip
        figure.update_xaxes(
            type="log", title=x_title if column == (len(ratios) + 1) // 2 else None,
            exponentformat="power", dtick=1, row=1, col=column,
        )  # fmt: skip
    figure.update_yaxes(autorange="reversed", categoryarray=rows)
    return figure
