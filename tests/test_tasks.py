"""The shipped suites against what they claim to be, and bad files against their messages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import SuiteError, load_suite, suite_names
from cliprl_lite.worlds.tasks import Task, TaskSuite

OPEN_SIZED = {"corners": (8, 10, 15, 25, 7), "dev_shelves": (9, 14)}
"""Suites whose files leave the size open, with sizes to try; an odd one among them."""

SHIPPED = [
    *((name, size) for name, sizes in OPEN_SIZED.items() for size in sizes),
    *((name, None) for name in suite_names() if name not in OPEN_SIZED),
]
every_suite = pytest.mark.parametrize(("name", "size"), SHIPPED)


def rooms(suite: TaskSuite) -> dict[tuple[bool, bool], list[Task]]:
    """The tasks of a house by room: (lower half, right half)."""
    found: dict[tuple[bool, bool], list[Task]] = {}
    for task in suite.tasks:
        found.setdefault((task.goal[0] > 6, task.goal[1] > 6), []).append(task)
    return found


# What ships
STREWN = ("babyai_local", "babyai_open")
"""Levels that BabyAI furnished by chance."""


def test_the_suites_that_ship() -> None:
    assert suite_names() == sorted(suite_names())
    assert {"corners", "house_a", "house_b", "house_c", "colours_6", "shapes_16"} <= set(
        suite_names()
    )


@every_suite
def test_every_shipped_suite_makes_sense(name: str, size: int | None) -> None:
    suite = load_suite(name, size)
    assert suite.name == (name if size is None else f"{name}_{size}")
    assert suite.title != name
    assert size is None or suite.world.shape == (size, size)
    strewn = name.startswith(STREWN)
    assert strewn or all(task.group for task in (*suite.tasks, *suite.targets))
    assert len({task.goal for task in suite.tasks}) == len(suite.tasks)
    for task in (*suite.tasks, *suite.targets):
        if name.startswith("babyai"):
            assert set(suite.world.goal_states(task.goal)) == set(task.goal)
            assert (suite.world.distances(task.goal) >= 0).all()
        else:
            row, column = task.goal
            assert not suite.map.walls[row, column]


@every_suite
def test_every_target_has_a_teacher_of_its_group(name: str, size: int | None) -> None:
    if name.startswith(STREWN):
        return  # there it is as chance had it
    for transfer in load_suite(name, size).transfers():
        assert transfer.target.group in [base.group for base in transfer.bases]


def test_the_corners_are_the_papers() -> None:
    suite = load_suite("corners", 10)
    assert [(task.sentence, task.goal) for task in suite.tasks] == [
        ("top left first", (0, 0)),
        ("top left second", (0, 1)),
        ("top right first", (0, 9)),
        ("top right second", (0, 8)),
    ]
    assert [(task.name, task.sentence, task.goal, task.group) for task in suite.targets] == [
        ("left", "top left third", (0, 2), "left"),
        ("right", "top right third", (0, 7), "right"),
        ("mismatch", "top left third", (0, 7), "right"),
    ]
    assert not suite.world.walls.any()


@pytest.mark.parametrize("size", OPEN_SIZED["corners"])
def test_the_corners_grow_with_the_map(size: int) -> None:
    suite = load_suite("corners", size)
    columns = [task.goal[1] for task in (*suite.tasks, *suite.targets)]
    assert columns == [0, 1, size - 1, size - 2, 2, size - 3, size - 3]
    assert {task.goal[0] for task in (*suite.tasks, *suite.targets)} == {0}


@pytest.mark.parametrize("version", ["house_a", "house_b", "house_c"])
def test_a_house_is_four_rooms_of_four_objects(version: str) -> None:
    suite = load_suite(version)
    assert (suite.world.walls == GridWorld.four_rooms(13).walls).all()
    assert [len(tasks) for tasks in rooms(suite).values()] == [4, 4, 4, 4]
    assert len({(task.colour, task.shape) for task in suite.tasks}) == 16
    assert all(len({task.group for task in tasks}) == 1 for tasks in rooms(suite).values())
    assert len({task.group for task in suite.tasks}) == 4


@pytest.mark.parametrize(
    ("version", "colours", "shapes"), [("house_a", 1, 4), ("house_b", 4, 1), ("house_c", 4, 4)]
)
def test_what_a_room_has_in_common(version: str, colours: int, shapes: int) -> None:
    for tasks in rooms(load_suite(version)).values():
        assert len({task.colour for task in tasks}) == colours
        assert len({task.shape for task in tasks}) == shapes


@pytest.mark.parametrize(
    "names",
    [
        ("house_a", "house_b", "house_c"),
        ("colours_6", "shapes_6", "colours_6_sides"),
        ("colours_9", "shapes_9", "colours_9_sides"),
        ("colours_16", "shapes_16", "colours_16_sides"),
    ],
)
def test_the_same_words_on_other_maps(names: tuple[str, ...]) -> None:
    suites = [load_suite(name) for name in names]
    assert len({frozenset(suite.sentences) for suite in suites}) == 1
    layouts = {tuple(sorted((t.sentence, t.goal) for t in suite.tasks)) for suite in suites}
    assert len(layouts) == len(suites)


@pytest.mark.parametrize(
    "name", [name for name in suite_names() if name.startswith(("colours", "shapes", "house"))]
)
def test_objects_are_what_their_sentences_say(name: str) -> None:
    suite = load_suite(name)
    for task in suite.tasks:
        assert task.sentence == f"go to the {task.colour} {task.shape}"
        if name.startswith("colours"):
            assert task.group == task.colour
        if name.startswith("shapes"):
            assert task.group == task.shape


@pytest.mark.parametrize(
    "name", [name for name in suite_names() if name.startswith(("colours", "shapes"))]
)
def test_groups_keep_to_their_part_of_an_open_world(name: str) -> None:
    """The nearest goal of every goal belongs to the same group, by steps on the map."""
    suite = load_suite(name)
    for task in suite.tasks:
        steps = suite.world.distances(task.goal)
        others = [other for other in suite.tasks if other is not task]
        nearest = min(others, key=lambda other: steps[suite.world.state(other.goal)])
        assert nearest.group == task.group


@pytest.mark.parametrize("name", [name for name in suite_names() if name.startswith("dev_")])
def test_a_development_suite_shares_no_sentence_with_any_other(name: str) -> None:
    sentences = {source: set(load_suite(source, size).sentences) for source, size in SHIPPED}
    mine = sentences.pop(name)
    assert len(mine) >= 6
    assert not mine & set().union(*sentences.values())


# Own files
GOOD = """\
title = "Two fruits"
map = '''
a..#
.#.b
.c..
'''

