"""Six claims as cards, a drop-down for each choice that the paper leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
import traitlets

from cliprl_lite.experiments.claims import (
    CHOICES,
    CLAIMS,
    START,
    Claim,
    Finding,
    Judge,
    Row,
    complete,
)
from cliprl_lite.pictures.drawing import colour, picture, tag, text
from cliprl_lite.transfer.methods import METHODS
from cliprl_lite.widgets.base import Asked, Refused, module, style

ASKED = {
    "clock": "Clock",
    "target": "Target",
    "algorithm_2": "Algorithm 2 is run",
    "temperature": "δ, as printed",
    "length": "Training, as printed",
    "optimiser": "Optimiser, as printed",
    "algorithm_1": "Algorithm 1 weighs",
    "statistic": "Statistic",
}
"""The label of each drop-down."""

_WIDTH, _LEFT, _RIGHT, _TOP, _ROWS = 208.0, 66.0, 22.0, 20.0, 96.0
_OCTAVES = 7.0


class VerdictCards(Asked):
    """Claims as cards: what the tables say to each, under the choices that the reader makes.

    Args:
        table: runs of the paper's task at several sizes, as `figure2.csv`.
        worlds: runs in worlds with leave-one-out, as `worlds.csv`.
        cells: what Algorithm 2 as printed does under every choice, as `read_cells` gives it.

    Attributes:
        choices: what is chosen now, choice → value.
        cards: what each card shows.
        told: how many cards differ from the starting choices, and which.
        resting: choices that no card asks for now.

    Raises:
        ValueError: if a table lacks runs that a card needs.

    Example:
        >>> from cliprl_lite import data_path, read_table
        >>> from cliprl_lite.experiments.multiverse import read_cells
        >>> tables = [read_table(data_path("results", f"{name}.csv"))
        ...           for name in ("figure2", "worlds")]
        >>> app = VerdictCards(*tables, read_cells())
        >>> app.choose(target="mismatch")
        >>> app.verdicts["halved"], len(app.differs)
        ('not confirmed', 4)
        >>> app.reset()
        >>> app.differs
        []
    """

    _esm, _css = module("verdict_cards"), style("verdict_cards")
    offered: traitlets.List[Any] = traitlets.List().tag(sync=True)
    start: traitlets.Dict[str, str] = traitlets.Dict().tag(sync=True)
    choices: traitlets.Dict[str, str] = traitlets.Dict().tag(sync=True, heard=True)
    cards: traitlets.List[Any] = traitlets.List().tag(sync=True)
    told = traitlets.Unicode().tag(sync=True)
    resting: traitlets.List[str] = traitlets.List().tag(sync=True)

    def __init__(self, table: pd.DataFrame, worlds: pd.DataFrame, cells: pd.DataFrame) -> None:
        self._judge = Judge(table, worlds, cells)
        self._found: dict[str, Finding] = {}
        self._was: dict[str, str] = {}
        super().__init__(
            offered=[
                {"name": name, "label": ASKED[name], "values": list(map(list, values.items()))}
                for name, values in CHOICES.items()
            ],
            start=START,
            choices=START,
        )
        self._begin = self.under()
        self._show(START)
        self.status = ""
        self.observe(lambda _: self._show(self.choices), "choices")

    def choose(self, **choices: str) -> None:
        """Change some of the choices: `choose(clock="first20", algorithm_2="text")`.

        Raises:
            ValueError: for a choice or value that there is not; the message lists those there are.
        """
        self.choices = complete(self.choices | choices)

    def reset(self) -> None:
        """Go back to the starting choices, with no card marked."""
        self.choices = dict(START)
        self._was = {}
        self._draw()
        self.status, self.error = "Back at the starting choices.", ""

    def _do(self, button: Any) -> None:
        if button != "reset":
            raise ValueError(f"there is no button {str(button)[:40]!r}")
        self.reset()

    def under(self, **choices: str) -> dict[str, str]:
        """Card → verdict, with these of the starting choices changed; what is shown stays.

        Raises:
            ValueError: for a choice or value that there is not.
        """
        return self._judge.verdicts(choices)

    @property
    def verdicts(self) -> dict[str, str]:
        """Card → verdict in words, under what is chosen now."""
        return {name: found.verdict for name, found in self._found.items()}

    @property
    def changed(self) -> list[str]:
        """Cards that the last choice changed."""
        return list(self._was)

    @property
    def differs(self) -> list[str]:
        """Cards whose verdict is another than under the starting choices."""
        return [name for name, words in self.verdicts.items() if words != self._begin[name]]

    @traitlets.validate("choices")
    def _known(self, proposal: Any) -> dict[str, str]:
        try:
            return dict(complete(proposal["value"]))
        except ValueError as problem:
            raise Refused(str(problem)) from None

    def _show(self, choices: Mapping[str, str]) -> None:
        self.error, before = "", self.verdicts
        self._found = {name: self._judge.finding(name, choices) for name in CLAIMS}
        self._was = {
            name: before[name] for name in before if before[name] != self._found[name].verdict
        }
        self._draw()

    def _draw(self) -> None:
        choices = complete(self.choices)
        numbers = {name: number for number, name in enumerate(CLAIMS, start=1)}
        apart = [str(numbers[name]) for name in self.differs]
        asked = {choice for claim in CLAIMS.values() for choice in claim.asks(choices)}
        with self.hold_sync():
            self.resting = [name for name in CHOICES if name not in asked]
            self.cards = [
                {
                    "claim": f"{numbers[name]} · {CLAIMS[name].words}",
                    "short": f"{numbers[name]} {CLAIMS[name].short}",
                    "verdict": found.verdict,
                    "sign": sign_svg(found.mark),
                    "was": self._was.get(name, ""),
                    "picture": card_svg(CLAIMS[name], found),
                    "note": _note(CLAIMS[name], choices),
                }
                for name, found in self._found.items()
            ]
            if dict(choices) == START:
                self.told = "These are the starting choices."
            elif apart:
                these = f"{len(apart)} of {len(CLAIMS)} cards ({', '.join(apart)})"
                self.told = f"Other than under the starting choices: {these}."
            else:
                self.told = "Every card says what it said under the starting choices."
            moved = [
                f"card {numbers[name]} was {was}, is {self._found[name].verdict}"
                for name, was in self._was.items()
            ]
            said = f"Changed by this choice: {'; '.join(moved)}."
            self.status = said if moved else "This choice changed no card."

    def summary(self) -> str:
        chosen = ", ".join(CHOICES[name][value] for name, value in self.choices.items())
        said = "; ".join(f"{n} {words}" for n, words in enumerate(self.verdicts.values(), start=1))
        return f"{chosen}: {said}"

    def svg(self) -> str:
        step, height, top = 232.0, 318.0, 104.0
        width = 3 * step
        chosen = " · ".join(
            f"{ASKED[name]}: {CHOICES[name][value]}"
            for name, value in self.choices.items()
            if name not in self.resting
        )
        marks = []
        for place, card in enumerate(self.cards):
            x, y = step * (place % 3) + 4, top + height * (place // 3)
            lines = [
                tag("text", text(line), x=8, y=22 + 17 * n, font_size=14, font_weight=600,
                    fill=colour("ink"))
                for n, line in enumerate(wrap(card["claim"], 28))
            ] + [
                tag("text", text(line), x=8, y=262 + 16 * n, font_size=13, fill=colour("ink"))
                for n, line in enumerate(wrap(card["note"], 33))
            ]  # fmt: skip
            was = f"was: {card['was']}" if card["was"] else ""
            marks.append(
                tag(
                    "g",
                    tag("rect", width=step - 8, height=height - 8, rx=6, fill=colour("page"),
                        stroke=colour("map" if was else "hair"), stroke_width=3 if was else 1),
                    *lines,
                    tag("g", card["sign"], transform="translate(8 68)"),
                    tag("text", text(card["verdict"]), x=32, y=82, font_size=15, font_weight=700,
                        fill=colour("ink")),
                    tag("text", text(was), x=32, y=99, font_size=13, fill=colour("ink")),
                    tag("g", card["picture"], transform="translate(8 106)"),
                    transform=f"translate({x:g} {y:g})",
                )
            )  # fmt: skip
        told = f"{self.told} " + "; ".join(
            f"{card['claim']}: {card['verdict']}" for card in self.cards
        )
        return picture(
            width, top + 2 * height, "Six claims and their verdicts", told + ".",
            tag("rect", width=width, height=top + 2 * height, fill=colour("page")),
            *(
                tag("text", text(line, 160), x=4, y=20 + 17 * n, font_size=13, fill=colour("ink"))
                for n, line in enumerate(wrap(chosen, 100))
            ),
            tag("text", text(self.told, 160), x=4, y=90, font_size=14, font_weight=600,
                fill=colour("ink")),
            *marks,
        )  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Pictures
# ---------------------------------------------------------------------------------------------
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


def _note(claim: Claim, choices: Mapping[str, str]) -> str:
    """What the numbers are."""
    if claim.kind == "share":
        return "Share of right picks; squares: by words."
    above, below = map(_label, claim.compared(choices))
    how = " Slope: of its log₂, by size." if claim.kind == "growth" else ""
    return f"Steps: {above} / {below}.{how}"


def _label(method: str) -> str:
    """The words for a method, or for a combination of the multiverse."""
    return METHODS[method].label if method in METHODS else "Algorithm 2, as printed"
