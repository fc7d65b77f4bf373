"""The clocks of runs, by hand and by brute force."""

from __future__ import annotations

from itertools import product

import numpy as np

from cliprl_lite.learning.clocks import first20, surely_first


def test_the_first_clock_waits_for_twenty_episodes() -> None:
    lengths = np.arange(100, 60, -1)
    assert first20(lengths[:19]) is None
    assert first20(lengths[:20]) == first20(lengths) == (100 + 81) / 2


def test_who_is_surely_first_is_first_however_it_goes_on() -> None:
    """Every case of three runs and a few numbers, against all ways in which it can go on."""
    numbers = (1, 2, 3)
    for times in product((None, *numbers), repeat=3):
        for at_least in product((0, 1, 2, 3), repeat=3):
            ends = [
                (time,) if time is not None else tuple(n for n in (1, 1.5, 2, 3, 9) if n > least)
                for time, least in zip(times, at_least, strict=True)
            ]
            winners = {
                end.index(min(end)) if end.count(min(end)) == 1 else None for end in product(*ends)
            }
            found = surely_first(times, at_least)
            assert found == (winners.pop() if len(winners) == 1 else None)


def test_a_clock_that_has_not_stopped_may_still_be_first() -> None:
    assert surely_first([None, None, None], [5, 5, 5]) is None
    assert surely_first([None, 40.0, 50.0], [39, 0, 0]) is None
    assert surely_first([None, 40.0, 50.0], [41, 0, 0]) == 1
    assert surely_first([40.0, 40.0, 50.0], [0, 0, 0]) is None