[[tasks]]
name = "apple"
sentence = "fetch the apple"
goal = "a"
group = "fruit"
colour = "red"
shape = "round"

[[tasks]]
sentence = "fetch the pear"
goal = "b"

[[targets]]
name = "plum"
sentence = "fetch the plum"
goal = [-1, 1]
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str | bytes, name: str = "own.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_a_file_of_ones_own(write) -> None:
    suite = load_suite(write(GOOD))
    assert (suite.name, suite.title, suite.world.shape) == ("own", "Two fruits", (3, 4))
    apple = Task("apple", "fetch the apple", (0, 0), "fruit", "red", "round")
    pear = Task("fetch the pear", "fetch the pear", (1, 3))
    plum = Task("plum", "fetch the plum", (2, 1))
    assert (suite.tasks, suite.targets) == ((apple, pear), (plum,))
    assert suite.sentences == ["fetch the apple", "fetch the pear", "fetch the plum"]
    assert [(t.target, t.bases) for t in suite.transfers()] == [(plum, (apple, pear))]


def test_a_path_may_be_text_and_a_title_may_be_missing(write) -> None:
    suite = load_suite(str(write(GOOD.replace('title = "Two fruits"\n', ""))))
    assert suite.title == "own"


def test_blanks_around_a_sentence_mean_nothing(write) -> None:
    suite = load_suite(write(GOOD.replace('"fetch the pear"', '"  fetch the pear "')))
    assert (suite.tasks[1].name, suite.tasks[1].sentence) == ("fetch the pear", "fetch the pear")


