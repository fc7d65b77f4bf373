"""Rounding before a choice: equal on paper is a tie, wherever the last bit falls."""

from __future__ import annotations

import numpy as np
import pytest

from cliprl_lite._rounding import favourites, rounded

JUST_BELOW, JUST_ABOVE = 0.9999999999999999, 1.0000000000000002  # what two processors say of 1


def test_equal_on_paper_is_equal() -> None:
    assert not JUST_BELOW >= JUST_ABOVE
    assert rounded(JUST_BELOW) >= rounded(JUST_ABOVE)
    assert rounded([[JUST_BELOW, 2 / 3]]).tolist() == [[1.0, 0.666667]]


@pytest.mark.parametrize("number", [-0.0, -1e-17, -4.9e-7, 0.1 + 0.2 - 0.3 - 1e-16])
def test_zero_has_no_minus(number: float) -> None:
    assert f"{rounded(number):.2f}" == "0.00"
    assert not np.signbit(rounded([number])).any()


def test_what_is_given_stays_as_it_was() -> None:
    given = np.array([0.12345678])
    rounded(given)
    assert given[0] == 0.12345678
    assert rounded([np.nan, np.inf, -np.inf]).tolist()[1:] == [np.inf, -np.inf]


@pytest.mark.parametrize("first", [JUST_BELOW, JUST_ABOVE])
@pytest.mark.parametrize("second", [JUST_BELOW, JUST_ABOVE])
def test_the_first_of_equal_favourites(first: float, second: float) -> None:
    similarity = np.array([[5.0, first, second], [0.1, 5.0, 0.2], [0.2, 0.1, 5.0]])
    assert favourites(similarity).tolist() == [1, 2, 0]  # and never itself
