"""Where scores come from: every method and control, against answers by hand or by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from cliprl_lite.experiments.policy_classes import Networks
from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.policies import TabularPolicy, policy_vectors
from cliprl_lite.transfer.algorithms import warm_start
from cliprl_lite.transfer.alignment import Alignment
from cliprl_lite.transfer.alignment_training import align
from cliprl_lite.transfer.methods import (
    ALL_METHODS,
    METHODS,
    NETWORK_METHODS,
    RIDGE_PENALTY,
    TABLE_METHODS,
    find_method,
    method_scores,
    ridge_scores,
)
from cliprl_lite.transfer.pair_classifier import pair_scores
from cliprl_lite.transfer.weightings import WEIGHTINGS
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import load_suite

CORNERS = load_suite("corners", 6)
SENTENCES = [task.sentence for task in CORNERS.tasks]
POLICIES = [TabularPolicy(CORNERS.world, CORNERS.world.optimal_q(t.goal)) for t in CORNERS.tasks]


def cosine(a: list[float], b: list[float]) -> float:
    product = sum(x * y for x, y in zip(a, b, strict=True))
    return product / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5


@pytest.mark.parametrize("penalty", [RIDGE_PENALTY, 0.01, 3.0])
def test_ridge_scores_are_scikit_learns(penalty: float) -> None:
    rng = np.random.default_rng(0)
    instruction, sentences = rng.normal(1, 1, 9), rng.normal(1, 1, (5, 9))
    policies = rng.normal(-20, 4, (5, 12))
    x, y = sentences - sentences.mean(axis=0), policies - policies.mean(axis=0)
    x, y = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (x, y))
    new = instruction - sentences.mean(axis=0)
    model = Ridge(alpha=penalty, fit_intercept=False, solver="svd").fit(x, y)
    (predicted,) = model.predict([new / np.linalg.norm(new)])
    expected = [cosine(predicted.tolist(), row.tolist()) for row in y]
    found = ridge_scores(instruction, sentences, policies, penalty)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_ridge_uses_its_own_penalty_unless_told() -> None:
    arrays = embed(["top left third"])[0], embed(SENTENCES), policy_vectors(POLICIES)
    assert (ridge_scores(*arrays) == ridge_scores(*arrays, RIDGE_PENALTY)).all()
    assert not np.allclose(ridge_scores(*arrays), ridge_scores(*arrays, 10 * RIDGE_PENALTY))


def scores_of(
    name: str, seed: int = 0, fitted: Alignment | None = None, goal: tuple[int, int] = (0, 2)
) -> tuple[np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    vectors = embed(["top left third", *SENTENCES])
    method = METHODS[name]
    return method_scores(method, vectors[0], vectors[1:], POLICIES, goal, rng, fitted), rng


def test_every_method_is_known_by_its_name() -> None:
    every = ALL_METHODS
    assert len(every) == len(METHODS) + len(NETWORK_METHODS) + len(TABLE_METHODS)
    assert [method.name for method in every.values()] == list(every)
    assert len({method.label for method in every.values()}) == len(every)
    assert [find_method(name) for name in every] == list(every.values())
    assert {"scratch", "alg1", "alg2", "uniform", "random", "ridge", "oracle"} <= set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_leads_to_a_start(name: str) -> None:
    method = METHODS[name]
    assert (method.alignment is not None) == (method.source == "alignment")
    if method.source == "nothing":
        assert not method.weighting
        with pytest.raises(ValueError, match="without scores"):
            scores_of(name)
        return
    fitted = None
    if method.alignment:
        with pytest.raises(ValueError, match="needs a trained alignment"):
            scores_of(name)
        fitted = align(embed(SENTENCES), policy_vectors(POLICIES), method.alignment)
    scores, rng = scores_of(name, fitted=fitted)
    start = warm_start(scores, POLICIES, WEIGHTINGS[method.weighting])
    assert start.weights.shape == (4,)
    assert np.isfinite(start.policy.q).all()
    untouched = np.random.default_rng(0).bit_generator.state
    assert (rng.bit_generator.state == untouched) == (name != "random")


@pytest.mark.parametrize("penalty", [0.0, -1.0, float("nan"), float("inf")])
def test_a_ridge_penalty_is_positive_and_finite(penalty: float) -> None:
    with pytest.raises(ValueError, match="penalty is positive and finite"):
        ridge_scores(np.ones(3), np.eye(3), np.eye(3), penalty)


def test_where_the_scores_come_from() -> None:
    tau_j, *tau_i = embed(["top left third", *SENTENCES])
    d = [cosine(tau_j.tolist(), tau.tolist()) for tau in tau_i]
    for name in ("alg1", "alg1_closest", "alg1_cold"):
        np.testing.assert_allclose(scores_of(name)[0], d, rtol=1e-9)
    assert scores_of("uniform")[0].tolist() == [1, 1, 1, 1]
    ridge = ridge_scores(tau_j, np.array(tau_i), policy_vectors(POLICIES))
    assert (scores_of("ridge")[0] == ridge).all()
    fitted = align(np.array(tau_i), policy_vectors(POLICIES))
    expected = fitted.similarity(tau_j, np.array(tau_i))
    assert (scores_of("alg2", fitted=fitted)[0] == expected).all()


def test_the_pair_classifier_asks_for_pairs_that_were_tried() -> None:
    tau_j, *tau_i = embed(["top left third", *SENTENCES])
    helps = np.array([[False, True, False, False]] * 4)
    given = (TABLE_METHODS["pairs"], tau_j, np.array(tau_i), POLICIES, (0, 2))
    scores = method_scores(*given, np.random.default_rng(0), helps=helps)
    assert (scores == pair_scores(tau_j, np.array(tau_i), helps)).all()
    with pytest.raises(ValueError, match="needs pairs that were tried"):
        method_scores(*given, np.random.default_rng(0))


def test_random_scores_come_from_their_generator_alone() -> None:
    first, _ = scores_of("random", seed=1)
    np.random.seed(5)  # noqa: NPY002
    assert (scores_of("random", seed=1)[0] == first).all()
    assert (scores_of("random", seed=2)[0] != first).all()
    assert (first >= 0).all()
    assert first.shape == (4,)


def test_the_oracle_by_hand() -> None:
    """A corridor of five; the new goal is the fourth cell. The policy of the fifth passes it from
    the left (3 + 2 + 1), and from its own old goal finds it by chance, one step in four (at most
    5 steps count); that of the first passes it from the right only (1, and thrice 5)."""
    world = GridWorld.from_text(".....")
    old = [TabularPolicy(world, world.optimal_q(goal)) for goal in ((0, 0), (0, 4))]
    nothing = np.zeros((2, 3))
    scores = method_scores(
        METHODS["oracle"], nothing[0], nothing, old, (0, 3), np.random.default_rng(0)
    )
    by_chance = sum(0.75**step for step in range(5))
    assert scores.tolist() == pytest.approx([-(1 + 15) / 4, -(3 + 2 + 1 + by_chance) / 4])
    weighting = WEIGHTINGS[METHODS["oracle"].weighting]
    assert warm_start(scores, old, weighting).weights.tolist() == [0, 1]


def test_only_the_oracle_looks_at_the_goal() -> None:
    for name in METHODS:
        if METHODS[name].source in ("nothing", "alignment"):
            continue
        near, far = (scores_of(name, goal=goal)[0] for goal in ((0, 2), (5, 5)))
        assert (near == far).all() == (name != "oracle")


def test_a_method_that_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"no method 'alg3'; take some of scratch, .*distilled"):
        find_method("alg3")


def test_what_the_further_methods_change() -> None:
    """Each differs from Algorithm 2 in one choice, so that a difference in results is due to it."""
    choices = ("source", "weighting", "alignment", "modality", "merge")
    changed = {
        name: {c: getattr(m, c) for c in choices if getattr(m, c) != getattr(METHODS["alg2"], c)}
        for name, m in (NETWORK_METHODS | TABLE_METHODS).items()
        if name != "pairs"
    }
    assert changed == {
        "alg2_visits": {"modality": "visits"},
        "alg2_q": {"modality": "q-values"},
        "alg2_actions": {"modality": "actions"},
        "alg2_closest": {"weighting": "closest"},
        "alg2_distilled": {"merge": "distil"},
    }
    assert {m.modality for m in METHODS.values()} == {"weights"}
    assert {m.merge for m in METHODS.values()} == {"average"}


def test_ridge_on_networks_predicts_their_weights() -> None:
    networks = list(Networks("independent").learn_bases(CORNERS, seed=0).values())
    tau = embed(["top left third", *SENTENCES])
    scores = method_scores(
        METHODS["ridge"], tau[0], tau[1:], networks, (0, 2), np.random.default_rng(0)
    )
    weights = np.stack(
        [np.concatenate([w.ravel() for w, _ in policy.parameters]) for policy in networks]
    )
    assert (scores == ridge_scores(tau[0], tau[1:], weights)).all()