def test_an_indented_drawing_keeps_its_marks(write) -> None:
    indented = GOOD.replace("a..#\n.#.b\n.c..\n", "  a..#\n  .#.b\n  .c..\n  ")
    assert load_suite(write(indented)).fingerprint == load_suite(write(GOOD)).fingerprint


@pytest.mark.parametrize("goal", [(2.0, 0), (True, 0), [], "00", 3, None])
def test_a_goal_is_made_of_whole_numbers(goal: object) -> None:
    with pytest.raises(ValueError, match=r"task 'a': the goal: a goal is \(row, column\) on a map"):
        Task("a", "go to a", goal)  # type: ignore[arg-type]


@pytest.mark.parametrize("goal", [[0], (1, 2, 3)])
def test_a_goal_on_a_map_is_a_pair(goal: tuple[int, ...]) -> None:
    task = Task("a", "go to a", goal)
    for ask in (lambda: task.cell, lambda: TaskSuite("t", "t", GridWorld.open_map(3), (task,))):
        with pytest.raises(ValueError, match=r"a cell is \(row, column\), two whole numbers; got"):
            ask()


def test_a_goal_is_kept_as_plain_numbers() -> None:
    """Whoever gave them: what a suite's fingerprint is made of is their text."""
    task = Task("a", "go to a", np.array([1, 2]))  # type: ignore[arg-type]
    assert repr(task.goal) == "(1, 2)"
    assert task == Task("a", "go to a", [1, 2])  # type: ignore[arg-type]
    assert len({task, Task("a", "go to a", (1, 2))}) == 1


@pytest.mark.parametrize("goal", [(1, 1), (3, 0), (0, -1)])
def test_a_goal_of_a_suite_lies_on_its_map(goal: tuple[int, int]) -> None:
    world = GridWorld.from_text("...\n.#.\n...")
    known, other = Task("a", "go to a", (0, 0)), Task("b", "go to b", goal)
    for tasks in ({"tasks": (known, other)}, {"tasks": (known,), "targets": (other,)}):
        with pytest.raises(ValueError, match=r"task 'b': the goal: cell .*; move it to a free"):
            TaskSuite("own", "Own", world, **tasks)


def test_without_targets_each_task_is_left_out_once() -> None:
    suite = load_suite("colours_6")
    transfers = suite.transfers()
    assert [transfer.target for transfer in transfers] == list(suite.tasks)
    for number, transfer in enumerate(transfers):
        assert transfer.bases == suite.tasks[:number] + suite.tasks[number + 1 :]


def test_a_transfer_by_its_targets_name() -> None:
    suite = load_suite("corners", 10)
    assert suite.transfer("right").target.goal == (0, 7)
    assert suite.transfer("right").bases == suite.tasks
    with pytest.raises(ValueError, match="no target 'up'; it has 'left', 'right', 'mismatch'"):
        suite.transfer("up")


@pytest.mark.parametrize("other", ["fetch the apple.", "fetch the apple!", "fetch an apple"])
def test_a_mark_more_is_another_sentence(other: str, write) -> None:
    """The encoder hears it: with a full stop, the cosine is 0.95."""
    suite = load_suite(write(GOOD.replace("fetch the pear", other)))
    assert suite.sentences[:2] == ["fetch the apple", other]


