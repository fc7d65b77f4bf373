"""Checks of notebook 04: right answers pass, and typical wrong ones are told what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cliprl_lite import load_suite
from cliprl_lite.check import cosine as check

Grid = np.ndarray
TASKS = load_suite("house_b").tasks
B = [task.goal for task in TASKS]


def explode(*_: Any) -> Any:
    raise RuntimeError("boom " + "x" * 10_000)


# ---------------------------------------------------------------------------------------------
# Shares of variance
# ---------------------------------------------------------------------------------------------
def shares(
    grid: Grid, full: bool = True, centred: bool = True, swap: bool = False, power: int = 2
) -> np.ndarray:
    """The right shares, or wrong in one way."""
    mean = grid.mean(axis=(0, 1))
    colour = grid.mean(axis=1, keepdims=True) - mean
    shape = grid.mean(axis=0, keepdims=True) - mean
    parts = [colour, shape, grid - mean - colour - shape]
    if full:
        parts = [np.broadcast_to(part, grid.shape) for part in parts]
    sums = np.array([(part**2).sum() for part in parts]) ** (power / 2)
    total = ((grid - mean) ** 2).sum() if centred else (grid**2).sum()
    made = sums / (total if power == 2 else sums.sum())
    return made[[1, 0, 2]] if swap else made


def uncentred_parts(grid: Grid) -> list[float]:
    total = ((grid - grid.mean(axis=(0, 1))) ** 2).sum()
    a = (np.broadcast_to(grid.mean(axis=1, keepdims=True), grid.shape) ** 2).sum() / total
    b = (np.broadcast_to(grid.mean(axis=0, keepdims=True), grid.shape) ** 2).sum() / total
    return [a, b, 1 - a - b]


@pytest.mark.parametrize("kind", [tuple, list, np.asarray])
def test_right_shares(kind: Callable[..., Any]) -> None:
    verdict = check.variance_shares(lambda grid: kind(shares(grid)))
    assert verdict.passed
    assert "in A colour 86 %, shape 7 %" in verdict.words
    assert "in B colour 7 %, shape 86 %" in verdict.words


def test_shares_by_hand() -> None:
    """Two colours that differ by 2, two shapes that differ by 4, nothing else: 1 to 4."""
    grid = np.array([[[0.0], [4.0]], [[2.0], [6.0]]])
    assert np.allclose(shares(grid), [0.2, 0.8, 0.0])
    assert check._fault_of_shares(np.array([0.2, 0.8, 0.0]), grid) == ""


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda grid: shares(grid, swap=True), "changed places"),
        (lambda grid: shares(grid, full=False), "once for each"),
        (lambda grid: shares(grid, centred=False), "overall mean"),
        (lambda grid: shares(grid, power=1), "squared"),
        (lambda grid: 100 * shares(grid), "percentages"),
        (lambda grid: shares(grid) * ((grid - grid.mean(axis=(0, 1))) ** 2).sum(), "divide"),
        (uncentred_parts, "negative"),
        (lambda grid: shares(grid) + np.array([0.1, -0.05, -0.05]), "sum to 1, but"),
        (lambda grid: shares(grid) * 0.5, "sum to 0.50"),
        (lambda grid: (0.32, 0.66, 0.03), "same shares"),
        (lambda grid: shares(grid)[:2], "three numbers"),
        (lambda grid: "a lot", "three numbers"),
        (lambda grid: (np.nan, 0.5, 0.5), "finite"),
        (lambda: (1, 0, 0), "TypeError"),
        (explode, "RuntimeError: boom"),
        (0.66, "def"),
    ],
)
def test_wrong_shares(answer: Any, words: str) -> None:
    verdict = check.variance_shares(answer)
    assert verdict.mark == "wrong"
    assert words in verdict.words
    assert len(verdict.words) < 400


# ---------------------------------------------------------------------------------------------
# A house for the words
# ---------------------------------------------------------------------------------------------
def moved(change: dict[int, tuple[int, int]]) -> list[tuple[int, int]]:
    """House B turned upside down, and then changed."""
    squares = [(12 - row, column) for row, column in B]
    for task, square in change.items():
        squares[task] = square
    return squares


def test_right_houses() -> None:
    by_list = moved({})
    by_sentence = {task.sentence: square for task, square in zip(TASKS, by_list, strict=True)}
    by_word = {f"The {task.colour} {task.shape}!": by_sentence[task.sentence] for task in TASKS}
    as_lists = [list(square) for square in by_list]
    for goals in (by_list, by_sentence, by_word, np.array(by_list), as_lists):
        assert check.house_for_words(goals).passed


def swapped() -> list[tuple[int, int]]:
    squares = moved({})
    squares[0], squares[1] = squares[1], squares[0]  # the red box and the red ball
    return squares


@pytest.mark.parametrize(
    ("goals", "words"),
    [
        (B, "in its room of house B"),
        ([task.goal for task in load_suite("house_a").tasks], "right for 0 of 16"),
        ([task.goal for task in load_suite("house_c").tasks], "right for 0 of 16"),
        (swapped(), "of 16. “go to the red b"),
        ([(row, column) for row in (0, 1, 2, 3) for column in (0, 1, 2, 3)], "hold 16, 0, 0, 0"),
        (moved({0: (0, 0)}), "hold 5, 4, 3, 4 objects. Put four"),
        (moved({0: (6, 1)}), "is a wall"),
        ([(float("inf"), 1)] * 16, "whole numbers"),
        ([(1e30, 1)] * 16, "outside the map"),
        ([(10**400, 1)] * 16, "whole numbers"),
        ([object()] * 16, "whole numbers"),
        (moved({0: (3, 6)}), "doorway"),
        (moved({0: (13, 0)}), "outside the map"),
        (moved({0: moved({})[4]}), "same square"),
        (B[:15], "15 squares"),
        ({"go to the red box": (0, 0)}, "15 of 16 are missing"),
        ({"don't go to the red box": (0, 0)}, "16 of 16 are missing"),
        ([*B[:15], (0.5, 1)], "whole numbers"),
        ([*B[:15], "here"], "whole numbers"),
        ([*B[:15], (np.nan, 1)], "whole numbers"),
        ("house_b", "a dictionary"),
        (16, "a dictionary"),
    ],
)
def test_wrong_houses(goals: Any, words: str) -> None:
    verdict = check.house_for_words(goals)
    assert verdict.mark == "wrong"
    assert words in verdict.words


# ---------------------------------------------------------------------------------------------
# Weights per direction
# ---------------------------------------------------------------------------------------------
def weighed(*weights: float) -> Callable[..., np.ndarray]:
    return lambda *parts: sum(w * part for w, part in zip(weights, parts, strict=True))


@pytest.mark.parametrize("weights", [(1, 0, 1), (1, 0, 0), (1, 0.5, 1), (-1, 0, 1), (2, 1, 1)])
def test_right_weights(weights: tuple[float, ...]) -> None:
    verdict = check.reweigh(weighed(*weights))
    assert verdict.passed
    assert "in B 0 of 16, in C 0 of 16" in verdict.words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (weighed(1, 1, 1), "equal weights"),
        (weighed(3, 3, 3), "equal weights"),
        (weighed(1, -1, 1), "negative weight acts as a positive one"),
        (weighed(0, 1, 1), "without its colour"),
        (weighed(1, 2, 1), "what misleads"),
        (weighed(1, 0.7, 1), "not far enough"),
        (weighed(0, 0, 0), "zeros"),
        (lambda colour, shape, rest: np.eye(16).reshape(4, 4, 16), "same vectors"),
        (lambda colour, shape, rest: colour[:2] + rest[:2], "4 × 4"),
        (lambda colour, shape, rest: colour.sum(), "array of finite numbers"),
        (lambda colour, shape, rest: colour * np.nan, "finite"),
        (lambda colour: colour, "TypeError"),
        (explode, "RuntimeError: boom"),
        ((1, 0, 1), "def"),
    ],
)
def test_wrong_weights(answer: Any, words: str) -> None:
    verdict = check.reweigh(answer)
    assert verdict.mark == "wrong"
    assert words in verdict.words
    assert len(verdict.words) < 400


def test_no_weights_are_right_in_both() -> None:
    """A row has one favourite, which shares the colour or the shape, never both."""
    rng = np.random.default_rng(0)
    for weights in rng.uniform(0, 2, size=(30, 3)):
        verdict = check.reweigh(weighed(*weights))
        if verdict.passed:
            assert "in B 0 of 16" in verdict.words


@pytest.mark.parametrize("exercise", [check.variance_shares, check.house_for_words, check.reweigh])
@pytest.mark.parametrize("answer", [None, ..., lambda *_: ..., lambda *_: None])
def test_nobody_has_begun(exercise: Callable[[Any], Any], answer: Any) -> None:
    if callable(answer) and exercise is check.house_for_words:
        assert exercise(answer).mark == "wrong"
    else:
        assert exercise(answer).mark == "not yet"


# ---------------------------------------------------------------------------------------------
# What decides
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("share", "passes"), [(0.52, True), (0.48, False)])
def test_how_much_vectors_have_to_be_made_of_the_sentences(share: float, passes: bool) -> None:
    """A constant beside the parts is no help; a constant with a trace of them is no answer."""
    parts = check._parts(check._sentence_grid())
    turned = np.roll(parts[0], 1, axis=2) + parts[2] + 1e-3
    own, change = (np.linalg.norm(x) for x in (parts[0] + parts[2], parts[0] + parts[2] - turned))
    constant = np.sqrt(((change / share) ** 2 - own**2) / 16)
    rooms = np.broadcast_to(constant * np.eye(4)[:, None], (4, 4, 4))
    verdict = check.reweigh(lambda c, s, r: np.concatenate([c + r, rooms], axis=2))
    assert verdict.passed == passes, verdict
    assert passes or "or nearly so" in verdict.words


def test_constants_with_a_trace_of_the_parts_or_of_chance_are_no_answer() -> None:
    rooms = np.eye(4)[:, None]
    assert "nearly so" in check.reweigh(lambda c, s, r: rooms + 1e-12 * r[..., :4]).words
    rng = np.random.default_rng(0)
    verdict = check.reweigh(lambda c, s, r: rooms + rng.random((4, 4, 4)))
    assert "chance" in verdict.words


@pytest.mark.parametrize(("off", "passes"), [(0.9e-6, True), (1.2e-5, False)])
def test_how_far_off_a_share_may_be(off: float, passes: bool) -> None:
    answer = check.variance_shares(lambda grid: shares(grid) + off * np.array([1, -1, 0]))
    assert answer.passed == passes


def test_shares_of_one_kind_of_grid_are_not_enough() -> None:
    def sentences_only(grid: Grid) -> Any:
        return shares(grid) if grid.shape[2] in (7, 384) else shares(grid)[::-1]

    verdict = check.variance_shares(sentences_only)
    assert verdict.mark == "wrong"
    assert "not for the policies of A" in verdict.words


def test_a_hint_is_no_recipe() -> None:
    said = check.variance_shares(lambda grid: shares(grid) + np.array([0.1, -0.05, -0.05])).words
    assert "minus" not in said
    assert "mean of its row" not in said
