"""The two classes of policies, and how each is learned: what an experiment needs of either.

`POLICY_CLASSES` names them. Tables are learned by Q-learning. Networks learn the base tasks by
fitted Q-iteration, which is quick and leaves nothing to chance, and meet the new task as agents
that walk (DQN), so that the same three clocks tell how it went.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Protocol
from zlib import crc32

import numpy as np

from cliprl_lite._arrays import FloatArray
from cliprl_lite.learning.clocks import FEW_SHOT_EPISODES, REGRET_EPISODES
from cliprl_lite.learning.matching import match
from cliprl_lite.learning.network_stacks import RATES
from cliprl_lite.learning.network_training import (
    DISTIL_STEPS,
    NetworkRun,
    deep_q_learning,
    distil,
    fitted_q_iteration,
)
from cliprl_lite.learning.networks import (
    FREQUENCIES,
    NetworkSettings,
    Parameters,
    initialise,
    pick,
    stack,
)
from cliprl_lite.learning.policies import MLPPolicy, Policy, TabularPolicy, learn_policy
from cliprl_lite.learning.qlearning import EPSILON, LEARNING_RATE
from cliprl_lite.learning.runs import CHECK_SPACING, Run, cap_for, learn
from cliprl_lite.worlds.finite_world import DISCOUNT, STEP_REWARD, FiniteWorld, Goal
from cliprl_lite.worlds.greedy import NEAR_OPTIMAL
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.tasks import TaskSuite

NETWORK_CAP = 20_000
"""Environment steps after which a network's run is cut off on maps up to 15×15; on larger ones
in proportion to the states. It is eleven times the median that a network from a random start takes
to become optimal on the development suites."""

_CAP_STATES = 15 * 15

# The settings on which every run and its measures depend, for both classes.
_OF_EVERY_RUN = {
    "step_reward": STEP_REWARD,
    "near_optimal": NEAR_OPTIMAL,
    "few_shot_episodes": FEW_SHOT_EPISODES,
    "regret_episodes": REGRET_EPISODES,
}


def rng_for(seed: int, *names: str) -> np.random.Generator:
    """The random numbers of one named part of one trial.

    Example:
        >>> a, b = rng_for(3, "corners_8", "left"), rng_for(3, "corners_8", "left")
        >>> a.random() == b.random()
        True
    """
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


class PolicyClass(Protocol):
    """What an experiment asks of a class of policies."""

    @property
    def settings(self) -> dict[str, Any]:
        """What rows must have in common to stand in one table."""

    def cap(self, world: FiniteWorld) -> int:
        """Environment steps after which a run is cut off, unless a sweep says otherwise."""

    def learn_bases(self, suite: TaskSuite, seed: int) -> dict[str, Policy]:
        """Step 1 of a trial: every task's policy, by its name, learned from nothing."""

    def distil(
        self, world: FiniteWorld, tables: FloatArray, rngs: Sequence[np.random.Generator]
    ) -> Sequence[Policy]:
        """Policies that reproduce tables `[K, S, A]`; each may draw from a generator."""

    def practise(
        self,
        world: FiniteWorld,
        goals: Sequence[Goal],
        starts: Sequence[Policy | None],
        rngs: Sequence[np.random.Generator],
        cap: int,
    ) -> Sequence[Run | NetworkRun]:
        """Learn K goals, each from its start, or from nothing where that is None."""


class Tables:
    """Q-tables."""

    @property
    def settings(self) -> dict[str, Any]:
        return _OF_EVERY_RUN | {
            "learning_rate": LEARNING_RATE,
            "epsilon": EPSILON,
            "discount": DISCOUNT,
            "check_spacing": CHECK_SPACING,
        }

    def cap(self, world: FiniteWorld) -> int:
        return cap_for(world)

    def learn_bases(self, suite: TaskSuite, seed: int) -> dict[str, Policy]:
        return {
            task.name: learn_policy(suite.world, task.goal, rng_for(seed, suite.name, task.name))[0]
            for task in suite.tasks
        }

    def distil(
        self, world: FiniteWorld, tables: FloatArray, rngs: Sequence[np.random.Generator]
    ) -> list[TabularPolicy]:
        return [TabularPolicy(world, table) for table in tables]  # nothing has to be learned

    def practise(
        self,
        world: FiniteWorld,
        goals: Sequence[Goal],
        starts: Sequence[Policy | None],
        rngs: Sequence[np.random.Generator],
        cap: int,
    ) -> list[Run]:
        return [
            learn(world, goal, None if start is None else start.q, rng, cap=cap)
            for goal, start, rng in zip(goals, starts, rngs, strict=True)
        ]


