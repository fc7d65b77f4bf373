"""A specification curve: every combination of the open choices as a point with its interval,
sorted, and its choices as marks below (Simonsohn, Simmons & Nelson 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from cliprl_lite._arrays import BoolArray
from cliprl_lite.experiments.multiverse import VALUE_WORDS, percent, what_decides
from cliprl_lite.pictures.drawing import colour, picture, tag, text

WIDTH, LEFT, RIGHT, TOP, CURVE, ROW, GAP = 700.0, 172.0, 116.0, 44.0, 170.0, 16.0, 7.0
"""Of the picture, in pixels: its width, what stands left and right of the combinations, the head,
the curve, a row of marks, and the gap from one choice to the next."""

SCALES = {"ratio": (-8.0, 8.0), "growth": (-2.0, 2.0), "share": (0.0, 1.0)}
"""Ends of the curve's axis: log₂ of a ratio, a slope, or a share. What lies beyond stands there."""

_TICKS: dict[str, dict[float, str]] = {
    "ratio": {-6: "1/64", -3: "1/8", 0: "1", 3: "8", 6: "64"},
    "growth": {-2: "−2", -1: "−1", 0: "0", 1: "1", 2: "2"},
    "share": {0: "0", 0.5: "½", 1: "1"},
}


def specification_svg(
    curve: pd.DataFrame, kind: str, factor: float, title: str, y_title: str
) -> str:
    """A specification curve; beside the marks, the share of each value's combinations in which the
    claim holds, and how often a choice decides: of the pairs of combinations that differ in it
    alone, the share in which the claim holds for one of the two.

    Args:
        curve: as `specification_curve` gives it, K combinations.
        kind: of the claim: `"ratio"`, `"growth"` or `"share"`.
        factor: the claim's line.
        title: what is claimed, and where.
        y_title: what the numbers are.

    Example:
        >>> from cliprl_lite.experiments.claims import every_combination
        >>> from cliprl_lite.experiments.multiverse import read_cells
        >>> curve = every_combination(read_cells(), "beats scratch", "corners_8")
        >>> svg = specification_svg(curve, "ratio", 1.0, "fewer steps, 8×8", "steps / steps")
        >>> "of 576 combinations" in svg
        True
    """
    holds = curve["holds"].to_numpy()
    height = TOP + CURVE + 14 + sum(ROW * len(rows) + GAP for rows in _values(curve).values())
    told = (
        f"The claim holds in {holds.sum()} of {len(curve)} combinations. "
        + ". ".join(
            f"{words}: {percent(curve.loc[curve[name] == value, 'holds'].mean())}"
            for name, values in _values(curve).items()
            for value, words in values.items()
        )
        + "."
    )
    return picture(
        WIDTH, height, title, told,
        tag("rect", width=WIDTH, height=height, fill=colour("page")),
        _label(text(title, 120), 4, 16, font_size=14, font_weight=600, class_="cl-claimed"),
        _label(f"holds in {percent(holds.mean())} of {len(curve)} combinations", 4, 34),
        *_curve(curve, kind, factor, y_title),
        *_marks(curve),
    )  # fmt: skip


def _values(curve: pd.DataFrame) -> dict[str, dict[Any, str]]:
    """The choices that are combined → their values → their words."""
    return {name: words for name, words in VALUE_WORDS.items() if name in curve}


def step_of(curve: pd.DataFrame) -> float:
    """From one combination to the next, in pixels."""
    return (WIDTH - LEFT - RIGHT) / len(curve)


