"""Environments that others made, as tables: every entry against the environment's own step."""

from __future__ import annotations

import itertools
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from cliprl_lite.learning.runs import learn
from cliprl_lite.worlds.finite_world import FiniteWorld

TAXI = "Taxi-v4" if "Taxi-v4" in gymnasium.registry else "Taxi-v3"
CLIFF = "CliffWalking-v1" if "CliffWalking-v1" in gymnasium.registry else "CliffWalking-v0"


def make(name: str, **arguments: Any) -> gymnasium.Env:
    return gymnasium.make(name, **arguments)


LAKES = [("FrozenLake-v1", 16), ("FrozenLake8x8-v1", 64)]
TABLES = [
    *((make(name, is_slippery=False), [0], n_states, 1) for name, n_states in LAKES),
    (make(CLIFF), [0], 38, 1),  # 48 squares, ten of them cliff, and that throws back
    (make(TAXI), range(2_000), 404, 300),
]


@pytest.mark.parametrize(("env", "seeds", "n_states", "n_starts"), TABLES, ids=str)
def test_every_entry_is_what_the_environments_own_table_says(
    env: gymnasium.Env, seeds: range, n_states: int, n_starts: int
) -> None:
    """`P`, which these four have inside, and which the walk does not look at."""
    world = FiniteWorld.from_gymnasium(env, seeds=seeds, starts="resets")
    assert (world.n_states, len(world.starts)) == (n_states, n_starts)
    assert len(set(world.labels)) == n_states
    ended = {
        reached
        for actions in env.unwrapped.P.values()
        for ((_, reached, _, terminated),) in actions.values()
        if terminated
    }
    for label, row in zip(world.labels, world.next_state, strict=True):
        for action, state in enumerate(row):
            ((_, reached, _, _),) = env.unwrapped.P[label][action]
            assert world.labels[state] == (label if label in ended else reached)


def test_what_is_won_on_the_lake_is_learned_on_its_table() -> None:
    """Who falls into a hole is lost; the shortest way to the square of the goal has six steps."""
    lake = FiniteWorld.from_gymnasium(make("FrozenLake-v1", is_slippery=False))
    goal = lake.where(lambda square: square == 15)
    run = learn(lake, goal, seed=1)
    assert run.stop_reason == "finished"
    assert lake.distances(goal)[0] == 6
    env = make("FrozenLake-v1", is_slippery=False)
    square, _ = env.reset(seed=0)
    for step in range(6):
        action = int(run.q[lake.labels.index(square)].argmax())
        square, reward, ended, _, _ = env.step(action)
        assert ended == (step == 5)
    assert reward == 1


class Corridor(gymnasium.Env):
    """Five squares; what the observation tells, and what goes wrong, is up to the case."""

    observation_space = spaces.Discrete(5)

    def __init__(self, first: int = 0, **case: Any) -> None:
        self.action_space = spaces.Discrete(2, start=first)
        self.case, self.square, self.carries, self.steps = case, 0, False, 0

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[Any, dict]:
        super().reset(seed=seed)
        self.square, self.carries, self.steps = 0, False, 0
        return self._seen(), {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict]:
        self.steps += 1
        right = action != self.action_space.start
        if "chance" in self.case and self.square == 3:
            right = self.np_random.random() < self.case["chance"]
        if "door" in self.case and self.square == 2 and right and not self.carries:
            right = False  # it is locked, and the key lies on the first square
        self.carries |= self.square == 0 and not right
        self.square = int(np.clip(self.square + (1 if right else -1), 0, 4))
        return self._seen(), -5.0, self.square == 4, self.steps > 3, {}

    def _seen(self) -> Any:
        kinds = {
            "number": self.square,
            "row": np.array([self.square, 1]),
            "pair": (self.square, 2),
            "dictionary": {"square": self.square},
            "clock": (self.square, self.steps),
        }
        return kinds[self.case.get("sees", "number")]


PLAIN = [[0, 1], [0, 2], [1, 3], [2, 4], [4, 4]]


@pytest.mark.parametrize(
    ("sees", "label"), [("number", 2), ("row", (2, 1)), ("pair", (2, 2))], ids=str
)
@pytest.mark.parametrize("first", [0, 7])
def test_observations_become_labels(sees: str, label: object, first: int) -> None:
    """Actions need not be counted from 0, and neither reward nor time limit matters."""
    world = FiniteWorld.from_gymnasium(Corridor(first, sees=sees))
    assert world.next_state.tolist() == PLAIN
    assert world.labels[2] == label
    assert world.starts.tolist() == [0, 1, 2, 3, 4]


