"""The board of missions, driven as a reader drives it."""

from __future__ import annotations

import asyncio
from xml.etree import ElementTree

import pytest

from cliprl_lite.learning.policies import TabularPolicy
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.widgets import MissionBoard
from cliprl_lite.worlds.poses import faced, pose, things
from cliprl_lite.worlds.suite_files import load_suite

HOUSE = load_suite("babyai_house_a")
WORLD = HOUSE.world
POLICIES = {t.sentence: TabularPolicy(WORLD, WORLD.optimal_q(t.goal)) for t in HOUSE.tasks}


@pytest.fixture
def board() -> MissionBoard:
    return MissionBoard(HOUSE, POLICIES, seed=3)


def first_episode(goal: tuple[int, ...], table, seed: int) -> int:
    learner = Learner(WORLD, goal, table, seed)
    learner.run(10**7, last_episode=1)
    return int(learner.episode_lengths[0])


def test_choosing_and_playing_by_hand(board: MissionBoard) -> None:
    """The words choose a box, the map something purple; the journeys are the library's."""
    board.choose("go to the purple box")
    words, the_map = (choice.split(": ")[1] for choice in board.choices)
    assert words.endswith("box")
    assert the_map.startswith("go to the purple ")
    assert "go to the purple box" not in (words, the_map)
    task = HOUSE.tasks[board.goal]
    assert (task.colour, task.shape) == ("purple", "box")
    for seed in (3, 4):
        board.play()
        tables = {"words": POLICIES[words].q, "none": None, "map": POLICIES[the_map].q}
        expected = {kind: first_episode(task.goal, q, seed) for kind, q in tables.items()}
        assert board.first_journeys == expected
        assert f"{max(expected.values()):,} steps" in board.status


def test_who_has_arrived_looks_at_the_object(board: MissionBoard) -> None:
    board.choose("go to the green key")
    board.play()
    [square] = things(HOUSE)["go to the green key"]
    for runner in board._runners:
        assert runner.arrived
        assert faced(pose(WORLD, runner.trail[-1])) == square
        for here, there in zip(runner.trail, runner.trail[1:], strict=False):
            assert there in WORLD.next_state[here]
    group = ElementTree.fromstring(f"<g>{board.runners}</g>")
    assert len(list(group.iter("polygon"))) == 3


def test_a_mission_of_ones_own_needs_a_goal(board: MissionBoard) -> None:
    board.choose("walk over to the ball, the grey one")
    assert HOUSE.tasks[board.goal].name == "go to the grey ball"
    board.choose("don't go to the grey ball")
    assert (board.goal, "does not hear" in board.told) == (-1, True)
    board.play()
    assert board.error == "There is no goal yet: pick the object that is meant."
    board.set_state({"goal": 2})
    assert board.status == "The goal is the red key. Press Play."
    board.play()
    assert (board.error, set(board.first_journeys)) == ("", {"words", "none", "map"})
    board.choose("the stock market fell today")
    assert "trust neither choice" in board.told
    assert board.goal == 2  # the goal stays


def test_it_plays_pauses_and_goes_on() -> None:
    async def use() -> None:
        board = MissionBoard(HOUSE, POLICIES, seed=3)
        board.set_state({"typed": "go to the blue key", "asked": [[1, "play"]]})
        await asyncio.sleep(0.15)
        assert board.playing
        board.set_state({"asked": [[2, "pause"]]})
        assert not board.playing
        stood = dict(board.first_journeys)
        assert board.status.startswith("Paused after ")
        await asyncio.sleep(0.1)
        assert board.first_journeys == stood
        board.set_state({"asked": [[3, "play"]]})
        await asyncio.sleep(0.1)
        board.finish()
        assert all(board.first_journeys[kind] >= steps for kind, steps in stood.items())
        assert board._over

    asyncio.run(use())


def test_another_mission_or_goal_ends_a_journey() -> None:
    async def use() -> None:
        board = MissionBoard(HOUSE, POLICIES)
        board.choose("go to the blue key")
        board.play()
        board.set_state({"goal": 0})
        assert (board.playing, board.first_journeys) == (False, {})
        board.play()
        board.set_state({"typed": "go to the red ball", "asked": [[1, "choose"]]})
        assert (board.playing, board.first_journeys) == (False, {})

    asyncio.run(use())


def test_what_cannot_be_is_refused(board: MissionBoard) -> None:
    board.set_state({"goal": 18})
    assert (board.goal, board.error) == (-1, "the goals are numbered 0 to 17")
    board.set_state({"asked": [[1, "fly"]]})
    assert "no button 'fly'" in board.error
    board.play()
    assert "type a mission" in board.error
    board.choose("   ")
    assert board.choices == []
    few = dict(list(POLICIES.items())[1:])
    with pytest.raises(ValueError, match="there is no policy for 'go to the red ball'"):
        MissionBoard(HOUSE, few)
    grid = load_suite("house_a")
    with pytest.raises(ValueError, match="a pose is"):
        MissionBoard(grid, {t.sentence: POLICIES["go to the red ball"] for t in grid.tasks})


def test_what_is_typed_is_text(board: MissionBoard) -> None:
    board.choose("<script>alert(1)</script> the red ball")
    ElementTree.fromstring(board.svg())
    assert "<script>" not in board.svg() + board.scene + board.bars


def test_without_a_kernel_there_is_a_picture(board: MissionBoard) -> None:
    board.choose("go to the red ball")
    board.play()
    made = ElementTree.fromstring(board.svg())
    assert "room 1: red ball, red box, red key" in str(made[1].text)
    assert all(f"{steps:,} steps" in board.svg() for steps in board.first_journeys.values())
