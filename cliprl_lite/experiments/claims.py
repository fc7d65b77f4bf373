"""Claims of the paper, the choices that it leaves open, and in what share of their combinations
each claim holds. `judge` says what the tables make of a claim under one choice of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import pandas as pd

from cliprl_lite.experiments.multiverse import (
    GROWTH,
    NETWORKS,
    TOP,
    Combination,
    plan,
    specification_curve,
    what_decides,
)
from cliprl_lite.learning.clocks import CLOCKS

CHOICES: dict[str, dict[str, str]] = {
    "clock": {
        "first20": "first 20 episodes",
        "near_optimal": "within 5 % everywhere",
        "optimal": "optimal everywhere",
    },
    "target": {
        "left": "left, by the words",
        "right": "right, by the goal",
        "mismatch": "exactly as printed",
    },
    "algorithm_2": {
        "repaired": "repaired",
        "identity": "identity targets",
        "text": "as in the text: cosine",
        "box": "as printed: dot product",
    },
    "temperature": {"0.07": "0.07", "0.2": "0.2", "0.5": "0.5", "1.0": "1"},
    "length": {"short": "short", "flat": "until it is flat", "long": "ten times that"},
    "optimiser": {"descent": "plain descent", "adam": "Adam"},
    "algorithm_1": {
        "printed": "all teachers, as printed",
        "closest": "the closest only",
        "sharpened": "sharpened",
    },
    "statistic": {"median": "median of ratios", "averages": "ratio of averages"},
}
"""The open choices: name → value → words."""

START = {
    "clock": "optimal",
    "target": "left",
    "algorithm_2": "repaired",
    "temperature": "0.07",
    "length": "flat",
    "optimiser": "descent",
    "algorithm_1": "printed",
    "statistic": "median",
}
"""The choices to begin with."""

PRINTED = {"text": "cosine", "box": "dot"}
"""The ways of running Algorithm 2 as printed, for which δ, length and optimiser are open: in the
other ways they were chosen on the development suites."""

OPEN = ("temperature", "length", "optimiser")
"""The choices that are open for those."""

METHOD = {
    "repaired": "alg2",
    "identity": "alg2_identity",
    "printed": "alg1",
    "closest": "alg1_closest",
    "sharpened": "alg1_cold",
}
"""Each way of running an algorithm, but Algorithm 2 as printed → its method in the tables."""

WORLDS = {
    "colours_6": "6 tasks",
    "colours_9": "9 tasks",
    "colours_16": "16 tasks",
    "colours_6_sides": "6 sides",
    "colours_9_sides": "9 sides",
    "colours_16_sides": "16 sides",
    "house_a": "house A",
}
"""Worlds in which rooms follow colours, while sentences are most alike by shape."""

OTHER_WORLDS = {
    "shapes_6": "6 tasks, by shape",
    "shapes_9": "9 tasks, by shape",
    "shapes_16": "16 tasks, by shape",
    "house_b": "house B",
    "house_c": "house C",
}
"""Worlds in which words are right, and house C, in which no word means a place."""


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        words: in a sentence.
        short: in two or three words.
        kind: `"ratio"`, `"growth"` (of the ratio with the grid) or `"share"` (of right favourites).
        method, reference: whose cost is divided by whose; the name of a choice, or of a method.
        factor: the claim holds for ratios below it, or for shares above it.
    """

    words: str
    short: str
    kind: str
    method: str
    reference: str
    factor: float

    def asks(self, choices: Mapping[str, str]) -> list[str]:
        """Names of the choices that matter to it, where these are made."""
        sides = [side for side in ("algorithm_2", "algorithm_1") if self.uses(side)]
        if "algorithm_2" in sides and choices["algorithm_2"] in PRINTED:
            sides += OPEN
        return sides if self.kind == "share" else ["clock", "target", *sides, "statistic"]

    def uses(self, side: str) -> bool:
        """Whether an algorithm is one of the two that are compared."""
        return side in (self.method, self.reference)

    def compared(self, choices: Mapping[str, str]) -> tuple[str, str]:
        """The two methods whose costs are divided, by their names in the tables.

        Args:
            choices: a value for each name in `CHOICES`.

        Example:
            >>> CLAIMS["halved"].compared(START)
            ('alg2', 'alg1')
            >>> CLAIMS["halved"].compared(START | {"algorithm_2": "text"})
            ('cosine 0.07 descent flat raw unit literal', 'alg1')
        """
        method, reference = (
            _way(side, choices) if side in choices else side
            for side in (self.method, self.reference)
        )
        return method, reference


CLAIMS = {
    "halved": Claim(
        "Algorithm 2 needs at most half of Algorithm 1’s steps", "half the steps",
        "ratio", "algorithm_2", "algorithm_1", 0.5,
    ),
    "grows": Claim(
        "Algorithm 2 gains on Algorithm 1 as the grid grows", "gains with size",
        "growth", "algorithm_2", "algorithm_1", 1.0,
    ),
    "beats scratch": Claim(
        "Algorithm 2 needs fewer steps than from scratch", "beats no teacher",
        "ratio", "algorithm_2", "scratch", 1.0,
    ),
    "cosine beats scratch": Claim(
        "Algorithm 1 needs fewer steps than from scratch", "so does Algorithm 1",
        "ratio", "algorithm_1", "scratch", 1.0,
    ),
    "not just sharper": Claim(
        "It is the alignment: Algorithm 2 beats a sharpened cosine", "beats sharpening",
        "ratio", "algorithm_2", "alg1_cold", 1.0,
    ),
    "right favourite": Claim(
        "Where words mislead, Algorithm 2 mostly picks right", "picks right",
        "share", "algorithm_2", "words", 0.5,
    ),
}  # fmt: skip
"""The six claims by their names, in the order in which they are shown."""


