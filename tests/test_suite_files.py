"""Suites whose world is a table: what a file holds, what is refused, and what runs on it."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np
import pandas as pd
import pytest
from test_enumeration import TAXI

from cliprl_lite import cli
from cliprl_lite.experiments.sweeps import Sweep, run_sweep
from cliprl_lite.experiments.trials import Job, run_job
from cliprl_lite.gym_env import GridWorldEnv
from cliprl_lite.learning.averaging import average
from cliprl_lite.learning.networks import NetworkSettings, features, load_networks
from cliprl_lite.learning.policies import TabularPolicy
from cliprl_lite.transfer.held_out_alignment import align_suite
from cliprl_lite.transfer.methods import METHODS, NETWORK_METHODS, TABLE_METHODS
from cliprl_lite.worlds.finite_world import FiniteWorld
from cliprl_lite.worlds.suite_files import (
    SuiteError,
    load_suite,
    own_file,
    own_worlds,
    save_suite,
    suite_names,
)
from cliprl_lite.worlds.tasks import Task, TaskSuite

RING = """
title = "A ring of six"
next_state = [
  [1, 5], [2, 0], [3, 1], [4, 2], [5, 3], [0, 4],
]
starts = [0, 2, 3]
labels = ["north", "north-east", [2, 2.5], 3, true, "west"]

[[tasks]]
sentence = "top left first"
group = "left"
goal = [5, 0]

[[tasks]]
sentence = "top left second"
group = "left"
goal = [4]

[[tasks]]
sentence = "top right first"
group = "right"
goal = [1, 1]
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "ring.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_file_holds_states_starts_labels_and_goals(write) -> None:
    suite = load_suite(write(RING))
    assert (suite.name, suite.title) == ("ring", "A ring of six")
    assert suite.world.next_state.tolist() == [[(s + 1) % 6, (s - 1) % 6] for s in range(6)]
    assert suite.world.starts.tolist() == [0, 2, 3]
    assert suite.world.labels == ("north", "north-east", (2, 2.5), 3, True, "west")
    assert [task.goal for task in suite.tasks] == [(0, 5), (4,), (1,)]
    assert suite.world.episodes((0, 5)).starts.tolist() == [2, 3]
    assert len(suite.transfers()) == 3


def test_without_starts_and_labels_all_states_have_both(write) -> None:
    text = "\n".join(line for line in RING.splitlines() if line[:6] not in ("starts", "labels"))
    world = load_suite(write(text)).world
    assert world.starts.tolist() == list(world.labels) == list(range(6))


