"""How far a training amplifies the rounding differences between processors.

Processors differ in the last bit of a product. In most trainings the difference stays that small;
in some it doubles at every step, until scores differ in digits that matter. `sensitivity` measures
this.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from cliprl_lite._arrays import FloatArray
from cliprl_lite.transfer.alignment import Alignment, unit_rows
from cliprl_lite.transfer.alignment_training import Pairs, check_settings, descend

SENSITIVE = 1e-9
"""A training whose scores move by this or more is marked in result tables. Scores are rounded to 6
decimals, so that below it another processor changes one row in a thousand or so."""

SHAKE, SHAKES = 1e-15, 4
"""A shake changes each number by this fraction of itself, and there are so many shakes. Four other
shakes give the same within a factor of 1.5, a single one within 2.5."""


def sensitivity(alignments: Sequence[Alignment], instructions: ArrayLike) -> FloatArray:
    """How far the scores move if the last bits of the training data change.

    Processors differ in the last bit of a product; a training may keep the difference that small,
    or amplify it a millionfold. So each alignment is trained again, four times, from numbers that
    are changed by 1e-15 of themselves, up or down at random; unless that was done along with it,
    as `align_batch` does with `shake=shaken`.

    Args:
        alignments: B trainings of one shape and number of steps.
        instructions: what is scored: sentence vectors, shape `[B, E]`, or `[B, I, E]` for several.

    Returns:
        The largest change of any score d, shape `[B]`. Scores are rounded to 6 decimals before they
        are used: past 5e-7, another processor may give other results.

    Example:
        >>> from cliprl_lite.transfer.alignment_training import align
        >>> trained = align(np.eye(3), np.eye(3))
        >>> bool(sensitivity([trained], np.ones((1, 3)))[0] < 1e-12)
        True
    """
    settings = [one.settings for one in alignments]
    check_settings(settings, len(alignments), "steps")
    x, y = [one.sentence_tower for one in alignments], [one.policy_tower for one in alignments]
    pairs = shaken(Pairs.of(x, y, settings))
    along = [one.shaken for one in alignments if one.shaken is not None]
    if len(along) == len(x):
        m_x = np.stack([[one.mixture, *copies] for one, copies in zip(x, along, strict=True)], 1)
    else:
        [(m_x, _)], _ = descend(pairs, settings, [settings[0].steps])
    bases = unit_rows(pairs.xw + pairs.xx @ m_x)
    moved = []
    for number, (tower, said) in enumerate(zip(x, np.asarray(instructions), strict=True)):
        rows = tower.prepare(np.atleast_2d(said))
        new = rows @ tower.start + (rows @ tower.inputs.T) @ m_x[:, number]
        d = unit_rows(new) @ bases[:, number].mT
        moved.append(np.abs(d[1:] - d[0]).max())
    return np.array(moved)


def shaken(pairs: Pairs) -> Pairs:
    """The pairs and, after them, their shaken copies, along a new first axis: `[1 + 4, …]`."""
    rng, parts = np.random.default_rng(0), []
    for part in pairs:
        up = rng.choice([-1.0, 1.0], (SHAKES, 1, *part.shape[1:]))  # the same for each training
        parts.append(np.concatenate([part[None], part * (1 + SHAKE * up)]))
    return Pairs(*parts)
