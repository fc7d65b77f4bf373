"""Training an alignment: Step 2 of the paper's Algorithm 2, by gradient descent on N × N numbers.

A tower W brings the base tasks' inputs X `[N, E]` to a = X W. Its gradient is Xᵀ ∂L/∂a, a mixture
of the inputs, so that descent from W₀ never leaves W₀ + Xᵀ M, with M `[N, d]`. This gives

    a = X W₀ + (X Xᵀ) M,    M ← M − η ∂L/∂a,    and likewise for the policies.

So no array in the loop is as long as a sentence or policy vector, and several trainings are one
more axis of its arrays. Nothing is approximated: it is gradient descent on the towers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cliprl_lite._arrays import FloatArray
from cliprl_lite.transfer.alignment import (
    Alignment,
    AlignmentSettings,
    Tower,
    random_projection,
    row_lengths,
    unit_rows,
    unit_rows_gradient,
)
from cliprl_lite.transfer.contrastive_loss import loss_and_gradient, soft_targets

Seeds = Sequence[int | np.random.Generator]

MARKS = (0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 300, 1000, 3000)
"""Numbers of steps after which a training is recorded: close together where most happens."""


class DivergedError(ValueError):
    """The steps of a training were too long: its loss is no longer a finite number.

    Example: a raw dot product at a learning rate that suits cosines.
        >>> settings = AlignmentSettings("dot", "identity", False, False, 0.1, 300, 1.0)
        >>> align(np.eye(3) + 2, 9 * np.eye(3) - 20, settings)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        cliprl_lite.transfer.alignment_training.DivergedError: training 0 diverged: after ...
    """


def align(
    sentences: ArrayLike,
    policies: ArrayLike,
    settings: AlignmentSettings | None = None,
    seed: int | np.random.Generator = 0,
) -> Alignment:
    """Train the two towers on N pairs (Algorithm 2, Step 2).

    Args:
        sentences: τ(lᵢ), shape `[N, E]`.
        policies: nn(πᵢ), shape `[N, P]`, in the same order.
        settings: the open choices; this project's own if None.
        seed: of the towers' random start.

    Raises:
        ValueError: if shapes disagree or a value is not finite.
        DivergedError: if the loss is no longer a finite number.

    Example: two sentences that are nearly the same belong to opposite policies.
        >>> trained = align([[1.0, 0.1], [1.0, -0.1]], [[3.0, 0.0], [0.0, 3.0]])
        >>> bool(trained.losses[0] > trained.losses[-1])
        True
        >>> int(trained.similarity([1.0, 0.2], [[1.0, 0.1], [1.0, -0.1]]).argmax())
        0
    """
    return align_batch(np.asarray(sentences)[None], np.asarray(policies)[None], settings, [seed])[0]


def align_batch(
    sentences: ArrayLike,
    policies: ArrayLike,
    settings: AlignmentSettings | None = None,
    seeds: Seeds = (0,),
    shake: Callable[[Pairs], Pairs] | None = None,
) -> list[Alignment]:
    """Train B independent alignments of one shape at once; each is what `align` gives, to the bit.

    Args:
        sentences: shape `[B, N, E]`.
        policies: shape `[B, N, P]`.
        settings: shared by all.
        seeds: one per alignment.
        shake: copies the numbers, to be trained along; only `sensitivity.shaken` does.

    Raises:
        ValueError, DivergedError: as for `align`.

    Example:
        >>> sentences, policies = np.ones((2, 3, 4)), np.ones((2, 3, 8))
        >>> len(align_batch(sentences, policies, AlignmentSettings(steps=1), seeds=[0, 1]))
        2
    """
    settings = settings or AlignmentSettings()
    paths = align_paths(sentences, policies, settings, (settings.steps,), seeds, shake)
    return [path[0] for path in paths]


def align_paths(
    sentences: ArrayLike,
    policies: ArrayLike,
    settings: AlignmentSettings | Sequence[AlignmentSettings] | None = None,
    marks: Sequence[int] = MARKS,
    seeds: Seeds = (0,),
    shake: Callable[[Pairs], Pairs] | None = None,
) -> list[list[Alignment]]:
    """B trainings at once: the alignment of each after several numbers of steps.

    Args:
        sentences: shape `[B, N, E]`.
        policies: shape `[B, N, P]`.
        settings: shared by all, or one for each; similarity and dimension are the same in all.
            Their own numbers of steps are ignored.
        marks: numbers of steps, ascending.
        seeds: one per training.
        shake: as for `align_batch`.

    Returns:
        For each training, and for each mark: what `align` gives with that number of steps.

    Raises:
        ValueError, DivergedError: as for `align`, or if the marks do not ascend.

    Example:
        >>> start, later = align_paths(np.eye(3)[None], np.eye(3)[None], marks=(0, 4))[0]
        >>> start.losses.shape, later.losses.shape, later.settings.steps
        ((1,), (5,), 4)
    """
    sentences = np.asarray(sentences, dtype=np.float64)
    policies = np.asarray(policies, dtype=np.float64)
    _check_pairs(sentences, policies, seeds)
    if len(marks) == 0 or marks[0] < 0 or list(marks) != sorted(set(marks)):
        raise ValueError(f"marks are numbers of steps, each above the last; got {list(marks)}")
    if settings is None or isinstance(settings, AlignmentSettings):
        settings = [settings or AlignmentSettings()] * len(seeds)
    check_settings(settings, len(seeds))

    rngs: list[np.random.Generator] = []
    for number, seed in enumerate(seeds):
        again = number > 0 and seed == seeds[number - 1]  # the same start, which is drawn once
        rngs.append(rngs[-1] if again else np.random.default_rng(seed))
    x, y = (_untrained(vectors, settings, rngs) for vectors in (sentences, policies))
    pairs = Pairs.of(x, y, settings)
    pairs = shake(pairs) if shake else Pairs(*(part[None] for part in pairs))
    trained, [losses, *_] = descend(pairs, settings, marks)
    _check_losses(losses, settings)
    return [
        [
            Alignment(
                replace(own, steps=mark),
                replace(x[number], mixture=m_x[0]),
                replace(y[number], mixture=m_y[0]),
                losses[number, : mark + 1],
                m_x[1:] if shake else None,
            )
            for mark, mixtures in zip(marks, trained, strict=True)
            for m_x, m_y in (mixtures[:, :, number],)
        ]
        for number, own in enumerate(settings)
    ]


class Pairs(NamedTuple):
    """The arrays of the loop. Their leading axes are trainings, and shaken copies of them."""

    xw: FloatArray  # X W₀, shape […, N, d]
    yv: FloatArray  # Y V₀
    xx: FloatArray  # X Xᵀ, shape […, N, N]
    yy: FloatArray  # Y Yᵀ
    t: FloatArray  # T, the targets

    @classmethod
    def of(
        cls, x: Sequence[Tower], y: Sequence[Tower], settings: Sequence[AlignmentSettings]
    ) -> Pairs:
        xw, yv = (np.stack([tower.at_start for tower in towers]) for towers in (x, y))
        xx, yy = (
            np.stack([tower.inputs @ tower.inputs.T for tower in towers]) for towers in (x, y)
        )
        with np.errstate(over="ignore", invalid="ignore"):  # as in `descend`
            t = np.stack(
                [_target(tower.inputs, own) for tower, own in zip(y, settings, strict=True)]
            )
        return cls(xw, yv, xx, yy, t)


def _target(policies: FloatArray, settings: AlignmentSettings) -> FloatArray:
    if settings.targets == "identity":
        return np.eye(len(policies))
    unit = unit_rows(policies)
    return soft_targets(unit @ unit.T, settings.temperature)


def _untrained(
    vectors: FloatArray, settings: Sequence[AlignmentSettings], rngs: Sequence[np.random.Generator]
) -> list[Tower]:
    towers: list[Tower] = []
    drawn_by = None
    for rows, own, rng in zip(vectors, settings, rngs, strict=True):
        mean = rows.mean(axis=0) if own.centre else np.zeros_like(rows[0])
        inputs = unit_rows(rows - mean) if own.unit_length else rows - mean
        if rng is not drawn_by:
            before, drawn_by = deepcopy(rng), rng
            start = random_projection(rng, rows.shape[1], own.dimension)
        at_start = inputs @ start
        mixture = np.zeros_like(at_start)
        towers.append(Tower(inputs, mean, own.unit_length, mixture, at_start, before))
    return towers


def descend(
    pairs: Pairs, settings: Sequence[AlignmentSettings], marks: Sequence[int]
) -> tuple[list[FloatArray], FloatArray]:
    """The loop: both towers' mixtures at each mark, `[2, …, N, d]`, and losses `[…, steps + 1]`."""
    delta = np.array([own.temperature for own in settings])[:, None, None]
    eta = np.array([own.learning_rate for own in settings])[:, None, None]
    cosine = settings[0].similarity == "cosine"
    at_start, kernels = np.stack([pairs.xw, pairs.yv]), np.stack([pairs.xx, pairs.yy])
    mixtures = np.zeros_like(at_start)
    trained, losses = [], []
    with np.errstate(over="ignore", invalid="ignore"):  # divergence is reported afterwards
        for step in range(marks[-1] + 1):
            towers = at_start + kernels @ mixtures  # a and b, in one array
            far = row_lengths(towers) if cosine else 1.0
            u, v = units = towers / far
            loss, g = loss_and_gradient(u @ v.mT, delta, pairs.t)
            losses.append(loss)
            if step in marks:
                trained.append(mixtures)
            gradient = np.empty_like(units)
            gradient[0], gradient[1] = g @ v, g.mT @ u
            if cosine:
                gradient = unit_rows_gradient(units, far, gradient)
            mixtures = mixtures - eta * gradient
    return trained, np.stack(losses, axis=-1)


