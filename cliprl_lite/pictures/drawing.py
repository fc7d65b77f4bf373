"""Pictures as SVG text: the map and what stands on it. Widgets show them live, pages without a
kernel show them as they are.

Colours are those of `palette`, by name. Each object colour has a second cue: red is solid, blue
has bars, green has dots, yellow is a hollow ring, purple has an upright bar, grey a slanted one.
What people typed goes in by `text`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cliprl_lite._arrays import BoolArray
from cliprl_lite.pictures.palette import LIGHT
from cliprl_lite.worlds.gridworld import ACTIONS, MOVES, GridWorld

LONGEST = 80
"""Characters of a typed text that are shown; the rest is cut."""


def colour(name: str) -> str:
    """A colour of the palette as CSS: the theme's, and the light one where a page has no themes.

    Example:
        >>> colour("map")
        'var(--map, #9b2d8f)'
    """
    return f"var(--{name}, {LIGHT[name]})"


def printable(typed: str, longest: int = LONGEST) -> str:
    """A typed text as one short line, not escaped; for places that escape it themselves.

    Example:
        >>> printable("go to\\x00 the red cone", 9)
        'go to th…'
    """
    shown = "".join(mark for mark in typed[: 10 * longest] if mark.isprintable())
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def text(typed: str, longest: int = LONGEST) -> str:
    """A typed text for SVG or HTML: escaped, cut, without control characters.

    Example:
        >>> text("<b>go</b>\\x00 to $x$")
        '&lt;b&gt;go&lt;/b&gt; to &#36;x&#36;'
    """
    return escape(printable(typed, longest)).replace("$", "&#36;")


def tag(name: str, *children: str, **attributes: Any) -> str:
    """One element; an underscore in a name is a hyphen, numbers are rounded to two decimals.

    Example:
        >>> tag("rect", x=1.0, width=2 / 3, stroke_width=2)
        '<rect x="1" width="0.67" stroke-width="2"/>'
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None:
            continue
        shown = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
        parts.append(f'{key.rstrip("_").replace("_", "-")}="{escape(shown)}"')
    inside = "".join(children)
    return f"<{' '.join(parts)}>{inside}</{name}>" if inside else f"<{' '.join(parts)}/>"


def picture(width: float, height: float, title: str, description: str, *children: str) -> str:
    """A whole picture, with what a screen reader says of it.

    Example:
        >>> picture(10, 5, "A line", "from left to right").startswith("<svg xmlns=")
        True
    """
    return tag(
        "svg",
        tag("title", text(title, 200)),
        tag("desc", text(description, 2_000)),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        font_family="system-ui, sans-serif",
    )


# Objects and agents ------------------------------------------------------------------------------
OBJECT_COLOURS = ("red", "blue", "green", "yellow", "purple", "grey")
"""Colours that objects have."""


def glyph(
    paint: str, shape: str, x: float, y: float, size: float, hint: str = "", **attributes: Any
) -> str:
    """An object: its shape in ink outline, its colour with that colour's second cue.

    Args:
        paint: a name in `OBJECT_COLOURS`; anything else is left empty.
        shape: `"box"`, `"ball"`, `"cone"`, `"key"`; anything else is a ball.
        x, y: of the centre, in pixels.
        size: its width, in pixels.
        hint: what is shown when the mouse rests on it.

    Example:
        >>> "<rect" in glyph("red", "box", 10, 10, 8)
        True
    """
    known = paint in OBJECT_COLOURS
    r, cue = size / 2, ""
    body = _outline(shape, x, y, r, fill=colour(paint) if known else "none",
                    stroke_linejoin="round", stroke=colour("ink"),
                    stroke_width=max(1.0, min(1.5, size / 10)))  # fmt: skip
    light = {"stroke": colour("floor"), "fill": "none", "stroke_width": max(0.8, size / 12)}
    if paint == "blue":
        cue = "".join(
            tag("path", d=f"M{x - r * w:.1f} {y + r * h:.1f}h{2 * r * w:.1f}", **light)
            for w, h in _BARS.get(shape, _BARS["ball"])
        )
    elif paint == "green":
        cue = "".join(
            tag("circle", cx=x + r * dx, cy=y + r * dy, r=max(0.7, size / 14), fill=colour("floor"))
            for dx, dy in ((-0.28, 0.3), (0.28, 0.3), (0.0, -0.15))
        )
    elif paint == "purple":
        cue = tag("path", d=f"M{x:.1f} {y - r * 0.8:.1f}v{r * 1.6:.1f}", **light)
    elif paint == "grey":
        slant = f"M{x - r * 0.3:.1f} {y + r * 0.3:.1f}l{r * 0.6:.1f} {-r * 0.6:.1f}"
        cue = tag("path", d=slant, **light)
    elif paint == "yellow":
        cue = _outline(
            shape, x, y + (r * 0.12 if shape == "cone" else 0.0), r * 0.45,
            fill=colour("floor"), stroke=colour("ink"), stroke_width=max(0.6, size / 24),
        )  # fmt: skip
    return tag("g", tag("title", text(hint)) if hint else "", body, cue, **attributes)


