"""The contrastive loss and its training, against torch's own, by hand, and by a second loop."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from torch.nn.functional import cross_entropy

from cliprl_lite import alignment_training
from cliprl_lite.alignment import (
    PAPER_BOX,
    PAPER_TEXT,
    AlignmentSettings,
    contrastive_loss,
    cosine_similarity,
    unit_rows,
)
from cliprl_lite.alignment_training import align, align_batch

N, E, P = 5, 24, 60
"""Pairs, and the widths of a sentence and of a policy: three different numbers."""

VARIANTS = [
    AlignmentSettings(similarity, targets, centre, temperature=0.3, steps=25, dimension=7)
    for similarity, targets, centre in product(
        ("cosine", "dot"), ("identity", "soft"), (True, False)
    )
]
every_variant = pytest.mark.parametrize(
    "settings", VARIANTS, ids=lambda s: f"{s.similarity}-{s.targets}-{s.centre}"
)


def pairs(seed: int, *batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Sentences that resemble each other and policies far from zero, as in the course."""
    rng = np.random.default_rng(seed)
    sentences = rng.normal(1.0, 1.0, (*batch, 1, E)) + rng.normal(0, 0.4, (*batch, N, E))
    policies = rng.normal(-20.0, 5.0, (*batch, N, P))
    return sentences, policies


