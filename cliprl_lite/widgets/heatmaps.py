"""Heatmaps whose cells explain themselves: press one, and see which two tasks it compares."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from cliprl_lite._rounding import favourites
from cliprl_lite.experiments.statistics import favourites_alike
from cliprl_lite.learning.policies import Policy
from cliprl_lite.pictures.charts import heatmap_svg
from cliprl_lite.pictures.drawing import colour, map_svg, picture, printable, tag, text
from cliprl_lite.widgets.base import CourseWidget, module, style
from cliprl_lite.widgets.words import decimals
from cliprl_lite.worlds.gridworld import as_map
from cliprl_lite.worlds.tasks import Task

SMALL = 180.0
"""Side of a small arrow map, in pixels."""

_SQUARE = re.compile(
    r'<rect data-state="\d+" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="[\d.]+"'
    r' fill-opacity="0"/>'
)
_ARROWS = re.compile(r'<path data-arrows="\d+" d="([^"]+)"/>')


class Heatmaps(CourseWidget):
    """Similarities of the same tasks, side by side, on one fixed scale and in one fixed order.

    A cell compares the task of its row with that of its column. The one that is pressed, or moved
    to by the arrow keys, is framed in every heatmap; below stand both sentences and, if there are
    policies, what both agents do.

    Args:
        matrices: title → similarities, shape `[N, N]`, from −1 to 1.
        tasks: the N tasks, in the order of rows and columns.
        policies: the policy of each task, for the small maps of arrows.
        side: of each heatmap, in pixels.

    Attributes:
        chosen: row and column of the framed cell; the favourite of the first row at the start.

    Raises:
        ValueError: if the numbers of tasks, policies and similarities disagree.

    Example:
        >>> from cliprl_lite import cosine_similarity, embed, load_suite
        >>> house = load_suite("house_a")
        >>> vectors = embed(house.sentences)
        >>> seen = Heatmaps({"words": cosine_similarity(vectors, vectors)}, house.tasks)
        >>> seen.choose(2, 0)
        >>> print(seen.summary())
        go to the red cone / go to the red box: words 0.58
    """

    _esm, _css = module("heatmaps"), style("heatmaps")
    titles: traitlets.List[str] = traitlets.List().tag(sync=True)
    panes: traitlets.List[str] = traitlets.List().tag(sync=True)
    numbers: traitlets.List[str] = traitlets.List().tag(sync=True)
    sentences: traitlets.List[str] = traitlets.List().tag(sync=True)
    maps: traitlets.List[str] = traitlets.List().tag(sync=True)
    count = traitlets.Int(0).tag(sync=True)
    chosen = traitlets.Tuple(traitlets.Int(), traitlets.Int(), default_value=(-1, -1)).tag(
        sync=True, heard=True
    )

    def __init__(
        self,
        matrices: Mapping[str, ArrayLike],
        tasks: Sequence[Task],
        policies: Sequence[Policy] | None = None,
        side: float = 288,
    ) -> None:
        self.tasks, self.policies, self.side = list(tasks), policies, side
        self.matrices = {str(key): np.asarray(value, float) for key, value in matrices.items()}
        n = len(self.tasks)
        if not self.matrices or n < 2:
            raise ValueError("heatmaps need a matrix or more, and two tasks or more")
        for title, matrix in self.matrices.items():
            if matrix.shape != (n, n):
                raise ValueError(
                    f"{n} tasks need similarities of shape {(n, n)}; {title!r} has {matrix.shape}"
                )
        if policies is not None and len(policies) != n:
            raise ValueError(f"{n} tasks need as many policies; got {len(policies)}")
        self._shown = (-1, -1)
        super().__init__(titles=[printable(title) for title in self.matrices], count=n)
        first = next(iter(self.matrices.values()))
        self.choose(0, int(favourites(first)[0]))

    def choose(self, row: int, column: int) -> None:
        """Frame a cell, as pressing it does.

        Raises:
            ValueError: if there is no such cell.
        """
        if not self._there(row, column):
            raise ValueError(f"rows and columns are 0 to {self.count - 1}; got {(row, column)}")
        self.chosen = (int(row), int(column))

    def _there(self, row: int, column: int) -> bool:
        return 0 <= row < self.count and 0 <= column < self.count

    @traitlets.observe("chosen")
    def _show(self, _: Any) -> None:
        if not self._there(*self.chosen):
            self.error = (
                f"There is no cell {self.chosen}; rows and columns are 0 to {self.count - 1}."
            )
            return
        with self.hold_sync():  # the page gets all of it at once
            self._draw(*self.chosen)

    def _draw(self, row: int, column: int) -> None:
        self._shown = (row, column)
        pair = [self.tasks[row], self.tasks[column]]
        self.panes = [self._pane(title) for title in self.matrices]
        self.numbers = [decimals(matrix[row, column]) for matrix in self.matrices.values()]
        self.sentences = [printable(task.sentence) for task in pair]
        if self.policies is not None:
            who = [self.policies[row], self.policies[column]]
            self.maps = [arrow_map(p, task) for p, task in zip(who, pair, strict=True)]
        self.error = ""
        said = [f"{title}: {value}" for title, value in zip(self.titles, self.numbers, strict=True)]
        both = [f"{role}: {it}" for role, it in zip(("row", "column"), self.sentences, strict=True)]
        self.status = " · ".join([*both, *said])

    def _pane(self, title: str) -> str:
        objects = [(task.colour, task.shape, task.sentence) for task in self.tasks]
        return heatmap_svg(
            self.matrices[title], objects, title=title, side=self.side,
            description=describe(self.matrices[title], self.tasks), chosen=self._shown,
        )  # fmt: skip

    def summary(self) -> str:
        both = zip(self.titles, self.numbers, strict=True)
        values = ", ".join(f"{title} {value}" for title, value in both)
        return f"{' / '.join(self.sentences)}: {values}"

    def svg(self) -> str:
        wide, top = self.side + 48, self.side + 84
        step = max(SMALL + 150, wide * len(self.panes) / 2)
        parts = []
        for number, (pane, value) in enumerate(zip(self.panes, self.numbers, strict=True)):
            parts += [
                inset(pane, number * wide, 0),
                tag("text", f"framed cell: {value}", x=number * wide + 26, y=self.side + 72,
                    font_size=14, fill=colour("ink")),
            ]  # fmt: skip
        for number, (sentence, small) in enumerate(
            zip(self.sentences, self.maps or ["", ""], strict=True)
        ):
            x, role = 26 + number * step, ("row", "column")[number]
            parts.append(
                tag("text", f"{role}: {text(sentence, 36)}", x=x, y=top + 14, font_size=14,
                    fill=colour("ink"))
            )  # fmt: skip
            if small:
                parts.append(inset(small, x, top + 24))
        width = max(wide * len(self.panes), 2 * step) + 26
        height = top + 28 + (SMALL + 8 if self.maps else 0)
        ground = tag("rect", width=width, height=height, fill=colour("page"))
        return picture(width, height, " and ".join(self.titles), self.status, ground, *parts)


# ---------------------------------------------------------------------------------------------
# Pictures
# ---------------------------------------------------------------------------------------------
def plain(svg: str) -> str:
    """A map whose floor is one path and whose arrows are another, for looking at only.

    Example:
        >>> from cliprl_lite import GridWorld
        >>> world = GridWorld.open_map(3)
        >>> svg = map_svg(world, title="m", greedy=world.optimal_actions((0, 0)))
        >>> small = plain(svg)
        >>> small.count("data-state"), small.count("data-arrows"), len(small) < len(svg)
        (0, 0, True)
    """
    floor = "".join(f"M{x} {y}h{side}v{side}h-{side}z" for x, y, side in _SQUARE.findall(svg))
    arrows = "".join(_ARROWS.findall(svg))
    svg = _SQUARE.sub(_once(tag("path", d=floor, fill_opacity=0)), svg)
    return _ARROWS.sub(_once(tag("path", d=arrows)), svg)


def _once(drawn: str) -> Callable[[re.Match[str]], str]:
    """Put a drawing in the place of the first match, and nothing in that of the others."""
    left = iter([drawn])
    return lambda _: next(left, "")


def arrow_map(policy: Policy, task: Task, side: float = SMALL) -> str:
    """What a policy does on its map, small: its arrows, and the object that it goes to.

    Example:
        >>> from cliprl_lite import GridWorld, TabularPolicy
        >>> world = GridWorld.open_map(3)
        >>> task = Task("box", "go to the red box", (0, 0), colour="red", shape="box")
        >>> "go to the red box" in arrow_map(TabularPolicy(world, world.optimal_q((0, 0))), task)
        True
    """
    return plain(
        map_svg(as_map(policy.world), title=f"What the agent does: {task.sentence}"[:150],
                description=f"An arrow in each square; all lead to {task.goal}.",
                greedy=policy.greedy, goal=task.cell, side=side,
                objects=[(task.cell, task.colour, task.shape, task.sentence)])
    )  # fmt: skip


def inset(svg: str, x: float, y: float) -> str:
    """A picture as a part of a larger one.

    Example:
        >>> inset(picture(1, 1, "a", "b"), 5, 6)[:21]
        '<svg x="5" y="6" xmln'
    """
    return svg.replace("<svg ", f'<svg x="{x:g}" y="{y:g}" ', 1)


def describe(matrix: ArrayLike, tasks: Sequence[Task]) -> str:
    """What a heatmap shows, in words: each row's favourite, and what they have in common.

    Example:
        >>> two = [Task("a", "go to the red box", (0, 0), colour="red", shape="box"),
        ...        Task("b", "go to the red key", (0, 1), colour="red", shape="key")]
        >>> describe(np.eye(2), two)
        'Each of 2 rows has a dot on its highest similarity: 2 share the colour, 0 the shape.'
    """
    colours = favourites_alike(matrix, [task.colour for task in tasks])
    shapes = favourites_alike(matrix, [task.shape for task in tasks])
    return (
        f"Each of {len(tasks)} rows has a dot on its highest similarity: "
        f"{colours} share the colour, {shapes} the shape."
    )
