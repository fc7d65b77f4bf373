"""What a policy is: action values for every state, and parameters to compare and to average.

The paper averages `nn(π)`, the parameters of a network. There are two classes here, a Q-table and
a multi-layer perceptron (MLP). Both offer the same few properties, so that all other code takes
either. A Q-table is the simplest of networks, one linear layer on one-hot states whose parameters
are the table's entries: `TabularPolicy.network` gives that view.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, Self

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray
from cliprl_lite._rounding import rounded
from cliprl_lite.learning.networks import FeatureKind, Parameters, features, forward
from cliprl_lite.learning.runs import Run, learn
from cliprl_lite.worlds.finite_world import DISCOUNT, FiniteWorld, Goal
from cliprl_lite.worlds.greedy import greedy_actions


class Policy(Protocol):
    """What every class of policies offers."""

    @property
    def world(self) -> FiniteWorld:
        """The world it was learned on."""

    @property
    def q(self) -> FloatArray:
        """Action values, shape `[S, A]`."""

    @property
    def network(self) -> MLPPolicy:
        """The policy as a network."""

    @property
    def weights(self) -> FloatArray:
        """The weights of the network in a row, its biases left out: what alignment compares."""

    @property
    def vector(self) -> FloatArray:
        """All parameters in a row, shape `[P]`: what is averaged."""

    @property
    def greedy(self) -> BoolArray:
        """Which actions are greedy, ties included, shape `[S, A]`."""

    def with_vector(self, vector: FloatArray) -> Self:
        """The policy of the same class with other parameters, shape `[P]`."""

    def raised(self, by: float) -> Self:
        """The policy with a constant added to all its action values, in reward."""


@dataclass(frozen=True, eq=False)
class TabularPolicy:
    """A policy given by a table of action values.

    Attributes:
        world: the world it was learned on.
        q: action values, shape `[S, A]`.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> policy = TabularPolicy(GridWorld.open_map(3), np.zeros((9, 4)))
        >>> policy.vector.shape, policy.with_vector(np.ones(36)).q.shape
        ((36,), (9, 4))
    """

    world: FiniteWorld
    q: FloatArray

    @property
    def weights(self) -> FloatArray:
        """The table's entries in a row, nn(π) in the paper, shape `[S A]`."""
        return self.q.reshape(-1)

    @property
    def vector(self) -> FloatArray:
        """All parameters in a row, shape `[P]`: the same entries."""
        return self.weights

    def with_vector(self, vector: FloatArray) -> TabularPolicy:
        """The table with other entries, shape `[P]`."""
        return replace(self, q=np.asarray(vector, dtype=np.float64).reshape(self.q.shape))

    def raised(self, by: float) -> TabularPolicy:
        """The table with a constant added to every entry, in reward."""
        return replace(self, q=self.q + by)

    @property
    def greedy(self) -> BoolArray:
        """Which actions are greedy, ties included, shape `[S, A]`."""
        return greedy_actions(self.q)

    @property
    def network(self) -> MLPPolicy:
        """The same policy as a linear network on one-hot states, its biases zero.

        Example:
            >>> from cliprl_lite.worlds.gridworld import GridWorld
            >>> world = GridWorld.open_map(3)
            >>> table = TabularPolicy(world, world.optimal_q((0, 0)))
            >>> bool((table.network.q == table.q).all())
            True
        """
        return MLPPolicy(self.world, [(self.q, np.zeros(self.world.n_actions))], "one-hot")


@dataclass(frozen=True, eq=False)
class MLPPolicy:
    """A policy given by a network that computes the action values of a state.

    Attributes:
        world: the world it was learned on.
        parameters: weights `[in, out]` and biases `[out]` of every layer.
        reads: the network's input, as in `features`.

    Raises:
        ValueError: if the layers do not fit the features and each other, or do not end in A.

    Example:
        >>> from cliprl_lite.learning.networks import initialise
        >>> layers = [(weights[0], biases[0]) for weights, biases in initialise((16, 8, 4), [0])]
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> policy = MLPPolicy(GridWorld.open_map(3), layers)
        >>> policy.q.shape, policy.weights.shape, policy.vector.shape
        ((9, 4), (160,), (172,))
    """

    world: FiniteWorld
    parameters: Parameters
    reads: FeatureKind = "fourier"

    def __post_init__(self) -> None:
        width = features(self.world, self.reads).shape[1]
        for weights, biases in self.parameters:
            if weights.ndim != 2 or weights.shape != (width, biases.size):
                raise ValueError(
                    f"a layer that reads {width} numbers and has {biases.size} biases takes "
                    f"weights of the shape {(width, biases.size)}; got {weights.shape}"
                )
            width = biases.size
        if width != self.world.n_actions:
            raise ValueError(
                f"the last layer gives {self.world.n_actions} action values; got {width}"
            )

    @cached_property
    def q(self) -> FloatArray:
        """Action values, shape `[S, A]`."""
        return forward(self.parameters, features(self.world, self.reads))

    @property
    def network(self) -> MLPPolicy:
        """The policy itself, which is a network."""
        return self

    @property
    def weights(self) -> FloatArray:
        """The weights of all layers in a row, nn(π) in the paper; the biases are left out."""
        return np.concatenate([weights.reshape(-1) for weights, _ in self.parameters])

    @property
    def vector(self) -> FloatArray:
        """All parameters in a row, shape `[P]`: layer by layer, weights before biases."""
        return np.concatenate([part.reshape(-1) for layer in self.parameters for part in layer])

    def with_vector(self, vector: FloatArray) -> MLPPolicy:
        """The network of the same shape with other parameters, shape `[P]`."""
        layers, rest = [], np.asarray(vector, dtype=np.float64)
        for weights, biases in self.parameters:
            w, b, rest = np.split(rest, [weights.size, weights.size + biases.size])
            layers.append((w.reshape(weights.shape), b.reshape(biases.shape)))
        if rest.size:
            raise ValueError(f"a network of {self.vector.size} parameters; got {len(vector)}")
        return replace(self, parameters=layers)

    def raised(self, by: float) -> MLPPolicy:
        """The network with a constant added to its last biases, and so to all its values."""
        *before, (weights, biases) = self.parameters
        return replace(self, parameters=[*before, (weights, biases + by)])

    @property
    def greedy(self) -> BoolArray:
        """Which actions are greedy, ties included, shape `[S, A]`."""
        return greedy_actions(self.q)


