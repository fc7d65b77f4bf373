"""Training on N × N numbers, against whole towers in torch; batches, marks, seeds, mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import reference_alignment
from numpy._core._multiarray_umath import __cpu_dispatch__

from cliprl_lite.transfer.alignment import (
    IDENTITY,
    PAPER_BOX,
    PAPER_TEXT,
    Alignment,
    AlignmentSettings,
    cosine_similarity,
)
from cliprl_lite.transfer.alignment_training import (
    MARKS,
    DivergedError,
    align,
    align_batch,
    align_paths,
)

N, E, P = 5, 24, 60
"""Pairs, and the widths of a sentence and of a policy: three different numbers."""


def pairs(seed: int, *batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Sentences that resemble each other and policies far from zero, as in the course."""
    rng = np.random.default_rng(seed)
    sentences = rng.normal(1.0, 1.0, (*batch, 1, E)) + rng.normal(0, 0.4, (*batch, N, E))
    return sentences, rng.normal(-20.0, 5.0, (*batch, N, P))


def stable(similarity: str, targets: str, centre: bool, unit_length: bool) -> AlignmentSettings:
    """A variant of 50 steps that leaves a last bit where it is, at δ 0.5: η 0.3 wherever it can.

    Identity targets on the cosine of what was not centred double it at every step, unless the steps
    are short; and the dot product of raw vectors is so long that longer steps diverge at once.
    """
    eta = 0.3
    if similarity == "dot" and not unit_length:
        eta = 0.001 if centre else 0.0001
    elif (similarity, targets, centre) == ("cosine", "identity", False):
        eta = 0.01
    return AlignmentSettings(similarity, targets, centre, unit_length, 0.5, 50, eta, 7)


VARIANTS = [
    stable(*choice)
    for choice in product(("cosine", "dot"), ("identity", "soft"), (True, False), (True, False))
]
every_variant = pytest.mark.parametrize(
    "settings",
    VARIANTS,
    ids=lambda s: f"{s.similarity}-{s.targets}-{s.centre}-{s.unit_length}",
)


def assert_equal(found: Alignment, expected: Alignment) -> None:
    """To the bit."""
    assert found.settings == expected.settings
    assert found.losses.tobytes() == expected.losses.tobytes()
    for side in ("sentence_tower", "policy_tower"):
        mine, its = getattr(found, side), getattr(expected, side)
        for name in ("inputs", "mean", "mixture", "at_start", "start"):
            assert getattr(mine, name).tobytes() == getattr(its, name).tobytes(), (side, name)


# The same as whole towers
def assert_as_the_reference_trains(
    sentences: np.ndarray, policies: np.ndarray, fitted: Alignment, seed: int
) -> None:
    settings = fitted.settings
    expected = reference_alignment.train(sentences, policies, settings, seed)
    close = {"rtol": 0, "atol": 1e-10}
    np.testing.assert_allclose(fitted.losses, expected.losses, **close)
    np.testing.assert_allclose(fitted.sentence_tower.matrix, expected.sentence_tower, **close)
    np.testing.assert_allclose(fitted.policy_tower.matrix, expected.policy_tower, **close)
    new = np.concatenate([sentences[:2] + 0.2, sentences.mean(axis=0, keepdims=True) + 1.0])
    scores = reference_alignment.scores(expected, new, sentences, settings)
    np.testing.assert_allclose(fitted.similarity(new, sentences), scores, **close)


@every_variant
def test_it_is_gradient_descent_on_whole_towers(settings: AlignmentSettings) -> None:
    sentences, policies = pairs(1)
    fitted = align(sentences, policies, settings, seed=4)
    assert_as_the_reference_trains(sentences, policies, fitted, 4)
    assert fitted.losses[-1] < fitted.losses[0]


@every_variant
def test_so_is_each_of_a_batch(settings: AlignmentSettings) -> None:
    sentences, policies = pairs(2, 3)
    for b, fitted in enumerate(align_batch(sentences, policies, settings, [5, 6, 7])):
        assert_as_the_reference_trains(sentences[b], policies[b], fitted, 5 + b)


