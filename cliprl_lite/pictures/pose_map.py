"""The picture of a world whose agent looks somewhere, in BabyAI's look: grey walls, objects by
colour and shape, the agent a triangle that points."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from cliprl_lite.pictures.drawing import DASHES, Agent, colour, glyph, picture, tag, text
from cliprl_lite.worlds.finite_world import FiniteWorld
from cliprl_lite.worlds.poses import floor, pose, things
from cliprl_lite.worlds.tasks import Task, TaskSuite

TRAIL = 13
"""States of an agent that are shown, the latest last."""


def pose_map_svg(
    suite: TaskSuite,
    *,
    title: str,
    description: str = "",
    goal: Task | None = None,
    agents: Iterable[Agent] = (),
    side: float = 520,
) -> str:
    """The map of a suite whose states are poses, its objects, and agents.

    Every square of the floor is a `rect` with its row and column in `data-square`; what is neither
    floor nor object is wall. Doors stand open, and are floor.

    Args:
        suite: the world with its tasks.
        title, description: for screen readers, and the mouse.
        goal: the task whose objects get a double outline.
        agents: those on the map.
        side: of the longer edge, in pixels.

    Raises:
        ValueError: if the states of the world are no poses.

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> svg = pose_map_svg(load_suite("babyai_local_0"), title="A room")
        >>> svg.count("data-square="), svg.count("cl-object")
        (28, 8)
    """
    squares, objects = floor(suite.world), things(suite)
    rows, columns = _size(suite)
    cell = side / max(rows, columns)

    def at(square: tuple[int, int], **style: object) -> str:
        row, column = square
        return tag("rect", x=column * cell, y=row * cell, width=cell, height=cell, **style)

    aimed = [] if goal is None else objects[goal.name]
    furniture = [(square, task) for task in suite.tasks for square in objects[task.name]]
    return picture(
        columns * cell,
        rows * cell,
        title,
        description,
        tag("rect", width=columns * cell, height=rows * cell, fill=colour("wall")),
        tag("g", *(at(square, data_square=f"{square[0]},{square[1]}") for square in squares),
            *(at(square) for square, _ in furniture),
            fill=colour("floor"), stroke=colour("hair"), stroke_width=0.5),
        *(_aim(square, cell) for square in aimed),
        *(
            glyph(task.colour, task.shape, (column + 0.5) * cell, (row + 0.5) * cell, cell * 0.56,
                  task.sentence, class_="cl-object")
            for (row, column), task in furniture
        ),
        tag("g", pose_agents_svg(suite, agents, side), class_="cl-agents"),
    )  # fmt: skip


def pose_agents_svg(suite: TaskSuite, agents: Iterable[Agent], side: float = 520) -> str:
    """The content of the map's group `cl-agents`, to redraw the agents alone.

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> pose_agents_svg(load_suite("babyai_local_0"), [Agent("W", [0, 1])]).count("<polygon")
        1
    """
    cell = side / max(_size(suite))
    return "".join(_agent(suite.world, agent, cell) for agent in agents)


def _size(suite: TaskSuite) -> tuple[int, int]:
    """Rows and columns of the picture, with a wall at its right and lower edge."""
    taken = [*floor(suite.world), *(square for found in things(suite).values() for square in found)]
    return max(row for row, _ in taken) + 2, max(column for _, column in taken) + 2


def _aim(square: tuple[int, int], cell: float) -> str:
    row, column = square
    return "".join(
        tag("rect", x=column * cell + inset, y=row * cell + inset, width=cell - 2 * inset,
            height=cell - 2 * inset, fill="none", stroke=colour("ink"), stroke_width=1.5)
        for inset in (cell * 0.05, cell * 0.14)
    )  # fmt: skip


def _agent(world: FiniteWorld, agent: Agent, cell: float) -> str:
    poses = [pose(world, state) for state in list(agent.states)[-TRAIL:]]
    points = [((column + 0.5) * cell, (row + 0.5) * cell) for row, column, _ in poses]
    trail = [
        tag("path", d=f"M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}", stroke=colour(agent.kind),
            stroke_width=2.0, stroke_linecap="round",
            stroke_opacity=round((number + 1) / len(points), 2))
        for number, (a, b) in enumerate(pairwise(points))
        if a != b
    ]  # fmt: skip
    (x, y), direction, r = points[-1], poses[-1][2], cell * 0.5
    shape = ((0.95, 0.0), (-0.75, -0.9), (-0.75, 0.9))  # it looks to the right
    turned = [_turned(dx, dy, direction) for dx, dy in shape]
    return tag(
        "g",
        *trail,
        tag("polygon", points=" ".join(f"{x + r * dx:.1f},{y + r * dy:.1f}" for dx, dy in turned),
            fill=colour("page"), stroke=colour(agent.kind), stroke_width=2.0,
            stroke_linejoin="round", stroke_dasharray=DASHES[agent.kind]),
        tag("text", text(agent.letter, 2), x=x - r * 0.2 * _turned(1, 0, direction)[0],
            y=y + cell * 0.15 - r * 0.2 * _turned(1, 0, direction)[1], text_anchor="middle",
            font_size=cell * 0.42, font_weight=700, fill=colour("ink")),
    )  # fmt: skip


def _turned(dx: float, dy: float, direction: int) -> tuple[float, float]:
    """An offset to the right and down, turned clockwise by so many quarters."""
    for _ in range(direction):
        dx, dy = -dy, dx
    return dx, dy
