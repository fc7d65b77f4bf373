"""Checks of notebook 02: the update, hope, the most similar pair, learning that never shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import rounded
from cliprl_lite.check.answers import (
    Function,
    as_array,
    as_number,
    as_whole,
    blank,
    message,
    slack,
)
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.verdict import Verdict, not_yet, right, wrong
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.learning.runs import learn
from cliprl_lite.transfer.alignment import cosine_similarity
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import load_suite

ARRIVALS = 100
"""The number of episodes that an agent has to complete, and of its last ones that are judged."""

LONG = 10
"""Journeys are long if they take this many times the steps of the shortest path."""


# ---------------------------------------------------------------------------------------------
# Exercise 1
# ---------------------------------------------------------------------------------------------
@exercise(1, "The update")
def update(answer: Any) -> Verdict:
    """Whether `answer(old, reward, next_values, eta, gamma)` is Q-learning's update.

    Example:
        >>> update(lambda old, reward, after, eta, gamma: old)
        ✗ Not quite: the old guess stays as it was: nothing of the target arrives in it
    """
    asked = Function(answer)
    rng = np.random.default_rng(2)
    cases: list[tuple[float, float, FloatArray, float, float]] = [
        (-4.0, -1.0, np.array([-6.0, -2.0, -9.0, -3.0]), eta, gamma)
        for eta, gamma in ((0.5, 0.9), (1.0, 0.99), (0.1, 1.0))
    ]
    for _ in range(20):
        old, reward = rng.uniform(-9, 9, 2)
        cases.append((old, reward, rng.uniform(-9, 9, 4), *rng.random(2)))
    found = [asked(*case) for case in cases]
    got = [as_number(value, "the new value, one number") for value in found]
    off = slack(*found)
    right_values = [_moved(*case) for case in cases]
    if np.allclose(got, right_values, rtol=off, atol=10 * off):
        return right("this is Q-learning: everything else in its loop is walking about")
    for words, mistake in _UPDATES:
        if np.allclose(got, [mistake(*case) for case in cases], rtol=off, atol=10 * off):
            return wrong(words)
    old, reward, after, eta, gamma = cases[0]
    return wrong(
        f"with old = {old:g}, reward = {reward:g}, next values {after.tolist()}, η = {eta:g} and "
        f"γ = {gamma:g} it says {got[0]:.4g}. Work that case out on paper: first the target, "
        "then the move towards it"
    )


def _moved(old: float, reward: float, after: FloatArray, eta: float, gamma: float) -> float:
    return (1 - eta) * old + eta * (reward + gamma * float(after.max()))


_UPDATES: list[tuple[str, Callable[[float, float, FloatArray, float, float], float]]] = [
    (
        "the old guess stays as it was: nothing of the target arrives in it",
        lambda old, reward, after, eta, gamma: old,
    ),
    (
        "the target replaces the old guess whole; that is the special case η = 1. Move only a "
        "share η of the way",
        lambda old, reward, after, eta, gamma: reward + gamma * after.max(),
    ),
    (
        "old and target have changed places: η is the share of the *new*, so η = 0 must leave "
        "the old guess alone",
        lambda old, reward, after, eta, gamma: _moved(old, reward, after, 1 - eta, gamma),
    ),
    (
        "the whole target is added on top of the old guess. Move towards it: by η times the "
        "*difference* between target and old",
        lambda old, reward, after, eta, gamma: old + eta * (reward + gamma * after.max()),
    ),
    (
        "the discount γ is missing: what comes a step later counts a little less",
        lambda old, reward, after, eta, gamma: _moved(old, reward, after, eta, 1.0),
    ),
    (
        "γ discounts the reward as well; the reward comes now, only what follows it is later",
        lambda old, reward, after, eta, gamma: (
            (1 - eta) * old + eta * gamma * (reward + after.max())
        ),
    ),
    (
        "the reward is missing from the target: without it steps would cost nothing",
        lambda old, reward, after, eta, gamma: _moved(old, 0.0, after, eta, gamma),
    ),
    (
        "the target takes the average of the next square's values, as if the agent went on "
        "at random. It will go on with the best",
        lambda old, reward, after, eta, gamma: (
            (1 - eta) * old + eta * (reward + gamma * after.mean())
        ),
    ),
    (
        "the target takes the *worst* of the next square's values. Of negative values the best "
        "is the one nearest to zero",
        lambda old, reward, after, eta, gamma: (
            (1 - eta) * old + eta * (reward + gamma * after.min())
        ),
    ),
    (
        "the target takes the next square's first value, that of going up, instead of the best",
        lambda old, reward, after, eta, gamma: _moved(old, reward, after[:1], eta, gamma),
    ),
    (
        "the reward has lost its sign: a step earns −1, and the reward is added as it comes",
        lambda old, reward, after, eta, gamma: _moved(old, -reward, after, eta, gamma),
    ),
]


# ---------------------------------------------------------------------------------------------
# Exercise 2
# ---------------------------------------------------------------------------------------------
def _tables() -> Iterator[tuple[str, FloatArray, FloatArray]]:
    """Tables to raise, with the exact values: too low ones, a copied one, a hopeful one."""
    world, goal = GridWorld.four_rooms(7), (0, 1)
    truth = world.optimal_q(goal)
    rng = np.random.default_rng(4)
    yield "all −20", np.full_like(truth, -20.0), truth
    yield "copied from an agent with another goal", world.optimal_q((6, 6)), truth
    yield "of random entries", -12 * rng.random(truth.shape), truth
    yield "all +1, more hopeful than needed,", np.ones_like(truth), truth


@exercise(2, "Hope")
def hopeful(answer: Any) -> Verdict:
    """Whether `answer(table, truth)` raises a table by the one constant that suffices.

    Example:
        >>> hopeful(lambda table, truth: np.maximum(table, truth)).words[:30]
        'that is not one constant for t'
    """
    asked = Function(answer)
    for name, table, truth in _tables():
        made = asked(table, truth)
        result = as_array(made, "the raised table, an array of numbers")
        if result.shape != table.shape:
            return wrong(
                f"a table of shape {table.shape} went in and {result.shape or 'a number'} came "
                "out. Return the raised table, not the constant alone"
            )
        said = _judge(name, table, truth, result, slack(made))
        if said is not None:
            return said
    return right(_what_hope_does(asked))


def _judge(
    name: str, table: FloatArray, truth: FloatArray, result: FloatArray, off: float
) -> Verdict | None:
    """What is wrong with a raised table, if anything is."""
    added = result - table
    if not np.isfinite(added).all():
        return wrong("some entries are no longer finite numbers")
    off *= 1 + float(np.abs(table).max())
    if np.ptp(added) > 2 * off:
        return wrong(
            "that is not one constant for the whole table: entries were raised by different "
            "amounts, which changes what the table prefers"
        )
    by, gap = float(added.flat[0]), float((truth - table).max())
    if gap <= 0 and by < -off:
        return wrong(
            f"a table {name} was lowered by {-by:.3g}. Nothing in it is too low, so it stays as "
            "it is: hope is never taken away"
        )
    if by < max(0.0, gap) - off:
        left = int((result < truth - off).sum())
        return wrong(
            f"a table {name} was raised by {by:.3g}, and {left} entries are still lower than the "
            "truth. What decides is the largest gap, not the typical or the smallest one"
        )
    if by > max(0.0, gap) + off:
        return wrong(
            f"a table {name} was raised by {by:.3g}: enough, but not the smallest constant. "
            "Needless hope has a price, since each false promise has to be tried"
        )
    return None


def _what_hope_does(asked: Function) -> str:
    """Five runs without exploration from a table that is too low, before and after raising it."""
    house = load_suite("house_a")
    world, goal = house.world, house.transfer("go to the red cone").target.goal
    truth, gloomy = world.optimal_q(goal), np.full((house.world.n_states, 4), -20.0)
    finished = []
    for table in (gloomy, as_array(asked(gloomy, truth), "a table")):
        runs = [
            learn(world, goal, table, seed, epsilon=0.0, cap=150_000, min_episodes=0)
            for seed in range(5)
        ]
        finished.append(sum(run.stop_reason == "finished" for run in runs))
    return (
        "one constant, and every preference is as it was. In the house, without exploration, the "
        f"table of −20 becomes optimal in {finished[0]} of 5 runs; raised by you, in {finished[1]}"
    )


# ---------------------------------------------------------------------------------------------
# Exercise 3
# ---------------------------------------------------------------------------------------------
@exercise(3, "The most similar pair")
def most_similar(answer: Any) -> Verdict:
    """Whether `answer(vectors)` finds the rows most alike once the mean is subtracted.

    Example:
        >>> most_similar(lambda vectors: (0, 0)).words[:34]
        'each policy is like itself; the tw'
    """
    asked = Function(answer)
    for vectors in _vectors():
        pair = as_whole(asked(vectors), "two rows, each a whole number").reshape(-1).tolist()
        said = _judge_pair(pair, vectors)
        if said is not None:
            return said
    house = load_suite("house_a")
    exact = np.stack([house.world.optimal_q(task.goal).reshape(-1) for task in house.tasks])
    i, j = sorted(as_whole(asked(exact), "two rows").tolist())
    names = [house.tasks[row].sentence.removeprefix("go to the ") for row in (i, j)]
    return right(
        f"in house A it finds {names[0]} and {names[1]}: one room, and neighbours in it. "
        "(The house is symmetric, so other pairs are as similar.)"
    )


def _vectors() -> Iterator[FloatArray]:
    """Vectors with one clear answer, which differs from that of every typical mistake."""
    rng = np.random.default_rng(6)
    for n in (5, 7, 6, 9):
        while True:
            vectors = 3 + rng.normal(size=(n, 4)) * rng.uniform(0.3, 4, size=(n, 1))
            pairs = [best(vectors) for best in _PAIRS.values()]
            if len({tuple(sorted(pair)) for pair in pairs}) == len(pairs):
                yield vectors
                break


def _largest(matrix: FloatArray) -> tuple[int, int]:
    upper = np.where(np.triu(np.ones(matrix.shape, bool), 1), matrix, -np.inf)
    i, j = np.unravel_index(int(rounded(upper).argmax()), upper.shape)
    return int(i), int(j)


def _centred(vectors: FloatArray) -> FloatArray:
    moved: FloatArray = vectors - vectors.mean(axis=0)
    return moved


_PAIRS: dict[str, Callable[[FloatArray], tuple[int, int]]] = {
    "right": lambda v: _largest(cosine_similarity(_centred(v), _centred(v))),
    "the mean policy is still in there: subtract it first, or everything looks alike": (
        lambda v: _largest(cosine_similarity(v, v))
    ),
    "the largest product is not the largest cosine: a long vector wins without being similar": (
        lambda v: _largest(_centred(v) @ _centred(v).T)
    ),
    "these two are the *least* alike": (
        lambda v: _largest(-cosine_similarity(_centred(v), _centred(v)))
    ),
    "each policy lost the mean of its own numbers (axis=1), not the mean policy (axis=0)": (
        lambda v: _largest(
            cosine_similarity(v - v.mean(axis=1, keepdims=True), v - v.mean(axis=1, keepdims=True))
        )
    ),
}


def _judge_pair(pair: list[int], vectors: FloatArray) -> Verdict | None:
    """What is wrong with a pair, if anything is."""
    n = len(vectors)
    if len(pair) != 2:
        return wrong(f"two rows are asked for; {len(pair)} came back")
    if not all(0 <= row < n for row in pair):
        return wrong(
            f"{tuple(pair)} are not two rows of {n} policies. Is one of them a place among all "
            "entries of a matrix, counted through row after row?"
        )
    if pair[0] == pair[1]:
        return wrong("each policy is like itself; the two must differ, so leave out the diagonal")
    for words, best in _PAIRS.items():
        if tuple(sorted(pair)) == best(vectors):
            return None if words == "right" else wrong(words)
    return wrong(f"of {n} policies made for this test, rows {pair[0]} and {pair[1]} are not it")


# ---------------------------------------------------------------------------------------------
# Exercise 4
# ---------------------------------------------------------------------------------------------
@exercise(4, "Break it")
def learned_but_never_shown(answer: Any) -> Verdict:
    """Whether settings let an agent learn everything while its episodes stay long.

    Example:
        >>> learned_but_never_shown({"epsilon": 0.1}).words[:29]
        'the last episodes take only 1'
    """
    if blank(answer):
        return not_yet()
    if not isinstance(answer, dict) or not set(answer) <= {"epsilon", "learning_rate"}:
        return wrong('this takes a dictionary with "epsilon" and "learning_rate", and no more')
    chosen: dict[str, Any] = {
        name: as_number(value, f"{name}, one number") for name, value in answer.items()
    }
    house = load_suite("house_a")
    goal = house.transfer("go to the red cone").target.goal
    try:
        learner = Learner(house.world, goal, seed=0, record=200_000, **chosen)
        learner.run(200_000)
    except Exception as error:
        nothing = chosen.get("learning_rate") == 0
        why = ". With η = 0 no number would ever be written down" if nothing else ""
        return wrong(f"the library refuses that: {message(error)}{why}")
    lengths, shortest = learner.episode_lengths, learner.distances[learner.episode_starts]
    if len(lengths) < ARRIVALS:
        return wrong(f"it arrived only {len(lengths)} times: that is no learning at all")
    longer = float(lengths[-ARRIVALS:].sum() / shortest[-ARRIVALS:].sum())
    left = learner.evaluate().wrong_states
    if longer <= LONG:
        state = "all squares are optimal" if left == 0 else f"{left} squares are not optimal"
        return wrong(
            f"the last episodes take only {longer:.1f} times the shortest way, and {state}. What "
            "keeps an agent from *using* what it knows?"
        )
    if left:
        return wrong(
            f"the episodes are long, {longer:.0f} times the shortest way; but {left} squares are "
            "not optimal after 200,000 steps: it must learn everything all the same"
        )
    return right(
        f"its table is optimal in every square, and it walks {longer:.0f} times the shortest way: "
        "it learns what is best without doing it. This is called off-policy learning"
    )
