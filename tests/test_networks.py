"""Networks against torch's own modules, plain loops, and probe worlds whose answers are known."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist

from cliprl_lite.greedy import evaluate_greedy
from cliprl_lite.gridworld import GridWorld
from cliprl_lite.network_stacks import (
    td_targets,
)
from cliprl_lite.network_training import (
    NetworkRun,
    deep_q_learning,
    first_of_row,
    fitted_q_iteration,
)
from cliprl_lite.networks import (
    FREQUENCIES,
    NetworkFileError,
    NetworkSettings,
    Parameters,
    activations,
    features,
    forward,
    gradients,
    initialise,
    load_networks,
    save_networks,
)
from cliprl_lite.tasks import load_suite

KINDS = ("one-hot", "row-column", "fourier")
SMALL = NetworkSettings(hidden=(12, 10), target_period=7, epsilon_steps=100, batch_size=8)
BENT = GridWorld.from_text("....\n.##.\n....")
GOALS = [(0, 0), (2, 1), (1, 3), (2, 3)]


def stack(settings: NetworkSettings, world: GridWorld, count: int) -> Parameters:
    return initialise(settings.widths(world), seeds=range(count))


def only(parameters: Parameters, k: int) -> Parameters:
    """A stack of one."""
    return [(weights[k : k + 1], biases[k : k + 1]) for weights, biases in parameters]


def train(name: str, world: GridWorld, goals: list, start: Parameters, settings, **options):
    """Either way to train, under one signature."""
    seeds = options.pop("seeds", range(len(goals)))
    if name == "fitted":
        return fitted_q_iteration(world, goals, start, settings, **options)
    return deep_q_learning(world, goals, start, seeds, settings, min_episodes=0, **options)


both = pytest.mark.parametrize("name", ["fitted", "online"])


def largest_difference(a: Parameters, b: Parameters) -> float:
    pairs = [(x, y) for one, two in zip(a, b, strict=True) for x, y in zip(one, two, strict=True)]
    return max(float(np.abs(x - y).max()) for x, y in pairs)


# What a network reads
def test_one_hot_features_make_a_table() -> None:
    x = features(BENT, "one-hot")
    assert (x == np.eye(10)).all()
    table = np.random.default_rng(0).normal(size=(10, 4))
    assert (forward([(table, np.zeros(4))], x) == table).all()


def test_rows_and_columns_run_from_edge_to_edge() -> None:
    """Three rows, four columns; states go row by row, around the walls."""
    third = 1 / 3
    expected = [(-1, -1), (-1, -third), (-1, third), (-1, 1), (0, -1), (0, 1)]
    expected += [(1, -1), (1, -third), (1, third), (1, 1)]
    np.testing.assert_allclose(features(BENT, "row-column"), expected, atol=1e-15)
    corridor = features(GridWorld.from_text("..."), "row-column")
    assert corridor.tolist() == [[-1, -1], [-1, 0], [-1, 1]]


def test_fourier_features_by_a_slow_loop() -> None:
    expected = []
    for row, column in BENT.cells.tolist():
        y, x = row - 1, 2 * column / 3 - 1
        waves = [math.pi * frequency * place for place in (y, x) for frequency in FREQUENCIES]
        expected.append([*map(math.sin, waves), *map(math.cos, waves)])
    np.testing.assert_allclose(features(BENT, "fourier"), expected, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [2, 8, 15, 25])
def test_no_two_states_look_alike(kind: str, size: int) -> None:
    assert pdist(features(GridWorld.open_map(size), kind)).min() > 0.05


# What a network computes
def plain_network(parameters: Parameters) -> torch.nn.Sequential:
    """One network of torch's own modules, in double precision, with these weights."""
    modules: list[torch.nn.Module] = []
    for weights, biases in parameters:
        layer = torch.nn.Linear(*weights.shape).double()
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights.T))
            layer.bias.copy_(torch.from_numpy(biases))
        modules += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


