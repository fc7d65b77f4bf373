"""The contrastive loss and its gradient against torch's own and by hand; what a tower does."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from torch.nn.functional import cross_entropy

from cliprl_lite.transfer.alignment import (
    IDENTITY,
    PAPER_BOX,
    PAPER_TEXT,
    AlignmentSettings,
    Tower,
    cosine_similarity,
    row_lengths,
    unit_rows,
    unit_rows_gradient,
)
from cliprl_lite.transfer.alignment_training import align
from cliprl_lite.transfer.contrastive_loss import (
    contrastive_gradient,
    contrastive_loss,
    soft_targets,
)

N, E, P = 5, 24, 60
"""Pairs, and the widths of a sentence and of a policy: three different numbers."""


def pairs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sentences that resemble each other and policies far from zero, as in the course."""
    rng = np.random.default_rng(seed)
    sentences = rng.normal(1.0, 1.0, (1, E)) + rng.normal(0, 0.4, (N, E))
    return sentences, rng.normal(-20.0, 5.0, (N, P))


def random_matrix(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def random_targets(seed: int, *shape: int) -> np.ndarray:
    """Rows that sum to one; not symmetric, so that T and Tᵀ are told apart."""
    return np.random.default_rng(seed).dirichlet(np.ones(shape[-1]), shape[:-1])


def numerically(loss, at: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """∂ loss / ∂ at, by central differences."""
    gradient = np.empty_like(at)
    for place in np.ndindex(at.shape):
        shift = np.zeros_like(at)
        shift[place] = step
        gradient[place] = (loss(at + shift) - loss(at - shift)) / (2 * step)
    return gradient


# The loss
def test_the_loss_by_hand() -> None:
    """exp(S) = [[3, 1], [2, 1]]: rows choose rightly with ¾ and ⅓, columns with ⅗ and ½."""
    similarity = np.log([[3.0, 1.0], [2.0, 1.0]])
    expected = -(math.log(3 / 4) + math.log(1 / 3) + math.log(3 / 5) + math.log(1 / 2)) / 4
    assert contrastive_loss(similarity, 1.0) == pytest.approx(expected, rel=1e-12)
    assert contrastive_loss(2.5 * similarity, 2.5) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("temperature", [0.07, 0.5, 3.0])
@pytest.mark.parametrize("n", [2, 5, 9])
@pytest.mark.parametrize("soft", [False, True])
def test_the_loss_is_torchs_cross_entropy_both_ways(n: int, temperature: float, soft: bool) -> None:
    similarity = random_matrix(n, n, n)
    target = random_targets(n, n, n) if soft else np.eye(n)
    logits, wanted = torch.from_numpy(similarity / temperature), torch.from_numpy(target)
    rows, columns = cross_entropy(logits, wanted), cross_entropy(logits.T, wanted)
    assert rows != pytest.approx(columns)
    expected = float(rows + columns) / 2
    found = contrastive_loss(similarity, temperature, target if soft else None)
    assert found == pytest.approx(expected, rel=1e-12)


def test_the_loss_by_a_slow_loop() -> None:
    similarity, delta, n = random_matrix(3, 4, 4), 0.4, 4
    target = soft_targets(random_matrix(4, 4, 4), delta)
    s, total = (similarity / delta).tolist(), 0.0
    for i, j in product(range(n), range(n)):
        over_policies = sum(math.exp(s[i][m]) for m in range(n))
        over_sentences = sum(math.exp(s[m][i]) for m in range(n))
        total -= target[i, j] * (s[i][j] - math.log(over_policies)) / (2 * n)
        total -= target[i, j] * (s[j][i] - math.log(over_sentences)) / (2 * n)
    assert contrastive_loss(similarity, delta, target) == pytest.approx(total, rel=1e-12)


def test_soft_targets_are_torchs_softmax_of_each_row() -> None:
    similarity = random_matrix(4, 3, 5, 5)
    expected = torch.from_numpy(similarity / 0.3).softmax(dim=-1).numpy()
    np.testing.assert_allclose(soft_targets(similarity, 0.3), expected, rtol=1e-12)


def test_similarities_of_any_size_have_a_loss_and_a_gradient() -> None:
    similarity = np.array([[0.0, 9e5], [-9e5, 0.0]])
    assert contrastive_loss(similarity, 1.0) == pytest.approx(4.5e5)
    assert contrastive_gradient(similarity, 1.0).tolist() == [[-0.25, 0.5], [0.0, -0.25]]


@pytest.mark.parametrize("soft", [False, True])
def test_a_stack_is_each_alone(soft: bool) -> None:
    """Each with a temperature of its own."""
    similarity, target = random_matrix(5, 3, 2, 4, 4), random_targets(6, 3, 2, 4, 4)
    delta = np.array([[0.1, 0.5], [1.0, 2.0], [0.07, 3.0]])
    given = (similarity, delta[..., None, None], target if soft else None)
    losses, gradients = contrastive_loss(*given), contrastive_gradient(*given)
    assert losses.shape == (3, 2)
    for at in product(range(3), range(2)):
        alone = (similarity[at], delta[at], target[at] if soft else None)
        assert losses[at] == contrastive_loss(*alone)
        assert (gradients[at] == contrastive_gradient(*alone)).all()


# The gradient
@pytest.mark.parametrize("soft", [False, True])
def test_the_gradient_is_the_numerical_one_and_torchs(soft: bool) -> None:
    similarity, delta = random_matrix(8, 4, 4), 0.6
    target = random_targets(7, 4, 4) if soft else None
    found = contrastive_gradient(similarity, delta, target)
    expected = numerically(lambda s: contrastive_loss(s, delta, target), similarity)
    np.testing.assert_allclose(found, expected, atol=1e-9)

    tensor = torch.tensor(similarity, requires_grad=True)
    wanted = torch.from_numpy(np.eye(4) if target is None else target)
    loss = cross_entropy(tensor / delta, wanted) + cross_entropy(tensor.T / delta, wanted)
    loss.backward()
    np.testing.assert_allclose(found, tensor.grad / 2, rtol=1e-12, atol=1e-15)


def test_bringing_rows_to_length_one_has_the_numerical_gradient() -> None:
    rows, gradient = random_matrix(1, 3, 4), random_matrix(2, 3, 4)
    expected = numerically(lambda a: (gradient * unit_rows(a)).sum(), rows)
    found = unit_rows_gradient(unit_rows(rows), row_lengths(rows), gradient)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    nothing = 0 * rows
    found = unit_rows_gradient(unit_rows(nothing), row_lengths(nothing), gradient)
    assert np.isfinite(found).all()


def test_soft_targets_are_met_when_sentences_resemble_each_other_as_policies_do() -> None:
    """There the gradient vanishes and the loss is the targets' entropy; elsewhere it is more."""
    policies, delta = random_matrix(9, 5, 5), 0.5
    policies = (policies + policies.T) / 2
    target = soft_targets(policies, delta)
    entropy = -(target * np.log(target)).sum(axis=1).mean()
    assert contrastive_loss(policies, delta, target) == pytest.approx(entropy, rel=1e-12)
    np.testing.assert_allclose(contrastive_gradient(policies, delta, target), 0, atol=1e-14)
    for seed in range(10):
        away = policies + 0.1 * random_matrix(seed, 5, 5)
        assert contrastive_loss(away, delta, target) > entropy + 1e-4
    on_from_there = contrastive_gradient(policies, delta)  # the paper's loss would go on pushing
    assert np.abs(on_from_there).max() > 0.01


# Similarity of vectors
def test_cosine_similarity_is_scipys() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(3, 8)), 5 * rng.normal(size=(6, 8))
    np.testing.assert_allclose(cosine_similarity(a, b), 1 - cdist(a, b, "cosine"), rtol=1e-12)
    np.testing.assert_allclose(cosine_similarity(a[1], b), (1 - cdist(a, b, "cosine"))[1])


def test_unit_rows_leave_a_row_of_zeros_alone() -> None:
    rows = unit_rows([[3, 4], [0, 0], [0, -2]])
    assert rows.tolist() == [[0.6, 0.8], [0, 0], [0, -1]]


# What was trained
@pytest.mark.parametrize(("centre", "unit_length"), list(product((True, False), (True, False))))
def test_projecting_by_hand(centre: bool, unit_length: bool) -> None:
    sentences, policies = pairs(6)
    settings = AlignmentSettings("cosine", "soft", centre, unit_length, 0.5, 3, 0.1, 7)
    fitted = align(sentences, policies, settings, seed=5)
    rng = np.random.default_rng(5)
    for vectors, project, tower in (
        (sentences, fitted.project_sentences, fitted.sentence_tower),
        (policies, fitted.project_policies, fitted.policy_tower),
    ):
        start = rng.standard_normal((vectors.shape[1], 7)) / math.sqrt(vectors.shape[1])
        np.testing.assert_array_equal(tower.start, start)
        mean = vectors.mean(axis=0) if centre else 0 * vectors[0]

        def prepared(rows: np.ndarray, mean: np.ndarray = mean) -> np.ndarray:
            rows = rows - mean
            lengths = [math.sqrt(sum(row * row)) if unit_length else 1.0 for row in rows]
            return rows / np.array(lengths)[:, None]

        bases, new = prepared(vectors), prepared(vectors + 0.1)
        matrix = start + sum(np.outer(bases[i], tower.mixture[i]) for i in range(N))
        np.testing.assert_allclose(tower.matrix, matrix, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(project(vectors + 0.1), new @ matrix, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(project(vectors[2] + 0.1), new[2] @ matrix, rtol=1e-9)
    new = sentences[:2] + 0.1
    expected = 1 - cdist(
        fitted.project_sentences(new), fitted.project_sentences(sentences), "cosine"
    )
    np.testing.assert_allclose(fitted.similarity(new, sentences), expected, rtol=1e-9)
    np.testing.assert_allclose(fitted.similarity(new[1], sentences), expected[1], rtol=1e-9)


def test_a_tower_draws_its_start_again_and_does_not_keep_a_policys() -> None:
    """It is most of an alignment: only who asks for it has it."""
    fitted = align(*pairs(2), AlignmentSettings(dimension=3), seed=1)
    arrays = [part.size for part in vars(fitted.policy_tower).values() if np.ndim(part)]
    assert max(arrays) <= N * P
    tower = fitted.policy_tower
    again = Tower(tower.inputs, tower.mean, True, tower.mixture, tower.at_start, tower.rng)
    assert (again.start == tower.start).all()
    np.testing.assert_allclose(tower.inputs @ tower.start, tower.at_start, rtol=1e-12)


# Settings
def test_the_papers_readings() -> None:
    assert (PAPER_BOX.similarity, PAPER_TEXT.similarity) == ("dot", "cosine")
    for settings in (PAPER_BOX, PAPER_TEXT):
        assert (settings.targets, settings.centre) == ("identity", False)
        assert settings.unit_length
        assert (settings.temperature, settings.steps) == (0.5, 300)


def test_identity_targets_differ_from_the_repaired_alignment_in_what_was_chosen_for_them() -> None:
    chosen = {"targets": "identity"} | {
        name: getattr(IDENTITY, name) for name in ("temperature", "learning_rate", "steps")
    }
    assert replace(AlignmentSettings(), **chosen) == IDENTITY


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"similarity": "euclid"}, "similarity is 'cosine' or 'dot'"),
        ({"targets": "hard"}, "targets is 'identity' or 'soft'"),
        ({"temperature": 0.0}, "temperature is positive"),
        ({"temperature": -1.0}, "temperature is positive"),
        ({"temperature": float("nan")}, "temperature is positive"),
        ({"temperature": float("inf")}, "temperature is positive and finite; got inf"),
        ({"steps": -1}, "steps is 0 or more"),
        ({"dimension": 0}, "dimension 1 or more"),
        ({"learning_rate": 0.0}, "learning_rate positive"),
        ({"learning_rate": float("nan")}, "learning_rate positive"),
        ({"learning_rate": float("inf")}, r"learning_rate positive and finite; got .* inf"),
    ],
)
def test_settings_that_cannot_be(choice: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AlignmentSettings(**choice)
