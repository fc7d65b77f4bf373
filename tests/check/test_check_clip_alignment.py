"""The checks of notebook 05: right answers pass, each usual mistake is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import log_softmax, softmax

from cliprl_lite.check import clip_alignment as check
from cliprl_lite.transfer.alignment import unit_rows
from cliprl_lite.transfer.contrastive_loss import contrastive_loss
from cliprl_lite.transfer.first_steps import gradient_step


# Exercise 1
def loss(s, delta, t):
    rows = (t * log_softmax(s / delta, axis=1)).sum(axis=1)
    columns = (t * log_softmax(s.T / delta, axis=1)).sum(axis=1)
    return -(rows.mean() + columns.mean()) / 2


def library(s, delta, t):
    """The library's."""
    return contrastive_loss(s, delta, t)


def by_loops(s, delta, t):
    """In no hurry, and without any array at all."""
    n, total = len(s), 0.0
    for i in range(n):
        for matrix in (s, s.T):
            powers = [np.exp(value / delta) for value in matrix[i]]
            total -= sum(t[i][j] * np.log(powers[j] / sum(powers)) for j in range(n))
    return total / (2 * n)


@pytest.mark.parametrize(
    "answer",
    [loss, library, by_loops, lambda s, d, t: np.float32(loss(s, d, t)),
     lambda s, d, t: np.array([loss(s, d, t)])],
)  # fmt: skip
def test_a_right_loss_passes(answer) -> None:
    verdict = check.loss_for_any_target(answer)
    assert verdict.passed, verdict


WRONG_LOSSES = {
    "sign": lambda s, d, t: -loss(s, d, t),
    "temperature does nothing": lambda s, d, t: loss(s, 1, t),
    "multiply": lambda s, d, t: loss(s, 1 / d, t),
    "only the sentences": lambda s, d, t: -(t * log_softmax(s / d, 1)).sum(1).mean(),
    "only the policies": lambda s, d, t: -(t * log_softmax(s.T / d, 1)).sum(1).mean(),
    "transpose something": (
        lambda s, d, t: (
            -(t * (log_softmax(s / d, axis=1) + log_softmax(s / d, axis=0))).sum() / (2 * len(s))
        )
    ),
    "do not halve": lambda s, d, t: 2 * loss(s, d, t),
    "mean over them": lambda s, d, t: len(s) * loss(s, d, t),
    "and halve": lambda s, d, t: 2 * len(s) * loss(s, d, t),
    "mean over all cells": lambda s, d, t: loss(s, d, t) / len(s),
    "base 2": lambda s, d, t: loss(s, d, t) / np.log(2),
    "identity targets": lambda s, d, t: loss(s, d, np.eye(len(s))),
    "3 numbers": lambda s, d, t: -(t * log_softmax(s / d, axis=1)).sum(axis=1),
    "a number; this is a str": lambda s, d, t: "2.7",
    "not a finite": lambda s, d, t: np.nan,
    "the same whatever": lambda s, d, t: 2.71,
    "two rows": lambda s, d, t: float(np.abs(s - t).sum()),
}


@pytest.mark.parametrize("words", WRONG_LOSSES)
def test_a_wrong_loss_is_told_what_is_wrong(words: str) -> None:
    verdict = check.loss_for_any_target(WRONG_LOSSES[words])
    assert verdict.mark == "wrong"
    assert words in verdict.words


# Exercise 2
def step(a, b, g, eta):
    made = []
    for rows, slope in ((a, g @ unit_rows(b)), (b, g.T @ unit_rows(a))):
        hat, length = unit_rows(rows), np.linalg.norm(rows, axis=1, keepdims=True)
        along = (slope * hat).sum(axis=1, keepdims=True) * hat
        made.append(-eta * (slope - along) / length)
    return made


def step_by_torch(a, b, g, eta):
    """Nobody's formula: the slope of Σ G S, by automatic differentiation."""
    one, other = (torch.tensor(rows, requires_grad=True) for rows in (a, b))
    normal = torch.nn.functional.normalize
    (torch.tensor(g) * (normal(one) @ normal(other).T)).sum().backward()
    return -eta * one.grad, -eta * other.grad


@pytest.mark.parametrize(
    "answer",
    [step, step_by_torch, gradient_step, lambda *a: np.array(step(*a)),
     lambda *a: [part.astype(np.float32) for part in step(*a)],
     lambda *a: tuple(part.tolist() for part in step(*a))],
)  # fmt: skip
def test_a_right_step_passes(answer) -> None:
    verdict = check.gradient_step(answer)
    assert verdict.passed, verdict


def parts(a, b, g, eta, along=True, length=True, unit=unit_rows):
    made = []
    for rows, slope in ((a, g @ unit(b)), (b, g.T @ unit(a))):
        hat = unit_rows(rows)
        slope = slope - (slope * hat).sum(axis=1, keepdims=True) * hat if along else slope
        made.append(-eta * slope / (np.linalg.norm(rows, axis=1, keepdims=True) if length else 1))
    return made


