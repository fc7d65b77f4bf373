"""Sweeps: what they run, and the same rows for any workers, parts and suites."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from small_sweep import SMALL, assert_same, run_quietly

from cliprl_lite.experiments import Sweep, figure2_sweep, worlds_sweep
from cliprl_lite.methods import METHODS
from cliprl_lite.results import read_table
from cliprl_lite.tasks import SuiteError, load_suite


def test_without_a_cap_of_its_own_a_sweep_has_each_maps() -> None:
    suites = (("corners", 25), ("corners", 50))
    caps = {job.suite.name: job.cap for job in Sweep(suites, trials=1).jobs()}
    assert caps == {"corners_25": 10_000_000, "corners_50": 160_000_000}
    assert {job.cap for job in Sweep(suites, trials=1, cap=9).jobs()} == {9}


def test_a_sweep_is_its_trials_the_long_ones_first() -> None:
    sweep = Sweep((("house_a", None), ("corners", 8), ("corners", 25)), trials=2, cap=9)
    jobs = [job.key for job in sweep.jobs()]
    assert jobs == [
        "corners_25|0",
        "corners_25|1",
        "house_a|0",
        "house_a|1",
        "corners_8|0",
        "corners_8|1",
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
        & everything["method"].isin(part.method_names)
        & (everything["target"].isin(part.targets) | (not part.targets))
    ]
    assert 0 < len(expected) < len(everything)
    assert_same(run_quietly(part), expected.reset_index(drop=True))


def test_without_a_file_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_quietly(replace(SMALL, trials=1))
    assert list(tmp_path.iterdir()) == []


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
