"""Charts as SVG text, in the style of `drawing`: similarities, bars, curves.

Every heatmap of the course has one fixed scale, from −1 (orange) by 0 (page) to 1 (ink), and its
rows keep the order they come in. Curves and bars carry a dash or a mark beside their colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cliprl_lite._rounding import favourites, rounded
from cliprl_lite.pictures.drawing import colour, glyph, picture, tag, text

SIGNS = {
    "diamond": "m-6 0l6 -6l6 6l-6 6z",
    "ring": "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
    "disc": "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
}
"""Signs that stand on a curve: their outlines; only the disc is filled."""

DASHES = {"none": "1.5 3", "words": "6 4", "map": None}
"""Dash of each voice's curve; its colour has the same name."""


def _label(
    words: str, x: float, y: float, anchor: str | None = None, hue: str = "ink", **more: Any
) -> str:
    style = {"font_size": 13, "font_weight": None} | more
    return tag("text", words, x=x, y=y, **style, text_anchor=anchor, fill=colour(hue))


# Heatmaps ----------------------------------------------------------------------------------------
def heatmap_svg(
    similarity: ArrayLike,
    objects: Sequence[tuple[str, str, str]],
    *,
    title: str,
    description: str = "",
    side: float = 288,
    chosen: tuple[int, int] | None = None,
) -> str:
    """N × N similarities, with the objects of both axes in place of their sentences.

    A dot marks each row's highest entry off the diagonal, the first of them if several are. Cells
    of one shade are one path, which keeps the picture small; over them lies a transparent square
    with N in `data-cells`, and the place of a press on it tells the cell.

    Args:
        similarity: shape `[N, N]`, from −1 to 1.
        objects: `(colour, shape, sentence)` of each row.
        title, description: for screen readers, and above the chart.
        side: of the square, in pixels.
        chosen: row and column of the cell that is framed.

    Raises:
        ValueError: if the shapes disagree.

    Example:
        >>> svg = heatmap_svg(np.eye(2), [("red", "box", "a"), ("blue", "box", "b")], title="I")
        >>> 'data-cells="2"' in svg
        True
    """
    matrix = rounded(similarity)
    n = len(objects)
    if matrix.shape != (n, n):
        raise ValueError(f"{n} objects need similarities of shape {(n, n)}; got {matrix.shape}")
    cell, left, top = side / n, 26.0, 28.0
    shades: dict[tuple[str, float], str] = {}
    for (i, j), value in np.ndenumerate(matrix):
        shade = round(float(np.clip(value, -1, 1)), 2)
        if shade:  # a cell of 0 has the page's colour
            square = f"M{left + j * cell:g} {top + i * cell:g}h{cell:g}v{cell:g}h{-cell:g}z"
            key = (colour("plus" if shade > 0 else "minus"), abs(shade))
            shades[key] = shades.get(key, "") + square
    cells = [tag("path", d=d, fill=f, fill_opacity=o) for (f, o), d in shades.items()]
    dots = [
        tag("circle", cx=left + (j + 0.5) * cell, cy=top + (i + 0.5) * cell,
            r=max(1.6, cell * 0.2), fill=colour("floor"), stroke=colour("ink"))
        for i, j in enumerate(favourites(matrix).tolist())
    ]  # fmt: skip
    axes = [
        glyph(paint, shape, x, y, min(15.0, cell * 0.8), sentence)
        for number, (paint, shape, sentence) in enumerate(objects)
        for x, y in (
            (left - 12, top + (number + 0.5) * cell),
            (left + (number + 0.5) * cell, top + side + 12),
        )
    ]
    frame = ""
    if chosen is not None:
        frame = tag("rect", x=left + chosen[1] * cell, y=top + chosen[0] * cell, width=cell,
                    height=cell, fill="none", stroke=colour("map"), stroke_width=2.5,
                    pointer_events="none")  # fmt: skip
    return picture(
        left + side + 6,
        top + side + 26,
        title,
        description,
        _label(text(title), left, 18, font_size=14),
        tag("rect", x=left, y=top, width=side, height=side, fill=colour("page"),
            stroke=colour("hair")),
        *_scale(left + side, len(title), side),
        tag("g", *cells, class_="cl-cells"),
        tag("g", *dots, class_="cl-dots", pointer_events="none"),
        *axes,
        frame,
        tag("rect", data_cells=n, x=left, y=top, width=side, height=side, fill="none",
            pointer_events="all"),
    )  # fmt: skip


