"""From an instruction to a starting policy: Algorithm 1 and Algorithm 2.

Both end in the same three moves: a score for every base policy, weights made from the scores, and
the weighted average of the policies. They differ in where the scores come from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cliprl_lite.alignment import Alignment, AlignmentSettings, cosine_similarity
from cliprl_lite.alignment_training import align
from cliprl_lite.language import WEIGHTS_SHA256, embed
from cliprl_lite.policies import Policy, average, policy_vectors
from cliprl_lite.rounding import DECIMALS, rounded

FloatArray = NDArray[np.float64]

SOFTMAX_TEMPERATURE = 0.1
"""Temperature of the `softmax` weighting, chosen on the development suites."""

COLD_TEMPERATURE = SOFTMAX_TEMPERATURE / 10
"""Temperature of the `cold` weighting."""

WEIGHT_DECIMALS = 9
"""Decimals of a softmax weight."""

OF_EVERY_SCORE = {
    "encoder": WEIGHTS_SHA256,
    "score_decimals": DECIMALS,
    "weight_decimals": WEIGHT_DECIMALS,
}
"""What scores and weights hang on, whatever the method."""


# ---------------------------------------------------------------------------------------------
# Weightings: scores [N] → weights [N]
# ---------------------------------------------------------------------------------------------
class ZeroSumError(ValueError):
    """The scores cancel, so the paper's normalisation divides by zero."""


def score_sum(scores: ArrayLike) -> float:
    """Σ d, by which `literal` divides: below zero every sign flips.

    Example:
        >>> score_sum([0.6, 0.5, -0.8, -0.3])
        0.0
    """
    return float(rounded(math.fsum(_scores(scores))))


def literal(scores: ArrayLike) -> FloatArray:
    """dᵢ / Σ d, as both boxes print it. Weights can be negative, and explode as Σ d nears 0.

    Raises:
        ZeroSumError: if the scores cancel.

    Example:
        >>> literal([0.6, 0.5, -0.8]).round(6).tolist()
        [2.0, 1.666667, -2.666667]
    """
    scores = _scores(scores)
    total = score_sum(scores)
    if total == 0:
        raise ZeroSumError(
            "the scores sum to zero, so the literal weights do not exist; take another weighting"
        )
    return np.asarray(scores / total)


def clipped(scores: ArrayLike) -> FloatArray:
    """Negative scores become 0, the rest are divided by their sum; if no score is positive, the
    highest takes all.

    Example:
        >>> clipped([0.6, 0.2, -0.8]).round(6).tolist()
        [0.75, 0.25, 0.0]
    """
    positive = np.maximum(_scores(scores), 0.0)
    return literal(positive) if positive.any() else closest(scores)


def softmax(scores: ArrayLike, temperature: float = SOFTMAX_TEMPERATURE) -> FloatArray:
    """exp(dᵢ / T) / Σ exp(d / T): positive, and the sharper the lower the temperature T.

    Raises:
        ValueError: if the temperature is not positive and finite.

    Example:
        >>> softmax([0.9, 0.9, 0.2]).round(3).tolist()
        [0.5, 0.5, 0.0]
    """
    if not 0 < temperature < np.inf:
        raise ValueError(f"the temperature is positive and finite; got {temperature}")
    scores = _scores(scores)
    powers = np.exp((scores - scores.max()) / temperature)
    return rounded(powers / math.fsum(powers), WEIGHT_DECIMALS)


def cold(scores: ArrayLike) -> FloatArray:
    """A softmax ten times colder, for plain cosines: they spread over a tenth of the range that
    aligned similarities do, so that at T = 0.1 all would weigh nearly the same.

    Example:
        >>> cold([0.90, 0.88, 0.80]).round(3).tolist()
        [0.881, 0.119, 0.0]
    """
    return softmax(scores, COLD_TEMPERATURE)


def closest(scores: ArrayLike) -> FloatArray:
    """All weight on the highest score; on the first of them if several are highest.

    Example:
        >>> closest([0.1, 0.7, 0.2]).tolist()
        [0.0, 1.0, 0.0]
    """
    scores = _scores(scores)
    return np.eye(len(scores))[int(scores.argmax())]


Weighting = Callable[[ArrayLike], FloatArray]

WEIGHTINGS: dict[str, Weighting] = {
    "literal": literal,
    "clipped": clipped,
    "softmax": softmax,
    "cold": cold,
    "closest": closest,
}
"""Every weighting by its name."""


def _scores(scores: ArrayLike) -> FloatArray:
    """Scores to 6 decimals, so that machines which differ in the last bit weigh alike."""
    d = rounded(scores)
    if d.ndim != 1 or d.size == 0:
        raise ValueError(f"scores have shape [N], N ≥ 1; got {d.shape}")
    if not np.isfinite(d).all():
        raise ValueError("a score is not a finite number")
    return d


# ---------------------------------------------------------------------------------------------
# Warm start
# ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class WarmStart:
    """A starting policy and how it came about.

    Attributes:
        scores: one per base policy, shape `[N]`, rounded to 6 decimals.
        weights: shape `[N]`.
        policy: the weighted average, plus the optimism.

    Example:
        >>> from cliprl_lite import GridWorld, TabularPolicy
        >>> old = TabularPolicy(GridWorld.open_map(2), np.ones((4, 4)))
        >>> warm_start([0.2, 0.6], [old, old]).weights.round(6).tolist()
        [0.25, 0.75]
    """

    scores: FloatArray
    weights: FloatArray
    policy: Policy


