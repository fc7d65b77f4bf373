"""An alignment trained in the usual way: whole towers, torch's gradients, any optimiser of torch's.

It shares no line with the library. Tests hold the library's training to it with `torch.optim.SGD`;
other optimisers show what a result owes to plain gradient descent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import cosine_similarity, cross_entropy, normalize

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
    """Step 2 of Algorithm 2 for N pairs, `[N, E]` and `[N, P]`, in one thread: the products are
    small, and torch's threads would wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _train(sentences, policies, settings, seed, optimiser)
    finally:
        torch.set_num_threads(threads)


def _train(
    sentences: np.ndarray,
    policies: np.ndarray,
    settings: AlignmentSettings,
    seed: int | np.random.Generator,
    optimiser: Optimiser,
) -> Reference:
    x, y = prepare(sentences, sentences, settings), prepare(policies, policies, settings)
    rng = np.random.default_rng(seed)
    towers = [
        torch.tensor(rng.standard_normal((width, settings.dimension)) / width**0.5).requires_grad_()
        for width in (x.shape[1], y.shape[1])
    ]
    right = torch.eye(len(x), dtype=torch.float64)
    if settings.targets == "soft":
        alike = cosine_similarity(y[:, None], y[None], dim=2, eps=1e-300)
        right = (alike / settings.temperature).softmax(dim=1)
    descent, losses = optimiser(towers, lr=settings.learning_rate), []
    for step in range(settings.steps + 1):
        a, b = x @ towers[0], y @ towers[1]
        if settings.similarity == "cosine":
            a, b = normalize(a, eps=1e-300), normalize(b, eps=1e-300)
        logits = a @ b.T / settings.temperature
        loss = (cross_entropy(logits, right) + cross_entropy(logits.T, right)) / 2
        losses.append(loss.item())
        if step < settings.steps:
            descent.zero_grad()
            loss.backward()
            descent.step()
    return Reference(*(tower.detach().numpy() for tower in towers), np.array(losses))


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
