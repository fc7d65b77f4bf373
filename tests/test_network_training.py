"""When a run is done, what is noted of it, and what networks are taught by tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from test_network_stacks import GOALS, both, train, weights_of
from test_networks import BENT, KINDS, SMALL, largest_difference, only, plain_network, stack

from cliprl_lite.learning.network_training import (
    deep_q_learning,
    distil,
    first_of_row,
    fitted_q_iteration,
)
from cliprl_lite.learning.networks import FloatArray, NetworkSettings, Parameters, features, forward
from cliprl_lite.worlds.greedy import evaluate_greedy
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import load_suite


# When a run is done
def test_rows_of_passes_by_brute_force() -> None:
    for passed in product([False, True], repeat=7):
        for length in (1, 2, 3, 5):
            rows = [i for i in range(7) if i + length <= 7 and all(passed[i : i + length])]
            assert first_of_row(passed, length) == (rows[0] if rows else None)


@both
def test_a_finished_run_ends_with_a_row_of_passes(name: str) -> None:
    world = GridWorld.open_map(6)
    settings = NetworkSettings(check_every=20, passes=4)
    start = stack(settings, world, 3)
    runs = train(name, world, [(0, 0), (5, 2), (3, 3)], start, settings)
    for run, goal in zip(runs, [(0, 0), (5, 2), (3, 3)], strict=True):
        assert run.stop_reason == "finished"
        passed = [check.optimal for check in run.checks]
        assert passed[-4:] == [True] * 4
        assert run.steps == run.steps_optimal + 3 * 20 == run.check_steps[-1]
        assert not passed[-5]
        q = forward(run.parameters, features(world, settings.features))
        assert evaluate_greedy(q, world, goal) == run.checks[-1]
        assert run.steps_near_optimal <= run.steps_optimal


@both
def test_a_run_that_is_cut_off_is_censored(name: str) -> None:
    settings = replace(SMALL, features="row-column", check_every=30)
    start = stack(settings, BENT, 2)
    for run in train(name, BENT, GOALS[:2], start, settings, cap=70):
        assert (run.stop_reason, run.steps) == ("cap", 70)
        assert run.check_steps.tolist() == [0, 30, 60, 70]
        assert len(run.checks) == 4
        assert run.steps_optimal is None


@both
def test_a_network_that_is_right_from_the_start_is_found_so(name: str) -> None:
    """A table as a network without hidden layers, of the exact values."""
    settings = NetworkSettings(features="one-hot", hidden=(), learning_rate=1e-5, check_every=10)
    start = [(BENT.optimal_q((2, 1))[None], np.zeros((1, 4)))]
    (run,) = train(name, BENT, [(2, 1)], start, settings)
    # Q ties are exact only at the start; what Adam moves by rounding stays optimal.
    assert (run.steps_near_optimal, run.steps_optimal, run.steps) == (0, 0, 40)


def test_one_wrong_arrow_is_near_optimal_and_not_yet_optimal() -> None:
    """An exact table, but for a detour of two steps: down from (0, 5), and left from there."""
    world = GridWorld.open_map(6)
    table = world.optimal_q((0, 0))
    table[world.state((0, 5)), 1] = table[world.state((0, 5))].max() + 0.05
    table[world.state((1, 5)), 0] -= 0.2
    settings = NetworkSettings(
        features="one-hot", hidden=(), learning_rate=0.01, target_period=1, check_every=2, passes=2
    )
    start = [(table[None], np.zeros((1, 4)))]
    (run,) = fitted_q_iteration(world, [(0, 0)], start, settings)
    wrong = [check.wrong_states for check in run.checks]
    assert wrong[0] == 1
    assert run.steps_near_optimal == 0
    assert run.steps_optimal == 2 * wrong.index(0) > 0


def test_a_run_online_goes_on_until_it_has_its_episodes() -> None:
    world = GridWorld.open_map(4)
    start = stack(NetworkSettings(), world, 2)
    for run in deep_q_learning(world, [(0, 0), (1, 2)], start, [0, 1], min_episodes=150):
        assert run.stop_reason == "finished"
        assert run.steps > run.steps_optimal + 4 * 50
        assert run.episode_lengths.shape == run.episode_shortest.shape == (150,)
        assert (run.episode_lengths >= run.episode_shortest).all()
        assert run.episode_lengths.sum() <= run.steps
        assert run.episode_lengths[:20].mean() > 2 * run.episode_lengths[-20:].mean()


@both
@pytest.mark.parametrize("kind", KINDS)
def test_the_defaults_learn_an_8_by_8_map(name: str, kind: str) -> None:
    world, settings = GridWorld.open_map(8), NetworkSettings(features=kind)
    start = stack(settings, world, 2)
    runs = train(name, world, [(0, 0), (3, 5)], start, settings, cap=20_000)
    assert [run.stop_reason for run in runs] == ["finished", "finished"]
    assert all(run.steps_near_optimal <= 6_000 for run in runs)


# After the first episodes
def test_few_shot_is_what_a_run_cut_off_there_ends_with() -> None:
    """The step comes from the lengths of 20 episodes; runs that stop early are seen up to there."""
    world, goals = GridWorld.open_map(5), [(0, 0), (4, 2), (2, 2), (1, 4)]
    settings = replace(SMALL, learning_rate=0.01, check_every=20, passes=2, episode_limit=40)
    start = stack(settings, world, 4)
    early, late = (
        deep_q_learning(world, goals, start, [5, 6, 7, 8], settings, min_episodes=episodes)
        for episodes in (0, 90)
    )
    assert len({run.steps for run in late}) > 2
    none = earlier = 0
    for k, (goal, short, run) in enumerate(zip(goals, early, late, strict=True)):
        step = 20 * -(-int(run.episode_lengths[:20].sum()) // 20)
        (cut,) = deep_q_learning(
            world, [goal], only(start, k), [5 + k], settings, min_episodes=1_000, cap=step
        )
        (q,) = said([(w[None], b[None]) for w, b in cut.parameters], world, settings)
        assert run.few_shot == evaluate_greedy(q, world, goal)
        assert short.few_shot == (None if short.steps < step else run.few_shot)
        none += short.few_shot is None
        earlier += run.few_shot != run.checks[step // 20 - 1]
    assert 0 < none < 4
    assert earlier > 1  # the check before would have been another answer


@pytest.mark.parametrize(("check_every", "number"), [(1, 20), (19, 2), (20, 1), (21, 1)])
def test_few_shot_begins_with_the_20th_episode(check_every: int, number: int) -> None:
    """With a limit of one step, every step is an episode."""
    settings = replace(SMALL, learning_rate=0.1, check_every=check_every, episode_limit=1)
    start, step = stack(settings, BENT, 1), check_every * number
    for cap, found in ((step, True), (100, True), (19, False)):
        (run,) = deep_q_learning(BENT, [(2, 1)], start, [3], settings, min_episodes=900, cap=cap)
        assert (run.few_shot is not None) is found
        if found:
            assert run.few_shot == run.checks[number]
            assert run.few_shot != run.checks[0]


def test_fitted_networks_have_no_episodes() -> None:
    (run,) = fitted_q_iteration(BENT, [(2, 1)], stack(SMALL, BENT, 1), SMALL, cap=200)
    assert run.few_shot is None


# What networks are taught by tables
def said(parameters: Parameters, world: GridWorld, settings: NetworkSettings) -> FloatArray:
    return forward(parameters, features(world, settings.features))


def random_tables(count: int) -> FloatArray:
    return np.random.default_rng(1).normal(-4, 3, size=(count, BENT.n_states, 4))


@pytest.mark.parametrize("hidden", [(), (12,), (12, 10)])
def test_distillation_is_a_plain_regression(hidden: tuple[int, ...]) -> None:
    """By torch's modules, loss, autograd and Adam, for each network alone."""
    settings, tables = replace(SMALL, hidden=hidden), random_tables(3)
    start = stack(settings, BENT, 3)
    taught = distil(BENT, tables, start, settings, steps=60)
    x = torch.from_numpy(features(BENT, settings.features))
    for k, table in enumerate(tables):
        network = plain_network([(w[k], b[k]) for w, b in start])
        optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
        for _ in range(60):
            optimiser.zero_grad()
            torch.nn.functional.mse_loss(network(x), torch.from_numpy(table)).backward()
            optimiser.step()
        alone = [(w[k], b[k]) for w, b in taught]
        assert largest_difference(alone, weights_of(network)) < 1e-7
    assert largest_difference(taught, start) > 0.05