def warm_start(
    scores: ArrayLike,
    policies: Sequence[Policy],
    weighting: Weighting = literal,
    optimism: float = 0.0,
) -> WarmStart:
    """Scores → weights → averaged policy.

    Args:
        scores: one per base policy, shape `[N]`.
        policies: the base policies.
        weighting: how scores become weights.
        optimism: a constant added to every action value, in reward. Greedy actions stay the
            same, and untried actions look better.

    Raises:
        ValueError: if a number is not finite, or scores and policies are not equally many.

    Example:
        >>> from cliprl_lite import GridWorld, TabularPolicy
        >>> world = GridWorld.open_map(2)
        >>> old = [TabularPolicy(world, np.full((4, 4), value)) for value in (-1.0, -3.0)]
        >>> warm_start([0.5, 0.5], old, optimism=1.0).policy.q[0].tolist()
        [-1.0, -1.0, -1.0, -1.0]
    """
    if not np.isfinite(optimism):
        raise ValueError(f"the optimism is a finite number; got {optimism}")
    scores = _scores(scores)
    weights = weighting(scores)
    policy = average(policies, weights)
    if optimism:
        policy = policy.raised(optimism)
    return WarmStart(scores, weights, policy)


def algorithm_1(
    instruction: str,
    base_sentences: Sequence[str],
    policies: Sequence[Policy],
    weighting: Weighting = literal,
) -> WarmStart:
    """Algorithm 1, Step 2: cosine similarity of sentences decides.

    Args:
        instruction: the new task's sentence j.
        base_sentences: the N learned tasks' sentences i.
        policies: their policies πᵢ, in the same order.
        weighting: `literal` as the box prints it; `closest` as abstract and introduction say.

    Example:
        >>> from cliprl_lite import GridWorld, TabularPolicy
        >>> old = TabularPolicy(GridWorld.open_map(2), np.zeros((4, 4)))
        >>> known = ["go to the red box", "go to the blue cone"]
        >>> algorithm_1("go to the red cone", known, [old, old], closest).weights.tolist()
        [0.0, 1.0]
    """
    tau_j, tau_i = embed([instruction])[0], embed(base_sentences)
    d = cosine_similarity(tau_j, tau_i)
    return warm_start(d, policies, weighting)


def algorithm_2(
    instruction: str,
    base_sentences: Sequence[str],
    policies: Sequence[Policy],
    weighting: Weighting = softmax,
    settings: AlignmentSettings | None = None,
    seed: int | np.random.Generator = 0,
    alignment: Alignment | None = None,
    modality: str = "weights",
) -> WarmStart:
    """Algorithm 2, Steps 2 and 3: cosine similarity of *aligned* sentences decides.

    With this project's own settings and the softmax weighting unless said otherwise; as the box
    prints it with `weighting=literal, settings=PAPER_BOX`.

    Args:
        instruction, base_sentences, policies, weighting: as for `algorithm_1`.
        settings, seed: of the training in Step 2; this project's own settings if None.
        alignment: one that was trained on these tasks before, such as `align_suite` gives.
        modality: what of a policy is aligned, a name in `MODALITIES`; the paper says its weights.

    Raises:
        ValueError: if both an alignment and settings for training one are given.

    Example: what the map says about *the red cone*, in the house with a colour per room.
        >>> from cliprl_lite import TabularPolicy, load_suite
        >>> house = load_suite("house_a")
        >>> errand = house.transfer("go to the red cone")
        >>> known = [task.sentence for task in errand.bases]
        >>> tables = [house.world.optimal_q(task.goal) for task in errand.bases]
        >>> old = [TabularPolicy(house.world, table) for table in tables]
        >>> chosen = algorithm_2("go to the red cone", known, old, closest)
        >>> errand.bases[chosen.weights.argmax()].colour
        'red'
    """
    tau_j, tau_i = embed([instruction])[0], embed(base_sentences)
    if alignment is None:
        alignment = align(tau_i, policy_vectors(policies, modality), settings, seed)
    elif settings is not None:
        raise ValueError("an alignment that is trained already takes no settings")
    d = alignment.similarity(tau_j, tau_i)
    return warm_start(d, policies, weighting)


def closest_teachers(
    instruction: str,
    base_sentences: Sequence[str],
    policies: Sequence[Policy],
    alignment: Alignment,
) -> tuple[int, int]:
    """Whom the words choose to be copied, and whom the map does: numbers of two base policies.

    They are the closest ones by Algorithm 1 and by Algorithm 2, arguments as there.

    Example: for *the red box* the words choose a box, and the map something red.
        >>> from cliprl_lite import TabularPolicy, align_suite, load_suite
        >>> house = load_suite("house_a")
        >>> bases = house.transfer("go to the red box").bases
        >>> old = [TabularPolicy(house.world, house.world.optimal_q(task.goal)) for task in bases]
        >>> said, known = "go to the red box", [task.sentence for task in bases]
        >>> words, the_map = closest_teachers(said, known, old, align_suite(house, said))
        >>> bases[words].shape, bases[the_map].colour
        ('box', 'red')
    """
    by_words = algorithm_1(instruction, base_sentences, policies, closest)
    by_map = algorithm_2(instruction, base_sentences, policies, closest, alignment=alignment)
    return int(by_words.scores.argmax()), int(by_map.scores.argmax())
