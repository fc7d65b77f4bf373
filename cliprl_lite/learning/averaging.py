"""Averages of several policies: the last step of both algorithms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from cliprl_lite._arrays import FloatArray
from cliprl_lite.learning.policies import MLPPolicy, Policy

P = TypeVar("P", bound=Policy)


def average(policies: Sequence[P], weights: FloatArray) -> P:
    """Σᵢ wᵢ nn(πᵢ) (Algorithms 1 and 2, last step): the average of all parameters.

    The terms are added one by one, in the order of the bases, so that every machine gets the same
    bits: a change of the last bit can change all learning that starts from the result.

    Args:
        policies: N policies of one class, on one map.
        weights: shape `[N]`.

    Raises:
        ValueError: if policies and weights differ in number, or policies in kind or map.

    Example:
        >>> from cliprl_lite import GridWorld, TabularPolicy
        >>> world = GridWorld.open_map(2)
        >>> old = [TabularPolicy(world, np.full((4, 4), value)) for value in (-1.0, -3.0)]
        >>> average(old, np.array([0.75, 0.25])).q[0].tolist()
        [-1.5, -1.5, -1.5, -1.5]
    """
    _require_pairs(policies, weights)
    kinds = {_kind(policy) for policy in policies}
    if len(kinds) > 1:
        raise ValueError(
            "only policies of one class, shape and kind of features can be averaged; got "
            + " and ".join(sorted(map(str, kinds)))
        )
    return policies[0].with_vector(_weighted_sum([p.vector for p in policies], weights))


def average_q(policies: Sequence[Policy], weights: FloatArray) -> FloatArray:
    """Σᵢ wᵢ Qᵢ(s, a), shape `[S, A]`: an average of the policies' action values.

    For tables it is the table of their `average`, since they are linear in their parameters. A
    network has to be trained to reproduce it (`distil`).

    Raises:
        ValueError: if policies and weights differ in number, or policies in their map.

    Example:
        >>> from cliprl_lite import GridWorld, TabularPolicy
        >>> world = GridWorld.open_map(2)
        >>> old = [TabularPolicy(world, np.full((4, 4), value)) for value in (-1.0, -3.0)]
        >>> average_q([old[0], old[1].network], np.array([0.75, 0.25]))[0].tolist()
        [-1.5, -1.5, -1.5, -1.5]
    """
    _require_pairs(policies, weights)
    return _weighted_sum([policy.q for policy in policies], weights)


def _weighted_sum(arrays: Sequence[FloatArray], weights: FloatArray) -> FloatArray:
    total = np.zeros_like(arrays[0])
    for weight, array in zip(weights, arrays, strict=True):
        total = total + weight * array
    return total


def _require_pairs(policies: Sequence[Policy], weights: FloatArray) -> None:
    if len(policies) == 0 or len(policies) != len(weights):
        raise ValueError(
            "an average needs a policy or more, and a weight for each; got "
            f"{len(policies)} policies and {len(weights)} weights"
        )
    first = policies[0].world
    if not all(p.world is first or p.world.content == first.content for p in policies):
        raise ValueError("policies learned on different maps cannot be averaged")


def _kind(policy: Policy) -> tuple[str, ...]:
    if isinstance(policy, MLPPolicy):
        shapes = [weights.shape for weights, _ in policy.parameters]
        return ("MLPPolicy", policy.reads, str(shapes))
    return (type(policy).__name__,)
