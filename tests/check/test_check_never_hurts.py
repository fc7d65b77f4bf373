"""The checks of notebook 10: the values that settle, and a search that follows hope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cliprl_lite import GridWorld
from cliprl_lite.check import never_hurts as check
from cliprl_lite.learning.runs import learn
from cliprl_lite.teachers.rules import RULES

GAMMA = 0.99


def settle(hope: Any, next_state: Any) -> Any:
    v = hope
    while True:
        q = -1 + GAMMA * v[next_state]
        new = np.maximum(hope, q.max(axis=1))
        if np.array_equal(new, v):
            return q
        v = new


def search(teacher: Any, next_state: Any, step: Any, state: Any) -> Any:
    hope, done = 0.5 * teacher.max(axis=1), False
    while not done:
        hope[state] = -np.inf
        state, done = step(state, settle(hope, next_state)[state].argmax())
    hope = np.full(len(hope), -np.inf)
    hope[state] = 0
    return settle(hope, next_state)


def test_the_solutions_pass() -> None:
    assert check.settle(settle).passed
    assert check.search(search).passed
    assert check.keep(check.search, search) is search
    assert check.search(check.keep(check.search, ...)).passed  # the library's own does, too
    assert check.settle(check.keep(check.settle, ...)).passed


def test_settled_values_are_those_of_shortest_ways() -> None:
    """Two answers of different kinds: by backups, and by distances."""
    for world in check.WORLDS:
        for hope in check._hopes(world):
            np.testing.assert_allclose(
                settle(hope, world.next_state), check._by_distance(world, hope), rtol=1e-9
            )


def one_backup(hope: Any, next_state: Any) -> Any:
    return -1 + GAMMA * hope[next_state]


def forgets_hope(hope: Any, next_state: Any) -> Any:
    v = hope
    for _ in range(200):
        q = -1 + GAMMA * v[next_state]
        v = q.max(axis=1)
    return q


def for_nothing(hope: Any, next_state: Any) -> Any:
    v = hope
    for _ in range(5_000):
        q = GAMMA * v[next_state]
        v = np.maximum(hope, q.max(axis=1))
    return q


def without_gamma(hope: Any, next_state: Any) -> Any:
    v = hope
    for _ in range(200):
        q = -1 + v[next_state]
        v = np.maximum(hope, q.max(axis=1))
    return q


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (one_backup, "one backup is not enough"),
        (forgets_hope, "too low: V(s) is at least hope(s)"),
        (for_nothing, "a step costs 1"),
        (without_gamma, "γ is missing"),
        (lambda hope, next_state: hope, "values have the shape"),
        (lambda hope, next_state: settle(hope, next_state) + 1, "and yours is"),
    ],
)
def test_each_mistake_of_settling_is_named(answer: Callable[..., Any], said: str) -> None:
    verdict = check.settle(answer)
    assert not verdict.passed
    assert said in verdict.words


def stays(teacher: Any, next_state: Any, step: Any, state: Any) -> Any:
    return teacher


def stops_early(teacher: Any, next_state: Any, step: Any, state: Any) -> Any:
    step(state, 0)
    return teacher


def goes_on(teacher: Any, next_state: Any, step: Any, state: Any) -> Any:
    hope, done, more = 0.5 * teacher.max(axis=1), False, 0
    while more < 2:
        hope[state] = -np.inf
        state, done = step(state, settle(hope, next_state)[state].argmax())
        more += done or more > 0
    return teacher


def wanders(teacher: Any, next_state: Any, step: Any, state: Any) -> Any:
    rng, done = np.random.default_rng(0), False
    while not done:
        state, done = step(state, rng.integers(4))
    return teacher


def keeps_hope(teacher: Any, next_state: Any, step: Any, state: Any) -> Any:
    hope, done = 0.5 * teacher.max(axis=1), False
    while not done:
        state, done = step(state, settle(hope, next_state)[state].argmax())
    return teacher


def whole_hope(teacher: Any, next_state: Any, step: Any, state: Any) -> Any:
    hope, done = 3.0 * teacher.max(axis=1), False
    while not done:
        hope[state] = -np.inf
        state, done = step(state, settle(hope, next_state)[state].argmax())
    return settle(np.where(np.arange(len(hope)) == state, 0.0, -np.inf), next_state)


def old_table(teacher: Any, next_state: Any, step: Any, state: Any) -> Any:
    search(teacher, next_state, step, state)
    return teacher


def jumps(teacher: Any, next_state: Any, step: Any, state: Any) -> Any:
    step(state, 3)
    step(0, 3)
    return teacher


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (stays, "never takes a step"),
        (stops_early, "stops before the goal"),
        (goes_on, "walks on after the goal"),
        (keeps_hope, "does not end"),
        (whole_hope, "not the best by the settled values"),
        (old_table, "the table at the end is not"),
        (jumps, "the agent stands on square"),
    ],
)
def test_each_mistake_of_searching_is_named(answer: Callable[..., Any], said: str) -> None:
    verdict = check.search(answer)
    assert not verdict.passed
    assert said in verdict.words


def test_a_walk_without_a_plan_fails() -> None:
    assert not check.search(wanders).passed


def test_the_readers_search_walks_as_the_rule_does() -> None:
    """In a corridor, with hope at its end, there are no ties: the same steps as the library's."""
    world = GridWorld.from_text(".........")
    teacher = world.optimal_q((0, 8))
    teacher[:4] += 3.0  # and a false hope at the other end
    for seed in range(6):
        run = learn(world, (0, 8), teacher, seed, learner=RULES["map_hope"].learner)
        start = int(np.flatnonzero(run.learner.distances == run.episode_shortest[0])[0])
        step = check._Step(world, 8, start)
        search(teacher, world.next_state, step, start)
        assert len(step.way) - 1 == run.episode_lengths[0]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ((8, 9), "times as long as with the map alone, and still far fewer"),
        ((5, 1), "that teacher helps"),
        ((2, 8), "is asked for"),
        (..., "Not yet"),
        ((4, 1), "knows the new task itself"),
        ((6, 0), "is a wall"),
        ("red cone", "two whole numbers"),
    ],
)
def test_a_teacher_that_hurts(cell: Any, said: str) -> None:
    verdict = check.teacher_that_hurts(cell)
    assert said in repr(verdict)
    assert verdict.passed == ("far fewer" in said)


def test_most_teachers_do_not_hurt_by_half() -> None:
    """So that the exercise asks for a thought."""
    alone = check._first_episodes(None)
    world = check.load_suite("house_a").world
    ratios = [
        np.median(check._first_episodes(world.optimal_q(world.cell(state))) / alone)
        for state in range(0, world.n_states, 3)
    ]
    assert 0.05 < np.mean(np.array(ratios) >= check.HURTS) < 0.4
