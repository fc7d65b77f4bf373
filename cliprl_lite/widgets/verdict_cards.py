"""Six claims as cards, a drop-down for each choice that the paper leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import pandas as pd
import traitlets

from cliprl_lite.experiments.claims import (
    CHOICES,
    CLAIMS,
    START,
    Claim,
    complete,
)
from cliprl_lite.experiments.judge import Finding, Judge
from cliprl_lite.pictures.drawing import colour, picture, tag, text
from cliprl_lite.transfer.methods import METHODS
from cliprl_lite.widgets.base import Asked, Refused, module, style
from cliprl_lite.widgets.card_pictures import card_svg, sign_svg

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
                self.told = f"Different from the starting choices: {these}."
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
