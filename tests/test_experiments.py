"""Sweeps: trials recomputed by hand, tables that hang on nothing but their seeds, and resuming.

The modules `trials` (one trial), `results` (tables) and `experiments` (sweeps) are one chain, and
are tested here link by link.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cliprl_lite import experiments, transfer
from cliprl_lite.experiments import Sweep, figure2_sweep, run_sweep, worlds_sweep
from cliprl_lite.greedy import GreedyEvaluation
from cliprl_lite.gridworld import GridWorld
from cliprl_lite.policies import average, learn_policy
from cliprl_lite.qlearning import LearningRun, learn
from cliprl_lite.results import (
    CLOCKS,
    COLUMNS,
    KEYS,
    ratios,
    read_table,
    summarise,
    to_table,
    verdict,
    verdicts,
)
from cliprl_lite.tasks import SuiteError, load_suite
from cliprl_lite.transfer import METHODS, WEIGHTINGS, Method, ZeroSumError
from cliprl_lite.trials import Job, measure, rng_for, run_job

SMALL = Sweep((("corners", 5),), trials=4, methods=("scratch", "alg1", "random"), cap=100_000)
"""Four quick trials, for everything about files."""


def run_quietly(sweep: Sweep, out: Path | None = None, workers: int = 1) -> pd.DataFrame:
    return run_sweep(sweep, out, workers=workers, progress=False)


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Equal in every bit, type and position."""
    assert_frame_equal(found, expected, check_exact=True)


@pytest.fixture(scope="module")
def small() -> pd.DataFrame:
    return run_quietly(SMALL)


# ---------------------------------------------------------------------------------------------
# One trial
# ---------------------------------------------------------------------------------------------
def test_random_numbers_hang_on_the_seed_and_every_name() -> None:
    """And on nothing else: Python's own hash of a text changes from process to process."""
    expected = np.random.default_rng([3, zlib.crc32(b"corners_8"), zlib.crc32("grün".encode())])
    assert rng_for(3, "corners_8", "grün").random(5).tolist() == expected.random(5).tolist()
    starts = [(3, "a", "b"), (4, "a", "b"), (3, "b", "a"), (3, "a"), (3, "ab"), (3,)]
    assert len({rng_for(*start).random() for start in starts}) == len(starts)


def test_a_row_recomputed_by_hand() -> None:
    """House of one trial: base policies, uniform average, the run, and each of its measures."""
    suite, seed = load_suite("corners", 7), 2
    target = suite.transfer("right").target
    rows = run_job(Job("corners", 7, seed, ("right",), ("scratch", "uniform"), cap=10**6))
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
    assert [scratch[key] for key in (*KEYS, "size")] == ["corners_7", "right", "scratch", 2, 7]
    assert (scratch["weighting"], uniform["weighting"]) == ("", "literal")
    assert np.isnan([scratch[column] for column in ("score_sum", "top_right", "reuse")]).all()
    # Four equal scores, two of them on the right.
    assert [uniform[column] for column in ("score_sum", "top_right", "reuse")] == [4.0, 0.5, 0.5]


