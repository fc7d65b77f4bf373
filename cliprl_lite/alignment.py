"""Contrastive alignment of sentences with policies: the choices, the loss, the towers once trained.

Step 2 of the paper's Algorithm 2 trains them, which `alignment_training` does. Each pair
(instruction lᵢ, policy πᵢ) is one concept in two modalities; two linear projections, one per
modality, bring both into one space, where the right pairs score higher than the wrong ones.
Arrays come in and arrays go out: the module knows nothing of maps or sentences. The loss works on
torch's tensors; applying what was trained needs NumPy only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

FloatArray = NDArray[np.float64]


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
        steps: gradient steps (Adam).
        learning_rate: of Adam.
        dimension: width of the shared space.

    Raises:
        ValueError: if a value is outside its range.

    Example:
        >>> AlignmentSettings(targets="identity").temperature
        0.5
    """

    similarity: Literal["cosine", "dot"] = "cosine"
    targets: Literal["identity", "soft"] = "soft"
    centre: bool = True
    unit_length: bool = True
    temperature: float = 0.5
    steps: int = 50
    learning_rate: float = 0.001
    dimension: int = 64

    def __post_init__(self) -> None:
        if self.similarity not in ("cosine", "dot"):
            raise ValueError(f"similarity is 'cosine' or 'dot'; got {self.similarity!r}")
        if self.targets not in ("identity", "soft"):
            raise ValueError(f"targets is 'identity' or 'soft'; got {self.targets!r}")
        if not 0 < self.temperature < np.inf:
            raise ValueError(f"the temperature is positive and finite; got {self.temperature}")
        whole = isinstance(self.steps, int) and isinstance(self.dimension, int)
        rate = 0 < self.learning_rate < np.inf
        if not whole or self.steps < 0 or self.dimension < 1 or not rate:
            raise ValueError(
                "steps is 0 or more, dimension 1 or more (whole), learning_rate positive and "
                f"finite; got {self.steps}, {self.dimension}, {self.learning_rate}"
            )


PAPER_BOX = AlignmentSettings(
    similarity="dot",
    targets="identity",
    centre=False,
    steps=300,
    learning_rate=0.01,
)
"""Algorithm 2 as its box prints it: a raw dot product, identity targets, no centring. Inputs are at
unit length: at their raw lengths training is chaotic, and its outcome hangs on the processor. The
paper names neither δ nor an end of training; here training is ten times faster and six times
longer than in this project's own setting, so that the loss comes down."""

PAPER_TEXT = replace(PAPER_BOX, similarity="cosine")
"""Algorithm 2 as the paper's text (§4.2) describes it: the cosine in place of the dot product."""


def contrastive_loss(
    similarity: Tensor, temperature: float, policy_similarity: Tensor | None = None
) -> Tensor:
    """The symmetric contrastive loss L of Algorithm 2, Step 2b.

    Args:
        similarity: S, shape `[…, N, N]`: row i is a sentence, column j a policy.
        temperature: δ.
        policy_similarity: if given, soft targets: shape `[…, N, N]`, symmetric; each row's target
            is the softmax of this over δ in place of the identity.

    Returns:
        The loss in nats, shape `[…]`.

    Example: two pairs, nothing learned yet, so each choice is a coin toss.
        >>> import torch
        >>> round(float(contrastive_loss(torch.zeros(2, 2), temperature=1.0)), 4)
        0.6931
    """
    logits = similarity / temperature
    which_policy = logits.log_softmax(dim=-1)  # for each sentence, over the policies
    which_sentence = logits.log_softmax(dim=-2)  # for each policy, over the sentences
    if policy_similarity is None:
        right_pairs = (which_policy + which_sentence).diagonal(dim1=-2, dim2=-1)
        return -right_pairs.mean(dim=-1) / 2
    target = (policy_similarity / temperature).softmax(dim=-1)
    per_sentence = (target * which_policy).sum(dim=-1)
    per_policy = (target.transpose(-2, -1) * which_sentence).sum(dim=-2)
    return -(per_sentence + per_policy).mean(dim=-1) / 2


def unit_rows(rows: FloatArray) -> FloatArray:
    """Each row divided by its length, shape `[…, D]`; a row of zeros stays zero."""
    rows = np.asarray(rows, dtype=np.float64)
    length = np.sqrt((rows * rows).sum(axis=-1, keepdims=True))
    return rows / np.where(length == 0, 1.0, length)


def cosine_similarity(a: FloatArray, b: FloatArray) -> FloatArray:
    """The cosine of every row of `a` with every row of `b`: `[…, D]`, `[N, D]` → `[…, N]`.

    Example:
        >>> cosine_similarity(np.array([1.0, 1.0]), np.array([[2.0, 0.0], [0.0, -3.0]])).round(4)
        array([ 0.7071, -0.7071])
    """
    similarity: FloatArray = unit_rows(a) @ unit_rows(b).T
    return similarity


@dataclass(frozen=True, eq=False)
class Alignment:
    """Two fitted towers (E: sentence vector, P: policy vector, d: shared space, N: base tasks).

    They are trained in double precision and kept in single: what differs between machines is
    rounded away, and what is read from a file is what was trained.

    Attributes:
        settings: what it was trained with.
        sentence_mean: subtracted from sentence vectors, shape `[E]`; zeros if not centred.
        sentence_tower: the projection of sentences, float32, shape `[E, d]`.
        policy_mean: subtracted from policy vectors, shape `[P]`; zeros if not centred.
        policy_tower: the projection of policies, float32, shape `[P, d]`.
        losses: the loss before each step and after the last, shape `[steps + 1]`, in nats.

    Example:
        >>> from cliprl_lite.alignment_training import align
        >>> fitted = align(np.eye(3), np.eye(3), AlignmentSettings(steps=5, dimension=2))
        >>> fitted.project_sentences(np.ones((4, 3))).shape, fitted.losses.shape
        ((4, 2), (6,))
    """

    settings: AlignmentSettings
    sentence_mean: FloatArray
    sentence_tower: NDArray[np.float32]
    policy_mean: FloatArray
    policy_tower: NDArray[np.float32]
    losses: FloatArray

    def project_sentences(self, vectors: FloatArray) -> FloatArray:
        """Proj(τ(l)): sentence vectors `[…, E]` into the shared space `[…, d]`."""
        return self._input(vectors, self.sentence_mean) @ self.sentence_tower

    def project_policies(self, vectors: FloatArray) -> FloatArray:
        """Proj(nn(π)): policy vectors `[…, P]` into the shared space `[…, d]`."""
        return self._input(vectors, self.policy_mean) @ self.policy_tower

    def _input(self, vectors: FloatArray, mean: FloatArray) -> FloatArray:
        centred = np.asarray(vectors, dtype=np.float64) - mean
        return unit_rows(centred) if self.settings.unit_length else centred

    def similarity(self, instruction: FloatArray, base_sentences: FloatArray) -> FloatArray:
        """The d of Algorithm 2, Step 3: cosine of the projected instruction with each base's.

        Args:
            instruction: sentence vector(s), shape `[…, E]`.
            base_sentences: shape `[N, E]`.

        Returns:
            Shape `[…, N]`. The policy tower takes no part: it has done its work in training.
        """
        return cosine_similarity(
            self.project_sentences(instruction), self.project_sentences(base_sentences)
        )
