"""What each start costs by each clock, in a world and in its twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cliprl_lite.experiments.own_worlds import STARTS, costs
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.pictures.drawing import colour, picture, tag, text
from cliprl_lite.pictures.training_curves import Drawn

WIDTH, LABEL, ROW, HEAD, TOP = 540.0, 160.0, 36.0, 30.0, 34.0
TICKS = {0.01: "1/100", 0.1: "1/10", 1.0: "1", 10.0: "10"}
LOW, HIGH = 0.005, 14.0
"""Where the axis is marked, and its ends; what lies beyond stands there."""

_HUES = {"alg1_closest": "words", "alg2": "map"}


def clock_plot(worlds: Mapping[str, pd.DataFrame]) -> Drawn:
    """A panel for each clock, a row for each start, a dot for each of one or two worlds: what it
    costs over no teacher. Left of 1 is cheaper, and the line through a dot is its interval.

    Args:
        worlds: name → its table of results, as `race` makes it. The first one's dots are full, the
            second one's hollow.

    Example:
        >>> from cliprl_lite import load_suite
        >>> from cliprl_lite.experiments.own_worlds import race
        >>> seen = clock_plot({"the house": race(load_suite("small_house"), trials=4)})
        >>> seen.words[:74]
        'Cost over no teacher. steps an episode, mean of the first 20: words in the'
    """
    height, marks, told = TOP, list[str](), list[str]()
    for clock, name in CLOCKS.items():
        found = {world: costs(table, clock) for world, table in worlds.items()}
        rows = {method: start for method, start in STARTS.items() if method != "scratch"}
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
        said = []
        for number, (method, start) in enumerate(rows.items()):
            y = height + HEAD + ROW * (number + 0.5)
            marks.append(
                tag("text", text(start, 24), x=LABEL - 10, y=y + 5, font_size=14,
                    text_anchor="end", fill=colour("ink"))
            )  # fmt: skip
            for place, (world, table) in enumerate(found.items()):
                value, low, high = table.to_numpy(float)[table.index.get_loc(method)].tolist()
                beside = y + (place - (len(worlds) - 1) / 2) * 13
                hue = _HUES.get(method, "none")
                marks += _dot(value, low, high, beside, hue, full=place == 0)
                said.append(f"{start} in {world} ×{value:.2f} ({low:.2f} to {high:.2f})")
        told.append(f"{name}: {'; '.join(said)}")
        height = bottom + 8
    marks += [
        tag("text", label, x=_x(tick), y=height + 14, font_size=13, text_anchor="middle",
            fill=colour("ink"))
        for tick, label in TICKS.items()
    ]  # fmt: skip
    marks += _key(list(worlds))
    height += 26
    title = "Cost over no teacher"
    words = f"{title}. {'. '.join(told)}."
    ground = tag("rect", width=WIDTH, height=height, fill=colour("page"))
    return Drawn(picture(WIDTH, height, title, words, ground, *marks), words)


def _x(ratio: float) -> float:
    share = np.log(np.clip(ratio, LOW, HIGH) / LOW) / np.log(HIGH / LOW)
    return float(LABEL + share * (WIDTH - LABEL - 24))


def _dot(value: float, low: float, high: float, y: float, hue: str, full: bool) -> list[str]:
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
