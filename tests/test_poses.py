"""Poses: what an agent faces, a house whose objects change places, and the picture of both."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite.pictures.drawing import Agent
from cliprl_lite.pictures.pose_map import pose_agents_svg, pose_map_svg
from cliprl_lite.worlds.finite_world import FiniteWorld
from cliprl_lite.worlds.poses import faced, facing, floor, pose, refurnished, things
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import Task, TaskSuite

SVG = "{http://www.w3.org/2000/svg}"
NAMES = [f"babyai_{kind}" for kind in ("house_a", "house_b", "house_c", "local_0", "open_1")]
HOUSE = load_suite("babyai_house_a")
ROOMS = {(task.colour, task.shape): task.group for task in HOUSE.tasks}


def corridor() -> TaskSuite:
    """Two squares and a ball at the right end, by hand: turn left, turn right, go forward."""
    labels = [(1, column, direction) for column in (1, 2) for direction in range(4)]
    ahead = {(1, 1, 0): (1, 2, 0), (1, 2, 2): (1, 1, 2)}
    number = {label: state for state, label in enumerate(labels)}
    table = [
        [
            number[r, c, (d - 1) % 4],
            number[r, c, (d + 1) % 4],
            number[ahead.get((r, c, d), (r, c, d))],
        ]
        for r, c, d in labels
    ]
    world = FiniteWorld(np.array(table), labels=tuple(labels))
    return TaskSuite(
        "hall", "A hall", world, (Task("ball", "go to the ball", (4,), "", "red", "ball"),)
    )


def test_by_hand() -> None:
    hall = corridor()
    assert things(hall) == {"ball": [(1, 3)]}
    assert floor(hall.world) == [(1, 1), (1, 2)]
    assert facing(hall.world, (1, 3)) == (4,)
    assert [faced((5, 5, d)) for d in range(4)] == [(5, 6), (6, 5), (5, 4), (4, 5)]


@pytest.mark.parametrize("name", NAMES)
def test_the_goals_of_babyai_face_objects_on_no_floor(name: str) -> None:
    """Its verifier made the goals: the squares that they face are no floor, and every pose that
    faces such a square is among them."""
    suite = load_suite(name)
    squares = set(floor(suite.world))
    for task in suite.tasks:
        found = things(suite)[task.name]
        assert not squares & set(found)
        assert sorted(state for place in found for state in facing(suite.world, place)) == sorted(
            task.goal
        )


@pytest.mark.parametrize("name", NAMES)
def test_forward_leads_to_the_square_that_is_faced(name: str) -> None:
    world = load_suite(name).world
    squares = set(floor(world))
    for state, (left, right, forward) in enumerate(world.next_state.tolist()):
        row, column, direction = pose(world, state)
        assert pose(world, left) == (row, column, (direction - 1) % 4)
        assert pose(world, right) == (row, column, (direction + 1) % 4)
        ahead = faced((row, column, direction))
        where = ahead if ahead in squares else (row, column)
        assert pose(world, forward) == (*where, direction)


def test_what_stays_in_its_rooms_stays_where_it_is() -> None:
    assert refurnished(HOUSE, ROOMS).tasks == HOUSE.tasks


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({("red", "ball"): "room 9"}, "the red ball has a room, one of room 1, room 2"),
        ({("red", "ball"): "room 2"}, "room 1: 0 objects come and 1 go"),
    ],
)
def test_a_house_that_cannot_be_is_refused(change: dict[tuple[str, str], str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        refurnished(HOUSE, ROOMS | change)


def test_labels_that_are_no_poses_are_refused() -> None:
    with pytest.raises(ValueError, match=r"state 1 .* is called 1: a pose is \(row, column"):
        pose(FiniteWorld([[1], [0]]), 1)


# The picture -------------------------------------------------------------------------------------
def test_every_square_and_every_object_is_drawn_where_it_is() -> None:
    made = ElementTree.fromstring(pose_map_svg(HOUSE, title="House", goal=HOUSE.tasks[0], side=190))
    drawn = {rect.get("data-square") for rect in made.iter(SVG + "rect")} - {None}
    assert drawn == {f"{row},{column}" for row, column in floor(HOUSE.world)}
    balls = [circle for circle in made.iter(SVG + "circle") if float(circle.get("r")) > 2]
    at = {(float(ball.get("cy")), float(ball.get("cx"))) for ball in balls}
    wanted = {things(HOUSE)[t.name][0] for t in HOUSE.tasks if t.shape == "ball"}
    assert {(y / 10 - 0.5, x / 10 - 0.5) for y, x in at} == wanted  # 19 columns


@pytest.mark.parametrize("state", [0, 1, 2, 4])
def test_the_triangle_points_where_the_agent_looks(state: int) -> None:
    row, column, direction = pose(HOUSE.world, state)
    made = ElementTree.fromstring(pose_agents_svg(HOUSE, [Agent("W", [state], "words")], 190))
    [polygon] = made.iter("polygon")
    tip, *_ = [tuple(map(float, pair.split(","))) for pair in str(polygon.get("points")).split()]
    down, right = (
        ahead - here
        for ahead, here in zip(faced((row, column, direction)), (row, column), strict=True)
    )
    assert tip[0] == pytest.approx((column + 0.5) * 10 + 4.75 * right, abs=0.06)
    assert tip[1] == pytest.approx((row + 0.5) * 10 + 4.75 * down, abs=0.06)


def test_a_turn_leaves_no_trail_and_a_step_does() -> None:
    left, _, forward = HOUSE.world.next_state[0].tolist()
    for way, lines in (([0, left], 0), ([0, forward], 1)):
        svg = pose_agents_svg(HOUSE, [Agent("M", way, "map")])
        assert len(re.findall("<path", svg)) == lines


def test_what_people_typed_is_text() -> None:
    task = replace(HOUSE.tasks[0], sentence="<script>")
    suite = TaskSuite("x", "x", HOUSE.world, (task,))
    assert "<script>" not in pose_map_svg(suite, title="<b>")
    assert all(a != b for a, b in pairwise(floor(HOUSE.world)))
