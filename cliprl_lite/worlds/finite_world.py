"""Finite worlds: a table of next states, and the exact values that learning is compared with.

A deterministic world with S states and A actions is one table, `next_state[state, action]`. A goal
is a set of states, and belongs to the task. Every step costs 1, the one into the goal included, and
nothing else is rewarded: what an environment of others pays or fines is not played here.

An episode begins in one of the world's start states and ends at a goal. Where no goal can be
reached any more the agent is *lost*: it walks on, and the episode is cut off when its length is a
multiple of S. A `GridWorld` is the case of a map.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray, IntArray
from cliprl_lite.worlds.enumeration import Key, Walk

if TYPE_CHECKING:
    import gymnasium

STEP_REWARD = -1.0
"""Reward of every step, the one into the goal included."""

DISCOUNT = 0.99
"""The discount γ used throughout, unless a call says otherwise."""

Goal = tuple[int, ...]
"""How a task names its goal: `(row, column)` on a map, else the numbers of all its states."""

GOES_ON, GOAL, LOST = 0, 1, 2
"""What a state means for an episode, as in `Episodes.ends`."""


def as_goal(goal: Any) -> Goal:
    """A goal as a tuple of plain whole numbers.

    Raises:
        ValueError: if it is anything but whole numbers, one at least.

    Example:
        >>> as_goal(np.array([2, 0])), as_goal({7})
        ((2, 0), (7,))
    """
    try:
        numbers = tuple(goal)
        if numbers and not any(isinstance(part, bool | np.bool_) for part in numbers):
            return tuple(map(operator.index, numbers))
    except TypeError:
        pass
    raise ValueError(
        f"a goal is (row, column) on a map, else the numbers of its states; got {goal!r}"
    )


@dataclass(frozen=True, eq=False)
class Episodes:
    """Where the episodes of one goal begin and end, and which states its clocks count.

    Attributes:
        goals: the goal's states, in ascending order, shape `[G]`.
        distances: fewest steps from every state to a goal, −1 where none can be reached, `[S]`.
        ends: `GOAL` at a goal, `LOST` where none can be reached, else `GOES_ON`, shape `[S]`.
        starts: states in which an episode may begin: the world's, goals and lost ones apart.
        counted: states that an episode can come to and go on from, goals apart, shape `[S]`.
    """

    goals: IntArray
    distances: IntArray
    ends: IntArray
    starts: IntArray
    counted: BoolArray

    @cached_property
    def n_counted(self) -> int:
        """The number of states that count."""
        return int(self.counted.sum())

    @cached_property
    def shortest(self) -> float:
        """Mean distance of the states that count, in steps."""
        return float(self.distances[self.counted].sum()) / self.n_counted


@dataclass(frozen=True, eq=False)
class FiniteWorld:
    """An immutable deterministic world, given by its table.

    Args:
        next_state: where each action leads, whole numbers, shape `[S, A]`.
        starts: states in which episodes may begin; all if None.
        labels: what each state is called, S of them; their numbers if None.

    Raises:
        ValueError: if the table is no table of states, or a start is none of them.

    Example: a ring of five states; the actions lead one or two states on.
        >>> ring = FiniteWorld(np.array([[1, 2], [2, 3], [3, 4], [4, 0], [0, 1]]))
        >>> ring, ring.distances((0, 1)).tolist()
        (FiniteWorld(5 states, 2 actions), [0, 0, 2, 1, 1])
    """

    next_state: IntArray
    starts: IntArray = None  # type: ignore[assignment]  # filled in at once, as is the next
    labels: tuple[Any, ...] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        table = _whole_numbers(self.next_state, "the table of next states")
        if table.ndim != 2 or table.shape[0] < 2 or table.shape[1] < 1:
            raise ValueError(
                "a world needs a table with a row for each of its states, two at least, and a "
                f"column for each action; got an array of shape {table.shape}"
            )
        n_states = len(table)
        wrong = np.argwhere((table < 0) | (table >= n_states))
        if len(wrong):
            state, action = wrong[0].tolist()
            raise ValueError(
                f"action {action} leads from state {state} to {table[state, action]}, and the "
                f"table's {n_states} states are numbered 0 to {n_states - 1}; mend that row"
            )
        starts = np.arange(n_states)
        if self.starts is not None:
            starts = np.array(self._states(self.starts, "the start states"))
        labels = tuple(range(n_states)) if self.labels is None else tuple(self.labels)
        if len(labels) != n_states:
            raise ValueError(f"{n_states} states need as many labels; got {len(labels)}")
        self._set(next_state=_read_only(table), starts=_read_only(starts), labels=labels)

    @staticmethod
    def from_gymnasium(
        env: gymnasium.Env[Any, Any],
        *,
        seeds: Iterable[int] = (0,),
        starts: Literal["anywhere", "resets"] = "anywhere",
        key: Key | None = None,
        limit: int = 10_000,
    ) -> FiniteWorld:
        """Every state of a small deterministic Gymnasium environment, as a table.

        The environment itself is walked in: reset it before you use it again. A state in which it
        ends an episode leads to itself; its rewards and its time limit are left out.

        Args:
            env: with numbered actions (`Discrete`).
            seeds: of the resets: what they lead to belongs to the world.
            starts: where episodes may begin later on: in any state, as on the course's maps, or
                only in those that the resets gave. Then states that episodes seldom come to are
                seldom right, and the clock that asks for all of them may never stop.
            key: what tells states apart, a function of `env.unwrapped` that returns a number, a
                text, or a tuple of such: the label. The observation if None, which is not enough
                where the agent does not see all that matters.
            limit: the most states that are looked for.

        Raises:
            ValueError: if chance has a say, the labels leave out something that matters, there are
                too many states, or actions or labels are none. Every action is tried eight times in
                every state, each time with other random numbers: what happens less often than that
                may be missed.

        Example:
            >>> import gymnasium
            >>> env = gymnasium.make("FrozenLake-v1", is_slippery=False)
            >>> lake = FiniteWorld.from_gymnasium(env)
            >>> lake, lake.labels[:3], lake.where(lambda square: square == 15)
            (FiniteWorld(16 states, 4 actions), (0, 4, 1), (15,))
        """
        if starts not in ("anywhere", "resets"):
            raise ValueError(f"starts is 'anywhere' or 'resets'; got {starts!r}")
        walk = Walk(env, key, limit)
        walk.explore(seeds)
        table, begun, labels = walk.table()
        return FiniteWorld(table, np.arange(len(table)) if starts == "anywhere" else begun, labels)

    def _set(self, **fields: Any) -> None:
        """Give a frozen world its fields."""
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def _states(self, numbers: Any, what: str) -> list[int]:
        """Some states in ascending order, each once."""
        found = np.unique(_whole_numbers(numbers, what))
        if found.size == 0:
            raise ValueError(f"{what}: there is none; name at least one")
        if found[0] < 0 or found[-1] >= self.n_states:
            wrong = found[0] if found[0] < 0 else found[-1]
            raise ValueError(
                f"{what}: the states are numbered 0 to {self.n_states - 1}; got {wrong}"
            )
        return found.tolist()

    @property
    def n_states(self) -> int:
        """The number of states, S."""
        return len(self.next_state)

    @property
    def n_actions(self) -> int:
        """The number of actions, A."""
        return self.next_state.shape[1]

    @property
    def size(self) -> int:
        """What tables of results say of its size: S, or the rows of a map."""
        return self.n_states

    def where(self, test: Callable[[Any], Any]) -> Goal:
        """The states whose labels pass a test, in ascending order, as a task's goal takes them.

        Example:
            >>> world = FiniteWorld([[1], [2], [0]], labels=["hall", "red room", "red door"])
            >>> world.where(lambda label: "red" in label)
            (1, 2)
        """
        return tuple(state for state, label in enumerate(self.labels) if test(label))

    def goal_states(self, goal: Goal) -> list[int]:
        """The states of a goal in ascending order, each once.

        Raises:
            ValueError: if there are none, or one is not among the world's.
        """
        return self._states(as_goal(goal), "the goal's states")

    @cached_property
    def predecessors(self) -> tuple[IntArray, IntArray, IntArray]:
        """How each state is come to from another one: `first`, `before`, `action`.

        Ways into state s stand at the places `first[s]` to `first[s + 1] − 1` (`first` has shape
        `[S + 1]`): from state `before[place]` by `action[place]`, in the order of the actions.

        Example: a corridor in which both actions lead to the right, and stay at its end.
            >>> world = FiniteWorld([[1, 1], [2, 2], [2, 2]])
            >>> [part.tolist() for part in world.predecessors]
            [[0, 0, 2, 4], [0, 0, 1, 1], [0, 1, 0, 1]]
        """
        reached = self.next_state.T.reshape(-1)  # action by action
        action, before = np.divmod(np.arange(reached.size), self.n_states)
        order = np.argsort(reached, kind="stable")
        order = order[before[order] != reached[order]]
        first = np.searchsorted(reached[order], np.arange(self.n_states + 1))
        return first, before[order], action[order]

    @cached_property
    def _known(self) -> tuple[dict[Goal, IntArray], dict[Goal, Episodes]]:
        """Distances and episodes found so far, by the goal's states: a search takes longer than a
        whole evaluation."""
        return {}, {}

    def episodes(self, goal: Goal) -> Episodes:
        """Where the episodes of a goal begin and end, and which states count.

        Raises:
            ValueError: if the goal's states are none of the world's, or no episode can begin.

        Example: a goal in the middle of a one-way street; who has passed it is lost.
            >>> street = FiniteWorld([[1], [2], [3], [4], [4]])
            >>> found = street.episodes((2,))
            >>> found.distances.tolist(), found.starts.tolist(), found.shortest
            ([2, 1, 0, -1, -1], [0, 1], 1.5)
        """
        goals, (_, known) = tuple(self.goal_states(goal)), self._known
        if goals not in known:
            distances = self.distances(goal)
            ends = np.full(self.n_states, GOES_ON)
            ends[distances == 0], ends[distances < 0] = GOAL, LOST
            starts = self.starts[ends[self.starts] == GOES_ON]
            if starts.size == 0:
                raise ValueError(
                    "no episode can begin: every start state is a goal, or no goal can be reached "
                    "from it"
                )
            counted = self._reached_from(starts, ends)
            parts = (np.array(goals), distances, ends, starts, counted)
            known[goals] = Episodes(*[_read_only(part) for part in parts])
        return known[goals]

    def _distances_to(self, goals: Sequence[int]) -> IntArray:
        """Ring by ring backwards: who has an action into what is reached belongs to the next."""
        distance = np.full(self.n_states, -1)
        distance[list(goals)] = steps = 0
        while True:
            ring = (distance < 0) & (distance[self.next_state] >= 0).any(axis=1)
            if not ring.any():
                return distance
            steps += 1
            distance[ring] = steps

    def _reached_from(self, starts: IntArray, ends: IntArray) -> BoolArray:
        """States that go on and are come to from the starts without passing any that do not."""
        seen = np.zeros(self.n_states, dtype=bool)
        ring = starts
        while ring.size:
            seen[ring] = True
            reached = np.unique(self.next_state[ring])
            ring = reached[~seen[reached] & (ends[reached] == GOES_ON)]
        return seen

    def distances(self, goal: Goal) -> IntArray:
        """Fewest steps from every state to a goal, −1 where none can be reached, shape `[S]`."""
        goals, (known, _) = tuple(self.goal_states(goal)), self._known
        if goals not in known:
            known[goals] = self._distances_to(goals)
        return known[goals].copy()

    def optimal_q(self, goal: Goal, discount: float = DISCOUNT) -> FloatArray:
        """The optimal action values by dynamic programming, shape `[S, A]`, in reward.

        Repeats `Q(s, a) = −1 + γ max_b Q(s', b)` until nothing changes; the goal's rows stay 0, and
        who is lost pays for ever, −1 / (1 − γ). Exact, since the values settle one ring of states
        per sweep.

        Raises:
            ValueError: if the discount lies outside (0, 1], or there is no such goal.

        Example:
            >>> FiniteWorld([[1, 0], [1, 1], [0, 2]]).optimal_q((1,), discount=0.5).tolist()
            [[-1.0, -1.5], [0.0, 0.0], [-1.5, -1.75]]
        """
        if not 0 < discount <= 1:
            raise ValueError(f"the discount lies in (0, 1]; got {discount}")
        distance = self.distances(goal)
        q = np.zeros(self.next_state.shape)
        while True:
            backup = STEP_REWARD + discount * q.max(axis=1)[self.next_state]
            backup[distance == 0] = 0.0
            backup[distance < 0] = STEP_REWARD / (1 - discount) if discount < 1 else -np.inf
            if np.array_equal(backup, q):
                return q
            q = backup

    def optimal_actions(self, goal: Goal) -> BoolArray:
        """Which actions lie on a shortest path, shape `[S, A]`; all of them at a goal, and where
        none can be reached."""
        distance = self.distances(goal)
        closer = distance[self.next_state] == distance[:, None] - 1
        closer[distance <= 0] = True
        return closer

    @property
    def content(self) -> str:
        """All that makes it this world, as a text: two worlds are the same if their texts are."""
        return f"{self.next_state.tolist()}\n{self.starts.tolist()}"

    def __repr__(self) -> str:
        return f"FiniteWorld({self.n_states} states, {self.n_actions} actions)"


def discounted_return(steps: int, discount: float = DISCOUNT) -> float:
    """The return of an episode: −1 for each step, times γ for each step before it.

    Example:
        >>> discounted_return(3, discount=0.5), discounted_return(0)
        (-1.75, 0.0)
    """
    return math.fsum(STEP_REWARD * discount**before for before in range(steps))


def _whole_numbers(numbers: Any, what: str) -> IntArray:
    try:
        found = np.array(numbers)
    except ValueError:
        raise ValueError(f"{what} is ragged; make all its rows equally long") from None
    if found.size and not np.issubdtype(found.dtype, np.integer):
        raise ValueError(f"{what}: only whole numbers can name states; got {found.dtype} values")
    return found.astype(np.int64)


def _read_only(shared: Any) -> Any:
    shared.flags.writeable = False
    return shared
