"""One trial: its random numbers, its rows, and the measures of a run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cliprl_lite.experiments import trials
from cliprl_lite.experiments.measures import measure
from cliprl_lite.experiments.policy_classes import policy_class, rng_for
from cliprl_lite.experiments.results import COLUMNS, KEYS
from cliprl_lite.experiments.trials import Job, align_sets, run_job
from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.averaging import average, average_q
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.learning.network_training import NetworkRun
from cliprl_lite.learning.policies import MODALITIES, learn_policy
from cliprl_lite.learning.runs import learn
from cliprl_lite.transfer.alignment import Alignment
from cliprl_lite.transfer.alignment_training import align_batch
from cliprl_lite.transfer.methods import ALL_METHODS, METHODS, Method
from cliprl_lite.transfer.weightings import WEIGHTINGS, ZeroSumError, softmax
from cliprl_lite.worlds.greedy import GreedyEvaluation, evaluate_greedy
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import load_suite


def test_a_row_recomputed_by_hand() -> None:
    """House of one trial: base policies, uniform average, the run, and each of its measures."""
    suite, seed = load_suite("corners", 7), 2
    target = suite.transfer("right").target
    rows = run_job(
        Job(load_suite("corners", 7), seed, ("right",), ("scratch", "uniform"), cap=10**6)
    )
    bases = [
        learn_policy(suite.world, task.goal, rng_for(seed, "corners_7", task.name))[0]
        for task in suite.tasks
    ]
    mean = average(bases, [0.25] * 4).q
    for row, start in zip(rows, (None, mean), strict=True):
        run = learn(suite.world, target.goal, start, rng_for(seed, "corners_7", "right"))
        wasted = [
            int(length - shortest)
            for length, shortest in zip(run.episode_lengths, run.episode_shortest, strict=True)
        ]
        assert row["first20"] == sum(run.episode_lengths[:20].tolist()) / 20
        assert row["regret"] == sum(wasted[:100])
        assert (row["near_optimal"], row["optimal"]) == (run.steps_near_optimal, run.steps_optimal)
        assert row["few_shot_return"] == round(-run.few_shot.mean_path, 4)
        assert row["zero_shot_path"] == round(run.checks[0].mean_path, 4)
        assert row["zero_shot_success"] == round(run.checks[0].success, 6)
        assert row["asymptote"] == 1.0
        assert not any(row[f"{clock}_censored"] for clock in CLOCKS)
    scratch, uniform = rows
    assert set(scratch) == set(uniform) == set(COLUMNS)
    assert [scratch[key] for key in (*KEYS, "size")] == [
        "corners_7",
        "tabular",
        "right",
        "scratch",
        2,
        7,
    ]
    assert (scratch["weighting"], uniform["weighting"]) == ("", "literal")
    assert np.isnan([scratch[column] for column in ("score_sum", "top_right", "reuse")]).all()
    # Four equal scores, two of them on the right.
    assert [uniform[column] for column in ("score_sum", "top_right", "reuse")] == [4.0, 0.5, 0.5]


def test_all_methods_of_a_trial_meet_the_same_random_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two names for one start give one row; the trial and the target still matter."""
    monkeypatch.setitem(ALL_METHODS, "twin", replace(METHODS["uniform"], name="twin"))
    rows = {}
    for seed in (0, 1):
        for row in run_job(
            Job(load_suite("corners", 6), seed, (), ("uniform", "scratch", "twin"), 10**6)
        ):
            rows[row["method"], row["target"], seed] = {**row, "method": ""}
    for target in ("left", "right", "mismatch"):
        for seed in (0, 1):
            assert rows["twin", target, seed] == rows["uniform", target, seed]
    # The goals of these two are the same, and so are all base policies.
    right, mismatch = rows["uniform", "right", 0], rows["uniform", "mismatch", 0]
    assert right["zero_shot_path"] == mismatch["zero_shot_path"]
    assert right["first20"] != mismatch["first20"]
    assert right["first20"] != rows["uniform", "right", 1]["first20"]


