"""A suite's tasks aligned, on their exact tables: the alignment, and a record of its training.

A record shows what alignment does to a sentence that it never saw. One task is held out, and the
towers are trained on the others with each kind of target and each temperature. The record holds all
similarities, the loss, and the held-out sentence's weights, each after several numbers of steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cliprl_lite._arrays import FloatArray
from cliprl_lite._rounding import rounded
from cliprl_lite.language.sentences import embed
from cliprl_lite.transfer.alignment import PAPER_TEXT, Alignment, AlignmentSettings
from cliprl_lite.transfer.alignment_training import MARKS, align, align_batch, align_paths
from cliprl_lite.transfer.weightings import softmax
from cliprl_lite.worlds.tasks import Task, TaskSuite

RECORD_SETTINGS = replace(PAPER_TEXT, centre=True, learning_rate=1.0)
"""The paper's text, with centring. At η = 1 it learns and then memorises within the record."""

SHORT = AlignmentSettings(steps=30)
"""This project's own setting, with 30 steps in place of 100. Where tasks follow no rule, steps
after the fortieth or so amplify the last bit of a number until it shows, and another processor
would show other similarities."""


def align_suite(suite: TaskSuite, held_out: str = "") -> Alignment:
    """The alignment of a suite's tasks, in this project's own setting, from exact tables.

    It takes a few milliseconds and is kept, so that the next call returns the same one; its arrays
    are read-only.

    Args:
        suite: the suite whose tasks are aligned.
        held_out: name of a task to leave out, which is then new; empty to align all tasks.

    Raises:
        TypeError: if given the name of a suite, or a task in place of its name.
        ValueError: if no task has that name.

    Example:
        >>> from cliprl_lite import embed, load_suite
        >>> house = load_suite("house_a")
        >>> transfer = house.transfer("go to the red cone")
        >>> known = embed([base.sentence for base in transfer.bases])
        >>> alignment = align_suite(house, held_out=transfer.target.name)
        >>> scores = alignment.similarity(embed([transfer.target.sentence])[0], known)
        >>> transfer.bases[scores.argmax()].colour
        'red'
    """
    if not isinstance(suite, TaskSuite) or not isinstance(held_out, str):
        raise TypeError(
            "give the suite itself and a task's name, as in "
            "align_suite(load_suite('house_a'), 'go to the red cone')"
        )
    names = [task.name for task in suite.tasks]
    if held_out and held_out not in names:
        raise ValueError(
            f"no task of {suite.name!r} is called {held_out!r}; hold out one of "
            + ", ".join(map(repr, names))
        )
    return _aligned(suite, held_out)


@lru_cache(maxsize=64)
def _aligned(suite: TaskSuite, held_out: str) -> Alignment:
    trained = align(*_pairs(suite, [task for task in suite.tasks if task.name != held_out]))
    for tower in (trained.sentence_tower, trained.policy_tower):
        for part in (tower.inputs, tower.mean, tower.mixture, tower.at_start):
            part.setflags(write=False)
    return trained


def _pairs(suite: TaskSuite, tasks: Sequence[Task]) -> tuple[FloatArray, FloatArray]:
    """What an alignment is trained on: sentence vectors `[N, E]` and exact tables `[N, P]`."""
    tables = [suite.world.optimal_q(task.goal).reshape(-1) for task in tasks]
    return embed([task.sentence for task in tasks]), np.stack(tables)


def held_out_similarity(sentences: ArrayLike, policies: ArrayLike) -> FloatArray:
    """Aligned similarities of N sentences to a new one; each of them is the new one once.

    It trains N alignments with the settings `SHORT`. Row i comes from the one that was trained on
    all pairs but i: it says how sentence i, which this alignment never saw, resembles the others.
    So the matrix need not be symmetric.

    Args:
        sentences: τ(lᵢ), shape `[N, E]`.
        policies: nn(πᵢ), shape `[N, P]`, in the same order.

    Returns:
        Shape `[N, N]`, rounded; 1 on the diagonal, since each sentence is itself.

    Raises:
        ValueError: as `align_batch` does.

    Example: the first three sentences belong together, and so do their policies.
        >>> sentences, policies = [[1, 0], [1, 0.1], [1, 0.2], [-1, 0]], [[1], [1], [1], [-1]]
        >>> found = held_out_similarity(sentences, policies)
        >>> found.shape, bool(found[0, 1] > found[0, 3])
        ((4, 4), True)
    """
    x, y = np.asarray(sentences, np.float64), np.asarray(policies, np.float64)
    n = len(x)
    others = np.stack([np.delete(np.arange(n), new) for new in range(n)])
    found = np.eye(n)
    for new, trained in enumerate(align_batch(x[others], y[others], SHORT, [0] * n)):
        found[new, others[new]] = trained.similarity(x[new], x[others[new]])
    return rounded(found)


