"""Alignments trained by Adam (Kingma & Ba 2015), many side by side.

`reference_alignment` does the same with torch, and a test holds the two together. A multiverse
trains a hundred thousand of them, which torch would take a day for: here a step passes over each
tower once. Adam scales every number of a tower by itself, so that the short cut of plain descent,
N × N numbers in place of towers, does not exist for it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from cliprl_lite._arrays import FloatArray
from cliprl_lite.transfer.alignment import (
    AlignmentSettings,
    random_projection,
    row_lengths,
    unit_rows,
    unit_rows_gradient,
)
from cliprl_lite.transfer.contrastive_loss import loss_and_gradient

DECAY, DECAY_OF_SQUARES, EPSILON = 0.9, 0.999, 1e-8
"""β₁, β₂ and ε, as Kingma & Ba propose."""


# NumPy's rule for a division by zero: to check each divisor, as Python does, takes half the time.
@njit(error_model="numpy")
def adam_step(
    towers: FloatArray,
    means: FloatArray,
    squares: FloatArray,
    inputs: FloatArray,
    gradients: FloatArray,
    rate: float,
    step: int,
    projected: FloatArray,
) -> None:
    """One step of B towers, `[B, D, d]`, in place; their inputs `[B, N, D]` are projected anew.

    Args:
        towers, means, squares: W, and the running means of its gradient and of the gradient's
            squares.
        inputs, gradients: X `[B, N, D]` and ∂L/∂a `[B, N, d]`, so that ∂L/∂W = Xᵀ ∂L/∂a.
        rate, step: η, and the number of this step, from 1.
        projected: a = X W after the step, `[B, N, d]`.
    """
    size = rate / (1.0 - DECAY**step)
    root = np.sqrt(1.0 - DECAY_OF_SQUARES**step)
    gradient = np.zeros(towers.shape[2])
    for b in range(towers.shape[0]):
        projected[b] = 0.0
        for i in range(towers.shape[1]):
            gradient[:] = 0.0
            for n in range(inputs.shape[1]):
                add(gradient, inputs[b, n, i], gradients[b, n])
            descend_row(towers[b, i], means[b, i], squares[b, i], gradient, size, root)
            for n in range(inputs.shape[1]):
                add(projected[b, n], inputs[b, n, i], towers[b, i])


@njit(error_model="numpy")
def descend_row(
    row: FloatArray, means: FloatArray, squares: FloatArray, gradient: FloatArray,
    size: float, root: float,
) -> None:  # fmt: skip
    """Algorithm 1 of Kingma & Ba for one row of a tower, `[d]`."""
    for j in range(row.size):
        mean = DECAY * means[j] + (1.0 - DECAY) * gradient[j]
        square = DECAY_OF_SQUARES * squares[j] + (1.0 - DECAY_OF_SQUARES) * gradient[j] ** 2
        means[j], squares[j] = mean, square
        row[j] -= size * mean / (np.sqrt(square) / root + EPSILON)


@njit(error_model="numpy")
def add(to: FloatArray, factor: float, row: FloatArray) -> None:
    """Add a multiple of a row to another, `[d]`."""
    for j in range(to.size):
        to[j] += factor * row[j]


def train(
    sentences: FloatArray,
    policies: FloatArray,
    new: Sequence[FloatArray],
    settings: Sequence[AlignmentSettings],
    marks: Sequence[int],
    rngs: Sequence[np.random.Generator],
) -> list[list[FloatArray | None]]:
    """The scores of new sentences after several numbers of steps, for B trainings side by side.

    Args:
        sentences, policies: of the base tasks, `[B, N, E]` and `[B, N, P]`.
        new: the new sentences of each training, `[K, E]`.
        settings: of each training; similarity, learning rate and dimension are the same in all,
            and the targets are the identity.
        marks: numbers of steps, ascending.
        rngs: draw the towers' random start, one for each training.

    Returns:
        For each training, and for each mark: scores `[K, N]`, or None if the loss was no finite
        number by then.
    """
    cosine = settings[0].similarity == "cosine"
    delta = np.array([own.temperature for own in settings])[:, None, None]
    starts = [
        [
            random_projection(rng, rows.shape[2], settings[0].dimension)
            for rows in (sentences, policies)
        ]
        for rng in rngs
    ]
    sides = [
        _Side(vectors, settings, np.stack(start))
        for vectors, start in zip((sentences, policies), zip(*starts, strict=True), strict=True)
    ]
    found: list[list[FloatArray | None]] = [[] for _ in settings]
    sound = np.ones(len(settings), bool)
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(marks[-1] + 1):
            a, b = (side.projected for side in sides)
            far_a, far_b = (row_lengths(a), row_lengths(b)) if cosine else (1.0, 1.0)
            u, v = a / far_a, b / far_b
            loss, g = loss_and_gradient(u @ v.mT, delta)
            sound &= np.isfinite(loss)
            if step in marks:
                for number, scores in enumerate(found):
                    scores.append(sides[0].scores(number, new[number]) if sound[number] else None)
            if step == marks[-1]:
                return found
            gradients = g @ v, g.mT @ u
            if cosine:
                gradients = (
                    unit_rows_gradient(u, far_a, gradients[0]),
                    unit_rows_gradient(v, far_b, gradients[1]),
                )
            for side, gradient in zip(sides, gradients, strict=True):
                adam_step(
                    side.towers, side.means, side.squares, side.inputs,
                    np.ascontiguousarray(gradient), settings[0].learning_rate, step + 1,
                    side.projected,
                )  # fmt: skip
    raise AssertionError("the last mark ends the loop")


class _Side:
    """The towers of one modality, and the base tasks' vectors as they go in."""

    def __init__(
        self, vectors: FloatArray, settings: Sequence[AlignmentSettings], towers: FloatArray
    ) -> None:
        self.settings, self.vectors = settings, vectors
        self.inputs = np.stack(
            [_prepared(rows, rows, own) for rows, own in zip(vectors, settings, strict=True)]
        )
        self.towers, self.means, self.squares = towers, np.zeros_like(towers), np.zeros_like(towers)
        self.projected = self.inputs @ towers

    def scores(self, number: int, new: FloatArray) -> FloatArray:
        """The cosines of new vectors and the base tasks', projected: `[K, N]`."""
        own, rows, tower = self.settings[number], self.vectors[number], self.towers[number]
        said = unit_rows(_prepared(new, rows, own) @ tower)
        return said @ unit_rows(self.inputs[number] @ tower).T


def _prepared(vectors: FloatArray, bases: FloatArray, settings: AlignmentSettings) -> FloatArray:
    rows = vectors - bases.mean(axis=0) if settings.centre else vectors
    return unit_rows(rows) if settings.unit_length else np.array(rows)