@every_variant
def test_rows_of_zeros_stay_zero(settings: AlignmentSettings) -> None:
    """A sentence and a policy that are the mean, or nothing at all, have no direction. What cannot
    be told apart makes descent less stable: the steps are a tenth as long."""
    settings = replace(settings, learning_rate=settings.learning_rate / 10)
    sentences, policies = (
        np.round(side) for side in pairs(3)
    )  # the mean is exact, so that zero is
    sentences[2] = sentences[[0, 1, 3, 4]].sum(axis=0) / 4 if settings.centre else 0
    policies[4] = policies[:4].sum(axis=0) / 4 if settings.centre else 0
    fitted = align(sentences, policies, settings, seed=4)
    assert (fitted.project_sentences(sentences)[2] == 0).all()
    assert (fitted.project_policies(policies)[4] == 0).all()
    assert (fitted.similarity(sentences, sentences)[2] == 0).all()
    expected = reference_alignment.train(sentences, policies, settings, 4)
    np.testing.assert_allclose(fitted.losses, expected.losses, rtol=0, atol=1e-10)
    for tower, its in zip(
        (fitted.sentence_tower, fitted.policy_tower),
        (expected.sentence_tower, expected.policy_tower),
        strict=True,
    ):
        np.testing.assert_allclose(tower.matrix, its, rtol=0, atol=1e-10)


@every_variant
def test_the_history_begins_before_the_first_step(settings: AlignmentSettings) -> None:
    fitted = align(*pairs(2), settings, seed=4)
    untrained = align(*pairs(2), replace(settings, steps=0), seed=4)
    assert fitted.losses.shape == (settings.steps + 1,)
    assert untrained.losses.tolist() == [fitted.losses[0]]
    assert (untrained.sentence_tower.mixture == 0).all()
    assert (untrained.policy_tower.mixture == 0).all()


@pytest.mark.parametrize("settings", [AlignmentSettings(), IDENTITY, PAPER_BOX, PAPER_TEXT])
def test_the_first_step_follows_what_sentences_and_policies_vary_in_together(
    settings: AlignmentSettings,
) -> None:
    """∂L/∂W = Xᵀ ∂L/∂a: the tower's first step, by finite differences of torch's loss."""
    sentences, policies = pairs(4)
    one = align(sentences, policies, replace(settings, steps=1), seed=2)
    expected = reference_alignment.train(sentences, policies, replace(settings, steps=1), 2)
    step = one.sentence_tower.matrix - one.sentence_tower.start
    assert np.linalg.matrix_rank(step, tol=1e-9) <= N
    np.testing.assert_allclose(
        step, expected.sentence_tower - one.sentence_tower.start, rtol=0, atol=1e-12
    )


def test_towers_start_as_random_projections_of_the_asked_width() -> None:
    start = align(*pairs(0), AlignmentSettings(steps=0, dimension=400), seed=1)
    for tower, width in ((start.sentence_tower, E), (start.policy_tower, P)):
        assert tower.start.shape == (width, 400)
        assert tower.start.std() == pytest.approx(width**-0.5, rel=0.02)
        assert abs(tower.start.mean()) < 0.01


# What the settings do
def test_inputs_at_unit_length_do_not_know_how_long_they_were() -> None:
    sentences, policies = pairs(6)
    for unit_length in (True, False):
        settings = AlignmentSettings(steps=3, centre=False, unit_length=unit_length)
        short = align(sentences, policies, settings).project_policies(policies)
        long = align(sentences, 10 * policies, settings).project_policies(10 * policies)
        assert np.allclose(short, long) is unit_length


@pytest.mark.parametrize(("similarity", "scale_matters"), [("cosine", False), ("dot", True)])
def test_only_a_dot_product_knows_the_length_of_its_vectors(
    similarity: str, scale_matters: bool
) -> None:
    """Long training with a dot product lengthens the projections and undoes the temperature."""
    settings = AlignmentSettings(similarity, "identity", temperature=2.0, steps=300)
    sentences, policies = pairs(4)
    before = align(sentences, policies, replace(settings, steps=0)).project_sentences(sentences)
    after = align(sentences, policies, settings).project_sentences(sentences)
    growth = np.linalg.norm(after, axis=1).mean() / np.linalg.norm(before, axis=1).mean()
    assert bool(growth > 1.5) is scale_matters


