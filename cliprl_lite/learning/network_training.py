"""Training networks until their greedy policies pass, and the record of each run.

There are two ways to learn a task: fitted Q-iteration (Ernst et al. 2005; Riedmiller 2005), which
knows every transition of the map, and deep Q-learning (Mnih et al. 2015), whose agents walk.
Networks can also be trained to reproduce known tables: policy distillation (Rusu et al. 2016).
Training needs torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite._optional import require
from cliprl_lite.learning.clocks import FEW_SHOT_EPISODES, REGRET_EPISODES
from cliprl_lite.learning.network_stacks import DistilledStack, FittedStack, OnlineStack, TaskStack
from cliprl_lite.learning.networks import NetworkSettings, Parameters
from cliprl_lite.worlds.finite_world import FiniteWorld, Goal
from cliprl_lite.worlds.greedy import GreedyEvaluation, as_table, evaluate_table

DISTIL_STEPS = 2_000
"""Gradient steps of a distillation, unless a call says otherwise."""


@dataclass(frozen=True, eq=False)
class NetworkRun:
    """How the training of one network went. Steps are gradient steps in `fitted_q_iteration`, and
    environment steps in `deep_q_learning`.

    Attributes:
        parameters: of the trained network, weights `[in, out]` and biases `[out]` a layer.
        steps: steps taken.
        stop_reason: `"finished"`, or `"cap"` for a run that was cut off (censored).
        steps_near_optimal: steps at the first of `passes` checks in a row that found the policy
            near-optimal; None if there is no such row (censored at `steps`).
        steps_optimal: the same for optimal in every state.
        check_steps: steps at every check, shape `[C]`.
        checks: what each check found, C of them.
        few_shot: what the first check after 20 complete episodes found (those cut off count); None
            if there were fewer, as always in fitted Q-iteration. Checks stand every `check_every`
            steps, so it may come up to that many steps late. The check before any learning (step
            0) never counts.
        episode_lengths: steps of the first episodes, shape `[≤ min_episodes]`; one that was cut
            off has the episode limit. Empty for fitted Q-iteration.
        episode_shortest: shortest distance from each of their starts, same shape.
    """

    parameters: Parameters
    steps: int
    stop_reason: Literal["finished", "cap"]
    steps_near_optimal: int | None
    steps_optimal: int | None
    check_steps: IntArray
    checks: tuple[GreedyEvaluation, ...]
    few_shot: GreedyEvaluation | None
    episode_lengths: IntArray
    episode_shortest: IntArray


def first_of_row(passed: Sequence[bool], length: int) -> int | None:
    """Where the first row of `length` passes begins; None if there is no such row.

    Example:
        >>> first_of_row([False, True, False, True, True, True], 2)
        3
    """
    row = 0
    for number, one in enumerate(passed):
        row = row + 1 if one else 0
        if row == length:
            return number - length + 1
    return None


def fitted_q_iteration(
    world: FiniteWorld,
    goals: Sequence[Goal],
    start: Parameters,
    settings: NetworkSettings | None = None,
    *,
    cap: int = 20_000,
) -> list[NetworkRun]:
    """Train K networks on K tasks of one map, with every transition of the map known.

    Every gradient step (Adam) lowers the mean squared distance of all Q(s, a), the goal's apart,
    from their targets (`td_targets`). Nothing is random.

    Args:
        world: the map, or another finite world.
        goals: `(row, column)` of each task's goal, or its states, K of them.
        start: the networks to start from, a stack of K.
        settings: the defaults if None.
        cap: gradient steps after which a run is cut off and called censored.

    Returns:
        One run per task. The other tasks of the stack change its numbers by rounding only.

    Raises:
        ValueError: if goals, start, settings and map do not fit each other, or a network diverges.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> world, settings = GridWorld.open_map(3), NetworkSettings()
        >>> from cliprl_lite.learning.networks import initialise
        >>> start = initialise(settings.widths(world), seeds=[0, 1])
        >>> runs = fitted_q_iteration(world, [(0, 0), (2, 1)], start, settings)
        >>> [run.checks[-1].optimal for run in runs]
        [True, True]
    """
    settings = settings or NetworkSettings()
    with _one_thread():
        return _train(FittedStack(world, goals, start, settings), cap, 0)


def deep_q_learning(
    world: FiniteWorld,
    goals: Sequence[Goal],
    start: Parameters,
    seeds: Sequence[int | np.random.Generator],
    settings: NetworkSettings | None = None,
    *,
    min_episodes: int = REGRET_EPISODES,
    cap: int = 100_000,
) -> list[NetworkRun]:
    """Train K networks on K tasks of one map, each by an agent that walks (DQN).

    Steps, rewards, starts and ends are those of `qlearning`. Each agent acts ε-greedily, remembers
    its transitions, and draws a batch of them for every gradient step (Adam on the mean squared
    distance from `td_targets`). All K take their steps at the same time.

    Args:
        world, goals, start, settings: as for `fitted_q_iteration`.
        seeds: one per task, for what its agent does and which transitions it draws.
        min_episodes: go on for at least this many episodes, and record as many.
        cap: environment steps after which a run is cut off and called censored.

    Returns, Raises: as `fitted_q_iteration`.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> world, settings = GridWorld.open_map(3), NetworkSettings()
        >>> from cliprl_lite.learning.networks import initialise
        >>> start = initialise(settings.widths(world), seeds=[0, 0])
        >>> runs = deep_q_learning(world, [(0, 0), (2, 1)], start, seeds=[1, 2], min_episodes=20)
        >>> [run.checks[-1].optimal for run in runs], runs[0].episode_lengths.shape
        ([True, True], (20,))
    """
    settings = settings or NetworkSettings()
    if len(seeds) != len(goals):
        raise ValueError(f"{len(goals)} tasks need as many seeds; got {len(seeds)}")
    if min_episodes < 0:
        raise ValueError(f"the number of episodes is 0 or more; got {min_episodes}")
    with _one_thread():
        stack = OnlineStack(world, goals, start, settings, seeds, min_episodes)
        return _train(stack, cap, min_episodes)


def distil(
    world: FiniteWorld,
    tables: FloatArray,
    start: Parameters,
    settings: NetworkSettings | None = None,
    *,
    steps: int = DISTIL_STEPS,
) -> Parameters:
    """Train K networks to reproduce K tables: policy distillation by regression.

    Every gradient step (Adam) lowers each network's mean squared distance from its table, where
    every state and action counts alike (Rusu et al. 2016, "Policy Distillation", the variant with
    a mean squared error of Q). There is no goal, and nothing is random.

    Args:
        world: the map.
        tables: the tables to reproduce, shape `[K, S, A]`, in reward.
        start: the networks to start from, a stack of K.
        settings: the defaults if None.
        steps: gradient steps. The default brings the default networks within a root mean square
            error of 0.07 of exact Q-tables, on maps up to 15×15 (0.16 on 25×25). A step moves a
            parameter by about the learning rate: a network without hidden layers, whose parameters
            are as large as the values, needs more steps or a larger rate.

    Returns:
        The trained stack of K. The others of the stack change a network by rounding only.

    Raises:
        ValueError: if tables, start, settings and map do not fit each other, a number is not
            finite, there are no steps, or a network diverges.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> world, settings = GridWorld.open_map(3), NetworkSettings()
        >>> from cliprl_lite.learning.networks import features, forward, initialise
        >>> tables = np.stack([world.optimal_q((0, 0)), world.optimal_q((2, 1))])
        >>> start = initialise(settings.widths(world), seeds=[0, 1])
        >>> taught = distil(world, tables, start, settings, steps=1_000)
        >>> error = forward(taught, features(world, settings.features)) - tables
        >>> bool(np.abs(error).max() < 0.05)
        True
    """
    settings = settings or NetworkSettings()
    if steps < 1:
        raise ValueError(f"the number of steps is 1 or more; got {steps}")
    if len(tables) == 0:
        raise ValueError("there is nothing to learn: give at least one table")
    tables = np.stack([as_table(table, world) for table in tables])
    with _one_thread():
        stack = DistilledStack(world, tables, start, settings)
        stack.advance(steps)
        stack.q()  # an error if a network has diverged
        return stack.parameters()


def _train(stack: TaskStack, cap: int, min_episodes: int) -> list[NetworkRun]:
    """Advance a stack from check to check; a network whose run has ended leaves it."""
    if cap < 1:
        raise ValueError(f"the cap is a positive number of steps; got {cap}")
    world, settings = stack.world, stack.settings
    tasks = tuple(stack.tasks)
    runs: dict[int, NetworkRun] = {}
    going = list(range(len(tasks)))  # the numbers of the networks still in the stack
    checks: list[list[GreedyEvaluation]] = [[] for _ in going]
    few_shot: dict[int, GreedyEvaluation] = {}
    check_steps = [0]
    while True:
        ended = []
        for place, (k, q) in enumerate(zip(going, stack.q(), strict=True)):
            checks[k].append(evaluate_table(q, world, tasks[k]))
            if stack.episode[place] >= FEW_SHOT_EPISODES:  # never before the first step
                few_shot.setdefault(k, checks[k][-1])
            near_optimal, optimal = (
                first_of_row([getattr(c, rule) for c in checks[k]], settings.passes)
                for rule in ("near_optimal", "optimal")
            )
            finished = optimal is not None and stack.episode[place] >= min_episodes
            if finished or check_steps[-1] >= cap:
                starts, lengths = stack.episodes(place)
                runs[k] = NetworkRun(
                    parameters=stack.network(place),
                    steps=check_steps[-1],
                    stop_reason="finished" if finished else "cap",
                    steps_near_optimal=None if near_optimal is None else check_steps[near_optimal],
                    steps_optimal=None if optimal is None else check_steps[optimal],
                    check_steps=np.array(check_steps),
                    checks=tuple(checks[k]),
                    few_shot=few_shot.get(k),
                    episode_lengths=lengths,
                    episode_shortest=tasks[k].distances[starts],
                )
                ended.append(place)
        if ended:
            stays = [place for place in range(len(going)) if place not in ended]
            if not stays:
                return [runs[k] for k in sorted(runs)]
            going = [going[place] for place in stays]
            stack.keep(np.array(stays))
        check_steps.append(min(cap, check_steps[-1] + settings.check_every))
        stack.advance(check_steps[-1] - check_steps[-2])


@contextmanager
def _one_thread() -> Iterator[None]:
    """Train in one thread, since the products are small, and without torch's own gradients."""
    require("torch", "networks", "training a network")
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(threads)
