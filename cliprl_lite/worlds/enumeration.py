"""Every state of a small deterministic Gymnasium environment, found by walking in it.

The walk tries every action in every state, in several rounds. It goes on from where it is, over
what it knows already, to the nearest action that is left; only where no way leads on is the
environment reset. So nothing has to be copied: a copy of Taxi alone takes longer than a hundred
steps. What the environment pays is not looked at, and neither is a time limit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cliprl_lite._arrays import IntArray

if TYPE_CHECKING:
    import gymnasium

Key = Callable[[Any], Hashable]
"""What tells an environment's states apart: the bare environment → a label."""

Met = tuple[Hashable, bool]
"""A label, and whether the environment ended the episode there: the same label can do either."""

UNKNOWN = -1
"""Where an action leads that was never tried."""

ROUNDS = 8
"""How often every action is tried in every state, in random order, so that chance shows and what
the labels leave out."""


class Walk:
    """A walk through an environment, and what it has found so far.

    Args:
        env, key, limit: as for `FiniteWorld.from_gymnasium`.

    Attributes:
        met: the states, each with its number.
        rows: where each action leads, a row for each state. A state that ended an episode leads to
            itself, whatever is done.
        tries: how often each action was tried, in the same shape.
        starts: the state that each seed gave.

    Raises:
        ValueError: as for `FiniteWorld.from_gymnasium`.

    Example: a lake of 4 × 4 squares, without slipping.
        >>> import gymnasium
        >>> walk = Walk(gymnasium.make("FrozenLake-v1", is_slippery=False), key=None, limit=100)
        >>> walk.explore(seeds=[0])
        >>> len(walk.rows), walk.starts
        (16, [0])
    """

    def __init__(self, env: gymnasium.Env[Any, Any], key: Key | None, limit: int) -> None:
        space: Any = env.action_space
        if not (hasattr(space, "n") and hasattr(space, "start")):
            raise ValueError(f"the actions have to be numbered, Discrete(…); got {space}")
        self.actions = range(int(space.start), int(space.start + space.n))
        self.env, self.key, self.limit = env, key, limit
        self.met: dict[Met, int] = {}
        self.rows: list[list[int]] = []
        self.tries: list[list[int]] = []
        self.starts: list[int] = []
        self.here = self.steps = 0
        self.rng = np.random.default_rng(0)  # of the order in which actions are tried

    def explore(self, seeds: Iterable[int]) -> None:
        """Find all states that can be come to from what these seeds give."""
        seeds = [int(seed) for seed in seeds]
        if not seeds:
            raise ValueError("give at least one seed to reset the environment with")
        self.starts = [self.reset(seed) for seed in seeds]
        self.here, seed_of = self.starts[-1], dict(zip(self.starts, seeds, strict=True))
        for tries in range(1, ROUNDS + 1):
            while (way := self.way([self.here], tries) or self.way(self.starts, tries)) is not None:
                source, actions = way
                if source != self.here:
                    self.here = self.reset(seed_of[source])
                    self.require(self.here == source, "reset with the same seed", self.here, source)
                for action in actions:
                    self.step(action)

    def table(self) -> tuple[IntArray, IntArray, tuple[Hashable, ...]]:
        """Next states, start states and labels. States are numbered breadth first from the starts,
        so that the numbers do not hang on the way that was walked."""
        order = dict.fromkeys(self.starts)
        queue = deque(order)
        while queue:
            new = [state for state in self.rows[queue.popleft()] if state not in order]
            order |= dict.fromkeys(new)
            queue.extend(dict.fromkeys(new))
        states = np.array(list(order))
        number = np.argsort(states)
        labels = [label for label, _ in self.met]
        rows = number[np.array(self.rows)[states]]
        return rows, number[self.starts], tuple(labels[state] for state in states)

    def reset(self, seed: int) -> int:
        """Begin an episode; returns the number of its state."""
        observation, _ = self.env.reset(seed=seed)
        return self.number((self.label(observation), False))

    def step(self, action: int) -> None:
        """Take the action of this number, with random numbers of its own."""
        self.steps += 1
        self.env.unwrapped.np_random = np.random.default_rng(self.steps)
        observation, _, ended, _, _ = self.env.step(self.actions[action])
        reached, before = self.number((self.label(observation), bool(ended))), self.here
        known = self.rows[before][action]
        did = f"action {self.actions[action]} in state {self.name(before)}"
        self.require(known in (UNKNOWN, reached), did, known, reached)
        self.rows[before][action], self.here = reached, reached
        self.tries[before][action] += 1

    def way(self, sources: Sequence[int], tries: int) -> tuple[int, list[int]] | None:
        """The shortest way from one of these states to an action tried less than so often: where it
        begins, and its actions; None if there is none."""
        came: dict[int, tuple[int, int] | None] = dict.fromkeys(sources)  # state → from, by
        queue = deque(came)
        while queue:
            state = queue.popleft()
            left = [action for action, tried in enumerate(self.tries[state]) if tried < tries]
            if left:
                actions = [int(self.rng.choice(left))]
                while (last := came[state]) is not None:
                    state, action = last
                    actions.append(action)
                return state, actions[::-1]
            for action, reached in enumerate(self.rows[state]):
                if reached not in came:
                    came[reached] = state, action
                    queue.append(reached)
        return None

    def number(self, met: Met) -> int:
        """The number of a state, which is new to the walk or not."""
        if met not in self.met:
            new = len(self.met)
            if new == self.limit:
                raise ValueError(
                    f"{self.env} has more than {self.limit:,} states, such as {_short(met[0])}; "
                    "raise limit=, or give a key= that leaves out what does not matter (a count of "
                    "steps)"
                )
            ended, n_actions = met[1], len(self.actions)
            self.met[met] = new
            self.rows.append([new if ended else UNKNOWN] * n_actions)
            self.tries.append([ROUNDS if ended else 0] * n_actions)
        return self.met[met]

    def name(self, state: int) -> str:
        """A state as errors say it."""
        label, ended = list(self.met)[state]
        return f"{_short(label)}{' (the end)' if ended else ''}"

    def require(self, same: bool, did: str, once: int, then: int) -> None:
        if not same:
            raise ValueError(
                f"{self.env} is not deterministic: {did} led to {self.name(once)} and another time "
                f"to {self.name(then)}. Either there is chance in it, which no table can hold; or "
                "the label leaves out something that matters (what is carried, which door is "
                "open), and then key= has to return that, too"
            )

    def label(self, observation: Any) -> Hashable:
        """What the state is called: what `key` says, or else the observation."""
        if self.key is not None:
            label = self.key(self.env.unwrapped)
        else:
            array = np.asarray(observation)
            numbers = tuple(array.reshape(-1).tolist()) if array.ndim else array.item()
            label = observation if array.dtype == object else numbers
        label = _plain(label)
        try:
            hash(label)
        except TypeError:
            raise ValueError(
                f"a label is a number, a text, or a tuple of these; got {type(label).__name__}. "
                "Give key=, a function of the environment that returns one"
            ) from None
        return label


def _short(label: Hashable) -> str:
    text = repr(label)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _plain(label: Any) -> Any:
    """A label in Python's own numbers, which any file can hold."""
    if isinstance(label, tuple):
        return tuple(map(_plain, label))
    return label.item() if isinstance(label, np.generic) else label