WRONG_STEPS = {
    "up the slope: what": lambda a, b, g, eta: step(a, b, -g, eta),
    "η does nothing yet: it": lambda a, b, g, eta: step(a, b, g, 1),
    "η does nothing yet, and": lambda a, b, g, eta: step(a, b, -g, 1),
    "along the row is still": lambda *a: parts(*a, along=False),
    "length is missing": lambda *a: parts(*a, length=False),
    "you stop at": lambda *a: parts(*a, along=False, length=False),
    "transposed": lambda a, b, g, eta: (step(a, b, g, eta)[0], step(a, b, g.T, eta)[1]),
    "at length one": lambda *a: parts(*a, unit=lambda rows: rows),
    "wrong order": lambda *a: step(*a)[::-1],
    "only what is *added*": (
        lambda a, b, g, eta: [x + y for x, y in zip((a, b), step(a, b, g, eta), strict=True)]
    ),
    "nothing moves": lambda a, b, g, eta: (0 * a, 0 * b),
    "does not fall that way": lambda *a: [2 * part for part in step(*a)],
    "one array came back": lambda *a: step(*a)[0],
    "these have shape": lambda *a: [*step(*a), step(*a)[0]],
    "finite numbers": lambda a, b, g, eta: (a * np.nan, b),
    "that holds text": lambda *a: ["a", "b"],
    "unequal length": lambda a, b, g, eta: [[1.0], [1.0, 2.0]],
    "have shape ()": lambda *a: 3,
}


@pytest.mark.parametrize("words", WRONG_STEPS)
def test_a_wrong_step_is_told_what_is_wrong(words: str) -> None:
    verdict = check.gradient_step(WRONG_STEPS[words])
    assert verdict.mark == "wrong"
    assert words in verdict.words


def test_a_step_is_held_against_the_loss_and_not_against_a_formula(monkeypatch) -> None:
    """Were the loss another, the same step would be wrong."""
    check._step_cases.cache_clear()
    monkeypatch.setattr(check, "_loss", lambda s, d, t: float((s**2).sum()))
    try:
        assert check.gradient_step(step).mark == "wrong"
    finally:
        check._step_cases.cache_clear()


def test_a_step_that_is_right_in_the_first_case_only_is_wrong() -> None:
    seen = []

    def wanes(a, b, g, eta):
        seen.append(1)
        return [part / len(seen) for part in step(a, b, g, eta)]

    assert check.gradient_step(wanes).mark == "wrong"


# What the notebook goes on with
def test_what_passed_is_what_the_notebook_goes_on_with(capsys) -> None:
    for judge, mine, name in (
        (check.loss_for_any_target, loss, "loss"),
        (check.gradient_step, step, "step"),
        (check.soft_target, target, "targets"),
    ):
        assert check.keep(judge, mine) is mine
        assert capsys.readouterr().out == f"This notebook goes on with your own {name}.\n"
        for broken in (..., None, lambda *_: None, lambda *_: 1 / 0, 3, "x"):
            ours = check.keep(judge, broken)
            said = capsys.readouterr().out
            assert said == f"This notebook goes on with the library's {name}.\n"
            assert judge(ours).passed


# Exercise 3
def target(p, delta):
    y = unit_rows(p - p.mean(axis=0))
    return softmax(y @ y.T / delta, axis=1)


def test_right_soft_targets_pass() -> None:
    assert check.soft_target(target).passed
    assert check.soft_target(lambda p, d: target(p, d).tolist()).passed


def raw(p, d):
    return unit_rows(p) @ unit_rows(p).T / d


def similar(p, d=1.0):
    return unit_rows(p - p.mean(axis=0)) @ unit_rows(p - p.mean(axis=0)).T / d


WRONG_TARGETS = {
    "not centred": lambda p, d: softmax(raw(p, d), axis=1),
    "not yet of length one": (
        lambda p, d: softmax((p - p.mean(axis=0)) @ (p - p.mean(axis=0)).T / d, axis=1)
    ),
    "the similarity itself": lambda p, d: similar(p),
    "divided by δ: make": similar,
    "temperature does nothing": lambda p, d: softmax(similar(p), axis=1),
    "multiply": lambda p, d: softmax(similar(p) * d, axis=1),
    "columns add up": lambda p, d: softmax(similar(p, d), axis=0),
    "whole matrix": lambda p, d: softmax(similar(p, d)),
    "identity": lambda p, d: np.eye(len(p)),
    "take a softmax": lambda p, d: similar(p) / similar(p).sum(axis=1, keepdims=True),
    "shape": lambda p, d: target(p, d)[0],
    "got ()": lambda p, d: 0.5,
    "array of numbers; this is a str": lambda p, d: "T",
    "not finite": lambda p, d: np.full((len(p), len(p)), np.inf),
    "not one of the usual": lambda p, d: np.full((len(p), len(p)), 1 / len(p)),
}