def _check_pairs(sentences: FloatArray, policies: FloatArray, seeds: Seeds) -> None:
    if sentences.ndim != 3 or policies.ndim != 3 or sentences.shape[:2] != policies.shape[:2]:
        raise ValueError(
            "sentences and policies come in pairs, shapes [B, N, E] and [B, N, P]; "
            f"got {sentences.shape} and {policies.shape}"
        )
    if len(seeds) != len(sentences):
        raise ValueError(f"{len(sentences)} alignments need as many seeds; got {len(seeds)}")
    generators = [id(seed) for seed in seeds if isinstance(seed, np.random.Generator)]
    if len(set(generators)) < len(generators):
        raise ValueError("each alignment draws from a generator of its own: give rng.spawn(n)")
    if len(seeds) == 0:
        raise ValueError("there is nothing to align: the batch is empty")
    if sentences.shape[1] < 2:
        raise ValueError("a contrast needs at least two pairs")
    if not (np.isfinite(sentences).all() and np.isfinite(policies).all()):
        raise ValueError("sentences or policies hold values that are not finite numbers")


def check_settings(settings: Sequence[AlignmentSettings], number: int, *same: str) -> None:
    """Refuse settings that cannot be trained side by side; `same` names what else they share."""
    if len(settings) != number:
        raise ValueError(
            f"{number} alignments need one setting, or {number} of them; got {len(settings)}"
        )
    for name in ("similarity", "dimension", *same):
        found = {getattr(own, name) for own in settings}
        if len(found) > 1:
            raise ValueError(f"trainings in one batch need the same {name}; got {sorted(found)}")


def _check_losses(losses: FloatArray, settings: Sequence[AlignmentSettings]) -> None:
    failed = ~np.isfinite(losses)
    if failed.any():
        number, step = np.argwhere(failed)[0]
        raise DivergedError(
            f"training {number} diverged: after {step} steps its loss is no finite number; take "
            f"a learning_rate below {settings[number].learning_rate} or a higher temperature"
        )