def test_the_rows_of_a_trial_are_known_before_it_is_run() -> None:
    job = Job(load_suite("corners", 5), 3, ("right", "left"), ("alg1_cold", "scratch"), 10**5)
    by_hand = [
        ("corners_5", 5, "tabular", target, method, weighting, 3)
        for target in ("left", "right")
        for method, weighting in (("alg1_cold", "cold"), ("scratch", ""))
    ]
    names = ["suite", "size", "policy", "target", "method", "weighting", "seed"]
    assert [tuple(row.values()) for row in job.rows] == by_hand
    assert [tuple(row[name] for name in names) for row in run_job(job)] == by_hand


def test_scores_that_cancel_fail_on_every_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    def cancel(scores: np.ndarray) -> np.ndarray:
        raise ZeroSumError("these scores cancel")

    monkeypatch.setitem(WEIGHTINGS, "cancel", cancel)
    monkeypatch.setitem(ALL_METHODS, "none", Method("none", "none", "cosine", "cancel"))
    (row,) = run_job(Job(load_suite("corners", 5), 0, ("left",), ("none",), cap=777))
    assert set(row) == set(COLUMNS)
    assert [row[clock] for clock in CLOCKS] == [777 / 20, 777, 777]
    assert all(row[f"{clock}_censored"] is True for clock in CLOCKS)
    assert row["score_sum"] == 0
    assert np.isnan([row["regret"], row["few_shot_return"], row["reuse"]]).all()


# Measures of a run made by hand
BEFORE = GreedyEvaluation(mean_path=30.123456, shortest=4.0, success=0.12345678, wrong_states=9)
AFTER_20 = GreedyEvaluation(mean_path=8.55555, shortest=4.0, success=1.0, wrong_states=5)
AT_END = GreedyEvaluation(mean_path=4.1, shortest=4.0, success=1.0, wrong_states=2)
RUN = NetworkRun(
    parameters=[],
    steps=5_000,
    stop_reason="finished",
    steps_near_optimal=900,
    steps_optimal=4_000,
    check_steps=np.array([0, 900, 4_000]),
    checks=(BEFORE, AFTER_20, AT_END),
    few_shot=AFTER_20,
    episode_lengths=np.arange(120, 0, -1),
    episode_shortest=np.ones(120, dtype=int),
)


def test_measures_by_hand() -> None:
    assert measure(RUN) == {
        "zero_shot_success": 0.123457,
        "zero_shot_path": 30.1235,
        "first20": 110.5,  # the mean of 120, 119, …, 101
        "first20_censored": False,
        "few_shot_return": -8.5556,
        "regret": 119 * 120 / 2 - 19 * 20 / 2,  # 119 + 118 + … + 20
        "near_optimal": 900,
        "near_optimal_censored": False,
        "optimal": 4_000,
        "optimal_censored": False,
        "asymptote": 1.025,
    }


def test_measures_of_a_run_that_was_cut_off() -> None:
    cut = replace(
        RUN,
        stop_reason="cap",
        steps_near_optimal=None,
        steps_optimal=None,
        few_shot=None,
        episode_lengths=np.full(7, 600),
        episode_shortest=np.full(7, 2),
    )
    found = measure(cut)
    assert [found[f"{clock}_censored"] for clock in CLOCKS] == [True, True, True]
    assert (found["near_optimal"], found["optimal"]) == (5_000, 5_000)
    assert np.isnan([found["few_shot_return"], found["regret"]]).all()
    between = measure(replace(cut, steps_near_optimal=0))
    assert (between["near_optimal"], between["near_optimal_censored"]) == (0, False)
    assert between["optimal_censored"]


def test_a_censored_clock_is_a_lower_bound() -> None:
    """The same run, cut off here and there, and not at all."""
    world = GridWorld.open_map(6)
    for seed in range(4):
        whole = measure(learn(world, (0, 0), seed=seed))
        for cap in (15, 60, 150, 300, 600):
            cut = measure(learn(world, (0, 0), seed=seed, cap=cap))
            assert cut["optimal_censored"]
            assert {clock: cut[clock] for clock in CLOCKS if cut[clock] > whole[clock]} == {}