def test_a_suite_loads_no_encoder(run_python: Callable[..., str], write) -> None:
    own = write(GOOD.replace("the pear", "thé 🍐"))
    code = """
import sys
from cliprl_lite.worlds.suite_files import load_suite, suite_names
open_sized = {"corners": 10, "dev_shelves": 14}
for name in suite_names():
    load_suite(name, open_sized.get(name))
load_suite(sys.argv[1])
heavy = ("torch", "tokenizers", "transformers", "threadpoolctl", "cliprl_lite.language.sentences")
print([name for name in heavy if name in sys.modules])
"""
    assert run_python(code, own) == "[]"


def test_two_targets_may_share_a_sentence_that_appears_once(write) -> None:
    more = GOOD + '[[targets]]\nname = "other plum"\nsentence = "fetch the plum"\ngoal = [0, 1]\n'
    suite = load_suite(write(more))
    assert suite.sentences.count("fetch the plum") == 1
    assert len(suite.transfers()) == 2


OPEN = GOOD.replace("'''\na..#\n.#.b\n.c..\n'''", '"open"\nsize = 4').replace('"a"', "[0, 0]")
OPEN = OPEN.replace('"b"', "[1, 1]")
ONE_TASK = OPEN[: OPEN.index('[[tasks]]\nsentence = "fetch the pear"')]