def random_matrix(seed: int, *shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def symmetric(matrix: torch.Tensor) -> torch.Tensor:
    return (matrix + matrix.transpose(-1, -2)) / 2


# The loss
def test_the_loss_by_hand() -> None:
    """exp(S) = [[3, 1], [2, 1]]: rows choose rightly with ¾ and ⅓, columns with ⅗ and ½."""
    similarity = torch.tensor([[math.log(3), 0.0], [math.log(2), 0.0]], dtype=torch.float64)
    expected = -(math.log(3 / 4) + math.log(1 / 3) + math.log(3 / 5) + math.log(1 / 2)) / 4
    assert float(contrastive_loss(similarity, 1.0)) == pytest.approx(expected, rel=1e-12)
    assert float(contrastive_loss(2.5 * similarity, 2.5)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("temperature", [0.07, 0.5, 3.0])
@pytest.mark.parametrize("n", [2, 5, 9])
def test_the_paper_loss_is_cross_entropy_both_ways(n: int, temperature: float) -> None:
    similarity, right = random_matrix(n, n, n), torch.arange(n)
    rows = cross_entropy(similarity / temperature, right)
    columns = cross_entropy(similarity.T / temperature, right)
    assert rows != pytest.approx(columns)
    found = contrastive_loss(similarity, temperature)
    torch.testing.assert_close(found, (rows + columns) / 2, rtol=1e-12, atol=0)


@pytest.mark.parametrize("temperature", [0.2, 0.5, 3.0])
def test_soft_targets_are_cross_entropy_with_probabilities(temperature: float) -> None:
    similarity, policies = random_matrix(1, 6, 6), symmetric(random_matrix(2, 6, 6))
    target = (policies / temperature).softmax(dim=1)
    rows = cross_entropy(similarity / temperature, target)
    columns = cross_entropy(similarity.T / temperature, target)
    found = contrastive_loss(similarity, temperature, policies)
    torch.testing.assert_close(found, (rows + columns) / 2, rtol=1e-12, atol=0)


def test_soft_targets_by_a_slow_loop() -> None:
    similarity, policies = random_matrix(3, 4, 4), symmetric(random_matrix(4, 4, 4))
    delta, n, total = 0.4, 4, 0.0
    s, k = (similarity / delta).tolist(), (policies / delta).tolist()
    for i in range(n):
        for j in range(n):
            target = math.exp(k[i][j]) / sum(math.exp(k[i][m]) for m in range(n))
            over_policies = sum(math.exp(s[i][m]) for m in range(n))
            over_sentences = sum(math.exp(s[m][i]) for m in range(n))
            total -= target * (s[i][j] - math.log(over_policies)) / (2 * n)
            total -= target * (s[j][i] - math.log(over_sentences)) / (2 * n)
    found = contrastive_loss(similarity, delta, policies)
    assert float(found) == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("soft", [False, True])
def test_a_stack_of_losses_is_each_loss_alone(soft: bool) -> None:
    similarity, policies = random_matrix(5, 3, 2, 4, 4), symmetric(random_matrix(6, 3, 2, 4, 4))
    found = contrastive_loss(similarity, 0.5, policies if soft else None)
    assert found.shape == (3, 2)
    for a, b in product(range(3), range(2)):
        alone = contrastive_loss(similarity[a, b], 0.5, policies[a, b] if soft else None)
        torch.testing.assert_close(found[a, b], alone, rtol=1e-12, atol=0)


@pytest.mark.parametrize("soft", [False, True])
def test_the_gradient_is_the_numerical_one(soft: bool) -> None:
    policies = symmetric(random_matrix(7, 4, 4)) if soft else None
    similarity = random_matrix(8, 4, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda s: contrastive_loss(s, 0.6, policies), similarity)


def test_soft_targets_are_met_when_sentences_resemble_each_other_as_policies_do() -> None:
    """There the gradient vanishes and the loss is the targets' entropy; elsewhere it is more."""
    policies, delta = symmetric(random_matrix(9, 5, 5)), 0.5
    at_minimum = policies.clone().requires_grad_()
    loss = contrastive_loss(at_minimum, delta, policies)
    loss.backward()
    np.testing.assert_allclose(at_minimum.grad, 0, atol=1e-14)
    target = (policies / delta).softmax(dim=1)
    entropy = -(target * target.log()).sum(dim=1).mean()
    torch.testing.assert_close(loss.detach(), entropy, rtol=1e-12, atol=0)
    for seed in range(10):
        away = policies + 0.1 * random_matrix(seed, 5, 5)
        assert contrastive_loss(away, delta, policies) > entropy + 1e-4
    identity_loss = contrastive_loss(at_minimum, delta)
    (gradient,) = torch.autograd.grad(identity_loss, at_minimum)
    assert gradient.abs().max() > 0.01  # the paper's loss would go on pushing


# Similarity of vectors
def test_cosine_similarity_is_scipys() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(3, 8)), 5 * rng.normal(size=(6, 8))
    np.testing.assert_allclose(cosine_similarity(a, b), 1 - cdist(a, b, "cosine"), rtol=1e-12)
    np.testing.assert_allclose(cosine_similarity(a[1], b), (1 - cdist(a, b, "cosine"))[1])


def test_unit_rows_leave_a_row_of_zeros_alone() -> None:
    rows = unit_rows([[3, 4], [0, 0], [0, -2]])
    assert rows.tolist() == [[0.6, 0.8], [0, 0], [0, -1]]


# Training
def starting_towers(seed: int, settings: AlignmentSettings) -> list[np.ndarray]:
    """Random projections in double precision, the sentences' first."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((n, settings.dimension)) / math.sqrt(n) for n in (E, P)]


def second_opinion(
    seed: int, sentences: np.ndarray, policies: np.ndarray, settings: AlignmentSettings
) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """The paper's Step 2 by another road: Adam written out, cross-entropy from torch."""
    if settings.centre:
        sentences = sentences - sentences.mean(axis=0)
        policies = policies - policies.mean(axis=0)
    x = torch.from_numpy(sentences / np.linalg.norm(sentences, axis=1)[:, None])
    y = torch.from_numpy(policies / np.linalg.norm(policies, axis=1)[:, None])
    n = len(x)
    right = (
        (y @ y.T / settings.temperature).softmax(dim=1)
        if settings.targets == "soft"
        else torch.eye(n, dtype=torch.float64)
    )
    towers = [torch.from_numpy(tower).requires_grad_() for tower in starting_towers(seed, settings)]
    first, second = ([torch.zeros_like(tower) for tower in towers] for _ in range(2))
    losses = []
    for step in range(1, settings.steps + 2):
        a, b = x @ towers[0], y @ towers[1]
        if settings.similarity == "cosine":
            a, b = (rows / rows.norm(dim=1, keepdim=True) for rows in (a, b))
        logits = a @ b.T / settings.temperature
        loss = (cross_entropy(logits, right) + cross_entropy(logits.T, right)) / 2
        losses.append(float(loss.detach()))
        if step > settings.steps:
            break
        gradients = torch.autograd.grad(loss, towers)
        with torch.no_grad():
            for tower, m, v, gradient in zip(towers, first, second, gradients, strict=True):
                m.mul_(0.9).add_(0.1 * gradient)
                v.mul_(0.999).add_(0.001 * gradient**2)
                m_hat, v_hat = m / (1 - 0.9**step), v / (1 - 0.999**step)
                tower -= settings.learning_rate * m_hat / (v_hat.sqrt() + 1e-8)
    return towers[0].detach().numpy(), towers[1].detach().numpy(), losses


@every_variant
def test_training_is_what_the_settings_say(settings: AlignmentSettings) -> None:
    sentences, policies = pairs(1)
    fitted = align(sentences, policies, settings, seed=4)
    sentence_tower, policy_tower, losses = second_opinion(4, sentences, policies, settings)
    np.testing.assert_allclose(fitted.losses, losses, rtol=1e-9)
    for found, tower in (
        (fitted.sentence_tower, sentence_tower),
        (fitted.policy_tower, policy_tower),
    ):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, tower, rtol=1e-6, atol=1e-9)


