"""Contrastive alignment of sentences with policies: the loss, the two towers, their training.

This is Step 2 of the paper's Algorithm 2. Each pair (instruction lᵢ, policy πᵢ) is one concept in
two modalities; two linear projections, one per modality, are trained so that the right pairs
score higher than the wrong ones. Arrays come in and arrays go out: the module knows nothing of
maps or sentences. Training needs torch; applying what was trained needs NumPy only.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from cliprl_lite.adam import Adam

if TYPE_CHECKING:
    from torch import Tensor

FloatArray = NDArray[np.float64]

_CACHE = 2**19  # parameters trained in one go, so that they stay in the processor's cache
_ONE_AT_A_TIME = threading.Lock()  # torch has one number of threads, for the whole process


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
        if not self.temperature > 0:
            raise ValueError(f"the temperature is positive; got {self.temperature}")
        whole = isinstance(self.steps, int) and isinstance(self.dimension, int)
        if not whole or self.steps < 0 or self.dimension < 1 or not self.learning_rate > 0:
            raise ValueError(
                "steps is 0 or more, dimension 1 or more (whole), learning_rate positive; got "
                f"{self.steps}, {self.dimension}, {self.learning_rate}"
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
        ValueError: if shapes disagree or a value is not finite.

    Example:
        >>> sentences, policies = np.ones((2, 3, 4)), np.ones((2, 3, 8))
        >>> len(align_batch(sentences, policies, AlignmentSettings(steps=1), seeds=[0, 1]))
        2
    """
    import torch

    settings = settings or AlignmentSettings()
    sentences = np.asarray(sentences, dtype=np.float64)
    policies = np.asarray(policies, dtype=np.float64)
    _check_pairs(sentences, policies, seeds)

    parameters = (sentences.shape[2] + policies.shape[2]) * settings.dimension
    together = max(1, _CACHE // parameters)

    def train(first: int) -> list[Alignment]:
        some = slice(first, first + together)
        return _train(sentences[some], policies[some], settings, seeds[some])

    with _ONE_AT_A_TIME:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # each product is small; whole alignments go side by side instead
        try:
            with ThreadPoolExecutor(threads) as pool:
                trained = list(pool.map(train, range(0, len(seeds), together)))
        finally:
            torch.set_num_threads(threads)
    return [alignment for some in trained for alignment in some]


def _train(
    sentences: FloatArray,
    policies: FloatArray,
    settings: AlignmentSettings,
    seeds: Sequence[int | np.random.Generator],
) -> list[Alignment]:
    """Step 2 of Algorithm 2 for some alignments at once."""
    sentence_mean, sentence_rows = _prepare(sentences, settings)
    policy_mean, policy_rows = _prepare(policies, settings)
    rngs = [np.random.default_rng(seed) for seed in seeds]
    start = [
        np.stack([rng.standard_normal((rows.shape[2], settings.dimension)) for rng in rngs])
        / np.sqrt(rows.shape[2])
        for rows in (sentence_rows, policy_rows)
    ]
    (sentence_towers, policy_towers), losses = _descend(sentence_rows, policy_rows, start, settings)
    return [
        Alignment(settings, *parts)
        for parts in zip(
            sentence_mean,
            sentence_towers.astype(np.float32),
            policy_mean,
            policy_towers.astype(np.float32),
            losses,
            strict=True,
        )
    ]


def _descend(
    sentences: FloatArray,
    policies: FloatArray,
    start: list[FloatArray],
    settings: AlignmentSettings,
) -> tuple[list[FloatArray], FloatArray]:
    """Both trained towers, `[B, E, d]` and `[B, P, d]`, and the losses `[B, steps + 1]`.

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

    losses = []
    for _ in range(settings.steps):
        loss = loss_now()
        losses.append(loss.detach())
        optimiser.step(towers, list(torch.autograd.grad(loss.sum(), towers)))
    losses.append(loss_now().detach())
    return [tower.detach().numpy() for tower in towers], torch.stack(losses, dim=1).numpy()


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
