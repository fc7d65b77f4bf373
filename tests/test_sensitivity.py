"""A shake of the last bit, against whole trainings by another road."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import reference_alignment

from cliprl_lite.transfer import sensitivity as stability
from cliprl_lite.transfer.alignment import PAPER_TEXT, AlignmentSettings
from cliprl_lite.transfer.alignment_training import Pairs, align_batch
from cliprl_lite.transfer.sensitivity import SHAKE, SHAKES, sensitivity, shaken

N, E, P = 5, 24, 60
CHAOTIC = replace(PAPER_TEXT, steps=50, learning_rate=1.0, dimension=7)
"""Identity targets, not centred: here 50 steps of η 1 amplify a last bit 10¹¹ times."""


def pairs(seed: int, batch: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sentences = rng.normal(1.0, 1.0, (batch, 1, E)) + rng.normal(0, 0.4, (batch, N, E))
    return sentences, rng.normal(-20.0, 5.0, (batch, N, P))


def test_a_shake_moves_every_number_by_one_part_in_a_thousand_million_million() -> None:
    numbers = Pairs(*(np.random.default_rng(k).normal(size=(3, N, N)) for k in range(5)))
    for part, moved in zip(numbers, shaken(numbers), strict=True):
        assert moved.shape == (1 + SHAKES, 3, N, N)
        assert (moved[0] == part).all()
        shares = moved[1:] / part - 1
        assert np.abs(np.abs(shares) / SHAKE - 1).max() < 0.5  # to the bits that there are
        assert len({signs.tobytes() for signs in np.sign(shares[:, 0])}) == SHAKES
        assert (np.sign(shares) == np.sign(shares[:, :1])).all()


def test_it_is_small_where_a_training_is_stable_and_large_where_it_is_not() -> None:
    sentences, policies = pairs(1, 6)
    steady = replace(AlignmentSettings(), dimension=7)
    for settings, low, high in ((steady, 0, 1e-12), (CHAOTIC, 1e-9, 2)):
        fitted = align_batch(sentences, policies, settings, range(6))
        moved = sensitivity(fitted, sentences[:, 0] + 0.2)
        assert moved.shape == (6,)
        assert low < np.median(moved) < high


def test_one_shake_is_held_against_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stability, "SHAKES", 1)
    sentences, policies = pairs(1, 3)
    fitted = align_batch(sentences, policies, CHAOTIC, range(3))
    assert (sensitivity(fitted, sentences[:, 0] + 0.2) > 1e-12).all()


def test_whole_towers_that_start_a_last_bit_away_go_as_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """By torch, with sentences moved by 1e-15 of themselves: the same order of magnitude."""
    sentences, policies = pairs(2, 8)
    new = sentences[:, 0] + 0.2
    moved = sensitivity(align_batch(sentences, policies, CHAOTIC, range(8)), new)

    def scores(b: int, shake: float) -> np.ndarray:
        signs = np.random.default_rng(b).choice([-1, 1], (N, E))
        x = sentences[b] * (1 + shake * signs)
        trained = reference_alignment.train(x, policies[b], CHAOTIC, b)
        return reference_alignment.scores(trained, new[b : b + 1], sentences[b], CHAOTIC)

    its = [np.abs(scores(b, 1e-15) - scores(b, 0.0)).max() for b in range(8)]
    apart = np.log10(moved) - np.log10(its)
    assert abs(np.median(apart)) < 1.5


def test_it_does_not_hang_on_the_batch_and_takes_several_instructions() -> None:
    sentences, policies = pairs(3, 4)
    fitted = align_batch(sentences, policies, CHAOTIC, range(4))
    together = sensitivity(fitted, sentences[:, :2] + 0.2)
    assert (sensitivity(fitted, sentences[:, :2] + 0.2) == together).all()
    for b in range(4):
        each = [sensitivity(fitted[b : b + 1], sentences[b : b + 1, i] + 0.2)[0] for i in range(2)]
        assert together[b] == pytest.approx(max(each), abs=1e-12)  # other products of BLAS


def test_shaken_along_is_shaken_afterwards_bit_for_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """And neither changes the training itself, nor is anything trained twice."""
    sentences, policies = pairs(6, 4)
    alone, along = (
        align_batch(sentences, policies, CHAOTIC, range(4), shake) for shake in (None, shaken)
    )
    for mine, its in zip(along, alone, strict=True):
        assert mine.losses.tobytes() == its.losses.tobytes()
        for side in ("sentence_tower", "policy_tower"):
            assert getattr(mine, side).mixture.tobytes() == getattr(its, side).mixture.tobytes()
    said = sentences[:, 0] + 0.2
    afterwards = sensitivity(alone, said)
    assert (sensitivity([along[0], *alone[1:]], said) == afterwards).all()
    monkeypatch.delattr(stability, "descend")
    assert (sensitivity(along, said) == afterwards).all()


def test_nothing_is_amplified_before_the_first_step() -> None:
    sentences, policies = pairs(4, 2)
    fitted = align_batch(sentences, policies, replace(CHAOTIC, steps=0), (0, 1))
    assert (sensitivity(fitted, sentences[:, 0] + 0.2) < 1e-14).all()


def test_all_have_the_same_number_of_steps() -> None:
    sentences, policies = pairs(5, 1)
    some = [align_batch(sentences, policies, replace(CHAOTIC, steps=n), (0,))[0] for n in (1, 2)]
    with pytest.raises(ValueError, match=r"need the same steps; got \[1, 2\]"):
        sensitivity(some, np.repeat(sentences[:, 0], 2, axis=0))
