"""A small world in a few seconds: teachers, races, winners."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cliprl_lite as clip
from cliprl_lite.experiments import own_worlds
from cliprl_lite.experiments.own_worlds import (
    NOT_CLEAR,
    RIVALS,
    STARTS,
    chosen,
    costs,
    mean_rank,
    race,
    teachers,
    winner,
)
from cliprl_lite.worlds.drafts import drawn

HOUSE = clip.load_suite("small_house")


def test_teachers_are_those_of_the_algorithms() -> None:
    house = clip.load_suite("house_a")
    for transfer in house.transfers():
        found = chosen(transfer, house)
        assert found.words.shape == transfer.target.shape  # words hear the shape
        assert found.by_map.colour == transfer.target.colour  # and the rooms go by colour
        far = house.world.distances(transfer.target.goal)
        assert found.far == {t: far[house.world.state(t.cell)] for t in transfer.bases}
        assert found.far[found.nearest] == min(found.far.values())


def test_a_rank_counts_who_is_nearer() -> None:
    corridor = drawn("a.b.cx..d", dict(zip("abcdx", map(str, range(5)), strict=True)), new="x")
    (transfer,) = corridor.transfers()
    found = chosen(transfer, corridor)
    assert list(found.far.values()) == [5, 3, 1, 3]
    ranks = [found.rank(task) for task in found.far]
    assert ranks == [1.0, 0.5, 0.0, 0.5]
    assert np.mean(ranks) == 0.5


def test_a_race_has_every_start_in_every_trial() -> None:
    table = race(HOUSE, trials=3)
    assert len(table) == 3 * len(STARTS)
    assert set(table["seed"]) == {0, 1, 2}
    pd.testing.assert_frame_equal(table, race(HOUSE, trials=3))


def test_a_bar_grows_with_the_trials(capsys: pytest.CaptureFixture[str]) -> None:
    race(HOUSE, trials=2, bar=True)
    assert capsys.readouterr().out == "small_house: ▮▮ 2 trials\n"


def test_costs_are_medians_of_ratios() -> None:
    table = race(HOUSE, trials=5)
    wide = table.pivot_table(index="seed", columns="method", values="first20")
    found = costs(table, "first20", "alg2")
    for method in STARTS:
        if method != "alg2":
            expected = np.median(wide[method] / wide["alg2"])
            assert found.loc[method, "value"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("who", [*RIVALS.values(), NOT_CLEAR])
def test_a_winner_is_surely_ahead_of_both_others(who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def made_up(table: object, clock: str, reference: str) -> pd.DataFrame:
        low = 1.1 if RIVALS[reference] == who else 0.9
        rows = {method: [2.0, low, 3.0] for method in RIVALS if method != reference}
        if RIVALS[reference] != who:  # one of the others is surely behind, and that is not enough
            rows[next(iter(rows))][1] = 1.2
        return pd.DataFrame(rows, index=["value", "low", "high"]).T

    monkeypatch.setattr(own_worlds, "costs", made_up)
    assert winner(pd.DataFrame(), "first20") == who


def test_a_table_names_every_new_task() -> None:
    assert list(teachers(clip.load_suite("house_b")).index) == clip.load_suite("house_b").sentences
    row = teachers(HOUSE).loc["go to the red cone"]
    assert row["the nearest"] == "go to the blue cone (2)"


def test_where_a_rule_holds_the_map_would_have_chosen_well() -> None:
    assert mean_rank(clip.load_suite("house_a")) < 0.15
    assert mean_rank(clip.load_suite("house_c")) > 0.4