def test_a_table_can_be_taught_any_table() -> None:
    settings = replace(SMALL, features="one-hot", hidden=(), learning_rate=0.01)
    tables = random_tables(2)
    taught = distil(BENT, tables, stack(settings, BENT, 2), settings, steps=3_000)
    np.testing.assert_allclose(said(taught, BENT, settings), tables, rtol=0, atol=1e-3)


def test_a_stack_is_taught_as_each_network_alone() -> None:
    start, tables = stack(SMALL, BENT, 3), random_tables(3)
    together = distil(BENT, tables, start, SMALL, steps=200)
    for k in range(3):
        alone = distil(BENT, tables[k : k + 1], only(start, k), SMALL, steps=200)
        assert largest_difference(alone, only(together, k)) < 1e-9


def test_the_error_falls() -> None:
    start, tables = stack(SMALL, BENT, 3), random_tables(3)
    errors = [
        said(distil(BENT, tables, start, SMALL, steps=steps), BENT, SMALL) - tables
        for steps in (1, 200, 800, 3_200)
    ]
    squares = (np.array(errors) ** 2).mean(axis=(2, 3))
    assert (squares[1:] < 0.6 * squares[:-1]).all()


def test_the_defaults_are_taught_an_exact_table_of_four_rooms() -> None:
    world, settings, goal = load_suite("house_a").world, NetworkSettings(), (2, 9)
    exact = world.optimal_q(goal)
    (q,) = said(distil(world, exact[None], stack(settings, world, 1)), world, settings)
    assert np.sqrt(((q - exact) ** 2).mean()) < 0.04
    assert evaluate_greedy(q, world, goal).optimal


