"""Both classes of policies: what is learned, from what, and by which random numbers."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pytest

from cliprl_lite.experiments.policy_classes import (
    NETWORK_CAP,
    POLICY_CLASSES,
    Networks,
    policy_class,
    rng_for,
)
from cliprl_lite.learning.matching import match
from cliprl_lite.learning.network_training import deep_q_learning, fitted_q_iteration
from cliprl_lite.learning.networks import NetworkSettings, initialise, pick
from cliprl_lite.learning.policies import MLPPolicy, TabularPolicy, learn_policy
from cliprl_lite.learning.runs import cap_for, learn
from cliprl_lite.worlds.greedy import evaluate_greedy
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import load_suite

SUITE = load_suite("corners", 6)
WORLD, GOALS = SUITE.world, [task.goal for task in SUITE.tasks]


def same(a: MLPPolicy, b: MLPPolicy) -> bool:
    return bool((a.vector == b.vector).all())


@pytest.fixture(scope="module")
def shared() -> dict[str, MLPPolicy]:
    return Networks("shared").learn_bases(SUITE, 3)


@pytest.fixture(scope="module")
def independent() -> dict[str, MLPPolicy]:
    return Networks("independent").learn_bases(SUITE, 3)


def test_random_numbers_hang_on_the_seed_and_every_name() -> None:
    """And on nothing else: Python's own hash of a text changes from process to process."""
    expected = np.random.default_rng([3, zlib.crc32(b"corners_8"), zlib.crc32("grün".encode())])
    assert rng_for(3, "corners_8", "grün").random(5).tolist() == expected.random(5).tolist()
    starts = [(3, "a", "b"), (4, "a", "b"), (3, "b", "a"), (3, "a"), (3, "ab"), (3,)]
    assert len({rng_for(*start).random() for start in starts}) == len(starts)


@pytest.mark.parametrize("name", POLICY_CLASSES)
def test_base_policies_are_optimal_and_of_their_tasks(name: str) -> None:
    policies = policy_class(name).learn_bases(SUITE, 0)
    assert list(policies) == [task.name for task in SUITE.tasks]
    for task in SUITE.tasks:
        assert evaluate_greedy(policies[task.name].q, WORLD, task.goal).optimal
    networks = dict.fromkeys(("mlp", "mlp-independent", "mlp-matched"), MLPPolicy)
    kind = ({"tabular": TabularPolicy} | networks).get(name, object)
    assert all(isinstance(policy, kind) for policy in policies.values())


def test_tables_are_learned_as_before() -> None:
    policies = policy_class("tabular").learn_bases(SUITE, 2)
    for task in SUITE.tasks:
        rng = rng_for(2, SUITE.name, task.name)
        assert (policies[task.name].q == learn_policy(WORLD, task.goal, rng)[0].q).all()


def test_where_the_base_networks_begin(
    shared: dict[str, MLPPolicy], independent: dict[str, MLPPolicy]
) -> None:
    """Trained here anew, one at a time, from the start that each is said to have."""
    widths = NetworkSettings().widths(WORLD)
    for task in SUITE.tasks:
        for bases, name in ((shared, "start"), (independent, task.name)):
            start = initialise(widths, [rng_for(3, SUITE.name, name)])
            (run,) = fitted_q_iteration(WORLD, [task.goal], start)
            anew = MLPPolicy(WORLD, run.parameters)
            np.testing.assert_allclose(bases[task.name].vector, anew.vector, atol=1e-6)
    one, other, *_ = (policy.vector for policy in independent.values())
    assert (
        np.abs(one - other).mean()
        > 5 * np.abs(np.subtract(*[policy.vector for policy in shared.values()][:2])).mean()
    )


def test_matched_networks_say_the_same_in_another_order(
    independent: dict[str, MLPPolicy],
) -> None:
    matched = Networks("matched").learn_bases(SUITE, 3)
    (name, first), *others = independent.items()
    assert same(matched[name], first)
    for name, policy in others:
        by_hand = match(first.parameters, policy.parameters)
        assert same(matched[name], MLPPolicy(WORLD, by_hand))
        assert not same(matched[name], policy)
        np.testing.assert_allclose(matched[name].q, policy.q, atol=1e-9)
        apart = [np.square(first.vector - other.vector).sum() for other in (matched[name], policy)]
        assert apart[0] < 0.9 * apart[1]