def _curve(curve: pd.DataFrame, kind: str, factor: float, y_title: str) -> list[str]:
    low, high = SCALES[kind]
    bottom, right, holds = TOP + CURVE, WIDTH - RIGHT, curve["holds"].to_numpy()

    def y(value: float) -> float:
        return bottom - (float(np.clip(value, low, high)) - low) / (high - low) * CURVE

    as_drawn = np.log2 if kind == "ratio" else np.asarray
    numbers = as_drawn(curve[["value", "low", "high"]].to_numpy())
    line = y(float(as_drawn(factor)))
    side = (TOP, line - TOP) if kind == "share" else (line, bottom - line)
    marks = [
        tag("rect", x=LEFT, y=side[0], width=right - LEFT, height=side[1], fill=colour("hair"),
            fill_opacity=0.5),
        _label("holds here", right + 6, TOP + 12 if kind == "share" else bottom - 4),
        _label(text(y_title), LEFT - 44, TOP + 12, "end"),
    ]  # fmt: skip
    for tick, words in _TICKS[kind].items():
        marks += [
            tag("path", d=f"M{LEFT} {y(tick):.1f}H{right}", stroke=colour("hair")),
            _label(words, LEFT - 6, y(tick) + 4.5, "end"),
        ]
    marks.append(
        tag("path", d=f"M{LEFT} {line:.1f}H{right}", stroke=colour("ink"), stroke_width=1.5)
    )
    for voice, chosen in (("none", ~holds), ("map", holds)):
        ways = [
            (int(k), round(y(found[0])), round(y(found[1])), round(y(found[2])))
            for k, found in enumerate(numbers)
            if chosen[k]
        ]
        # An interval that its point would hide is left out; points of one height are one line.
        bars = "".join(f"M{k} {d}V{e}" for k, _, d, e in ways if d - e > 3)
        points = "".join(
            f"M{first} {height}h{number - 1}"
            for height in sorted({way[1] for way in ways})
            for first, number in _runs(np.isin(np.arange(len(curve)), _at(ways, height)))
        )
        marks.append(
            _along(
                curve,
                tag("path", d=bars, stroke=colour(voice), stroke_opacity=0.4),
                tag("path", d=points, stroke=colour(voice), stroke_width=3,
                    stroke_linecap="round", vector_effect="non-scaling-stroke"),
                shift=0.5,
            )
        )  # fmt: skip
    return marks


def _at(ways: Sequence[tuple[int, int, int, int]], height: int) -> list[int]:
    return [place for place, at, *_ in ways if at == height]


def _marks(curve: pd.DataFrame) -> list[str]:
    holds, right = curve["holds"].to_numpy(), WIDTH - RIGHT
    decides, bars = what_decides(curve), list[str]()
    y = TOP + CURVE + 14
    marks = [
        _label("holds", right + 6, y - 1, font_weight=600),
        _label("decides", right + 54, y - 1, font_weight=600),
    ]
    for name, values in _values(curve).items():
        middle = y + ROW * len(values) / 2
        most = decides[name] == decides.max() > 0
        marks += [
            tag("path", d=f"M{right + 50} {y + 2}v{ROW * len(values) - 4}", stroke=colour("none")),
            _label(percent(decides[name]), right + 54, middle + 4.5,
                   font_weight=700 if most else None),
        ]  # fmt: skip
        for value, words in values.items():
            chosen = (curve[name] == value).to_numpy()
            share = holds[chosen].mean()
            marks += [
                _label(text(words), LEFT - 6, y + 12, "end"),
                _label(percent(share), right + 6, y + 12),
            ]
            for voice, some in (("none", chosen & ~holds), ("map", chosen & holds)):
                d, end = f"M0 {y + ROW / 2:g}", 0
                for first, number in _runs(some):
                    d += f"m{first - end} 0h{number}"
                    end = first + number
                bars.append(tag("path", d=d, stroke=colour(voice), stroke_width=ROW - 5))
            y += ROW
        y += GAP
    return [*marks, _along(curve, *bars)]


def _along(curve: pd.DataFrame, *marks: str, shift: float = 0.0) -> str:
    """Marks whose x is the number of a combination: short numbers make a small picture."""
    step = step_of(curve)
    where = f"translate({LEFT + shift * step:.2f} 0) scale({step:.4f} 1)"
    return tag("g", *marks, transform=where)


def _runs(chosen: BoolArray) -> list[tuple[int, int]]:
    """Where a row is true without a gap: `(first, number)` of each run.

    Example:
        >>> _runs(np.array([False, True, True, False, True]))
        [(1, 2), (4, 1)]
    """
    runs, place = [], 0
    for true, group in groupby(chosen.tolist()):
        number = len(list(group))
        if true:
            runs.append((place, number))
        place += number
    return runs


def _label(words: str, x: float, y: float, anchor: str | None = None, **more: object) -> str:
    style = {"font_size": 13} | more
    return tag("text", words, x=x, y=y, text_anchor=anchor, fill=colour("ink"), **style)