@every_variant
def test_the_history_begins_before_the_first_step(settings: AlignmentSettings) -> None:
    fitted = align(*pairs(2), settings, seed=4)
    untrained = align(*pairs(2), replace(settings, steps=0), seed=4)
    assert fitted.losses.shape == (settings.steps + 1,)
    assert untrained.losses.tolist() == [pytest.approx(fitted.losses[0], rel=1e-12)]
    assert (np.diff(fitted.losses) < 0).mean() > 0.9


def test_the_first_loss_in_numpy() -> None:
    """Untrained towers, no centring, raw dot products: the paper's box with pen and paper."""
    sentences, policies = pairs(3)
    start = align(sentences, policies, replace(PAPER_BOX, steps=0), seed=9)
    x = sentences / np.sqrt((sentences**2).sum(axis=1, keepdims=True))
    y = policies / np.sqrt((policies**2).sum(axis=1, keepdims=True))
    towers = starting_towers(9, PAPER_BOX)
    projected = x @ towers[0], y @ towers[1]
    s = projected[0] @ projected[1].T / PAPER_BOX.temperature
    rows = np.diag(s) - logsumexp(s, axis=1)
    columns = np.diag(s) - logsumexp(s, axis=0)
    assert start.losses == pytest.approx([-(rows + columns).sum() / (2 * N)], rel=1e-12)


def test_towers_start_as_random_projections_of_the_asked_width() -> None:
    settings = AlignmentSettings(steps=0, dimension=400)
    start = align(*pairs(0), settings, seed=1)
    assert start.sentence_tower.shape == (E, 400)
    assert start.policy_tower.shape == (P, 400)
    for tower in (start.sentence_tower, start.policy_tower):
        assert tower.std() == pytest.approx(1 / math.sqrt(len(tower)), rel=0.02)
        assert abs(tower.mean()) < 0.01


def test_the_papers_readings() -> None:
    assert (PAPER_BOX.similarity, PAPER_TEXT.similarity) == ("dot", "cosine")
    assert replace(PAPER_BOX, similarity="cosine") == PAPER_TEXT
    for settings in (PAPER_BOX, PAPER_TEXT):
        assert (settings.targets, settings.centre) == ("identity", False)
        assert settings.unit_length


def test_inputs_at_unit_length_do_not_know_how_long_they_were() -> None:
    sentences, policies = pairs(6)
    for unit_length in (True, False):
        settings = AlignmentSettings(steps=3, centre=False, unit_length=unit_length)
        short = align(sentences, policies, settings).project_policies(policies)
        long = align(sentences, 10 * policies, settings).project_policies(10 * policies)
        assert np.allclose(short, long) is unit_length


@pytest.mark.parametrize(("similarity", "scale_matters"), [("cosine", False), ("dot", True)])
def test_only_a_dot_product_knows_the_length_of_its_vectors(
    similarity: str, scale_matters: bool
) -> None:
    """Long training with a dot product lengthens the projections and undoes the temperature."""
    settings = replace(PAPER_BOX, similarity=similarity, unit_length=True)
    sentences, policies = pairs(4)
    before = align(sentences, policies, replace(settings, steps=0)).project_sentences(sentences)
    after = align(sentences, policies, settings).project_sentences(sentences)
    growth = np.linalg.norm(after, axis=1).mean() / np.linalg.norm(before, axis=1).mean()
    assert bool(growth > 1.5) is scale_matters


@pytest.mark.parametrize("centre", [True, False])
def test_centring_takes_the_mean_away_from_both_sides(centre: bool) -> None:
    """A common offset changes nothing if centred, and does if not."""
    sentences, policies = pairs(5)
    settings = AlignmentSettings(centre=centre, steps=10)
    plain = align(sentences, policies, settings)
    moved = align(sentences + 0.7, policies + 30, settings)
    expected = sentences.mean(axis=0), policies.mean(axis=0)
    if not centre:
        expected = np.zeros(E), np.zeros(P)
    np.testing.assert_allclose(plain.sentence_mean, expected[0], rtol=1e-12)
    np.testing.assert_allclose(plain.policy_mean, expected[1], rtol=1e-12)
    new = sentences[0] + 0.3 * np.random.default_rng(0).normal(size=E)
    same = np.allclose(
        plain.similarity(new, sentences), moved.similarity(new + 0.7, sentences + 0.7), atol=1e-9
    )
    assert same is centre


