"""How long do 40 networks take in one stack, beside one after the other?

    python benchmarks/networks.py [--json FILE]

On the 10×10 map, with the default settings: Fourier features, two hidden layers of 64, batches of
32. The other side is the training as one would write it with torch's own modules, in one thread,
for one network over some steps, scaled to 40. Both sides train the same weights, which is checked.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from measurement import Measurement, figure, report

from cliprl_lite.learning.network_training import (
    NetworkRun,
    deep_q_learning,
    fitted_q_iteration,
)
from cliprl_lite.learning.networks import (
    NetworkSettings,
    Parameters,
    features,
    initialise,
)
from cliprl_lite.worlds.gridworld import GridWorld

STACK, STEPS, ROUNDS = 40, 400, 5
WORLD = GridWorld.open_map(10)
GOALS = [WORLD.cell(state) for state in range(STACK)]
# A tenth of random actions from the start, as after the first steps; and never done.
SETTINGS = NetworkSettings(epsilon_start=0.1, check_every=STEPS, passes=STEPS)
START = initialise(SETTINGS.widths(WORLD), seeds=range(STACK))

Result = TypeVar("Result")
Trainer = Callable[[int], torch.nn.Sequential]
Stack = Callable[[int], list[NetworkRun]]


def some(count: int) -> Parameters:
    return [(weights[:count], biases[:count]) for weights, biases in START]


def online(count: int) -> list[NetworkRun]:
    return deep_q_learning(
        WORLD, GOALS[:count], some(count), range(count), SETTINGS, min_episodes=0, cap=STEPS
    )


def fitted(count: int) -> list[NetworkRun]:
    return fitted_q_iteration(WORLD, GOALS[:count], some(count), SETTINGS, cap=STEPS)


def plain(k: int) -> tuple[torch.nn.Sequential, torch.optim.Adam, torch.Tensor]:
    """Network k before training, its optimiser, and the features of all states."""
    modules: list[torch.nn.Module] = []
    for weights, biases in START:
        layer = torch.nn.Linear(*weights.shape[1:]).double()
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights[k].T))
            layer.bias.copy_(torch.from_numpy(biases[k]))
        modules += [layer, torch.nn.ReLU()]
    network = torch.nn.Sequential(*modules[:-1])
    optimiser = torch.optim.Adam(network.parameters(), lr=SETTINGS.learning_rate)
    return network, optimiser, torch.from_numpy(features(WORLD, SETTINGS.features))


def descend(optimiser: torch.optim.Adam, said: torch.Tensor, targets: torch.Tensor) -> None:
    loss = torch.nn.functional.mse_loss(said, targets)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def plain_online(k: int) -> torch.nn.Sequential:
    """Deep Q-learning of one network, plainly; it draws its numbers in the library's order."""
    network, optimiser, x = plain(k)
    rng, goal, size = np.random.default_rng(k), WORLD.state(GOALS[k]), SETTINGS.batch_size
    replay = torch.zeros((SETTINGS.replay_size, 3), dtype=torch.int64)
    free = [state for state in range(WORLD.n_states) if state != goal]
    state, length, updates = free[int(rng.random() * len(free))], 0, 0
    for step in range(STEPS):
        explore, choice, restart = rng.random(3)
        numbers = rng.random(size)
        if explore < SETTINGS.epsilon(step):
            action = int(choice * 4)
        else:
            with torch.no_grad():
                action = int(network(x[state]).argmax())
        after = int(WORLD.next_state[state, action])
        replay[step % len(replay)] = torch.tensor([state, action, after])
        state, length = after, length + 1
        if state == goal or length == SETTINGS.episode_limit:
            state, length = free[int(restart * len(free))], 0
        if step + 1 < size:
            continue
        if updates % SETTINGS.target_period == 0:
            target_network = copy.deepcopy(network)
        batch = replay[torch.from_numpy((numbers * min(step + 1, len(replay))).astype(int))]
        with torch.no_grad():
            values = target_network(x[batch[:, 2]]).max(dim=1).values
            targets = -1 + SETTINGS.discount * values * (batch[:, 2] != goal)
        said = network(x[batch[:, 0]]).gather(1, batch[:, 1:2])[:, 0]
        descend(optimiser, said, targets)
        updates += 1
    return network


def plain_fitted(k: int) -> torch.nn.Sequential:
    """Fitted Q-iteration of one network, plainly."""
    network, optimiser, x = plain(k)
    goal, next_state = WORLD.state(GOALS[k]), torch.tensor(WORLD.next_state)
    free = torch.tensor([state for state in range(WORLD.n_states) if state != goal])
    for step in range(STEPS):
        if step % SETTINGS.target_period == 0:
            with torch.no_grad():
                values = network(x).max(dim=1).values
                values[goal] = 0
                targets = -1 + SETTINGS.discount * values[next_state[free]]
        descend(optimiser, network(x[free]), targets)
    return network


def timed(action: Callable[[int], Result], argument: int) -> tuple[float, Result]:
    begin = time.perf_counter()
    result = action(argument)
    return time.perf_counter() - begin, result


def stack_times(stack: Stack, alone: Trainer) -> tuple[float, float, float]:
    """Milliseconds a step of 40 networks: plainly one by one, in stacks of one, in one stack.

    The three take turns, and the shortest time of each counts: others can only slow it down.
    """
    best = np.full(3, np.inf)
    for k in range(ROUNDS):
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        plainly, network = timed(alone, k)
        torch.set_num_threads(threads)
        single, _ = timed(stack, 1)
        together, runs = timed(stack, STACK)
        last = list(network.parameters())[-2].detach().numpy().T
        if np.abs(last - runs[k].parameters[-1][0]).max() > 1e-6:
            raise AssertionError("the two sides do not train the same thing")
        best = np.minimum(best, [STACK * plainly, STACK * single, together])
    plainly, single, together = (1000 * best / STEPS).tolist()
    return plainly, single, together


def measure() -> list[Measurement]:
    online(1)  # imports and compiles
    measurements = []
    for key, what, stack, alone, target in (
        ("dqn_stack", "40 deep Q-learners", online, plain_online, 5),
        ("fqi_stack", "40 fitted Q-iterations", fitted, plain_fitted, None),
    ):
        plainly, single, together = stack_times(stack, alone)
        measurements.append(
            Measurement(
                key,
                f"{what}: one after the other, plainly, over one stack",
                plainly / together,
                "×",
                target,
                at_least=True,
                note=f"a step of all: {figure(plainly)} ms plainly (scaled from one), "
                f"{figure(single)} in stacks of one, {figure(together)} in one stack",
            )
        )
    return measurements


if __name__ == "__main__":
    sys.exit(report(measure))
