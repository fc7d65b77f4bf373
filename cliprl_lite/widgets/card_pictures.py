"""What a card looks like: its sign, and the numbers behind its verdict."""

from __future__ import annotations

import numpy as np

from cliprl_lite.experiments.claims import Claim
from cliprl_lite.experiments.judge import Finding, Row
from cliprl_lite.pictures.drawing import colour, picture, tag, text

_WIDTH, _LEFT, _RIGHT, _TOP, _ROWS = 208.0, 66.0, 22.0, 20.0, 96.0
_OCTAVES = 7.0


def sign_svg(mark: str) -> str:
    """A tick, a cross or a half-filled disc, in a circle.

    Example:
        >>> sign_svg("half") == sign_svg("no")
        False
    """
    inside = {
        "yes": tag("path", d="M5 9.5l3 3.5l5.5-7", stroke_width=2.2),
        "no": tag("path", d="M5.8 5.8l6.4 6.4M12.2 5.8l-6.4 6.4", stroke_width=2.2),
        "half": tag("path", d="M9 1.5a7.5 7.5 0 0 1 0 15z", fill=colour("ink"), stroke_width=0),
    }
    return picture(
        18, 18, {"yes": "tick", "no": "cross", "half": "half"}[mark], "",
        tag("g", tag("circle", cx=9, cy=9, r=7.5), inside[mark], fill="none",
            stroke=colour("ink"), stroke_width=1.5),
    )  # fmt: skip


def card_svg(claim: Claim, found: Finding) -> str:
    """The numbers behind a verdict: a row each, with its interval and the claim's line.

    Example:
        >>> from cliprl_lite.experiments.statistics import Interval
        >>> row = Row("8×8", Interval(0.25, 0.2, 0.3, 9), True)
        >>> claim = Claim("halved", "half", "ratio", "a", "b", 0.5)
        >>> svg = card_svg(claim, Finding("confirmed", (row,)))
        >>> "holds here" in svg, "8×8: 0.25 (0.20 to 0.30), holds" in svg
        (True, True)
    """
    share = claim.kind == "share"
    ticks = (0.0, 0.5, 1.0) if share else (2.0**-6, 1.0, 2.0**6)
    bottom, right = _TOP + _ROWS, _WIDTH - _RIGHT
    line = _across(claim.factor, share)
    marks = []
    for tick in ticks:
        x = _across(tick, share)
        words = {0.0: "0", 0.5: "½", 1.0: "1"}[tick] if share else _number(tick)
        marks += [
            tag("path", d=f"M{x:.1f} {_TOP}V{bottom}", stroke=colour("hair")),
            tag("text", words, x=x, y=bottom + 17, font_size=13, text_anchor="middle",
                fill=colour("ink")),
        ]  # fmt: skip
    if claim.kind == "growth" and found.slope is not None:
        slope = (found.slope.value, found.slope.low, found.slope.high)
        shown = "{} ({} to {})".format(*(f"{one:+z.2f}".replace("-", "−") for one in slope))
        marks.append(_text(f"slope {shown}", 0, 13))
        told = f"The slope is {shown}. "
    else:
        side = (line, right - line) if share else (_LEFT, line - _LEFT)
        half = "½" if claim.factor == 0.5 else "1"
        marks += [
            tag("rect", x=side[0], y=_TOP, width=side[1], height=_ROWS, fill=colour("hair"),
                fill_opacity=0.5),
            tag("path", d=f"M{line:.1f} {_TOP - 3}V{bottom}", stroke=colour("ink"),
                stroke_width=1.5),
            _text(half, line, 14, "middle"),
            _text("holds here", line + (12 if share else -12), 14, "start" if share else "end"),
        ]  # fmt: skip
        told = f"The claim holds {'above' if share else 'below'} {half}. "
    step = _ROWS / len(found.rows)
    voice = "words" if claim.method == "algorithm_1" else "map"
    for place, row in enumerate(found.rows):
        marks.append(_row(row, _TOP + (place + 0.5) * step, share, voice))
    fitted = [
        f"{_across(row.fitted, share):.1f} {_TOP + (place + 0.5) * step:.1f}"
        for place, row in enumerate(found.rows)
        if row.fitted is not None
    ]
    if fitted:
        marks.append(
            tag("path", d="M" + "L".join(fitted), fill="none", stroke=colour("none"),
                stroke_width=1.5, stroke_dasharray="1.5 3")
        )  # fmt: skip
    told += "; ".join(map(_told, found.rows))
    return picture(_WIDTH, bottom + 24, claim.words, told + ".", *marks)


def _across(value: float, share: bool) -> float:
    """Where a value lies; ratios end at ±7 octaves."""
    part = value if share else (np.clip(np.log2(value) / _OCTAVES, -1, 1) + 1) / 2
    return float(_LEFT + part * (_WIDTH - _RIGHT - _LEFT))


def _row(row: Row, y: float, share: bool, voice: str) -> str:
    found = row.found
    paint = colour(voice)
    marks = [_text(row.label, 0, y + 4.5)]
    if row.other is not None:
        marks.append(_point(_across(row.other, share), y, "words"))
    if not share and abs(np.log2(found.value)) > _OCTAVES:  # beyond the edge: written out
        side = 1 if found.value > 1 else -1
        x = _across(found.value, share)
        marks += [
            tag("path", d=f"M{x:.1f} {y:.1f}l{-9 * side} -6v12z", fill=paint),
            tag("text", _number(found.value), x=x - 14 * side, y=y + 4.5, font_size=13,
                text_anchor="end" if side > 0 else "start", fill=colour("ink"),
                paint_order="stroke", stroke=colour("page"), stroke_width=3),
        ]  # fmt: skip
    else:
        low, high = (_across(end, share) for end in (found.low, found.high))
        marks += [
            tag("path", d=f"M{low:.1f} {y:.1f}H{max(high, low + 0.5):.1f}", stroke=paint,
                stroke_width=3),
            _point(_across(found.value, share), y, voice),
        ]  # fmt: skip
    if row.holds is not None:
        x = _WIDTH - 17
        d = "m1 0l4 4.5l7-9" if row.holds else "m2 -4l8 8m0 -8l-8 8"
        marks.append(
            tag("path", d=f"M{x:.1f} {y:.1f}{d}", fill="none", stroke=colour("ink"), stroke_width=2)
        )
    return tag("g", tag("title", text(_told(row), 120)), *marks)


def _point(x: float, y: float, voice: str) -> str:
    """A disc for what the map says, a square for what words say."""
    if voice == "words":
        return tag("rect", x=x - 4.5, y=y - 4.5, width=9, height=9, fill=colour("words"))
    return tag("circle", cx=x, cy=y, r=5, fill=colour(voice))


def _text(words: str, x: float, y: float, anchor: str | None = None) -> str:
    return tag("text", text(words), x=x, y=y, font_size=13, text_anchor=anchor, fill=colour("ink"))


def _told(row: Row) -> str:
    low, value, high = row.found.low, row.found.value, row.found.high
    said = f"{row.label}: {_plain(value)} ({_plain(low)} to {_plain(high)})"
    if row.other is not None:
        said += f", by words {_plain(row.other)}"
    return said + {True: ", holds", False: ", does not hold", None: ""}[row.holds]


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def _number(ratio: float) -> str:
    """A ratio far from one, for an axis: 64 or 1/64."""
    return f"{ratio:,.0f}" if ratio >= 1 else f"1/{1 / ratio:,.0f}"