BAD_FILES = {
    "goal in a wall": (GOOD.replace('"b"', "[1, 1]"), "task 2 ('fetch the pear')", "move it"),
    "goal outside": (GOOD.replace('"b"', "[3, 0]"), "task 2 ('fetch the pear')", "move it"),
    "goal too far back": (GOOD.replace('"b"', "[-4, 0]"), "task 2 ('fetch the pear')", "move it"),
    "target in a wall": (GOOD.replace("[-1, 1]", "[0, -1]"), "target 1 ('fetch the plum')", "wall"),
    "goal of three": (GOOD.replace('"b"', "[1, 2, 3]"), "task 2 ('fetch the pear')", "[row, col"),
    "goal of floats": (GOOD.replace('"b"', "[1.0, 2]"), "task 2 ('fetch the pear')", "[row, col"),
    "goal of booleans": (GOOD.replace('"b"', "[true, 1]"), "task 2 ('fetch the pear')", "[row, c"),
    "goal a number": (GOOD.replace('"b"', "7"), "task 2 ('fetch the pear')", "[row, column]"),
    "goal a table": (
        GOOD.replace('"b"', "{row = 1}"),
        "task 2 ('fetch the pear')",
        "[row, column]",
    ),
    "mark not drawn": (GOOD.replace('"b"', '"z"'), "task 2 ('fetch the pear')", "nowhere", "once"),
    "mark drawn twice": (GOOD.replace(".c..", ".c.b"), "task 2 ('fetch the pear')", "2 times"),
    "mark of nothing": (GOOD.replace('"b"', '"."'), "task 2 ('fetch the pear')", "exactly once"),
    "mark on an open map": (OPEN.replace("[1, 1]", '"b"'), "task 2 ('fetch the pear')", "nowhere"),
    "goal missing": (GOOD.replace('goal = "b"\n', ""), "task 2 ('fetch the pear')", "add goal ="),
    "sentence missing": (GOOD.replace('sentence = "fetch the pear"\n', ""), "task 2", "add sent"),
    "sentence empty": (GOOD.replace('"fetch the pear"', '""'), "task 2", "add sentence ="),
    "sentence blank": (GOOD.replace('"fetch the pear"', '"  "'), "task 2", "add sentence ="),
    "sentence a number": (GOOD.replace('"fetch the pear"', "4"), "task 2", "add sentence ="),
    "sentence twice": (GOOD.replace("pear", "apple"), "'fetch the apple'", "change one"),
    "sentence twice but for blanks": (
        GOOD.replace("fetch the pear", " fetch the apple "),
        "'fetch the apple'",
        "change one",
    ),
    "target with a base sentence": (
        GOOD.replace("the plum", "the pear"),
        "'plum'",
        "'fetch the pear'",
        "change one",
    ),
    **{
        f"sentence twice but for {what}": (
            GOOD.replace("fetch the pear", written),
            "two tasks",
            "'fetch the apple'",
            seen,
            "change one",
        )
        for what, written, seen in (
            ("capitals", "Fetch the APPLE", "'Fetch the APPLE'"),
            ("what is invisible", "fetch the a\u200bpple", r"'fetch the a\u200bpple'"),
            ("an accent", "fetch thé apple", "'fetch thé apple'"),
            ("spaces within", "fetch  the apple", "'fetch  the apple'"),
        )
    },
    "sentence twice but for its accent's way": (
        GOOD.replace("the apple", "the caf\u00e9").replace("the pear", "the cafe\u0301"),
        r"'fetch the caf\xe9'",
        r"'fetch the cafe\u0301'",
        "change one",
    ),
    "sentence twice but for an unknown character": (
        GOOD.replace("the apple", "the 🍎").replace("the pear", "the 🍐"),
        "'fetch the 🍎'",
        "'fetch the 🍐'",
        "unknown characters",
    ),
    "target that sounds like a base": (
        GOOD.replace("fetch the plum", "Fetch the Pear"),
        "target 'plum' and base task 'fetch the pear'",
        "'fetch the pear' and 'Fetch the Pear'",
        "change one",
    ),
    "sentence that nobody hears": (
        GOOD.replace('"fetch the pear"', '"\u200b \ufeff"'),
        "task 2",
        "add sentence =",
    ),
    "goal twice": (
        OPEN.replace("[1, 1]", "[0, 0]"),
        "'apple'",
        "'fetch the pear'",
        "same goal (0, 0)",
        "move one",
    ),
    "target on a base goal": (
        GOOD.replace("[-1, 1]", "[-2, -1]"),
        "'plum'",
        "'fetch the pear'",
        "goal (1, 3)",
        "move one",
    ),
    "name twice": (GOOD.replace('"plum"', '"apple"'), "two tasks", "'apple'", "rename one"),
    "group a number": (GOOD.replace('"fruit"', "3"), "task 1 ('fetch the apple')", "in quotes"),
    "colour a list": (GOOD.replace('"red"', '["red"]'), "task 1 ('fetch the apple')", "in quotes"),
    "unknown key of a task": (
        GOOD.replace("shape =", "form ="),
        "task 1 ('fetch the apple')",
        "'form'",
        "colour, goal, group, name, sentence, shape",
    ),
    "unknown key of the file": (
        GOOD.replace("title", "titel"),
        "'titel'",
        "map, next_state, size, starts, targets",
    ),
    "no map": (OPEN.replace('map = "open"\nsize = 4\n', ""), "no map", 'map = "open"'),
    "empty": ("", "no map", 'map = "open"'),
    "map blank": (GOOD.replace("a..#\n.#.b\n.c..\n", ""), "no map", 'map = "open"'),
    "map a number": (OPEN.replace('"open"', "3"), "map", 'map = "open"'),
    "map a list": (OPEN.replace('"open"', '["open"]'), "map", 'map = "open"'),
    "map disconnected": (
        GOOD.replace(".#.b\n.c..", ".##b\n.c.#"),
        "map",
        "(1, 3)",
        "open a door",
    ),
    "map led by blanks": (
        GOOD.replace("a..#\n.#.b\n.c..", " a..#\n .#.b\n .c.."),
        "map: row 0",
        "may be cells or indentation",
    ),
    "map followed by blanks": (
        GOOD.replace("a..#\n.#.b\n.c..", "a..# \n.#.b \n.c.. "),
        "map: row 0",
        "' ' in column 4",
    ),
    "map with a blank row": (GOOD.replace(".c..\n", ".c..\n    \n"), "map: row 3", "is blank"),
    "line end in a name": (
        GOOD.replace('"apple"', '"app\\nle"'),
        "task 1 ('fetch the apple'): the name holds '\\n'",
        "take it out",
    ),
    "control in a sentence": (
        GOOD.replace('"fetch the pear"', '"fetch\\u001b[2J the pear"'),
        "task 2 ('fetch",
        "the sentence holds '\\x1b'",
    ),
    "control in a group": (GOOD.replace('"fruit"', '"fr\\tuit"'), "the group holds '\\t'"),
    "line end after a group": (GOOD.replace('"fruit"', '"fruit\\n"'), "the group holds '\\n'"),
    "control in a colour": (GOOD.replace('"red"', '"r\\u0000ed"'), "the colour holds '\\x00'"),
    "paragraph end in a target": (
        GOOD.replace('"plum"', '"pl\\u2029um"'),
        "target 1 ('fetch the plum'): the name holds '\\u2029'",
    ),
    "line end in the title": (GOOD.replace("Two fruits", "Two\\rfruits"), "title holds '\\r'"),
    "map ragged": (GOOD.replace(".c..", ".c."), "map", "row 2", "equally long"),
    "map all wall": (GOOD.replace("a..#\n.#.b\n.c..", "###"), "map", "at least two free cells"),
    "no tasks": (OPEN.split("[[", 1)[0], "0 tasks", "add a [[tasks]]"),
    "one task, none to transfer to": (ONE_TASK, "1 tasks", "at least 3", "add a [[tasks]]"),
    "targets without tasks": (
        OPEN.split("[[", 1)[0] + OPEN[OPEN.index("[[targets]]") :],
        "0 tasks",
        "at least 2",
    ),
    "tasks a table": (ONE_TASK.replace("[[tasks]]", "[tasks]"), "tasks", "[[tasks]]"),
    "tasks a number": (OPEN.split("[[", 1)[0] + "tasks = 3", "tasks", "[[tasks]]"),
    "tasks a list of numbers": (OPEN.split("[[", 1)[0] + "tasks = [3]", "tasks", "[[tasks]]"),
    "targets a text": (ONE_TASK.replace("[[t", 'targets = "x"\n[[t', 1), "targets", "[[targets]]"),
    "size a word": (OPEN.replace("size = 4", 'size = "big"'), "map", "whole number", "'big'"),
    "size a float": (OPEN.replace("size = 4", "size = 4.0"), "map", "whole number", "4.0"),
    "size a list": (OPEN.replace("size = 4", "size = []"), "map", "whole number", "[]"),
    "size a boolean": (OPEN.replace("size = 4", "size = true"), "map", "whole number"),
    "size of a drawing": (GOOD.replace("title", "size = 3\ntitle"), "draws its map", "no other"),
    "size too small": (OPEN.replace("size = 4", "size = 1"), "map", "at least 2"),
    "size even in four rooms": (
        OPEN.replace("size = 4", "size = 12").replace('"open"', '"four_rooms"'),
        "map",
        "odd size",
    ),
    "size left open": (OPEN.replace("size = 4\n", ""), "'open'", "size=10"),
    "not TOML": (GOOD.replace('"open"', "open").replace("]]", "]", 1), "TOML", "line 8", "mend"),
    "not UTF-8": (GOOD.encode("utf-16"), "not UTF-8", "save it as UTF-8"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_named_with_its_task_and_the_mend(case: str, write) -> None:
    text, *words = BAD_FILES[case]
    with pytest.raises(SuiteError) as error:
        load_suite(write(text))
    for word in ("own.toml", *words):
        assert word in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [('"Two fruits"', "2", "the title is 2"), ('"apple"', "5", "the name is 5")],
)
def test_a_name_and_a_title_are_words(old: str, new: str, words: str, write) -> None:
    with pytest.raises(SuiteError, match=words):
        load_suite(write(GOOD.replace(old, new)))


def test_a_file_whose_name_would_blur_with_others(write) -> None:
    """A journal names a trial by suite and seed, with a bar between them."""
    for name, letter in (("a|0.toml", "'|'"), ("two\nlines.toml", r"'\n'")):
        with pytest.raises(SuiteError, match=f"the file's name holds {re.escape(letter)}") as error:
            load_suite(write(GOOD, name))
        assert "\n" not in str(error.value)


def test_letters_of_every_language_are_welcome(write) -> None:
    words = "课程 für 👩‍🚀 | à la carte, مرحبا"
    suite = load_suite(write(GOOD.replace('"plum"', f'"{words}"'), "größe, 课程.toml"))
    assert (suite.name, suite.targets[0].name) == ("größe, 课程", words)


@pytest.fixture
def case_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system on which 'OWN.toml' opens own.toml, as on macOS and Windows."""

    def real(path: Any) -> Any:
        if not isinstance(path, Path):
            return path
        names = os.listdir(path.parent) if path.parent.is_dir() else []  # noqa: PTH208
        alike = [name for name in names if name.casefold() == path.name.casefold()]
        return path.with_name(alike[0]) if alike else path

    def blind(honest: Callable) -> Callable:
        return lambda *given, **how: honest(*map(real, given), **how)

    for name in ("read_text", "exists", "samefile"):
        monkeypatch.setattr(Path, name, blind(getattr(Path, name)))


@pytest.mark.usefixtures("case_ignored")
@pytest.mark.parametrize("name", ["House_A", "HOUSE_A", "../suites/house_a", "./house_a"])
def test_a_shipped_name_is_spelled_exactly(name: str) -> None:
    with pytest.raises(SuiteError, match=rf"there is no suite '{re.escape(name)}'; take one of"):
        load_suite(name)


@pytest.mark.usefixtures("case_ignored")
def test_a_suite_has_its_files_own_name(write) -> None:
    path = write(GOOD)
    assert load_suite(path.with_name("OWN.toml")).name == "own"
    with pytest.raises(SuiteError, match=r"^own\.toml: "):
        load_suite(write(OPEN).with_name("Own.toml"), size=4)


def test_a_misspelt_map_is_not_a_drawing_of_one_row(write) -> None:
    text = OPEN.replace('"open"\nsize = 4', '"four rooms"').replace("[1, 1]", "[0, 1]")
    with pytest.raises(SuiteError, match="four_rooms"):
        load_suite(write(text.replace("[-1, 1]", "[0, 2]")))


@pytest.mark.parametrize(
    ("source", "size", "words"),
    [
        ("houses", None, ["'houses'", "house_a", ".toml"]),
        ("", None, ["there is no suite ''", "house_a"]),
        ("corners", None, ["corners.toml", "size=10"]),
        ("corners", 2, ["corners.toml", "target 1 ('top left third')", "outside", "move it"]),
        ("corners", 3, ["corners.toml", "'top left second'", "(0, 1)", "make the map larger"]),
        ("corners", "10", ["corners.toml", "whole number", "'10'"]),
        ("corners", 10.0, ["corners.toml", "whole number"]),
        ("corners", 0, ["corners.toml", "at least 2"]),
        ("house_a", 13, ["house_a.toml", "size already", "no other"]),
    ],
)
def test_a_bad_call_says_what_to_change(source: str, size, words: list[str]) -> None:
    with pytest.raises(SuiteError) as error:
        load_suite(source, size)
    for word in words:
        assert word in str(error.value)


def test_a_size_is_given_once(write) -> None:
    with pytest.raises(SuiteError, match=r"own\.toml: fixes its size at 4; load it without one"):
        load_suite(write(OPEN), size=4)


def test_a_missing_file_is_named_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"No such file or directory.*check the path") as error:
        load_suite(tmp_path / "none.toml")
    assert str(tmp_path / "none.toml") in str(error.value)


def test_a_folder_is_no_suite(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(SuiteError, match=r"folder\.toml"):
        load_suite(tmp_path / "folder.toml")