def _scale(right: float, letters: int, side: float) -> list[str]:
    """What the shades mean, beside the title, where there is room for it."""
    if 8.0 * letters + 120 > side:
        return []
    shades = ((-1, "minus"), (-0.5, "minus"), (0, "page"), (0.5, "plus"), (1, "plus"))
    squares = [
        tag("rect", x=right - 76 + 12 * place, y=8, width=12, height=12, fill=colour(name),
            fill_opacity=abs(value) or 1, stroke=colour("hair"))
        for place, (value, name) in enumerate(shades)
    ]  # fmt: skip
    ends = [_label("−1", right - 80, 18, "end"), _label("1", right - 12, 18, "start")]
    return [tag("g", *squares, *ends)]


# Bars --------------------------------------------------------------------------------------------
def bars_svg(
    bars: Mapping[str, tuple[str, ArrayLike]],
    objects: Sequence[tuple[str, str, str]],
    *,
    title: str,
) -> str:
    """Horizontal bars for each object, beside its sentence: one for each voice, from one zero line.

    The highest number of each voice is bold. The description for screen readers says all of them.

    Args:
        bars: label → (voice, values of shape `[N]`). The voice is `"none"`, `"words"` or `"map"`:
            the colour of its bars above zero; below they are orange.
        objects: `(colour, shape, sentence)` of each.
        title: above the chart: what the numbers are.

    Raises:
        ValueError: if the numbers disagree.

    Example:
        >>> svg = bars_svg({"w": ("words", [1, -0.5])}, [("red", "box", "a"), ("blue", "key", "b")],
        ...                title="weights")
        >>> "<desc>Highest for w: a. a: w 1.00. b: w −0.50.</desc>" in svg
        True
    """
    values = np.array([rounded(numbers) for _, numbers in bars.values()])
    if values.shape != (len(bars), len(objects)):
        raise ValueError(f"{len(objects)} objects need as many values; got {values.shape[1:]}")
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    width, label, number_room, bar, top = 400.0, 164.0, 46.0, 13.0, 56.0
    row = bar * len(bars) + 10
    left = label + (number_room if low < 0 else 0)
    scale = (width - left - number_room) / max(high - low, 1e-9)
    zero, height = left - low * scale, top + row * len(objects) + 6
    highest = values.argmax(axis=1).tolist()
    legend = [(name, voice) for name, (voice, _) in bars.items()]
    marks, at = [], 0.0
    for name, hue in [*legend, ("below zero", "minus")] if low < 0 else legend:
        marks += [
            tag("rect", x=at, y=32, width=12, height=12, fill=colour(hue)),
            _label(text(name), at + 18, 43),
        ]
        at += 34 + 6.9 * len(name)
    told = [f"Highest for {name}: {objects[best][2]}"
            for name, best in zip(bars, highest, strict=True)]  # fmt: skip
    for place, (paint, shape, sentence) in enumerate(objects):
        y = top + place * row
        middle, said = y + row / 2, []
        marks += [
            tag("path", d=f"M0 {y:.1f}H{width:g}", stroke=colour("hair"), stroke_width=0.5),
            glyph(paint, shape, 12, middle, 15, sentence),
            _label(text(sentence, 22), 28, middle + 4.5),
        ]
        for number, (name, (voice, _)) in enumerate(bars.items()):
            value, under = float(values[number, place]), y + 5 + number * bar
            end = zero + value * scale
            written = f"{value:z.2f}".replace("-", "−")
            said.append(f"{name} {written}")
            marks += [
                tag("rect", x=min(zero, end), y=under + 1.5, width=abs(end - zero), height=bar - 3,
                    fill=colour("minus" if value < 0 else voice)),
                _label(written, end + (5 if value >= 0 else -5), under + bar - 2,
                       "start" if value >= 0 else "end",
                       font_weight=700 if place == highest[number] else None),
            ]  # fmt: skip
        told.append(f"{sentence}: {', '.join(said)}")
    return picture(
        width,
        height,
        title,
        ". ".join(told) + ".",
        _label(text(title), 0, 18, font_size=14),
        *marks,
        tag("path", d=f"M{zero:.1f} {top:.1f}V{height - 6:.1f}", stroke=colour("ink")),
    )


# Curves ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Axis:
    """One axis of a chart of curves.

    Attributes:
        label: what it shows, with its unit.
        low, high: its ends.
        ticks: where it is marked.
        log: a logarithmic one; its ends are positive.
        words: tick → what stands there in place of its number.

    Example:
        >>> Axis("steps", 1, 100, (1, 10, 100), log=True).share(10.0)
        0.5
    """

    label: str
    low: float
    high: float
    ticks: Sequence[float]
    log: bool = False
    words: Mapping[float, str] = field(default_factory=dict)

    def label_of(self, tick: float) -> str:
        """What stands at a tick."""
        big = f"{tick / 1e6:g}M" if tick >= 1e6 else f"{tick / 1e3:g}k"
        known = big if tick >= 10_000 else f"{tick:,g}".replace("-", "−")
        return self.words.get(tick, known)

    def share(self, value: float) -> float:
        """How far along the axis a value lies, from 0 to 1 between its ends."""
        if self.log:
            a, b, value = np.log(self.low), np.log(self.high), np.log(max(value, 1e-12))
        else:
            a, b = self.low, self.high
        return float((value - a) / (b - a))


