"""Where things lie in the alignment scrubber's picture: two charts above one scale of steps."""

from __future__ import annotations

from collections.abc import Sequence

from cliprl_lite.pictures.drawing import colour, tag

SIDE, WIDE, HIGH = 288, 352, 346
"""Pixels: the heatmap's side, the charts' width, the height of both."""

LEFT, ACROSS = 34.0, 280.0
LOSS_TOP, WEIGHT_TOP, UP, TRACK = 32.0, 170.0, 92.0, 294.0
HIGHEST_LOSS = 4.0

APART = 22.0
"""Least distance of two numbers of the scale, in pixels; a mark closer to the last has none."""

DIGIT, GAP = 8.0, 4.0
"""Width of a digit and of the gap before the next number, which moves right if need be; pixels."""


def axes(title: str, top: float, ticks: Sequence[float], high: float) -> list[str]:
    """Title, lines and numbers of one of the two charts.

    Example:
        >>> sum("<text" in part for part in axes("loss", 32, (0, 2), 4))
        3
    """
    drawn = [tag("text", title, x=LEFT, y=top - 14, font_size=14, fill=colour("ink"))]
    for value in ticks:
        at = top + UP * (1 - value / high)
        drawn += [
            tag("path", d=f"M{LEFT} {at:.1f}h{ACROSS}", stroke=colour("hair")),
            tag("text", f"{value:g}", x=LEFT - 7, y=at + 5, font_size=13, text_anchor="end",
                fill=colour("ink")),
        ]  # fmt: skip
    return drawn


def track(marks: Sequence[int], across: Sequence[float]) -> list[str]:
    """The scale of steps, along which the handle slides.

    Args:
        marks: numbers of steps.
        across: where they lie, in pixels.

    Example: 2 lies too close to 1 to be written.
        >>> drawn = "".join(track([0, 1, 2, 100], [0.0, 30.0, 40.0, 200.0]))
        >>> [f">{mark}<" in drawn for mark in (0, 1, 2, 100)]
        [True, True, False, True]
    """
    drawn = [
        tag("path", d=f"M{LEFT} {TRACK}h{ACROSS}", stroke=colour("none"), stroke_width=4,
            stroke_linecap="round"),
        tag("text", "training steps", x=LEFT + ACROSS / 2, y=TRACK + 44, font_size=13,
            text_anchor="middle", fill=colour("ink")),
    ]  # fmt: skip
    last, end = -APART, -APART
    for mark, x in zip(marks, across, strict=True):
        drawn.append(tag("path", d=f"M{x} {TRACK - 5}v10", stroke=colour("none"), stroke_width=1.5))
        if x - last >= APART:
            number = f"{mark:,}"
            half = DIGIT * len(number) / 2
            at = max(x, round(end + GAP + half, 1))
            last, end = x, at + half
            drawn.append(
                tag("text", number, x=at, y=TRACK + 24, font_size=13, text_anchor="middle",
                    fill=colour("ink"))
            )  # fmt: skip
    return drawn
