"""BabyAI's worlds: the files are what its engine says, and their table can be made again.

The first part needs `minigrid` and is skipped where that is missing; the course runs without it.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from cliprl_lite._paths import data_path
from cliprl_lite.experiments.results import COLUMNS, read_table, to_table
from cliprl_lite.experiments.trials import Job, run_job
from cliprl_lite.worlds.poses import refurnished
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import TaskSuite

TABLE = read_table(data_path("results", "babyai.csv"))
CHOICES = json.loads(data_path("results", "babyai.json").read_text("utf-8"))["choices"]
METHODS = ("scratch", "alg1_closest", "alg2")


@pytest.fixture(scope="module")
def made() -> Any:
    """The script that makes the files."""
    pytest.importorskip("minigrid")
    import babyai_suites

    return babyai_suites


def enumerated(made: Any, name: str) -> TaskSuite:
    for suite in made.suites():
        if suite.name == name:
            return suite
    raise AssertionError(name)


# Where minigrid is installed ---------------------------------------------------------------------
@pytest.mark.parametrize("name", ["babyai_house_a", "babyai_local_0"])
def test_the_file_is_what_the_engine_says(made: Any, name: str) -> None:
    suite, file = enumerated(made, name), load_suite(name)
    assert (suite.fingerprint, suite.title) == (file.fingerprint, file.title)
    assert list(map(tuple, suite.world.labels)) == list(map(tuple, file.world.labels))
    np.testing.assert_array_equal(suite.world.next_state, file.world.next_state)
    assert suite.tasks == file.tasks


def test_a_walk_in_the_table_is_a_walk_in_the_engine(made: Any) -> None:
    """Ours and BabyAI's side by side, under its own verifier: it says "success" at the step with
    which the table is in the goal, and never before."""
    import gymnasium
    from minigrid.envs.babyai.core.verifier import GoToInstr, ObjDesc

    suite = load_suite("babyai_local_0")
    world, level = suite.world, gymnasium.make("BabyAI-GoToLocal-v0").unwrapped
    rng, arrived = np.random.default_rng(0), 0
    for task in suite.tasks:
        level.reset(seed=0)
        instruction = GoToInstr(ObjDesc(task.shape, task.colour))
        instruction.reset_verifier(level)
        level.instrs, level.max_steps = instruction, 10**6
        state = [tuple(label) for label in world.labels].index(made.pose(level))
        assert state not in task.goal
        for _ in range(2_000):
            action = int(rng.integers(3))
            _, _, done, *_ = level.step(action)
            state = int(world.next_state[state, action])
            assert tuple(world.labels[state]) == made.pose(level)
            assert done == (state in task.goal)
            if done:
                arrived += 1
                break
    assert arrived == len(suite.tasks)


def test_objects_that_change_places_leave_the_engine_as_it_is(made: Any) -> None:
    """What `refurnished` takes for granted: swap two objects in BabyAI, and enumerate it again."""
    house = load_suite("babyai_house_a")
    rooms = {(task.colour, task.shape): task.group for task in house.tasks}
    rooms["red", "ball"], rooms["green", "ball"] = "room 2", "room 1"
    shipped = {(task.colour, task.shape): int(task.group[5:]) - 1 for task in house.tasks}
    level = made.House(shipped)
    env = made.Walked(level)
    env.reset(seed=0)
    things = [thing for thing in level.grid.grid if thing is not None]
    swapped = {("red", "ball"), ("green", "ball")}
    one, two = [thing for thing in things if (thing.color, thing.type) in swapped]
    one.color, two.color = two.color, one.color
    mine = {task.name: task.goal for task in refurnished(house, rooms).tasks}
    for task in house.tasks:
        if (task.colour, task.shape) in swapped:
            instruction = made.GoToInstr(made.ObjDesc(task.shape, task.colour))
            instruction.reset_verifier(level)
            found = house.world.where(
                lambda pose, said=instruction: made.arrives(level, said, pose)
            )
            assert found == mine[task.name] != task.goal


# Everywhere --------------------------------------------------------------------------------------
def test_the_table_holds_every_world_mission_and_method() -> None:
    assert set(TABLE["suite"]) == set(CHOICES["suites"])
    for name, about in CHOICES["suites"].items():
        suite, rows = load_suite(name), TABLE[TABLE["suite"] == name]
        assert about["fingerprint"] == suite.fingerprint
        assert set(rows["target"]) == {task.name for task in suite.tasks}
        assert set(rows["method"]) == set(CHOICES["methods"])
        n_trials = rows["seed"].nunique()
        assert len(rows) == n_trials * len(suite.tasks) * len(CHOICES["methods"])


def test_a_part_of_the_table_is_made_again() -> None:
    """One trial of the smallest world: the same rows, to the last digit."""
    suite = load_suite("babyai_local_0")
    cap = CHOICES["suites"][suite.name]["cap"]
    again = to_table(run_job(Job(suite, 0, (), METHODS, cap)))
    rows = TABLE.query("suite == 'babyai_local_0' and seed == 0 and method in @METHODS")
    assert len(again) == len(METHODS) * len(suite.tasks)
    for column in COLUMNS:
        assert again[column].fillna(-1).tolist() == rows[column].fillna(-1).tolist(), column