def test_all_methods_of_a_trial_meet_the_same_random_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two names for one start give one row; the trial and the target still matter."""
    monkeypatch.setitem(METHODS, "twin", replace(METHODS["uniform"], name="twin"))
    rows = {}
    for seed in (0, 1):
        for row in run_job(Job("corners", 6, seed, (), ("uniform", "scratch", "twin"), 10**6)):
            rows[row["method"], row["target"], seed] = {**row, "method": ""}
    for target in ("left", "right", "mismatch"):
        for seed in (0, 1):
            assert rows["twin", target, seed] == rows["uniform", target, seed]
    # The goals of these two are the same, and so are all base policies.
    right, mismatch = rows["uniform", "right", 0], rows["uniform", "mismatch", 0]
    assert right["zero_shot_path"] == mismatch["zero_shot_path"]
    assert right["first20"] != mismatch["first20"]
    assert right["first20"] != rows["uniform", "right", 1]["first20"]


def test_scores_that_cancel_fail_on_every_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    def cancel(scores: np.ndarray) -> np.ndarray:
        raise ZeroSumError("these scores cancel")

    monkeypatch.setitem(WEIGHTINGS, "cancel", cancel)
    monkeypatch.setitem(METHODS, "none", Method("none", "none", "cosine", "cancel"))
    (row,) = run_job(Job("corners", 5, 0, ("left",), ("none",), cap=777))
    assert set(row) == set(COLUMNS)
    assert [row[clock] for clock in CLOCKS] == [777, 777, 777]
    assert all(row[f"{clock}_censored"] is True for clock in CLOCKS)
    assert row["score_sum"] == 0
    assert np.isnan([row["regret"], row["few_shot_return"], row["reuse"]]).all()


# Measures of a run made by hand
BEFORE = GreedyEvaluation(mean_path=30.123456, shortest=4.0, success=0.12345678, wrong_states=9)
AFTER_20 = GreedyEvaluation(mean_path=8.55555, shortest=4.0, success=1.0, wrong_states=5)
AT_END = GreedyEvaluation(mean_path=4.1, shortest=4.0, success=1.0, wrong_states=2)
RUN = LearningRun(
    q=np.zeros((2, 4)),
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


# ---------------------------------------------------------------------------------------------
# Tables
# ---------------------------------------------------------------------------------------------
def test_a_table_is_sorted_and_has_the_columns_of_its_description(small: pd.DataFrame) -> None:
    assert list(small.columns) == list(COLUMNS)
    assert len(small) == 3 * 3 * 4
    order = list(METHODS)
    keys = [
        (row.suite, row.size_, row.target, order.index(row.method), row.seed)
        for row in small.rename(columns={"size": "size_"}).itertuples()
    ]
    assert keys == sorted(keys)
    shuffled = small.sample(frac=1, random_state=1).to_dict("records")
    assert_same(to_table(shuffled), small)


def test_a_table_survives_the_disk_with_every_bit_and_type(
    small: pd.DataFrame, tmp_path: Path
) -> None:
    found = run_quietly(SMALL, tmp_path / "table.csv")
    assert_same(found, small)
    assert_same(read_table(tmp_path / "table.csv"), small)
    kinds = {column: read_table(tmp_path / "table.csv")[column].dtype.kind for column in COLUMNS}
    assert all(kinds[f"{clock}_censored"] == "b" for clock in CLOCKS)
    assert (kinds["seed"], kinds["optimal"], kinds["first20"]) == ("i", "i", "f")


def test_numbers_with_many_digits_survive_the_disk(small: pd.DataFrame, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = small.assign(first20=rng.random(len(small)) * 10.0 ** rng.integers(-3, 6, len(small)))
    table.to_csv(tmp_path / "table.csv", index=False)
    assert_same(read_table(tmp_path / "table.csv"), table)


def test_a_table_from_scratch_alone_can_be_read(tmp_path: Path) -> None:
    """Its column of weightings is empty from top to bottom."""
    sweep = replace(SMALL, trials=1, methods=("scratch",))
    table = run_quietly(sweep, tmp_path / "table.csv")
    assert_same(read_table(tmp_path / "table.csv"), table)


@pytest.mark.parametrize("column", ["suite", "first20_censored", "asymptote"])
def test_another_file_is_no_result_table(column: str, small: pd.DataFrame, tmp_path: Path) -> None:
    small.drop(columns=column).to_csv(tmp_path / "other.csv")
    with pytest.raises(ValueError, match=rf"other\.csv is no result table: .* '{column}'"):
        read_table(tmp_path / "other.csv")


def hand_table(costs: dict[tuple[str, str], list[float]], censored: tuple = ()) -> pd.DataFrame:
    """Rows from costs by (target, method), one per seed, the same on every clock."""
    rows = [
        dict.fromkeys(COLUMNS, 0.0)
        | {"suite": "w", "size": 5, "target": target, "method": method, "seed": seed}
        | dict.fromkeys(CLOCKS, float(cost))
        | {f"{clock}_censored": (target, method, seed) in censored for clock in CLOCKS}
        for (target, method), values in costs.items()
        for seed, cost in enumerate(values)
    ]
    return to_table(rows)


HAND = hand_table(
    {
        ("a", "alg1"): [1, 3, 7],
        ("b", "alg1"): [7, 15, 31],
        ("a", "alg2"): [0, 0, 0],
        ("b", "alg2"): [15, 31, 255],
    },
    censored=(("b", "alg2", 1), ("b", "alg2", 2), ("a", "alg1", 0)),
)


def test_a_summary_by_hand() -> None:
    found = summarise(HAND).set_index(["target", "method", "clock"])
    assert len(found) == 4 * len(CLOCKS)
    value, n, n_censored, censored = ["value", "n", "n_censored", "censored"]
    for target, method, middle, cut in (
        ("a", "alg1", 3, 1),
        ("b", "alg1", 15, 0),
        ("a", "alg2", 0, 0),
        ("b", "alg2", 31, 2),
    ):
        row = found.loc[(target, method, "optimal")]
        assert row[value] == pytest.approx(middle)
        assert (row[n], row[n_censored], row[censored]) == (3, cut, cut == 2)
        assert row["low"] <= row[value] <= row["high"]


def test_a_summary_over_targets_takes_their_geometric_mean_in_each_trial() -> None:
    """alg1: √(2 · 8) − 1, √(4 · 16) − 1, √(8 · 32) − 1; half the targets cut off cut a trial."""
    found = summarise(HAND, by=("suite",)).set_index(["method", "clock"])
    alg1, alg2 = found.loc[("alg1", "first20")], found.loc[("alg2", "first20")]
    assert alg1["value"] == pytest.approx(7)
    assert alg2["value"] == pytest.approx(32**0.5 - 1)
    assert (alg1["n"], alg1["n_censored"]) == (3, 1)
    assert (alg2["n_censored"], bool(alg2["censored"])) == (2, True)


def test_ratios_by_hand() -> None:
    """alg2 over alg1, plus one each, in the same trial: a 1/2, 1/4, 1/8; b 2, 2, 8."""
    found = ratios(HAND, "optimal").set_index("target")
    assert found["method"].tolist() == ["alg2", "alg2"]
    assert found["value"].to_dict() == {"a": pytest.approx(1 / 4), "b": pytest.approx(2)}
    assert found["n_censored"].to_dict() == {"a": 1, "b": 2}
    assert (found["low"]["a"], found["high"]["a"]) == (pytest.approx(1 / 8), pytest.approx(1 / 2))
    turned = ratios(HAND, "optimal", reference="alg2").set_index("target")
    assert turned["value"].to_dict() == {"a": pytest.approx(4), "b": pytest.approx(1 / 2)}


def test_ratios_over_targets_are_geometric_means_in_each_trial() -> None:
    """√(1/2 · 2), √(1/4 · 2), √(1/8 · 8)."""
    (row,) = ratios(HAND, "optimal", by=("suite",)).to_dict("records")
    assert row["value"] == pytest.approx(1)
    assert row["low"] == pytest.approx(2**-0.5)
    assert (row["n"], row["n_censored"]) == (3, 3)


@pytest.mark.parametrize(
    ("holds_at", "words"),
    [
        ({8: True, 10: True, 15: True}, "confirmed"),
        ({8: False, 10: False, 15: False}, "not confirmed"),
        ({15: True, 8: False, 10: True}, "confirmed from 10 on"),
        ({8: False, 10: False, 15: True}, "confirmed from 15 on"),
        ({8: True, 10: False, 15: True}, "only at 8, 15"),
        ({8: True, 10: False, 15: False}, "only at 8"),
        ({8: False, 10: True, 15: False}, "only at 10"),
    ],
)
def test_a_verdict_in_words(holds_at: dict[int, bool], words: str) -> None:
    assert verdict(holds_at) == words


def test_verdicts_need_the_whole_interval_on_their_side() -> None:
    """At size 5 alg2 takes half the steps in every trial; at size 9 a quarter, but in one trial
    of three it takes four times as many."""
    small_map = hand_table({("a", "alg1"): [7, 15, 31], ("a", "alg2"): [3, 7, 15]})
    large_map = hand_table({("a", "alg1"): [7, 15, 31], ("a", "alg2"): [1, 3, 127]})
    table = pd.concat([small_map, large_map.assign(size=9)])
    cheaper = verdicts(table, "alg2", "alg1")
    assert list(cheaper.index) == list(CLOCKS)
    assert cheaper["a"].tolist() == ["only at 5"] * 3
    assert verdicts(table, "alg2", "alg1", factor=0.6)["a"].tolist() == ["only at 5"] * 3
    assert verdicts(table, "alg2", "alg1", factor=0.5)["a"].tolist() == ["not confirmed"] * 3
    assert verdicts(table, "alg2", "alg1", factor=5)["a"].tolist() == ["confirmed"] * 3


# ---------------------------------------------------------------------------------------------
# Sweeps
# ---------------------------------------------------------------------------------------------
def test_a_sweep_is_its_trials_the_long_ones_first() -> None:
    sweep = Sweep((("house_a", None), ("corners", 8), ("corners", 25)), trials=2, cap=9)
    jobs = [(job.suite, job.size, job.seed) for job in sweep.jobs()]
    assert jobs == [
        ("corners", 25, 0),
        ("corners", 25, 1),
        ("corners", 8, 0),
        ("corners", 8, 1),
        ("house_a", None, 0),
        ("house_a", None, 1),
    ]
    assert {(job.methods, job.targets, job.cap) for job in sweep.jobs()} == {
        (tuple(METHODS), (), 9)
    }


def test_the_two_experiments_of_the_course() -> None:
    figure2 = figure2_sweep(trials=3, targets=("left",))
    assert figure2.suites == tuple(("corners", size) for size in (8, 10, 15, 25))
    assert (figure2.trials, figure2.targets) == (3, ("left",))
    assert figure2_sweep((6,)).suites == (("corners", 6),)
    worlds = worlds_sweep(cap=77)
    assert worlds.cap == 77
    assert {"colours_6", "shapes_16", "house_a", "house_b", "house_c"} <= {
        name for name, _ in worlds.suites
    }
    assert not any(name.startswith("dev_") for name, _ in worlds.suites)


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"trials": 0}, ValueError, "at least one trial; got 0"),
        ({"methods": ("alg1", "alg3")}, ValueError, "no method 'alg3'; take some of scratch"),
        ({"targets": ("left", "up")}, ValueError, "no target 'up'; it has 'left'"),
        ({"suites": (("castle", None),)}, SuiteError, "no suite 'castle'"),
        ({"suites": (("corners", None),)}, SuiteError, "leaves the size"),
        ({"suites": (("house_a", 13),)}, SuiteError, "size already"),
        ({"cap": 0}, ValueError, "cap"),
        ({"suites": ()}, ValueError, "a suite and a method"),
        ({"methods": ()}, ValueError, "a suite and a method"),
        ({"methods": ("alg1", "alg1")}, ValueError, "named twice"),
        ({"targets": ("left", "left")}, ValueError, "named twice"),
        ({"suites": (("corners", 8), ("corners", 8))}, ValueError, "named twice"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_at_once(
    choices: dict, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Sweep(**({"suites": (("corners", 8),)} | choices))


EVERYTHING = Sweep((("corners", 6), ("shapes_6", None)), trials=1, cap=60_000)


@pytest.fixture(scope="module")
def everything() -> pd.DataFrame:
    return run_quietly(EVERYTHING)


def test_the_number_of_workers_changes_no_bit(everything: pd.DataFrame) -> None:
    assert_same(run_quietly(EVERYTHING, workers=2), everything)
    assert set(everything["method"]) == set(METHODS)
    assert len(everything) == len(METHODS) * (3 + 6)


@pytest.mark.parametrize(
    "choices",
    [
        {"methods": ("alg2", "random", "scratch")},
        {"methods": ("alg2_box",), "suites": (("shapes_6", None),)},
        {"targets": ("go to the blue box",), "suites": (("shapes_6", None),)},
        {"targets": ("right",), "suites": (("corners", 6),)},
    ],
    ids=["methods", "one method of one suite", "one target of six", "one target of three"],
)
def test_a_part_of_a_sweep_gives_the_same_rows(choices: dict, everything: pd.DataFrame) -> None:
    part = replace(EVERYTHING, **choices)
    names = [load_suite(source, size).name for source, size in part.suites]
    expected = everything[
        everything["suite"].isin(names)
        & everything["method"].isin(part.methods)
        & (everything["target"].isin(part.targets) | (not part.targets))
    ]
    assert 0 < len(expected) < len(everything)
    assert_same(run_quietly(part), expected.reset_index(drop=True))


def test_without_a_file_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_quietly(replace(SMALL, trials=1))
    assert list(tmp_path.iterdir()) == []


def test_a_table_stands_beside_its_description(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "table.csv"
    run_quietly(SMALL, out)
    assert sorted(path.name for path in out.parent.iterdir()) == ["table.csv", "table.json"]
    description = json.loads(out.with_suffix(".json").read_text("utf-8"))
    assert description["suites"] == [["corners", 5]]
    assert description["trials"] == 4
    assert description["choices"]["cap"] == 100_000
    assert list(description["choices"]["methods"]) == ["scratch", "alg1", "random"]
    assert description["choices"]["methods"]["alg1"]["weighting"] == "literal"
    assert set(description["versions"]) >= {"numpy", "torch", "cliprl-lite"}


# Stopping and going on
@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seeds of the trials that were really run in this process, in their order."""
    seeds: list[int] = []

    def run_and_note(job: Job) -> list[dict]:
        seeds.append(job.seed)
        return run_job(job)

    monkeypatch.setattr(experiments, "run_job", run_and_note)
    return seeds


