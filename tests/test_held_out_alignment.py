"""A suite is aligned as `align` does it; a record holds every stage of every training."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.policies import TabularPolicy
from cliprl_lite.transfer.algorithms import algorithm_2
from cliprl_lite.transfer.alignment import AlignmentSettings
from cliprl_lite.transfer.alignment_training import MARKS as ALL_MARKS
from cliprl_lite.transfer.alignment_training import align, align_batch
from cliprl_lite.transfer.held_out_alignment import (
    RECORD_SETTINGS,
    SHORT,
    align_suite,
    as_bytes,
    from_bytes,
    held_out_similarity,
    record_alignment,
)
from cliprl_lite.transfer.sensitivity import SENSITIVE, sensitivity
from cliprl_lite.transfer.weightings import closest, softmax
from cliprl_lite.worlds.suite_files import load_suite

HOUSE = load_suite("house_a")
MARKS = (0, 2, 8, 40)
RECORD = record_alignment(HOUSE, "go to the blue key", (0.07, 0.5), marks=MARKS)


@pytest.mark.parametrize(
    ("kind", "delta", "step"), [("identity", 0.5, 8), ("soft", 0.07, 40), ("soft", 0.5, 0)]
)
def test_it_holds_the_training_that_align_does(kind: str, delta: float, step: int) -> None:
    stage = (("identity", "soft").index(kind), (0.07, 0.5).index(delta), MARKS.index(step))
    bases = [task for task in HOUSE.tasks if task.name != "go to the blue key"]
    vectors = embed([task.sentence for task in HOUSE.tasks])
    known = embed([task.sentence for task in bases])
    tables = np.stack([HOUSE.world.optimal_q(task.goal).reshape(-1) for task in bases])
    settings = replace(RECORD_SETTINGS, targets=kind, temperature=delta, steps=step)
    fitted = align(known, tables, settings, seed=0)
    scores = fitted.similarity(embed(["go to the blue key"])[0], known)
    blue = np.array([task.colour == "blue" for task in bases])

    found = RECORD.frames[stage] / 127.0 - 1
    expected = fitted.similarity(vectors, vectors)
    np.testing.assert_allclose(found, expected, atol=0.5 / 127 + 1e-6)
    others = expected - 9 * np.eye(16)
    assert (RECORD.best[stage] == others.argmax(axis=1)).all()
    assert RECORD.losses[stage] == pytest.approx(fitted.losses[-1], abs=1e-4)
    assert RECORD.weights[stage] == pytest.approx(softmax(scores)[blue].sum(), abs=1e-4)
    assert RECORD.sums[stage] == pytest.approx(scores.sum(), abs=1e-3)


def test_bytes_stand_for_cosines() -> None:
    every = np.arange(255, dtype=np.uint8)
    assert as_bytes(from_bytes(every)).tolist() == every.tolist()
    cosines = np.linspace(-1, 1, 2001)
    np.testing.assert_allclose(from_bytes(as_bytes(cosines)), cosines, rtol=0, atol=1 / 254 + 1e-12)
    assert from_bytes(as_bytes(np.array([-1.0000001, 1.0000001]))).tolist() == [-1, 1]


def test_a_record_of_one_training_is_that_part_of_the_record_of_many() -> None:
    part = record_alignment(HOUSE, "go to the blue key", (0.5,), ("soft",), marks=MARKS)
    assert (part.targets, part.temperatures, part.marks) == (("soft",), (0.5,), MARKS)
    for name in ("frames", "best", "losses", "weights", "sums"):
        np.testing.assert_array_equal(getattr(part, name)[0, 0], getattr(RECORD, name)[1, 1])


def test_what_was_not_recorded_is_refused() -> None:
    with pytest.raises(ValueError, match="has no target 'go to the moon'"):
        record_alignment(HOUSE, "go to the moon")
    with pytest.raises(ValueError, match="'left' is a target of its own"):
        record_alignment(load_suite("corners", 8), "left")
    lonely = replace(HOUSE.tasks[0], group="only here")
    with pytest.raises(ValueError, match="nothing else is in the group of 'go to the red box'"):
        record_alignment(replace(HOUSE, tasks=(lonely, *HOUSE.tasks[1:])), lonely.name)


def test_the_whole_film_has_thirteen_marks() -> None:
    """Long enough for what is learned by heart to push out what was found first."""
    record = record_alignment(HOUSE, "go to the blue key", (0.5,), ("identity",))
    assert record.marks == ALL_MARKS
    assert record.marks[-1] == 3000
    best, last = record.weights[0, 0].max(), record.weights[0, 0, -1]
    assert best > 0.9 > 0.5 > last
    assert record.losses[0, 0, -1] < record.losses[0, 0, record.weights[0, 0].argmax()]


# A suite aligned
@pytest.mark.parametrize("held_out", ["", "go to the red cone"])
def test_a_suite_is_aligned_on_its_exact_tables(held_out: str) -> None:
    bases = [task for task in HOUSE.tasks if task.name != held_out]
    tables = np.stack([HOUSE.world.optimal_q(base.goal).ravel() for base in bases])
    expected = align(embed([base.sentence for base in bases]), tables, AlignmentSettings(), seed=0)
    fitted = align_suite(HOUSE, held_out)
    assert fitted.settings == AlignmentSettings()
    for side in ("sentence_tower", "policy_tower"):
        mine, its = getattr(fitted, side).matrix, getattr(expected, side).matrix
        np.testing.assert_allclose(mine, its, rtol=0, atol=1e-12)
    assert align_suite(HOUSE, held_out) is fitted


@pytest.mark.parametrize(("house", "right"), [("house_a", 16), ("house_b", 16), ("house_c", 0)])
def test_each_held_out_sentence_of_a_house(house: str, right: int) -> None:
    """Its first choice lies in the right room where a word means one, and else never."""
    suite, found = load_suite(house), 0
    for transfer in suite.transfers():
        known = embed([base.sentence for base in transfer.bases])
        scores = align_suite(suite, transfer.target.name).similarity(
            embed([transfer.target.sentence])[0], known
        )
        found += transfer.bases[int(scores.argmax())].group == transfer.target.group
    assert found == right


def test_a_start_needs_no_torch(run_python: Callable[..., str]) -> None:
    code = """
