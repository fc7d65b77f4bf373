"""What a race looks like: its curves, the squares still wrong, the whole of it, and its replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cliprl_lite._arrays import BoolArray, IntArray
from cliprl_lite._rounding import rounded
from cliprl_lite.learning.clocks import FEW_SHOT_EPISODES
from cliprl_lite.learning.runs import Run
from cliprl_lite.pictures.charts import Axis, curves_svg, sign_svg
from cliprl_lite.pictures.drawing import colour, picture, tag, text
from cliprl_lite.worlds.gridworld import MOVES, GridWorld

WIDTH, HEIGHT, SIDE = 420, 300, 240
_ARROWS = 80  # wrong squares up to which their arrows are drawn; more would be a blur

Points = tuple[IntArray, IntArray]


def _decades(largest: float, least: int) -> tuple[int, ...]:
    """1, 10, 100 … up to the power of ten that holds the largest number."""
    most = int(np.ceil(rounded(np.log10(largest))))
    return tuple(10**power for power in range(max(least, most) + 1))


NONE_WRONG = 0.5
"""Where a logarithmic axis shows that no square is wrong."""


def _drawn(points: Points) -> tuple[list[float], list[float]]:
    """A curve's `x` and `y` on logarithmic axes, without what lies on a level line."""
    steps, wrong = points
    level = np.zeros(len(wrong), dtype=bool)
    level[1:-1] = (wrong[1:-1] == wrong[:-2]) & (wrong[1:-1] == wrong[2:])
    return np.maximum(steps, 1)[~level].tolist(), np.maximum(wrong, NONE_WRONG)[~level].tolist()


@dataclass(frozen=True)
class Racer:
    """What is drawn of a learner.

    Attributes:
        label, voice: its name, and `"none"`, `"words"` or `"map"`.
        curve: steps and wrong squares, as `Run.wrong_curve` gives them.
        stopped: steps at which each clock stopped; None for not yet.
    """

    label: str
    voice: str
    curve: Points
    stopped: tuple[int | None, int | None, int | None] = (None, None, None)

    @classmethod
    def of(cls, label: str, voice: str, run: Run, until: int | None = None) -> Racer:
        """A run, after its first `until` steps."""
        first = run.episode_lengths[:FEW_SHOT_EPISODES]
        after_20 = int(first.sum()) if len(first) == FEW_SHOT_EPISODES else None
        stopped = (after_20, run.steps_near_optimal, run.steps_optimal)
        seen = run.steps if until is None else until
        known = [at if at is not None and at <= seen else None for at in stopped]
        return cls(label, voice, run.wrong_curve(until), (known[0], known[1], known[2]))

    @property
    def signs(self) -> list[tuple[float, float, str]]:
        """Where its clocks stopped, on its curve: `(steps, wrong squares, sign)`."""
        steps, wrong = self.curve
        places = [
            (at, wrong[np.searchsorted(steps, at, side="right") - 1], sign)
            for at, sign in zip(self.stopped, CLOCK_SIGNS.values(), strict=True)
            if at is not None
        ]
        return [(max(1, at), max(NONE_WRONG, int(left)), sign) for at, left, sign in places]


CLOCK_SIGNS = {"20 episodes": "diamond", "within 5 %": "ring", "optimal": "disc"}
"""The clocks in few words → their signs on a curve."""


