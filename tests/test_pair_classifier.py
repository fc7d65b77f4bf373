"""The pair classifier: its regression against SciPy's minimiser, its trials against learners run by
hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from cliprl_lite.experiments.pair_trials import REPEATS, try_pairs
from cliprl_lite.experiments.policy_classes import policy_class, rng_for
from cliprl_lite.experiments.trials import Job, run_job
from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.clocks import FEW_SHOT_EPISODES
from cliprl_lite.learning.runs import learn
from cliprl_lite.transfer.pair_classifier import PENALTY, pair_scores
from cliprl_lite.worlds.suite_files import load_suite


def by_minimising(new, known, helps, penalty: float) -> np.ndarray:
    """Coefficients, one for each feature, that minimise the weighted log loss and the penalty."""
    rows, answers = [], []
    for i in range(len(known)):
        for k in range(len(known)):
            if i != k:
                rows.append([*np.abs(known[i] - known[k]), *(known[i] * known[k]), 1.0])
                answers.append(bool(helps[i, k]))
    inputs, yes = np.array(rows), np.array(answers)
    weight = np.where(yes, 1 / yes.mean(), 1 / (1 - yes.mean()))

    def loss(coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        odds = inputs @ coefficients
        chance = 1 / (1 + np.exp(-odds))
        lost = weight @ np.logaddexp(0, np.where(yes, -odds, odds))
        slope = inputs.T @ (weight * (chance - yes)) + penalty * coefficients
        return lost + penalty / 2 * coefficients @ coefficients, slope

    start = np.zeros(inputs.shape[1])
    tight = {"maxiter": 100_000, "maxfun": 1_000_000, "ftol": 1e-15, "gtol": 1e-11}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=tight).x
    asked = [[*np.abs(old - new), *(old * new), 1.0] for old in known]
    return 1 / (1 + np.exp(-np.array(asked) @ found))


@pytest.mark.parametrize("penalty", [PENALTY, 0.1, 3.0])
def test_it_is_logistic_regression(penalty: float) -> None:
    house = load_suite("house_a")
    vectors = embed([task.sentence for task in house.tasks])
    colour = np.array([task.colour for task in house.tasks])
    helps = (colour[:, None] == colour) ^ (np.random.default_rng(1).random((16, 16)) < 0.1)
    new, known = vectors[0], vectors[1:]
    found = pair_scores(new, known, helps[1:, 1:], penalty)
    expected = by_minimising(new, known, helps[1:, 1:], penalty)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("answer", [True, False])
def test_where_all_pairs_are_alike_all_scores_are(answer: bool) -> None:
    known = np.random.default_rng(0).normal(size=(5, 8))
    scores = pair_scores(known[0] + 0.1, known, np.full((5, 5), answer))
    assert ((scores > 0.5) == answer).all()


def test_what_it_does_not_take() -> None:
    known = np.eye(3)
    with pytest.raises(ValueError, match="penalty is positive and finite"):
        pair_scores(known[0], known, np.ones((3, 3), bool), 0.0)
    with pytest.raises(ValueError, match=r"each pair of 3 tasks; got the shape \(2, 2\)"):
        pair_scores(known[0], known, np.ones((2, 2), bool))


def test_a_pair_helps_if_its_median_learner_is_sooner_than_a_beginner() -> None:
    suite, seed = load_suite("corners", 6), 4
    policies = policy_class("tabular").learn_bases(suite, seed)
    tried, steps = try_pairs(suite, policies, seed), 0
    for k, goal in enumerate(suite.tasks):
        costs = {}
        for i, start in [*enumerate(suite.tasks), (None, None)]:
            if i == k:
                continue
            table = None if start is None else policies[start.name].q
            names = [("tried", str(repeat)) for repeat in range(REPEATS)]
            taken = [
                learn(suite.world, goal.goal, table, rng_for(seed, suite.name, goal.name, *name),
                      min_episodes=FEW_SHOT_EPISODES).episode_lengths[:FEW_SHOT_EPISODES].sum()
                for name in names
            ]  # fmt: skip
            costs[i] = sorted(taken)[REPEATS // 2]
            steps += sum(taken)
        for i in range(len(suite.tasks)):
            assert tried.helps[i, k] == (i != k and costs[i] < costs[None])
    assert tried.steps == steps


def test_in_an_experiment_it_copies_the_most_probable_teacher() -> None:
    suite = load_suite("colours_6")
    rows = run_job(Job(suite, 0, (), ("pairs",), 10_000))
    policies = policy_class("tabular").learn_bases(suite, 0)
    tried = try_pairs(suite, policies, 0)
    vectors = embed([task.sentence for task in suite.tasks])
    for row in rows:
        new = [task.name for task in suite.tasks].index(row["target"])
        old = [place for place in range(6) if place != new]
        scores = pair_scores(vectors[new], vectors[old], tried.among(old))
        top = suite.tasks[old[int(scores.round(6).argmax())]]
        assert row["top_right"] == (top.group == suite.tasks[new].group)
        assert row["score_sum"] == pytest.approx(scores.round(6).sum(), abs=1e-9)


def test_networks_are_not_tried() -> None:
    with pytest.raises(ValueError, match="tries tables only; got policy 'mlp'"):
        run_job(Job(load_suite("corners", 5), 0, ("left",), ("pairs",), 100, "mlp"))