@pytest.mark.parametrize("centre", [True, False])
def test_centring_takes_the_mean_away_from_both_sides(centre: bool) -> None:
    """A common offset changes nothing if centred, and does if not."""
    sentences, policies = pairs(5)
    settings = AlignmentSettings(centre=centre, steps=10)
    plain = align(sentences, policies, settings)
    moved = align(sentences + 0.7, policies + 30, settings)
    expected = sentences.mean(axis=0), policies.mean(axis=0)
    if not centre:
        expected = np.zeros(E), np.zeros(P)
    np.testing.assert_allclose(plain.sentence_tower.mean, expected[0], rtol=1e-12)
    np.testing.assert_allclose(plain.policy_tower.mean, expected[1], rtol=1e-12)
    new = sentences[0] + 0.3 * np.random.default_rng(0).normal(size=E)
    same = np.allclose(
        plain.similarity(new, sentences), moved.similarity(new + 0.7, sentences + 0.7), atol=1e-9
    )
    assert same is centre


def test_training_learns_which_sentences_belong_together() -> None:
    """Two groups of policies; one coordinate of a sentence says its group, a louder one misleads.
    A new sentence then resembles those of its group, which its raw cosine does not see."""
    rng = np.random.default_rng(0)
    group, noise = np.array([0, 1, 0, 1, 0, 1]), np.array([0, 0, 1, 1, 2, 2])
    sentences = 0.05 * rng.normal(size=(6, E))
    sentences[:, 0] += 0.5 * group
    sentences[range(6), 1 + noise] += 1
    policies = rng.normal(size=(2, P))[group] + 0.1 * rng.normal(size=(6, P))
    new = np.zeros((2, E))
    new[:, 0] = (0.0, 0.5)
    new[:, 1] = 1
    aligned = align(sentences, policies).similarity(new, sentences)
    raw = cosine_similarity(new, sentences)
    for wanted in (0, 1):
        right = group == wanted
        assert aligned[wanted][right].min() > aligned[wanted][~right].max()
        assert raw[wanted][right].min() < raw[wanted][~right].max()


# Marks
@every_variant
def test_each_mark_is_the_training_stopped_there(settings: AlignmentSettings) -> None:
    sentences, policies = pairs(1)
    marks = (0, 1, 4, 25)
    path = align_paths(sentences[None], policies[None], settings, marks, [3])[0]
    assert [fitted.settings.steps for fitted in path] == list(marks)
    for mark, fitted in zip(marks, path, strict=True):
        assert_equal(fitted, align(sentences, policies, replace(settings, steps=mark), seed=3))


def test_own_settings_if_none_are_given() -> None:
    short = align_paths(*pairs(4, 1), marks=MARKS[:4])[0]
    assert [fitted.settings for fitted in short] == [
        AlignmentSettings(steps=mark) for mark in (0, 1, 2, 3)
    ]


def test_the_loss_at_a_mark_is_that_of_its_towers() -> None:
    sentences, policies = pairs(6, 1)
    settings = replace(AlignmentSettings(), temperature=0.3, targets="identity")
    for fitted in align_paths(sentences, policies, settings, marks=(0, 3, 9))[0]:
        a = fitted.project_sentences(sentences[0])
        b = fitted.project_policies(policies[0])
        a, b = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (a, b))
        odds = np.exp(a @ b.T / 0.3)
        picked = np.diag(odds) ** 2 / (odds.sum(axis=0) * odds.sum(axis=1))
        assert fitted.losses[-1] == pytest.approx(-np.log(picked).mean() / 2, abs=1e-12)


# Batches, machines, randomness
@pytest.mark.parametrize("shape", [(5, 24, 60, 7), (4, 384, 2_500, 64), (15, 384, 592, 64)])
@pytest.mark.parametrize("settings", [AlignmentSettings(), PAPER_BOX, PAPER_TEXT])
def test_a_batch_is_each_alone_to_the_bit(
    settings: AlignmentSettings, shape: tuple[int, int, int, int]
) -> None:
    n, sentence, policy, width = shape
    rng = np.random.default_rng(7)
    x, y = rng.normal(1, 1, (9, n, sentence)), rng.normal(-20, 5, (9, n, policy))
    own = replace(settings, steps=20, dimension=width)
    for b, fitted in enumerate(align_batch(x, y, own, range(9))):
        assert_equal(fitted, align(x[b], y[b], own, seed=b))


