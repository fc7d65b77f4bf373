"""Exact evaluation of a table's greedy policy: no rollouts, no randomness, no step limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray, IntArray
from cliprl_lite._compiling import compiled
from cliprl_lite._rounding import rounded
from cliprl_lite.worlds.finite_world import DISCOUNT, Episodes, FiniteWorld, Goal

NEAR_OPTIMAL = 1.05
"""A policy is near-optimal up to this ratio of its mean path to the mean shortest path."""


def greedy_walk(
    q: FloatArray,
    next_state: IntArray,
    distances: IntArray,
    counted: BoolArray,
    first: IntArray,
    before: IntArray,
    by: IntArray,
) -> tuple[FloatArray, float, int, int]:
    """How far the greedy policy walks from every state, ties broken at random.

    Works outward from the goals: a state is settled once all its tied greedy actions lead to
    settled states. A state from which the agent might circle is never settled, nor one from which
    it might be lost.

    Args:
        q, next_state: shape `[S, A]`.
        distances, counted: as in `Episodes`.
        first, before, by: the world's `predecessors`.

    Returns:
        `lengths`: expected steps to a goal, shape `[S]`; −1 where the agent might not arrive.
        `walked`: their sum over the states that count; one where it might not counts as S steps.
        `n_settled`: the number of states that count from which it arrives.
        `n_wrong`: the number of those with a greedy action that is on no shortest path.
    """
    n_states, n_actions = q.shape
    greedy = np.zeros((n_states, n_actions), dtype=np.bool_)
    ties = np.zeros(n_states, dtype=np.int64)
    n_wrong = 0
    for state in range(n_states):
        best = q[state, 0]
        for action in range(1, n_actions):
            if q[state, action] > best:
                best = q[state, action]
        wrong = False
        for action in range(n_actions):
            if q[state, action] == best:
                greedy[state, action] = True
                ties[state] += 1
                if distances[next_state[state, action]] != distances[state] - 1:
                    wrong = True
        if wrong and counted[state]:
            n_wrong += 1

    lengths = np.full(n_states, -1.0)
    total = np.zeros(n_states)
    open_ties = ties.copy()
    queue = np.empty(n_states, dtype=np.int64)
    head, tail = 0, 0
    for state in range(n_states):
        if distances[state] == 0:
            lengths[state] = 0.0
            queue[tail] = state
            tail += 1
    while head < tail:
        state = queue[head]
        head += 1
        for place in range(first[state], first[state + 1]):
            other = before[place]
            if distances[other] == 0 or not greedy[other, by[place]]:
                continue
            total[other] += lengths[state]
            open_ties[other] -= 1
            if open_ties[other] == 0:
                lengths[other] = 1.0 + total[other] / ties[other]
                queue[tail] = other
                tail += 1

    walked, n_settled = 0.0, 0
    for state in range(n_states):
        if counted[state]:
            if lengths[state] >= 0:
                walked += lengths[state]
                n_settled += 1
            else:
                walked += n_states
    return lengths, walked, n_settled, n_wrong


@dataclass(frozen=True)
class GreedyEvaluation:
    """The exact evaluation of a table's greedy policy, without any rollout.

    Every state counts as a start that an episode can come to, if a goal can be reached from there.
    It *arrives* if every tied greedy action on its way leads to a goal, never in a circle.

    Attributes:
        mean_path: mean expected steps over all starts; a start that might circle, or be lost,
            counts as S steps, since no path without a circle is longer than the number of states.
        shortest: mean of the shortest distances over the same starts, in steps.
        success: share of starts that arrive, 0 to 1.
        wrong_states: starts with a greedy action on no shortest path.

    Example:
        >>> GreedyEvaluation(mean_path=2.1, shortest=2.0, success=1.0, wrong_states=1).near_optimal
        True
    """

    mean_path: float
    shortest: float
    success: float
    wrong_states: int

    @classmethod
    def of(
        cls, walked: float, n_settled: int, n_wrong: int, episodes: Episodes
    ) -> GreedyEvaluation:
        """The evaluation of what `greedy_walk` found."""
        n_starts = episodes.n_counted
        return cls(walked / n_starts, episodes.shortest, n_settled / n_starts, n_wrong)

    @property
    def optimal(self) -> bool:
        """Every tied greedy action lies on a shortest path, in every state."""
        return self.wrong_states == 0

    @property
    def near_optimal(self) -> bool:
        """Every start arrives, and the mean path is at most 5 % over the shortest."""
        over = self.mean_path - NEAR_OPTIMAL * self.shortest
        return self.success == 1.0 and bool(rounded(over) <= 0)


def evaluate_greedy(q: FloatArray, world: FiniteWorld, goal: Goal) -> GreedyEvaluation:
    """Evaluate the greedy policy of a table exactly.

    Args:
        q: action values, shape `[S, A]`.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> world = GridWorld.open_map(3)
        >>> evaluate_greedy(world.optimal_q((0, 0)), world, (0, 0)).optimal
        True
        >>> evaluate_greedy(np.zeros((9, 4)), world, (0, 0)).success
        0.0
    """
    return evaluate_table(as_table(q, world), world, world.episodes(goal))


def evaluate_table(q: FloatArray, world: FiniteWorld, episodes: Episodes) -> GreedyEvaluation:
    """`evaluate_greedy` for a caller that has made the table and the episodes ready already."""
    ways = (world.next_state, episodes.distances, episodes.counted, *world.predecessors)
    _, walked, n_settled, n_wrong = compiled(greedy_walk)(q, *ways)
    return GreedyEvaluation.of(walked, n_settled, n_wrong, episodes)


def expected_path(q: FloatArray, world: FiniteWorld, goal: Goal) -> float:
    """Mean expected steps of the greedy policy over all starts, ties broken at random.

    Unlike `evaluate_greedy`, it accepts a circle that the agent can leave by chance: each walk is
    followed for S steps, and a walk that has not arrived by then counts as S steps.

    Args:
        q: action values, shape `[S, A]`.

    Example: with all actions tied the agent wanders, and still arrives sometimes.
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> world = GridWorld.open_map(2)
        >>> expected_path(world.optimal_q((0, 0)), world, (0, 0)) == 4 / 3
        True
        >>> expected_path(np.zeros((4, 4)), world, (0, 0)) < 4
        True
    """
    choice = greedy_actions(as_table(q, world))
    share = choice / choice.sum(axis=1, keepdims=True)
    episodes = world.episodes(goal)
    lengths = compiled(capped_walks)(share, world.next_state, episodes.distances)
    return float(np.where(episodes.counted, lengths, 0.0).sum() / episodes.n_counted)


def capped_walks(share: FloatArray, next_state: IntArray, distances: IntArray) -> FloatArray:
    """Expected steps from every state to a goal, each walk cut off after S steps; shape `[S]`.

    Args:
        share: probability of each action, shape `[S, A]`.
        next_state: shape `[S, A]`.
        distances: 0 at the goals, shape `[S]`.
    """
    n_states, n_actions = share.shape
    left, before = np.zeros(n_states), np.zeros(n_states)
    for _ in range(n_states):
        left, before = before, left
        for state in range(n_states):
            if distances[state] != 0:
                mean = 0.0
                for action in range(n_actions):
                    mean += share[state, action] * before[next_state[state, action]]
                left[state] = 1.0 + mean
    return left


def greedy_actions(q: FloatArray) -> BoolArray:
    """Which actions are greedy, ties included; `[S, A]` in, boolean `[S, A]` out.

    Example:
        >>> greedy_actions(np.array([[-2.0, -1.0, -1.0, -3.0]])).tolist()
        [[False, True, True, False]]
    """
    return q == q.max(axis=1, keepdims=True)


def wrong_states(greedy: BoolArray, world: FiniteWorld, goals: Sequence[Goal]) -> BoolArray:
    """States with a greedy action that is on no shortest path to any of the goals, shape `[S]`.

    Args:
        greedy: boolean, shape `[S, A]`, ties included.

    Example: going up is wrong in the top row, except at the goal.
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> up = np.tile([True, False, False, False], (9, 1))
        >>> np.flatnonzero(wrong_states(up, GridWorld.open_map(3), [(0, 0)])).tolist()
        [1, 2]
    """
    good = np.any([world.optimal_actions(goal) for goal in goals], axis=0)
    wrong: BoolArray = (greedy & ~good).any(axis=1)  # at a goal every action is good
    return wrong


def believed_steps(q: FloatArray, discount: float = DISCOUNT) -> FloatArray:
    """Steps to the goal that the best value of each state implies: d in −(1 − γᵈ) / (1 − γ).

    Args:
        q: action values, shape `[S, 4]`.
        discount: γ in (0, 1).

    Returns:
        Steps, shape `[S]`: 0 for a value above 0, infinity for one below the value of every path.

    Example:
        >>> believed_steps(np.array([[-1.0, -3, -3, -3], [-1.99, -2, -2, -2]])).round(6).tolist()
        [1.0, 2.0]
    """
    with np.errstate(divide="ignore"):  # log 0
        power = np.log(np.clip(1 + q.max(axis=1) * (1 - discount), 0, 1))
    steps: FloatArray = power / np.log(discount)
    return steps


def as_table(q: FloatArray, world: FiniteWorld) -> FloatArray:
    """A table as the compiled loops need it.

    Raises:
        ValueError: if its shape is not `[S, A]`, or a value is not a finite number.
    """
    q = np.ascontiguousarray(q, dtype=np.float64)
    if q.shape != world.next_state.shape:
        raise ValueError(f"a table for {world!r} has shape {world.next_state.shape}; got {q.shape}")
    if not np.isfinite(q).all():
        raise ValueError("the table holds values that are not finite numbers")
    return q