def weights_of(network: torch.nn.Sequential) -> Parameters:
    linear = [module for module in network if isinstance(module, torch.nn.Linear)]
    return [(m.weight.detach().numpy().T, m.bias.detach().numpy()) for m in linear]


def noisy(widths: tuple[int, ...], *shape: int) -> Parameters:
    """Random weights, and biases that are not 0."""
    rng = np.random.default_rng(5)
    return [
        (rng.normal(size=(*shape, a, b)), rng.normal(size=(*shape, b))) for a, b in pairwise(widths)
    ]


@pytest.mark.parametrize("widths", [(16, 4), (16, 9, 4), (16, 9, 7, 4)])
def test_every_network_of_a_stack_is_torchs(widths: tuple[int, ...]) -> None:
    parameters = noisy(widths, 3)
    shared = np.random.default_rng(6).normal(size=(11, 16))
    own = np.random.default_rng(7).normal(size=(3, 11, 16))
    for k in range(3):
        alone = [(weights[k], biases[k]) for weights, biases in parameters]
        network = plain_network(alone)
        for x, mine in ((shared, shared), (own, own[k])):
            expected = network(torch.from_numpy(mine)).detach().numpy()
            np.testing.assert_allclose(forward(parameters, x)[k], expected, rtol=1e-12)
            np.testing.assert_allclose(forward(alone, mine), expected, rtol=1e-12)


@pytest.mark.parametrize("widths", [(5, 4), (5, 9, 4), (5, 9, 7, 4)])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_the_gradient_is_autograds(widths: tuple[int, ...], shape: tuple[int, ...]) -> None:
    parameters, rng = noisy(widths, *shape), np.random.default_rng(8)
    x, slope = rng.normal(size=(6, 5)), rng.normal(size=(*shape, 6, 4))
    leaves = [torch.tensor(part, requires_grad=True) for layer in parameters for part in layer]
    rows = torch.from_numpy(x)
    for depth in range(len(parameters)):
        rows = rows @ leaves[2 * depth] + leaves[2 * depth + 1][..., None, :]
        rows = torch.relu(rows) if depth + 1 < len(parameters) else rows
    expected = torch.autograd.grad((torch.from_numpy(slope) * rows).sum(), leaves)
    found = gradients(parameters, activations(parameters, x), slope)
    for mine, its in zip([part for layer in found for part in layer], expected, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-10, atol=1e-12)


def test_the_gradient_is_the_numerical_one() -> None:
    rng = np.random.default_rng(9)
    x, slope = torch.from_numpy(rng.normal(size=(6, 5))), torch.from_numpy(rng.normal(size=(6, 4)))

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(context, *parts):
            context.layers = list(zip(parts[::2], parts[1::2], strict=True))
            context.rows = activations(context.layers, x)
            return (slope * context.rows[-1]).sum()

        @staticmethod
        def backward(context, upstream):
            found = gradients(context.layers, context.rows, slope * upstream)
            return tuple(part for layer in found for part in layer)

    parts = [torch.tensor(p, requires_grad=True) for layer in noisy((5, 6, 4)) for p in layer]
    assert torch.autograd.gradcheck(Loss.apply, parts)


# Where networks start
def test_equal_seeds_start_alike_and_company_changes_nothing() -> None:
    together = initialise((16, 9, 4), seeds=[3, 8, 3])
    for weights, _ in together:
        assert (weights[0] == weights[2]).all()
        assert not np.isclose(weights[0], weights[1]).any()
    alone = initialise((16, 9, 4), seeds=[np.random.default_rng(8)])
    assert largest_difference(alone, only(together, 1)) == 0


def test_weights_start_with_the_variance_of_he() -> None:
    for weights, biases in initialise((50, 200, 100), seeds=range(4)):
        assert weights.std() == pytest.approx(math.sqrt(2 / weights.shape[1]), rel=0.02)
        assert abs(weights.mean()) < 0.01
        assert not biases.any()


