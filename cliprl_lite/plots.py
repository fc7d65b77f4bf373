"""Static figures from arrays and result tables: one palette, one small template.

One hue, one meaning. Objects own red, blue, green and yellow. Ink is what *words* say, magenta is
what *the map* says, grey is no teacher, and orange means negative. Every colour has a second cue
(a dash, a marker, a position), so nothing rests on hue alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from cliprl_lite.gridworld import ACTIONS, MOVES, GridWorld

PAGE, INK, WALL, HAIRLINE = "#FBFAF7", "#1F1F1F", "#3A3A3A", "#D9D6CF"
NO_TEACHER, WORDS, MAP, NEGATIVE = "#737373", "#1F1F1F", "#9B2D8F", "#D9822B"
OBJECT_COLOURS = {"red": "#C8321E", "blue": "#2A64D0", "green": "#2E9E4F", "yellow": "#F5D327"}
OBJECT_SYMBOLS = {"box": "square", "ball": "circle", "cone": "triangle-up", "key": "cross"}
SIMILARITY_SCALE = [[0.0, NEGATIVE], [0.5, PAGE], [1.0, "#23272E"]]
VALUE_SCALE = [[0.0, PAGE], [1.0, "#6B7280"]]

LOG_TICKS = [digit * 10**power for power in range(8) for digit in (1, 2, 5)]

METHOD_STYLE: dict[str, tuple[str, str, str]] = {
    "scratch": (NO_TEACHER, "dot", "circle-open"),
    "alg1": (WORDS, "dash", "square"),
    "alg1_closest": (WORDS, "dashdot", "square-open"),
    "alg1_softmax": (WORDS, "longdash", "diamond-open"),
    "alg2": (MAP, "solid", "circle"),
    "alg2_identity": (MAP, "longdash", "diamond-open"),
    "alg2_text": (MAP, "dash", "triangle-up-open"),
    "alg2_box": (MAP, "dot", "triangle-down-open"),
    "ridge": (MAP, "dashdot", "cross-open"),
    "uniform": (NO_TEACHER, "dash", "x-open"),
    "random": (NO_TEACHER, "longdash", "hexagon-open"),
    "oracle": (NO_TEACHER, "solid", "star"),
}
"""Colour, dash and marker of each method, by its name."""

TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": "system-ui, sans-serif", "size": 14, "color": INK},
        "title": {"font": {"size": 16}, "x": 0, "xref": "paper", "xanchor": "left"},
        "paper_bgcolor": PAGE,
        "plot_bgcolor": PAGE,
        "colorway": [WORDS, MAP, NO_TEACHER],
        "margin": {"l": 60, "r": 20, "t": 50, "b": 50},
        "xaxis": {"gridcolor": HAIRLINE, "zeroline": False, "linecolor": INK, "ticks": "outside"},
        "yaxis": {"gridcolor": HAIRLINE, "zeroline": False, "linecolor": INK, "ticks": "outside"},
        "hoverlabel": {"bgcolor": PAGE, "font": {"color": INK}},
        "legend": {"bgcolor": "rgba(0,0,0,0)"},
    }
)
"""The project's own small template, so that stored figures do not change with plotly."""


def as_text(typed: str, longest: int = 80) -> str:
    """Anything somebody typed, safe to show as a label: plain text, cut at a length.

    Example:
        >>> as_text("<b>go</b> for $5")
        '&lt;b&gt;go&lt;/b&gt; for &#36;5'
    """
    cut = typed if len(typed) <= longest else typed[: longest - 1] + "…"
    return escape(cut, quote=False).replace("$", "&#36;")


def _figure(**layout: Any) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(template=TEMPLATE, **layout)
    return figure


