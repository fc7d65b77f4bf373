"""Checks of notebook 02: right answers pass, and each typical mistake is named."""

from __future__ import annotations

import numpy as np
import pytest

from cliprl_lite import cosine_similarity
from cliprl_lite.check import base_policies as check
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.worlds.suite_files import load_suite


def broken(*_: object) -> None:
    raise KeyError("nothing here")


# ---------------------------------------------------------------------------------------------
# Exercise 1
# ---------------------------------------------------------------------------------------------
def moved(old, target, eta):
    return (1 - eta) * old + eta * target


@pytest.mark.parametrize(
    "answer",
    [
        lambda old, r, after, eta, gamma: (1 - eta) * old + eta * (r + gamma * max(after)),
        lambda old, r, after, eta, gamma: old + eta * (r + gamma * np.max(after) - old),
    ],
)
def test_update_right(answer) -> None:
    assert check.update(answer).passed


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda o, r, a, e, g: o, "stays as it was"),
        (lambda o, r, a, e, g: r + g * max(a), "special case η = 1"),
        (lambda o, r, a, e, g: moved(o, r + g * max(a), 1 - e), "changed places"),
        (lambda o, r, a, e, g: o + e * (r + g * max(a)), "added on top"),
        (lambda o, r, a, e, g: moved(o, r + max(a), e), "γ is missing"),
        (lambda o, r, a, e, g: moved(o, g * (r + max(a)), e), "discounts the reward"),
        (lambda o, r, a, e, g: moved(o, g * max(a), e), "reward is missing"),
        (lambda o, r, a, e, g: moved(o, r + g * a.mean(), e), "average of the next"),
        (lambda o, r, a, e, g: moved(o, r + g * min(a), e), "*worst*"),
        (lambda o, r, a, e, g: moved(o, r + g * a[0], e), "going up"),
        (lambda o, r, a, e, g: moved(o, -r + g * max(a), e), "lost its sign"),
        (lambda o, r, a, e, g: moved(o, r + g * sum(a), e), "on paper"),
        (lambda o, r, a, e, g: moved(o, r + g * a, e), "4 numbers"),
        (lambda o, r, a, e, g: -3.4, "it says -3.4"),
        (lambda o, r, a, e, g: 0, "it says 0"),
        (lambda o, r, a, e, g: "much", "this is a str"),
        (lambda o: o, "stops with TypeError"),
        (broken, "stops with KeyError"),
        (3.0, "without calling it"),
    ],
)
def test_update_wrong(answer, says: str) -> None:
    verdict = check.update(answer)
    assert verdict.mark == "wrong"
    assert says in verdict.words


# ---------------------------------------------------------------------------------------------
# Exercise 2
# ---------------------------------------------------------------------------------------------
def test_hopeful_right() -> None:
    verdict = check.hopeful(lambda table, truth: table + max(0, (truth - table).max()))
    assert verdict.passed
    assert "optimal in 0 of 5 runs; raised by you, in 5" in verdict.words


def in_place(table, truth):
    table += max(0, (truth - table).max())
    return table


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda q, t: q + (t - q).max(), "lowered by"),
        (lambda q, t: q + max(0, (t - q).mean()), "are still lower"),
        (lambda q, t: q + max(0, (t - q).min()), "are still lower"),
        (lambda q, t: q, "are still lower"),
        (lambda q, t: q + 100, "not the smallest"),
        (lambda q, t: q - q.min(), "not the smallest"),
        (lambda q, t: np.maximum(q, t), "not one constant"),
        (lambda q, t: t, "not one constant"),
        (lambda q, t: q * 0.5, "still lower"),
        (lambda q, t: np.zeros_like(q), "not one constant"),
        (lambda q, t: max(0, (t - q).max()), "not the constant alone"),
        (lambda q, t: q[:-1], "came out"),
        (lambda q, t: q * np.nan, "finite"),
        (in_place, "make a new one"),
        (lambda q, t: "hope", "this is a str"),
        (broken, "stops with KeyError"),
        (20, "without calling it"),
    ],
)
def test_hopeful_wrong(answer, says: str) -> None:
    verdict = check.hopeful(answer)
    assert verdict.mark == "wrong"
    assert says in verdict.words


# ---------------------------------------------------------------------------------------------
# Exercise 3
# ---------------------------------------------------------------------------------------------
def pair(matrix, largest=True, diagonal=False):
    matrix = np.array(matrix)
    if not diagonal:
        np.fill_diagonal(matrix, -np.inf if largest else np.inf)
    return np.unravel_index(matrix.argmax() if largest else matrix.argmin(), matrix.shape)


def own_mean(v):
    return v - v.mean(axis=1, keepdims=True)


def centred(v):
    return v - v.mean(axis=0)


@pytest.mark.parametrize("turn", [1, -1])
def test_most_similar_right(turn: int) -> None:
    verdict = check.most_similar(lambda v: pair(cosine_similarity(centred(v), centred(v)))[::turn])
    assert verdict.passed
    assert "one room" in verdict.words