def every_combination(
    cells: pd.DataFrame, name: str, place: str, choices: Mapping[str, str] = START
) -> pd.DataFrame:
    """What every combination of the choices that the paper leaves open says to a claim.

    Args:
        cells: as `read_cells` gives them.
        name: a claim in which Algorithm 2 is one side, by its name in `CLAIMS`.
        place: a suite: one of the corners, for a claim about shares one of `WORLDS`; a claim about
            growth has no place of its own.
        choices: clock, target and Algorithm 1; the others are what is combined.

    Returns:
        As `specification_curve`.

    Raises:
        ValueError: for a choice or place that there is not.

    Example: how many of the combinations halve the cost of Algorithm 1 on the smallest grid?
        >>> from cliprl_lite.experiments.multiverse import read_cells
        >>> int(every_combination(read_cells(), "halved", "corners_8")["holds"].sum())
        0
    """
    claim, choices = CLAIMS[name], complete(choices)
    if claim.kind == "share":
        return specification_curve(cells, "", TOP, "", place, claim.factor)
    _, rival = claim.compared(choices)
    place, factor = (GROWTH, 0.0) if claim.kind == "growth" else (place, claim.factor)
    return specification_curve(cells, rival, choices["clock"], choices["target"], place, factor)


def shares(cells: pd.DataFrame, place: str) -> pd.DataFrame:
    """In what share of all combinations each claim about costs holds, clock by clock.

    Args:
        cells: as `read_cells` gives them.
        place: one of the corners.

    Returns:
        Index: claim and clock. Columns: the targets' names, each with the share; and `decides`,
        the choice that decides most with target left, with the share of pairs that it decides.

    Example:
        >>> from cliprl_lite.experiments.multiverse import read_cells
        >>> float(shares(read_cells(), "corners_8").loc[("halved", "optimal"), "left"])
        0.0
    """
    rows = {}
    for name, claim in CLAIMS.items():
        if claim.kind == "share" or not claim.uses("algorithm_2"):
            continue
        for clock in CLOCKS:
            curves = {
                target: every_combination(cells, name, place, {"clock": clock, "target": target})
                for target in CHOICES["target"]
            }
            decides = what_decides(curves["left"])
            rows[name, clock] = {
                **{target: curve["holds"].mean() for target, curve in curves.items()},
                "decides": (decides.index[0], decides.iloc[0]),
            }
    return pd.DataFrame(rows).T


def top_shares(cells: pd.DataFrame) -> pd.DataFrame:
    """World by world: in what share of all trainings Algorithm 2 mostly picks right, and which
    choice decides most, with the share of pairs that it decides.

    Args:
        cells: as `read_cells` gives them.

    Returns:
        Index: the names in `WORLDS` and `OTHER_WORLDS`. Columns: `holds`, `decides`.
    """
    rows = {}
    for world in WORLDS | OTHER_WORLDS:
        curve = every_combination(cells, "right favourite", world)
        decides = what_decides(curve)
        rows[world] = {
            "holds": curve["holds"].mean(),
            "decides": (decides.index[0], decides.iloc[0]),
        }
    return pd.DataFrame(rows).T


def learned_shares(cells: pd.DataFrame) -> pd.DataFrame:
    """Where only some combinations were run by the clocks: in what share of them a claim holds.

    Args:
        cells: as `read_cells` gives them.

    Returns:
        Index: a place, a world or `NETWORKS`, and its target, empty in a world. Columns:
        `combinations`, their number; and, for the claims `"halved"` and `"beats scratch"` with each
        clock, the share in which it holds.

    Example:
        >>> from cliprl_lite.experiments.multiverse import read_cells
        >>> int(learned_shares(read_cells()).loc[("house_a", ""), "combinations"])
        96
    """
    worlds = [(world, "") for world in plan()["clocks"]["suites"]]
    rows: dict[tuple[str, str], dict[Any, Any]] = {}
    for place, target in [*worlds, *((NETWORKS, target) for target in CHOICES["target"])]:
        row: dict[Any, Any] = {}
        for name, clock in product(("halved", "beats scratch"), CLOCKS):
            _, rival = CLAIMS[name].compared(START)
            factor = CLAIMS[name].factor
            curve = specification_curve(cells, rival, clock, target, place, factor)
            row |= {"combinations": len(curve), (name, clock): curve["holds"].mean()}
        rows[place, target] = row
    return pd.DataFrame(rows).T.astype({"combinations": int})


def _way(side: str, choices: Mapping[str, str]) -> str:
    """The name, in the tables, of the way in which one of the algorithms is run."""
    if side == "algorithm_2" and choices[side] in PRINTED:
        return printed_combination(choices).name
    return METHOD[choices[side]]


def printed_combination(choices: Mapping[str, str]) -> Combination:
    """Algorithm 2 as printed: not centred, inputs at unit length, literal weights."""
    similarity, delta = PRINTED[choices["algorithm_2"]], float(choices["temperature"])
    where = choices["optimiser"], choices["length"]
    return Combination(similarity, delta, *where, False, True, "literal")


def complete(choices: Mapping[str, str]) -> dict[str, str]:
    """The starting choices, with some of them changed.

    Raises:
        ValueError: for a choice or value that there is not; the message lists those there are.

    Example:
        >>> complete({"clock": "first20"})["target"]
        'left'
    """
    for name, value in choices.items():
        if name not in CHOICES:
            known = ", ".join(CHOICES)
            raise ValueError(f"there is no choice {str(name)[:40]!r}; take some of {known}")
        if not isinstance(value, str) or value not in CHOICES[name]:
            known = ", ".join(CHOICES[name])
            raise ValueError(f"{name} cannot be {str(value)[:40]!r}; take one of {known}")
    return START | dict(choices)