# ---------------------------------------------------------------------------------------------
# The map
# ---------------------------------------------------------------------------------------------
def map_figure(
    world: GridWorld,
    *,
    steps_to_go: ArrayLike | None = None,
    greedy: NDArray[np.bool_] | None = None,
    wrong: NDArray[np.bool_] | None = None,
    goal: tuple[int, int] | None = None,
    objects: Sequence[tuple[tuple[int, int], str, str, str]] = (),
    title: str = "",
    side: int = 416,
) -> go.Figure:
    """A map, with whatever is known about it.

    Args:
        world: the map.
        steps_to_go: shades the floor, shape `[S]`, in steps.
        greedy: draws one arrow per greedy action, boolean, shape `[S, 4]`.
        wrong: marks states with a hatched corner, boolean, shape `[S]`.
        goal: `(row, column)`, drawn with a double outline.
        objects: `(cell, colour, shape, sentence)` of each object to draw.
        title: one line.
        side: height of the drawing in pixels.
    """
    rows, columns = world.shape
    figure = _figure(
        title=title,
        width=side + (110 if steps_to_go is not None else 30),
        height=side + 50,
        margin={"l": 10, "r": 10, "t": 45, "b": 10},
        showlegend=False,
    )
    edge = {"visible": False, "fixedrange": True}
    figure.update_xaxes(range=[-0.6, columns - 0.4], constrain="domain", **edge)
    figure.update_yaxes(range=[rows - 0.4, -0.6], scaleanchor="x", constrain="domain", **edge)
    figure.add_shape(
        type="rect", x0=-0.5, y0=-0.5, x1=columns - 0.5, y1=rows - 0.5,
        line={"color": WALL, "width": 3}, fillcolor="white", layer="below",
    )  # fmt: skip
    if steps_to_go is not None:
        floor = np.full(world.shape, np.nan)
        floor[~world.walls] = np.asarray(steps_to_go, dtype=float)
        figure.add_heatmap(
            z=floor, colorscale=VALUE_SCALE, xgap=1, ygap=1, hovertemplate="%{z:.0f} steps to go",
            name="", colorbar={"title": "steps to go", "thickness": 12, "len": 0.6},
        )  # fmt: skip
    wall_rows, wall_columns = np.nonzero(world.walls)
    for row, column in zip(wall_rows.tolist(), wall_columns.tolist(), strict=True):
        figure.add_shape(
            type="rect", x0=column - 0.5, y0=row - 0.5, x1=column + 0.5, y1=row + 0.5,
            line={"width": 0}, fillcolor=WALL, layer="below",
        )  # fmt: skip
    if goal is not None:
        for inset in (0.08, 0.2):
            figure.add_shape(
                type="rect", x0=goal[1] - 0.5 + inset, x1=goal[1] + 0.5 - inset,
                y0=goal[0] - 0.5 + inset, y1=goal[0] + 0.5 - inset,
                line={"color": INK, "width": 1.5}, layer="above",
            )  # fmt: skip
    cell = side / max(rows, columns)
    if greedy is not None:
        _add_arrows(figure, world, greedy, goal, cell)
    if wrong is not None:
        cells = world.cells[wrong]
        figure.add_scatter(
            x=cells[:, 1] + 0.3, y=cells[:, 0] - 0.3, mode="markers", hoverinfo="skip",
            marker={
                "symbol": "x-thin", "size": cell * 0.28, "line": {"width": 2, "color": NEGATIVE},
            },
        )  # fmt: skip
    for (row, column), colour, shape, sentence in objects:
        figure.add_scatter(
            x=[column], y=[row], mode="markers", hovertemplate=as_text(sentence), name="",
            marker=_object_marker(colour, shape, cell * 0.5),
        )  # fmt: skip
    return figure


def _add_arrows(
    figure: go.Figure,
    world: GridWorld,
    greedy: NDArray[np.bool_],
    goal: tuple[int, int] | None,
    cell: float,
) -> None:
    heads = ["triangle-up", "triangle-down", "triangle-left", "triangle-right"]
    for action in range(len(ACTIONS)):
        drawn = greedy[:, action] & ~greedy.all(axis=1)
        if goal is not None:
            drawn[world.state(goal)] = False
        tail = world.cells[drawn].astype(float)
        tip = tail + 0.3 * MOVES[action]
        gap = np.full(len(tail), np.nan)
        figure.add_scatter(
            x=np.stack([tail[:, 1], tip[:, 1], gap], axis=1).ravel(),
            y=np.stack([tail[:, 0], tip[:, 0], gap], axis=1).ravel(),
            mode="lines", line={"color": INK, "width": 1}, hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=tip[:, 1], y=tip[:, 0], mode="markers", hoverinfo="skip",
            marker={"symbol": heads[action], "size": max(4.0, cell * 0.2), "color": INK},
        )  # fmt: skip