def test_the_pairs_that_are_praised_are_neighbours_in_a_room() -> None:
    words = check.most_similar(
        lambda v: pair(cosine_similarity(centred(v), centred(v)))
    ).words  # fmt: skip
    first, second = words.split("it finds ")[1].split(":")[0].split(" and ")
    assert first.split()[0] == second.split()[0]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda v: pair(cosine_similarity(centred(v), centred(v)), diagonal=True), "diagonal"),
        (lambda v: pair(cosine_similarity(v, v)), "mean policy is still"),
        (lambda v: pair(centred(v) @ centred(v).T), "long vector"),
        (lambda v: pair(cosine_similarity(centred(v), centred(v)), False), "*least*"),
        (lambda v: pair(cosine_similarity(own_mean(v), own_mean(v))), "axis=1"),
        (lambda v: (len(v) ** 2 - 2, 0), "row after row"),
        (lambda v: (0, 1, 2), "3 came back"),
        (lambda v: 7, "1 came back"),
        (lambda v: ("red box", "red ball"), "holds text"),
        (broken, "stops with KeyError"),
        ((0, 1), "without calling it"),
    ],
)
def test_most_similar_wrong(answer, says: str) -> None:
    verdict = check.most_similar(answer)
    assert verdict.mark == "wrong"
    assert says in verdict.words


def test_most_similar_constants_fail() -> None:
    for i in range(5):
        for j in range(5):
            assert not check.most_similar(lambda v, i=i, j=j: (i, j)).passed


# ---------------------------------------------------------------------------------------------
# Exercise 4
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rate", [1.0, 0.9])
def test_learned_but_never_shown_right(rate: float) -> None:
    verdict = check.learned_but_never_shown({"epsilon": 1.0, "learning_rate": rate})
    assert verdict.passed
    assert "off-policy" in verdict.words


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"epsilon": 0.1, "learning_rate": 1.0}, "all squares are optimal"),
        ({"epsilon": 0.0, "learning_rate": 1.0}, "the shortest way"),
        ({"epsilon": 0.1, "learning_rate": 0.01}, "are not optimal"),
        ({"epsilon": 1.0, "learning_rate": 0.01}, "must learn everything"),
        ({"epsilon": 1.0, "learning_rate": 0}, "With η = 0 no number"),
        ({"epsilon": 2.0, "learning_rate": 1.0}, "epsilon lies in"),
        ({"epsilon": "all", "learning_rate": 1.0}, "this is a str"),
        ({"epsilon": 1.0, "hope": 3}, "dictionary with"),
        ([1.0, 1.0], "dictionary with"),
        ({}, "the shortest way"),
    ],
)
def test_learned_but_never_shown_wrong(answer, says: str) -> None:
    verdict = check.learned_but_never_shown(answer)
    assert verdict.mark == "wrong"
    assert says in verdict.words


# ---------------------------------------------------------------------------------------------
# All
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("one", [check.update, check.hopeful, check.most_similar])
@pytest.mark.parametrize("answer", [..., None, lambda *_: ..., lambda *_: None])
def test_nobody_has_begun(one, answer) -> None:
    assert one(answer).mark == "not yet"


@pytest.mark.parametrize("answer", [..., None, {"epsilon": ..., "learning_rate": 1.0}])
def test_nobody_has_begun_to_break_it(answer) -> None:
    assert check.learned_but_never_shown(answer).mark == "not yet"


# ---------------------------------------------------------------------------------------------
# What decides
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "answer",
    [
        lambda o, r, a, e, g: moved(o, r - g * abs(a).min(), e),
        lambda o, r, a, e, g: moved(o, -abs(r) + g * a.max(), e),
        lambda o, r, a, e, g: moved(-abs(o), r + g * a.max(), e),
        lambda o, r, a, e, g: str(moved(o, r + g * a.max(), e)),
    ],
)
def test_an_update_that_is_right_for_negative_numbers_alone_is_wrong(answer) -> None:
    assert check.update(answer).mark == "wrong"


def test_single_precision_is_enough() -> None:
    assert check.update(lambda o, r, a, e, g: np.float32(moved(o, r + g * a.max(), e))).passed
    hope = check.hopeful(lambda q, t: (q + max(0, (t - q).max())).astype(np.float32))
    assert hope.passed, hope


@pytest.mark.parametrize(("epsilon", "passes"), [(0.83, False), (0.84, True)])
def test_how_long_the_journeys_have_to_be(epsilon: float, passes: bool) -> None:
    """They are 9.7 and 10.4 times the shortest way."""
    settings = {"epsilon": epsilon, "learning_rate": 1.0}
    assert check.learned_but_never_shown(settings).passed == passes


def test_how_often_it_has_to_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    house = load_suite("house_a")
    goal = house.transfer("go to the red cone").target.goal
    learner = Learner(house.world, goal, seed=0, epsilon=1.0, learning_rate=1.0, record=200_000)
    learner.run(200_000)
    for needed, passes in ((len(learner.episode_lengths), True), (10**9, False)):
        monkeypatch.setattr(check, "ARRIVALS", needed)
        verdict = check.learned_but_never_shown({"epsilon": 1.0, "learning_rate": 1.0})
        assert verdict.passed == passes
        assert ("it arrived only" in verdict.words) != passes


@pytest.mark.parametrize("rate", [np.array([0.0, 1.0]), 10**400, 1j, True, float("nan"), object()])
def test_odd_settings_become_words(rate) -> None:
    assert check.learned_but_never_shown({"learning_rate": rate}).mark == "wrong"


@pytest.mark.parametrize("odd", ["01", [0.7, 1.2], iter([0, 1])])
def test_rows_are_whole_numbers(odd) -> None:
    assert check.most_similar(lambda v: odd).mark == "wrong"


def test_a_hint_is_no_recipe() -> None:
    assert "numpy" not in check.most_similar(lambda v: (99, 0)).words.lower()
    assert "unravel" not in check.most_similar(lambda v: (99, 0)).words
