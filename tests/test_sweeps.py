"""Sweeps: what they run, and the same rows for any workers, parts and suites."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_sweep import SMALL, assert_same, run_quietly

import cliprl_lite
from cliprl_lite._paths import data_path
from cliprl_lite.cli import STUDY_WORLDS
from cliprl_lite.experiments.policy_classes import policy_class
from cliprl_lite.experiments.policy_studies import Study
from cliprl_lite.experiments.results import read_table
from cliprl_lite.experiments.sweeps import Sweep, figure2_sweep, run_sweep, worlds_sweep
from cliprl_lite.transfer.methods import METHODS, TABLE_METHODS
from cliprl_lite.worlds.suite_files import SuiteError, load_suite


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
        ((*METHODS, *TABLE_METHODS), (), 9)
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
        ({"cap": np.inf}, ValueError, "cap is a positive number of steps; got inf"),
        ({"cap": 2.5}, ValueError, "cap"),
        ({"trials": 2.0}, ValueError, "at least one trial; got 2.0"),
        ({"trials": "3"}, ValueError, "at least one trial; got '3'"),
        ({"trials": True}, ValueError, "at least one trial"),
        ({"methods": "scratch"}, ValueError, r"even a single one: \('scratch',\)"),
        ({"targets": "left"}, ValueError, r"even a single one: \('left',\)"),
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


def test_one_world_in_place_of_a_list() -> None:
    with pytest.raises(ValueError, match=r"a list of worlds, .*: \['house_a'\]"):
        worlds_sweep("house_a")


def test_whole_numbers_of_numpy_are_whole_numbers(tmp_path: Path) -> None:
    """The description, which is JSON, knows none of NumPy's."""
    sweep = replace(SMALL, trials=np.int64(1), cap=np.int64(50_000))
    run_quietly(sweep, tmp_path / "table.csv")
    assert run_quietly(replace(SMALL, trials=1, cap=50_000), tmp_path / "table.csv") is not None


