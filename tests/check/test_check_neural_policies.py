"""The exercises of notebook 08: right answers pass, and each usual mistake is named."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from cliprl_lite import interpolate
from cliprl_lite.check import neural_policies as check
from cliprl_lite.learning.matching import matching_permutations


def blend_of(weight, bias):
    """A blend made of what happens to weights and to biases."""
    return lambda first, second, share: [
        (weight(w, v, share), bias(b, c, share))
        for (w, b), (v, c) in zip(first, second, strict=True)
    ]


def mean(a, b, share):
    return (1 - share) * a + share * b


def in_place(first, second, share):
    for (w, b), (v, c) in zip(first, second, strict=True):
        w *= 1 - share
        w += share * v
        b *= 1 - share
        b += share * c
    return first


def fails(*_):
    raise KeyError("oh")


def scaled(weights, biases, after, layer_c=lambda c, f: c):
    def answer(network, factors):
        (w, b), (v, c), last = network
        return [
            (weights(w, factors), biases(b, factors)),
            (after(v, factors[:, None]), layer_c(c, factors)),
            last,
        ]

    return answer


def times(a, f):
    return a * f


def over(a, f):
    return a / f


def kept(a, _):
    return a


def later_layer(network, factors):
    """The second hidden layer is scaled, with the first six factors."""
    first, (v, c), (last, d) = network
    f = factors[:6]
    return [first, (v * f, c * f), (last / f[:, None], d)]


def scaled_in_place(network, factors):
    (w, b), (v, _), _ = network
    w *= factors
    b *= factors
    v /= factors[:, None]
    return network


def by_bias(network, shuffled):
    """Finds the neuron with the same bias."""
    return np.abs(network[0][1][:, None] - shuffled[0][1]).argmin(axis=1)


RIGHT = [
    (check.blend, interpolate),
    (check.blend, lambda a, b, s: [list(layer) for layer in blend_of(mean, mean)(a, b, s)]),
    (check.undo, lambda a, b: matching_permutations(a, b)[0]),
    (check.undo, lambda a, b: matching_permutations(a, b)[0].tolist()),
    (check.rescale, scaled(times, times, over)),
]

WRONG = [
    (check.blend, lambda a, b, s: interpolate(b, a, s), "from the *second*"),
    (check.blend, lambda a, b, s: interpolate(a, b, 0.5), "whatever λ is"),
    (check.blend, blend_of(mean, lambda b, c, s: b), "the biases are not"),
    (check.blend, blend_of(lambda w, v, s: w, mean), "the weights are not"),
    (check.blend, blend_of(*[lambda w, v, s: w + s * v] * 2), "do not add up to 1"),
    (check.blend, in_place, "changes what it is given"),
    (check.blend, lambda a, b, s: np.zeros((49, 4)), "Average the *networks*"),
    (check.blend, lambda a, b, s: mean(np.float64(1), 2, s), "this is a float64"),
    (check.blend, lambda a, b, s: interpolate(a, b, s)[:2], "yours has 2"),
    (check.blend, lambda a, b, s: [(w.T, b) for w, b in a], "layer 0 has weights"),
    (check.blend, lambda a, b, s: [(w * np.nan, b) for w, b in a], "not finite"),
    (check.blend, lambda a, b, s: a, "is not (1 − λ)"),
    (check.blend, fails, "KeyError"),
    (check.blend, interpolate([], [], 0.5), "without calling"),
    (check.undo, lambda a, b: np.argsort(matching_permutations(a, b)[0]), "*went*"),
    (check.undo, lambda a, b: np.arange(a[0][1].size), "in which they came"),
    (check.undo, by_bias, "What else tells"),
    (check.undo, lambda a, b: np.zeros(a[0][1].size, int), "stands at two places"),
    (check.undo, lambda a, b: b, "unequal length"),
    (check.undo, lambda a, b: np.arange(3), "one number for each"),
    (check.undo, lambda a, b: np.arange(a[0][1].size) * 1.0, "whole numbers"),
    (check.undo, lambda a, b: np.arange(a[0][1].size)[::-1], "still has other weights"),
    (check.undo, fails, "KeyError"),
    (check.undo, 7, "without calling"),
    (check.rescale, lambda n, f: n, "nothing has changed"),
    (check.rescale, scaled(times, kept, over), "*and its bias*"),
    (check.rescale, scaled(times, times, kept), "not divided"),
    (check.rescale, scaled(times, times, times), "multiplied too"),
    (check.rescale, scaled(times, times, over, lambda c, f: c / f.mean()), "something else"),
    (check.rescale, scaled(over, over, times), "not what was asked"),
    (check.rescale, later_layer, "not what was asked"),
    (check.rescale, scaled_in_place, "changes what it is given"),
    (check.rescale, lambda n, f: [(w * f[:, None], b) for w, b in n], "stops with ValueError"),
    (check.rescale, lambda n, f: np.ones(3), "Average the *networks*"),
    (check.rescale, fails, "KeyError"),
    (check.rescale, "text", "without calling"),
]


@pytest.mark.parametrize(("checked", "answer"), RIGHT)
def test_right_answers_pass(checked, answer) -> None:
    verdict = checked(answer)
    assert verdict.passed, verdict


@pytest.mark.parametrize(("checked", "answer", "said"), WRONG)
def test_wrong_answers_are_told_what_is_wrong(checked, answer, said: str) -> None:
    verdict = checked(answer)
    assert verdict.mark == "wrong"
    assert said in verdict.words


CHECKS = [check.blend, check.undo, check.rescale]


@pytest.mark.parametrize("checked", CHECKS)
@pytest.mark.parametrize("stub", [lambda *_: ..., lambda *_: None, ..., None])
def test_nobody_has_begun(checked, stub) -> None:
    assert checked(stub).mark == "not yet"


@pytest.mark.parametrize("stub", [
    lambda first, second, share: [... for _ in first],
    lambda first, second, share: [(..., b) for _, b in first],
])  # fmt: skip
def test_a_half_filled_list_is_a_beginning(stub) -> None:
    assert check.blend(stub).mark == "not yet"


@pytest.mark.parametrize("checked", CHECKS)
@pytest.mark.parametrize("constant", [0, 1.0, "", [], {}, True, np.arange(9), [(1, 2)], object()])
def test_no_constant_passes(checked, constant) -> None:
    assert not checked(lambda *_: constant).passed


def test_what_the_right_answers_say_can_be_computed() -> None:
    """A twin of random neurons: half-way, its values are off by what is said."""
    first = check._network((16, 9, 6, 4), 0)
    rng = np.random.default_rng(0)
    orders = [np.arange(16), rng.permutation(9), rng.permutation(6), np.arange(4)]
    twin = [
        (w[np.ix_(before, after)], b[after])
        for (w, b), (before, after) in zip(first, pairwise(orders), strict=True)
    ]
    x = check._X
    for layers in (first, twin):
        assert np.allclose(check.forward(layers, x), check.forward(first, x))
    middle = check.forward(interpolate(first, twin, 0.5), x)
    ends = check.forward(first, x)
    off = ((middle - ends) ** 2).mean() / ends.var()
    assert f"{off:.0%}".replace("%", " %") in check.blend(interpolate).words


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_one_share_is_enough_to_fail(share: float) -> None:
    wrong = check.blend(lambda a, b, s: interpolate(a, b, s if s != share else 0.7))
    assert wrong.mark == "wrong"


@pytest.mark.parametrize("width", [7, 9, 12])
def test_one_width_is_enough_to_fail(width: int) -> None:
    def answer(network, shuffled):
        order = matching_permutations(network, shuffled)[0]
        return order if len(order) != width else order[::-1]

    assert check.undo(answer).mark == "wrong"


def same_kind(change):
    return lambda a, b, s: [(change(w), change(x)) for w, x in interpolate(a, b, s)]


@pytest.mark.parametrize("answer", [
    same_kind(lambda x: x.tolist()), same_kind(torch.tensor), same_kind(np.float32),
    same_kind(lambda x: torch.tensor(x, requires_grad=True)),
    lambda a, b, s: tuple(map(tuple, interpolate(a, b, s))),
])  # fmt: skip
def test_networks_of_any_kind_pass(answer) -> None:
    verdict = check.blend(answer)
    assert verdict.passed, verdict


@pytest.mark.parametrize("checked", CHECKS)
def test_a_generator_is_told_so(checked) -> None:
    assert "a generator, which holds no values" in checked(lambda *_: (x for x in "abc")).words


@pytest.mark.parametrize(("off", "passes"), [(0.5e-6, True), (1e-4, False)])
def test_how_far_off_a_weight_may_be(off: float, passes: bool) -> None:
    assert check.blend(same_kind(lambda x: x + off)).passed == passes