def _object_marker(colour: str, shape: str, size: float) -> dict[str, Any]:
    return {
        "symbol": OBJECT_SYMBOLS.get(shape, "circle"),
        "color": OBJECT_COLOURS.get(colour, PAGE),
        "size": size,
        "line": {"color": INK, "width": 1.5},
    }


# ---------------------------------------------------------------------------------------------
# Similarities and weights
# ---------------------------------------------------------------------------------------------
def similarity_figure(
    matrices: Mapping[str, ArrayLike],
    labels: Sequence[str],
    objects: Sequence[tuple[str, str]] | None = None,
    side: int = 288,
) -> go.Figure:
    """N × N similarity heatmaps side by side, on one fixed scale from −1 to 1.

    A dot marks each row's highest entry off the diagonal. Rows keep the order they come in.

    Args:
        matrices: title → similarities, shape `[N, N]`.
        labels: the sentence of each row, N of them.
        objects: `(colour, shape)` of each row, drawn in place of its sentence.
        side: height of one heatmap in pixels.
    """
    n, words = len(labels), [as_text(label) for label in labels]
    figure = make_subplots(1, len(matrices), subplot_titles=list(matrices), horizontal_spacing=0.06)
    figure.update_layout(
        template=TEMPLATE,
        width=len(matrices) * (side + 40) + (70 if objects else 190),
        height=side + 90,
        margin={"l": 15 if objects else 130, "r": 15, "t": 40, "b": 15},
        showlegend=False,
        coloraxis={
            "colorscale": SIMILARITY_SCALE, "cmin": -1, "cmax": 1,
            "colorbar": {"title": "similarity", "thickness": 12, "tickvals": [-1, 0, 1]},
        },
    )  # fmt: skip
    for column, matrix in enumerate(matrices.values(), start=1):
        z = np.asarray(matrix, dtype=float)
        if z.shape != (n, n):
            raise ValueError(f"{n} labels need a matrix of shape {(n, n)}; got {z.shape}")
        hover = [[f"{a}<br>{b}<br>{z[i, j]:.2f}" for j, b in enumerate(words)]
                 for i, a in enumerate(words)]  # fmt: skip
        figure.add_heatmap(
            z=z.round(4), coloraxis="coloraxis", text=hover, hovertemplate="%{text}", name="",
            row=1, col=column,
        )  # fmt: skip
        best = np.where(np.eye(n, dtype=bool), -np.inf, z).argmax(axis=1)
        figure.add_scatter(
            x=best, y=np.arange(n), mode="markers", hoverinfo="skip", row=1, col=column,
            marker={
                "color": "white", "size": min(8.0, side / n * 0.42),
                "line": {"color": INK, "width": 1},
            },
        )  # fmt: skip
        if objects:
            for at_x, at_y in (
                (np.full(n, -1.1), np.arange(n)),
                (np.arange(n), np.full(n, n + 0.1)),
            ):
                figure.add_scatter(
                    x=at_x, y=at_y, mode="markers", hovertext=words, hoverinfo="text",
                    row=1, col=column, cliponaxis=False,
                    marker={
                        "symbol": [OBJECT_SYMBOLS.get(shape, "circle") for _, shape in objects],
                        "color": [OBJECT_COLOURS.get(colour, PAGE) for colour, _ in objects],
                        "size": side / n * 0.6,
                        "line": {"color": INK, "width": 1},
                    },
                )  # fmt: skip
        margin = 1.7 if objects else 0.5
        figure.update_xaxes(
            range=[-margin, n - 0.5], visible=False, constrain="domain", row=1, col=column
        )
        figure.update_yaxes(
            range=[n - 1 + margin, -0.5],
            scaleanchor=f"x{'' if column == 1 else column}",
            constrain="domain",
            visible=not objects and column == 1,
            tickvals=list(range(n)),
            ticktext=words,
            row=1,
            col=column,
        )
    return figure