def test_teaching_leaves_its_inputs_alone_and_is_not_random() -> None:
    start, tables = stack(SMALL, BENT, 2), random_tables(2)
    first, again = (distil(BENT, tables, start, SMALL, steps=5) for _ in range(2))
    assert largest_difference(start, stack(SMALL, BENT, 2)) == 0
    assert (tables == random_tables(2)).all()
    assert largest_difference(first, again) == 0
    assert torch.is_grad_enabled()


# What training leaves alone
@both
def test_training_leaves_its_inputs_and_torchs_settings_alone(name: str) -> None:
    start = stack(SMALL, BENT, 1)
    kept = [(weights.copy(), biases.copy()) for weights, biases in start]
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        train(name, BENT, GOALS[:1], start, SMALL, cap=60)
        assert torch.get_num_threads() == 3
        assert torch.is_grad_enabled()
    finally:
        torch.set_num_threads(threads)
    assert largest_difference(start, kept) == 0


def test_torch_comes_late_and_without_its_compiler(run_python: Callable[..., str]) -> None:
    code = """
import sys
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.learning.networks import *
from cliprl_lite.learning.network_training import *
world, settings = GridWorld.open_map(3), NetworkSettings()
start = initialise(settings.widths(world), [0])
forward(start, features(world, settings.features))
print("torch" in sys.modules)
fitted_q_iteration(world, [(0, 0)], start, settings, cap=10)
deep_q_learning(world, [(0, 0)], start, [0], settings, cap=50)
print("torch" in sys.modules, "torch._dynamo" in sys.modules)
"""
    assert run_python(code).split() == ["False", "True", "False"]


@pytest.fixture(scope="module")
def plain_bits(run_python: Callable[..., str]) -> str:
    return run_python(BITS)


