"""Stacks against plain loops of torch's own parts, and probe worlds whose answers are known."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np
import pytest
import torch
from test_networks import BENT, KINDS, SMALL, largest_difference, only, plain_network, stack

from cliprl_lite.learning.network_stacks import Adam, td_targets
from cliprl_lite.learning.network_training import (
    NetworkRun,
    deep_q_learning,
    fitted_q_iteration,
)
from cliprl_lite.learning.networks import NetworkSettings, Parameters, features, forward
from cliprl_lite.worlds.gridworld import GridWorld

GOALS = [(0, 0), (2, 1), (1, 3), (2, 3)]


def train(name: str, world: GridWorld, goals: list, start: Parameters, settings, **options):
    """Either way to train, under one signature."""
    seeds = options.pop("seeds", range(len(goals)))
    if name == "fitted":
        return fitted_q_iteration(world, goals, start, settings, **options)
    return deep_q_learning(world, goals, start, seeds, settings, min_episodes=0, **options)


both = pytest.mark.parametrize("name", ["fitted", "online"])


# The optimiser
def test_adam_is_torchs_to_the_bit() -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = [(3, 4), (5,)]
    ours = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    theirs = [part.clone().requires_grad_() for part in ours]
    optimiser = torch.optim.Adam(theirs, lr=0.01, fused=True)
    adam = Adam(ours, learning_rate=0.01)
    for _ in range(20):
        gradients = [torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes]
        for part, gradient in zip(theirs, gradients, strict=True):
            part.grad = gradient.clone()
        optimiser.step()
        adam.step(ours, gradients)
    for mine, its in zip(ours, theirs, strict=True):
        assert torch.equal(mine, its.detach())


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
def weights_of(network: torch.nn.Sequential) -> Parameters:
    linear = [module for module in network if isinstance(module, torch.nn.Linear)]
    return [(m.weight.detach().numpy().T, m.bias.detach().numpy()) for m in linear]


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


# Company and chance
def same(a: NetworkRun, b: NetworkRun, within: float) -> None:
    assert (a.steps, a.stop_reason) == (b.steps, b.stop_reason)
    assert (a.steps_near_optimal, a.steps_optimal) == (b.steps_near_optimal, b.steps_optimal)
    assert a.check_steps.tolist() == b.check_steps.tolist()
    assert [check.wrong_states for check in a.checks] == [c.wrong_states for c in b.checks]
    assert a.few_shot == b.few_shot
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