def bars_figure(
    bars: Mapping[str, ArrayLike],
    labels: Sequence[str],
    x_title: str = "weight",
    colours: Sequence[str] = (WORDS, MAP),
) -> go.Figure:
    """One number per base policy, as horizontal bars with the zero line always visible.

    Args:
        bars: title → scores or weights, shape `[N]`.
        labels: the sentence of each base policy, N of them.
        x_title: what the numbers are.
        colours: one per title; negative bars are orange.
    """
    figure = _figure(
        width=720,
        height=115 + (14 + 12 * len(bars)) * len(labels),
        barmode="group",
        bargap=0.35,
        margin={"l": 200, "r": 60, "t": 40, "b": 55},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        xaxis={"title": x_title, "zeroline": True, "zerolinecolor": INK},
        yaxis={"autorange": "reversed", "ticks": ""},
    )
    words = [as_text(label) for label in labels]
    for (title, values), colour in zip(bars.items(), colours, strict=False):
        values = np.asarray(values, dtype=float)
        figure.add_bar(
            y=words, x=values.round(4), orientation="h", name=title,
            marker={
                "color": [NEGATIVE if value < 0 else colour for value in values],
                "line": {"width": 0},
            },
            text=[f"{value:.2f}" for value in values], textposition="outside", cliponaxis=False,
        )  # fmt: skip
    return figure


# ---------------------------------------------------------------------------------------------
# Learning
# ---------------------------------------------------------------------------------------------
def learning_curves_figure(
    curves: Mapping[str, tuple[str, ArrayLike]],
    *,
    x: ArrayLike,
    x_title: str,
    y_title: str,
    log_x: bool = False,
) -> go.Figure:
    """Median curves over trials, with bands from the lower to the upper quartile.

    Args:
        curves: method name → (label, values of shape `[trials, len(x)]`).
        x: positions along the horizontal axis.
        x_title, y_title: what is shown, with its unit.
        log_x: draw the horizontal axis logarithmically, too; the vertical one always is.
    """
    x = np.asarray(x, dtype=float)
    ends = np.log10(x[[0, -1]]) if log_x else x[[0, -1]]
    longest = max(len(label) for label, _ in curves.values())
    figure = _figure(
        width=760,
        height=420,
        margin={"l": 70, "r": 30 + 8 * longest, "t": 20, "b": 55},
        xaxis={"title": x_title, "type": "log" if log_x else "linear", "range": ends.tolist()},
        yaxis={"title": y_title, "type": "log", "tickvals": LOG_TICKS, "tickformat": ",d"},
        showlegend=False,
    )
    for method, (label, values) in curves.items():
        colour, dash, _ = METHOD_STYLE[method]
        low, middle, high = np.percentile(np.asarray(values, dtype=float), [25, 50, 75], axis=0)
        figure.add_scatter(
            x=np.concatenate([x, x[::-1]]), y=np.concatenate([high, low[::-1]]).round(2),
            fill="toself", mode="none", fillcolor=_faint(colour), hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=x, y=middle.round(2), mode="lines", name=label,
            line={"color": colour, "dash": dash, "width": 2.5},
        )  # fmt: skip
        figure.add_annotation(
            x=ends[1], y=np.log10(middle[-1]), text=f" {label}",
            showarrow=False, xanchor="left", font={"color": colour},
        )  # fmt: skip
    _spread_labels(figure)
    return figure


def _spread_labels(figure: go.Figure, gap: float = 0.12) -> None:
    """Move labels at the ends of curves apart, so that none hides another."""
    labels = sorted(figure.layout.annotations, key=lambda label: label.y)
    for below, above in pairwise(labels):
        above.y = max(above.y, below.y + gap)


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.13)"


