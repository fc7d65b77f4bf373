"""How much faster is the compiled textbook loop than what one would write with Gymnasium?

    python benchmarks/qlearning.py [--seconds 3]

On a 25×25 open map, in one run on one core: environment steps a second of

- the library's loop, compiled by numba;
- the same source in plain Python;
- an unwrapped Gymnasium class with a NumPy table, ties broken at random, in a Python loop.

Only the ratios are to be trusted; the machine may be busy. Exits with 1 if the compiled loop is
less than 100 times as fast as the Gymnasium loop.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

import gymnasium as gym
import numpy as np

from cliprl_lite.gridworld import DISCOUNT, GridWorld
from cliprl_lite.qlearning import Learner, q_learning_steps

WANTED = 100
WORLD = GridWorld.open_map(25)
GOAL = (0, 0)
EPSILON, LEARNING_RATE = 0.1, 1.0


class GridEnv(gym.Env):
    """The same task as plainly as Gymnasium allows: no wrapper, no rendering, no info."""

    def __init__(self) -> None:
        self.observation_space = gym.spaces.Discrete(WORLD.n_states)
        self.action_space = gym.spaces.Discrete(4)
        self.next_state = WORLD.next_state
        self.goal = WORLD.state(GOAL)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state = int(self.np_random.integers(1, WORLD.n_states))  # the goal is state 0
        return self.state, {}

    def step(self, action):
        self.state = int(self.next_state[self.state, action])
        return self.state, -1.0, self.state == self.goal, False, {}


def gymnasium_loop(n_steps: int) -> None:
    env, rng = GridEnv(), np.random.default_rng(0)
    q = np.zeros((WORLD.n_states, 4))
    state, _ = env.reset(seed=0)
    for _ in range(n_steps):
        if rng.random() < EPSILON:
            action = int(rng.integers(4))
        else:
            action = int(rng.choice(np.flatnonzero(q[state] == q[state].max())))
        successor, reward, terminated, _, _ = env.step(action)
        target = reward + (0.0 if terminated else DISCOUNT * q[successor].max())
        q[state, action] += LEARNING_RATE * (target - q[state, action])
        state = env.reset()[0] if terminated else successor


def compiled_loop(n_steps: int) -> None:
    Learner(WORLD, GOAL).run(n_steps)


def plain_loop(n_steps: int) -> None:
    q, log = np.zeros((WORLD.n_states, 4)), np.zeros(0, dtype=np.int64)
    rng = np.random.default_rng(0)
    q_learning_steps(
        q, WORLD.next_state, WORLD.state(GOAL), LEARNING_RATE, EPSILON, DISCOUNT, rng,
        5, 5, 0, 0, n_steps, -1, log, log,
    )  # fmt: skip


def steps_per_second(loop: Callable[[int], None], n_steps: int, seconds: float) -> float:
    """The best of several timings, since others can only slow a loop down."""
    loop(1_000)  # compile, warm up
    best, until = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < until:
        begin = time.perf_counter()
        loop(n_steps)
        best = min(best, time.perf_counter() - begin)
    return n_steps / best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="for each loop")
    seconds = parser.parse_args().seconds
    print(
        f"Python {platform.python_version()},",
        ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "gymnasium")),
    )
    speeds = {
        "Gymnasium class, NumPy table": steps_per_second(gymnasium_loop, 20_000, seconds),
        "textbook loop, plain Python": steps_per_second(plain_loop, 20_000, seconds),
        "textbook loop, compiled": steps_per_second(compiled_loop, 2_000_000, seconds),
    }
    slowest = speeds["Gymnasium class, NumPy table"]
    for name, speed in speeds.items():
        print(f"{name:30} {speed / 1e6:8.3f} million steps a second   ×{speed / slowest:,.1f}")
    ratio = speeds["textbook loop, compiled"] / slowest
    print(f"wanted: at least ×{WANTED}; measured ×{ratio:,.0f}")
    return 0 if ratio >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