# Targets, and worlds with known answers
def test_targets_by_hand() -> None:
    """Network 0 has its goal in state 1, network 1 in state 0."""
    values = np.array([[-4.0, 0.0, -1.0], [0.0, -2.0, -8.0]])
    successors = np.array([[0, 1, 2, 2], [0, 1, 1, 2]])
    expected = [[-3.0, -1.0, -1.5, -1.5], [-1.0, -2.0, -2.0, -5.0]]
    assert td_targets(values, successors, discount=0.5).tolist() == expected
    everywhere = td_targets(values, np.array([[2, 1]]), discount=0.5)
    assert everywhere.tolist() == [[-1.5, -1.0], [-5.0, -2.0]]


PROBES = {
    # drawing, goal, discount, state: its four values (up, down, left, right)
    "the last step": ("..", (0, 0), 0.9, {1: (-1.9, -1.9, -1.0, -1.9)}),
    "a step before": ("...", (0, 0), 0.5, {2: (-1.75, -1.75, -1.5, -1.75)}),
    "which way": ("...", (0, 1), 0.9, {0: (-1.9, -1.9, -1.9, -1), 2: (-1.9, -1.9, -1, -1.9)}),
    "two ways": ("..\n..", (0, 0), 0.5, {3: (-1.5, -1.75, -1.5, -1.75)}),
}


@both
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("probe", PROBES)
def test_probe_worlds(probe: str, kind: str, name: str) -> None:
    """The values at which training comes to rest, worked out with pen and paper."""
    drawing, goal, discount, answers = PROBES[probe]
    world = GridWorld.from_text(drawing)
    settings = replace(
        NetworkSettings(), features=kind, hidden=(32,), discount=discount, learning_rate=0.01,
        passes=1_000, epsilon_steps=500, target_period=25,
    )  # fmt: skip
    start = stack(settings, world, 1)
    (run,) = train(name, world, [goal], start, settings, cap=800)
    q = forward(run.parameters, features(world, kind))
    for state, values in answers.items():
        assert q[state] == pytest.approx(values, abs=0.02)


@pytest.mark.parametrize("limit", [1, 3])
def test_an_episode_that_is_cut_off_has_not_ended(limit: int) -> None:
    """From three steps away the goal is never reached; its distance is learned all the same."""
    world = GridWorld.from_text("....")
    settings = NetworkSettings(
        hidden=(32,), discount=0.5, learning_rate=0.01, passes=1_000, target_period=25,
        episode_limit=limit,
    )  # fmt: skip
    start = stack(settings, world, 1)
    (run,) = deep_q_learning(world, [(0, 0)], start, [0], settings, min_episodes=400, cap=1_000)
    q = forward(run.parameters, features(world, settings.features))
    assert q[:, 2] == pytest.approx([q[0, 2], -1.0, -1.5, -1.75], abs=0.02)
    assert run.episode_lengths.max() == limit
    assert run.episode_shortest.min() == 1


def test_agents_start_anywhere_but_at_the_goal() -> None:
    world = GridWorld.from_text("....")
    settings = replace(SMALL, episode_limit=1, passes=1_000)
    start = stack(settings, world, 2)
    for run, farthest in zip(
        deep_q_learning(
            world, [(0, 0), (0, 1)], start, [0, 1], settings, min_episodes=900, cap=900
        ),
        (3, 2),
        strict=True,
    ):
        assert run.episode_lengths.tolist() == [1] * 900
        counts = np.bincount(run.episode_shortest, minlength=4)[1:]
        expected = [300, 300, 300] if farthest == 3 else [600, 300, 0]
        np.testing.assert_allclose(counts, expected, atol=60)