import json, sys
import cliprl_lite as clip
house = clip.load_suite("house_a")
transfer = house.transfer("go to the red cone")
known = [base.sentence for base in transfer.bases]
tables = [house.world.optimal_q(base.goal) for base in transfer.bases]
policies = [clip.TabularPolicy(house.world, table) for table in tables]
fitted = clip.align_suite(house, held_out="go to the red cone")
start = clip.algorithm_2("go to the red cone", known, policies, alignment=fitted)
print(json.dumps([list(start.weights), "torch" in sys.modules]))
"""
    weights, torch_is_there = json.loads(run_python(code))
    transfer = HOUSE.transfer("go to the red cone")
    red = [base.colour == "red" for base in transfer.bases]
    assert sum(np.array(weights)[red]) > 0.9
    assert not torch_is_there


def test_a_given_alignment_is_used_and_takes_no_settings() -> None:
    suite = load_suite("corners", 8)
    policies = [TabularPolicy(suite.world, suite.world.optimal_q(t.goal)) for t in suite.tasks]
    known = [task.sentence for task in suite.tasks]
    fitted = align_suite(suite)
    tower = replace(fitted.sentence_tower, rng=np.random.default_rng(9))
    for alignment in (fitted, replace(fitted, sentence_tower=tower)):
        start = algorithm_2("left", known, policies, closest, alignment=alignment)
        expected = alignment.similarity(embed(["left"])[0], embed(known)).round(6)
        assert start.scores.tolist() == expected.tolist()
    with pytest.raises(ValueError, match="trained already takes no settings"):
        algorithm_2("left", known, policies, settings=AlignmentSettings(), alignment=fitted)


def test_what_is_kept_cannot_be_written_over() -> None:
    tower = align_suite(HOUSE).sentence_tower
    for part in (tower.inputs, tower.mean, tower.mixture, tower.at_start):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 1.0


def test_a_name_is_no_suite_and_a_task_no_name() -> None:
    with pytest.raises(TypeError, match=r"align_suite\(load_suite\('house_a'\)"):
        align_suite("house_a")
    with pytest.raises(TypeError, match="a task's name"):
        align_suite(HOUSE, held_out=HOUSE.tasks[0])
    with pytest.raises(ValueError, match=r"no task of 'house_a' is called 'fly'; .*'go to the red"):
        align_suite(HOUSE, held_out="fly")


# Each held out in turn ---------------------------------------------------------------------------
def exact_tables(goals: list[tuple[int, int]]) -> np.ndarray:
    return np.stack([HOUSE.world.optimal_q(goal).reshape(-1) for goal in goals])


def test_a_sentence_that_is_held_out_is_not_trained_on() -> None:
    """Its own policy may be anything: its row stays, and the others do not."""
    sentences = embed(HOUSE.sentences)[:5]
    tables = exact_tables([task.goal for task in HOUSE.tasks[:5]])
    other = tables.copy()
    other[3] = 7.0
    found, changed = held_out_similarity(sentences, tables), held_out_similarity(sentences, other)
    assert (found[3] == changed[3]).all()
    assert (found[[0, 1, 2, 4]] != changed[[0, 1, 2, 4]]).any(axis=1).all()
    assert (np.diag(found) == 1).all()


@pytest.mark.slow
def test_however_a_house_is_furnished_another_processor_sees_the_same() -> None:
    """Thirty steps leave a last bit where it is; the hundred of other places do not."""
    rng = np.random.default_rng(0)
    free = [(row, column) for row, column in HOUSE.world.cells.tolist() if 6 not in (row, column)]
    houses = [[task.goal for task in load_suite(f"house_{name}").tasks] for name in "abc"]
    houses += [[free[k] for k in rng.choice(len(free), 16, replace=False)] for _ in range(3)]
    houses += [free[:16], [(row, column) for row, column in free if row > 6 and column > 6][:16]]
    sentences = embed(HOUSE.sentences)
    known = np.stack([np.delete(np.arange(16), new) for new in range(16)])

    def moved(goals: list[tuple[int, int]], settings: AlignmentSettings) -> float:
        fitted = align_batch(sentences[known], exact_tables(goals)[known], settings, [0] * 16)
        return float(sensitivity(fitted, sentences).max())

    assert max(moved(goals, SHORT) for goals in houses) < SENSITIVE / 1000
    assert moved(houses[2], AlignmentSettings()) > SENSITIVE