def test_a_key_tells_states_apart_that_look_alike() -> None:
    env = Corridor(door=True)
    with pytest.raises(ValueError, match=r"not deterministic: action 1 in state 2 led to .* key="):
        FiniteWorld.from_gymnasium(env)
    world = FiniteWorld.from_gymnasium(env, key=lambda bare: (bare.square, bare.carries))
    squares = range(5)
    expected = {(s, False) for s in (0, 1, 2)} | {(s, True) for s in squares}
    assert set(world.labels) == expected
    assert world.distances(world.where(lambda label: label[0] == 4))[0] == 5


@pytest.mark.parametrize(
    ("env", "more", "words"),
    [
        (Corridor(chance=0.5), {}, "Corridor.* not deterministic: .* in state 3 .*chance"),
        (make("FrozenLake-v1"), {}, "FrozenLake.* not deterministic"),
        (make("Blackjack-v1", sab=True), {}, "Blackjack.* not deterministic"),
        (make("CartPole-v1"), {"limit": 300}, "CartPole.* more than 300 states.*limit="),
        (Corridor(sees="clock"), {"limit": 200}, "more than 200 states.*count of steps"),
        (Corridor(), {"limit": 4}, "more than 4 states"),
        (Corridor(sees="dictionary"), {}, "got dict. Give key="),
        (Corridor(), {"key": lambda bare: [bare.square]}, "got list. Give key="),
        (make("MountainCarContinuous-v0"), {}, r"Discrete\(…\); got Box"),
        (Corridor(), {"seeds": []}, "one seed"),
        (Corridor(), {"starts": "reset"}, "'anywhere' or 'resets'; got 'reset'"),
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
def test_what_is_no_table_is_refused_in_words(env: Any, more: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        FiniteWorld.from_gymnasium(env, **more)


def test_a_reset_that_differs_is_chance() -> None:
    class Anywhere(Corridor):
        def reset(self, **options: Any) -> tuple[Any, dict]:
            super().reset(**options)
            self.square = next(squares)
            return self._seen(), {}

    squares = itertools.cycle([0, 1])
    with pytest.raises(ValueError, match="not deterministic: reset with the same seed"):
        FiniteWorld.from_gymnasium(Anywhere())


def test_the_numbers_of_states_follow_from_the_table_alone() -> None:
    """Breadth first from the starts, action by action, whatever the way that was walked."""
    world = FiniteWorld.from_gymnasium(make(CLIFF), starts="resets")
    order = list(dict.fromkeys(world.starts.tolist()))
    for state in order:  # grows while it is gone through
        order += [int(new) for new in dict.fromkeys(world.next_state[state]) if new not in order]
    assert order == list(range(world.n_states))


# ---------------------------------------------------------------------------------------------
# Minigrid, where it is installed
# ---------------------------------------------------------------------------------------------
def place(bare: Any) -> tuple[int, ...]:
    return (*bare.agent_pos, bare.agent_dir)


def test_minigrid_by_place_and_direction() -> None:
    """A room of 3 × 3 squares and four directions."""
    pytest.importorskip("minigrid")
    world = FiniteWorld.from_gymnasium(gymnasium.make("MiniGrid-Empty-5x5-v0"), key=place)
    # The goal's square ends the episode, in either of the directions in which it is entered.
    assert world.n_states == 8 * 4 + 2
    goal = world.where(lambda label: label[:2] == (3, 3))
    assert len(goal) == 2
    assert world.distances(goal)[0] == 5  # two ahead, a turn, two ahead
    assert learn(world, goal, seed=1).stop_reason == "finished"


def test_minigrids_keys_and_doors_have_to_be_in_the_label() -> None:
    pytest.importorskip("minigrid")
    env = gymnasium.make("MiniGrid-DoorKey-5x5-v0")
    with pytest.raises(ValueError, match=r"not deterministic.*what is carried, which door is open"):
        FiniteWorld.from_gymnasium(env, key=place)
    full = FiniteWorld.from_gymnasium(
        env, key=lambda bare: (*place(bare), bare.carrying is None, bare.grid.encode().tobytes())
    )
    assert full.n_states == 270


class NoMission(gymnasium.Wrapper):
    """BabyAI without the mission of its reset, which would end episodes."""

    def reset(self, **options: Any) -> tuple[Any, dict]:
        found = super().reset(**options)
        self.unwrapped.instrs = self
        return found

    def verify(self, action: int) -> str:
        return "continue"

    def update_objs_poss(self) -> None:
        pass


def test_babyai_with_the_actions_that_move_alone() -> None:
    """Then nothing but the agent moves: an action space that was narrowed is respected."""
    pytest.importorskip("minigrid")
    env = NoMission(gymnasium.make("BabyAI-GoToLocal-v0"))
    env.action_space = spaces.Discrete(3)  # left, right, forward
    world = FiniteWorld.from_gymnasium(env, key=place)
    free = sum(env.unwrapped.grid.get(x, y) is None for x in range(1, 7) for y in range(1, 7))
    assert world.next_state.shape == (4 * free, 3) == (112, 3)