@pytest.mark.parametrize("numbers", [1, 5 * 400 * 2])
def test_alignments_in_small_batches_are_the_same(
    numbers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One base set at a time, or two of the six: nobody has to hold all policies six times."""
    suite = load_suite("colours_6")
    policies = policy_class("tabular").learn_bases(suite, 3)
    sets = [transfer.bases for transfer in suite.transfers()]
    together = align_sets(suite, 3, sets, policies, None)
    sizes = []

    def noted(sentences: np.ndarray, *rest: object) -> list[Alignment]:
        sizes.append(len(sentences))
        return align_batch(sentences, *rest)

    monkeypatch.setattr(trials, "align_batch", noted)
    monkeypatch.setattr(trials, "_BATCH", numbers)
    apart = align_sets(suite, 3, sets, policies, None)
    assert sizes == ([1] * 6 if numbers == 1 else [2] * 3)
    assert list(apart) == list(together) == sets
    for bases, alignment in together.items():
        for side in ("sentence_tower", "policy_tower"):
            mine, its = getattr(apart[bases], side), getattr(alignment, side)
            assert mine.matrix.tobytes() == its.matrix.tobytes()


def test_distilling_a_table_is_averaging_it() -> None:
    rows = run_job(Job(load_suite("corners", 6), 0, ("left",), ("alg2", "alg2_distilled"), 10**6))
    average_, distilled = ({**row, "method": ""} for row in rows)
    assert average_ == distilled


@pytest.mark.slow
def test_rows_of_networks_recomputed_by_hand() -> None:
    """From scratch, by the average of weights, and by a network that was taught their values."""
    suite, seed, cap = load_suite("corners", 6), 1, 2_000
    target = suite.transfer("left").target
    methods = ("scratch", "uniform", "alg2_q", "alg2_distilled")
    rows = run_job(Job(suite, seed, ("left",), methods, cap, "mlp"))
    assert [row["method"] for row in rows] == list(methods)
    assert {row["policy"] for row in rows} == {"mlp"}
    learners, world = policy_class("mlp"), suite.world
    bases = learners.learn_bases(suite, seed)
    old = list(bases.values())
    sets = [suite.tasks]
    tau = embed([task.sentence for task in suite.tasks])
    j = embed([target.sentence])[0]

    def weights(modality: str) -> np.ndarray:
        fitted = align_sets(suite, seed, sets, bases, METHODS["alg2"].alignment, modality)
        return softmax(fitted[suite.tasks].similarity(j, tau))

    said = average_q(old, weights("weights"))
    rng = rng_for(seed, suite.name, "left", "distilled")
    starts = [
        None,
        average(old, np.full(4, 0.25)),
        average(old, weights("q-values")),
        learners.distil(world, said[None], [rng])[0],
    ]
    rngs = [rng_for(seed, suite.name, "left") for _ in starts]
    runs = learners.practise(world, [target.goal] * 4, starts, rngs, cap)
    for row, run, start in zip(rows, runs, starts, strict=True):
        assert {key: row[key] for key in measure(run)} == measure(run)
        if start:
            found = evaluate_greedy(start.q, world, target.goal)
            assert row["zero_shot_success"] == round(found.success, 6)
    assert np.sqrt(np.square(starts[3].q - said).mean()) < 0.1
    assert len({row["zero_shot_path"] for row in rows}) > 2


def test_what_is_aligned_is_the_modality() -> None:
    """Of networks, weights and Q-values and actions are three things."""
    suite = load_suite("corners", 6)
    bases = policy_class("mlp-independent").learn_bases(suite, 0)
    towers = [
        align_sets(suite, 0, [suite.tasks], bases, None, modality)[
            suite.tasks
        ].policy_tower.matrix.shape
        for modality in MODALITIES
    ]
    inputs = 16 * 64 + 64 * 64 + 64 * 4
    assert towers == [(inputs, 64), (4 * 36, 64), (4 * 36, 64), (4 * 36, 64)]
