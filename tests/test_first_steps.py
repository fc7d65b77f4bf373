"""One step of descent, XᵀY, four sentences: against finite differences and hand-worked cases."""

from __future__ import annotations

import numpy as np
import pytest

from cliprl_lite import contrastive_gradient, contrastive_loss, cosine_similarity, load_suite
from cliprl_lite.transfer.alignment_training import align
from cliprl_lite.transfer.first_steps import (
    STEPS,
    four_first_steps,
    gradient_step,
    suite_first_steps,
    varies_together,
)
from cliprl_lite.transfer.held_out_alignment import RECORD_SETTINGS


def test_a_step_goes_down_the_slope_by_finite_differences() -> None:
    rng = np.random.default_rng(3)
    a, b, t = rng.normal(size=(4, 5)), 3 * rng.normal(size=(4, 5)), rng.dirichlet(np.ones(4), 4)

    def loss(one, other):
        return float(contrastive_loss(cosine_similarity(one, other), 0.4, t))

    slope = contrastive_gradient(cosine_similarity(a, b), 0.4, t)
    found = gradient_step(a, b, slope, 0.3)
    for side, added in enumerate(found):
        for place in np.ndindex(4, 5):
            shift = np.zeros((4, 5))
            shift[place] = 1e-6
            up, down = (
                loss(*(part + sign * shift * (k == side) for k, part in enumerate((a, b))))
                for sign in (1, -1)
            )
            assert added[place] == pytest.approx(-0.3 * (up - down) / 2e-6, abs=1e-8)


def test_steps_are_the_trainings_own() -> None:
    rng = np.random.default_rng(0)
    tau, pi = rng.normal(size=(5, 7)), rng.normal(size=(5, 9))
    fitted = align(tau, pi, RECORD_SETTINGS)
    x, y = fitted.sentence_tower, fitted.policy_tower
    m_x, m_y = np.zeros_like(x.mixture), np.zeros_like(y.mixture)
    for _ in range(20):
        a = x.at_start + x.inputs @ x.inputs.T @ m_x
        b = y.at_start + y.inputs @ y.inputs.T @ m_y
        slope = contrastive_gradient(cosine_similarity(a, b), RECORD_SETTINGS.temperature)
        plus = gradient_step(a, b, slope, RECORD_SETTINGS.learning_rate)
        m_x, m_y = m_x + plus[0], m_y + plus[1]
    again = align(tau, pi, RECORD_SETTINGS.__class__(**{**vars(RECORD_SETTINGS), "steps": 20}))
    np.testing.assert_allclose(m_x, again.sentence_tower.mixture, atol=1e-10)
    np.testing.assert_allclose(m_y, again.policy_tower.mixture, atol=1e-10)


def test_what_varies_together_by_hand() -> None:
    """Colour: 0.6 in the words; 1 in the policies; shape: 0.8 in the words, and alone there."""
    x = np.array([[0.6, 0.8], [0.6, -0.8], [-0.6, 0.8], [-0.6, -0.8]])
    y = np.array([[1.0], [1.0], [-1.0], [-1.0]])
    kinds = {"colour": list("rrbb"), "shape": list("xoxo")}
    found = varies_together(x, y, kinds)
    assert found.features == ("colour", "shape")
    np.testing.assert_allclose(found.words, [0.36, 0.64])
    np.testing.assert_allclose(found.policies, [1, 0])
    np.testing.assert_allclose(found.shared, [[0.6, 0], [0, 0]])
    own = varies_together(x, y * [[1], [-1], [1], [-1]], kinds)  # house C: no word means a room
    assert own.features == ("colour", "shape", "rest")
    np.testing.assert_allclose(own.policies, [0, 0, 1])
    np.testing.assert_allclose(own.shared, 0)


@pytest.mark.parametrize(
    ("x", "y", "kinds", "words"),
    [(np.eye(2), np.eye(3), {}, "2 sentences need 2 policies"),
     (np.eye(2), np.eye(2), {"colour": ["red"]}, "2 sentences need 2 policies"),
     (np.zeros((2, 2)), np.eye(2), {"colour": ["red", "blue"]}, "nothing varies")],
)  # fmt: skip
def test_what_cannot_be_taken_apart_is_refused(x, y, kinds, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        varies_together(x, y, kinds)


def test_the_first_steps_follow_what_varies_together() -> None:
    for loud in (0.3, 0.65, 0.9):
        seen = four_first_steps(loud, 0.0)  # rooms follow colour
        assert seen.alike("colour", 0) == pytest.approx(1 - 2 * loud)
        assert seen.alike("shape", 0) == pytest.approx(2 * loud - 1)
        assert seen.alike("colour", 10) > seen.alike("colour", 0) + 0.3 > seen.alike("shape", 10)
        other = four_first_steps(1 - loud, 1.0)  # the same with colour and shape changed over
        assert other.alike("shape", 3) == pytest.approx(seen.alike("colour", 3))
        assert (np.diff(seen.losses) < 0).all()
        assert seen.policies[0].tolist() == [1, 1, -1, -1]


def test_what_is_loud_and_has_no_partner_stays_where_it_is() -> None:
    seen = four_first_steps(1.0, 0.0)  # the words say the shape only, and the rooms the colour only
    assert (seen.together.shared == 0).all()
    for later in seen.sentences:
        np.testing.assert_array_equal(later, seen.sentences[0])


@pytest.mark.parametrize("shares", [(-0.1, 0), (0, 1.1), (np.nan, 0)])
def test_a_share_outside_is_refused(shares) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        four_first_steps(*shares)


def test_the_real_sixteen_turn_to_what_the_house_follows() -> None:
    a, b = (suite_first_steps(load_suite(name)) for name in ("house_a", "house_b"))
    assert a.sentences.shape == (len(STEPS), 16, 16)
    np.testing.assert_array_equal(a.sentences[0], b.sentences[0])  # the words are the same
    assert a.alike("shape", 0) > a.alike("colour", 0)
    assert a.alike("colour", 3) > 0.5 > 0 > a.alike("shape", 3)
    assert b.alike("shape", 3) > 0.5 > 0 > b.alike("colour", 3)
    colour, shape, rest = a.together.shared.diagonal()
    assert colour > 2 * shape > 4 * rest
    np.testing.assert_array_equal(a.together.shared, np.diag(a.together.shared.diagonal()))
    for side in (a.together.words, a.together.policies):
        assert side.sum() == pytest.approx(1, abs=1e-5)