def test_a_base_network_that_is_cut_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*arguments, **options):
        return fitted_q_iteration(*arguments, **options, cap=50)

    monkeypatch.setattr("cliprl_lite.experiments.policy_classes.fitted_q_iteration", cut)
    with pytest.raises(ValueError, match=r"network for 'top left first' is not optimal after 50"):
        Networks("shared").learn_bases(SUITE, 0)


def test_practising_tables_is_learn() -> None:
    start = TabularPolicy(WORLD, WORLD.optimal_q((0, 0)))
    runs = policy_class("tabular").practise(
        WORLD, [(0, 2), (0, 2)], [start, None], [rng_for(1), rng_for(1)], 10**6
    )
    for run, q in zip(runs, (start.q, None), strict=True):
        expected = learn(WORLD, (0, 2), q, rng_for(1), cap=10**6)
        assert (run.q == expected.q).all()
        assert run.steps == expected.steps


def test_practising_networks_is_deep_q_learning(shared: dict[str, MLPPolicy]) -> None:
    """Each from its own start, or from a fresh network, on the same random numbers."""
    start = shared["top left first"]
    goals, cap = [(0, 2)] * 2, 400
    runs = policy_class("mlp").practise(WORLD, goals, [start, None], [rng_for(1), rng_for(1)], cap)
    fresh = pick(initialise(NetworkSettings().widths(WORLD), rng_for(1).spawn(1)), 0)
    for run, network in zip(runs, (start.parameters, fresh), strict=True):
        stack = [(weights[None], biases[None]) for weights, biases in network]
        (alone,) = deep_q_learning(WORLD, goals[:1], stack, [rng_for(1)], cap=cap)
        assert run.episode_lengths.tolist() == alone.episode_lengths.tolist()
        assert [check.mean_path for check in run.checks] == pytest.approx(
            [check.mean_path for check in alone.checks]
        )
    assert runs[0].checks[0].mean_path != runs[1].checks[0].mean_path


def test_networks_do_not_begin_as_a_table() -> None:
    table = TabularPolicy(WORLD, WORLD.optimal_q((0, 0)))
    with pytest.raises(ValueError, match=r"widths|shape"):
        policy_class("mlp").practise(WORLD, [(0, 2)], [table], [rng_for(1)], 100)


def test_distilled_policies_say_what_the_tables_say() -> None:
    tables = np.stack([WORLD.optimal_q(goal) for goal in GOALS[:2]])
    rngs = [rng_for(number) for number in range(2)]
    exact = policy_class("tabular").distil(WORLD, tables, rngs)
    assert all((policy.q == q).all() for policy, q in zip(exact, tables, strict=True))
    learned = policy_class("mlp").distil(WORLD, tables, rngs)
    for policy, q in zip(learned, tables, strict=True):
        assert np.sqrt(np.square(policy.q - q).mean()) < 0.1


def test_caps() -> None:
    for size, cap in ((8, NETWORK_CAP), (15, NETWORK_CAP), (30, 4 * NETWORK_CAP)):
        world = GridWorld.open_map(size)
        assert policy_class("tabular").cap(world) == cap_for(world)
        assert policy_class("mlp").cap(world) == cap


def test_settings_tell_the_classes_apart() -> None:
    settings = [learners.settings for learners in POLICY_CLASSES.values()]
    assert settings[0]["epsilon"] == 0.1
    assert len({str(one) for one in settings}) == len(POLICY_CLASSES)
    slow = Networks("shared", replace(NetworkSettings(), learning_rate=0.0001)).settings
    assert slow != POLICY_CLASSES["mlp"].settings


def test_a_class_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="no class of policies 'cnn'; take one of tabular, mlp"):
        policy_class("cnn")