_BARS = {
    "box": ((0.7, -0.3), (0.7, 0.3)),
    "ball": ((0.75, -0.3), (0.75, 0.3)),
    "cone": ((0.3, 0.05), (0.6, 0.5)),
    "key": ((0.8, 0.0),),
}


def _outline(shape: str, x: float, y: float, r: float, **style: Any) -> str:
    if shape == "box":
        return tag("rect", x=x - r * 0.9, y=y - r * 0.9, width=r * 1.8, height=r * 1.8, **style)
    if shape not in _CORNERS:
        return tag("circle", cx=x, cy=y, r=r, **style)
    points = " ".join(f"{x + r * dx:.1f},{y + r * dy:.1f}" for dx, dy in _CORNERS[shape])
    return tag("polygon", points=points, **style)


_CORNERS: dict[str, list[tuple[float, float]]] = {
    "cone": [(0, -1), (1, 0.85), (-1, 0.85)],
    "key": [
        (-0.36, -1), (0.36, -1), (0.36, -0.36), (1, -0.36), (1, 0.36), (0.36, 0.36),
        (0.36, 1), (-0.36, 1), (-0.36, 0.36), (-1, 0.36), (-1, -0.36), (-0.36, -0.36),
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Agent:
    """An agent on the map.

    Attributes:
        letter: what it is called.
        states: where it has been, the latest last.
        kind: `"none"` (no teacher), `"words"` or `"map"`, which is its colour and its outline.
    """

    letter: str
    states: Sequence[int]
    kind: str = "none"


DASHES = {"none": "1.5 2.5", "words": "5 3", "map": None}
"""Kind of an agent → how its outline is dashed."""


# The map -----------------------------------------------------------------------------------------
def map_svg(
    world: GridWorld,
    *,
    title: str,
    description: str = "",
    shade: ArrayLike | None = None,
    greedy: BoolArray | None = None,
    wrong: BoolArray | None = None,
    goal: tuple[int, int] | None = None,
    objects: Iterable[tuple[tuple[int, int], str, str, str]] = (),
    agents: Iterable[Agent] = (),
    side: float = 416,
) -> str:
    """The map, with whatever is known about it.

    Every free cell is a `rect` with its state in `data-state`, and its arrows are a `path` with it
    in `data-arrows`, so that a page can find them.

    Args:
        world: the map.
        title, description: for screen readers, and the mouse.
        shade: of the floor, shape `[S]`, from 0 (bare) to 1 (all grey).
        greedy: actions that get an arrow, boolean, shape `[S, 4]`; where all four are greedy, none
            gets one.
        wrong: cells with an orange corner, boolean, shape `[S]`.
        goal: `(row, column)`, drawn with a double outline.
        objects: `(cell, colour, shape, sentence)` of each.
        agents: those on the map.
        side: of the longer edge, in pixels.

    Raises:
        ValueError: if an array does not fit the map, or the goal or an object is on no free cell.

    Example:
        >>> svg = map_svg(GridWorld.open_map(2), title="Two by two", shade=[0, 0.5, 1, 1])
        >>> svg.count("data-state=")
        4
    """
    rows, columns = world.shape
    cell = side / max(rows, columns)
    width, height = cell * columns + 4, cell * rows + 4
    shades = np.zeros(world.n_states) if shade is None else np.asarray(shade, dtype=float)
    masks = arrow_masks(world, greedy)
    marks = np.zeros(world.n_states, bool) if wrong is None else np.asarray(wrong, bool)
    for what, array in (("shade", shades), ("greedy", masks), ("wrong", marks)):
        if array.shape != (world.n_states,):
            raise ValueError(f"{what} has an entry for each of {world.n_states} states")
    if goal is not None:
        masks[world.state(goal)] = 0
    objects = list(objects)
    for place, *_ in objects:
        world.state(place)
    corner = [(2 + column * cell, 2 + row * cell) for row, column in world.cells.tolist()]
    floor = [
        tag("rect", data_state=state, x=x, y=y, width=cell, height=cell,
            fill_opacity=round(float(shades[state]), 3))
        for state, (x, y) in enumerate(corner)
    ]  # fmt: skip
    arrows = [
        tag("path", data_arrows=state, d=_arrows(x + cell / 2, y + cell / 2, cell, mask))
        for state, ((x, y), mask) in enumerate(zip(corner, masks.tolist(), strict=True))
        if mask
    ]
    hatched = "".join(
        f"M{x + cell:.1f} {y:.1f}v{cell * 0.4:.1f}l{-cell * 0.4:.1f} {-cell * 0.4:.1f}z"
        for (x, y), mark in zip(corner, marks, strict=True)
        if mark
    )
    walls = "".join(
        f"M{2 + column * cell:.1f} {2 + row * cell:.1f}h{cell:.1f}v{cell:.1f}h{-cell:.1f}z"
        for row, column in np.argwhere(world.walls).tolist()
    )
    return picture(
        width,
        height,
        title,
        description,
        tag("rect", x=2, y=2, width=width - 4, height=height - 4, fill=colour("floor")),
        tag("g", *floor, fill=colour("deep"), stroke=colour("hair"), stroke_width=0.5),
        tag("path", d=hatched, fill=colour("minus")) if hatched else "",
        tag("path", d=walls, fill=colour("wall")) if walls else "",
        tag("g", *arrows, fill="none", stroke=colour("ink"), class_="cl-arrows",
            stroke_width=max(0.8, min(1.6, cell / 22))),
        _goal(goal, cell) if goal is not None else "",
        *(
            glyph(paint, shape, 2 + (column + 0.5) * cell, 2 + (row + 0.5) * cell, cell * 0.56,
                  sentence, class_="cl-object")
            for (row, column), paint, shape, sentence in objects
        ),
        tag("g", agents_svg(world, agents, side), class_="cl-agents"),
        tag("rect", x=1.5, y=1.5, width=width - 3, height=height - 3, fill="none",
            stroke=colour("wall"), stroke_width=3),
    )  # fmt: skip


def arrow_masks(world: GridWorld, greedy: BoolArray | None) -> NDArray[np.uint8]:
    """Which arrows to draw, one bit for each action, shape `[S]`; none where nothing is preferred.

    Example:
        >>> greedy = np.array([[True, False, False, True], [True, True, True, True]])
        >>> arrow_masks(GridWorld.from_text(".."), greedy).tolist()
        [9, 0]
    """
    if greedy is None:
        return np.zeros(world.n_states, dtype=np.uint8)
    greedy = np.asarray(greedy, dtype=bool)
    masks = greedy @ (1 << np.arange(len(ACTIONS)))
    return np.where(greedy.all(axis=-1), 0, masks).astype(np.uint8)


def _arrows(x: float, y: float, cell: float, mask: int) -> str:
    """The path of a cell's arrows, for each bit of the mask. One alone goes through the centre;
    several begin beside it, each by itself, so that two are no arrow round a corner."""
    length, head = cell * 0.36, cell * 0.11
    begin = cell * (0.12 if mask.bit_count() > 1 else -0.2)
    path = ""
    for action, (down, right) in enumerate(MOVES.tolist()):
        if mask >> action & 1:
            tip_x, tip_y = x + length * right, y + length * down
            back_x, back_y = tip_x - head * right, tip_y - head * down
            path += (
                f"M{x + begin * right:.1f} {y + begin * down:.1f}L{tip_x:.1f} {tip_y:.1f}"
                f"M{back_x - head * down:.1f} {back_y - head * right:.1f}L{tip_x:.1f} {tip_y:.1f}"
                f"L{back_x + head * down:.1f} {back_y + head * right:.1f}"
            )
    return path


def _goal(goal: tuple[int, int], cell: float) -> str:
    x, y = 2 + goal[1] * cell, 2 + goal[0] * cell
    return tag(
        "g",
        *(
            tag("rect", x=x + inset, y=y + inset, width=cell - 2 * inset, height=cell - 2 * inset,
                fill="none", stroke=colour("ink"), stroke_width=1.5)
            for inset in (cell * 0.06, cell * 0.16)
        ),
        class_="cl-goal",
    )  # fmt: skip


def agents_svg(world: GridWorld, agents: Iterable[Agent], side: float = 416) -> str:
    """The content of a map's group `cl-agents`, to redraw the agents alone.

    Example:
        >>> agents_svg(GridWorld.open_map(2), [Agent("W", [0])]).count("<circle")
        1
    """
    cell = side / max(world.shape)
    return "".join(_agent(world, agent, cell) for agent in agents)


def _agent(world: GridWorld, agent: Agent, cell: float) -> str:
    places = map(world.cell, list(agent.states)[-13:])
    points = [(2 + (column + 0.5) * cell, 2 + (row + 0.5) * cell) for row, column in places]
    trail = [
        tag("path", d=f"M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}", stroke=colour(agent.kind),
            stroke_width=2.0, stroke_linecap="round",
            stroke_opacity=round((number + 1) / len(points), 2))
        for number, (a, b) in enumerate(pairwise(points))
    ]  # fmt: skip
    x, y = points[-1]
    return tag(
        "g",
        *trail,
        tag("circle", cx=x, cy=y, r=cell * 0.36, fill=colour("page"), stroke=colour(agent.kind),
            stroke_width=2.0, stroke_dasharray=DASHES[agent.kind]),
        tag("text", text(agent.letter, 2), x=x, y=y + cell * 0.17, text_anchor="middle",
            font_size=cell * 0.48, font_weight=700, fill=colour("ink")),
    )  # fmt: skip
