"""The picture of a ruler: sentences as ticks, with labels that make room for each other."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cliprl_lite.language.sentences import NOVEL_BELOW
from cliprl_lite.pictures.drawing import colour, picture, printable, tag, text
from cliprl_lite.widgets.words import decimals

LONGEST_SENTENCE = 200
"""Characters of a typed sentence that are read; the rest is cut, and the widget says so."""

CALLED = ("", "right", "wrong")
"""What a reader can call a sentence: nothing yet, the right task, a wrong one."""

_WIDTH, _TOP, _LENGTH, _GAP = 690, 58, 400, 34
_HEIGHT = _TOP + _LENGTH + 56
_RULER, _LABEL, _LABEL_WIDTH = 62, 128, 332


@dataclass(frozen=True)
class Tick:
    """A sentence on the ruler.

    Attributes:
        sentence: as it was typed, cleaned.
        cosine: with the anchor, rounded to six decimals, as all scores are.
        task: what the reader calls it, one of `CALLED`.
    """

    sentence: str
    cosine: float
    task: str = ""


def ruler_svg(
    anchor: str,
    ticks: Sequence[Tick],
    *,
    live: Tick | None = None,
    known: Sequence[Tick] = (),
    loud: Collection[Tick] = (),
    said: str = "",
) -> tuple[str, list[float]]:
    """The ruler, and how far down each tick's label is, in per cent of the picture's height.

    Args:
        anchor: stands at 1.
        ticks: the placed sentences.
        live: the one that is being typed, drawn hollow and dashed.
        known: short marks at the ruler's left, and a line below which a cosine means nothing.
        loud: ticks in bold.
        said: a line below.

    Example:
        >>> svg, (place,) = ruler_svg("go home", [Tick("go away", 0.5)])
        >>> 50 < place < 52
        True
    """
    rows = [(Tick(anchor, 1.0), "anchor")]
    rows += [(tick, tick.task or "placed") for tick in ticks]
    if live:
        rows.append((live, "live"))
    heights = [_height(tick.cosine) for tick, _ in rows]
    labels = spread(heights, _GAP, _TOP, _TOP + _LENGTH + 14)
    drawn = [
        _row(tick, kind, height, label, bold=kind == "anchor" or tick in loud)
        for (tick, kind), height, label in zip(rows, heights, labels, strict=True)
    ]
    listed = "; ".join(
        f"{written(tick.cosine)} {printable(tick.sentence)}"
        + ("" if kind == "placed" else f" ({_NAMES[kind]})")
        for tick, kind in sorted(rows[1:], key=lambda row: -row[0].cosine)
    )
    svg = picture(
        _WIDTH,
        _HEIGHT,
        "A ruler of cosine similarity",
        f"A vertical ruler from 0 to 1. The anchor, {printable(anchor)}, stands at 1. "
        f"Below it: {listed or 'nothing yet'}. {said}".strip(),
        tag("rect", width=_WIDTH, height=_HEIGHT, fill=colour("page")),
        tag("text", "cosine similarity with the anchor", x=0, y=24, font_size=14,
            fill=colour("ink")),
        _axis(),
        *_known_marks(known),
        *drawn,
        tag("text", text(said, 120), x=0, y=_HEIGHT - 8, font_size=13, font_weight=600,
            fill=colour("ink"), class_="cl-nearest" if known and not loud else None)
        if said else "",
    )  # fmt: skip
    return svg, [100 * label / _HEIGHT for label in labels[1 : 1 + len(ticks)]]


_NAMES = {"right": "right task", "wrong": "wrong task", "live": "being typed"}


def _known_marks(known: Sequence[Tick]) -> list[str]:
    if not known:
        return []
    limit = _height(NOVEL_BELOW)
    marks = [
        tag("path", tag("title", text(f"{written(tick.cosine)} {tick.sentence}")),
            d=f"M{_RULER - 18} {_height(tick.cosine):.1f}h12", stroke=colour("ink"),
            stroke_width=3, class_="cl-known")
        for tick in known
    ]  # fmt: skip
    line = tag("path", d=f"M{_RULER - 24} {limit:.1f}h48", stroke=colour("ink"),
               stroke_dasharray="3 3")  # fmt: skip
    return [line, *marks]


# ---------------------------------------------------------------------------------------------
# Text
# ---------------------------------------------------------------------------------------------
def clean(typed: str) -> str:
    """A typed sentence as it is read: one line, whole characters, cut at `LONGEST_SENTENCE`.

    Example:
        >>> clean("  go to\\n the red cone ")
        'go to the red cone'
    """
    head = typed[: 4 * LONGEST_SENTENCE]
    whole = "".join("\ufffd" if "\ud800" <= mark <= "\udfff" else mark for mark in head)
    return " ".join(whole.replace("\x00", " ").split())[:LONGEST_SENTENCE].rstrip()


def written(cosine: float) -> str:
    """A cosine in two decimals, or in three if two would make it 1 though it is not.

    Example:
        >>> written(0.5816), written(0.999), written(-0.04), written(1.0)
        ('0.58', '0.999', '−0.04', '1.00')
    """
    return decimals(cosine, 3 if 0.995 <= cosine < 0.9995 else 2)


def fitted(sentence: str, width: float, size: float = 14) -> str:
    """A sentence, cut where it would be wider than `width` pixels, by a cautious guess.

    Example:
        >>> fitted("go to the red cone", 70)
        'go to …'
    """
    shown, used = "", 0.0
    for mark in sentence:
        if unicodedata.east_asian_width(mark) in "WF":
            used += 1.4 * size
        elif not unicodedata.combining(mark):
            used += size * (1.0 if mark in "mwMWQO@%—" else 0.75 if mark.isupper() else 0.6)
        if used > width - 0.9 * size and shown != sentence[:-1]:
            return shown + "…"
        shown += mark
    return shown


# ---------------------------------------------------------------------------------------------
# Places
# ---------------------------------------------------------------------------------------------
def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places moved apart until neighbours are `gap` or more apart, in their order, within bounds.

    Places that coincide keep the order in which they come. If there is too little room, the last
    ones go beyond `high`.

    Example:
        >>> spread([10, 50, 12], gap=10, low=5, high=60)
        [6.0, 50.0, 16.0]
    """
    order = sorted(range(len(places)), key=lambda number: places[number])
    blocks: list[list[float]] = []  # of touching places: the sum of wished starts, their number
    for number in order:
        blocks.append([float(places[number]), 1.0])
        while len(blocks) > 1 and _start(blocks[-2], gap, low, high) + blocks[-2][1] * gap > _start(
            blocks[-1], gap, low, high
        ):
            wished, count = blocks.pop()
            blocks[-1][0] += wished - blocks[-1][1] * count * gap
            blocks[-1][1] += count
    moved = [0.0] * len(places)
    following = iter(order)
    for block in blocks:
        start = _start(block, gap, low, high)
        for step in range(int(block[1])):
            moved[next(following)] = start + step * gap
    return moved


