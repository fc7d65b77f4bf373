"""The symmetric contrastive loss of Algorithm 2, Step 2b, and its gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cliprl_lite._arrays import FloatArray


def contrastive_loss(
    similarity: ArrayLike, temperature: ArrayLike, target: ArrayLike | None = None
) -> FloatArray:
    """The symmetric contrastive loss of Algorithm 2, Step 2b.

        L = −(1/2N) Σ [ T log P + Tᵀ log Q ]

    P is the softmax of S/δ over each row, where a sentence chooses a policy, and Q that over each
    column, where a policy chooses a sentence.

    Args:
        similarity: S, shape `[…, N, N]`: row i is a sentence, column j a policy.
        temperature: δ, a number or shape `[…, 1, 1]`.
        target: T, shape `[…, N, N]`: what each sentence should choose; rows sum to one. The
            identity, as in the paper, if None.

    Returns:
        The loss in nats, shape `[…]`.

    Example: two pairs, nothing learned yet, so each choice is a coin toss.
        >>> float(contrastive_loss(np.zeros((2, 2)), temperature=1.0).round(4))
        0.6931
    """
    return loss_and_gradient(similarity, temperature, target)[0]


def contrastive_gradient(
    similarity: ArrayLike, temperature: ArrayLike, target: ArrayLike | None = None
) -> FloatArray:
    """∂L/∂S of the contrastive loss, with its arguments; shape `[…, N, N]`.

        ∂L/∂S = (P − T + Q − Tᵀ) / (2Nδ)

    Example: right pairs should become more alike, wrong ones less.
        >>> contrastive_gradient(np.zeros((2, 2)), temperature=1.0)
        array([[-0.25,  0.25],
               [ 0.25, -0.25]])
    """
    return loss_and_gradient(similarity, temperature, target)[1]


def loss_and_gradient(
    similarity: ArrayLike, temperature: ArrayLike, target: ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """`contrastive_loss` and `contrastive_gradient`: a training step needs both, and they share
    their softmaxes.

    Example:
        >>> loss, gradient = loss_and_gradient(np.zeros((2, 2)), temperature=1.0)
        >>> float(loss.round(4)), gradient.shape
        (0.6931, (2, 2))
    """
    delta = np.asarray(temperature, np.float64)
    logits: FloatArray = np.asarray(similarity) / delta
    n = logits.shape[-1]
    t = np.eye(n) if target is None else np.asarray(target, np.float64)
    log_p, log_q = _log_softmax(logits, -1), _log_softmax(logits, -2)
    loss: FloatArray = -(t * log_p + t.mT * log_q).sum(axis=(-2, -1)) / (2 * n)
    gradient: FloatArray = (np.exp(log_p) - t + np.exp(log_q) - t.mT) / (2 * n * delta)
    return loss, gradient


def soft_targets(policy_similarity: ArrayLike, temperature: ArrayLike) -> FloatArray:
    """T for policies that resemble each other: the softmax of each row of their similarity over δ.

    Example:
        >>> soft_targets([[1.0, 1.0, -1.0]], temperature=0.5).round(2)
        array([[0.5 , 0.5 , 0.01]])
    """
    logits: FloatArray = np.asarray(policy_similarity) / np.asarray(temperature, np.float64)
    target: FloatArray = np.exp(_log_softmax(logits, -1))
    return target


def _log_softmax(logits: FloatArray, axis: int) -> FloatArray:
    shifted = logits - logits.max(axis=axis, keepdims=True)
    logarithm: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return logarithm
