"""Permutation matching: the order of hidden neurons in which two networks are most alike.

Permuting the hidden neurons of a network changes its parameters and not its function. So before
two networks are averaged, one is brought into the order in which it is most like the other: weight
matching, of Ainsworth et al. 2022, "Git Re-Basin" (arXiv 2209.04836, §3.2 and Algorithm 1). Arrays
come in and arrays go out, one network at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite._optional import require
from cliprl_lite.learning.networks import Parameters

Permutation = IntArray
"""Which old neuron stands at each new place, shape `[H]`."""


def permute(parameters: Parameters, permutations: Sequence[Permutation]) -> Parameters:
    """The same network with its hidden neurons in another order: it computes the same.

    Args:
        parameters: of one network, weights `[in, out]` and biases `[out]` a layer.
        permutations: one for each hidden layer, shape `[H]`.

    Raises:
        ValueError: if there is not one permutation for each hidden layer, as long as it is wide.

    Example:
        >>> network = [(np.array([[1.0, 2.0]]), np.array([3.0, 4.0])), (np.eye(2), np.zeros(2))]
        >>> (weights, biases), (after, _) = permute(network, [np.array([1, 0])])
        >>> weights.tolist(), biases.tolist(), after.tolist()
        ([[2.0, 1.0]], [4.0, 3.0], [[0.0, 1.0], [1.0, 0.0]])
    """
    widths = [biases.size for _, biases in parameters[:-1]]
    if len(permutations) != len(widths) or any(
        sorted(order) != list(range(width))
        for order, width in zip(permutations, widths, strict=True)
    ):
        raise ValueError(f"hidden layers of {widths} neurons need a permutation of each")
    inputs: list[Permutation | slice] = [slice(None), *permutations]
    outputs: list[Permutation | slice] = [*permutations, slice(None)]
    return [
        (weights[before][:, after], biases[after])
        for (weights, biases), before, after in zip(parameters, inputs, outputs, strict=True)
    ]


def matching_permutations(reference: Parameters, other: Parameters) -> list[Permutation]:
    """The order of `other`'s hidden neurons in which its parameters are nearest to `reference`'s.

    Nearest means the least sum of squared differences, that is, the largest inner product. For one
    hidden layer that is an assignment problem, solved exactly. Several are solved one at a time,
    with the others fixed, from the identity until no layer gains: a local optimum, never worse
    than the order in which `other` came.

    Raises:
        ValueError: if the networks differ in shape.

    Example:
        >>> reference = [(np.array([[5.0, 0.0]]), np.zeros(2)), (np.ones((2, 1)), np.zeros(1))]
        >>> other = [(np.array([[1.0, 9.0]]), np.zeros(2)), (np.ones((2, 1)), np.zeros(1))]
        >>> [order.tolist() for order in matching_permutations(reference, other)]
        [[1, 0]]
    """
    shapes = [[(w.shape, b.shape) for w, b in network] for network in (reference, other)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"only networks of one shape can be matched; got {shapes[0]}, {shapes[1]}")
    require("scipy", "networks", "matching two networks' neurons")
    from scipy.optimize import linear_sum_assignment

    orders = [np.arange(biases.size) for _, biases in other[:-1]]
    gained = True
    while gained:
        gained = False
        for layer, order in enumerate(orders):
            gain = _neuron_products(reference, other, orders, layer)
            now = gain[np.arange(order.size), order].sum()
            best = linear_sum_assignment(gain, maximize=True)[1]
            # More than rounding, or two orders that are equally good would alternate for ever.
            if gain[np.arange(order.size), best].sum() > now + 1e-9 * np.abs(gain).max():
                orders[layer], gained = best, True
    return orders


def _neuron_products(
    reference: Parameters, other: Parameters, orders: Sequence[Permutation], layer: int
) -> FloatArray:
    """Inner products of `reference`'s neurons in a hidden layer with `other`'s, shape `[H, H]`.

    A neuron is the vector of its incoming weights, its bias and its outgoing weights, with the
    other layers in their present order.
    """
    (into, bias), (out, _) = reference[layer], reference[layer + 1]
    (other_into, other_bias), (other_out, _) = other[layer], other[layer + 1]
    if layer > 0:
        other_into = other_into[orders[layer - 1]]
    if layer + 1 < len(orders):
        other_out = other_out[:, orders[layer + 1]]
    products: FloatArray = into.T @ other_into + np.outer(bias, other_bias) + out @ other_out.T
    return products


def match(reference: Parameters, other: Parameters) -> Parameters:
    """`other` with its hidden neurons in the order that is nearest to `reference`.

    It computes the same as before but lies nearer, which makes for a better average of the two.

    Raises:
        ValueError: if the networks differ in shape.

    Example:
        >>> from cliprl_lite.learning.networks import initialise
        >>> network = [(w[0], b[0]) for w, b in initialise((2, 3, 4), seeds=[0])]
        >>> again = match(network, permute(network, [np.array([2, 0, 1])]))
        >>> all((w == v).all() for (w, _), (v, _) in zip(network, again, strict=True))
        True
    """
    return permute(other, matching_permutations(reference, other))