def curves(racers: Sequence[Racer], n_squares: int) -> str:
    """Squares still wrong against steps, both logarithmic, with a sign where each clock stopped.

    Example:
        >>> one = Racer("scratch", "none", (np.array([0, 1, 9]), np.array([24, 20, 0])), (9, 9, 9))
        >>> "squares still wrong" in curves([one], 24)
        True
    """
    lines = {one.label: (one.voice, *_drawn(one.curve)) for one in racers}
    x = _decades(max(max(xs) for _, xs, _ in lines.values()), 3)
    y = _decades(n_squares, 1)
    words = "; ".join(
        f"{one.label}: {int(one.curve[1][0]):,} squares wrong at the start, "
        f"{int(one.curve[1][-1]):,} after {int(one.curve[0][-1]):,} steps"
        for one in racers
    )
    chart = curves_svg(
        lines,
        Axis("steps", 1, x[-1], x, log=True),
        Axis("squares still wrong", NONE_WRONG, y[-1], (NONE_WRONG, *y), True, {NONE_WRONG: "0"}),
        title="Squares still wrong",
        description=words + ".",
        signs=[(a, b, one.voice, sign) for one in racers for a, b, sign in one.signs],
        width=WIDTH,
        height=HEIGHT - 22,
    )
    key = [
        sign_svg(sign, 14 + 130 * number, HEIGHT - 10, "none")
        + tag("text", words, x=26 + 130 * number, y=HEIGHT - 5, font_size=13, fill=colour("ink"))
        for number, (words, sign) in enumerate(CLOCK_SIGNS.items())
    ]
    return picture(WIDTH, HEIGHT, "Squares still wrong", words + ".", chart, *key)


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
def replay(racers: Callable[[int], Sequence[Racer]], last: int, pictures: int, title: str) -> Any:
    """A plotly figure with a Play button: the curves at steps that grow evenly on a log axis.

    Args:
        racers: those of a race after so many steps.
        last: steps of the last picture.
        pictures: how many.
        title: above it; the steps are added.

    Example:
        >>> one = Racer("a", "map", (np.array([0, 9]), np.array([24, 0])), (9, 9, 9))
        >>> figure = replay(lambda steps: [one], 100, 5, "t")
        >>> len(figure.frames), figure.data[0].name
        (5, 'a')
    """
    import plotly.graph_objects as go

    from cliprl_lite.pictures import result_plots as plots
    from cliprl_lite.pictures.palette import LIGHT as paint

    dash = {"none": "dot", "words": "dash", "map": "solid"}
    symbol = {"diamond": "diamond-open", "ring": "circle-open", "disc": "circle"}
    spread = np.geomspace(min(20, max(1, last)), max(1, last), pictures)
    moments = np.unique(rounded(spread).astype(int)).tolist()

    def lines(steps: int) -> list[dict[str, Any]]:
        seen = racers(steps)
        made: list[dict[str, Any]] = [
            dict(zip("xy", _drawn(one.curve), strict=True)) for one in seen
        ]
        for one in seen:
            ends = list(zip(*one.signs, strict=True)) or [(), (), ()]
            made.append({"x": ends[0], "y": ends[1],
                         "marker": {"symbol": [symbol[sign] for sign in ends[2]]}})  # fmt: skip
        return made

    def headed(steps: int) -> str:
        return f"{plots.as_text(title)} · after {steps:,} steps"

    final, seen = lines(moments[-1]), racers(moments[-1])
    top = max(max(line["y"]) for line in final[: len(seen)])
    figure = plots.new_figure(
        title=headed(moments[-1]), width=560, height=420, margin_t=84,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis={"type": "log", "title": "steps", "range": [0, _room(final, "x")], "dtick": 1},
        yaxis={"type": "log", "title": "squares still wrong",
               "range": [np.log10(NONE_WRONG) - 0.1, float(np.log10(top)) + 0.2],
               "tickvals": [NONE_WRONG, 1, 10, 100, 1000],
               "ticktext": ["0", "1", "10", "100", "1,000"]},
    )  # fmt: skip
    for one, line in zip(seen, final, strict=False):
        figure.add_scatter(
            **line, mode="lines", name=plots.as_text(one.label), hoverinfo="skip",
            line={"color": paint[one.voice], "dash": dash[one.voice],
                  "width": 3 if one.voice == "map" else 2},
        )  # fmt: skip
    for one, ends in zip(seen, final[len(seen) :], strict=True):
        marker = {"color": paint[one.voice], "size": 10, "line": {"width": 2}} | ends["marker"]
        figure.add_scatter(
            x=ends["x"], y=ends["y"], mode="markers", marker=marker, hoverinfo="skip",
            showlegend=False,
        )  # fmt: skip
    figure.frames = [
        go.Frame(
            data=[{"type": "scatter"} | line for line in lines(steps)],
            layout={"title": {"text": headed(steps)}}, name=str(steps),
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
    most = max(max(line[axis], default=1) for line in lines)
    return float(np.ceil(rounded(np.log10(most)) + 1e-9))