# Training against a plain loop
def plain_fitted(world, goal, parameters, settings, steps):
    """The same by torch's modules, loss, autograd and Adam, one transition after the other."""
    network, x = plain_network(parameters), torch.from_numpy(features(world, settings.features))
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    goal = world.state(goal)
    known = [(s, a, int(world.next_state[s, a])) for s in range(world.n_states) for a in range(4)]
    known = [one for one in known if one[0] != goal]
    states, actions = torch.tensor([s for s, _, _ in known]), torch.tensor([a for _, a, _ in known])
    for step in range(steps):
        if step % settings.target_period == 0:
            old = network(x).max(dim=1).values.tolist()
        targets = [-1 if s == goal else -1 + settings.discount * old[s] for _, _, s in known]
        said = network(x)[states, actions]
        loss = torch.nn.functional.mse_loss(said, torch.tensor(targets, dtype=torch.float64))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return weights_of(network)


def plain_online(world, goal, parameters, settings, steps, seed):
    """Deep Q-learning as it is in textbooks, for one agent; the numbers are drawn in this order:
    a start, and in every step: explore?, which action, where to start anew, which batch."""
    network, x = plain_network(parameters), torch.from_numpy(features(world, settings.features))
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    rng, goal, replay = np.random.default_rng(seed), world.state(goal), {}
    others = [state for state in range(world.n_states) if state != goal]
    state, length, updates, episodes = others[int(rng.random() * len(others))], 0, 0, deque()
    start = state
    for step in range(steps):
        explore, choice, restart = rng.random(3)
        batch = rng.random(settings.batch_size)
        share = min(1, step / settings.epsilon_steps)
        epsilon = settings.epsilon_start + share * (settings.epsilon_end - settings.epsilon_start)
        action = int(network(x[state]).argmax())
        if explore < epsilon:
            action = int(4 * choice)
        after = int(world.next_state[state, action])
        replay[step % settings.replay_size] = (state, action, -1, after, after == goal)
        length += 1
        state = after
        if after == goal or length == settings.episode_limit:
            episodes.append((start, length))
            start = state = others[int(restart * len(others))]
            length = 0
        if step + 1 >= settings.batch_size and (step + 1) % settings.train_every == 0:
            if updates % settings.target_period == 0:
                target_network = plain_network(weights_of(network))
            drawn = [replay[int(number * len(replay))] for number in batch]
            loss = torch.zeros(())
            for s, a, reward, s_next, end in drawn:
                target = reward + (not end) * settings.discount * target_network(x[s_next]).max()
                loss = loss + (network(x[s])[a] - target.detach()) ** 2 / len(drawn)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            updates += 1
    return weights_of(network), episodes


@pytest.mark.parametrize("kind", KINDS)
def test_a_stack_of_one_is_a_plain_network_fitted(kind: str) -> None:
    settings = replace(SMALL, features=kind, passes=1_000)
    start = stack(settings, BENT, 1)
    (run,) = fitted_q_iteration(BENT, [(2, 1)], start, settings, cap=120)
    alone = [(weights[0], biases[0]) for weights, biases in start]
    plain = plain_fitted(BENT, (2, 1), alone, settings, 120)
    assert largest_difference(run.parameters, plain) < 1e-6
    assert largest_difference(alone, plain) > 0.05


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"features": "one-hot"},
        {"train_every": 3, "replay_size": 20, "episode_limit": 5, "epsilon_steps": 1},
    ],
    ids=["default", "one-hot", "forgetful"],
)
def test_a_stack_of_one_is_a_plain_network_online(change: dict) -> None:
    settings = replace(SMALL, passes=1_000, **change)
    start = stack(settings, BENT, 1)
    (run,) = deep_q_learning(BENT, [(2, 1)], start, [4], settings, min_episodes=500, cap=150)
    alone = [(weights[0], biases[0]) for weights, biases in start]
    plain, episodes = plain_online(BENT, (2, 1), alone, settings, 150, seed=4)
    assert largest_difference(run.parameters, plain) < 1e-6
    assert largest_difference(alone, plain) > 0.03
    assert run.episode_lengths.tolist() == [length for _, length in episodes]
    shortest = BENT.distances((2, 1))
    assert run.episode_shortest.tolist() == [shortest[start] for start, _ in episodes]


