"""What a race looks like: its curves, the squares still wrong, the whole of it, and its replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray
from cliprl_lite._rounding import rounded
from cliprl_lite.pictures.charts import Axis, curves_svg
from cliprl_lite.pictures.drawing import colour, picture, tag, text
from cliprl_lite.worlds.gridworld import MOVES, GridWorld

WIDTH, HEIGHT, SIDE = 420, 300, 240
_ARROWS = 80  # wrong squares up to which their arrows are drawn; more would be a blur

Points = tuple[FloatArray, FloatArray]


def _decades(largest: float, least: int) -> tuple[int, ...]:
    """1, 10, 100 … up to the power of ten that holds the largest number."""
    most = int(np.ceil(rounded(np.log10(largest))))
    return tuple(10**power for power in range(max(least, most) + 1))


def _line(points: Points) -> tuple[list[float], list[float]]:
    """A curve's `x` and `y`; a single point becomes a short line, so that it is seen."""
    xs, ys = (numbers.tolist() for numbers in points)
    return (xs, ys) if len(xs) > 1 else ([xs[0], 1.08 * xs[0]], ys * 2)


def curves(runs: Sequence[tuple[str, str, Points]]) -> str:
    """Steps of each episode against episodes, both logarithmic: `(label, voice, curve)` of each.

    Example:
        >>> "episode" in curves([("scratch", "none", (np.array([1.0, 2]), np.array([40.0, 30])))])
        True
    """
    lines = {label: (voice, *_line(points)) for label, voice, points in runs}
    x = _decades(max(max(xs) for _, xs, _ in lines.values()), 2)
    y = _decades(max(max(ys) for *_, ys in lines.values()), 3)
    words = "; ".join(
        f"{label}: {ys[0]:,.0f} steps in the first episode, about {ys[-1]:,.0f} in the last"
        for label, (*_, ys) in lines.items()
    )
    return curves_svg(
        lines,
        Axis("episode", 1, x[-1], x, log=True),
        Axis("steps", 1, y[-1], y, log=True),
        title="Steps of each episode",
        description=words + ".",
        width=WIDTH,
        height=HEIGHT,
    )


def squares_svg(
    world: GridWorld,
    wrong: BoolArray,
    greedy: BoolArray,
    goal: tuple[int, int],
    old_goals: Sequence[tuple[int, int]],
    at: int,
    title: str,
) -> str:
    """A map small enough to be sent 25 times a second: wrong squares are hatched, and carry the
    arrows of what the learner would do there once they are few.

    Example:
        >>> world = GridWorld.open_map(3)
        >>> none = np.zeros(9, dtype=bool)
        >>> greedy = world.optimal_actions((0, 0))
        >>> "cl-hatch" in squares_svg(world, none, greedy, (0, 0), (), 4, "Nothing wrong")
        False
    """
    rows, columns = world.shape
    cell, left, top = SIDE / max(rows, columns), 4.0, 30.0

    def corner(row: float, column: float) -> tuple[float, float]:
        return left + column * cell, top + row * cell

    width, height = columns * cell, rows * cell
    lines = "".join(f"M{left + k * cell:.1f} {top:.0f}v{height:.0f}" for k in range(1, columns))
    lines += "".join(f"M{left:.0f} {top + k * cell:.1f}h{width:.0f}" for k in range(1, rows))
    walls = "".join(
        f"M{x:.1f} {y:.1f}h{cell:.1f}v{cell:.1f}h-{cell:.1f}z"
        for x, y in (corner(*place) for place in np.argwhere(world.walls).tolist())
    )
    marked = [corner(*place) for place in world.cells[wrong].tolist()]
    spread = np.zeros(world.shape, dtype=bool)
    spread[tuple(world.cells[wrong].T)] = True
    fill = "".join(_runs(row, *corner(number, 0), cell) for number, row in enumerate(spread))
    h = cell / 2
    arrows = ""
    if len(marked) <= _ARROWS:
        for state, (x, y) in zip(np.flatnonzero(wrong), marked, strict=True):
            for down, right in MOVES[greedy[state]].tolist() if not greedy[state].all() else ():
                tip_x, tip_y = x + h + 0.42 * cell * right, y + h + 0.42 * cell * down
                back_x, back_y = x + h - 0.3 * cell * right, y + h - 0.3 * cell * down
                a, b = 0.3 * cell, 0.22 * cell
                arrows += (
                    f"M{back_x:.1f} {back_y:.1f}L{tip_x:.1f} {tip_y:.1f}"
                    f"M{tip_x - a * right - b * down:.1f} {tip_y - a * down - b * right:.1f}"
                    f"L{tip_x:.1f} {tip_y:.1f}"
                    f"L{tip_x - a * right + b * down:.1f} {tip_y - a * down + b * right:.1f}"
                )
    gx, gy = corner(*goal)
    olds = [corner(row + 0.5, column + 0.5) for row, column in old_goals]
    ax, ay = corner(*(world.cells[at] + 0.5).tolist())
    places = ", ".join(f"({row}, {column})" for row, column in world.cells[wrong][:12].tolist())
    return picture(
        width + 8,
        top + height + 28,
        title,
        f"The new goal is at {goal}. Wrong squares: {places or 'none'}"
        + (" and more." if len(marked) > 12 else "."),
        tag("text", text(title), x=left, y=18, font_size=14, fill=colour("ink")),
        tag("rect", x=left, y=top, width=width, height=height, fill=colour("floor")),
        tag("path", d=lines, stroke=colour("hair"), stroke_width=0.5, fill="none"),
        _HATCH if marked else "",
        tag("path", d=fill, fill="url(#cl-hatch)") if marked else "",
        tag("path", d=walls, fill=colour("wall")) if walls else "",
        tag("path", d=arrows, stroke=colour("ink"), fill="none", stroke_width=1.6) if arrows
        else "",
        *(tag("circle", cx=x, cy=y, r=cell * 0.26, fill=colour("none")) for x, y in olds),
        *(
            tag("rect", x=gx + k, y=gy + k, width=cell - 2 * k, height=cell - 2 * k, fill="none",
                stroke=colour("ink"), stroke_width=1.5)
            for k in (0.0, cell * 0.22)
        ),
        tag("circle", cx=ax, cy=ay, r=cell * 0.34, fill=colour("page"), stroke=colour("ink"),
            stroke_width=2),
        tag("rect", x=left, y=top, width=width, height=height, fill="none",
            stroke=colour("wall"), stroke_width=2),
        *_key(left, top + height + 18, bool(olds)),
    )  # fmt: skip


