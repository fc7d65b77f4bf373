"""Figures of maps, similarities and weights; the palette and the template of all figures.

One hue, one meaning. Objects own red, blue, green and yellow. Ink is what *words* say, magenta is
what *the map* says, grey is no teacher, and orange means negative. Every method has a dash and a
marker of its own as well, and every heatmap's best entry a dot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from cliprl_lite.gridworld import ACTIONS, MOVES, GridWorld
from cliprl_lite.rounding import favourites, rounded

PAGE, INK, WALL, HAIRLINE = "#FBFAF7", "#1F1F1F", "#3A3A3A", "#D9D6CF"
NO_TEACHER, WORDS, MAP, NEGATIVE = "#737373", "#1F1F1F", "#9B2D8F", "#D9822B"
OBJECT_COLOURS = {"red": "#C8321E", "blue": "#2A64D0", "green": "#2E9E4F", "yellow": "#F5D327"}
OBJECT_SYMBOLS = {"box": "square", "ball": "circle", "cone": "triangle-up", "key": "cross"}
SIMILARITY_SCALE = [[0.0, NEGATIVE], [0.5, PAGE], [1.0, "#23272E"]]
VALUE_SCALE = [[0.0, PAGE], [1.0, "#6B7280"]]

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


class CourseFigure(go.Figure):
    """A figure that shows itself in a notebook without plotly's renderers.

    Those load a whole validator of notebooks to send out the same bundle.

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
            "text/plain": f"figure: {self.layout.title.text}"
            if self.layout.title.text
            else "figure",
        }


def new_figure(**layout: Any) -> CourseFigure:
    """An empty figure in the project's template."""
    figure = CourseFigure()
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

    Raises:
        ValueError: if the goal or an object is on no free cell.
    """
    for place in [place for place, *_ in objects] + ([] if goal is None else [goal]):
        world.state(place)
    rows, columns = world.shape
    figure = new_figure(
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
    figure = new_figure()
    make_subplots(
        1, len(matrices), subplot_titles=list(matrices), horizontal_spacing=0.06, figure=figure
    )
    figure.update_layout(
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
        z = rounded(matrix)
        if z.shape != (n, n):
            raise ValueError(f"{n} labels need a matrix of shape {(n, n)}; got {z.shape}")
        hover = [[f"{a}<br>{b}<br>{z[i, j]:z.2f}" for j, b in enumerate(words)]
                 for i, a in enumerate(words)]  # fmt: skip
        figure.add_heatmap(
            z=z.round(4), coloraxis="coloraxis", text=hover, hovertemplate="%{text}", name="",
            row=1, col=column,
        )  # fmt: skip
        figure.add_scatter(
            x=favourites(z), y=np.arange(n), mode="markers", hoverinfo="skip", row=1, col=column,
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

    Raises:
        ValueError: if there are more titles than colours.
    """
    if len(bars) > len(colours):
        raise ValueError(f"{len(bars)} groups of bars need as many colours; got {len(colours)}")
    every = np.concatenate([np.asarray(values, dtype=float) for values in bars.values()])
    room = [1.2 * min(0.0, every.min()), 1.2 * max(0.0, every.max())]  # for the numbers at the ends
    figure = new_figure(
        width=720,
        height=115 + (14 + 12 * len(bars)) * len(labels),
        barmode="group",
        bargap=0.35,
        margin={"l": 200, "r": 60, "t": 40, "b": 55},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        xaxis={"title": x_title, "zeroline": True, "zerolinecolor": INK, "range": room},
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
            text=[f"{value:z.2f}" for value in values], textposition="outside", cliponaxis=False,
        )  # fmt: skip
    return figure
