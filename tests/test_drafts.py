"""Worlds that are being drawn: every change, every fault, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from cliprl_lite.worlds.drafts import LETTERS, LONGEST, MOST, Draft, differences, drawn
from cliprl_lite.worlds.suite_files import load_suite

SAID = {
    "a": "go to the red box",
    "b": "go to the red key",
    "c": "go to the blue key",
    "x": "fetch something from the kitchen",
}
HOUSE = """
a..#..c
.......
b..#..x
"""


@pytest.fixture
def draft() -> Draft:
    return Draft.of(drawn(HOUSE, SAID, new="x"))


def test_a_drawing_is_what_it_looks_like(draft: Draft) -> None:
    assert (draft.rows, draft.columns, draft.new) == (3, 7, 3)
    assert draft.walls == {(0, 3), (2, 3)}
    assert [(t.cell, t.look, t.sentence) for t in draft.things] == [
        ((0, 0), "red box", SAID["a"]),
        ((2, 0), "red key", SAID["b"]),
        ((0, 6), "blue key", SAID["c"]),
        ((2, 6), "object", SAID["x"]),
    ]
    assert draft.faults() == []


@pytest.mark.parametrize("name", ["house_a", "house_b", "house_c", "small_house", "colours_9"])
def test_a_draft_of_a_suite_is_that_suite(name: str) -> None:
    suite = load_suite(name)
    again = Draft.of(suite).suite(name)
    assert (again.map.walls == suite.map.walls).all()
    for old, new in ((suite.tasks, again.tasks), (suite.targets, again.targets)):
        assert [(t.sentence, t.goal, t.colour, t.shape) for t in old] == [
            (t.sentence, t.goal, t.colour, t.shape) for t in new
        ]
    assert differences(suite, again) == []


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="15 rows, 15 columns"):
        Draft.of(load_suite("corners", LONGEST + 2))
    with pytest.raises(ValueError, match="has 3 new tasks"):
        Draft.of(load_suite("corners", 10))
    with pytest.raises(ValueError, match="no map"):
        Draft.of(load_suite("babyai_house_a"))


def test_every_change_leaves_the_old_draft_alone(draft: Draft) -> None:
    before = repr(draft)
    changed = [
        draft.wall((1, 1)),
        draft.wall((0, 3), False),
        draft.put((1, 3), "green", "ball"),
        draft.move(0, (1, 0)),
        draft.remove(0),
        draft.say(0, "x"),
        draft.choose_new(-1),
        draft.resize(4, 8),
    ]
    assert repr(draft) == before
    assert draft not in changed
    assert len(set(changed)) == len(changed)


def test_moving_onto_another_object_changes_places(draft: Draft) -> None:
    moved = draft.move(0, (0, 6))
    assert [thing.cell for thing in moved.things] == [(0, 6), (2, 0), (0, 0), (2, 6)]
    assert [thing.sentence for thing in moved.things] == list(SAID.values())


def test_the_new_task_stays_the_new_one_when_another_goes(draft: Draft) -> None:
    assert draft.remove(0).things[draft.remove(0).new].sentence == SAID["x"]
    assert draft.choose_new(1).remove(3).new == 1
    assert draft.remove(3).new == -1


def test_a_wall_gives_way_to_an_object(draft: Draft) -> None:
    put = draft.put((0, 3), "green", "ball")
    assert put.walls == {(2, 3)}
    assert put.things[-1].sentence == "go to the green ball"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.wall((0, 0)), "the red box stands there"),
        (lambda d: d.wall((3, 0)), "no square"),
        (lambda d: d.wall((-1, 0)), "no square"),
        (lambda d: d.put((0, 0), "red", "key"), "take another square"),
        (lambda d: d.put((0, 7), "red", "key"), "no square"),
        (lambda d: d.move(0, (0, 3)), "that is a wall"),
        (lambda d: d.move(4, (0, 1)), "numbered 0 to 3"),
        (lambda d: d.remove(-1), "numbered 0 to 3"),
        (lambda d: d.say(9, ""), "numbered 0 to 3"),
        (lambda d: d.choose_new(-2), "numbered 0 to 3"),
        (lambda d: d.resize(2, 7), "3 to 13 rows, not 2"),
        (lambda d: d.resize(3, 14), "3 to 13 columns, not 14"),
        (lambda d: d.resize(3, 6), "the blue key would stand beside the map"),
    ],
)
def test_what_cannot_be_done_is_said(
    draft: Draft, change: Callable[[Draft], Draft], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        change(draft)


def test_no_more_objects_than_fit() -> None:
    draft = Draft("", 5, 5)
    cells = list(product(range(5), repeat=2))
    for cell in cells[:MOST]:
        draft = draft.put(cell, "red", "box", f"go to {cell}")
    with pytest.raises(ValueError, match="erase one first"):
        draft.put(cells[MOST], "red", "box")


def test_a_sentence_is_one_short_line(draft: Draft) -> None:
    said = draft.say(0, " go\n to\x00 the \u200b  box " + "!" * 200).things[0].sentence
    assert said.startswith("go to the ")
    assert said.isprintable()
    assert len(said) == LETTERS


def test_each_fault_is_named_and_gone_when_it_is_mended(draft: Draft) -> None:
    closed = draft.wall((1, 3))
    assert closed.closed_off() == set(product(range(3), (4, 5, 6)))
    assert closed.faults() == [
        "Nobody can reach the blue key and the object from the rest of the map: open a way "
        "through a wall."
    ]
    assert closed.wall((1, 3), False).faults() == []
    corner = draft.move(0, (1, 1)).wall((0, 1)).wall((1, 0))
    assert corner.closed_off() == {(0, 0)}
    assert corner.faults() == [
        "Nobody can reach row 0, column 0: open a way through a wall, or build one there too."
    ]
    assert corner.wall((0, 0)).faults() == []
    silent = draft.say(1, "  ")
    assert silent.faults() == ["The red key on row 2, column 0 has no sentence: write one."]
    twice = draft.say(1, "Go  to the RED box")
    assert "The red box and the red key have one sentence" in twice.faults()[0]
    same = draft.put((1, 2), "red", "box")
    assert same.faults()[0].startswith("Two objects, on row 0, column 0 and row 1, column 2,")
    few = draft.remove(0).remove(0)
    assert few.faults() == [
        "There are 2 objects, and a world needs 3 or more: put 1 more on the map."
    ]
    for faulty in (closed, silent, twice, same, few):
        with pytest.raises(ValueError, match=r"has|have|reach|needs") as error:
            faulty.suite("mine")
        assert str(error.value) == faulty.faults()[0]


def test_whoever_has_no_fault_is_a_suite() -> None:
    """Random drafts: the suite takes what has no fault, and only that."""
    rng = np.random.default_rng(0)
    taken = 0
    for _ in range(200):
        draft = Draft("", 4, 4)
        for row, column in rng.integers(0, 4, (4, 2)).tolist():
            draft = draft.wall((row, column))
        for row, column in rng.integers(0, 4, (4, 2)).tolist():
            if draft.thing_at((row, column)) < 0:
                word = ("red", "blue", "")[rng.integers(3)]
                draft = draft.put((row, column), "red", "box", word + str(row) * bool(word))
        if not draft.faults():
            suite = draft.suite("mine")
            assert len(suite.tasks) == len(draft.things)
            taken += 1
    assert 10 < taken < 190


def test_the_suite_of_a_draft(draft: Draft) -> None:
    suite = draft.suite("mine")
    assert [task.sentence for task in suite.targets] == [SAID["x"]]
    assert len(suite.tasks) == 3
    assert len(draft.choose_new(-1).suite("mine").transfers()) == 4


def test_differences_are_counted_one_by_one(draft: Draft) -> None:
    def told(other: Draft) -> list[str]:
        return differences(draft.suite("one"), other.suite("other"))

    assert told(draft) == []
    assert told(draft.move(3, (1, 6))) == [
        f"“{SAID['x']}” moved from row 2, column 6 to row 1, column 6"
    ]
    assert told(draft.wall((1, 1))) == ["a wall more on row 1, column 1"]
    assert told(draft.wall((0, 3), False)) == ["a wall less on row 0, column 3"]
    assert told(draft.say(0, "the kettle")) == [f"“{SAID['a']}” is now called “the kettle”"]
    assert told(draft.say(3, "the kettle")) == [f"“{SAID['x']}” is now called “the kettle”"]
    assert told(draft.remove(0)) == [f"“{SAID['a']}” is gone"]
    assert told(draft.put((1, 1), "red", "cone")) == [
        "“go to the red cone” is new on row 1, column 1"
    ]
    assert told(draft.choose_new(0)) == ["another task is the new one"]
    assert told(draft.choose_new(-1)) == ["another task is the new one"]
    assert told(draft.resize(4, 7)) == ["3 × 7 squares became 4 × 7"]
    assert len(told(draft.move(0, (0, 6)))) == 2


def test_a_drawing_that_says_too_little() -> None:
    with pytest.raises(ValueError, match="'z' stands 0 times"):
        drawn("abc\n..x", SAID | {"z": "go"})
    with pytest.raises(ValueError, match="'z' has no sentence"):
        drawn("abc\n..x", SAID, new="z")
