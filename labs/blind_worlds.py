"""How many worlds pass Question 6 of Lab 3 if nobody thinks: objects and control at random.

    python labs/blind_worlds.py [HOW_MANY]

A world has the public edition's size and sentences. Its eight objects stand on squares drawn by
lot, and in its control one of them, drawn by lot, has moved to another square.
"""

from __future__ import annotations

import sys

import numpy as np
from editions import edition
from judge import PUBLIC
from questions.lab3 import CLOCK, METHOD, interval

from cliprl_lite._printing import forgiving_output

LAB = "lab3_alignment_and_transfer"


class Numbers:
    """Stands for a question: all that a race asks of it is the edition."""

    edition = edition(LAB, PUBLIC)


def drawn(places: dict[str, tuple[int, int]], size: tuple[int, int]) -> str:
    """A map with marks."""
    signs = [["."] * size[1] for _ in range(size[0])]
    for mark, (row, column) in places.items():
        signs[row][column] = mark
    return "\n".join("".join(line) for line in signs)


def passes(seed: int) -> tuple[bool, bool, bool]:
    """Whether a blind world wins, wins again with other seeds, and has a control that loses."""
    rng, q = np.random.default_rng(seed), Numbers()
    tasks = {mark: said for mark, said in q.edition["new"].items() if mark != "NEW"}
    height, width = size = q.edition["map"]["size"]
    squares = [divmod(int(one), width) for one in rng.permutation(height * width)[:9]]
    places = dict(zip((*tasks, "x"), squares, strict=False))
    moved = places | {str(rng.choice(list(places))): squares[8]}
    won, again, lost = (
        interval(q, drawn(where, size), tasks, "x", seeds)
        for where, seeds in ((places, range(12)), (places, range(100, 112)), (moved, range(12)))
    )
    wins = won[2] < 1
    return wins, wins and again[2] < 1, wins and lost[1] > 1


@forgiving_output()
def main() -> int:
    """Count, and print."""
    how_many = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    wins, again, control = np.array([passes(seed) for seed in range(how_many)]).sum(axis=0)
    print(
        f"of {how_many} blind worlds {wins} win ({METHOD}, {CLOCK}), {again} with other seeds too, "
        f"and {control} have a control that loses"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