def test_an_empty_name_of_a_file_is_not_no_file() -> None:
    with pytest.raises(ValueError, match=r"name it \*\.csv; got ''"):
        run_sweep(SMALL, "", workers=1)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_script_that_nobody_listens_to_ends_well(workers: int, tmp_path: Path) -> None:
    """The bar has nowhere to go: standard error is closed, or a pipe that nobody reads."""
    script = (
        "from small_sweep import SMALL\nfrom cliprl_lite.experiments.sweeps import run_sweep\n"
        f"run_sweep(SMALL, 'table.csv', workers={workers})\nopen('well', 'w').close()\n"
    )
    paths = [str(Path(__file__).parent), str(Path(cliprl_lite.__file__).parents[1])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    for name, end in (("closed", "2>&-"), ("pipe", "2>&1 >&- | true")):
        folder = tmp_path / name
        folder.mkdir()
        command = f'"{sys.executable}" -c "$0" {end}'
        subprocess.run(["sh", "-c", command, script], cwd=folder, env=environment, check=False)
        assert sorted(file.name for file in folder.iterdir()) == ["table.csv", "table.json", "well"]


EVERYTHING = Sweep((("corners", 6), ("shapes_6", None)), trials=1, cap=60_000)


@pytest.fixture(scope="module")
def everything() -> pd.DataFrame:
    return run_quietly(EVERYTHING)


def test_the_number_of_workers_changes_no_bit(everything: pd.DataFrame) -> None:
    assert_same(run_quietly(EVERYTHING, workers=2), everything)
    assert set(everything["method"]) == {*METHODS, *TABLE_METHODS}
    assert len(everything) == len(METHODS | TABLE_METHODS) * (3 + 6)


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


# What a row hangs on
PLACES = [
    ("qlearning", "LEARNING_RATE = 1.0", "LEARNING_RATE = 0.9", "tables rules modalities averages"),
    ("qlearning", "EPSILON = 0.1", "EPSILON = 0.2", "tables rules modalities averages"),
    ("runs", "CHECK_SPACING = 1.05", "CHECK_SPACING = 1.1", "tables rules modalities averages"),
    ("clocks", "FEW_SHOT_EPISODES = 20", "FEW_SHOT_EPISODES = 10", "all"),
    ("clocks", "REGRET_EPISODES = 100", "REGRET_EPISODES = 50", "all"),
    ("runs", "DEFAULT_CAP = 10_000_000", "DEFAULT_CAP = 1_000_000", "tables rules"),
    ("finite_world", "DISCOUNT = 0.99", "DISCOUNT = 0.9", "all"),
    ("finite_world", "STEP_REWARD = -1.0", "STEP_REWARD = -2.0", "all"),
    ("greedy", "NEAR_OPTIMAL = 1.05", "NEAR_OPTIMAL = 1.1", "all"),
    ("policy_classes", "NETWORK_CAP = 20_000", "NETWORK_CAP = 10_000", "networks"),
    ("networks", "epsilon_end: float = 0.1", "epsilon_end: float = 0.2",
     "networks modalities averages"),
    ("networks", "(0.5, 1.0, 2.0, 4.0)", "(0.5, 1.0, 2.0)", "networks modalities averages"),
    ("network_training", "DISTIL_STEPS = 2_000", "DISTIL_STEPS = 1_000",
     "networks modalities averages"),
    ("network_stacks", '"beta1": 0.9', '"beta1": 0.8', "networks modalities averages"),
    ("alignment", "steps: int = 100", "steps: int = 110", "tables rules networks modalities"),
    ("weightings", "SOFTMAX_TEMPERATURE = 0.1", "SOFTMAX_TEMPERATURE = 0.2",
     "tables rules networks modalities"),
    ("weightings", "SOFTMAX_TEMPERATURE / 10", "SOFTMAX_TEMPERATURE / 9", "tables networks"),
    ("_rounding", "DECIMALS = 6", "DECIMALS = 5", "tables rules networks modalities"),
    ("sensitivity", "SENSITIVE = 1e-9", "SENSITIVE = 1e-8", "tables rules networks"),
    ("sensitivity", "SHAKE, SHAKES = 1e-15, 4", "SHAKE, SHAKES = 1e-15, 5",
     "tables rules networks"),
    ("weightings", "WEIGHT_DECIMALS = 9", "WEIGHT_DECIMALS = 8",
     "tables rules networks modalities"),
    ("methods", "RIDGE_PENALTY = 0.03", "RIDGE_PENALTY = 0.3", "tables networks"),
    ("sentences", 'WEIGHTS_SHA256 = "53', 'WEIGHTS_SHA256 = "35',
     "tables rules networks modalities"),
    ("policy_studies", "TWIN_SEED = 1_000_000", "TWIN_SEED = 2_000_000", "averages"),
    ("policy_studies", "AS_GOOD = 0.1", "AS_GOOD = 0.2", "averages"),
    ("pi_reuse", "FADING = 0.99", "FADING = 0.9", "rules"),
    ("pi_reuse", "COOLING = 0.05", "COOLING = 0.1", "rules"),
    ("jump_start", "HORIZON = 0.01", "HORIZON = 0.1", "rules"),
    ("jump_start", "STAGES = 3", "STAGES = 4", "rules"),
    ("jump_start", "WINDOW = 1", "WINDOW = 2", "rules"),
    ("jump_start", "TOLERANCE = 0.1", "TOLERANCE = 0.2", "rules"),
    ("two_tables", "PATIENCE = 0.3", "PATIENCE = 0.4", "rules"),
    ("search", "HOPE = 0.5", "HOPE = 0.4", "rules"),
    ("between_networks", "BARRIER_POINTS = 25", "BARRIER_POINTS = 50", "averages"),
]  # fmt: skip
"""A setting where it stands, another value, and the descriptions of tables that must tell."""

DESCRIBE = """
import importlib, json, sys
from pathlib import Path

package, places = Path(sys.argv[1]), json.loads(sys.argv[2])
sys.dont_write_bytecode = True
sys.path.insert(0, str(package.parent))

def describe():
    for name in [name for name in sys.modules if name.partition(".")[0] == "cliprl_lite"]:
        del sys.modules[name]
    importlib.invalidate_caches()
    from cliprl_lite.experiments.sweeps import Sweep
    from cliprl_lite.experiments.policy_studies import Study
    from cliprl_lite.experiments.rule_sweeps import RuleSweep
    corners = (("corners", 8),)
    sweeps = {
        "tables": Sweep(corners), "networks": Sweep(corners, policy="mlp"),
        "modalities": Study("modalities", corners), "averages": Study("averages", corners),
        "rules": RuleSweep(corners),
    }
    return {name: json.dumps(sweep.choices, sort_keys=True) for name, sweep in sweeps.items()}

before, told = describe(), []
for module, old, new, _ in places:
    found = package.rglob(f"{module}.py")
    (file,) = (one for one in found if one.parent.name not in ("check", "widgets"))
    text = file.read_text("utf-8")
    assert text.count(old) == 1, (module, old, text.count(old))
    file.write_text(text.replace(old, new), "utf-8")
    after = describe()
    told.append(sorted(name for name in before if after[name] != before[name]))
    file.write_text(text, "utf-8")
print(json.dumps([sys.modules["cliprl_lite"].__file__, told]))
"""


@pytest.fixture(scope="module")
def told(run_python: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> list:
    """For each of `PLACES`, whose descriptions change with it: in a copy of the package."""
    folder = tmp_path_factory.mktemp("copy")
    package = Path(cliprl_lite.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, folder / "cliprl_lite", ignore=ignored)
    (folder / "data").symlink_to(data_path())
    copy = folder / "cliprl_lite"
    said = run_python(DESCRIBE, copy, json.dumps(PLACES))
    file, found = json.loads(said)
    assert Path(file) == copy / "__init__.py"
    return found


@pytest.mark.parametrize("number", range(len(PLACES)), ids=[place[1] for place in PLACES])
def test_a_setting_that_changed_is_another_choice(number: int, told: list[list[str]]) -> None:
    """So that a table or journal of before is refused (see `test_journal`) and not continued."""
    who = PLACES[number][3].replace("all", "tables rules networks modalities averages")
    assert told[number] == sorted(who.split())


OF_NO_ROW = {
    "_CAP_STATES": "of the caps, which stand beside the suites",
    "_WIDER": "of a curve that is drawn",
    "DIMENSION": "of the encoder",
    "NOVEL_BELOW": "of what a reader types",
    "HUB_SECONDS": "of a hub that is waited for",
    "MARKS": "of records of a training",
    "RESAMPLES": "of intervals, which are made from finished rows",
    "MIDDLE": "of the same",
    "RULE_SIZES": "of what is run; a row names its size",
    "_BATCH": "what is trained together changes no bit",
}
"""Numbers that no row of a table hangs on, and why."""

OF_TRIALS = (
    "_rounding", "algorithms", "alignment", "alignment_training", "averaging", "between_networks",
    "clocks", "contract", "finite_world", "greedy", "jump_start", "matching", "memory", "methods",
    "network_stacks", "network_training", "networks", "policies", "policy_classes", "pi_reuse",
    "policy_studies", "qlearning", "rule_sweeps", "runs", "search", "sensitivity", "sentences",
    "several_goals", "starts", "statistics", "tasks", "trials", "two_tables", "weightings",
)  # fmt: skip


@pytest.mark.parametrize("module", OF_TRIALS)
def test_no_number_is_forgotten(module: str) -> None:
    """A new one belongs into the choices and into `PLACES`, or above, with a reason."""
    found = Path(cliprl_lite.__file__).parent.rglob(f"{module}.py")
    (file,) = (file for file in found if file.parent.name not in ("check", "widgets"))
    tree = ast.parse(file.read_text("utf-8"))
    known = " ".join(old for place, old, *_ in PLACES if place == module)
    for node in tree.body:
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        name = node.targets[0].id
        if name.isupper() and re.fullmatch(r"[-\d._*(), ]+", ast.unparse(node.value)):
            assert name in OF_NO_ROW or name in known or ast.unparse(node.value) in known, name


def test_a_setting_that_changed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_quietly(replace(SMALL, trials=1), tmp_path / "table.csv")
    settings = policy_class("tabular").settings | {"epsilon": 0.2}
    monkeypatch.setattr(type(policy_class("tabular")), "settings", settings)
    with pytest.raises(
        ValueError, match=r"table\.csv was made with other learners .* \(epsilon\);"
    ):
        run_quietly(SMALL, tmp_path / "table.csv")


HOUSE_METHODS = (
    "scratch", "alg1_closest", "alg2", "alg2_q", "alg2_closest", "alg2_distilled", "uniform",
    "oracle",
)  # fmt: skip
STUDIED = tuple((world, None) for world in STUDY_WORLDS)
COMMITTED = {
    "figure2": figure2_sweep(trials=100),
    "worlds": worlds_sweep(trials=20),
    "figure2_mlp": figure2_sweep((8, 10, 15), trials=10, policy="mlp"),
    "averages": Study("averages", STUDIED, trials=3),
    "modalities": Study("modalities", STUDIED, trials=5),
} | {
    f"house_a_{policy}": worlds_sweep(("house_a",), trials=3, policy=policy, methods=HOUSE_METHODS)
    for policy in ("mlp", "mlp-independent", "mlp-matched")
}
"""The commands in CONTRIBUTING's list of data."""


@pytest.mark.parametrize("name", COMMITTED)
def test_a_committed_table_is_done_and_can_be_continued(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own command, run on a copy, finds every trial and gives every byte again."""
    out = tmp_path / f"{name}.csv"
    for file in (out, out.with_suffix(".json")):
        shutil.copy(data_path("results", file.name), file)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}

    def run(job: object) -> list:
        raise AssertionError(f"{job} is run again")

    monkeypatch.setattr(type(COMMITTED[name]), "work", property(lambda _: run))
    run_quietly(COMMITTED[name], out)
    versions = json.loads(before[out.with_suffix(".json")])["versions"]
    assert {file.name for file in tmp_path.iterdir()} == {out.name, f"{name}.json"}
    assert out.read_bytes() == before[out]
    after = json.loads(out.with_suffix(".json").read_text("utf-8"))
    assert after | {"versions": versions} == json.loads(before[out.with_suffix(".json")])
    with pytest.raises(AssertionError, match="is run again"):
        run_quietly(replace(COMMITTED[name], trials=COMMITTED[name].trials + 1), out)
