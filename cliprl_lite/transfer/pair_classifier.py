"""A control that tries its teachers: which old policy helped with which old task?

Each ordered pair of old tasks is tried: does a learner that begins with the one's policy find the
other's goal sooner than a beginner? A logistic regression learns from the answers whether two
sentences make a helpful pair, and then is asked about every old sentence with the new one. It
neither aligns anything nor looks into a policy. The price is N (N − 1) trials.

This is in the spirit of the paper's reference [7] (M. Hutsebaut-Buysse, K. Mets, S. Latré: *Fast
task-adaptation for tasks labeled using natural language in reinforcement learning*, 2019), which
asks the same question. We had its abstract only, so the features and the classifier are ours.
"""

from __future__ import annotations

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray

PENALTY = 0.003
"""Penalty of the squared coefficients, chosen on the development suites."""

NEWTON_STEPS = 12
"""Steps of Newton's method, each of which doubles the digits that are right."""


def pair_features(one: FloatArray, other: FloatArray) -> FloatArray:
    """What the classifier is shown of two sentences: `|τᵢ − τₖ|`, `τᵢ τₖ`, and a constant.

    Sentences have shape `[..., E]`, features `[..., 2 E + 1]`.

    Example:
        >>> pair_features(np.array([1.0, 2.0]), np.array([3.0, 2.0])).tolist()
        [2.0, 0.0, 3.0, 4.0, 1.0]
    """
    constant = np.ones((*one.shape[:-1], 1))
    return np.concatenate([np.abs(one - other), one * other, constant], axis=-1)


def pair_scores(
    instruction: FloatArray,
    base_sentences: FloatArray,
    helps: BoolArray,
    penalty: float = PENALTY,
) -> FloatArray:
    """How probable it is that each base policy helps with the new task, shape `[N]`.

    Args:
        instruction, base_sentences: sentence vectors, shapes `[E]` and `[N, E]`.
        helps: whether base policy i helped with base task k, shape `[N, N]`; the diagonal is not
            looked at.
        penalty: of the squared coefficients.

    Raises:
        ValueError: if the penalty is not positive and finite, or the shapes disagree.

    Example: policies help where the first number of the sentences agrees.
        >>> known = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 0.5], [0.0, 0.2]])
        >>> helps = known[:, [0]] == known[:, 0]
        >>> pair_scores(np.array([1.0, 0.4]), known, helps).round(1).tolist()
        [1.0, 1.0, 0.0, 0.0]
    """
    n = len(base_sentences)
    if not 0 < penalty < np.inf:
        raise ValueError(f"the penalty is positive and finite; got {penalty}")
    if np.shape(helps) != (n, n):
        raise ValueError(f"one answer for each pair of {n} tasks; got the shape {np.shape(helps)}")
    one, other = np.nonzero(~np.eye(n, dtype=bool))
    pairs = pair_features(base_sentences[one], base_sentences[other])
    asked = pair_features(base_sentences, np.broadcast_to(instruction, base_sentences.shape))
    mixture = logistic_regression(pairs @ pairs.T, np.asarray(helps, bool)[one, other], penalty)
    chances: FloatArray = 1 / (1 + np.exp(-asked @ pairs.T @ mixture))
    return chances


def logistic_regression(kernel: FloatArray, answers: BoolArray, penalty: float) -> FloatArray:
    """Logistic regression by Newton's method, on inner products of M inputs, shape `[M, M]`.

    Yes and no weigh alike, however rare one of them is.

    Returns:
        The mixture of the inputs that is the coefficients, shape `[M]`.
    """
    yes = float(answers.mean())
    share = np.where(answers, yes, 1 - yes)
    mixture, log_odds = np.zeros((2, len(answers)))
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-log_odds))
        slope = chance * (1 - chance)
        wanted = log_odds + (answers - chance) / slope
        doubt = np.diag(penalty * share / slope)
        mixture = np.linalg.solve(kernel + doubt, wanted).astype(np.float64)
        log_odds = kernel @ mixture
    return mixture
