"""Learners as one would write them with Gymnasium and NumPy: the other side of `qlearning.py`.

    python benchmarks/fifty_learners.py SECONDS

takes one learner after the other from nothing to optimal until the time is up, and prints for
each its environment steps and its seconds. Fifty of them would take minutes.
"""

from __future__ import annotations

import math
import sys
import time

import gymnasium as gym
import numpy as np

from cliprl_lite._printing import forgiving_output
from cliprl_lite.learning.runs import CHECK_SPACING
from cliprl_lite.worlds.finite_world import DISCOUNT
from cliprl_lite.worlds.gridworld import GridWorld

WORLD, GOAL = GridWorld.open_map(25), (0, 0)
EPSILON, LEARNING_RATE = 0.1, 1.0


class GridEnv(gym.Env):
    """The task as plainly as Gymnasium allows: no wrapper, no rendering, no info."""

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


class GymnasiumLearner:
    """Q-learning in a Python loop; ties are broken as in Gymnasium's FrozenLake tutorial."""

    def __init__(self, seed: int = 0) -> None:
        self.env, self.rng = GridEnv(), np.random.default_rng(seed)
        self.q = np.zeros((WORLD.n_states, 4))
        self.state, _ = self.env.reset(seed=seed)
        self.steps = 0

    def run(self, n_steps: int) -> None:
        env, rng, q, state = self.env, self.rng, self.q, self.state
        for _ in range(n_steps):
            if rng.random() < EPSILON:
                action = int(rng.integers(4))
            else:
                action = int(rng.choice(np.flatnonzero(q[state] == q[state].max())))
            successor, reward, terminated, _, _ = env.step(action)
            target = reward + (0.0 if terminated else DISCOUNT * q[successor].max())
            q[state, action] += LEARNING_RATE * (target - q[state, action])
            state = env.reset()[0] if terminated else successor
        self.state = state
        self.steps += n_steps

    def learn(self) -> None:
        """Go on until every tied greedy action is right, checked as often as `learn` checks."""
        right = WORLD.optimal_actions(GOAL)
        while True:
            greedy = self.q == self.q.max(axis=1, keepdims=True)
            if not (greedy & ~right).any():
                return
            next_check = max(self.steps + 1, math.ceil(self.steps * CHECK_SPACING))
            self.run(next_check - self.steps)


@forgiving_output()
def main(seconds: float) -> None:
    """At least one learner; then as many as begin before the time is up."""
    until, seed = time.perf_counter() + seconds, 0
    while seed == 0 or time.perf_counter() < until:
        begin = time.perf_counter()
        learner = GymnasiumLearner(seed)
        learner.learn()
        print(learner.steps, time.perf_counter() - begin)
        seed += 1


if __name__ == "__main__":
    main(float(sys.argv[1]))
