"""Checks of notebook 08: networks, their averages, and the order of their neurons."""

from __future__ import annotations

from typing import Any

import numpy as np

from cliprl_lite.check.answers import Function, Stopped, as_array, as_whole, kind
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.verdict import Verdict, right, wrong
from cliprl_lite.learning.between_networks import interpolate
from cliprl_lite.learning.matching import Permutation, permute
from cliprl_lite.learning.networks import Parameters, features, forward, initialise, pick
from cliprl_lite.worlds.gridworld import GridWorld

_WORLD = GridWorld.open_map(7)
_X = features(_WORLD, "fourier")


@exercise(1, "Average of two networks")
def blend(answer: Any) -> Verdict:
    """Exercise 1: `blend(first, second, share)` is (1 − λ) · first + λ · second.

    Example:
        >>> from cliprl_lite import interpolate
        >>> blend(interpolate).passed
        True
    """
    asked = Function(answer)
    first, second = _network((16, 9, 6, 4), 0), _network((16, 9, 6, 4), 1)
    for share in (0.25, 0.0, 1.0, 0.5):
        found = _network_of(asked(first, second, share), first)
        wanted = interpolate(first, second, share)
        if _equal(found, wanted):
            continue
        swapped = interpolate(second, first, share)
        if _equal(found, swapped):
            return wrong(
                f"at λ = {share:g} you are {share:g} of the way from the *second* network: λ is "
                "the second one's share, so that λ = 0 is the first, untouched"
            )
        if _equal(found, interpolate(first, second, 0.5)):
            return wrong("this is half of each whatever λ is; λ has to decide how much of each")
        if _same(found, wanted, 0) and not _same(found, wanted, 1):
            return wrong(
                "the weights are right and the biases are not. A neuron's bias belongs to it as "
                "its weights do, and is blended with the same shares"
            )
        if _same(found, wanted, 1) and not _same(found, wanted, 0):
            return wrong("the biases are right and the weights are not")
        if all(_close(w, a + share * b) for (w, _), (a, _), (b, _) in
               zip(found, first, second, strict=True)):  # fmt: skip
            return wrong(
                "the shares do not add up to 1: you add λ of the second network and take nothing "
                "away from the first"
            )
        return wrong(f"at λ = {share:g} this is not (1 − λ) · first + λ · second, layer by layer")
    rng = np.random.default_rng(0)
    twin = permute(first, [rng.permutation(9), rng.permutation(6)])
    ends = forward(first, _X)
    off = float(
        ((forward(_network_of(asked(first, twin, 0.5), first), _X) - ends) ** 2).mean() / ends.var()
    )
    return right(
        "every weight and bias between the two, in its place. Half-way between a small network "
        "and its own shuffled twin, the squared error of the values is already "
        f"{off:.0%} of their variance".replace("%", " %")
    )


@exercise(2, "Undo a shuffle")
def undo(answer: Any) -> Verdict:
    """Exercise 2: `undo(network, shuffled)` is the order that puts shuffled neurons back.

    Example:
        >>> from cliprl_lite.learning.matching import matching_permutations
        >>> undo(lambda network, shuffled: matching_permutations(network, shuffled)[0]).passed
        True
    """
    asked = Function(answer)
    rng = np.random.default_rng(2)
    for width, biases in ((9, True), (7, True), (12, False)):
        network = _network((16, width, 4), width, biases)
        shuffled = permute(network, [rng.permutation(width)])
        found = asked(network, shuffled)
        order, verdict = _order_of(found, width)
        if not (biases or (verdict is None and _back(network, shuffled, order))):
            return wrong(  # the cases before were right
                "it works when every neuron has a bias of its own, and fails when all biases are "
                "0, as they are before any learning. What else tells neurons apart?"
            )
        if verdict is not None:
            return verdict
        if _back(network, shuffled, order):
            continue
        if _back(network, shuffled, np.argsort(order)):
            return wrong(
                "you say where each neuron *went*; the question is which neuron of the shuffled "
                "network *stands* at each place once it is mended. Each of the two is the inverse "
                "of the other, and they are easily confused"
            )
        if np.array_equal(order, np.arange(width)):
            return wrong("this leaves the neurons in the order in which they came")
        return wrong(
            "put into this order, the shuffled network still has other weights than the first in "
            "the same places. It computes the same, as it does in *any* order; the question is "
            "whether the neurons stand where the first network has them"
        )
    return right(
        "each neuron is back in its place, and now the average of the two computes what each of "
        "them does"
    )