def clocks_figure(summary: Any, methods: Mapping[str, str], clocks: Mapping[str, str]) -> go.Figure:
    """Cost against grid size, as in the paper's Figure 2: a column per target, a row per clock.

    Args:
        summary: a table with the columns `target, size, method, clock, value, low, high,
            censored`, as `experiments.summarise` gives it.
        methods: name → label of those to draw.
        clocks: name → words, one row each.
    """
    targets = list(dict.fromkeys(summary["target"]))
    figure = make_subplots(
        len(clocks), len(targets), shared_xaxes=True, shared_yaxes="rows",
        horizontal_spacing=0.03, vertical_spacing=0.05,
        column_titles=[f"target: {target}" for target in targets],
    )  # fmt: skip
    figure.update_layout(
        template=TEMPLATE,
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
                colour, dash, symbol = METHOD_STYLE[method]
                value = part["value"] + 1
                figure.add_scatter(
                    # Side by side, so that intervals can be told apart.
                    x=part["size"] * 1.012 ** (number - len(methods) / 2), y=value,
                    error_y={
                        "array": part["high"] - part["value"],
                        "arrayminus": part["value"] - part["low"], "width": 2, "thickness": 1,
                    },
                    mode="lines+markers", name=label, legendgroup=method,
                    showlegend=row == column == 1, line={"color": colour, "dash": dash, "width": 2},
                    marker={"symbol": symbol, "size": 8, "color": colour},
                    customdata=np.where(part["censored"], "at least ", ""),
                    hovertemplate=label + ": %{customdata}%{y:.3s} steps",
                    row=row, col=column,
                )  # fmt: skip
            figure.update_yaxes(
                type="log", dtick=1, range=np.log10([lowest / 1.5, highest * 1.5]).tolist(),
                title={"text": words.replace(", ", ",<br>"), "font": {"size": 13}}
                if column == 1 else None,
                row=row, col=column,
            )  # fmt: skip
            figure.update_xaxes(
                type="log", tickvals=sizes,
                range=[np.log10(sizes[0] * 0.9), np.log10(sizes[-1] * 1.1)],
                title="grid size" if row == len(clocks) else None, row=row, col=column,
            )  # fmt: skip
    return figure


def ratios_figure(
    ratios: Mapping[str, Mapping[str, tuple[float, float, float]]],
    labels: Mapping[str, str],
    x_title: str,
) -> go.Figure:
    """Cost relative to a reference, with intervals: one row per method, one panel per clock.

    Args:
        ratios: panel title → method name → (median ratio, low, high).
        labels: method name → words.
        x_title: what the ratio is; left of 1 is cheaper.
    """
    figure = make_subplots(
        1, len(ratios), shared_yaxes=True, subplot_titles=list(ratios), horizontal_spacing=0.03
    )
    figure.update_layout(
        template=TEMPLATE,
        width=960,
        height=110 + 30 * len(labels),
        margin={"l": 225, "r": 20, "t": 40, "b": 60},
        showlegend=False,
    )
    rows = list(labels.values())
    for column, panel in enumerate(ratios.values(), start=1):
        figure.add_scatter(
            x=[1, 1], y=[rows[0], rows[-1]], mode="lines",
            line={"color": INK, "width": 1}, hoverinfo="skip", row=1, col=column,
        )  # fmt: skip
        for method, (value, low, high) in panel.items():
            colour, _, symbol = METHOD_STYLE[method]
            figure.add_scatter(
                x=[value], y=[labels[method]], mode="markers", name="",
                error_x={"array": [high - value], "arrayminus": [value - low], "color": colour,
                         "thickness": 1.5, "width": 4},
                marker={"symbol": symbol, "size": 10, "color": colour},
                hovertemplate=f"{labels[method]}: ×%{{x:.3g}}", row=1, col=column,
            )  # fmt: skip
        figure.update_xaxes(
            type="log", title=x_title if column == (len(ratios) + 1) // 2 else None,
            exponentformat="power", dtick=1, row=1, col=column,
        )  # fmt: skip
    figure.update_yaxes(autorange="reversed", categoryarray=rows)
    return figure
