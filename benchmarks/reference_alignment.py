"""An alignment trained in the usual way: whole towers, torch's gradients, any optimiser of torch's.

It shares no line with the library. Tests hold the library's training to it with `torch.optim.SGD`;
other optimisers show what a result owes to plain gradient descent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import cosine_similarity, normalize

from cliprl_lite.transfer.alignment import AlignmentSettings

Optimiser = Callable[..., torch.optim.Optimizer]


@dataclass(frozen=True, eq=False)
class Reference:
    """Both towers, `[E, d]` and `[P, d]`, and the loss before each step and after the last."""

    sentence_tower: np.ndarray
    policy_tower: np.ndarray
    losses: np.ndarray


def train(
    sentences: np.ndarray,
    policies: np.ndarray,
    settings: AlignmentSettings,
    seed: int | np.random.Generator = 0,
    optimiser: Optimiser = torch.optim.SGD,
) -> Reference:
    """Step 2 of Algorithm 2 for N pairs, `[N, E]` and `[N, P]`."""
    marks = [settings.steps]
    return train_many(sentences[None], policies[None], [settings], marks, [seed], optimiser)[0][0]


def train_many(
    sentences: np.ndarray,
    policies: np.ndarray,
    settings: Sequence[AlignmentSettings],
    marks: Sequence[int],
    seeds: Sequence[int | np.random.Generator],
    optimiser: Optimiser,
) -> list[list[Reference]]:
    """B trainings at once, `[B, N, E]` and `[B, N, P]`: the towers of each at every mark, an
    ascending number of steps. Their settings share similarity, learning rate and dimension.

    All runs in one thread: the products are small, and torch's threads would wait for each other.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _train(sentences, policies, settings, marks, seeds, optimiser)
    finally:
        torch.set_num_threads(threads)


def _train(
    sentences: np.ndarray,
    policies: np.ndarray,
    settings: Sequence[AlignmentSettings],
    marks: Sequence[int],
    seeds: Sequence[int | np.random.Generator],
    optimiser: Optimiser,
) -> list[list[Reference]]:
    x, y = (
        torch.stack([prepare(rows, rows, own) for rows, own in zip(vectors, settings, strict=True)])
        for vectors in (sentences, policies)
    )
    towers = _drawn(x.shape[2], y.shape[2], settings[0].dimension, seeds)
    delta = torch.tensor([own.temperature for own in settings], dtype=torch.float64)[:, None, None]
    right = torch.stack([_target(rows, own) for rows, own in zip(y, settings, strict=True)])
    descent = optimiser(towers, lr=settings[0].learning_rate)
    losses, kept = [], []
    for step in range(marks[-1] + 1):
        a, b = x @ towers[0], y @ towers[1]
        if settings[0].similarity == "cosine":
            a, b = normalize(a, dim=2, eps=1e-300), normalize(b, dim=2, eps=1e-300)
        logits = a @ b.mT / delta
        rows, columns = logits.log_softmax(dim=2), logits.mT.log_softmax(dim=2)
        loss = -(right * (rows + columns)).sum(dim=2).mean(dim=1) / 2
        losses.append(loss.detach().numpy())
        if step in marks:
            kept.append([tower.detach().numpy().copy() for tower in towers])
        if step < marks[-1]:
            descent.zero_grad()
            loss.sum().backward()
            descent.step()
    losses = np.stack(losses, axis=1)
    return [
        [
            Reference(said[number], learned[number], losses[number, : mark + 1])
            for mark, (said, learned) in zip(marks, kept, strict=True)
        ]
        for number in range(len(x))
    ]


def _drawn(
    e: int, p: int, d: int, seeds: Sequence[int | np.random.Generator]
) -> list[torch.Tensor]:
    """The random towers, `[B, E, d]` and `[B, P, d]`."""
    rngs = [np.random.default_rng(seed) for seed in seeds]
    drawn = [[rng.standard_normal((width, d)) / width**0.5 for width in (e, p)] for rng in rngs]
    return [torch.tensor(np.stack(side)).requires_grad_() for side in zip(*drawn, strict=True)]


def _target(policies: torch.Tensor, settings: AlignmentSettings) -> torch.Tensor:
    if settings.targets == "identity":
        return torch.eye(len(policies), dtype=torch.float64)
    alike = cosine_similarity(policies[:, None], policies[None], dim=2, eps=1e-300)
    return (alike / settings.temperature).softmax(dim=1)


def prepare(vectors: np.ndarray, bases: np.ndarray, settings: AlignmentSettings) -> torch.Tensor:
    """Vectors `[K, D]` as they go into a tower that was trained on `bases`, `[N, D]`."""
    rows = torch.tensor(vectors, dtype=torch.float64)
    if settings.centre:
        rows = rows - torch.tensor(bases, dtype=torch.float64).mean(dim=0)
    return normalize(rows, eps=1e-300) if settings.unit_length else rows


def scores(
    reference: Reference,
    instructions: np.ndarray,
    sentences: np.ndarray,
    settings: AlignmentSettings,
) -> np.ndarray:
    """Each instruction's d for each base sentence, `[K, E]`, `[N, E]` → `[K, N]`."""
    tower = torch.from_numpy(reference.sentence_tower)
    new, old = (prepare(rows, sentences, settings) @ tower for rows in (instructions, sentences))
    return cosine_similarity(new[:, None], old[None], dim=2).numpy()
