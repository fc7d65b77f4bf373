"""What each start costs by each clock, in a world and in its twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cliprl_lite.pictures.drawing import colour, picture, tag, text
from cliprl_lite.pictures.training_curves import Drawn

WIDTH, LABEL, ROW, HEAD, TOP = 560.0, 150.0, 36.0, 30.0, 34.0
TICKS = {0.001: "1/1000", 0.01: "1/100", 0.1: "1/10", 1.0: "1", 10.0: "10"}
LOW, HIGH = 0.0005, 14.0

Cost = tuple[float, float, float]
"""A ratio and the ends of its interval."""


def clock_plot(
    clocks: Mapping[str, Mapping[str, Sequence[Cost]]],
    worlds: Sequence[str],
    hues: Mapping[str, str],
    *,
    title: str,
) -> Drawn:
    """A panel for each clock, a row for each start, a dot for each of one or two worlds.

    The first world's dot is full, the second's hollow; a line is the interval. Left of 1 is
    cheaper. What lies beyond the axis stands at its end.

    Args:
        clocks: the clock's words → start → its cost in each world.
        worlds: their names, for the key.
        hues: start → a colour's name in the palette.
        title: of the picture.

    Raises:
        ValueError: if a start has not one cost for each world.

    Example:
        >>> seen = clock_plot({"first": {"map": [(0.2, 0.1, 0.3)]}}, ["mine"], {"map": "map"},
        ...                   title="Costs")
        >>> seen.words
        'Costs. first: map ×0.20 (0.10 to 0.30) in mine.'
    """
    height, marks, told = TOP, list[str](), list[str]()
    for name, rows in clocks.items():
        bottom = height + HEAD + ROW * len(rows)
        marks.append(
            tag("text", text(name), x=8, y=height + 18, font_size=14, font_weight=600,
                fill=colour("ink"))
        )  # fmt: skip
        for tick in TICKS:
            marks.append(
                tag("path", d=f"M{_x(tick):.1f} {height + HEAD - 4:.0f}V{bottom:.0f}",
                    stroke=colour("ink" if tick == 1 else "hair"))
            )  # fmt: skip
        for number, (start, found) in enumerate(rows.items()):
            if len(found) != len(worlds):
                raise ValueError(f"{start!r} has {len(found)} costs for {len(worlds)} worlds")
            y = height + HEAD + ROW * (number + 0.5)
            marks.append(
                tag("text", text(start, 24), x=LABEL - 10, y=y + 5, font_size=14,
                    text_anchor="end", fill=colour("ink"))
            )  # fmt: skip
            for place, cost in enumerate(found):
                beside = y + (place - (len(worlds) - 1) / 2) * 13
                marks += _dot(cost, beside, hues[start], full=place == 0)
        told.append(
            f"{name}: "
            + "; ".join(
                f"{start} ×{value:.2f} ({low:.2f} to {high:.2f}) in {world}"
                for start, found in rows.items()
                for world, (value, low, high) in zip(worlds, found, strict=True)
            )
        )
        height = bottom + 8
    marks += [
        tag("text", label, x=_x(tick), y=height + 14, font_size=13, text_anchor="middle",
            fill=colour("ink"))
        for tick, label in TICKS.items()
    ]  # fmt: skip
    marks += _key(worlds)
    height += 26
    words = f"{title}. {'. '.join(told)}."
    ground = tag("rect", width=WIDTH, height=height, fill=colour("page"))
    return Drawn(picture(WIDTH, height, title, words, ground, *marks), words)


def _x(ratio: float) -> float:
    share = np.log(np.clip(ratio, LOW, HIGH) / LOW) / np.log(HIGH / LOW)
    return float(LABEL + share * (WIDTH - LABEL - 24))


def _dot(cost: Cost, y: float, hue: str, full: bool) -> list[str]:
    value, low, high = cost
    return [
        tag("path", d=f"M{_x(low):.1f} {y:.1f}H{_x(high):.1f}", stroke=colour(hue),
            stroke_width=2),
        tag("circle", cx=_x(value), cy=y, r=5, stroke=colour(hue), stroke_width=2,
            fill=colour(hue if full else "page")),
    ]  # fmt: skip


def _key(worlds: Sequence[str]) -> list[str]:
    marks, x = list[str](), LABEL
    for place, world in enumerate(worlds):
        marks += [
            tag("circle", cx=x, cy=16, r=5, stroke=colour("ink"), stroke_width=2,
                fill=colour("ink" if place == 0 else "page")),
            tag("text", text(world, 24), x=x + 12, y=21, font_size=14, fill=colour("ink")),
        ]  # fmt: skip
        x += 40 + 8 * min(len(world), 24)
    marks.append(
        tag("text", "← cheaper than nobody", x=WIDTH - 12, y=21, font_size=13, text_anchor="end",
            fill=colour("ink"))
    )  # fmt: skip
    return marks
