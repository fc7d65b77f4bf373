"""Choose the free settings of the neural learners on the development suites.

    python benchmarks/choose_network_settings.py

Two questions, in this order; the answers are frozen as defaults in
`cliprl_lite/learning/networks.py`, and a test holds them equal to the first rows written here.

1. What a network reads, and Adam's learning rate: from a fresh network for every target, by fitted
   Q-iteration (gradient steps) and by deep Q-learning (environment steps). Wanted: the fewest steps
   until optimal (geometric mean over suites and ways, of the median over targets and seeds).
2. With these, how exploration begins: the first share of random actions, and the steps in which it
   falls. Deep Q-learning from a fresh network, from the average of the bases in the target's group,
   and from the base that is best at the target before any learning; all bases have one origin.
   Wanted: the lowest cost over all three clocks (geometric mean over clocks, starts and suites).

Steps are counted + 1, since they may be 0. A run cut off before it is optimal counts at its cap and
under `censored`. At most 8 targets of a suite are met. Only suites named `dev_…` are read here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from choose_settings import SUITES
from joblib import Parallel, delayed

from cliprl_lite._printing import forgiving_output
from cliprl_lite.experiments.results import write_table
from cliprl_lite.experiments.trials import rng_for
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.learning.network_training import NetworkRun, deep_q_learning, fitted_q_iteration
from cliprl_lite.learning.networks import NetworkSettings, Parameters, features, forward, initialise
from cliprl_lite.worlds.greedy import expected_path
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import Task, TaskSuite, Transfer

START = NetworkSettings(epsilon_start=1.0, epsilon_steps=5_000)  # until the second question
NETWORKS = [
    replace(START, features=kind, learning_rate=rate)
    for kind, rate in product(("one-hot", "row-column", "fourier"), (0.001, 0.003, 0.01))
]
EPSILON = ["epsilon_start", "epsilon_steps"]
EXPLORATIONS = [(0.1, 5_000), (0.3, 1_000), (0.3, 5_000), (1.0, 1_000), (1.0, 5_000)]
GRADIENT_STEPS, ENVIRONMENT_STEPS = 8_000, 15_000  # the caps
EPISODES, TRANSFERS = 20, 8
STARTS = ("scratch", "group", "nearest")


def fresh(suite: TaskSuite, tasks: list[Task], seed: int, settings: NetworkSettings) -> Parameters:
    rngs = [rng_for(seed, suite.name, task.name, "network") for task in tasks]
    return initialise(settings.widths(suite.world), rngs)


def agents(suite: TaskSuite, tasks: list[Task], seed: int) -> list[np.random.Generator]:
    return [rng_for(seed, suite.name, task.name) for task in tasks]


# 1. Features and learning rate
def judge_network(source: str, size: int | None, seed: int, settings: NetworkSettings):
    suite = load_suite(source, size)
    targets = [transfer.target for transfer in some(suite.transfers())]
    goals, start = [task.goal for task in targets], fresh(suite, targets, seed, settings)
    task, rngs = (suite.world, goals, start), agents(suite, targets, seed)
    ways = {
        "fitted": fitted_q_iteration(*task, settings, cap=GRADIENT_STEPS),
        "online": deep_q_learning(*task, rngs, settings, min_episodes=0, cap=ENVIRONMENT_STEPS),
    }
    key = {"features": settings.features, "learning_rate": settings.learning_rate}
    return [
        {**key, "way": way, "suite": suite.name}
        | {"steps": 1 + steps_until(run, "optimal"), "censored": run.steps_optimal is None}
        for way, runs in ways.items()
        for run in runs
    ]


def steps_until(run: NetworkRun, clock: str) -> int:
    steps = getattr(run, f"steps_{clock}")
    return run.steps if steps is None else steps


def rank_networks(rows: list[dict]) -> pd.DataFrame:
    """Cheapest first, with the cost of either way."""
    by, runs = ["features", "learning_rate"], pd.DataFrame(rows)
    medians = runs.groupby([*by, "way", "suite"])["steps"].median()
    table = geometric_mean(medians, [*by, "way"]).unstack("way")
    table["both"] = geometric_mean(medians, by)
    table[["censored", "runs"]] = runs.groupby(by)["censored"].agg(["sum", "size"])
    return table.round(1).reset_index().sort_values("both", ignore_index=True, kind="stable")


def geometric_mean(costs: pd.Series, by: list[str]) -> pd.Series:
    return np.exp(np.log(costs).groupby(by).mean())


# 2. Exploration
def judge_explorations(source: str, size: int | None, seed: int, settings: NetworkSettings):
    suite = load_suite(source, size)
    transfers = some(suite.transfers())
    targets = [transfer.target for transfer in transfers]
    goals = [task.goal for task in targets] * len(STARTS)
    begin, rows = begin_all(suite, transfers, seed, settings), []
    for schedule in EXPLORATIONS:
        key = dict(zip(EPSILON, schedule, strict=True))
        runs = deep_q_learning(
            suite.world, goals, begin, agents(suite, targets * len(STARTS), seed),
            replace(settings, **key), min_episodes=EPISODES, cap=ENVIRONMENT_STEPS,
        )  # fmt: skip
        rows += [
            {**key, "suite": suite.name, "start": start, "first20": run.episode_lengths.mean()}
            | {clock: 1 + steps_until(run, clock) for clock in ("near_optimal", "optimal")}
            | {"censored": run.steps_optimal is None}
            for start, run in zip(np.repeat(STARTS, len(targets)), runs, strict=True)
        ]
    return rows


def some(transfers: list[Transfer]) -> list[Transfer]:
    """At most `TRANSFERS`, from all parts of the list."""
    numbers = np.linspace(0, len(transfers) - 1, min(len(transfers), TRANSFERS))
    return [transfers[number] for number in numbers.round().astype(int)]


def begin_all(
    suite: TaskSuite, transfers: list[Transfer], seed: int, settings: NetworkSettings
) -> Parameters:
    """Every transfer's fresh network, then its group's averages, then its nearest bases."""
    world, x = suite.world, features(suite.world, settings.features)
    shared = initialise(settings.widths(world), [seed] * len(suite.tasks))
    goals = [task.goal for task in suite.tasks]
    learned = fitted_q_iteration(world, goals, shared, settings, cap=GRADIENT_STEPS)
    bases = {task: run.parameters for task, run in zip(suite.tasks, learned, strict=True)}

    def scratch(transfer: Transfer) -> list[Parameters]:
        stack = fresh(suite, [transfer.target], seed, settings)
        return [[(weights[0], biases[0]) for weights, biases in stack]]

    def group(transfer: Transfer) -> list[Parameters]:
        return [bases[base] for base in transfer.bases if base.group == transfer.target.group]

    def nearest(transfer: Transfer) -> list[Parameters]:
        found, goal = [bases[base] for base in transfer.bases], transfer.target.goal
        return [min(found, key=lambda base: expected_path(forward(base, x), world, goal))]

    chosen = [start(transfer) for start in (scratch, group, nearest) for transfer in transfers]
    return [
        (np.stack([weights for weights, _ in layer]), np.stack([biases for _, biases in layer]))
        for layer in zip(*map(average, chosen), strict=True)
    ]


def average(networks: list[Parameters]) -> Parameters:
    """Every weight and bias, the plain mean over the networks."""
    return [
        (sum(w for w, _ in layers) / len(layers), sum(b for _, b in layers) / len(layers))
        for layers in zip(*networks, strict=True)
    ]


def rank_explorations(rows: list[dict]) -> pd.DataFrame:
    """Cheapest over all starts and clocks first."""
    runs = pd.DataFrame(rows)
    long = runs.melt([*EPSILON, "start", "suite"], list(CLOCKS), "clock", "steps")
    medians = long.groupby([*EPSILON, "start", "suite", "clock"])["steps"].median()
    columns = list(product(STARTS, CLOCKS))
    table = geometric_mean(medians, [*EPSILON, "start", "clock"]).unstack(["start", "clock"])
    table = table[columns].set_axis(["_".join(names) for names in columns], axis=1)
    table[["censored", "runs"]] = runs.groupby(EPSILON)["censored"].agg(["sum", "size"])
    table["all"] = geometric_mean(medians, EPSILON)
    return table.round(1).reset_index().sort_values("all", ignore_index=True, kind="stable")


def everywhere(judge: Callable, seeds: int, settings: list[NetworkSettings]) -> list[dict]:
    answers = Parallel(n_jobs=-1, verbose=10)(
        delayed(judge)(source, size, seed, one)
        for (source, size), seed, one in product(SUITES, range(seeds), settings)
    )
    return [row for found in answers for row in found]


@forgiving_output()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("data/results"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    networks = rank_networks(everywhere(judge_network, arguments.seeds, NETWORKS))
    write_table(arguments.out / "settings_networks.csv", networks)
    print(f"\n{networks.to_string(index=False)}", flush=True)
    best = networks[["features", "learning_rate"]].iloc[0].to_dict()
    answers = everywhere(judge_explorations, arguments.seeds, [replace(START, **best)])
    explorations = rank_explorations(answers)
    write_table(arguments.out / "settings_exploration.csv", explorations)
    print(f"\n{explorations.to_string(index=False)}")


if __name__ == "__main__":
    main()
