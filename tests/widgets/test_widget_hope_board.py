"""The board walks as the library's rule does, and shows its hope."""

from __future__ import annotations

import asyncio
from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite import GridWorld
from cliprl_lite.learning.runs import learn
from cliprl_lite.teachers.rules import RULES
from cliprl_lite.widgets import HopeBoard

WORLD = GridWorld.four_rooms(9)
GOAL = (1, 2)
NEAR, FAR = WORLD.optimal_q((0, 2)), WORLD.optimal_q((8, 8))


@pytest.fixture
def board() -> HopeBoard:
    return HopeBoard(
        WORLD, GOAL, {"nobody": ("none", None), "far": ("words", FAR), "near": ("map", NEAR)}
    )


@pytest.mark.parametrize("seed", range(4))
def test_its_steps_are_those_of_the_rule(board: HopeBoard, seed: int) -> None:
    board.seed = seed
    rules = {"nobody": ("map_alone", None), "far": ("map_hope", FAR), "near": ("map_hope", NEAR)}
    for name, (rule, table) in rules.items():
        board.choose(name)
        board.finish()
        run = learn(WORLD, GOAL, table, seed, learner=RULES[rule].learner)
        assert board.found[name] == run.episode_lengths[0]
    assert [row[1] for row in board.rows] == [f"{steps:,}" for steps in board.found.values()]


def test_hope_is_what_the_teacher_says_and_nothing_where_one_stood(board: HopeBoard) -> None:
    board.choose("near")
    board.step()
    stood = set(board._seen[:-1])
    for state, hope in enumerate(board.hope):
        assert (hope == 0) == (state in stood)
    others = [state for state in range(WORLD.n_states) if state not in stood]
    by_hope = max(others, key=lambda state: board.hope[state])
    by_teacher = max(others, key=lambda state: NEAR[state].max())
    assert NEAR[by_hope].max() == NEAR[by_teacher].max()
    board.choose("nobody")
    assert len(set(board.hope.round(6))) == 1  # nobody to say where


def test_the_answer_has_arrows_only_once_the_goal_is_found(board: HopeBoard) -> None:
    assert "data-arrows" not in board.scene
    board.finish()
    assert "data-arrows" in board.scene
    np.testing.assert_array_equal(board._way(), WORLD.optimal_actions(GOAL) & board._way())
    assert "the goal is found" in board.status


def test_another_teacher_begins_anew_and_what_was_found_stays(board: HopeBoard) -> None:
    board.finish()
    found = dict(board.found)
    board.set_state({"teacher": 1})
    assert (board.learner.steps, board.found) == (0, found)
    board.set_state({"seed": 3})  # another start for all
    assert board.found == {}


def test_it_plays_to_the_goal() -> None:
    async def watch() -> HopeBoard:
        board = HopeBoard(WORLD, GOAL, {"near": ("map", NEAR)})
        board.set_state({"asked": [[1, "play"]]})
        while board.playing:
            await asyncio.sleep(0.02)
        return board

    board = asyncio.run(watch())
    assert board.over
    board.set_state({"asked": [[2, "reset"], [3, "step"]]})
    assert board.learner.steps == 1
    board.set_state({"asked": [[4, "play"]]})
    assert "outside a notebook" in board.error


@pytest.mark.parametrize("pieces", [1, 3, 7, 1_000])
def test_pieces_of_any_length_end_at_the_goal(board: HopeBoard, pieces: int) -> None:
    while not board.over:
        board._walk(pieces)
    board._draw()
    run = learn(WORLD, GOAL, None, 0, learner=RULES["map_alone"].learner)
    assert board.found == {"nobody": run.episode_lengths[0]}
    assert board.rows[0][1] == f"{run.episode_lengths[0]:,}"


def test_what_cannot_be_is_refused(board: HopeBoard) -> None:
    for state, said in (({"teacher": 3}, "numbered 0 to 2"), ({"seed": -1}, "from 0 on")):
        board.set_state(state)
        assert said in board.error
        assert (board.teacher, board.seed) == (0, 0)
    board.set_state({"asked": [[1, "fly"]]})
    assert "no button 'fly'" in board.error
    with pytest.raises(ValueError, match="no teacher 'x'; take one of nobody, far, near"):
        board.choose("x")
    with pytest.raises(ValueError, match="one teacher or more"):
        HopeBoard(WORLD, GOAL, {})


def test_without_a_kernel_there_is_a_picture(board: HopeBoard) -> None:
    board.choose("near")
    board.finish()
    made = ElementTree.fromstring(board.svg())
    assert made[0].text == "A search on a known map"
    assert f"near: {board.found['near']}" in str(made[1].text)
