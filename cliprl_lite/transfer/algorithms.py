"""From an instruction to a starting policy: Algorithm 1 and Algorithm 2.

Both end in the same three moves: a score for every base policy, weights made from the scores, and
the weighted average of the policies. They differ in where the scores come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import DECIMALS
from cliprl_lite.language.sentences import WEIGHTS_SHA256, embed
from cliprl_lite.learning.averaging import average
from cliprl_lite.learning.policies import Policy, policy_vectors
from cliprl_lite.transfer.alignment import Alignment, AlignmentSettings, cosine_similarity
from cliprl_lite.transfer.alignment_training import align
from cliprl_lite.transfer.weightings import (
    WEIGHT_DECIMALS,
    Weighting,
    checked_scores,
    closest,
    literal,
    softmax,
)

OF_EVERY_SCORE = {
    "encoder": WEIGHTS_SHA256,
    "score_decimals": DECIMALS,
    "weight_decimals": WEIGHT_DECIMALS,
}
"""The settings on which scores and weights depend, whatever the method."""


@dataclass(frozen=True, eq=False)
class WarmStart:
    """A starting policy, with the scores and weights that it comes from.

    Attributes:
        scores: one per base policy, shape `[N]`, rounded to 6 decimals.
        weights: shape `[N]`.
        policy: the weighted average, plus the optimism.
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
        ValueError: if a number is not finite, or scores and policies differ in number.

    Example:
        >>> from cliprl_lite import GridWorld, TabularPolicy
        >>> world = GridWorld.open_map(2)
        >>> old = [TabularPolicy(world, np.full((4, 4), value)) for value in (-1.0, -3.0)]
        >>> warm_start([0.5, 0.5], old, optimism=1.0).policy.q[0].tolist()
        [-1.0, -1.0, -1.0, -1.0]
    """
    if not np.isfinite(optimism):
        raise ValueError(f"the optimism is a finite number; got {optimism}")
    scores = checked_scores(scores)
    weights = weighting(scores)
    policy = average(policies, weights)
    return WarmStart(scores, weights, policy.raised(optimism) if optimism else policy)


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
        weighting: `literal` as printed; `closest` as abstract and introduction say.

    Example:
        >>> from cliprl_lite import GridWorld, TabularPolicy
        >>> old = TabularPolicy(GridWorld.open_map(2), np.zeros((4, 4)))
        >>> known = ["go to the red box", "go to the blue cone"]
        >>> algorithm_1("go to the red cone", known, [old, old], closest).weights.tolist()
        [0.0, 1.0]
    """
    d = cosine_similarity(embed([instruction])[0], embed(base_sentences))
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

    The defaults are this project's own settings and the softmax weighting. The algorithm as
    printed is `weighting=literal, settings=PAPER_BOX`.

    Args:
        instruction, base_sentences, policies, weighting: as for `algorithm_1`.
        settings, seed: of the training in Step 2; this project's own settings if None.
        alignment: one that was trained on these tasks before, such as `align_suite` gives.
        modality: which vector of a policy is aligned, a name in `MODALITIES`; in the paper the
            weights.

    Raises:
        ValueError: if both an alignment and settings for training one are given.

    Example: what the map says about *the red cone*, in the house with a colour per room.
        >>> from cliprl_lite import TabularPolicy, load_suite
        >>> house = load_suite("house_a")
        >>> transfer = house.transfer("go to the red cone")
        >>> known = [task.sentence for task in transfer.bases]
        >>> tables = [house.world.optimal_q(task.goal) for task in transfer.bases]
        >>> old = [TabularPolicy(house.world, table) for table in tables]
        >>> chosen = algorithm_2("go to the red cone", known, old, closest)
        >>> transfer.bases[chosen.weights.argmax()].colour
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
    """The teachers that words and map choose: the numbers of two base policies.

    They are the closest ones by Algorithm 1 (words) and by Algorithm 2 (map). Arguments as there.

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
