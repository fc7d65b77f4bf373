"""What a policy is: parameters that can be laid out as one vector, compared, and averaged.

The paper averages `nn(π)`, the weights of a network. A Q-table is the simplest such network: one
linear layer on one-hot states, whose weights are the table's entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cliprl_lite.greedy import greedy_actions
from cliprl_lite.gridworld import GridWorld
from cliprl_lite.qlearning import LearningRun, learn

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TabularPolicy:
    """A policy given by a table of action values.

    Attributes:
        world: the map it was learned on.
        q: action values, shape `[S, 4]`.

    Example:
        >>> policy = TabularPolicy(GridWorld.open_map(3), np.zeros((9, 4)))
        >>> policy.vector.shape, policy.with_vector(np.ones(36)).q.shape
        ((36,), (9, 4))
    """

    world: GridWorld
    q: FloatArray

    @property
    def vector(self) -> FloatArray:
        """All parameters in a row, nn(π) in the paper, shape `[P]` with P = 4 S."""
        return self.q.reshape(-1)

    def with_vector(self, vector: FloatArray) -> TabularPolicy:
        """The policy of the same class with other parameters, shape `[P]`."""
        return replace(self, q=np.asarray(vector, dtype=np.float64).reshape(self.q.shape))

    @property
    def greedy(self) -> NDArray[np.bool_]:
        """Which actions are greedy, ties included, shape `[S, 4]`."""
        return greedy_actions(self.q)


def average(policies: Sequence[TabularPolicy], weights: FloatArray) -> TabularPolicy:
    """Σᵢ wᵢ nn(πᵢ) (Algorithms 1 and 2, last step).

    Summed in the order of the bases, one after another, so that every machine gets the same bits:
    learning from the result is chaotic in the last one.

    Args:
        policies: N policies of one class, on one map.
        weights: shape `[N]`.

    Raises:
        ValueError: if the numbers disagree, or the policies were learned on different maps.

    Example:
        >>> world = GridWorld.open_map(2)
        >>> old = [TabularPolicy(world, np.full((4, 4), value)) for value in (-1.0, -3.0)]
        >>> average(old, np.array([0.75, 0.25])).q[0].tolist()
        [-1.5, -1.5, -1.5, -1.5]
    """
    if len(policies) == 0 or len(policies) != len(weights):
        raise ValueError(f"{len(policies)} policies cannot take {len(weights)} weights")
    walls = policies[0].world.walls
    if not all(np.array_equal(policy.world.walls, walls) for policy in policies):
        raise ValueError("policies learned on different maps cannot be averaged")
    total = np.zeros_like(policies[0].vector)
    for weight, policy in zip(weights, policies, strict=True):
        total = total + weight * policy.vector
    return policies[0].with_vector(total)


def policy_vectors(policies: Sequence[TabularPolicy]) -> FloatArray:
    """The vectors of N policies, shape `[N, P]`.

    Example:
        >>> policy = TabularPolicy(GridWorld.open_map(2), np.zeros((4, 4)))
        >>> policy_vectors([policy, policy]).shape
        (2, 16)
    """
    return np.stack([policy.vector for policy in policies])


def learn_policy(
    world: GridWorld, goal: tuple[int, int], seed: int | np.random.Generator = 0
) -> tuple[TabularPolicy, LearningRun]:
    """Learn a base policy from nothing until it is optimal in every state (Step 1).

    Returns:
        The policy, and the run that it came from. Training stops at the first check that passes.

    Raises:
        ValueError: if the policy is not optimal when the cap comes.

    Example:
        >>> policy, run = learn_policy(GridWorld.open_map(4), (0, 0), seed=1)
        >>> run.checks[-1].optimal
        True
    """
    run = learn(world, goal, seed=seed, min_episodes=0)
    if run.stop_reason == "cap":
        raise ValueError(
            f"a base policy for the goal {goal} is not optimal after {run.steps:,} steps; "
            "take a smaller map"
        )
    return TabularPolicy(world, run.q), run
