"""Lines between two networks: drawn by hand, and what lies on them by slow loops."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from cliprl_lite.learning.between_networks import (
    SHARES,
    interpolate,
    line_between,
    loss_barrier,
    q_error,
    value_loss,
)
from cliprl_lite.learning.matching import permute
from cliprl_lite.learning.networks import Parameters, features, forward
from cliprl_lite.worlds.gridworld import GridWorld

WORLD = GridWorld.from_text("....\n.##.\n....")
BOX, CONE = (0, 0), (2, 3)


def network(seed: int, *widths: int) -> Parameters:
    """Random weights, and biases that are not 0."""
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(a, b)) / np.sqrt(a), rng.normal(size=b)) for a, b in pairwise(widths)]


def test_a_line_by_hand() -> None:
    a, b = network(3, 2, 3, 4), network(4, 2, 3, 4)
    for share in (0.0, 0.25, 1.0):
        found = interpolate(a, b, share)
        for layer, kind in product(range(2), range(2)):
            expected = [
                (1 - share) * p + share * q
                for p, q in zip(a[layer][kind].ravel(), b[layer][kind].ravel(), strict=True)
            ]
            assert found[layer][kind].ravel().tolist() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("goals", [[], [3], [3, 0], [4, 3, 4]])
def test_the_error_of_q_by_a_slow_loop(goals: list[int]) -> None:
    world = GridWorld.from_text("..#\n...")
    x, exact, one = features(world, "row-column"), world.optimal_q((1, 1)), network(5, 2, 3, 4)
    said, squares = forward(one, x), []
    for state, action in product(range(5), range(4)):
        if state not in goals:
            squares.append((said[state, action] - exact[state, action]) ** 2)
    assert len(squares) == 4 * (5 - len(set(goals)))
    expected = sum(squares) / len(squares)
    assert q_error(one, x, exact, goals) == pytest.approx(expected, rel=1e-12)


def bias(value: float) -> Parameters:
    return [(np.zeros((1, 1)), np.array([value]))]


@pytest.mark.parametrize(
    ("ends", "loss", "expected"),
    [
        ((-1, 1), lambda b: 3 - 3 * b**2, 3.0),  # a hill
        ((-1, 1), lambda b: b**2, 0.0),  # a valley
        ((0, 4), lambda b: 7 * b, 0.0),  # a slope is no barrier
        ((0, 4), lambda b: 7 * b + (b == 1), 1.0),  # a spike on the slope, a quarter along
        ((0, 4), lambda b: float(b == 3), 1.0),  # … and three quarters
    ],
)
def test_barriers_by_hand(ends: tuple[float, float], loss, expected: float) -> None:
    first, second = (bias(end) for end in ends)
    found = loss_barrier(first, second, lambda one, share: float(loss(one[0][1][0])))
    assert found == pytest.approx(expected, abs=1e-12)


def test_a_barrier_between_two_tasks_by_hand() -> None:
    """w times a hidden neuron w · 1: the middle says (1 + λ)², where 1 + 3λ is wanted. It misses
    by λ − λ², most in the middle, by 1/4. States 0 and 2 are goals, and wrong everywhere."""
    x = np.array([[9.0], [1.0], [7.0]])
    first, second = (
        [(np.array([[w]]), np.zeros(1)), (np.full((1, 4), w), np.zeros(4))] for w in (1.0, 2.0)
    )

    def loss(one: Parameters, share: float) -> float:
        wanted = (1 - share) * np.full((3, 4), 1.0) + share * np.full((3, 4), 4.0)
        return q_error(one, x, wanted, goals=[0, 2])

    assert (loss(first, 0.0), loss(second, 1.0)) == (0.0, 0.0)
    assert loss_barrier(first, second, loss) == pytest.approx(1 / 16, rel=1e-12)
    # Held against the first task all the way, the line only ever gets worse: no hill.
    assert loss_barrier(first, second, lambda one, share: loss(one, 0.0)) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_tables_have_no_barrier_between_two_tasks(seed: int) -> None:
    """Whatever they have learned of them; and the exact ones are exact all the way."""
    world, goals = GridWorld.from_text("...#\n...."), [(0, 0), (1, 3)]
    x, states = features(world, "one-hot"), [world.state(goal) for goal in goals]
    exact = [world.optimal_q(goal) for goal in goals]

    def loss(one: Parameters, share: float) -> float:
        return q_error(one, x, (1 - share) * exact[0] + share * exact[1], states)

    for spread in (0.0, 3.0):
        noise = np.random.default_rng(seed).normal(scale=spread, size=(2, 7, 4))
        first, second = ([(q + e, np.zeros(4))] for q, e in zip(exact, noise, strict=True))
        assert loss_barrier(first, second, loss) < 1e-12
        assert (
            loss(interpolate(first, second, 0.5), 0.5)
            <= (loss(first, 0.0) + loss(second, 1.0)) / 2 + 1e-12
        )


@pytest.mark.parametrize("goals", [[BOX], [BOX, CONE], [BOX, BOX]])
def test_the_loss_of_one_task_and_of_two_by_a_slow_loop(goals: list[tuple[int, int]]) -> None:
    one, loss = network(6, 16, 5, 4), value_loss(WORLD, "fourier", goals)
    said, others = forward(one, features(WORLD, "fourier")), range(WORLD.n_states)
    for share in (0.0, 0.3, 1.0):
        squares = []
        for state, action in product(others, range(4)):
            if WORLD.cell(state) not in goals:
                a, b = (WORLD.optimal_q(goal)[state, action] for goal in (goals[0], goals[-1]))
                squares.append((said[state, action] - (a + share * (b - a))) ** 2)
        assert loss(one, share) == pytest.approx(sum(squares) / len(squares), rel=1e-12)


def between(seed: int) -> tuple[Parameters, Parameters]:
    """A network, and itself with its neurons in another order."""
    a = network(seed, 16, 8, 8, 4)
    return a, permute(a, [np.random.default_rng(order).permutation(8) for order in range(2)])


@pytest.mark.parametrize("seed", [1, 4, 7])
def test_what_lies_on_a_line_by_hand(seed: int) -> None:
    a, b = between(seed)
    line, x = line_between(WORLD, "fourier", a, b, [BOX, CONE]), features(WORLD, "fourier")
    starts = [state for state in range(WORLD.n_states) if WORLD.cell(state) not in (BOX, CONE)]
    for place, share in enumerate(SHARES):
        blend = [
            ((1 - share) * w + share * v, (1 - share) * c + share * d)
            for (w, c), (v, d) in zip(a, b, strict=True)
        ]
        q = forward(blend, x)
        assert np.allclose(line.q[place], q)
        wanted = (1 - share) * WORLD.optimal_q(BOX) + share * WORLD.optimal_q(CONE)
        error = [(q[state] - wanted[state]) ** 2 for state in starts]
        assert line.loss[place] == pytest.approx(np.mean(error))
        pressed, right, ends = q.argmax(axis=1), [], []  # no ties here
        for start in starts:
            good = [WORLD.optimal_actions(goal)[start, pressed[start]] for goal in (BOX, CONE)]
            right.append(any(good))
            state = start
            for _ in range(WORLD.n_states):
                if WORLD.cell(state) not in (BOX, CONE):
                    state = int(WORLD.next_state[state, pressed[state]])
            ends.append(WORLD.cell(state) in (BOX, CONE))
        assert line.right[place] == pytest.approx(np.mean(right))
        assert line.arrive[place] == pytest.approx(np.mean(ends))
    chord = (1 - SHARES) * line.loss[0] + SHARES * line.loss[-1]
    # The barrier looks at 25 points and the line at 21, so that they agree up to the grid.
    assert line.barrier == pytest.approx((line.loss - chord).max(), rel=0.05)


def test_there_is_something_to_see_on_these_lines() -> None:
    lines = [line_between(WORLD, "fourier", *between(seed), [BOX, CONE]) for seed in (1, 4, 7)]
    for name in ("right", "arrive"):
        assert max(np.ptp(getattr(line, name)) for line in lines) > 0.1
    assert [line.barrier > 0 for line in lines] == [False, True, True]