def test_equal_seeds_start_alike_wherever_they_stand() -> None:
    """Towers that start alike are drawn once if they stand side by side; nobody can tell."""
    sentences, policies = pairs(3, 5)
    settings, seeds = AlignmentSettings(steps=5), [3, 3, 4, 3, 3]
    fitted = align_batch(sentences, policies, settings, seeds)
    for number, (one, seed) in enumerate(zip(fitted, seeds, strict=True)):
        assert_equal(one, align(sentences[number], policies[number], settings, seed))


def test_each_may_have_settings_of_its_own() -> None:
    sentences, policies = pairs(2, 6)
    settings = [
        replace(AlignmentSettings(), targets=targets, temperature=delta, learning_rate=eta)
        for targets, (delta, eta) in product(("identity", "soft"), ((0.2, 1.0), (1, 0.3), (2, 3)))
    ]
    settings[2], settings[4] = (
        replace(settings[2], centre=False),
        replace(settings[4], unit_length=False),
    )
    paths = align_paths(sentences, policies, settings, (2, 12), seeds=[0, 1, 2, 1, 4, 5])
    for number, (path, seed) in enumerate(zip(paths, (0, 1, 2, 1, 4, 5), strict=True)):
        for mark, fitted in zip((2, 12), path, strict=True):
            expected = replace(settings[number], steps=mark)
            assert_equal(fitted, align(sentences[number], policies[number], expected, seed))


@pytest.mark.parametrize(
    "machine",
    [
        {"OPENBLAS_CORETYPE": "Nehalem", "OPENBLAS_NUM_THREADS": "1"},
        {"NPY_DISABLE_CPU_FEATURES": " ".join(__cpu_dispatch__)},
    ],
    ids=["another BLAS kernel", "NumPy without its faster paths"],
)
def test_another_kind_of_processor_gives_the_same_six_decimals(
    machine: dict[str, str], run_python: Callable[..., str], tmp_path: Path
) -> None:
    code = """
import json, sys
import numpy as np
from cliprl_lite.transfer.alignment import IDENTITY, AlignmentSettings
from cliprl_lite.transfer.alignment_training import align
data = np.load(sys.argv[1])
print(json.dumps([
    align(data["sentences"], data["policies"], settings, seed=2)
    .similarity(data["sentences"] + 0.2, data["sentences"]).round(6).tolist()
    for settings in (AlignmentSettings(), IDENTITY)
]))
"""
    sentences, policies = pairs(8)
    np.savez(tmp_path / "pairs.npz", sentences=sentences, policies=policies)
    here = [
        align(sentences, policies, settings, seed=2)
        .similarity(sentences + 0.2, sentences)
        .round(6)
        .tolist()
        for settings in (AlignmentSettings(), IDENTITY)
    ]
    assert json.loads(run_python(code, tmp_path / "pairs.npz", **machine)) == here


def test_the_seed_is_the_only_randomness() -> None:
    first = align(*pairs(9), seed=3)
    np.random.seed(99)  # noqa: NPY002
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    assert_equal(align(*pairs(9), seed=3), first)
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    rng = np.random.default_rng(3)
    assert_equal(align(*pairs(9), seed=rng), first)
    other = align(*pairs(9), seed=4)
    again = align(*pairs(9), seed=rng)  # a generator goes on from where it was
    for fitted in (other, again):
        assert not np.allclose(fitted.sentence_tower.matrix, first.sentence_tower.matrix)
        assert not np.allclose(fitted.policy_tower.matrix, first.policy_tower.matrix)


def test_training_leaves_its_inputs_alone() -> None:
    sentences, policies = pairs(10)
    kept = sentences.copy(), policies.copy()
    align(sentences, policies)
    assert (sentences == kept[0]).all()
    assert (policies == kept[1]).all()


