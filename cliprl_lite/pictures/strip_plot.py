"""Ratios in many places, a dot each, in strips one above the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cliprl_lite._arrays import BoolArray, FloatArray
from cliprl_lite._rounding import rounded
from cliprl_lite.pictures.drawing import colour, picture, tag, text
from cliprl_lite.pictures.training_curves import Drawn

WIDTH, LABEL, ROW, TOP, BOTTOM, GAP = 700.0, 218.0, 46.0, 34.0, 50.0, 20.0

TICKS = {0.001: "1/1000", 0.01: "1/100", 0.1: "1/10", 1.0: "1", 10.0: "10"}
"""Where the axis is marked; dots beyond its ends stand at them."""

LOW, HIGH = 0.0004, 14.0


class Strip(NamedTuple):
    """One row of one panel: ratios, and which of them are surely above 1, both of shape `[n]`."""

    ratios: ArrayLike
    above: ArrayLike


def strip_plot(panels: Mapping[str, Mapping[str, Strip]], x_title: str, *, title: str) -> Drawn:
    """A strip of dots per row, a panel beside the other, on one logarithmic axis.

    A dot whose whole interval is above 1 is a square in the colour of what is wrong.

    Args:
        panels: title → row → its dots; every panel has the same rows.
        x_title: what the ratio is; left of 1 is cheaper.
        title: of the picture.

    Example:
        >>> rows = {"warm / nothing": Strip([0.1, 0.5, 2.0], [False, False, True])}
        >>> strip_plot({"first": rows}, "ratio", title="all").words
        'all. first: warm / nothing: median ×0.50, above 1 in 1 of 3.'
    """
    rows = list(next(iter(panels.values())))
    wide = (WIDTH - LABEL - GAP * len(panels)) / len(panels)
    height = TOP + ROW * len(rows) + BOTTOM
    marks = [tag("rect", width=WIDTH, height=height, fill=colour("page"))]
    marks += [
        tag("text", text(part, 40), x=LABEL - 12, y=TOP + ROW * (number + 0.5) + shift,
            font_size=13, text_anchor="end", fill=colour("ink"))
        for number, row in enumerate(rows)
        for part, shift in _lines(row)
    ]  # fmt: skip
    told = []
    for place, (name, panel) in enumerate(panels.items()):
        left = LABEL + place * (wide + GAP)
        marks += _axes(left, wide, height, name)
        seen = []
        for number, (row, (ratios, above)) in enumerate(panel.items()):
            found, wrong = rounded(ratios, 4), np.asarray(above, bool)
            marks += _dots(found, wrong, left, wide, TOP + ROW * (number + 0.5))
            seen.append(
                f"{row}: median ×{np.median(found):.2f}, above 1 in {wrong.sum()} of {len(wrong)}"
            )
        told.append(f"{name}: {'; '.join(seen)}")
    marks.append(
        tag("text", text(x_title), x=(LABEL + WIDTH) / 2, y=height - 8, font_size=13,
            text_anchor="middle", fill=colour("ink"))
    )  # fmt: skip
    words = f"{title}. {'. '.join(told)}."
    return Drawn(picture(WIDTH, height, title, words, *marks), words)


def _lines(row: str) -> list[tuple[str, float]]:
    """A label in one line or, at its stroke, in two; each with its shift from the middle."""
    mine, stroke, rival = row.partition(" / ")
    return [(mine + stroke.rstrip(), -4.0), (rival, 13.0)] if rival else [(mine, 5.0)]


def _x(ratios: ArrayLike, left: float, wide: float) -> FloatArray:
    share = np.log(np.clip(ratios, LOW, HIGH) / LOW) / np.log(HIGH / LOW)
    at: FloatArray = rounded(left + share * wide, 1)
    return at


def _axes(left: float, wide: float, height: float, name: str) -> list[str]:
    marks = [
        tag("text", text(name, 40), x=left + wide / 2, y=20, font_size=14, font_weight=600,
            text_anchor="middle", fill=colour("ink"))
    ]  # fmt: skip
    for tick, label in TICKS.items():
        x = float(_x(tick, left, wide))
        marks += [
            tag("path", d=f"M{x:.1f} {TOP:.0f}V{height - BOTTOM + 2:.0f}",
                stroke=colour("ink" if tick == 1 else "hair")),
            tag("text", label, x=x, y=height - BOTTOM + 18, font_size=13, text_anchor="middle",
                fill=colour("ink")),
        ]  # fmt: skip
    return marks


def _dots(ratios: FloatArray, wrong: BoolArray, left: float, wide: float, y: float) -> list[str]:
    """Dots as the round or square ends of lines without length, so that they take few letters."""
    at = _x(ratios, left, wide)
    beside = y + rounded((np.arange(len(at)) * 0.618 % 1 - 0.5) * 0.7 * ROW, 1)
    marks = []
    for chosen, hue, end in ((~wrong, "none", "round"), (wrong, "minus", "square")):
        if chosen.any():
            pairs = zip(at[chosen].tolist(), beside[chosen].tolist(), strict=True)
            path = "".join(f"M{x:g} {up:.1f}h0" for x, up in pairs)
            marks.append(
                tag("path", d=path, stroke=colour(hue), stroke_width=5, stroke_linecap=end)
            )
    return marks