@exercise(3, "Break it: a twin that no order undoes")
def rescale(answer: Any) -> Verdict:
    """Exercise 3: `rescale(network, factors)` scales the first hidden layer, and changes nothing.

    Example:
        >>> def answer(network, factors):
        ...     (w, b), (v, c), last = network
        ...     return [(w * factors, b * factors), (v / factors[:, None], c), last]
        >>> rescale(answer).passed
        True
    """
    asked = Function(answer)
    network = _network((16, 9, 6, 4), 3)
    factors = np.array([4.0, 0.25, 3.0, 0.5, 2.0, 5.0, 0.2, 1.5, 0.4])
    found = _network_of(asked(network, factors), network)
    (w, b), (v, c), (last, d) = network
    wanted = [(w * factors, b * factors), (v / factors[:, None], c), (last, d)]
    if _equal(found, network):
        return wrong(
            "nothing has changed: the incoming weights are to be multiplied by the factors"
        )
    if _equal(found, wanted):
        middle = forward(interpolate(network, found, 0.5), _X)
        moved = float((middle.argmax(1) != forward(network, _X).argmax(1)).mean())
        return right(
            "other weights, the same values. And half-way between the two, "
            f"{moved:.0%} of the squares have another arrow".replace("%", " %")
            + ": no order of the neurons mends that"
        )
    if _close(forward(found, _X), forward(network, _X)):
        return wrong(
            "it computes the same, but it is not what was asked: multiply what comes into each "
            "neuron of the *first* hidden layer by that neuron's factor, and divide what goes out"
        )
    if _close(found[0][0], w * factors) and _close(found[0][1], b):
        return wrong(
            "what comes into a neuron is its weights *and its bias*. With the bias as it was, the "
            "neuron switches on somewhere else"
        )
    if _close(found[0][0], w * factors) and _close(found[1][0], v):
        return wrong("what goes out is not divided, so that the next layer hears it too loudly")
    if _close(found[1][0], v * factors[:, None]):
        return wrong("what goes out is multiplied too; dividing is what makes up for it")
    return wrong(
        "it computes something else than before. A column of the first weights comes into one "
        "neuron, and a row of the second goes out of it"
    )


# ---------------------------------------------------------------------------------------------
# What the checks share
# ---------------------------------------------------------------------------------------------
def _network(widths: tuple[int, ...], seed: int, biases: bool = True) -> Parameters:
    """A network before any learning; its biases are random, or 0 without `biases`."""
    rng = np.random.default_rng([seed, 7])
    made = pick(initialise(widths, [seed]), 0)
    return [(w, rng.normal(size=b.shape) * biases) for w, b in made]


def _close(one: Any, other: Any) -> bool:
    """Also for numbers in single precision."""
    return bool(np.allclose(one, other, rtol=1e-5, atol=1e-6))


def _same(found: Parameters, wanted: Parameters, part: int) -> bool:
    """Whether the weights (0) or the biases (1) of all layers agree."""
    return all(_close(a[part], b[part]) for a, b in zip(found, wanted, strict=True))


def _equal(found: Parameters, wanted: Parameters) -> bool:
    return _same(found, wanted, 0) and _same(found, wanted, 1)


def _back(network: Parameters, shuffled: Parameters, order: Permutation) -> bool:
    """Whether the average with the reordered network computes what the network does."""
    middle = interpolate(network, permute(shuffled, [order]), 0.5)
    return _close(forward(middle, _X), forward(network, _X))


def _network_of(found: Any, like: Parameters) -> Parameters:
    """What a reader's function makes of a network, as a network."""
    wanted = "a list with weights and biases of each layer"
    if not isinstance(found, list | tuple):
        if np.ndim(found) if isinstance(found, np.ndarray) else hasattr(type(found), "detach"):
            raise Stopped(
                wrong(
                    f"you return {kind(found)} of shape {tuple(found.shape)}. Average the "
                    f"*networks*, not their answers; wanted: {wanted}"
                )
            )
        raise Stopped(wrong(f"wanted: {wanted}; this is {kind(found)}"))
    if len(found) != len(like):
        words = f"a network of {len(like)} layers is wanted, and yours has {len(found)}"
        raise Stopped(wrong(words))
    made = []
    for number, (layer, (v, c)) in enumerate(zip(found, like, strict=True)):
        if not isinstance(layer, list | tuple) or len(layer) != 2:
            words = f"layer {number} is a pair of weights and biases; this is {kind(layer)}"
            raise Stopped(wrong(words))
        w, b = (as_array(part, f"the numbers of layer {number}") for part in layer)
        if w.shape != v.shape or b.shape != c.shape:
            raise Stopped(
                wrong(
                    f"layer {number} has weights {v.shape} and biases {c.shape}; yours has "
                    f"{w.shape} and {b.shape}"
                )
            )
        if not (np.isfinite(w).all() and np.isfinite(b).all()):
            raise Stopped(wrong(f"layer {number} has a number that is not finite"))
        made.append((w, b))
    return made


def _order_of(found: Any, width: int) -> tuple[Any, Verdict | None]:
    """A reader's order as an array of whole numbers; or what is wrong with it."""
    try:
        order = as_whole(found, f"an order of {width} neurons, whole numbers from 0")
    except Stopped as stopped:
        return None, stopped.verdict
    if order.shape != (width,):
        return None, wrong(
            f"an order of {width} neurons is wanted, one number for each; yours has the shape "
            f"{order.shape}"
        )
    if sorted(order.tolist()) != list(range(width)):
        return None, wrong(
            "a neuron stands at two places, or a number is not that of a neuron: an order names "
            f"each of 0 to {width - 1} once"
        )
    return order, None
