"""Weightings by hand; both algorithms re-written from the paper's boxes; every control."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import reduce
from math import fsum
from operator import add

import numpy as np
import pytest
import torch

from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.policies import TabularPolicy, policy_vectors
from cliprl_lite.transfer.algorithms import algorithm_1, algorithm_2, closest_teachers, warm_start
from cliprl_lite.transfer.alignment import PAPER_BOX, AlignmentSettings
from cliprl_lite.transfer.alignment_training import align, align_batch
from cliprl_lite.transfer.held_out_alignment import align_suite
from cliprl_lite.transfer.weightings import (
    closest,
    literal,
    softmax,
)
from cliprl_lite.worlds.suite_files import load_suite

CORNERS = load_suite("corners", 6)
SENTENCES = [task.sentence for task in CORNERS.tasks]
POLICIES = [TabularPolicy(CORNERS.world, CORNERS.world.optimal_q(t.goal)) for t in CORNERS.tasks]


# Warm starts
def test_a_warm_start_is_scores_weights_average() -> None:
    start = warm_start([0.25, 0.1234567, 0.5, 0.1265433], POLICIES)
    assert start.scores.tolist() == [0.25, 0.123457, 0.5, 0.126543]
    assert start.weights.tolist() == pytest.approx(start.scores.tolist(), rel=1e-12)
    for state, action in ((0, 0), (7, 3), (35, 1)):
        mix = 0.0
        for weight, policy in zip(start.weights.tolist(), POLICIES, strict=True):
            mix = mix + weight * float(policy.q[state, action])
        assert start.policy.q[state, action] == mix


@pytest.mark.parametrize("optimism", [2.5, -1.0])
def test_optimism_lifts_the_whole_table_and_keeps_its_greedy_actions(optimism: float) -> None:
    scores = [0.9, 0.8, 0.3, 0.2]
    plain, lifted = (warm_start(scores, POLICIES, optimism=o).policy for o in (0.0, optimism))
    np.testing.assert_allclose(lifted.q, plain.q + optimism, rtol=1e-14)
    assert (lifted.greedy == plain.greedy).all()
    assert 1 <= plain.greedy.sum(axis=1).min() < 4


@pytest.mark.parametrize("optimism", [float("nan"), float("inf"), -float("inf")])
def test_an_optimism_is_a_finite_number(optimism: float) -> None:
    with pytest.raises(ValueError, match="optimism is a finite number"):
        warm_start([0.9, 0.8, 0.3, 0.2], POLICIES, optimism=optimism)


def test_scores_and_policies_come_in_equal_numbers() -> None:
    with pytest.raises(ValueError, match="4 policies and 3 weights"):
        warm_start([0.1, 0.2, 0.3], POLICIES)


@pytest.mark.parametrize(("name", "agree"), [("house_a", 0), ("house_b", 16)])
def test_whom_words_and_map_choose(name: str, agree: int) -> None:
    """By the vectors themselves; in house B the map goes by shape, as the words do."""
    house, of_one_room = load_suite(name), 0
    for transfer in house.transfers():
        said, known = transfer.target.sentence, [task.sentence for task in transfer.bases]
        old = [TabularPolicy(house.world, house.world.optimal_q(t.goal)) for t in transfer.bases]
        fitted = align_suite(house, transfer.target.name)
        new, vectors = embed([said])[0], embed(known)
        scores = vectors @ new, fitted.similarity(new, vectors)
        expected = tuple(int(row.round(6).argmax()) for row in scores)
        words, the_map = closest_teachers(said, known, old, fitted)
        assert (words, the_map) == expected
        of_one_room += transfer.bases[words].group == transfer.bases[the_map].group
    assert of_one_room == agree


# The boxes of the paper
def cosine(u: list[float], v: list[float]) -> float:
    """u · v / (‖u‖ ‖v‖)."""
    dot = math.fsum(a * b for a, b in zip(u, v, strict=True))
    return dot / math.sqrt(math.fsum(a * a for a in u) * math.fsum(b * b for b in v))


def literal_average(d: list[float], tables: list[np.ndarray]) -> list[float]:
    """Σ d nn(π) / Σ d: each d to six decimals, the sums in the order of the bases."""
    d = [round(score, 6) for score in d]
    weights = [score / round(fsum(d), 6) for score in d]
    return [  # one after the other: since Python 3.12 `sum` corrects itself on the way
        reduce(add, (w * x for w, x in zip(weights, entries, strict=True)), 0.0)
        for entries in zip(*(table.ravel().tolist() for table in tables), strict=True)
    ]


@pytest.mark.parametrize("target", ["left", "right"])
def test_algorithm_1_is_its_box(target: str) -> None:
    instruction = CORNERS.transfer(target).target.sentence
    start = algorithm_1(instruction, SENTENCES, POLICIES)
    tau_j, *tau_i = embed([instruction, *SENTENCES]).tolist()
    d = [cosine(tau_j, tau) for tau in tau_i]
    np.testing.assert_allclose(start.scores, d, atol=6e-7)
    assert 0.5 < min(d) < max(d) < 0.95
    assert start.policy.vector.tolist() == literal_average(d, [p.q for p in POLICIES])


def test_algorithm_1_by_the_closest_instruction() -> None:
    """The second reading: the nearest sentence's policy and nothing else."""
    start = algorithm_1(
        "go to the red cone", ["top left first", "go to the blue cone"], POLICIES[:2], closest
    )
    assert start.weights.tolist() == [0, 1]
    assert (start.policy.q == POLICIES[1].q).all()


