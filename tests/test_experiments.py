"""Sweeps: the same table for any workers, and nothing lost or repeated when one is stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from small_sweep import SMALL, assert_same, run_quietly

from cliprl_lite import experiments, transfer
from cliprl_lite.experiments import Sweep, figure2_sweep, worlds_sweep
from cliprl_lite.results import (
    read_table,
)
from cliprl_lite.tasks import SuiteError, load_suite
from cliprl_lite.transfer import METHODS
from cliprl_lite.trials import Job, run_job


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
    assert description["choices"]["suites"] == {"corners_5": load_suite("corners", 5).fingerprint}
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
    with pytest.raises(ValueError, match=r"table\.csv exists without table\.json"):
        run_quietly(SMALL, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text("utf-8") == "my,own\n1,2\n"


def test_a_strange_description_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "table.json").write_text('{"mine": 1}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"table\.json exists without table\.csv"):
        run_quietly(SMALL, tmp_path / "table.csv")
    (tmp_path / "table.csv").write_text("my,own\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"table\.json does not describe a sweep"):
        run_quietly(SMALL, tmp_path / "table.csv")
    assert (tmp_path / "table.json").read_text("utf-8") == '{"mine": 1}'


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