def _start(block: Sequence[float], gap: float, low: float, high: float) -> float:
    """Where a block of touching places begins: the mean of what its places wish, within bounds."""
    wished, count = block
    return max(low, min(wished / count, high - (count - 1) * gap))


def _height(cosine: float) -> float:
    """Pixels from the top; a cosine beyond the ruler's ends stands at its end."""
    return _TOP + _LENGTH * (1 - min(1.0, max(0.0, cosine)))


def _axis() -> str:
    """The ruler, marked every 0.1 and numbered every 0.2."""
    steps = [number / 10 for number in range(11)]
    minor = "".join(f"M{_RULER - 3} {_height(step):.1f}h6" for step in steps)
    numbers = [
        tag("text", f"{step:.1f}", x=_RULER - 28, y=_height(step) + 5, font_size=13,
            text_anchor="end", fill=colour("ink"))
        for step in steps[::2]
    ]  # fmt: skip
    line = f"M{_RULER} {_TOP - 6}V{_TOP + _LENGTH + 6}{minor}"
    return tag("g", tag("path", d=line, stroke=colour("ink"), stroke_width=2), *numbers)


def _row(tick: Tick, kind: str, height: float, label: float, bold: bool) -> str:
    """A tick, its leader line, its number, its mark and its sentence."""
    live, ink = kind == "live", colour("ink")
    leader = tag("path", d=f"M{_RULER + 4} {height:.1f}h6L{_LABEL - 54} {label:.1f}h4", stroke=ink,
                 fill="none", stroke_width=2 if bold or live else 1,
                 stroke_dasharray="5 3" if live else None)  # fmt: skip
    dot = tag("circle", cx=_RULER, cy=height, r=5.0 if bold or live else 4.0,
               fill=colour("page") if live else ink, stroke=ink, stroke_width=2)  # fmt: skip
    sign = {"right": "✓", "wrong": "✗"}.get(kind, "")
    shape = {"rx": 9 if kind == "right" else 2, "fill": "none", "stroke": ink}
    badge = tag("rect", x=_LABEL + 10, y=label - 9, width=18, height=18, **shape) + tag(
        "text", sign, x=_LABEL + 19, y=label + 5, font_size=13, text_anchor="middle", fill=ink
    )
    named = ("anchor: " if kind == "anchor" else "") + tick.sentence
    named = fitted(named, _LABEL_WIDTH / 1.12 if bold else _LABEL_WIDTH)
    return tag(
        "g",
        tag("title", text(f"{written(tick.cosine)} {tick.sentence}", 220)),
        leader,
        dot,
        tag("text", written(tick.cosine), x=_LABEL + 2, y=label + 5, font_size=14,
            text_anchor="end", font_weight=600, fill=ink),
        badge if sign else "",
        tag("text", text(named), x=_LABEL + 36, y=label + 5, font_size=14, direction="ltr",
            font_weight=700 if bold else None, font_style="italic" if live else None, fill=ink),
        data_kind=kind,
    )  # fmt: skip