def test_algorithm_2_is_its_box() -> None:
    """Step 2 with torch's gradient descent and logarithms of sums, Step 3 in plain Python."""
    box = replace(PAPER_BOX, steps=40)
    instruction, seed, delta = "top left third", 3, box.temperature
    start = algorithm_2(instruction, SENTENCES, POLICIES, literal, box, seed)

    tau_j, *tau_i = embed([instruction, *SENTENCES])
    l = torch.stack([torch.from_numpy(t / np.linalg.norm(t)) for t in tau_i])  # noqa: E741
    nn = torch.stack([torch.from_numpy(p.q.ravel() / np.linalg.norm(p.q)) for p in POLICIES])
    rng = np.random.default_rng(seed)
    proj_l, proj_nn = (
        torch.from_numpy(
            rng.standard_normal((width, box.dimension)) / math.sqrt(width)
        ).requires_grad_()
        for width in (384, 4 * CORNERS.world.n_states)
    )
    optimiser = torch.optim.SGD([proj_l, proj_nn], lr=box.learning_rate)
    n = len(SENTENCES)
    for _ in range(box.steps):
        s = (l @ proj_l) @ (nn @ proj_nn).T
        loss = torch.zeros((), dtype=torch.float64)
        for i in range(n):
            for others in (s[i, :], s[:, i]):
                loss = loss - (s[i, i] / delta - torch.logsumexp(others / delta, 0)) / (2 * n)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    project = proj_l.detach().numpy()
    d = [cosine((tau_j @ project).tolist(), (tau.numpy() @ project).tolist()) for tau in l]

    np.testing.assert_allclose(start.scores, d, atol=2e-6)
    weights = start.scores / start.scores.sum()
    np.testing.assert_allclose(start.weights, weights, rtol=1e-12)
    np.testing.assert_allclose(
        start.policy.vector, literal_average(start.scores.tolist(), [p.q for p in POLICIES])
    )


def test_algorithm_2_by_this_projects_choices() -> None:
    start = algorithm_2("top right third", SENTENCES, POLICIES, seed=5)
    tau_j, tau_i = embed(["top right third"])[0], embed(SENTENCES)
    fitted = align(tau_i, policy_vectors(POLICIES), AlignmentSettings(), 5)
    d = fitted.similarity(tau_j, tau_i)
    np.testing.assert_allclose(start.scores, d, atol=6e-7)
    assert start.weights.tolist() == softmax(d).tolist()
    other = algorithm_2("top right third", SENTENCES, POLICIES, seed=6)
    assert (other.scores != start.scores).any()


def test_policies_decide_what_words_cannot() -> None:
    """House A, leave one out, exact policies: the words put a thing of the right room on top in
    no room, the aligned words do in most; in House C, where no word means a room, they cannot."""
    shares = {}
    for name in ("house_a", "house_c"):
        suite = load_suite(name)
        tables = {t.name: suite.world.optimal_q(t.goal).ravel() for t in suite.tasks}
        transfers = suite.transfers()
        tau_j = embed([t.target.sentence for t in transfers])
        tau_i = np.stack([embed([base.sentence for base in t.bases]) for t in transfers])
        vectors = np.stack([np.stack([tables[b.name] for b in t.bases]) for t in transfers])
        fitted = align_batch(tau_i, vectors, seeds=range(16))
        right = {"words": 0, "alignment": 0}
        for number, transfer in enumerate(transfers):
            for source, scores in (
                ("words", tau_i[number] @ tau_j[number]),
                ("alignment", fitted[number].similarity(tau_j[number], tau_i[number])),
            ):
                top = transfer.bases[int(np.argmax(scores))]
                right[source] += top.group == transfer.target.group
        shares[name] = right
    assert shares["house_a"]["words"] == 0
    assert shares["house_a"]["alignment"] >= 12
    assert shares["house_c"]["alignment"] <= 4
