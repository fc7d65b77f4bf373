"""A training looked at on its way is the training that `align` does, stopped there."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from cliprl_lite.alignment import PAPER_BOX, AlignmentSettings
from cliprl_lite.alignment_training import MARKS, align, align_paths

N, E, P = 5, 24, 60


def pairs(seed: int, *batch: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sentences = rng.normal(1.0, 1.0, (*batch, 1, E)) + rng.normal(0, 0.4, (*batch, N, E))
    return sentences, rng.normal(-20.0, 5.0, (*batch, N, P))


def same(found, expected) -> None:
    assert found.settings == expected.settings
    for name in ("sentence_mean", "sentence_tower", "policy_mean", "policy_tower", "losses"):
        a, b = getattr(found, name), getattr(expected, name)
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    "settings",
    [
        AlignmentSettings(similarity, targets, centre, unit_length, 0.3, 1, 0.01, 7)
        for similarity, targets, centre, unit_length in product(
            ("cosine", "dot"), ("identity", "soft"), (True, False), (True, False)
        )
    ],
    ids=lambda s: f"{s.similarity}-{s.targets}-{s.centre}-{s.unit_length}",
)
def test_each_mark_is_the_training_stopped_there(settings: AlignmentSettings) -> None:
    sentences, policies = pairs(1)
    marks = (0, 1, 4, 25)
    path = align_paths(sentences[None], policies[None], settings, marks, [3])[0]
    assert [fitted.settings.steps for fitted in path] == list(marks)
    for mark, fitted in zip(marks, path, strict=True):
        same(fitted, align(sentences, policies, replace(settings, steps=mark), seed=3))


def test_side_by_side_is_each_alone() -> None:
    """Other pairs and seeds in one batch, of more than fits in one go."""
    sentences, policies = pairs(2, 5)
    paths = align_paths(sentences, policies, PAPER_BOX, (2, 12), seeds=[0, 1, 2, 1, 4])
    for number, (path, seed) in enumerate(zip(paths, (0, 1, 2, 1, 4), strict=True)):
        for mark, fitted in zip((2, 12), path, strict=True):
            expected = replace(PAPER_BOX, steps=mark)
            same(fitted, align(sentences[number], policies[number], expected, seed))


def test_own_settings_if_none_are_given() -> None:
    short = align_paths(*pairs(4, 1), marks=MARKS[:4])[0]
    assert [fitted.settings for fitted in short] == [
        AlignmentSettings(steps=mark) for mark in (0, 1, 2, 3)
    ]


def test_what_is_kept_does_not_change_afterwards() -> None:
    """The towers are trained in place, so that a view of them would be the last one."""
    first, last = align_paths(*pairs(5, 1), marks=(1, 30))[0]
    assert np.abs(first.sentence_tower - last.sentence_tower).max() > 0.01


def test_the_loss_at_a_mark_is_that_of_its_towers() -> None:
    sentences, policies = pairs(6, 1)
    settings = replace(AlignmentSettings(), temperature=0.3, targets="identity")
    for fitted in align_paths(sentences, policies, settings, marks=(0, 3, 9))[0]:
        a = fitted.project_sentences(sentences[0])
        b = fitted.project_policies(policies[0])
        a, b = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (a, b))
        odds = np.exp(a @ b.T / 0.3)
        picked = np.diag(odds) ** 2 / (odds.sum(axis=0) * odds.sum(axis=1))
        assert fitted.losses[-1] == pytest.approx(-np.log(picked).mean() / 2, abs=1e-5)


@pytest.mark.parametrize("settings", [AlignmentSettings(), PAPER_BOX], ids=["cosine", "dot"])
@pytest.mark.parametrize(
    "choice",
    [{"learning_rate": rate} for rate in (1e39, 1e155, 1e300)] + [{"temperature": 1e-310}],
    ids=str,
)
def test_a_training_that_diverges_is_an_error(settings: AlignmentSettings, choice: dict) -> None:
    with pytest.raises(ValueError, match="has diverged; take a learning rate below"):
        align(*pairs(3), replace(settings, **choice))


@pytest.mark.parametrize("marks", [(), (-1, 2), (3, 2), (2, 2)])
def test_marks_ascend(marks: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="each above the last"):
        align_paths(*pairs(7, 1), marks=marks)