BITS = """
import hashlib
import numpy as np
from cliprl_lite.transfer.alignment_training import align
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.learning.networks import NetworkSettings, initialise
from cliprl_lite.learning.network_training import deep_q_learning, distil, fitted_q_iteration
world, settings = GridWorld.open_map(4), NetworkSettings(hidden=(8,))
start, goals = initialise(settings.widths(world), [0, 1]), [(0, 0), (2, 1)]
tables = np.stack([world.optimal_q(goal) for goal in goals])
runs = fitted_q_iteration(world, goals, start, settings, cap=150)
runs += deep_q_learning(world, goals, start, [0, 1], settings, cap=150)
layers = [layer for run in runs for layer in run.parameters]
layers += distil(world, tables, start, settings, steps=150)
scores = align(tables[0], tables[1]).similarity(tables[0], tables[0])
bits = b"".join(part.tobytes() for layer in layers for part in layer) + scores.tobytes()
print(hashlib.sha256(bits).hexdigest())
"""


@pytest.mark.parametrize(
    "default",
    [
        "set_default_dtype(torch.float16)",
        "set_default_dtype(torch.float64)",
        "set_default_device('meta')",
    ],
)
def test_torchs_own_defaults_change_no_bit(
    default: str, plain_bits: str, run_python: Callable[..., str]
) -> None:
    assert run_python(f"import torch\ntorch.{default}\n{BITS}") == plain_bits


# What cannot be
def test_what_does_not_fit_together() -> None:
    start = stack(SMALL, BENT, 2)
    goals = GOALS[:2]
    with pytest.raises(ValueError, match=r"have the shapes"):
        fitted_q_iteration(BENT, GOALS, start, SMALL)
    with pytest.raises(ValueError, match=r"have the shapes"):
        fitted_q_iteration(BENT, goals, start, replace(SMALL, features="one-hot"))
    with pytest.raises(ValueError, match=r"is a wall"):
        fitted_q_iteration(BENT, [(1, 1), (0, 0)], start, SMALL)
    with pytest.raises(ValueError, match=r"two whole numbers; got"):
        fitted_q_iteration(BENT, [(0.0, 1), (0, 0)], start, SMALL)
    with pytest.raises(ValueError, match=r"cap is a positive"):
        fitted_q_iteration(BENT, goals, start, SMALL, cap=0)
    with pytest.raises(ValueError, match=r"2 tasks need as many seeds; got 1"):
        deep_q_learning(BENT, goals, start, [0], SMALL)
    with pytest.raises(ValueError, match=r"episodes is 0 or more"):
        deep_q_learning(BENT, goals, start, [0, 1], SMALL, min_episodes=-1)
    start[0][0][1, 0, 0] = np.nan
    with pytest.raises(ValueError, match=r"not a finite number"):
        fitted_q_iteration(BENT, goals, start, SMALL)


@both
def test_a_network_that_diverges_is_an_error_and_no_success(name: str) -> None:
    start = stack(SMALL, BENT, 1)
    with pytest.raises(ValueError, match=r"has diverged; take a learning rate below 1e\+300"):
        train(name, BENT, GOALS[:1], start, replace(SMALL, learning_rate=1e300), cap=500)


def test_what_cannot_be_taught() -> None:
    start, tables = stack(SMALL, BENT, 2), random_tables(2)
    for wrong in (tables[0], tables[:, :9], tables[:, :, :3], tables[None]):
        with pytest.raises(ValueError, match=r"a table for .* has shape \(10, 4\); got"):
            distil(BENT, wrong, start, SMALL)
    with pytest.raises(ValueError, match=r"have the shapes"):
        distil(BENT, tables[:1], start, SMALL)
    with pytest.raises(ValueError, match=r"have the shapes"):
        distil(BENT, tables, start, replace(SMALL, hidden=(12,)))
    with pytest.raises(ValueError, match=r"at least one table"):
        distil(BENT, tables[:0], start, SMALL)
    for steps in (0, -1):
        with pytest.raises(ValueError, match=rf"steps is 1 or more; got {steps}"):
            distil(BENT, tables, start, SMALL, steps=steps)
    with pytest.raises(ValueError, match=r"has diverged; take a learning rate below 1e\+300"):
        distil(BENT, tables, start, replace(SMALL, learning_rate=1e300), steps=9)
    for bad in (np.nan, np.inf):
        tables[1, 3, 2] = bad
        with pytest.raises(ValueError, match=r"not finite numbers"):
            distil(BENT, tables, start, SMALL)
