"""Small worlds and teachers of every kind, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cliprl_lite.worlds.gridworld import GridWorld

WORLDS = {
    "open": GridWorld.open_map(5),
    "corridor": GridWorld.from_text("." * 14),
    "two rooms": GridWorld.from_text("""
        ....#....
        ....#....
        .........
        ....#....
    """),
    "crooked": GridWorld.from_text("""
        ....#...
        .##...#.
        .#..#...
        ...#..#.
        .#...#..
    """),
}


def teachers(world: GridWorld, goal: tuple[int, int]) -> dict[str, np.ndarray]:
    """Tables that mislead in every way: a false hope as far from the goal as can be, none but at
    one square, the contrary of the truth, chance, and one that knows the way."""
    far = world.cell(int(world.distances(goal).argmax()))
    lure = np.full((world.n_states, 4), -80.0)
    lure[world.state(far)] = 50.0
    truth = world.optimal_q(goal)
    return {
        "far goal": world.optimal_q(far),
        "lure": lure,
        "contrary": truth.min() - truth,
        "chance": np.random.default_rng(5).normal(-20, 30, truth.shape),
        "below every path": np.random.default_rng(6).normal(-900, 300, truth.shape),
        "truth": truth,
        "nothing": np.zeros_like(truth),
    }


def diameter(world: GridWorld) -> int:
    """The longest of all shortest ways."""
    return max(int(world.distances(world.cell(s)).max()) for s in range(world.n_states))


def recorded(
    world: GridWorld, goal: int
) -> tuple[Callable[[int, int], tuple[int, bool]], list[int]]:
    """A world as the plain versions take it, and the states in which it was asked."""
    asked: list[int] = []

    def step(state: int, action: int) -> tuple[int, bool]:
        asked.append(state)
        after = int(world.next_state[state, action])
        return after, after == goal

    return step, asked
