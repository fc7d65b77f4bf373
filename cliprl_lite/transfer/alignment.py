"""Contrastive alignment of sentences with policies: the settings, and the trained towers.

`alignment_training` trains them (the paper's Algorithm 2, Step 2) by the loss of
`contrastive_loss`. Each pair (instruction lᵢ, policy πᵢ) is one concept in two modalities; two
linear projections, one per modality, bring both into one space, where the right pairs score higher
than the wrong ones. Arrays come in and arrays go out: nothing here knows of maps or sentences.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from cliprl_lite._arrays import FloatArray


@dataclass(frozen=True)
class AlignmentSettings:
    """The choices that the paper leaves open, and what this project chose.

    The values here were chosen on the development suites by `benchmarks/choose_settings.py` and
    then frozen: one setting for every world and size. Training is short on purpose: its first
    steps find what sentences and policies vary in together, and later ones memorise the pairs.

    Attributes:
        similarity: `"cosine"`, as the paper's text says, or `"dot"`, as its box prints.
        targets: `"identity"`, the paper's loss (each sentence belongs to its own policy), or
            `"soft"`: the softmax of policy–policy similarity, so that a sentence also belongs,
            to a degree, to the policies that resemble its own.
        centre: subtract the mean over the base tasks from both inputs.
        unit_length: divide both inputs by their length, after centring.
        temperature: the paper's δ; divides the similarities before the softmax.
        steps: of plain gradient descent.
        learning_rate: η, the factor between a gradient and a step.
        dimension: width of the shared space.

    Raises:
        ValueError: if a value is outside its range.

    Example:
        >>> AlignmentSettings(targets="identity").similarity
        'cosine'
    """

    similarity: Literal["cosine", "dot"] = "cosine"
    targets: Literal["identity", "soft"] = "soft"
    centre: bool = True
    unit_length: bool = True
    temperature: float = 2.0
    steps: int = 100
    learning_rate: float = 1.0
    dimension: int = 64

    def __post_init__(self) -> None:
        if self.similarity not in ("cosine", "dot"):
            raise ValueError(f"similarity is 'cosine' or 'dot'; got {self.similarity!r}")
        if self.targets not in ("identity", "soft"):
            raise ValueError(f"targets is 'identity' or 'soft'; got {self.targets!r}")
        if not 0 < self.temperature < np.inf:
            raise ValueError(f"the temperature is positive and finite; got {self.temperature}")
        whole = all(isinstance(n, int | np.integer) for n in (self.steps, self.dimension))
        rate = 0 < self.learning_rate < np.inf
        if not whole or self.steps < 0 or self.dimension < 1 or not rate:
            raise ValueError(
                "steps is 0 or more, dimension 1 or more (whole), learning_rate positive and "
                f"finite; got {self.steps}, {self.dimension}, {self.learning_rate}"
            )


IDENTITY = AlignmentSettings(targets="identity", learning_rate=0.1)
"""The paper's identity targets with all other repairs: δ, η and steps were chosen for these targets
on the development suites."""

PAPER_BOX = AlignmentSettings("dot", "identity", False, True, 0.5, 300, 0.3)
"""Algorithm 2 as its box prints it: a raw dot product, identity targets, no centring. Inputs are at
unit length. The paper prints neither δ nor η nor an end of training: here δ is 0.5, there are 300
steps, and η is the largest of 0.1, 0.3, 1 and 3 for which the loss never rises on the development
suites."""

PAPER_TEXT = replace(PAPER_BOX, similarity="cosine")
"""Algorithm 2 as the paper's text (§4.2) describes it: the cosine in place of the dot product, and
all else as in the box. Without centring its loss rises now and then at every η that learns
anything."""


# Rows of length one ------------------------------------------------------------------------------
def unit_rows(rows: ArrayLike) -> FloatArray:
    """Each row divided by its length, shape `[…, D]`; a row of zeros stays zero."""
    rows = np.asarray(rows, dtype=np.float64)
    return rows / row_lengths(rows)


def unit_rows_gradient(
    unit: FloatArray, length: FloatArray | float, gradient: FloatArray
) -> FloatArray:
    """∂L/∂a = (g − â ⟨g, â⟩) / ‖a‖ for unit rows â, the lengths ‖a‖ they had, and g = ∂L/∂â.

    Args:
        unit: shape `[…, D]`.
        length: shape `[…, 1]`.
        gradient: shape `[…, D]`.
    """
    along: FloatArray = (gradient * unit).sum(axis=-1, keepdims=True)
    return (gradient - unit * along) / length


def row_lengths(rows: FloatArray) -> FloatArray:
    """The divisors `[…, 1]` that bring rows `[…, D]` to unit length: 1 for a row of zeros."""
    length = np.sqrt((rows * rows).sum(axis=-1, keepdims=True))
    length[np.isinf(length)] = np.nan  # no direction is left: not a number, rather than zeros
    return np.where(length == 0, 1.0, length)


def cosine_similarity(a: ArrayLike, b: ArrayLike) -> FloatArray:
    """The cosine of every row of `a` with every row of `b`: `[…, D]`, `[N, D]` → `[…, N]`.

    Example:
        >>> cosine_similarity([1.0, 1.0], [[2.0, 0.0], [0.0, -3.0]]).round(4)
        array([ 0.7071, -0.7071])
    """
    similarity: FloatArray = unit_rows(a) @ unit_rows(b).T
    return similarity


# The trained towers -----------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Tower:
    """One modality's projection: a random start, plus a mixture of the base tasks' inputs.

        x ↦ x W₀ + (x Xᵀ) M

    Attributes (D: width of a vector, d: of the shared space, N: base tasks):
        inputs: X, the base tasks' vectors as they were prepared, shape `[N, D]`.
        mean: the mean that was subtracted from them, shape `[D]`; zeros if they were not centred.
        unit_length: whether they were divided by their length.
        mixture: M, shape `[N, d]`; zeros before training.
        at_start: X W₀, shape `[N, d]`.
        rng: draws W₀ again when it is needed; stored, a policy's W₀ would take most of the memory.
    """

    inputs: FloatArray
    mean: FloatArray
    unit_length: bool
    mixture: FloatArray
    at_start: FloatArray
    rng: np.random.Generator

    @cached_property
    def start(self) -> FloatArray:
        """W₀, shape `[D, d]`."""
        return random_projection(deepcopy(self.rng), self.inputs.shape[1], self.mixture.shape[1])

    @property
    def matrix(self) -> FloatArray:
        """W₀ + Xᵀ M, shape `[D, d]`: the whole projection."""
        return self.start + self.inputs.T @ self.mixture

    def prepare(self, vectors: ArrayLike) -> FloatArray:
        """Vectors `[…, D]`, centred and scaled as the base tasks' were."""
        rows = np.asarray(vectors, dtype=np.float64) - self.mean
        return unit_rows(rows) if self.unit_length else rows

    def project(self, vectors: ArrayLike) -> FloatArray:
        """Vectors `[…, D]` in the shared space, `[…, d]`."""
        x = self.prepare(vectors)
        return x @ self.start + (x @ self.inputs.T) @ self.mixture


