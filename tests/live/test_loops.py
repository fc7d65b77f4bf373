"""The learning loops in a tab give what they give here, bit for bit, and fast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import compile_loops
from browser_tab import IN_A_WORKER, SPEED
from playwright.sync_api import Page

RUNS = """
import hashlib, json
import numpy as np
import cliprl_lite as clip
from cliprl_lite.worlds.finite_world import LOST, FiniteWorld
from cliprl_lite.worlds.greedy import expected_path
from cliprl_lite.worlds.suite_files import suite_names

def bits(array, kind):
    return hashlib.sha256(np.ascontiguousarray(array, dtype=kind).tobytes()).hexdigest()

def told(run):
    learner = run.learner
    return {
        "q": bits(run.q, "<f8"), "starts": bits(learner.episode_starts, "<i8"),
        "lengths": bits(learner.episode_lengths, "<i8"), "steps": run.steps,
        "clocks": list(run.clocks.values()), "place": [learner.state, learner.episode],
        "generator": str(learner.rng.bit_generator.state["state"]),
        "checks": [[c.mean_path, c.success, c.wrong_states] for c in run.checks],
        "path": expected_path(run.q, learner.world, learner.goal),
    }

def runs(world, goal):
    random = np.random.default_rng(5)
    table = np.floor(random.random(world.next_state.shape) * -20.0)  # with ties
    return [
        told(clip.learn(world, goal, seed=1, cap=100_000)),
        told(clip.learn(world, goal, table, seed=2, cap=30_000, epsilon=0.4)),
        told(clip.learn(world, goal, table, 3, cap=30_000, learning_rate=0.3, discount=0.9,
                        epsilon=0.0, record=101)),
    ]

def suites():
    found = {}
    for name in suite_names():
        suite = clip.load_suite(name, 9 if name in ("corners", "dev_shelves") else None)
        found[name] = runs(suite.world, suite.tasks[0].goal)
    return json.dumps(found)

# Three actions lead anywhere, six states keep who comes there, and there are two goals.
def where_agents_get_lost():
    table = np.random.default_rng(7).integers(50, size=(50, 3))
    table[:6] = np.arange(6)[:, None]
    world = FiniteWorld(table, starts=range(10, 30))
    assert (world.episodes((40, 41)).ends == LOST).sum() >= 6
    return json.dumps(runs(world, (40, 41)))
"""


def test_every_suite_gives_the_same_bits(live: str, tab: Page) -> None:
    here: dict[str, Any] = {}
    exec(RUNS, here)
    expected = json.loads(here["suites"]())
    tab.goto(live)
    found = json.loads(tab.evaluate(IN_A_WORKER, RUNS + "\nsuites()"))
    assert len(found) > 25
    for name, runs in expected.items():
        assert found[name] == runs, name


def test_a_world_in_which_agents_get_lost_gives_the_same_bits(live: str, tab: Page) -> None:
    here: dict[str, Any] = {}
    exec(RUNS, here)
    tab.goto(live)
    found = json.loads(tab.evaluate(IN_A_WORKER, RUNS + "\nwhere_agents_get_lost()"))
    assert found == json.loads(here["where_agents_get_lost"]())


def test_millions_of_steps_a_second(live: str, tab: Page) -> None:
    """In Python a tab takes 0.1 million; how many exactly is the benchmark's question."""
    tab.goto(live)
    assert tab.evaluate(IN_A_WORKER, SPEED) > 3


def test_an_array_of_another_type_is_refused(live: str, tab: Page) -> None:
    """C would read it as something that it is not."""
    tab.goto(live)
    code = """
    import ctypes, numpy as np
    from cliprl_lite import GridWorld
    from cliprl_lite._webassembly import capped_walks
    world = GridWorld.open_map(3)
    try:
        capped_walks(np.zeros((9, 4), np.float32), world.next_state, world.distances((0, 0)))
    except ctypes.ArgumentError as error:
        said = str(error)
    said
    """
    assert "array must have data type float64" in tab.evaluate(IN_A_WORKER, code)


def test_the_command_makes_what_is_committed(tmp_path: Path) -> None:
    made = compile_loops.compile_loops(tmp_path).read_bytes()
    assert made == (compile_loops.FOLDER / "loops.wasm").read_bytes()
    assert len(made) < 5_000
