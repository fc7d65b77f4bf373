"""A small world in a few seconds: who is chosen as a teacher there, and who wins by which clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cliprl_lite._rounding import rounded
from cliprl_lite.experiments.results import ratios, to_table
from cliprl_lite.experiments.trials import Job, run_job
from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.policies import TabularPolicy, policy_vectors
from cliprl_lite.transfer.algorithms import closest_teachers
from cliprl_lite.transfer.alignment_training import align
from cliprl_lite.transfer.held_out_alignment import SHORT
from cliprl_lite.worlds.tasks import Task, TaskSuite, Transfer

RIVALS = {"alg1_closest": "words", "alg2": "map", "scratch": "nobody"}
"""Who can win: method → whose choice it is. *words* copies the teacher whose sentence is closest
(Algorithm 1), *map* is the repaired Algorithm 2, *nobody* learns from nothing."""

STARTS = {**RIVALS, "alg1": "average, as printed", "oracle": "oracle"}
"""All that is run: also Algorithm 1 as printed, and the policy that is nearest in truth."""

NOT_CLEAR = "not clear"
"""The winner where none of the rivals is ahead of both others."""

TRIALS = 12
CAP = 100_000
"""Environment steps after which a run is cut off."""


@dataclass(frozen=True)
class Chosen:
    """The teachers for a new task.

    Attributes:
        new: the new task.
        words, by_map: the task whose teacher the words choose, and the one that the map chooses.
        nearest: the old task whose goal is nearest to the new one.
        far: steps from each old task's goal to the new one.
    """

    new: Task
    words: Task
    by_map: Task
    nearest: Task
    far: dict[Task, int]

    def rank(self, teacher: Task) -> float:
        """The share of the other old tasks that are nearer, ties by half: 0 is the nearest."""
        steps, mine = list(self.far.values()), self.far[teacher]
        nearer = sum(far < mine for far in steps) + (steps.count(mine) - 1) / 2
        return nearer / (len(steps) - 1)


def chosen(transfer: Transfer, suite: TaskSuite) -> Chosen:
    """Which teachers words and map choose for a new task, on exact tables.

    The alignment is trained for as few steps as `SHORT` has: where nothing follows a rule, more
    would amplify the last bit of a number.

    Example:
        >>> from cliprl_lite import load_suite
        >>> house = load_suite("house_a")
        >>> found = chosen(house.transfer("go to the red cone"), house)
        >>> found.words.sentence, found.by_map.sentence, found.far[found.words]
        ('go to the green cone', 'go to the red ball', 12)
    """
    world = suite.world
    known = [task.sentence for task in transfer.bases]
    old = [TabularPolicy(world, world.optimal_q(task.goal)) for task in transfer.bases]
    alignment = align(embed(known), policy_vectors(old), SHORT)
    words, by_map = closest_teachers(transfer.target.sentence, known, old, alignment)
    distances = world.distances(transfer.target.goal)
    far = {task: int(distances[world.goal_states(task.goal)].min()) for task in transfer.bases}
    nearest = min(far, key=lambda task: far[task])
    return Chosen(transfer.target, transfer.bases[words], transfer.bases[by_map], nearest, far)


def teachers(suite: TaskSuite) -> pd.DataFrame:
    """Who is chosen for each new task of a world, and how many steps away that teacher's goal is.

    Example:
        >>> from cliprl_lite import load_suite
        >>> teachers(load_suite("small_house")).loc["go to the red cone"].tolist()
        ['go to the green cone (3)', 'go to the green cone (3)', 'go to the blue cone (2)']
    """
    rows = {}
    for transfer in suite.transfers():
        found = chosen(transfer, suite)
        rows[found.new.sentence] = {
            name: f"{task.sentence} ({found.far[task]})"
            for name, task in (
                ("the words choose", found.words),
                ("the map chooses", found.by_map),
                ("the nearest", found.nearest),
            )
        }
    return pd.DataFrame(rows).T


def race(suite: TaskSuite, trials: int = TRIALS, *, bar: bool = False) -> pd.DataFrame:
    """A table of results: every start of `STARTS` in every trial, all with the same luck.

    Args:
        suite: the world.
        trials: seeds 0 to trials − 1.
        bar: print a block for each trial that is done.

    Example:
        >>> from cliprl_lite import load_suite
        >>> table = race(load_suite("small_house"), trials=2)
        >>> len(table), sorted(set(table["method"]))
        (10, ['alg1', 'alg1_closest', 'alg2', 'oracle', 'scratch'])
    """
    rows = []
    if bar:
        print(f"{suite.name}: ", end="", flush=True)
    for seed in range(trials):
        rows += run_job(Job(suite, seed, (), tuple(STARTS), CAP))
        if bar:
            print("▮", end="", flush=True)
    if bar:
        print(f" {trials} trials")
    return to_table(rows)


def costs(table: pd.DataFrame, clock: str, reference: str = "scratch") -> pd.DataFrame:
    """What each start costs over another's cost in the same trial, by a clock: `value`, `low` and
    `high` by method; below 1 is cheaper.

    Example:
        >>> from cliprl_lite import load_suite
        >>> table = race(load_suite("small_house"), trials=4)
        >>> bool(costs(table, "first20").loc["alg2", "high"] < 1)
        True
    """
    found = ratios(table, clock, reference, by=("suite",)).set_index("method")
    return found[["value", "low", "high"]]


def winner(table: pd.DataFrame, clock: str) -> str:
    """Who wins by a clock: the one of `RIVALS` over whom both others cost more, the whole interval
    of each ratio above 1; else `NOT_CLEAR`.

    Example:
        >>> from cliprl_lite import load_suite
        >>> winner(race(load_suite("small_house"), trials=4), "first20")
        'not clear'
    """
    for method, who in RIVALS.items():
        others = costs(table, clock, method)
        if (others.loc[[other for other in RIVALS if other != method], "low"] > 1).all():
            return who
    return NOT_CLEAR


def mean_rank(suite: TaskSuite) -> float:
    """How well the map would have chosen for the old tasks, each held out in turn: the mean rank of
    its teacher, 0 for the nearest, 0.5 by chance. Needs three old tasks or more.

    Example:
        >>> from cliprl_lite import load_suite
        >>> mean_rank(load_suite("small_house")) < 0.2 < mean_rank(load_suite("house_c"))
        True
    """
    old = TaskSuite(suite.name, suite.title, suite.world, suite.tasks)
    found = [chosen(transfer, old) for transfer in old.transfers()]
    return float(rounded(np.mean([one.rank(one.by_map) for one in found])))