@pytest.mark.parametrize("words", WRONG_TARGETS)
def test_wrong_soft_targets_are_told_what_is_wrong(words: str) -> None:
    verdict = check.soft_target(WRONG_TARGETS[words])
    assert verdict.mark == "wrong"
    assert words in verdict.words


# All three
@pytest.mark.parametrize(
    "judge", [check.loss_for_any_target, check.gradient_step, check.soft_target]
)
def test_trouble_in_the_readers_function_is_put_in_words(judge) -> None:
    def broken(*_):
        raise RuntimeError("oh <b>" + "!" * 10_000)

    for answer in (broken, lambda: 1, lambda *_: np.zeros(3) + np.zeros(4)):
        verdict = judge(answer)
        assert verdict.mark == "wrong"
        assert "your function stops with" in verdict.words
        assert len(verdict.words) < 400
    assert "itself, without calling" in judge(3.0).words
    for value in (1j, {}, object(), [["a"]], np.array([None]), True):
        assert judge(lambda *_, value=value: value).mark == "wrong"


@pytest.mark.parametrize(
    "judge", [check.loss_for_any_target, check.gradient_step, check.soft_target]
)
def test_nobody_has_begun(judge) -> None:
    for answer in (..., None, lambda *_: None, lambda *_: ...):
        assert judge(answer).mark == "not yet"


@pytest.mark.parametrize(
    "judge", [check.loss_for_any_target, check.gradient_step, check.soft_target]
)
def test_who_changes_what_is_given_is_told_so(judge) -> None:
    def vandal(*arrays):
        made = {2: target, 3: loss, 4: step}[len(arrays)](*arrays)
        for array in arrays:
            if isinstance(array, np.ndarray):
                array[:] = 0
        return made

    verdict = judge(vandal)
    assert verdict.mark == "wrong"
    assert "changes what it is given" in verdict.words


# Exercise 4
@pytest.mark.parametrize(
    "sentence",
    ["don't go to the red cone", "Never go to the BLUE ball!", "avoid the yellow key",
     "don’t go to the red cone",
     "stay clear of the red cone", "keep off the red cone", "the red cone is forbidden",
     "go to any cone that isn't red", "refuse to go to the red cone",
     "nobody may go to the red cone", "red cones are not allowed, go to the cone"],
)  # fmt: skip
def test_a_sentence_that_fools_it_passes(sentence: str) -> None:
    verdict = check.fooled(sentence)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("go to the red cone", "asks"),
        ("the stock market fell today", "novelty warning"),
        ("go to the cone", "no colour"),
        ("without delay go to the red cone", "not plain that the red room"),
        ("do not wait go to the red cone", "as far as this check can read"),
        ("no matter what go to the red cone", "as far as this check can read"),
        ("don't forget the red cone", "two of them cancel"),
        ("do not fail to go to the red cone", "two of them cancel"),
        ("leave the hall and go to the red cone", "asks"),
        ("not yet at the red cone so go to the red cone", "as far as this check can read"),
        ("go to the blue cone, not the red cone", "find a sentence"),
        ("x" * 201, "longer than 200"),
        (42, "between quotation marks"),
        (["don't go to the red cone"], "between quotation marks"),
        ("red \ud83d", "half a character"),
        ("<b>$x$</b> 🙂 اذهب", "novelty"),
    ],
)
def test_a_sentence_that_fools_nobody_is_told_why(sentence, words: str) -> None:
    verdict = check.fooled(sentence)
    assert verdict.mark == "wrong"
    assert words in verdict.words.replace("*", "")


@pytest.mark.parametrize("nothing", [..., None, "", "  \n"])
def test_no_sentence_yet(nothing) -> None:
    assert check.fooled(nothing).mark == "not yet"


@pytest.mark.parametrize(
    ("sentence", "passes"),
    [("go to the red cone, not the blue cone", False),
     ("go anywhere but the yellow room", True)],
)  # fmt: skip
def test_how_much_weight_has_to_be_on_the_forbidden_room(sentence: str, passes: bool) -> None:
    """It is 0.885 and 0.905."""
    assert check.fooled(sentence).passed == passes


@pytest.mark.parametrize(("off", "passes"), [(0.9e-4, True), (1.2e-4, False), (-1.2e-4, False)])
def test_how_far_off_a_loss_may_be(off: float, passes: bool) -> None:
    assert check.loss_for_any_target(lambda *a: loss(*a) * (1 + off)).passed == passes


@pytest.mark.parametrize("kind", [
    tuple, list, lambda t: t.tolist(), torch.tensor, pd.DataFrame, lambda t: t.astype(np.float32),
])  # fmt: skip
def test_soft_targets_of_any_kind_pass(kind) -> None:
    assert check.soft_target(lambda p, d: kind(target(p, d))).passed


def test_a_loss_that_could_be_learned_from_passes() -> None:
    assert check.loss_for_any_target(lambda *a: torch.tensor(loss(*a), requires_grad=True)).passed
    assert check.loss_for_any_target(lambda *a: [[1], [1, 2]]).mark == "wrong"
