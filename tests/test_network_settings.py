"""The frozen settings of networks are the ones that the development suites chose."""

from __future__ import annotations

import choose_network_settings as chooser
import numpy as np
import pandas as pd
import pytest

from cliprl_lite._paths import data_path
from cliprl_lite.learning.network_training import fitted_q_iteration
from cliprl_lite.learning.networks import NetworkSettings, features, forward, initialise
from cliprl_lite.worlds.greedy import expected_path
from cliprl_lite.worlds.suite_files import load_suite


def chosen(name: str) -> pd.DataFrame:
    return pd.read_csv(data_path("results", f"settings_{name}.csv"))


@pytest.mark.parametrize(
    ("table", "columns", "cost"),
    [
        ("networks", ("features", "learning_rate"), "both"),
        ("exploration", ("epsilon_start", "epsilon_steps"), "all"),
    ],
)
def test_the_defaults_are_the_chosen_ones(table: str, columns: tuple[str, ...], cost: str) -> None:
    rows = chosen(table)
    assert rows[cost].is_monotonic_increasing
    default = NetworkSettings()
    assert {column: getattr(default, column) for column in columns} == {
        column: rows[column].iloc[0] for column in columns
    }


def test_every_candidate_was_judged_on_as_many_runs() -> None:
    networks, explorations = chosen("networks"), chosen("exploration")
    assert {(row.features, row.learning_rate) for row in networks.itertuples()} == {
        (settings.features, settings.learning_rate) for settings in chooser.NETWORKS
    }
    found = {(row.epsilon_start, row.epsilon_steps) for row in explorations.itertuples()}
    assert found == set(chooser.EXPLORATIONS)
    for table in (networks, explorations):
        assert len(table) == len(table.drop_duplicates(list(table.columns[:2])))
        assert len(set(table["runs"])) == 1


def test_the_cost_is_the_geometric_mean_of_medians() -> None:
    # Medians 10 and 1,000 by one way, 100 and 100 by the other; the mean of the first is 505.
    steps = {("fitted", "a"): (2, 10, 99), ("fitted", "b"): (1_000,), ("online", "a"): (100,)}
    rows = [
        {"features": "fourier", "learning_rate": 0.1, "way": way, "suite": suite}
        | {"steps": step, "censored": step == 99}
        for (way, suite), found in (steps | {("online", "b"): (100,)}).items()
        for step in found
    ]
    dear = [row | {"learning_rate": 0.2, "steps": 2 * row["steps"]} for row in rows]
    table = chooser.rank_networks(dear + rows)
    assert table["learning_rate"].tolist() == [0.1, 0.2]
    assert table[["fitted", "online", "both"]].to_numpy().tolist() == [[100.0] * 3, [200.0] * 3]
    assert table["censored"].tolist() == [1, 1]


def test_a_target_starts_from_others_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chooser, "GRADIENT_STEPS", 50)
    suite, settings = load_suite("dev_patterns"), NetworkSettings(hidden=(8,))
    world, tasks = suite.world, suite.tasks  # two tasks a group, so the average is the other one
    shared = initialise(settings.widths(world), [3] * len(tasks))
    runs = fitted_q_iteration(world, [task.goal for task in tasks], shared, settings, cap=50)
    bases = [run.parameters for run in runs]
    tables = [forward(base, features(world, settings.features)) for base in bases]
    begin = chooser.begin_all(suite, chooser.some(suite.transfers()), 3, settings)
    fresh, group, nearest = np.split(begin[0][0], 3)
    assert len(np.unique(fresh, axis=0)) == len(tasks)
    for number, task in enumerate(tasks):
        others = [other for other in range(len(tasks)) if other != number]
        (partner,) = (other for other in others if tasks[other].group == task.group)
        paths = [expected_path(tables[other], world, task.goal) for other in others]
        assert (group[number] == bases[partner][0][0]).all()
        assert (nearest[number] == bases[others[np.argmin(paths)]][0][0]).all()
