"""Training an alignment: Step 2 of the paper's Algorithm 2.

One alignment, or many of one shape side by side, as they are at the end, or after each of some
numbers of steps: a course about when to stop has to show the towers after 1, 10 and 1,000 steps,
and takes them from one training that goes past all of them. Training needs torch.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cliprl_lite.adam import Adam
from cliprl_lite.alignment import Alignment, AlignmentSettings, contrastive_loss, unit_rows

if TYPE_CHECKING:
    from torch import Tensor

FloatArray = NDArray[np.float64]
Towers = list[FloatArray]

MARKS = (0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 300, 1000)
"""Steps at which a training is looked at: close together where most of it happens."""

_CACHE = 2**19  # parameters trained in one go, so that they stay in the processor's cache
_ONE_AT_A_TIME = threading.Lock()  # torch has one number of threads, for the whole process


def align(
    sentences: FloatArray,
    policies: FloatArray,
    settings: AlignmentSettings | None = None,
    seed: int | np.random.Generator = 0,
) -> Alignment:
    """Train the two towers on N pairs (Algorithm 2, Step 2).

    Args:
        sentences: τ(lᵢ), shape `[N, E]`.
        policies: nn(πᵢ), shape `[N, P]`, in the same order.
        settings: the open choices; this project's own if None.
        seed: starts the towers.

    Example: two sentences that are nearly the same belong to opposite policies.
        >>> fitted = align(np.array([[1.0, 0.1], [1.0, -0.1]]), np.array([[3.0, 0.0], [0.0, 3.0]]))
        >>> fitted.losses[0] > fitted.losses[-1]
        np.True_
        >>> bool(fitted.similarity([1.0, 0.2], [[1.0, 0.1], [1.0, -0.1]]).argmax() == 0)
        True
    """
    sentences, policies = np.asarray(sentences)[None], np.asarray(policies)[None]
    return align_batch(sentences, policies, settings, [seed])[0]


def align_batch(
    sentences: FloatArray,
    policies: FloatArray,
    settings: AlignmentSettings | None = None,
    seeds: Sequence[int | np.random.Generator] = (0,),
) -> list[Alignment]:
    """Train B independent alignments of one shape at once; each is what `align` would give.

    Args:
        sentences: shape `[B, N, E]`.
        policies: shape `[B, N, P]`.
        settings: shared by all.
        seeds: one per alignment.

    Raises:
        ValueError: if shapes disagree, a value is not finite, or the training diverges.

    Example:
        >>> sentences, policies = np.ones((2, 3, 4)), np.ones((2, 3, 8))
        >>> len(align_batch(sentences, policies, AlignmentSettings(steps=1), seeds=[0, 1]))
        2
    """
    settings = settings or AlignmentSettings()
    paths = align_paths(sentences, policies, settings, (settings.steps,), seeds)
    return [path[0] for path in paths]


def align_paths(
    sentences: FloatArray,
    policies: FloatArray,
    settings: AlignmentSettings | None = None,
    marks: Sequence[int] = MARKS,
    seeds: Sequence[int | np.random.Generator] = (0,),
) -> list[list[Alignment]]:
    """B trainings at once, each as it is after some numbers of steps.

    Args:
        sentences: shape `[B, N, E]`.
        policies: shape `[B, N, P]`.
        settings: shared by all; their own number of steps is not looked at.
        marks: numbers of steps, ascending.
        seeds: one per training.

    Returns:
        For each training, and for each mark: what `align` gives with that number of steps.

    Raises:
        ValueError: if shapes disagree, a value is not finite, the marks do not ascend, or the
            training diverges.

    Example:
        >>> start, later = align_paths(np.eye(3)[None], np.eye(3)[None], marks=(0, 4))[0]
        >>> start.losses.shape, later.losses.shape, later.settings.steps
        ((1,), (5,), 4)
    """
    import torch

    settings = settings or AlignmentSettings()
    sentences = np.asarray(sentences, dtype=np.float64)
    policies = np.asarray(policies, dtype=np.float64)
    _check_pairs(sentences, policies, seeds)
    if not marks or marks[0] < 0 or list(marks) != sorted(set(marks)):
        raise ValueError(f"marks are numbers of steps, each above the last; got {list(marks)}")

    parameters = (sentences.shape[2] + policies.shape[2]) * settings.dimension
    together = max(1, _CACHE // parameters)

    def train(first: int) -> list[list[Alignment]]:
        some = slice(first, first + together)
        return _train(sentences[some], policies[some], settings, marks, seeds[some])

    with _ONE_AT_A_TIME:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # each product is small; whole alignments go side by side instead
        try:
            with ThreadPoolExecutor(threads) as pool:
                trained = list(pool.map(train, range(0, len(seeds), together)))
        finally:
            torch.set_num_threads(threads)
    return [path for some in trained for path in some]


def _train(
    sentences: FloatArray,
    policies: FloatArray,
    settings: AlignmentSettings,
    marks: Sequence[int],
    seeds: Sequence[int | np.random.Generator],
) -> list[list[Alignment]]:
    """Step 2 of Algorithm 2 for some alignments at once."""
    sentence_mean, sentence_rows = _prepare(sentences, settings)
    policy_mean, policy_rows = _prepare(policies, settings)
    rngs = [np.random.default_rng(seed) for seed in seeds]
    start = [
        np.stack([rng.standard_normal((rows.shape[2], settings.dimension)) for rng in rngs])
        / np.sqrt(rows.shape[2])
        for rows in (sentence_rows, policy_rows)
    ]
    towers_at, losses = _descend(sentence_rows, policy_rows, start, settings, marks)
    largest = np.finfo(np.float32).max  # what is kept is float32
    if not np.isfinite(losses).all() or any(
        not (np.abs(tower) <= largest).all() for towers in towers_at for tower in towers
    ):
        raise ValueError(
            f"the alignment has diverged; take a learning rate below {settings.learning_rate}, "
            f"or a temperature above {settings.temperature}"
        )
    return [
        [
            Alignment(
                replace(settings, steps=mark),
                sentence_mean[number],
                sentence_towers[number].astype(np.float32),
                policy_mean[number],
                policy_towers[number].astype(np.float32),
                losses[number, : mark + 1],
            )
            for mark, (sentence_towers, policy_towers) in zip(marks, towers_at, strict=True)
        ]
        for number in range(len(seeds))
    ]


def _descend(
    sentences: FloatArray,
    policies: FloatArray,
    start: Towers,
    settings: AlignmentSettings,
    marks: Sequence[int],
) -> tuple[list[Towers], FloatArray]:
    """Both towers at each mark, `[B, E, d]` and `[B, P, d]`, and the losses `[B, steps + 1]`.

    In double precision, so that what differs between machines stays far below the sixth decimal.
    """
    import torch

    x, y = torch.from_numpy(sentences), torch.from_numpy(policies)
    towers = [torch.from_numpy(tower).requires_grad_() for tower in start]
    alike = torch.from_numpy(unit_rows(policies))
    policy_similarity = alike @ alike.transpose(1, 2) if settings.targets == "soft" else None
    optimiser = Adam(towers, settings.learning_rate)

    def loss_now() -> Tensor:
        a, b = x @ towers[0], y @ towers[1]
        if settings.similarity == "cosine":
            a, b = (torch.nn.functional.normalize(rows, dim=-1) for rows in (a, b))
        return contrastive_loss(a @ b.transpose(1, 2), settings.temperature, policy_similarity)

    losses: list[Tensor] = []
    towers_at: list[Towers] = []
    for mark in marks:
        while len(losses) < mark:
            loss = loss_now()
            losses.append(loss.detach())
            optimiser.step(towers, list(torch.autograd.grad(loss.sum(), towers)))
        towers_at.append([tower.detach().numpy().copy() for tower in towers])
    losses.append(loss_now().detach())
    return towers_at, torch.stack(losses, dim=1).numpy()


def _prepare(vectors: FloatArray, settings: AlignmentSettings) -> tuple[FloatArray, FloatArray]:
    """The mean over the base tasks (zeros if not centred), and the rows that go into a tower."""
    mean = vectors.mean(axis=1) if settings.centre else np.zeros_like(vectors[:, 0])
    rows = vectors - mean[:, None]
    return mean, unit_rows(rows) if settings.unit_length else rows


def _check_pairs(
    sentences: FloatArray, policies: FloatArray, seeds: Sequence[int | np.random.Generator]
) -> None:
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