@pytest.mark.parametrize("centre", [True, False])
def test_projecting_by_hand(centre: bool) -> None:
    sentences, policies = pairs(6)
    fitted = align(sentences, policies, AlignmentSettings(centre=centre, steps=3))
    for vectors, project, tower in (
        (sentences, fitted.project_sentences, fitted.sentence_tower),
        (policies, fitted.project_policies, fitted.policy_tower),
    ):
        rows = vectors - vectors.mean(axis=0) if centre else vectors
        expected = np.array([row / math.sqrt(sum(row * row)) for row in rows]) @ tower
        np.testing.assert_allclose(project(vectors), expected, rtol=1e-9)
        np.testing.assert_allclose(project(vectors[2]), expected[2], rtol=1e-9)
    new = sentences[:2] + 0.1
    expected = 1 - cdist(
        fitted.project_sentences(new), fitted.project_sentences(sentences), "cosine"
    )
    np.testing.assert_allclose(fitted.similarity(new, sentences), expected, rtol=1e-9)
    np.testing.assert_allclose(fitted.similarity(new[1], sentences), expected[1], rtol=1e-9)


def test_training_learns_which_sentences_belong_together() -> None:
    """Two groups of policies; one coordinate of a sentence says its group, a louder one misleads.
    A new sentence then resembles those of its group, which its raw cosine does not see."""
    rng = np.random.default_rng(0)
    group, noise = np.array([0, 1, 0, 1, 0, 1]), np.array([0, 0, 1, 1, 2, 2])
    sentences = 0.05 * rng.normal(size=(6, E))
    sentences[:, 0] += 0.5 * group
    sentences[range(6), 1 + noise] += 1
    policies = rng.normal(size=(2, P))[group] + 0.1 * rng.normal(size=(6, P))
    new = np.zeros((2, E))
    new[:, 0] = (0.0, 0.5)
    new[:, 1] = 1
    settings = AlignmentSettings(temperature=0.5, steps=300, learning_rate=0.01)
    aligned = align(sentences, policies, settings).similarity(new, sentences)
    raw = cosine_similarity(new, sentences)
    for wanted in (0, 1):
        right = group == wanted
        assert aligned[wanted][right].min() > aligned[wanted][~right].max()
        assert raw[wanted][right].min() < raw[wanted][~right].max()