BAD = {
    "neither map nor table": (RING.replace("next_state", "title2"), "has an entry 'title2'"),
    "no world": ('title = "x"', "has no map; add map", "next_state = [[…], …]"),
    "both": ('map = "..."\n' + RING, "a map and next_state", "take one out"),
    "starts of a map": ('map = "..."\nstarts = [1]', "a map and starts", "take one out"),
    "size": ("size = 6\n" + RING, "table of states", "give no size"),
    "a text": ('next_state = "0 1"', "next_state is no table"),
    "empty": ("next_state = []", "next_state is no table"),
    "a flat list": ("next_state = [1, 0]", "the row of state 0 is 1", "as in [0, 4, 1]"),
    "ragged": (RING.replace("[2, 0]", "[2, 0, 1]"), "state 1 has 3 actions", "equally long"),
    "no actions": ("next_state = [[], []]", "a column for each action"),
    "a float": (RING.replace("[2, 0]", "[2.0, 0]"), "the row of state 1 is [2.0, 0]"),
    "a boolean": (RING.replace("[2, 0]", "[true, 0]"), "the row of state 1 is [True, 0]"),
    "a huge number": (RING.replace("[2, 0]", f"[{2**70}, 0]"), "next_state: "),
    "too high": (RING.replace("[2, 0]", "[6, 0]"), "action 0 leads from state 1 to 6", "mend that"),
    "negative": (RING.replace("[2, 0]", "[-1, 0]"), "action 0 leads from state 1 to -1"),
    "one state": ("next_state = [[0]]", "two at least"),
    "a start too high": (RING.replace("[0, 2, 3]", "[0, 6]"), "the start states", "got 6"),
    "no start": (RING.replace("[0, 2, 3]", "[]"), "the start states: there is none"),
    "a start that is a text": (RING.replace("[0, 2, 3]", '"all"'), "starts is 'all'", "[0, 3]"),
    "labels too few": (RING.replace('"north", ', ""), "6 states need as many labels; got 5"),
    "labels a text": (RING.replace('["north", "north-east", [2, 2.5], 3, true, "west"]', '"n"'),
                      "labels is 'n'", "one for each state"),
    "goal missing": (RING.replace("goal = [4]", ""), "task 2 ('top left second')", "goal = […]"),
    "goal empty": (RING.replace("[4]", "[]"), "task 2 ('top left second')", "as in [3, 7]"),
    "goal a number": (RING.replace("[4]", "4"), "the goal is 4", "as in [3, 7]"),
    "goal a mark": (RING.replace("[4]", '"a"'), "the goal is 'a'", "as in [3, 7]"),
    "goal a boolean": (RING.replace("[4]", "[true]"), "the goal is [True]"),
    "goal too high": (RING.replace("[4]", "[4, 6]"), "numbered 0 to 5; got 6", "change its states"),
    "goal negative": (RING.replace("[4]", "[-1]"), "got -1", "change its states"),
    "goal of every start": (RING.replace("[4]", "[0, 2, 3]"), "no episode can begin", "change"),
    "goal out of reach": (
        RING.replace("[1, 5], [2, 0], [3, 1], [4, 2], [5, 3], [0, 4],",
                     "[1, 1], [2, 2], [3, 3], [3, 3], [0, 0], [0, 0],"),
        "task 1 ('top left first')", "no episode can begin",
    ),
    "the same goal twice": (RING.replace("[4]", "[0, 5]"), "the same goal (0, 5)"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_table_is_named_with_the_mend(case: str, write) -> None:
    text, *words = BAD[case]
    with pytest.raises(SuiteError) as error:
        load_suite(write(text))
    for word in ("ring.toml", *words):
        assert word in str(error.value)


def test_a_suite_is_written_and_read_again(write, tmp_path: Path) -> None:
    suite = load_suite(write(RING))
    hard = TaskSuite(
        "hard",
        'A "quoted" title \\ and a Ω',
        FiniteWorld(suite.world.next_state, labels=("a\tb\x7f", (1, (2, "ö")), 0.1, -5, False, "")),
        suite.tasks,
        (Task("new", "go to the red box", (2, 3), "left", "red", "box"),),
    )
    for one in (suite, hard):
        save_suite(tmp_path / f"{one.name}.toml", one)
        again = load_suite(tmp_path / f"{one.name}.toml")
        assert (again.name, again.title, again.tasks, again.targets) == (
            one.name, one.title, one.tasks, one.targets
        )  # fmt: skip
        assert again.fingerprint == one.fingerprint
        assert again.world.labels[0] == one.world.labels[0]
    assert again.world.labels[1] == (1, [2, "ö"])  # lists within tuples stay lists


@pytest.mark.parametrize("name", [name for name in suite_names() if name.startswith("house")])
def test_a_map_is_written_as_a_drawing(name: str, tmp_path: Path) -> None:
    house = load_suite(name)
    save_suite(tmp_path / "mine.toml", house)
    mine = load_suite(tmp_path / "mine.toml")
    assert (mine.map.walls == house.map.walls).all()
    assert (mine.title, mine.tasks, mine.targets) == (house.title, house.tasks, house.targets)
    assert mine.fingerprint == house.fingerprint


def test_a_world_of_ones_own_is_loaded_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert own_worlds() == []
    house = load_suite("house_a")
    file = own_file("my_house")
    file.parent.mkdir()
    save_suite(file, house)
    assert own_worlds() == ["my_house"]
    mine = load_suite("my_house")
    assert (mine.name, mine.fingerprint) == ("my_house", house.fingerprint)
    with pytest.raises(SuiteError, match=r"your own in my_worlds \(my_house\), or give the path"):
        load_suite("My_House")
    save_suite(file.with_stem("house_b"), house)  # a file of the course's name changes nothing
    assert load_suite("house_b").fingerprint != house.fingerprint


@pytest.mark.parametrize(
    "name", ["", "My_world", "../house", "a b", "a.toml", "1st", "é", 41 * "a"]
)
def test_what_a_world_cannot_be_called(name: str) -> None:
    with pytest.raises(SuiteError, match="cannot be called"):
        own_file(name)


def test_the_names_of_the_course_are_taken() -> None:
    with pytest.raises(SuiteError, match="the course has a world called 'house_a'"):
        own_file("house_a")


def test_what_could_not_be_read_is_not_written(write, tmp_path: Path) -> None:
    suite = load_suite(write(RING))
    path = tmp_path / "other.toml"
    for labels in ((None,) * 6, (object(),) * 6, (float("inf"),) * 6):
        world = FiniteWorld(suite.world.next_state, labels=labels)
        with pytest.raises(SuiteError, match="label states by numbers"):
            save_suite(path, TaskSuite("other", "", world, suite.tasks))
    with pytest.raises(SuiteError, match="needs at least 3"):
        save_suite(path, TaskSuite("other", "", suite.world, suite.tasks[:2]))
    with pytest.raises(SuiteError, match=r"ends in \.toml"):
        save_suite(tmp_path / "other.json", suite)
    assert not path.exists()


def test_a_fingerprint_changes_with_table_starts_and_goals_not_with_labels(write) -> None:
    prints = {
        load_suite(write(text)).fingerprint
        for text in (
            RING,
            RING.replace("[2, 0]", "[2, 1]"),
            RING.replace("starts = [0, 2, 3]", "starts = [2, 3]"),
            RING.replace("goal = [4]", "goal = [4, 3]"),
        )
    }
    assert len(prints) == 4
    relabelled = load_suite(write(RING.replace('"north"', '"N"')))
    assert relabelled.fingerprint in prints


def test_what_needs_a_map_says_so(write) -> None:
    suite = load_suite(write(RING))
    world, words = suite.world, r"FiniteWorld\(6 states, 2 actions\) is no map"
    for ask in (lambda: suite.map, lambda: GridWorldEnv(suite)):
        with pytest.raises(ValueError, match=words):
            ask()
    with pytest.raises(ValueError, match=r'has no cells to read .*"one-hot"'):
        features(world, "fourier")
    with pytest.raises(ValueError, match="a cell is"):
        _ = suite.tasks[1].cell
    tables = [TabularPolicy(one, np.zeros((6, 2))) for one in (world, FiniteWorld([[0, 1]] * 6))]
    with pytest.raises(ValueError, match="different maps"):
        average(tables, np.array([0.5, 0.5]))


# ---------------------------------------------------------------------------------------------
# Everything runs on it
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("policy", "methods"),
    [
        ("tabular", (*METHODS, *TABLE_METHODS)),
        ("mlp", ("scratch", "oracle", *NETWORK_METHODS)),
        ("mlp-matched", ("scratch", "uniform")),
    ],
)
def test_policies_of_every_class_run_on_a_table(
    policy: str, methods: tuple[str, ...], write
) -> None:
    job = Job(load_suite(write(RING)), 0, ("top left first",), methods, 20_000, policy)
    rows = run_job(job)
    assert [row["method"] for row in rows] == list(methods)
    assert {row["size"] for row in rows} == {6}
    assert not any(row["optimal_censored"] for row in rows if row["method"] == "scratch")


def test_a_sweep_by_the_command_line(write, tmp_path: Path, capsys) -> None:
    out = tmp_path / "ring.csv"
    options = ["--trials", "2", "--workers", "1", "--methods", "scratch,alg2", "--out", str(out)]
    assert cli.main(["worlds", "--worlds", str(write(RING)), *options]) == 0
    table = pd.read_csv(out)
    assert len(table) == 3 * 2 * 2
    assert "steps until optimal everywhere" in capsys.readouterr().out


@pytest.mark.parametrize("policy", ["tabular", "mlp"])
def test_policies_of_a_table_are_kept_in_a_file(policy: str, write, tmp_path: Path) -> None:
    suite, out = load_suite(write(RING)), tmp_path / "ring.npz"
    options = ["--policy", policy, "--out", str(out)]
    assert cli.main(["learn", str(write(RING)), *options]) == 0
    hidden = {} if policy == "mlp" else {"hidden": ()}
    stack = load_networks(out, suite, NetworkSettings(features="one-hot", **hidden))
    assert stack[-1][0].shape[-1] == 2


def taxi_suite() -> TaskSuite:
    """Drive to a coloured square, or bring the passenger there."""
    world = FiniteWorld.from_gymnasium(gymnasium.make(TAXI), seeds=range(2_000))
    places = {"red": (0, 0), "green": (0, 4), "yellow": (4, 0), "blue": (4, 3)}
    tasks = []
    for number, (colour, cell) in enumerate(places.items()):
        there = world.where(lambda label, cell=cell: (label // 100, label // 20 % 5) == cell)
        brought = world.where(lambda label, number=number: label // 4 % 5 == number)
        tasks.append(Task(f"to {colour}", f"go to the {colour} box", there, colour))
        tasks.append(Task(f"bring to {colour}", f"go to the {colour} cone", brought, colour))
    return TaskSuite("taxi", "Taxi", world, tuple(tasks))


def test_taxi_is_learned_by_every_method_and_driven_in_the_environment_itself(
    tmp_path: Path,
) -> None:
    save_suite(tmp_path / "taxi.toml", taxi_suite())
    source = ((str(tmp_path / "taxi.toml"), None),)
    sweep = Sweep(source, trials=1, targets=("to red",), cap=100_000)
    table = run_sweep(sweep, workers=1, progress=False).set_index("method")
    assert set(table.index) == set(sweep.method_names) > set(METHODS)
    assert not table.loc["scratch", "optimal_censored"]
    suite = load_suite(tmp_path / "taxi.toml")
    assert len(align_suite(suite, held_out="to red").sentence_tower.mixture) == 7
    # The passenger waits on the green square; by the table he is brought to the red one.
    task, env = suite.tasks[1], gymnasium.make(TAXI)
    q = suite.world.optimal_q(task.goal)
    seed = next(n for n in range(99) if decoded(env.reset(seed=n)[0]) == (1, 0))
    state, _ = env.reset(seed=seed)
    for _ in range(int(suite.world.distances(task.goal)[suite.world.labels.index(state)])):
        action = int(q[suite.world.labels.index(state)].argmax())
        state, reward, ended, _, _ = env.step(action)
    assert ended
    assert reward == 20


def decoded(state: int) -> tuple[int, int]:
    """Where the passenger is, and where he wants to go."""
    return state // 4 % 5, state % 4
