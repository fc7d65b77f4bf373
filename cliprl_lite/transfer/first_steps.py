"""What the first steps of an alignment follow: XᵀY, in which sentences and policies vary together.

At the start everybody chooses nearly blindly, so that the first step moves the sentence tower
along XᵀY V₀. What is loud in the words and has no partner in the policies is not in XᵀY: it stays
behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import rounded
from cliprl_lite.language.sentences import embed
from cliprl_lite.transfer.alignment import (
    cosine_similarity,
    row_lengths,
    unit_rows_gradient,
)
from cliprl_lite.transfer.alignment_training import align_paths
from cliprl_lite.transfer.contrastive_loss import loss_and_gradient
from cliprl_lite.transfer.held_out_alignment import RECORD_SETTINGS
from cliprl_lite.worlds.tasks import TaskSuite

STEPS = (0, 1, 3, 10)
"""Numbers of steps after which the sentences are looked at."""

FOUR = (("red", "box"), ("red", "ball"), ("blue", "box"), ("blue", "ball"))
"""Colour and shape of each of the four sentences."""


def gradient_step(
    a: ArrayLike, b: ArrayLike, slope: ArrayLike, learning_rate: float
) -> tuple[FloatArray, FloatArray]:
    """What one step of descent adds to the two mixtures: −η ∂L/∂a and −η ∂L/∂b, for cosines.

        ∂L/∂â = G b̂,   ∂L/∂b̂ = Gᵀ â,   ∂L/∂a = (g − â ⟨g, â⟩) / ‖a‖  with g = ∂L/∂â

    Args:
        a: projected sentences, shape `[N, d]`; rows of any length.
        b: projected policies, shape `[N, d]`.
        slope: G = ∂L/∂S, shape `[N, N]`, as `contrastive_gradient` gives it.
        learning_rate: η.

    Returns:
        What is added to the sentences' mixture, and to the policies', each `[N, d]`.

    Example: both pairs stand at right angles, and should be more alike: each turns to the other.
        >>> plus_a, plus_b = gradient_step(np.eye(2), np.eye(2)[::-1], -np.eye(2), 0.1)
        >>> rounded(plus_a)
        array([[0. , 0.1],
               [0.1, 0. ]])
    """
    rows_a, rows_b, g = (np.asarray(part, np.float64) for part in (a, b, slope))
    far_a, far_b = row_lengths(rows_a), row_lengths(rows_b)
    u, v = rows_a / far_a, rows_b / far_b
    return (
        -learning_rate * unit_rows_gradient(u, far_a, g @ v),
        -learning_rate * unit_rows_gradient(v, far_b, g.T @ u),
    )


@dataclass(frozen=True, eq=False)
class Together:
    """How much of each side belongs to each of F features, and what both vary in together.

    Attributes:
        features: their names, `"rest"` the last if there is one.
        words: share of the sentences' variance that each feature has, shape `[F]`.
        policies: share of the policies' variance, shape `[F]`.
        shared: size of each part of XᵀY, over N: rows are the features in the words, columns those
            in the policies; shape `[F, F]`. Off the diagonal it is zero where each value of one
            feature meets each of the other equally often.
    """

    features: tuple[str, ...]
    words: FloatArray
    policies: FloatArray
    shared: FloatArray


def varies_together(x: ArrayLike, y: ArrayLike, features: Mapping[str, Sequence[str]]) -> Together:
    """Take sentences, policies, and XᵀY apart by features such as colour and shape.

    What varies is what differs from the mean of all rows. The part of it that belongs to a feature
    is, in each row, the mean over all rows of the same value. The size of a matrix is the root of
    the sum of its squares.

    Args:
        x: sentences, as the towers take them, shape `[N, E]`.
        y: policies, likewise, shape `[N, P]`.
        features: name → its value in each of the N rows. What none of them explains is `"rest"`.

    Raises:
        ValueError: if the numbers of rows disagree, or nothing varies.

    Example: shape is loud in the words and silent in the policies.
        >>> found = four_together(shape_in_words=0.8, shape_in_policies=0.0)
        >>> found.features, found.words.round(2).tolist(), found.policies.round(2).tolist()
        (('colour', 'shape'), [0.2, 0.8], [1.0, 0.0])
        >>> found.shared.round(2).tolist()
        [[0.45, 0.0], [0.0, 0.0]]
    """
    sentences, tables = (np.asarray(side, np.float64) for side in (x, y))
    n = len(sentences)
    if len(tables) != n or any(len(values) != n for values in features.values()):
        raise ValueError(f"{n} sentences need {n} policies, and {n} values of each feature")
    both = [side - side.mean(axis=0) for side in (sentences, tables)]
    left, parts = list(both), dict[str, list[FloatArray]]()
    for name, values in features.items():
        same = np.asarray(values)[:, None] == np.asarray(values)
        mean = same / same.sum(axis=1, keepdims=True)
        parts[name] = [mean @ side for side in both]
        left = [rest - part for rest, part in zip(left, parts[name], strict=True)]
    if max(float(np.abs(rest).max()) for rest in left) > 1e-9:
        parts["rest"] = left
    totals = [float((side**2).sum()) for side in both]
    if min(totals) == 0:
        raise ValueError("all sentences or all policies are the same: nothing varies")
    words, policies = (
        np.array([(part[k] ** 2).sum() for part in parts.values()]) / totals[k] for k in (0, 1)
    )
    shared = [
        [np.linalg.norm(one.T @ other) / n for _, other in parts.values()]
        for one, _ in parts.values()
    ]
    return Together(tuple(parts), rounded(words), rounded(policies), rounded(shared))


@dataclass(frozen=True, eq=False)
class FirstSteps:
    """The first steps of an alignment, and what they follow.

    Attributes:
        objects: `(colour, shape, sentence)` of each of the N pairs.
        together: both sides, and XᵀY, taken apart by colour and shape.
        policies: cosines of the policies, centred, shape `[N, N]`.
        steps: numbers of steps, ascending, the first is 0.
        sentences: cosines of the projected sentences after each of them, `[len(steps), N, N]`.
        losses: in nats, after each of them.
    """

    objects: tuple[tuple[str, str, str], ...]
    together: Together
    policies: FloatArray
    steps: tuple[int, ...]
    sentences: FloatArray
    losses: FloatArray

    def alike(self, feature: str, step: int) -> float:
        """Mean cosine of two projected sentences that share this feature and no other.

        Args:
            feature: `"colour"` or `"shape"`.
            step: one of `steps`.
        """
        colours, shapes = (np.array([which[k] for which in self.objects]) for k in (0, 1))
        same = {"colour": colours[:, None] == colours, "shape": shapes[:, None] == shapes}
        other = same["shape" if feature == "colour" else "colour"]
        found = self.sentences[self.steps.index(step)][same[feature] & ~other]
        return float(rounded(found.mean()))


def four_together(shape_in_words: float, shape_in_policies: float) -> Together:
    """`varies_together` of the four sentences of `four_first_steps`, with its arguments."""
    x, y = (_four(share) for share in (shape_in_words, shape_in_policies))
    colours, shapes = zip(*FOUR, strict=True)
    return varies_together(x, y, {"colour": colours, "shape": shapes})


def four_first_steps(
    shape_in_words: float, shape_in_policies: float, steps: Sequence[int] = STEPS
) -> FirstSteps:
    """Four sentences, two colours × two shapes, and their policies: as simple as it can be.

    A sentence is a vector of two numbers, one says the colour and one the shape, and so is a
    policy. Their random start is an ideal one: in a space of many dimensions, random directions
    stand nearly at right angles, and here they do so exactly. Their lengths are those of the house.

    Args:
        shape_in_words: share of the sentences' variance that shape has, 0 to 1; colour has the
            rest.
        shape_in_policies: the same for the policies: 0 where rooms follow the colour, 1 where they
            follow the shape.
        steps: numbers of steps, ascending, the first is 0.

    Raises:
        ValueError: if a share is outside 0 to 1.

    Example: shape is loud, rooms follow colour: one step, and colour is what makes alike.
        >>> seen = four_first_steps(0.7, 0.0)
        >>> [seen.alike("colour", step) for step in (0, 1)]
        [-0.4, 0.899713]
    """
    if not (0 <= shape_in_words <= 1 and 0 <= shape_in_policies <= 1):
        raise ValueError(f"a share lies from 0 to 1; got {shape_in_words}, {shape_in_policies}")
    x, y = _four(shape_in_words), _four(shape_in_policies)
    at_right_angles = np.eye(4)
    start_x, start_y = at_right_angles[:2] * _START[0], at_right_angles[2:] * _START[1]
    m_x = m_y = np.zeros((4, 4))
    sentences, losses = [], []
    for step in range(max(steps) + 1):
        a, b = x @ start_x + x @ x.T @ m_x, y @ start_y + y @ y.T @ m_y
        loss, slope = loss_and_gradient(cosine_similarity(a, b), RECORD_SETTINGS.temperature)
        if step in steps:
            sentences.append(cosine_similarity(a, a))
            losses.append(float(loss))
        plus_a, plus_b = gradient_step(a, b, slope, RECORD_SETTINGS.learning_rate)
        m_x, m_y = m_x + plus_a, m_y + plus_b
    return FirstSteps(
        tuple((colour, shape, f"go to the {colour} {shape}") for colour, shape in FOUR),
        four_together(shape_in_words, shape_in_policies),
        rounded(cosine_similarity(y, y)),
        tuple(steps),
        rounded(sentences),
        rounded(losses),
    )


_START = np.sqrt(RECORD_SETTINGS.dimension / np.array([384.0, 592.0]))
"""Lengths of a sentence and of a policy of house A, once a random tower has projected them."""


def _four(shape: float) -> FloatArray:
    """Vectors of length one: a number for the colour, and one for the shape."""
    signs = [[1 if colour == "red" else -1, 1 if kind == "box" else -1] for colour, kind in FOUR]
    return np.array(signs) * np.sqrt([1 - shape, shape])


def suite_first_steps(suite: TaskSuite, steps: Sequence[int] = STEPS) -> FirstSteps:
    """All tasks of a suite with their exact tables: the real sentences of a house, say.

    Args:
        suite: tasks that have a colour and a shape.
        steps: numbers of steps, ascending, the first is 0.

    Example: the room is the colour.
        >>> from cliprl_lite import load_suite
        >>> seen = suite_first_steps(load_suite("house_a"))
        >>> seen.together.features
        ('colour', 'shape', 'rest')
        >>> [round(seen.alike("colour", step), 1) for step in (0, 3)]
        [0.2, 0.7]
    """
    tables = [suite.world.optimal_q(task.goal).reshape(-1) for task in suite.tasks]
    tau, pi = embed([task.sentence for task in suite.tasks]), np.stack(tables)
    (stages,) = align_paths(tau[None], pi[None], RECORD_SETTINGS, steps)
    x, y = (tower.inputs for tower in (stages[0].sentence_tower, stages[0].policy_tower))
    features = {name: [getattr(task, name) for task in suite.tasks] for name in ("colour", "shape")}
    return FirstSteps(
        tuple((task.colour, task.shape, task.sentence) for task in suite.tasks),
        varies_together(x, y, features),
        rounded(cosine_similarity(y, y)),
        tuple(steps),
        rounded([one.similarity(tau, tau) for one in stages]),
        rounded([one.losses[-1] for one in stages]),
    )