# Batches, machines, randomness
@pytest.mark.parametrize("batch", [1, 10, 100])
@pytest.mark.parametrize(
    "settings",
    [AlignmentSettings(steps=100, learning_rate=0.01), replace(PAPER_BOX, steps=100)],
    ids=["repaired", "box"],
)
@pytest.mark.parametrize("together", [1, 3, None])
def test_a_batch_is_each_alignment_alone(
    batch: int, settings: AlignmentSettings, together: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To well under the sixth decimal, and equal after rounding to it, however it is cut."""
    if together:
        monkeypatch.setattr(alignment_training, "_CACHE", together * (E + P) * settings.dimension)
    sentences, policies = pairs(7, batch)
    trained = align_batch(sentences, policies, settings, range(batch))
    assert len(trained) == batch
    for b in (0, batch // 2, batch - 1):
        alone = align(sentences[b], policies[b], settings, seed=b)
        mine, its = (
            fitted.similarity(sentences[b] + 0.2, sentences[b]) for fitted in (trained[b], alone)
        )
        np.testing.assert_allclose(mine, its, atol=1e-9, rtol=0)
        assert (mine.round(6) == its.round(6)).all()
        np.testing.assert_allclose(trained[b].losses, alone.losses, rtol=1e-9)


def test_another_kind_of_processor_gives_the_same_six_decimals(
    run_python: Callable[..., str], tmp_path: Path
) -> None:
    code = """
import json, sys
import numpy as np
from cliprl_lite.alignment import PAPER_BOX, AlignmentSettings
from cliprl_lite.alignment_training import align
import torch
data = np.load(sys.argv[1])
print(json.dumps([torch.backends.cpu.get_cpu_capability()] + [
    align(data["sentences"], data["policies"], settings, seed=2)
    .similarity(data["sentences"] + 0.2, data["sentences"]).round(6).tolist()
    for settings in (AlignmentSettings(), PAPER_BOX)
]))
"""
    sentences, policies = pairs(8)
    np.savez(tmp_path / "pairs.npz", sentences=sentences, policies=policies)
    capability, *found = json.loads(
        run_python(code, tmp_path / "pairs.npz", ATEN_CPU_CAPABILITY="default")
    )
    here = [
        align(sentences, policies, settings, seed=2)
        .similarity(sentences + 0.2, sentences)
        .round(6)
        .tolist()
        for settings in (AlignmentSettings(), PAPER_BOX)
    ]
    assert capability == "DEFAULT"
    assert found == here


def test_the_seed_is_the_only_randomness() -> None:
    first = align(*pairs(9), seed=3)
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002
    states = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    second = align(*pairs(9), seed=3)
    from_generator = align(*pairs(9), seed=np.random.default_rng(3))
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]  # noqa: NPY002
    for again in (second, from_generator):
        assert again.sentence_tower.tobytes() == first.sentence_tower.tobytes()
        assert again.policy_tower.tobytes() == first.policy_tower.tobytes()
    other = align(*pairs(9), seed=4)
    assert not np.allclose(other.sentence_tower, first.sentence_tower)
    assert not np.allclose(other.policy_tower, first.policy_tower)


def test_training_leaves_its_inputs_and_torchs_threads_alone() -> None:
    sentences, policies = pairs(10)
    kept, threads = (sentences.copy(), policies.copy()), torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        align(sentences, policies)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
    assert (sentences == kept[0]).all()
    assert (policies == kept[1]).all()


def test_what_was_trained_is_applied_without_torch(
    run_python: Callable[..., str], tmp_path: Path
) -> None:
    code = """
import sys
sys.modules["torch"] = None
import numpy as np
from cliprl_lite import Alignment, AlignmentSettings
data = np.load(sys.argv[1])
names = ("sentence_mean", "sentence_tower", "policy_mean", "policy_tower", "losses")
fitted = Alignment(AlignmentSettings(), *(data[name] for name in names))
print(fitted.similarity(data["new"], data["sentences"]).tobytes().hex())
print(fitted.project_policies(data["policies"]).shape)
"""
    sentences, policies = pairs(11)
    fitted = align(sentences, policies)
    new = sentences[0] + 0.1
    names = ("sentence_mean", "sentence_tower", "policy_mean", "policy_tower", "losses")
    arrays = {name: getattr(fitted, name) for name in names}
    np.savez(tmp_path / "fitted.npz", sentences=sentences, policies=policies, new=new, **arrays)
    similarity, shape = run_python(code, tmp_path / "fitted.npz").splitlines()
    found = np.frombuffer(bytes.fromhex(similarity))
    np.testing.assert_allclose(found, fitted.similarity(new, sentences), rtol=1e-12)
    assert shape == str((N, fitted.settings.dimension))


# What cannot be
@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"similarity": "euclid"}, "similarity is 'cosine' or 'dot'"),
        ({"targets": "hard"}, "targets is 'identity' or 'soft'"),
        ({"temperature": 0.0}, "temperature is positive"),
        ({"temperature": -1.0}, "temperature is positive"),
        ({"temperature": float("nan")}, "temperature is positive"),
        ({"temperature": float("inf")}, "temperature is positive and finite; got inf"),
        ({"steps": -1}, "steps is 0 or more"),
        ({"dimension": 0}, "dimension 1 or more"),
        ({"learning_rate": 0.0}, "learning_rate positive"),
        ({"learning_rate": float("nan")}, "learning_rate positive"),
        ({"learning_rate": float("inf")}, r"learning_rate positive and finite; got .* inf"),
    ],
)
def test_settings_that_cannot_be(choice: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AlignmentSettings(**choice)


@pytest.mark.parametrize(
    ("sentences", "policies", "message"),
    [
        (np.ones((4, E)), np.ones((5, P)), "come in pairs"),
        (np.ones(E), np.ones(P), "come in pairs"),
        (np.ones((1, E)), np.ones((1, P)), "at least two pairs"),
        (np.full((3, E), np.nan), np.ones((3, P)), "not finite"),
        (np.ones((3, E)), np.full((3, P), np.inf), "not finite"),
    ],
)
def test_pairs_that_cannot_be(sentences: np.ndarray, policies: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        align(sentences, policies)


def test_every_alignment_of_a_batch_has_its_seed() -> None:
    with pytest.raises(ValueError, match="3 alignments need as many seeds; got 2"):
        align_batch(*pairs(0, 3), seeds=(0, 1))


def test_one_generator_does_not_serve_two_alignments() -> None:
    """They are trained side by side: who draws first would be chance."""
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"a generator of its own: give rng\.spawn\(n\)"):
        align_batch(*pairs(0, 3), seeds=[rng, 5, rng])
    settings = AlignmentSettings(steps=1)
    first, second = (
        align_batch(*pairs(0, 3), settings, np.random.default_rng(0).spawn(3)) for _ in range(2)
    )
    for a, b in zip(first, second, strict=True):
        assert (a.sentence_tower == b.sentence_tower).all()