_HATCH = tag(
    "pattern",
    tag("rect", width=5, height=5, fill=colour("minus"), fill_opacity=0.3),
    tag("rect", width=1.5, height=5, fill=colour("minus")),
    id="cl-hatch", width=5, height=5, patternUnits="userSpaceOnUse",
    patternTransform="rotate(45)",
)  # fmt: skip


def _runs(row: BoolArray, x: float, y: float, cell: float) -> str:
    """The path of a row's marked squares, neighbours in one piece."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(int)))
    return "".join(
        f"M{x + a * cell:.1f} {y:.1f}h{(b - a) * cell:.1f}v{cell:.1f}h-{(b - a) * cell:.1f}z"
        for a, b in edges.reshape(-1, 2).tolist()
    )


def _key(x: float, y: float, olds: bool) -> list[str]:
    """What the signs on the map mean."""
    signs = [
        tag("rect", x=x + 1, y=y - 10, width=10, height=10, fill="none", stroke=colour("ink"),
            stroke_width=1.5),
        tag("text", "new goal", x=x + 17, y=y, font_size=13, fill=colour("ink")),
        tag("circle", cx=x + 90, cy=y - 5, r=4.5, fill=colour("page"), stroke=colour("ink"),
            stroke_width=2),
        tag("text", "learner", x=x + 101, y=y, font_size=13, fill=colour("ink")),
    ]  # fmt: skip
    if olds:
        signs += [
            tag("circle", cx=x + 170, cy=y - 5, r=4, fill=colour("none")),
            tag("text", "old goals", x=x + 180, y=y, font_size=13, fill=colour("ink")),
        ]
    return signs


def whole(
    title: str,
    summary: str,
    chart: str,
    squares: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> str:
    """The static picture: curves, map if it is shown, and the read-outs.

    Example:
        >>> whole("A race", "over", "<g/>", "", ["clock"], [["a", "1"]]).count("<text")
        3
    """
    ends = (330.0, 520.0, 700.0, 880.0)
    first, second = zip(
        *(head.split(": ") if ": " in head else ("", head) for head in heads), strict=True
    )
    lines = []
    for number, row in enumerate([["", *first], ["", *second], *rows]):
        y = HEIGHT + 40 + 20 * number + 4 * max(0, number - 1)
        for place, words in enumerate(row):
            if words:
                lines.append(
                    tag("text", text(words), x=ends[place - 1] if place else 8.0, y=y,
                        font_size=13, text_anchor="end" if place else "start",
                        font_weight=600 if number == 0 else None, fill=colour("ink"))
                )  # fmt: skip
    height = HEIGHT + 80 + 24 * len(rows)
    return picture(
        900, height, title, summary + ".",
        tag("rect", width=900, height=height, fill=colour("page")),
        chart,
        tag("g", squares, transform=f"translate({WIDTH + 16} 0)") if squares else "",
        *lines,
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------
# The replay
# ---------------------------------------------------------------------------------------------
def replay(
    runs: Sequence[tuple[str, str, Callable[[int | None], Points]]],
    last: int,
    pictures: int,
    title: str,
) -> Any:
    """A plotly figure with a Play button: the curves at steps that grow evenly on a log axis.

    Args:
        runs: `(label, voice, curve)` of each; the curve after so many steps is `curve(steps)`.
        last: steps of the last picture.
        pictures: how many.
        title: above it; the steps are added.

    Example:
        >>> figure = replay([("a", "map", lambda _: (np.ones(1), np.ones(1)))], 100, 5, "t")
        >>> len(figure.frames), figure.data[0].name
        (5, 'a')
    """
    import plotly.graph_objects as go

    from cliprl_lite.pictures import result_plots as plots
    from cliprl_lite.pictures.palette import LIGHT as paint

    dash = {"none": "dot", "words": "dash", "map": "solid"}
    spread = np.geomspace(min(20, max(1, last)), max(1, last), pictures)
    moments = np.unique(rounded(spread).astype(int))

    def lines(steps: int) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        for _, _, curve in runs:
            xs, ys = _line(curve(steps))
            made.append({"x": [float(f"{x:.3g}") for x in xs], "y": [round(y) for y in ys]})
        return made + [{"x": line["x"][-1:], "y": line["y"][-1:]} for line in made]

    def headed(steps: int) -> str:
        return f"{plots.as_text(title)} · after {steps:,} steps, or when done"

    final = lines(int(moments[-1]))
    figure = plots.new_figure(
        title=headed(int(moments[-1])), width=760, height=400, showlegend=False,
        xaxis={"type": "log", "title": "episode", "range": [0, _room(final, "x") + 1.1],
               "dtick": 1},
        yaxis={"type": "log", "title": "steps of the episode", "range": [0, _room(final, "y")],
               "dtick": 1},
    )  # fmt: skip
    for (label, voice, _), line in zip(runs, final, strict=False):
        figure.add_scatter(
            **line, mode="lines", name=plots.as_text(label), hoverinfo="skip",
            line={"color": paint[voice], "dash": dash[voice], "width": 3 if voice == "map" else 2},
        )  # fmt: skip
    ends = final[len(runs) :]
    upwards = sorted(range(len(runs)), key=lambda number: ends[number]["y"][0])
    sides = {upwards[0]: "bottom right", upwards[-1]: "top right"}  # so that none hides another
    for number, ((label, voice, _), end) in enumerate(zip(runs, ends, strict=True)):
        figure.add_scatter(
            **end, mode="markers+text", text=[" " + plots.as_text(label)], hoverinfo="skip",
            textposition=sides.get(number, "middle right"),
            marker={"color": paint[voice], "size": 7},
        )  # fmt: skip
    figure.frames = [
        go.Frame(
            data=[{"type": "scatter"} | line for line in lines(int(steps))],
            layout={"title": {"text": headed(int(steps))}}, name=str(steps),
        )
        for steps in moments
    ]  # fmt: skip
    play = {"frame": {"duration": 180, "redraw": True}, "transition": {"duration": 0}}
    halt = {"frame": {"duration": 0, "redraw": True}, "mode": "immediate"}
    figure.update_layout(
        updatemenus=[{
            "type": "buttons", "direction": "left", "x": 0, "y": -0.18, "xanchor": "left",
            "yanchor": "top", "showactive": False, "buttons": [
                {"label": "Play", "method": "animate", "args": [None, play]},
                {"label": "Pause", "method": "animate", "args": [[None], halt]},
            ],
        }]
    )  # fmt: skip
    return figure


def _room(lines: list[dict[str, Any]], axis: str) -> float:
    return float(np.ceil(rounded(np.log10(max(max(line[axis]) for line in lines))) + 1e-9))