# ---------------------------------------------------------------------------------------------
# Modalities: which vector of a policy is aligned
# ---------------------------------------------------------------------------------------------
def greedy_map(policy: Policy) -> FloatArray:
    """The greedy actions, shape `[S A]`: in each state 1 for the greedy one, shared among ties.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> table = TabularPolicy(GridWorld.open_map(2), np.array([[0.0, 1, 1, 0]] * 4))
        >>> greedy_map(table)[:4].tolist()
        [0.0, 0.5, 0.5, 0.0]
    """
    return (policy.greedy / policy.greedy.sum(axis=1, keepdims=True)).reshape(-1)


def greedy_visits(policy: Policy) -> FloatArray:
    """What a greedy walk does on its way, shape `[S A]`: how often it is in each state and takes
    each action there, discounted, from a start in any state.

    The walk ends where the policy promises most, which are its own goals. It is what an encoder of
    trajectories would be shown, without chance: d = Σₜ γᵗ P(sₜ) solves d = d₀ + γ Pᵀ d.

    Example: from the right of two squares, the goal on the left; action 2 is *left*.
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> world = GridWorld.from_text("..")
        >>> table = TabularPolicy(world, world.optimal_q((0, 0)))
        >>> greedy_visits(table).reshape(2, 4)[1].tolist()
        [0.0, 0.0, 1.0, 0.0]
    """
    n = policy.world.n_states
    taken, values = greedy_map(policy).reshape(n, -1), rounded(policy.q.max(axis=1))
    goals = values == values.max()
    taken[goals] = 0.0
    moves = np.zeros((n, n))
    np.add.at(moves, (np.arange(n)[:, None], policy.world.next_state), taken)
    begins = np.where(goals, 0.0, 1 / (n - goals.sum()))
    visits = np.linalg.solve(np.eye(n) - DISCOUNT * moves.T, begins)
    return (visits[:, None] * taken).reshape(-1)


MODALITIES: dict[str, Callable[[Policy], FloatArray]] = {
    "weights": lambda policy: policy.weights,
    "q-values": lambda policy: policy.q.reshape(-1),
    "actions": greedy_map,
    "visits": greedy_visits,
}
"""The vector that an alignment takes for a policy: its weights (the paper's nn(π)), its action
values in every state, its greedy actions, or what its greedy walk visits. For a Q-table the first
two are the same."""


def policy_vectors(policies: Sequence[Policy], modality: str = "weights") -> FloatArray:
    """The vectors of N policies, one a row, as alignment takes them.

    Args:
        modality: a name in `MODALITIES`.

    Raises:
        ValueError: if there is no such modality.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> policy = TabularPolicy(GridWorld.open_map(2), np.zeros((4, 4)))
        >>> policy_vectors([policy, policy]).shape
        (2, 16)
    """
    if modality not in MODALITIES:
        raise ValueError(f"a modality is one of {', '.join(MODALITIES)}; got {modality!r}")
    return np.stack([MODALITIES[modality](policy) for policy in policies])


# ---------------------------------------------------------------------------------------------
# Step 1 of both algorithms
# ---------------------------------------------------------------------------------------------
def learn_policy(
    world: FiniteWorld, goal: Goal, seed: int | np.random.Generator = 0
) -> tuple[TabularPolicy, Run]:
    """Learn a base policy from nothing until it is optimal in every state (Step 1).

    Returns:
        The policy, and the run that it came from. Training stops at the first check that passes.

    Raises:
        ValueError: if the policy is not optimal when the cap comes.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> policy, run = learn_policy(GridWorld.open_map(4), (0, 0), seed=1)
        >>> run.checks[-1].optimal
        True
    """
    run = learn(world, goal, seed=seed, min_episodes=0)
    if run.stop_reason == "cap":
        raise ValueError(
            f"a base policy for the goal {goal} is not optimal after {run.steps:,} steps; "
            "take a smaller world"
        )
    return TabularPolicy(world, run.q), run
