"""Rounding of all numbers before something is chosen or judged by them, or they are shown.

Processors differ in the last bit of a product, a norm or an exponential. So whatever asks for the
highest, for "at least as high", or for digits to print, asks it of rounded numbers: then every
machine gives the same answer, and two numbers that are equal on paper are a tie everywhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cliprl_lite._arrays import FloatArray, IntArray

DECIMALS = 6
"""Decimals that count. Differences between processors are a million times smaller."""


def rounded(values: ArrayLike, decimals: int = DECIMALS) -> FloatArray:
    """Numbers to 6 decimals, with no minus before a zero; the shape stays.

    Example: two weights that are equal on paper, and a sum that should be zero.
        >>> shape, colour = 0.9999999999999999, 1.0000000000000002
        >>> shape >= colour, bool(rounded(shape) >= rounded(colour))
        (False, True)
        >>> print(f"{0.1 + 0.2 - 0.3 - 1e-16:.2f}", f"{-1e-17:.2f}", f"{rounded(-1e-17):.2f}")
        -0.00 -0.00 0.00
    """
    numbers = np.array(values, dtype=np.float64)
    np.round(numbers, decimals, out=numbers)
    numbers += 0.0  # a minus zero becomes zero
    return numbers


def favourites(similarity: ArrayLike) -> IntArray:
    """Which other row each row resembles most: the column of each row's highest entry off the
    diagonal, after rounding, and the first of them if several are highest.

    Args:
        similarity: shape `[N, N]`, N ≥ 2.

    Returns:
        Shape `[N]`.

    Example: the first row's 0.7 and 0.7 differ in the last bit only.
        >>> favourites([[1.0, 0.7, 0.7000000000000001], [0.7, 1.0, 0.2], [0.7, 0.2, 1.0]]).tolist()
        [1, 0, 0]
    """
    values = rounded(similarity)
    np.fill_diagonal(values, -np.inf)
    return values.argmax(axis=1)