def test_nothing_here_needs_torch(run_python: Callable[..., str]) -> None:
    code = """
import sys
sys.modules["torch"] = None
import numpy as np
from cliprl_lite import align, contrastive_loss
scores = align(np.eye(3), np.eye(3)).similarity(np.eye(3)[0], np.eye(3))
print(scores.argmax(), contrastive_loss(np.eye(2), 1.0) > 0)
"""
    assert run_python(code).split() == ["0", "True"]


# What cannot be
@pytest.mark.parametrize(
    ("sentences", "policies", "message"),
    [
        (np.ones((4, E)), np.ones((5, P)), "come in pairs"),
        (np.ones(E), np.ones(P), "come in pairs"),
        (np.ones((1, E)), np.ones((1, P)), "at least two pairs"),
        (np.full((3, E), np.nan), np.ones((3, P)), "not finite"),
        (np.ones((3, E)), np.full((3, P), np.inf), "not finite"),
    ],
)
def test_pairs_that_cannot_be(sentences: np.ndarray, policies: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        align(sentences, policies)


@pytest.mark.parametrize(
    ("settings", "choice"),
    [
        *((PAPER_BOX, {"learning_rate": rate}) for rate in (1e39, 1e155, 1e300)),
        (AlignmentSettings(), {"learning_rate": 1e300}),  # rows too long for a cosine
        *((settings, {"temperature": 1e-310}) for settings in (PAPER_BOX, AlignmentSettings())),
    ],
)
def test_a_training_that_diverges_is_an_error(settings: AlignmentSettings, choice: dict) -> None:
    with pytest.raises(ValueError, match=r"training 0 diverged: .* take a learning_rate below"):
        align(*pairs(3), replace(settings, **choice))


@pytest.mark.parametrize("marks", [(), (-1, 2), (3, 2), (2, 2)])
def test_marks_ascend(marks: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="each above the last"):
        align_paths(*pairs(7, 1), marks=marks)


def test_steps_that_are_too_long_are_told_of() -> None:
    """Raw dot products at a large η: one of two trainings doubles until no number is left."""
    long = AlignmentSettings("dot", "identity", False, False, 0.07, 300, 1.0)
    settings = [replace(long, learning_rate=1e-6), long]
    with pytest.raises(DivergedError, match=r"training 1 diverged: .* below 1\.0 or a higher temp"):
        align_paths(*pairs(7, 2), settings, (300,), [0, 1])


def test_every_alignment_of_a_batch_has_its_seed_and_its_settings() -> None:
    with pytest.raises(ValueError, match="3 alignments need as many seeds; got 2"):
        align_batch(*pairs(0, 3), seeds=(0, 1))
    with pytest.raises(ValueError, match="3 alignments need one setting, or 3 of them; got 2"):
        align_paths(*pairs(0, 3), [PAPER_BOX] * 2, seeds=(0, 1, 2))
    with pytest.raises(ValueError, match=r"need the same similarity; got \['cosine', 'dot'\]"):
        align_paths(*pairs(0, 2), [PAPER_BOX, PAPER_TEXT], seeds=(0, 1))


def test_one_generator_does_not_serve_two_alignments() -> None:
    """They are trained side by side: who draws first would be chance."""
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"a generator of its own: give rng\.spawn\(n\)"):
        align_batch(*pairs(0, 3), seeds=[rng, 5, rng])
    settings = AlignmentSettings(steps=1)
    first, second = (
        align_batch(*pairs(0, 3), settings, np.random.default_rng(0).spawn(3)) for _ in range(2)
    )
    for a, b in zip(first, second, strict=True):
        assert_equal(a, b)


def test_numbers_of_numpy_are_numbers_of_steps() -> None:
    """As `np.arange` gives them."""
    x = np.eye(3)[None]
    found = align_paths(x, x, marks=np.arange(0, 6, 2))[0]  # type: ignore[arg-type]
    assert [one.settings.steps for one in found] == [0, 2, 4]
    assert AlignmentSettings(steps=np.int64(5), dimension=np.int32(3)).steps == 5
    with pytest.raises(ValueError, match="whole"):
        AlignmentSettings(steps=5.0)  # type: ignore[arg-type]
