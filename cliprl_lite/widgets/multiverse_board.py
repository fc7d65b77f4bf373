"""Every combination of the open choices on one page: a specification curve to walk along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import traitlets

from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.claims import (
    CHOICES,
    CLAIMS,
    START,
    WORLDS,
    complete,
    every_combination,
)
from cliprl_lite.experiments.multiverse import VALUE_WORDS, percent, what_decides
from cliprl_lite.pictures.multiverse_plot import (
    CURVE,
    LEFT,
    TOP,
    specification_svg,
    step_of,
)
from cliprl_lite.widgets.base import CourseWidget, Refused, module, style

SHOWN = [name for name, claim in CLAIMS.items() if claim.uses("algorithm_2")]
"""The claims in which Algorithm 2 is one side."""

OPEN_HERE: tuple[str, ...] = ("clock", "target", "algorithm_1")
"""Choices of the cards that are no part of a combination."""

ASKED = {
    "claim": "Claim",
    "place": "Grid",
    "world": "World",
    "clock": "Clock",
    "target": "Target",
    "algorithm_1": "Algorithm 1 weighs",
}
"""The label of each drop-down."""

_Y_TITLES = {
    "halved": "steps / Alg. 1’s",
    "grows": "slope of log₂",
    "beats scratch": "steps / scratch’s",
    "not just sharper": "/ the sharpened’s",
    "right favourite": "picks right",
}


class MultiverseBoard(CourseWidget):
    """All combinations of the choices that the paper leaves open, for one claim at one place.

    Args:
        cells: what Algorithm 2 as printed does under every choice, as `read_cells` gives it.
        choices: what to begin with, see `choices`.

    Attributes:
        choices: claim, grid, world, clock, target and Algorithm 1.
        picture: the specification curve.
        spots: a line for each combination, in the order of the curve: the number of its value in
            each choice, as digits, and its number with interval.

    Raises:
        ValueError: for a choice or value that there is not.

    Example:
        >>> from cliprl_lite.experiments.multiverse import read_cells
        >>> board = MultiverseBoard(read_cells(), place="corners_8")
        >>> len(board.spots.splitlines()), board.status.startswith("Algorithm 2 needs at most half")
        (576, True)
    """

    _esm, _css = module("multiverse_board"), style("multiverse_board")
    offered: traitlets.List[Any] = traitlets.List().tag(sync=True)
    words: traitlets.List[Any] = traitlets.List().tag(sync=True)
    where: traitlets.List[float] = traitlets.List().tag(sync=True)
    choices: traitlets.Dict[str, str] = traitlets.Dict().tag(sync=True, heard=True)
    resting: traitlets.List[str] = traitlets.List().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    spots = traitlets.Unicode().tag(sync=True)

    def __init__(self, cells: pd.DataFrame, **choices: str) -> None:
        self._cells = cells
        places = sorted(
            {one for one in cells["place"] if one.startswith("corners")},
            key=lambda name: int(name.split("_")[1]),
        )
        values = {
            "claim": {name: CLAIMS[name].words for name in SHOWN},
            "place": {name: "{0}×{0}".format(name.split("_")[1]) for name in places},
            "world": WORLDS,
            **{name: CHOICES[name] for name in OPEN_HERE},
        }
        self._values = values
        start = {name: START[name] for name in OPEN_HERE}
        start |= {"claim": SHOWN[0], "place": places[-1], "world": next(iter(WORLDS))}
        super().__init__(
            offered=[
                {"name": name, "label": ASKED[name], "values": list(map(list, some.items()))}
                for name, some in values.items()
            ],
            choices=start | choices,
        )
        self._show()
        self.observe(lambda _: self._show(), "choices")

    def choose(self, **choices: str) -> None:
        """Change some choices.

        Raises:
            ValueError: for a choice or value that there is not.
        """
        self.choices = self.choices | choices

    @traitlets.validate("choices")
    def _known(self, proposal: Any) -> dict[str, str]:
        value = proposal["value"]
        for name, some in self._values.items():
            if value.get(name) not in some:
                known = ", ".join(some)
                raise Refused(
                    f"{name} cannot be {str(value.get(name))[:40]!r}; take one of {known}"
                )
        if unknown := set(value) - set(self._values):
            raise Refused(f"there is no choice {sorted(map(str, unknown))[0][:40]!r}")
        return dict(value)

    @property
    def curve(self) -> pd.DataFrame:
        """What is shown, as `every_combination` gives it."""
        asked = {name: self.choices[name] for name in OPEN_HERE}
        claim = self.choices["claim"]
        place = self.choices["world" if CLAIMS[claim].kind == "share" else "place"]
        return every_combination(self._cells, claim, place, asked)

    def _show(self) -> None:
        name, curve = self.choices["claim"], self.curve
        claim = CLAIMS[name]
        asked = _asked(name, self.choices)
        where = ", ".join(self._values[one][self.choices[one]] for one in asked)
        title = f"{claim.words}: {where}"
        factor = 0.0 if claim.kind == "growth" else claim.factor
        held = int(curve["holds"].sum())
        decides = what_decides(curve)
        choices = [one for one in VALUE_WORDS if one in curve]
        codes = [list(VALUE_WORDS[one]) for one in choices]
        numbers = curve[["value", "low", "high"]].to_numpy()
        with self.hold_sync():
            self.resting = [one for one in self._values if one not in ("claim", *asked)]
            self.words = [list(VALUE_WORDS[one].values()) for one in choices]
            self.where = [LEFT, step_of(curve), TOP, CURVE]
            self.picture = specification_svg(
                curve, claim.kind, factor, claim.words, _Y_TITLES[name]
            )
            self.spots = "\n".join(
                "".join(str(values.index(one)) for values, one in zip(codes, row, strict=True))
                + " {} ({} to {})".format(*map(_short, found))
                for row, found in zip(curve[choices].itertuples(index=False), numbers, strict=True)
            )
            most = VALUE_WORDS[decides.index[0]].values()
            self.status = (
                f"{title}. Holds in {held} of {len(curve)} combinations. Most decides: "
                f"{' or '.join(most)} ({percent(decides.iloc[0])} of pairs)."
            )

    def svg(self) -> str:
        return self.picture


def _asked(name: str, choices: Mapping[str, str]) -> list[str]:
    """The choices that matter to a claim."""
    claim = CLAIMS[name]
    if claim.kind == "share":
        return ["world"]
    made = complete({one: choices[one] for one in OPEN_HERE})
    asked = [one for one in OPEN_HERE if one in claim.asks(made)]
    return asked if claim.kind == "growth" else ["place", *asked]


def _short(number: float) -> str:
    """A number with two digits that count."""
    shown = rounded(number)
    return (
        f"{shown:,.0f}"
        if abs(shown) >= 100
        else f"{shown:z.2f}"
        if abs(shown) >= 0.1
        else f"{shown:z.2g}"
    )
