"""Ways of choosing a start: `METHODS` lists those that the experiments compare.

Both algorithms and all controls end in the same moves, scores → weights → one policy. They differ
in where the scores come from, what becomes of them, and how the policies are merged; a `Method`
names one such choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray
from cliprl_lite.learning.policies import Policy, policy_vectors
from cliprl_lite.transfer.alignment import (
    IDENTITY,
    PAPER_BOX,
    PAPER_TEXT,
    Alignment,
    AlignmentSettings,
    cosine_similarity,
    unit_rows,
)
from cliprl_lite.transfer.pair_classifier import pair_scores
from cliprl_lite.worlds.finite_world import Goal
from cliprl_lite.worlds.greedy import expected_path

RIDGE_PENALTY = 0.03
"""Penalty of the ridge control, chosen on the development suites."""


def ridge_scores(
    instruction: FloatArray,
    base_sentences: FloatArray,
    policies: FloatArray,
    penalty: float = RIDGE_PENALTY,
) -> FloatArray:
    """A control without contrastive training: predict the new policy's vector from its sentence by
    ridge regression, and score each base policy by its cosine with the prediction.

    Sentences have shapes `[E]` and `[N, E]`, policies `[N, P]`, scores `[N]`. Both sides are
    centred on the base tasks and at unit length, as in alignment. The penalty is of the squared
    coefficients.

    Raises:
        ValueError: if the penalty is not positive and finite.

    Example:
        >>> sentences, policies = np.eye(3), np.array([[5.0, 1.0], [5.0, 0.0], [0.0, 5.0]])
        >>> int(ridge_scores(sentences[0] + 0.1, sentences, policies).argmax())
        0
    """
    if not 0 < penalty < np.inf:
        raise ValueError(f"the penalty is positive and finite; got {penalty}")
    sentence_mean, policy_mean = base_sentences.mean(axis=0), policies.mean(axis=0)
    x = unit_rows(base_sentences - sentence_mean)
    y = unit_rows(policies - policy_mean)
    kernel = x @ x.T + penalty * np.eye(len(x))
    mixture = np.linalg.solve(kernel, x @ unit_rows(instruction - sentence_mean))
    return cosine_similarity(mixture @ y, y)


ScoreSource = Literal[
    "nothing", "cosine", "alignment", "ridge", "pairs", "uniform", "random", "true policy"
]


@dataclass(frozen=True)
class Method:
    """A way of choosing a start.

    Attributes:
        name: used in tables and on the command line.
        label: used in pictures.
        source: where the scores come from; `"nothing"` for learning from an empty table.
        weighting: a name in `WEIGHTINGS`, or empty for learning from scratch.
        alignment: settings, if the source is an alignment.
        modality: which vector of a policy the source uses, a name in `MODALITIES`.
        merge: how weighted policies become one. `"average"` averages their parameters, as both
            algorithms do; `"distil"` trains a policy to reproduce their weighted action values,
            which for tables is the same.
    """

    name: str
    label: str
    source: ScoreSource
    weighting: str = ""
    alignment: AlignmentSettings | None = None
    modality: str = "weights"
    merge: Literal["average", "distil"] = "average"


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("scratch", "from scratch", "nothing"),
        Method("alg1", "Algorithm 1", "cosine", "literal"),
        Method("alg1_closest", "Algorithm 1, closest", "cosine", "closest"),
        Method("alg1_cold", "Algorithm 1, sharpened", "cosine", "cold"),
        Method("alg2", "Algorithm 2, repaired", "alignment", "softmax", AlignmentSettings()),
        Method("alg2_identity", "Algorithm 2, identity targets", "alignment", "softmax", IDENTITY),
        Method("alg2_text", "Algorithm 2, as in the text", "alignment", "literal", PAPER_TEXT),
        Method("alg2_box", "Algorithm 2, as printed", "alignment", "literal", PAPER_BOX),
        Method("uniform", "uniform average", "uniform", "literal"),
        Method("random", "random weights", "random", "literal"),
        Method("ridge", "ridge regression", "ridge", "softmax"),
        Method("oracle", "nearest policy (oracle)", "true policy", "closest"),
    )
}
"""Every method that the experiments compare for either class of policies, by its name."""

_ALG2 = METHODS["alg2"]
TABLE_METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        replace(_ALG2, name="alg2_visits", label="Algorithm 2, by visits", modality="visits"),
        Method("pairs", "pair classifier", "pairs", "closest"),
    )
}
"""Further methods, for tables: two rivals from outside the paper, of which one tries its teachers
(see `pair_classifier`)."""

NETWORK_METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        replace(_ALG2, name="alg2_q", label="Algorithm 2, by Q-values", modality="q-values"),
        replace(_ALG2, name="alg2_actions", label="Algorithm 2, by actions", modality="actions"),
        replace(_ALG2, name="alg2_closest", label="Algorithm 2, closest", weighting="closest"),
        replace(_ALG2, name="alg2_distilled", label="Algorithm 2, distilled", merge="distil"),
    )
}
"""Further methods, for networks: other modalities, and simple alternatives to averaging."""

ALL_METHODS = METHODS | TABLE_METHODS | NETWORK_METHODS
"""Every method by its name."""


def find_method(name: str) -> Method:
    """The method of this name.

    Raises:
        ValueError: if there is none; the message lists those there are.

    Example:
        >>> find_method("alg1").label
        'Algorithm 1'
    """
    if name not in ALL_METHODS:
        raise ValueError(f"there is no method {name!r}; take some of {', '.join(ALL_METHODS)}")
    return ALL_METHODS[name]


def method_scores(
    method: Method,
    instruction: FloatArray,
    base_sentences: FloatArray,
    policies: Sequence[Policy],
    goal: Goal,
    rng: np.random.Generator,
    alignment: Alignment | None = None,
    helps: BoolArray | None = None,
) -> FloatArray:
    """One score per base policy, shape `[N]`, by any method but learning from scratch.

    Args:
        instruction, base_sentences: sentence vectors, shapes `[E]` and `[N, E]`.
        policies: the N base policies.
        goal: the new goal; only the oracle looks at it.
        rng: only the random weights draw from it.
        alignment: the trained towers, for a method that aligns.
        helps: whether one base policy helped with another's task, shape `[N, N]`, for a method
            that tries pairs.

    Raises:
        ValueError: if the method needs an alignment or pairs and has none, or uses no scores.
    """
    match method.source:
        case "cosine":
            return cosine_similarity(instruction, base_sentences)
        case "alignment":
            if alignment is None:
                raise ValueError(f"method {method.name!r} needs a trained alignment")
            return alignment.similarity(instruction, base_sentences)
        case "ridge":
            vectors = policy_vectors(policies, method.modality)
            return ridge_scores(instruction, base_sentences, vectors)
        case "pairs":
            if helps is None:
                raise ValueError(f"method {method.name!r} needs pairs that were tried")
            return pair_scores(instruction, base_sentences, helps)
        case "uniform":
            return np.ones(len(policies))
        case "random":
            return rng.random(len(policies))
        case "true policy":  # the lowest mean path before any learning
            return np.array([-expected_path(p.q, p.world, goal) for p in policies])
        case "nothing":
            raise ValueError(f"method {method.name!r} learns from an empty table, without scores")
