"""What lies between two networks on the straight line from one's parameters to the other's.

Arrays come in and arrays go out, one network at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cliprl_lite._arrays import FloatArray
from cliprl_lite.learning.networks import FeatureKind, Parameters, features, forward
from cliprl_lite.worlds.finite_world import FiniteWorld
from cliprl_lite.worlds.greedy import greedy_actions
from cliprl_lite.worlds.several_goals import Goals, arrival_share, goal_states, right_share

BARRIER_POINTS = 25
"""Points on the line between two networks, ends included, at which `loss_barrier` looks."""

SHARES = np.linspace(0, 1, 21)
"""The shares λ of the second network at which `line_between` evaluates."""

Loss = Callable[[Parameters, float], float]
"""A loss takes a network on the line, and that network's share λ of the second one."""


def interpolate(first: Parameters, second: Parameters, share: float) -> Parameters:
    """(1 − λ) · first + λ · second, for every weight and bias.

    Args:
        share: λ; 0 is the first network and 1 the second.

    Example:
        >>> zeros, ones = [(np.zeros((1, 1)), np.zeros(1))], [(np.ones((1, 1)), np.ones(1))]
        >>> interpolate(zeros, ones, 0.25)[0][0].tolist()
        [[0.25]]
    """
    return [
        ((1 - share) * w + share * v, (1 - share) * b + share * c)
        for (w, b), (v, c) in zip(first, second, strict=True)
    ]


def q_error(
    parameters: Parameters, x: FloatArray, optimal_q: FloatArray, goals: Sequence[int]
) -> float:
    """Mean squared distance of a network's Q from the exact one, in reward².

    Args:
        x: features of every state, shape `[S, F]`.
        optimal_q: `FiniteWorld.optimal_q`, or a blend of several, shape `[S, A]`.
        goals: states that are left out, one of each task: nothing is learned at a goal.

    Example:
        >>> says_2 = [(np.zeros((3, 4)), np.full(4, 2.0))]
        >>> q_error(says_2, np.eye(3), np.full((3, 4), -1.0), goals=[0])
        9.0
    """
    error = np.delete(forward(parameters, x) - optimal_q, goals, axis=0)
    return float((error * error).mean())


def value_loss(world: FiniteWorld, reads: FeatureKind, goals: Goals) -> Loss:
    """How far a network on the line is from the exact values: the loss for `loss_barrier`.

    If both networks learned one task, it is the `q_error` against Q*, and ignores λ. If they
    learned two, a and b, the target moves along the line with them: it is the `q_error` against
    (1 − λ) Q*_a + λ Q*_b, both goals left out. Unlike the share of starts that arrive, it is
    smooth, and shows wrong values before they change a greedy action.

    Args:
        world: the map.
        reads: what the networks read, as in `features`.
        goals: of the one task, or of a and b.

    Example: halfway between two exact tables the target is their blend, which is met.
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> world, goals = GridWorld.open_map(3), [(0, 0), (2, 2)]
        >>> a, b = ([(world.optimal_q(goal), np.zeros(4))] for goal in goals)
        >>> loss = value_loss(world, "one-hot", goals)
        >>> loss(interpolate(a, b, 0.5), 0.5), loss(b, 0.0) > 1
        (0.0, True)
    """
    x, ends = features(world, reads), goal_states(world, goals)
    exact = world.optimal_q(goals[0]), world.optimal_q(goals[-1])

    def loss(network: Parameters, share: float) -> float:
        return q_error(network, x, (1 - share) * exact[0] + share * exact[1], ends)

    return loss


def loss_barrier(first: Parameters, second: Parameters, loss: Loss) -> float:
    """How far the loss rises on the straight line between two networks, in units of the loss.

    The largest L((1 − λ) a + λ b, λ) − (1 − λ) L(a, 0) − λ L(b, 1) over λ in [0, 1] (Entezari et
    al. 2022, "The role of permutation invariance in linear mode connectivity", eq. 1, where L does
    not depend on λ). It is never negative, and near 0 if the two lie in one valley of the loss.

    A Q-table is linear in its parameters, so that its error is a blend of the errors at the ends,
    and the loss convex in λ: for tables there is never a barrier. Networks with hidden layers can
    have one.

    Args:
        loss: of a network, and of its share λ of the second one, as `value_loss` makes it.

    Example: the loss has a hill between −1 and 1, 1 high.
        >>> left, right = [(-np.ones((1, 1)), np.zeros(1))], [(np.ones((1, 1)), np.zeros(1))]
        >>> loss_barrier(left, right, lambda network, share: float(1 - network[0][0][0, 0] ** 2))
        1.0
    """
    ends = loss(first, 0.0), loss(second, 1.0)
    heights = [
        loss(interpolate(first, second, share), share) - (1 - share) * ends[0] - share * ends[1]
        for share in np.linspace(0, 1, BARRIER_POINTS)[1:-1].tolist()
    ]
    return float(max([0.0, *heights]))


@dataclass(frozen=True, eq=False)
class Line:
    """What lies between two networks, at every share in `SHARES`.

    Attributes:
        q: action values, shape `[L, S, 4]`.
        right: share of states, goals apart, where all greedy actions are on a shortest path to a
            goal.
        arrive: share of starts from which the policy arrives at a goal.
        loss: mean squared distance from the exact values, or from their blend, in reward².
        barrier: the highest rise above the straight line between the losses of the ends.
    """

    q: FloatArray
    right: FloatArray
    arrive: FloatArray
    loss: FloatArray
    barrier: float


def line_between(
    world: FiniteWorld, reads: FeatureKind, first: Parameters, second: Parameters, goals: Goals
) -> Line:
    """Evaluate the straight line between two networks; map, reading and goals as in `value_loss`.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> world = GridWorld.open_map(3)
        >>> table = [(world.optimal_q((0, 0)), np.zeros(4))]
        >>> between = line_between(world, "one-hot", table, table, [(0, 0)])
        >>> float(between.right.min()), float(between.arrive.min()), between.barrier
        (1.0, 1.0, 0.0)
    """
    x, loss = features(world, reads), value_loss(world, reads, goals)
    blends = [interpolate(first, second, share) for share in SHARES.tolist()]
    q = np.stack([forward(blend, x) for blend in blends])
    greedy = [greedy_actions(table) for table in q]
    return Line(
        q,
        np.array([right_share(actions, world, goals) for actions in greedy]),
        np.array([arrival_share(actions, world, goals) for actions in greedy]),
        np.array([loss(blend, s) for blend, s in zip(blends, SHARES.tolist(), strict=True)]),
        loss_barrier(first, second, loss),
    )
