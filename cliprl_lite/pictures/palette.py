"""The palette: one hue, one meaning, in the light and in the dark theme.

Everything that draws takes its colours from here: `drawing` and `charts` by the names of CSS
variables, whose values `widgets/course.css` repeats, `result_plots` and `gym_env` as numbers, the
site's pages through `docs/site/course_pages/assets.py`. No hue stands alone: objects have shapes
and cues, voices have dashes and letters, numbers are written out.
"""

from __future__ import annotations

HUES = {
    # What everything is drawn on and with
    "page": ("#fbfaf7", "#15181e"),  # the ground of every picture; a similarity of 0
    "ink": ("#1f1f1f", "#f2f2f2"),  # text, outlines, arrows, the goal
    "hair": ("#d9d6cf", "#343a44"),  # grids, and what parts one square from the next
    "floor": ("#ffffff", "#1d2129"),  # a free square
    "wall": ("#3a3a3a", "#8a8f98"),  # a wall, and the frame of a map
    "deep": ("#6b7280", "#7d8696"),  # shade on the floor
    # Objects
    "red": ("#c8321e", "#e4573d"),
    "blue": ("#2a64d0", "#6c9bf0"),
    "green": ("#2e9e4f", "#4fbf70"),
    "yellow": ("#f5d327", "#f5d327"),
    "purple": ("#6a35c9", "#a98bf0"),  # this and grey are BabyAI's
    "grey": ("#8b9098", "#8b9098"),
    # Voices
    "none": ("#737373", "#a3a3a3"),  # no teacher: learning from scratch, and controls
    "words": ("#1f1f1f", "#f2f2f2"),  # what the words say: Algorithm 1
    "map": ("#9b2d8f", "#d68acb"),  # what the map says: Algorithm 2
    # Signs
    "minus": ("#d9822b", "#e8a055"),  # a number below zero, a square that is wrong
    "plus": ("#23272e", "#f2f2f2"),  # a similarity above zero
}
"""Name → its colour in the light theme and in the dark one."""

LIGHT = {name: light for name, (light, _) in HUES.items()}
"""The light theme, also for paper, for plotly's figures, and for all that has no themes."""

DARK = {name: dark for name, (_, dark) in HUES.items()}
"""The dark theme."""


def rgb(name: str) -> tuple[int, int, int]:
    """Red, green and blue of a colour in the light theme, each 0 to 255.

    Example:
        >>> rgb("map")
        (155, 45, 143)
    """
    red, green, blue = bytes.fromhex(LIGHT[name][1:])
    return red, green, blue