def random_projection(rng: np.random.Generator, width: int, dimension: int) -> FloatArray:
    """A random matrix `[D, d]` that keeps lengths about as they are: entries of variance 1/D."""
    return rng.standard_normal((width, dimension)) / np.sqrt(width)


@dataclass(frozen=True, eq=False)
class Alignment:
    """Two trained towers, and how their training went.

    Attributes:
        settings: what they were trained with.
        sentence_tower: projects sentence vectors.
        policy_tower: projects policy vectors.
        losses: the loss before each step and after the last, shape `[steps + 1]`, in nats.
        shaken: the sentence tower's mixtures where copies of the numbers were trained along, shape
            `[K, N, d]` for K copies; None else.

    Example:
        >>> from cliprl_lite.transfer.alignment_training import align
        >>> trained = align(np.eye(3), np.eye(3), AlignmentSettings(steps=5, dimension=2))
        >>> trained.sentence_tower.project(np.ones((4, 3))).shape, trained.losses.shape
        ((4, 2), (6,))
    """

    settings: AlignmentSettings
    sentence_tower: Tower
    policy_tower: Tower
    losses: FloatArray
    shaken: FloatArray | None = None

    def project_sentences(self, vectors: ArrayLike) -> FloatArray:
        """Proj(τ(l)): sentence vectors `[…, E]` into the shared space `[…, d]`."""
        return self.sentence_tower.project(vectors)

    def project_policies(self, vectors: ArrayLike) -> FloatArray:
        """Proj(nn(π)): policy vectors `[…, P]` into the shared space `[…, d]`."""
        return self.policy_tower.project(vectors)

    def similarity(self, instruction: ArrayLike, base_sentences: ArrayLike) -> FloatArray:
        """The d of Algorithm 2, Step 3: cosines of the projected instruction and base sentences.

        Args:
            instruction: sentence vector(s), shape `[…, E]`.
            base_sentences: shape `[N, E]`.

        Returns:
            Shape `[…, N]`. The policy tower is used in training only.
        """
        return cosine_similarity(
            self.project_sentences(instruction), self.project_sentences(base_sentences)
        )
