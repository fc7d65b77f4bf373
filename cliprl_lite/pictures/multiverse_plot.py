"""The figure of a multiverse: every combination of the open choices as a point, sorted, with its
choices as marks below (Simonsohn, Simmons & Nelson 2020)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.multiverse import VALUE_WORDS
from cliprl_lite.pictures.palette import LIGHT
from cliprl_lite.pictures.result_plots import new_figure


def specification_figure(curve: pd.DataFrame, below: float, y_title: str) -> go.Figure:
    """Every combination's ratio with its interval, from the lowest to the highest; below, for each
    value of each choice, where it is, and in what share of its combinations the claim holds.

    Args:
        curve: as `multiverse.specification_curve` gives it, K combinations.
        below: the claim's line: it holds where the whole interval lies below.
        y_title: what the ratio is.

    Example:
        >>> from cliprl_lite.experiments.multiverse import read_cells, specification_curve
        >>> curve = specification_curve(
        ...     read_cells(), "alg1", "optimal", "left", "corners_8", below=0.5)
        >>> figure = specification_figure(curve, 0.5, "steps / those of Algorithm 1")
        >>> figure.layout.title.text.endswith("of 576 combinations")
        True
    """
    rows, labels = _marks(curve)
    figure = new_figure()
    make_subplots(
        2, 1, shared_xaxes=True, row_heights=[0.45, 0.55], vertical_spacing=0.02, figure=figure
    )
    figure.update_layout(
        width=715, height=330 + 18 * len(labels), showlegend=False,
        margin={"l": 190, "r": 20, "t": 40, "b": 45},
        title=f"the claim holds in {curve['holds'].mean():.0%} of {len(curve)} combinations",
    )  # fmt: skip
    place = np.arange(len(curve))
    for holds, hue in ((False, "none"), (True, "map")):
        part = (curve["holds"] == holds).to_numpy()
        some = curve[part]
        ends = rounded(some[["low", "high"]].to_numpy(), 4)
        gap = np.full(len(some), np.nan)
        figure.add_scatter(
            x=np.repeat(place[part], 3), y=np.column_stack([ends, gap]).ravel(), mode="lines",
            line={"color": LIGHT[hue], "width": 1}, opacity=0.45, hoverinfo="skip", row=1, col=1,
        )  # fmt: skip
        figure.add_scatter(
            x=place[part], y=rounded(some["value"], 4), mode="markers",
            marker={"color": LIGHT[hue], "size": 4, "symbol": "circle" if holds else "circle-open"},
            text=[_words(one) for one in some.itertuples()],
            hovertemplate="×%{y:.3g}<br>%{text}<extra></extra>", row=1, col=1,
        )  # fmt: skip
    figure.add_hline(y=below, line={"color": LIGHT["ink"], "width": 1}, row=1, col=1)
    figure.add_heatmap(
        z=rows, x=place, y=labels, zmin=0, zmax=2, showscale=False, hoverinfo="skip", ygap=1,
        colorscale=[[0, LIGHT["page"]], [0.5, LIGHT["none"]], [1, LIGHT["map"]]], row=2, col=1,
    )  # fmt: skip
    figure.update_yaxes(type="log", exponentformat="power", dtick=1, title=y_title, row=1, col=1)
    figure.update_yaxes(autorange="reversed", tickfont_size=12, showgrid=False, row=2, col=1)
    figure.update_xaxes(showgrid=False, showticklabels=False, ticks="")
    figure.update_xaxes(title="combinations, from the lowest to the highest", row=2, col=1)
    return figure


def _marks(curve: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """A row for each value of each choice, `[R, K]`: 0 where it is not chosen, 1 where it is, 2
    where it is and the claim holds; and the labels of the rows."""
    rows, labels = [], []
    for name, values in VALUE_WORDS.items():
        for value, words in values.items():
            chosen = (curve[name] == value).to_numpy()
            share = curve.loc[chosen, "holds"].mean()
            rows.append(chosen * (1 + curve["holds"].to_numpy()))
            labels.append(f"{words}  {share:.0%}")
    return np.array(rows), labels


def _words(one: object) -> str:
    """The choices of a combination, in a line."""
    return ", ".join(words[getattr(one, name)] for name, words in VALUE_WORDS.items())