class Stopped(Exception):
    """What a test throws in the middle of a sweep."""


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a sweep that broke off in its third trial."""

    def run_two(job: Job) -> list[dict]:
        if job.seed == 2:
            raise Stopped
        return run_job(job)

    with monkeypatch.context() as patch:
        patch.setattr(experiments, "run_job", run_two)
        with pytest.raises(Stopped):
            run_quietly(SMALL, tmp_path / "table.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv.partial"]
    return tmp_path / "table.csv"


def journal(out: Path) -> Path:
    return out.with_name(out.name + ".partial")


def test_a_killed_sweep_goes_on_without_repeating_a_trial(
    small: pd.DataFrame, ran: list[int], tmp_path: Path
) -> None:
    """SIGKILL while the third trial is under way: no handler runs, nothing is tidied up."""
    code = """
import sys, time
from pathlib import Path
from cliprl_lite import experiments
honest = experiments.run_job
experiments.run_job = lambda job: time.sleep(600) if job.seed == 2 else honest(job)
methods = ("scratch", "alg1", "random")
sweep = experiments.Sweep((("corners", 5),), trials=4, methods=methods, cap=100_000)
experiments.run_sweep(sweep, Path(sys.argv[1]), workers=1, progress=False)
"""
    out = tmp_path / "table.csv"
    process = subprocess.Popen([sys.executable, "-c", code, str(out)])
    try:
        deadline = time.monotonic() + 60
        while not journal(out).exists() or journal(out).read_bytes().count(b"\n") < 3:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not out.exists()
    assert_same(run_quietly(SMALL, out), small)
    assert ran == [2, 3]
    assert_same(read_table(out), small)
    assert not journal(out).exists()


def test_finished_trials_are_taken_from_the_journal_as_they_stand(
    stopped: Path, small: pd.DataFrame, ran: list[int]
) -> None:
    """Marked by hand, so that a trial that was run again would show."""
    header, first, second, end = journal(stopped).read_text("utf-8").split("\n")
    entry = json.loads(second)
    entry["rows"][0]["regret"] = -12345.0
    journal(stopped).write_text("\n".join([header, first, json.dumps(entry), end]), "utf-8")
    table = run_quietly(SMALL, stopped)
    assert (table["regret"] == -12345).sum() == 1
    same = table["regret"] != -12345
    assert_same(table[same], small[same])
    assert ran == [2, 3]


@pytest.mark.parametrize("torn", ['{"key": "corners|5|2", "rows": [{"sui', "{", '{"key": "corn'])
def test_a_torn_last_line_is_run_again(
    torn: str, stopped: Path, small: pd.DataFrame, ran: list[int]
) -> None:
    with journal(stopped).open("a", encoding="utf-8") as stream:
        stream.write(torn)
    assert_same(run_quietly(SMALL, stopped), small)
    assert ran == [2, 3]


def test_a_sweep_torn_twice(
    stopped: Path, small: pd.DataFrame, ran: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The torn line must be gone from the file before the next one is added to it."""
    with journal(stopped).open("a", encoding="utf-8") as stream:
        stream.write('{"key": "corners|5|2", "rows": [{')

    def run_one_more(job: Job) -> list[dict]:
        if job.seed == 3:
            raise Stopped
        return run_job(job)

    with monkeypatch.context() as patch:
        patch.setattr(experiments, "run_job", run_one_more)
        with pytest.raises(Stopped):
            run_quietly(SMALL, stopped)
    assert_same(run_quietly(SMALL, stopped), small)
    assert ran == [3]