@dataclass(frozen=True, eq=False)
class AlignmentRecord:
    """A training at T kinds of target, D temperatures and M numbers of steps (N: tasks).

    Attributes:
        suite, fingerprint: name of the suite, and its fingerprint, which changes if the suite does.
        held_out: name of the task that was not trained on.
        targets: the T kinds, `"identity"` or `"soft"`.
        temperatures: the D temperatures (the paper's δ).
        marks: the M numbers of steps, ascending.
        frames: cosines of all aligned sentences, as bytes: 0 for −1, 254 for 1; shape
            `[T, D, M, N, N]`.
        best: for each sentence the other one that it resembles most, shape `[T, D, M, N]`.
        losses: of the base pairs, in nats, shape `[T, D, M]`.
        weights: softmax weight of the held-out sentence on base tasks of its group, `[T, D, M]`.
        sums: Σd of the held-out sentence, shape `[T, D, M]`.
    """

    suite: str
    fingerprint: str
    held_out: str
    targets: tuple[str, ...]
    temperatures: tuple[float, ...]
    marks: tuple[int, ...]
    frames: NDArray[np.uint8]
    best: NDArray[np.uint8]
    losses: FloatArray
    weights: FloatArray
    sums: FloatArray


def record_alignment(
    suite: TaskSuite,
    held_out: str,
    temperatures: Sequence[float] = (0.07, 0.2, 0.5, 1.0),
    targets: Sequence[str] = ("identity", "soft"),
    *,
    settings: AlignmentSettings = RECORD_SETTINGS,
    marks: Sequence[int] = MARKS,
    seed: int = 0,
) -> AlignmentRecord:
    """Train on all tasks but one, from the same start each time, and record it on the way.

    Args:
        suite: its policies are exact tables.
        held_out: name of the task that takes no part in the training.
        temperatures, targets: each kind of target is trained with each temperature.
        settings: of the training; temperature, targets and steps come from the other arguments.
        marks: numbers of steps, ascending.
        seed: of the towers' random start.

    Raises:
        ValueError: if no task has that name, or none of the others shares its group.

    Example:
        >>> from cliprl_lite import load_suite
        >>> house = load_suite("house_a")
        >>> record = record_alignment(house, "go to the blue key", [0.5], ["soft"], marks=(0, 10))
        >>> record.weights[0, 0].round(1).tolist()
        [0.1, 1.0]
    """
    transfer = suite.transfer(held_out)
    if transfer.target not in suite.tasks:
        raise ValueError(f"{held_out!r} is a target of its own, no task to hold out")
    held = suite.tasks.index(transfer.target)
    in_group = np.array([base.group == transfer.target.group for base in transfer.bases])
    if not in_group.any():
        raise ValueError(f"nothing else is in the group of {held_out!r}: no weight can be right")
    each = [
        replace(settings, targets=cast(Any, kind), temperature=delta)
        for kind in targets
        for delta in temperatures
    ]
    known, tables = (
        np.broadcast_to(side, (len(each), *side.shape)) for side in _pairs(suite, transfer.bases)
    )
    paths = align_paths(known, tables, each, marks, [seed] * len(each))
    trained = [alignment for path in paths for alignment in path]
    vectors = embed([task.sentence for task in suite.tasks])
    similar = rounded([alignment.similarity(vectors, vectors) for alignment in trained])
    itself = np.eye(len(vectors), dtype=bool)
    scores = np.delete(similar[:, held], held, axis=1)
    best = np.where(itself, -np.inf, similar).argmax(axis=-1).astype(np.uint8)
    shape = (len(targets), len(temperatures), len(marks))
    return AlignmentRecord(
        suite.name,
        suite.fingerprint,
        held_out,
        tuple(targets),
        tuple(temperatures),
        tuple(marks),
        frames=as_bytes(similar).reshape(*shape, *itself.shape),
        best=best.reshape(*shape, -1),
        losses=np.array([one.losses[-1] for one in trained]).round(4).reshape(shape),
        weights=np.array([softmax(row)[in_group].sum() for row in scores]).round(4).reshape(shape),
        sums=rounded(scores.sum(axis=1), 3).reshape(shape),
    )


def as_bytes(similarity: FloatArray) -> NDArray[np.uint8]:
    """Cosines as bytes, 0 for −1 and 254 for 1; the shape stays.

    Example:
        >>> as_bytes(np.array([-1.0, 0.0, 0.5, 1.0])).tolist()
        [0, 127, 190, 254]
    """
    return np.round((similarity.clip(-1, 1) + 1) * 127).astype(np.uint8)


def from_bytes(frames: NDArray[np.uint8]) -> FloatArray:
    """The cosines that bytes stand for, to within 1/254.

    Example:
        >>> from_bytes(np.array([0, 127, 254], dtype=np.uint8)).tolist()
        [-1.0, 0.0, 1.0]
    """
    similarity: FloatArray = frames / 127.0 - 1
    return similarity