def same(a: NetworkRun, b: NetworkRun, within: float) -> None:
    assert (a.steps, a.stop_reason) == (b.steps, b.stop_reason)
    assert (a.steps_near_optimal, a.steps_optimal) == (b.steps_near_optimal, b.steps_optimal)
    assert a.check_steps.tolist() == b.check_steps.tolist()
    assert [check.wrong_states for check in a.checks] == [c.wrong_states for c in b.checks]
    assert a.episode_lengths.tolist() == b.episode_lengths.tolist()
    assert a.episode_shortest.tolist() == b.episode_shortest.tolist()
    assert largest_difference(a.parameters, b.parameters) <= within


@both
def test_a_stack_is_each_network_alone(name: str) -> None:
    """Although its networks leave it one by one, as they are done."""
    settings = replace(SMALL, check_every=10, learning_rate=0.01)
    start = stack(settings, BENT, 4)
    together = train(name, BENT, GOALS, start, settings, seeds=[5, 6, 7, 8])
    assert len({run.steps for run in together}) > 2
    for k, run in enumerate(together):
        (alone,) = train(name, BENT, GOALS[k : k + 1], only(start, k), settings, seeds=[5 + k])
        same(run, alone, within=1e-6)


@both
def test_the_seed_is_the_only_randomness(name: str) -> None:
    settings, state = replace(SMALL, passes=1_000), torch.get_rng_state()
    start = stack(settings, BENT, 2)

    def run(*seeds: int | np.random.Generator) -> list[NetworkRun]:
        return train(name, BENT, GOALS[:2], start, settings, seeds=seeds, cap=100)

    first = run(1, 2)
    np.random.seed(9)  # noqa: NPY002
    torch.manual_seed(9)
    state, numpys = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    second = run(np.random.default_rng(1), np.random.default_rng(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert np.random.get_state()[1].tolist() == numpys  # noqa: NPY002
    for one, again, other in zip(first, second, run(3, 4), strict=True):
        same(one, again, within=0)
        changed = largest_difference(one.parameters, other.parameters)
        assert (changed > 0.001) is (name == "online")


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
from cliprl_lite.gridworld import GridWorld
from cliprl_lite.networks import *
from cliprl_lite.network_training import *
world, settings = GridWorld.open_map(3), NetworkSettings()
start = initialise(settings.widths(world), [0])
forward(start, features(world, settings.features))
print("torch" in sys.modules)
fitted_q_iteration(world, [(0, 0)], start, settings, cap=10)
deep_q_learning(world, [(0, 0)], start, [0], settings, cap=50)
print("torch" in sys.modules, "torch._dynamo" in sys.modules)
"""
    assert run_python(code).split() == ["False", "True", "False"]


# When a run is done
def test_rows_of_passes_by_brute_force() -> None:
    for passed in product([False, True], repeat=7):
        for length in (1, 2, 3, 5):
            rows = [i for i in range(7) if i + length <= 7 and all(passed[i : i + length])]
            assert first_of_row(passed, length) == (rows[0] if rows else None)


@both
@pytest.mark.parametrize("until", ["optimal", "near_optimal"])
def test_a_finished_run_ends_with_a_row_of_passes(name: str, until: str) -> None:
    world = GridWorld.open_map(6)
    settings = NetworkSettings(check_every=20, passes=4)
    start = stack(settings, world, 3)
    runs = train(name, world, [(0, 0), (5, 2), (3, 3)], start, settings, until=until)
    for run, goal in zip(runs, [(0, 0), (5, 2), (3, 3)], strict=True):
        assert run.stop_reason == "finished"
        passed = [getattr(check, until) for check in run.checks]
        assert passed[-4:] == [True] * 4
        first = getattr(run, f"steps_{until}")
        assert run.steps == first + 3 * 20 == run.check_steps[-1]
        assert not passed[-5]
        q = forward(run.parameters, features(world, settings.features))
        assert evaluate_greedy(q, world, goal) == run.checks[-1]
        if until == "optimal":
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
    runs = train(name, world, [(0, 0), (3, 5)], start, settings, cap=6_000)
    assert [run.stop_reason for run in runs] == ["finished", "finished"]
    assert all(run.steps_optimal <= 3_000 for run in runs)


# What cannot be
@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"features": "pixels"}, "features are one of 'one-hot', 'row-column', 'fourier'"),
        ({"learning_rate": 0.0}, "learning rate is positive"),
        ({"learning_rate": math.nan}, "learning rate is positive"),
        ({"discount": 0.0}, "discount lies in"),
        ({"discount": 1.1}, "discount lies in"),
        ({"epsilon_start": 1.5}, "epsilon lies in"),
        ({"epsilon_end": -0.1}, "epsilon lies in"),
        ({"hidden": (64, 0)}, "hidden takes whole numbers"),
        ({"hidden": (6.5,)}, "hidden takes whole numbers"),
        ({"passes": 0}, "passes takes whole numbers"),
        ({"target_period": 2.5}, "target_period takes whole numbers"),
        ({"check_every": 0}, "check_every takes whole numbers"),
        ({"train_every": 0}, "train_every takes whole numbers"),
        ({"episode_limit": 0}, "episode_limit takes whole numbers"),
        ({"batch_size": 0}, "batch_size takes whole numbers"),
        ({"batch_size": 64, "replay_size": 63}, "batch of 64 cannot be drawn from 63"),
    ],
)
def test_settings_that_cannot_be(choice: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NetworkSettings(**choice)


def test_epsilon_falls_in_a_straight_line() -> None:
    settings = NetworkSettings(epsilon_start=0.8, epsilon_end=0.2, epsilon_steps=4)
    found = [settings.epsilon(step) for step in range(6)]
    assert found == pytest.approx([0.8, 0.65, 0.5, 0.35, 0.2, 0.2])


def test_what_does_not_fit_together() -> None:
    start = stack(SMALL, BENT, 2)
    goals = GOALS[:2]
    with pytest.raises(ValueError, match=r"features are one of"):
        features(BENT, "pixels")
    with pytest.raises(ValueError, match=r"have the shapes"):
        fitted_q_iteration(BENT, GOALS, start, SMALL)
    with pytest.raises(ValueError, match=r"have the shapes"):
        fitted_q_iteration(BENT, goals, start, replace(SMALL, features="one-hot"))
    with pytest.raises(ValueError, match=r"is a wall"):
        fitted_q_iteration(BENT, [(1, 1), (0, 0)], start, SMALL)
    with pytest.raises(ValueError, match=r"cap is a positive"):
        fitted_q_iteration(BENT, goals, start, SMALL, cap=0)
    with pytest.raises(ValueError, match=r"until is"):
        fitted_q_iteration(BENT, goals, start, SMALL, until="perfect")
    with pytest.raises(ValueError, match=r"2 tasks need as many seeds; got 1"):
        deep_q_learning(BENT, goals, start, [0], SMALL)
    with pytest.raises(ValueError, match=r"episodes is 0 or more"):
        deep_q_learning(BENT, goals, start, [0, 1], SMALL, min_episodes=-1)
    with pytest.raises(ValueError, match=r"at least one network"):
        initialise((2, 4), seeds=[])
    with pytest.raises(ValueError, match=r"widths are positive"):
        initialise((2, 0, 4), seeds=[1])
    start[0][0][1, 0, 0] = np.nan
    with pytest.raises(ValueError, match=r"not a finite number"):
        fitted_q_iteration(BENT, goals, start, SMALL)


@both
def test_a_network_that_diverges_is_an_error_and_no_success(name: str) -> None:
    start = stack(SMALL, BENT, 1)
    with pytest.raises(ValueError, match=r"has diverged; take a learning rate below 1e\+300"):
        train(name, BENT, GOALS[:1], start, replace(SMALL, learning_rate=1e300), cap=500)


# Files
HOUSE = load_suite("house_a")


@pytest.mark.parametrize("one", [False, True])
@pytest.mark.parametrize("hidden", [(), (5,), (8, 6)])
def test_a_file_gives_back_what_was_saved(tmp_path: Path, hidden: tuple, one: bool) -> None:
    settings = NetworkSettings(hidden=hidden)
    saved = noisy(settings.widths(HOUSE.world), *([] if one else [3]))
    save_networks(tmp_path / "a.npz", saved, HOUSE, settings)
    loaded = load_networks(tmp_path / "a.npz", HOUSE, settings)
    assert [w.shape for w, _ in loaded] == [w.shape for w, _ in saved]
    assert largest_difference(loaded, saved) == 0


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    settings, file = NetworkSettings(hidden=(8,)), tmp_path / "a.npz"
    save_networks(file, stack(settings, HOUSE.world, 2), HOUSE, settings)
    with pytest.raises(NetworkFileError, match=r"a\.npz: was made for fingerprint '\w{12}'"):
        load_networks(file, load_suite("house_b"), settings)
    with pytest.raises(NetworkFileError, match=r"features 'fourier', and .* has 'one-hot'"):
        load_networks(file, HOUSE, replace(settings, features="one-hot"))
    with pytest.raises(NetworkFileError, match=r"a\.npz: layers of the widths \(16, 9, 4\)"):
        load_networks(file, HOUSE, replace(settings, hidden=(9,)))
    with pytest.raises(NetworkFileError, match=r"a\.npz: layers of the widths \(16, 8, 8, 4\)"):
        load_networks(file, HOUSE, replace(settings, hidden=(8, 8)))
    with pytest.raises(NetworkFileError, match=r"b\.npz: cannot be read \(No such file"):
        load_networks(tmp_path / "b.npz", HOUSE, settings)
    with pytest.raises(ValueError, match=r"have the shapes"):
        save_networks(file, stack(SMALL, HOUSE.world, 2), HOUSE, settings)


class Trap:
    """Pickled, it would run code when it is read."""

    def __reduce__(self) -> tuple:
        return pytest.fail, ("the pickle was run",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights_0": None}, "lacks a layer"),
        ({"weights_1": None}, "have the shapes"),
        ({"biases_1": np.array([["a"] * 4])}, "could not convert"),
        ({"fingerprint": None}, "was made for fingerprint 'nothing'"),
        ({"weights_0": np.full((1, 16, 8), np.inf)}, "not a finite number"),
        ({"weights_0": np.array([Trap()])}, "not a file of save_networks"),
        ({"biases_0": np.zeros((2, 8))}, "have the shapes"),
    ],
)
def test_files_that_were_tampered_with_are_refused(
    tmp_path: Path, change: dict, message: str
) -> None:
    settings, file = NetworkSettings(hidden=(8,)), tmp_path / "a.npz"
    save_networks(file, stack(settings, HOUSE.world, 1), HOUSE, settings)
    content = dict(np.load(file)) | change
    np.savez(file, **{name: array for name, array in content.items() if array is not None})
    with pytest.raises(NetworkFileError, match=message):
        load_networks(file, HOUSE, settings)


@pytest.mark.parametrize("content", [b"", b"weights", b"PK\x03\x04 cut off", b"\x93NUMPY"])
def test_files_of_something_else_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(NetworkFileError, match=r"a\.npz: "):
        load_networks(tmp_path / "a.npz", HOUSE, NetworkSettings())