@dataclass(frozen=True)
class Networks:
    """MLPs.

    Attributes:
        bases: how the networks of the base tasks begin. `"shared"`: all from one random network;
            `"independent"`: each from its own; `"matched"`: each from its own, and after training
            its neurons are put into the order that is nearest to the first task's network.
        network: shape and training, on a map.

    Example:
        >>> from cliprl_lite.worlds.suite_files import load_suite
        >>> suite = load_suite("corners", 5)
        >>> bases = Networks("shared").learn_bases(suite, seed=0)
        >>> len(bases), bases[suite.tasks[0].name].q.shape
        (4, (25, 4))
    """

    bases: Literal["shared", "independent", "matched"]
    network: NetworkSettings = field(default_factory=NetworkSettings)

    @property
    def settings(self) -> dict[str, Any]:
        more = {"frequencies": FREQUENCIES, "distil_steps": DISTIL_STEPS, "adam": RATES}
        return _OF_EVERY_RUN | asdict(self) | more

    def network_for(self, world: FiniteWorld) -> NetworkSettings:
        """Shape and training on this world. One without cells is read one-hot."""
        if isinstance(world, GridWorld):
            return self.network
        return replace(self.network, features="one-hot")

    def cap(self, world: FiniteWorld) -> int:
        return NETWORK_CAP * max(world.n_states, _CAP_STATES) // _CAP_STATES

    def learn_bases(self, suite: TaskSuite, seed: int) -> dict[str, Policy]:
        shared, network = self.bases == "shared", self.network_for(suite.world)
        names = ["start" if shared else task.name for task in suite.tasks]
        rngs = [rng_for(seed, suite.name, name) for name in names]
        start = initialise(network.widths(suite.world), rngs)
        goals = [task.goal for task in suite.tasks]
        runs = fitted_q_iteration(suite.world, goals, start, network)
        for task, run in zip(suite.tasks, runs, strict=True):
            if run.stop_reason == "cap":
                raise ValueError(
                    f"a base network for {task.name!r} is not optimal after {run.steps:,} "
                    "gradient steps; take a smaller world"
                )
        networks = [run.parameters for run in runs]
        if self.bases == "matched":
            networks = [networks[0], *(match(networks[0], other) for other in networks[1:])]
        return {
            task.name: self._policy(suite.world, parameters)
            for task, parameters in zip(suite.tasks, networks, strict=True)
        }

    def distil(
        self, world: FiniteWorld, tables: FloatArray, rngs: Sequence[np.random.Generator]
    ) -> list[MLPPolicy]:
        network = self.network_for(world)
        trained = distil(world, tables, initialise(network.widths(world), rngs), network)
        return [self._policy(world, pick(trained, k)) for k in range(len(tables))]

    def practise(
        self,
        world: FiniteWorld,
        goals: Sequence[Goal],
        starts: Sequence[Policy | None],
        rngs: Sequence[np.random.Generator],
        cap: int,
    ) -> list[NetworkRun]:
        networks = [
            self._fresh(world, rng) if start is None else start.network.parameters
            for start, rng in zip(starts, rngs, strict=True)
        ]
        return deep_q_learning(
            world, goals, stack(networks), rngs, self.network_for(world), cap=cap
        )

    def _fresh(self, world: FiniteWorld, rng: np.random.Generator) -> Parameters:
        """A network before any learning; the numbers that `rng` draws next stay the same."""
        return pick(initialise(self.network_for(world).widths(world), rng.spawn(1)), 0)

    def _policy(self, world: FiniteWorld, parameters: Parameters) -> MLPPolicy:
        return MLPPolicy(world, parameters, self.network_for(world).features)


POLICY_CLASSES: dict[str, PolicyClass] = {
    "tabular": Tables(),
    "mlp": Networks("shared"),
    "mlp-independent": Networks("independent"),
    "mlp-matched": Networks("matched"),
}
"""Every class of policies that the experiments can run, by its name."""


def policy_class(name: str) -> PolicyClass:
    """The class of policies of this name.

    Raises:
        ValueError: if there is none; the message lists those there are.

    Example:
        >>> policy_class("mlp").cap(GridWorld.open_map(8))
        20000
    """
    if name not in POLICY_CLASSES:
        raise ValueError(
            f"there is no class of policies {name!r}; take one of {', '.join(POLICY_CLASSES)}"
        )
    return POLICY_CLASSES[name]
