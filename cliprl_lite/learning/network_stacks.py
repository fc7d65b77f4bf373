"""Stacks of networks in training: a gradient step of all, and an environment step of all agents.

Here are the ways to train, step by step; `network_training` takes them to their ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite._optional import require
from cliprl_lite.learning.networks import (
    NetworkSettings,
    Parameters,
    activations,
    features,
    forward,
    gradients,
    require_shapes,
)
from cliprl_lite.worlds.finite_world import (
    DISCOUNT,
    GOAL,
    LOST,
    STEP_REWARD,
    FiniteWorld,
    Goal,
)

if TYPE_CHECKING:
    from torch import Tensor


def td_targets(values: FloatArray, successors: IntArray, discount: float = DISCOUNT) -> FloatArray:
    """r + γ max_b Q(s', b), the targets towards which Q(s, a) is trained.

    Args:
        values: max_b Q(s, b) by the target networks, shape `[K, S]`; 0 at the goals.
        successors: the states s' that were reached, shape `[K, B]`, or `[1, B]` for all alike.
        discount: γ.

    Returns:
        Shape `[K, B]`, in reward.

    Example: from a state worth −3, and into the goal (state 0).
        >>> td_targets(np.array([[0.0, -3.0]]), np.array([[1, 0]]), discount=0.5).tolist()
        [[-2.5, -1.0]]
    """
    reached: FloatArray = values[np.arange(len(values))[:, None], successors]
    return STEP_REWARD + discount * reached


RATES = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
"""The usual decay rates of Adam's running means, and the ε that prevents division by zero."""


class Adam:
    """Adam (Kingma & Ba 2015) for some parameters: its running means, and its step.

    The function behind `torch.optim.Adam` does the work: its class would load a compiler first.

    Args:
        parameters: tensors of any shapes; only their shapes are used.
        learning_rate: of every step.

    Attributes:
        means: running means of the gradients, shaped like the parameters.
        squares: running means of their squares.

    Example: the first step is as long as the learning rate, whatever the gradient.
        >>> import torch
        >>> x = [torch.tensor([1.0, 1.0])]
        >>> Adam(x, learning_rate=0.5).step(x, [torch.tensor([3.0, -0.1])])
        >>> x[0].tolist()
        [0.5, 1.5]
    """

    def __init__(self, parameters: list[Tensor], learning_rate: float) -> None:
        import torch

        self.learning_rate = learning_rate
        self.means, self.squares = (
            [torch.zeros_like(part, requires_grad=False) for part in parameters] for _ in range(2)
        )
        # Type and device are given wherever a tensor is made: torch's defaults are global, and
        # other code may have changed them.
        self.counts = [torch.zeros((), dtype=torch.float32, device="cpu") for _ in parameters]

    def step(self, parameters: list[Tensor], gradients: list[Tensor]) -> None:
        """Change the parameters in place, against their gradients."""
        import torch
        from torch.optim.adam import adam

        how: dict[str, Any] = RATES | {"weight_decay": 0.0, "amsgrad": False, "maximize": False}
        with torch.no_grad():
            adam(parameters, gradients, self.means, self.squares, [], self.counts,
                 lr=self.learning_rate, fused=True, **how)  # fmt: skip


class Stack:
    """K networks in training: their layers, and Adam's running means."""

    def __init__(
        self, world: FiniteWorld, count: int, start: Parameters, settings: NetworkSettings
    ) -> None:
        require("torch", "networks", "training a network")
        import torch

        require_shapes(start, (count,), settings.widths(world))
        self.world, self.settings = world, settings
        self.x = torch.from_numpy(features(world, settings.features))
        flat = [part for layer in start for part in layer]
        self.parts = [torch.tensor(part, dtype=torch.float64, device="cpu") for part in flat]
        self.adam = Adam(self.parts, settings.learning_rate)

    @property
    def layers(self) -> list[tuple[Tensor, Tensor]]:
        return list(zip(self.parts[::2], self.parts[1::2], strict=True))

    def parameters(self) -> Parameters:
        """A copy of all networks' parameters."""
        return [(w.numpy().copy(), b.numpy().copy()) for w, b in self.layers]

    def network(self, place: int) -> Parameters:
        """A copy of one network's parameters."""
        return [(w[place].numpy().copy(), b[place].numpy().copy()) for w, b in self.layers]

    def q(self) -> FloatArray:
        """The action values of every network in every state, shape `[K, S, A]`."""
        q: FloatArray = forward(self.layers, self.x).numpy()
        if not np.isfinite(q).all():
            raise ValueError(
                f"a network has diverged; take a learning rate below {self.settings.learning_rate}"
            )
        return q

    def advance(self, n_steps: int) -> None:
        """Take `n_steps` more steps of training."""
        raise NotImplementedError

    def descend(self, rows: Sequence[Tensor], slope: Tensor) -> None:
        """One step of Adam, given the rows from `activations` and ∂L/∂Q."""
        slopes = [part for layer in gradients(self.layers, rows, slope) for part in layer]
        self.adam.step(self.parts, slopes)

    def keep(self, places: IntArray) -> None:
        """Keep only the networks at these places of the stack."""
        for parts in (self.parts, self.adam.means, self.adam.squares):
            parts[:] = [part[places] for part in parts]


class DistilledStack(Stack):
    """The networks that `distil` trains, each towards its own table, shape `[K, S, A]`."""

    def __init__(
        self, world: FiniteWorld, tables: FloatArray, start: Parameters, settings: NetworkSettings
    ) -> None:
        import torch

        super().__init__(world, len(tables), start, settings)
        self.tables = torch.from_numpy(tables)

    def advance(self, n_steps: int) -> None:
        scale = 2 / self.tables[0].numel()  # the slope of a mean of squares
        for _ in range(n_steps):
            rows = activations(self.layers, self.x)
            self.descend(rows, scale * (rows[-1] - self.tables))


class TaskStack(Stack):
    """K networks that learn a task each, with a target network.

    The target network is evaluated in S states only, and does not change between two refreshes: all
    that is kept of it is max_b Q(s, b), shape `[K, S]`.
    """

    per_network: tuple[str, ...] = ("tasks", "at_goal", "target_values", "episode")

    def __init__(
        self,
        world: FiniteWorld,
        goals: Sequence[Goal],
        start: Parameters,
        settings: NetworkSettings,
    ) -> None:
        super().__init__(world, len(goals), start, settings)
        self.tasks = np.array([world.episodes(goal) for goal in goals], dtype=object)
        self.at_goal = np.stack([task.ends == GOAL for task in self.tasks])  # [K, S]
        self.updates = 0
        self.target_values: FloatArray = np.zeros((len(goals), world.n_states))
        self.episode = np.zeros(len(goals), dtype=np.int64)

    def episodes(self, place: int) -> tuple[IntArray, IntArray]:
        """Starts and lengths of the first episodes of one network's agent."""
        none = np.zeros(0, dtype=np.int64)
        return none, none

    def refresh_target(self) -> bool:
        """Copy the network into the target network, if it is time; True if it was."""
        if self.updates % self.settings.target_period:
            return False
        self.target_values = self.q().max(axis=-1)
        self.target_values[self.at_goal] = 0.0  # no reward after the end
        return True

    def descend(self, rows: Sequence[Tensor], slope: Tensor) -> None:
        super().descend(rows, slope)
        self.updates += 1

    def keep(self, places: IntArray) -> None:
        super().keep(places)
        for name in self.per_network:
            setattr(self, name, getattr(self, name)[places])


class FittedStack(TaskStack):
    """The networks that `fitted_q_iteration` trains."""

    def advance(self, n_steps: int) -> None:
        import torch

        successors = self.world.next_state.reshape(1, -1)
        learned = (~self.at_goal).sum(axis=1) * self.world.n_actions  # state-action pairs, [K]
        scale = torch.from_numpy(2 / learned)[:, None, None]  # the slope of a mean of squares
        at_goal = torch.from_numpy(self.at_goal)
        targets = torch.zeros_like(self.x)  # until the first step
        for step in range(n_steps):
            if self.refresh_target() or step == 0:
                table = td_targets(self.target_values, successors, self.settings.discount)
                targets = torch.from_numpy(table.reshape(*self.at_goal.shape, -1))
            rows = activations(self.layers, self.x)
            error = rows[-1] - targets
            error[at_goal] = 0.0  # no transition leaves a goal
            self.descend(rows, scale * error)


class OnlineStack(TaskStack):
    """The networks that `deep_q_learning` trains, and the agents that walk by them.

    The replay memory holds a transition as the number of its state and action, `A s + a`: the next
    state follows from the map, and the reward is the same everywhere.
    """

    per_network = (
        *TaskStack.per_network, "lost", "starts_from", "n_starts",
        "replay", "state", "start", "length", "starts", "lengths",
    )  # fmt: skip

    def __init__(
        self,
        world: FiniteWorld,
        goals: Sequence[Goal],
        start: Parameters,
        settings: NetworkSettings,
        seeds: Sequence[int | np.random.Generator],
        record: int,
    ) -> None:
        super().__init__(world, goals, start, settings)
        k = len(goals)
        self.rngs = [np.random.default_rng(seed) for seed in seeds]
        self.lost = np.stack([task.ends == LOST for task in self.tasks])
        self.n_starts = np.array([task.starts.size for task in self.tasks])
        self.starts_from = np.zeros((k, self.n_starts.max()), dtype=np.int64)
        for row, task in zip(self.starts_from, self.tasks, strict=True):
            row[: task.starts.size] = task.starts
        self.steps = 0
        self.replay = np.zeros((k, settings.replay_size), dtype=np.int64)
        self.state = self.start_states(np.array([rng.random() for rng in self.rngs]))
        self.start, self.length = self.state.copy(), np.zeros(k, dtype=np.int64)
        self.starts, self.lengths = np.zeros((2, k, record), dtype=np.int64)

    def start_states(self, draws: FloatArray) -> IntArray:
        """A start for each task and number in [0, 1); `[K]` in, `[K]` out."""
        return self.starts_from[np.arange(len(draws)), (draws * self.n_starts).astype(np.int64)]

    def advance(self, n_steps: int) -> None:
        batch_size = self.settings.batch_size
        # Every agent draws equally many numbers in every step, from its own generator, so that none
        # depends on the others.
        draws = np.stack([rng.random((n_steps, 3 + batch_size)) for rng in self.rngs], axis=1)
        for draw in draws:
            self.walk(*draw.T[:3])
            if self.steps >= batch_size and self.steps % self.settings.train_every == 0:
                self.learn(draw[:, 3:])

    def walk(self, explore: FloatArray, choice: FloatArray, restart: FloatArray) -> None:
        """One step of every agent, given three numbers in [0, 1) for each, shape `[K]`."""
        q = forward(self.layers, self.x[self.state][:, None]).numpy()[:, 0]
        random = explore < self.settings.epsilon(self.steps)
        action = np.where(
            random, (choice * self.world.n_actions).astype(np.int64), q.argmax(axis=1)
        )
        oldest = self.steps % self.settings.replay_size
        self.replay[:, oldest] = self.world.n_actions * self.state + action
        self.state = self.world.next_state[self.state, action]
        self.steps += 1
        self.length += 1
        places = np.arange(len(self.state))
        cut = self.lost[places, self.state] & (self.length % self.world.n_states == 0)
        over = self.at_goal[places, self.state] | cut
        over |= self.length >= self.settings.episode_limit
        for place in np.flatnonzero(over):
            if self.episode[place] < self.starts.shape[1]:
                self.starts[place, self.episode[place]] = self.start[place]
                self.lengths[place, self.episode[place]] = self.length[place]
        self.episode += over
        self.length[over] = 0
        self.state = np.where(over, self.start_states(restart), self.state)
        self.start = np.where(over, self.state, self.start)

    def learn(self, draws: FloatArray) -> None:
        """One gradient step, given a number in [0, 1) for each transition, shape `[K, B]`."""
        import torch

        self.refresh_target()
        remembered = min(self.steps, self.settings.replay_size)
        batch = np.take_along_axis(self.replay, (draws * remembered).astype(np.int64), axis=1)
        states, actions = np.divmod(batch, self.world.n_actions)
        successors = self.world.next_state[states, actions]
        targets = td_targets(self.target_values, successors, self.settings.discount)
        rows = activations(self.layers, self.x[states])
        taken = torch.from_numpy(actions)[..., None]
        error = rows[-1].gather(-1, taken) - torch.from_numpy(targets)[..., None]
        slope = torch.zeros_like(rows[-1]).scatter_(-1, taken, 2 / batch.shape[1] * error)
        self.descend(rows, slope)

    def episodes(self, place: int) -> tuple[IntArray, IntArray]:
        done = self.episode[place]
        return self.starts[place, :done].copy(), self.lengths[place, :done].copy()

    def keep(self, places: IntArray) -> None:
        super().keep(places)
        self.rngs = [self.rngs[place] for place in places]