def curves_svg(
    curves: Mapping[str, tuple[str, ArrayLike, ArrayLike]],
    x: Axis,
    y: Axis,
    *,
    title: str,
    description: str = "",
    cursor: float | None = None,
    signs: Iterable[tuple[float, float, str, str]] = (),
    width: float = 460,
    height: float = 280,
) -> str:
    """Curves, named on the right, each at the height of its end where there is room.

    Args:
        curves: label → (voice, x values, y values), the latter of one shape `[K]`; voices as for
            `bars_svg`.
        x, y: the axes.
        title, description: for screen readers, and above the chart.
        cursor: a vertical line at this x.
        signs: `(x, y, voice, sign)` of each, a name in `SIGNS`.

    Example:
        >>> svg = curves_svg({"a": ("map", [0, 1], [0, 1])}, Axis("x", 0, 1, (0, 1)),
        ...     Axis("y", 0, 1, (0, 1)), title="A line")
        >>> "M62.0 232.0L" in svg
        True
    """
    right = 40 + 8.2 * max((len(label) for label in curves), default=0)
    left, top, bottom = 62.0, 32.0, 48.0
    across, up = width - left - right, height - top - bottom

    def place(a: float, b: float) -> tuple[float, float]:
        at_y = float(np.clip(y.share(b), -0.02, 1.02))
        return left + across * x.share(a), top + up * (1 - at_y)

    marks = []
    for value in x.ticks:
        at, _ = place(value, y.low)
        marks += [
            tag("path", d=f"M{at:.1f} {top:.1f}v{up:.1f}", stroke=colour("hair")),
            _label(x.label_of(value), at, top + up + 18, "middle"),
        ]
    for value in y.ticks:
        _, at = place(x.low, value)
        marks += [
            tag("path", d=f"M{left:.1f} {at:.1f}h{across:.1f}", stroke=colour("hair")),
            _label(y.label_of(value), left - 6, at + 5, "end"),
        ]
    ends = []
    for label, (voice, xs, ys) in curves.items():
        pairs = zip(np.asarray(xs, float).tolist(), np.asarray(ys, float).tolist(), strict=True)
        points = [place(*pair) for pair in pairs]
        if not points:
            continue
        ends.append((points[-1][1], label, voice))
        line = "L".join(f"{a:.1f} {b:.1f}" for a, b in points)
        marks.append(tag("path", d=f"M{line}", fill="none", **_pen(voice), stroke_linejoin="round"))
    for a, b, voice, sign in signs:
        at_x, at_y = place(a, b)
        marks.append(sign_svg(sign, at_x, at_y, voice))
    last, edge = -np.inf, left + across
    for number, (at, label, voice) in enumerate(sorted(ends), start=1):
        # Labels that would overlap are moved apart, and stay beside the chart.
        last = max(min(at, top + up - 16 * (len(ends) - number)), last + 16)
        marks += [
            tag("path", d=f"M{edge + 8:.1f} {last:.1f}h20", **_pen(voice)),
            _label(text(label), edge + 34, last + 5, hue=voice),
        ]
    if cursor is not None:
        at, _ = place(cursor, y.low)
        marks.append(tag("path", d=f"M{at:.1f} {top:.1f}v{up:.1f}", stroke=colour("ink")))
    return picture(
        width,
        height,
        title,
        description,
        _label(text(title), 0, 18, font_size=14),
        *marks,
        _label(text(x.label), left + across / 2, height - 8, "middle"),
        tag("text", text(y.label), x=0, y=0, font_size=13, text_anchor="middle",
            fill=colour("ink"), transform=f"translate(14 {top + up / 2:.1f}) rotate(-90)"),
    )  # fmt: skip


def sign_svg(sign: str, x: float, y: float, voice: str) -> str:
    """A sign on a curve, by its name in `SIGNS`.

    Example:
        >>> sign_svg("ring", 0, 0, "map") == sign_svg("disc", 0, 0, "map")
        False
    """
    return tag("path", d=f"M{x:.1f} {y:.1f}{SIGNS[sign]}", stroke=colour(voice), stroke_width=2,
               fill=colour(voice if sign == "disc" else "page"))  # fmt: skip


def _pen(voice: str) -> dict[str, Any]:
    width = 3 if voice == "map" else 2
    return {"stroke": colour(voice), "stroke_width": width, "stroke_dasharray": DASHES[voice]}
