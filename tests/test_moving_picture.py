"""The README's moving picture shows what was run."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import moving_picture
import pytest

import cliprl_lite as clip

DRAWN = moving_picture.PICTURE.read_text("utf-8")


@pytest.fixture(scope="module")
def run() -> tuple[clip.TaskSuite, list[moving_picture.Journey]]:
    return moving_picture.journeys()


def test_the_picture_is_what_its_command_draws(run) -> None:
    assert moving_picture.tour_svg(*run) == DRAWN


def test_every_journey_is_a_walk_to_the_goal(run) -> None:
    suite, found = run
    goal = suite.world.state(suite.transfer(moving_picture.TARGET).target.goal)
    for one in found:
        for here, there in zip(one.states, one.states[1:], strict=False):
            assert there in suite.world.next_state[here]
        assert one.states.index(goal) == one.steps
        assert f"after {one.steps:,} steps" in DRAWN


def test_the_readme_tells_who_arrives_first(run) -> None:
    steps = {one.kind: one.steps for one in run[1]}
    assert steps["map"] < min(steps["none"], steps["words"])  # "The second arrives first."
    rooms = {task.sentence: task.group for task in run[0].tasks}
    words, by_map, _ = run[1]
    assert rooms[words.teacher] != rooms[moving_picture.TARGET] == rooms[by_map.teacher]


def test_it_is_small_and_stands_still_for_those_who_want_that() -> None:
    assert len(DRAWN) < 100_000
    ElementTree.fromstring(DRAWN)
    assert "prefers-reduced-motion" in DRAWN
    assert len(re.findall("<animateMotion", DRAWN)) == 3