@pytest.mark.parametrize("header", ["", '{"choices": {"targ'])
def test_a_journal_torn_in_its_first_line_holds_nothing(
    header: str, small: pd.DataFrame, ran: list[int], tmp_path: Path
) -> None:
    """As after a power cut right at the start."""
    journal(tmp_path / "table.csv").write_text(header, encoding="utf-8")
    assert_same(run_quietly(SMALL, tmp_path / "table.csv"), small)
    assert ran == [0, 1, 2, 3]


def test_more_trials_add_to_the_table(small: pd.DataFrame, ran: list[int], tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    run_quietly(replace(SMALL, trials=1), out)
    assert_same(
        run_quietly(replace(SMALL, trials=3), out), small[small["seed"] < 3].reset_index(drop=True)
    )
    assert_same(run_quietly(SMALL, out), small)
    assert_same(read_table(out), small)
    assert ran == [0, 1, 2, 3]
    assert json.loads(out.with_suffix(".json").read_text("utf-8"))["trials"] == 4


def test_a_finished_sweep_runs_nothing(small: pd.DataFrame, ran: list[int], tmp_path: Path) -> None:
    run_quietly(SMALL, tmp_path / "table.csv")
    ran.clear()
    before = (tmp_path / "table.csv").read_bytes()
    assert_same(run_quietly(SMALL, tmp_path / "table.csv"), small)
    assert ran == []
    assert (tmp_path / "table.csv").read_bytes() == before


def test_a_smaller_sweep_loses_no_rows_of_a_larger_table(
    small: pd.DataFrame, tmp_path: Path
) -> None:
    """Whether it is refused or answered from the table: hours of work stay on disk."""
    out = tmp_path / "table.csv"
    run_quietly(SMALL, out)
    try:
        run_quietly(replace(SMALL, trials=1), out)
    except ValueError as refusal:
        assert "table.csv" in str(refusal)  # noqa: PT017
    assert_same(read_table(out), small)


OTHER_CHOICES = [
    ({"cap": 99_999}, "cap"),
    ({"targets": ("left",)}, "targets"),
    ({"methods": ("scratch", "alg1")}, "methods"),
    ({"methods": ("scratch", "alg1", "random", "ridge")}, "methods"),
]


@pytest.mark.parametrize(("choice", "word"), OTHER_CHOICES)
@pytest.mark.parametrize("finished", [True, False])
def test_other_choices_are_another_table(
    choice: dict, word: str, finished: bool, stopped: Path
) -> None:
    if finished:
        run_quietly(SMALL, stopped)
    files = {path: path.read_bytes() for path in stopped.parent.iterdir()}
    name = r"table\.csv" if finished else r"table\.csv\.partial"
    with pytest.raises(ValueError, match=f"{name} was made with other {word} .* another name"):
        run_quietly(replace(SMALL, **choice), stopped)
    assert {path: path.read_bytes() for path in stopped.parent.iterdir()} == files


def test_a_method_that_changed_since_is_another_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_quietly(replace(SMALL, trials=1), tmp_path / "table.csv")
    monkeypatch.setitem(transfer.METHODS, "alg1", replace(METHODS["alg1"], weighting="softmax"))
    with pytest.raises(ValueError, match="other methods"):
        run_quietly(SMALL, tmp_path / "table.csv")


@pytest.mark.parametrize("name", ["table", "table.xlsx", "csv"])
def test_a_table_is_named_csv(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"name it \*\.csv"):
        run_quietly(SMALL, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_strange_csv_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("my,own\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"without its description table\.json"):
        run_quietly(SMALL, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text("utf-8") == "my,own\n1,2\n"


# Suites of one's own
OWN = """\
map = "open"
size = 4
[[tasks]]
name = "1"
sentence = "go to the red cone"
goal = [0, 0]
[[tasks]]
name = "null"
sentence = "go to the red box"
goal = [0, 3]
[[tasks]]
name = "10"
sentence = "go to the blue box"
goal = [3, 0]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    return tmp_path / "own.toml"


def test_names_that_look_like_numbers_stay_names(own: Path, tmp_path: Path) -> None:
    sweep = Sweep(((str(own), None),), trials=2, methods=("scratch", "uniform"))
    expected = run_quietly(sweep)
    assert set(expected["target"]) == {"1", "null", "10"}
    run_quietly(replace(sweep, trials=1), tmp_path / "table.csv")
    assert_same(run_quietly(sweep, tmp_path / "table.csv"), expected)
    assert_same(read_table(tmp_path / "table.csv"), expected)


def test_a_suite_may_be_given_by_a_path(own: Path, tmp_path: Path) -> None:
    as_text, as_path = (
        Sweep(((source, None),), trials=1, methods=("scratch",)) for source in (str(own), own)
    )
    assert_same(run_quietly(as_path, tmp_path / "table.csv"), run_quietly(as_text))


def test_two_suites_of_one_name_cannot_stand_in_one_table(own: Path, tmp_path: Path) -> None:
    """Rows are told apart by the suite's name, which is its file's name without the folder."""
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "own.toml"
    other.write_text(OWN.replace("[3, 0]", "[3, 3]"), encoding="utf-8")
    with pytest.raises(ValueError, match="own"):
        Sweep(((str(own), None), (str(other), None)))


def test_a_suite_that_changed_since_is_another_choice(own: Path, tmp_path: Path) -> None:
    """Its old rows speak of other goals, so they cannot stand beside new ones."""
    sweep = Sweep(((str(own), None),), trials=1, methods=("scratch", "uniform"))
    run_quietly(sweep, tmp_path / "table.csv")
    own.write_text(OWN.replace("[3, 0]", "[3, 3]"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"own"):
        run_quietly(replace(sweep, trials=2), tmp_path / "table.csv")
