"""Two sliders, XᵀY, and what a step does: the board shows the library's numbers."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from cliprl_lite import load_suite
from cliprl_lite.transfer.first_steps import four_first_steps
from cliprl_lite.widgets import StepBoard
from cliprl_lite.widgets.base import Refused


def test_methods_and_traits_do_the_same() -> None:
    one, other = StepBoard(), StepBoard()
    one.follow(0.8, 0.5), one.go(3)
    other.set_state({"shape_in_words": 0.8, "shape_in_policies": 0.5, "place": 2})
    for trait in ("matrix", "panes", "numbers", "shares", "lesson", "status"):
        assert getattr(one, trait) == getattr(other, trait)
    assert one.shares == ["colour 20 %, shape 80 %", "colour 50 %, shape 50 %"]


def test_it_shows_the_librarys_numbers() -> None:
    board = StepBoard()
    board.follow(0.7, 0.25)
    board.go(3)
    seen = four_first_steps(0.7, 0.25)
    assert board.numbers[0] == [
        "same colour",
        *(f"{seen.alike('colour', n):.2f}".replace("-", "−") for n in (0, 3)),
    ]
    for pull in seen.together.shared.diagonal():
        assert f">{pull:.2f}<" in board.matrix


def test_a_step_changes_one_heatmap_and_a_slider_the_others() -> None:
    board = StepBoard()
    start, after, rooms = board.panes
    board.go(1)
    assert board.panes[0] == start
    assert board.panes[1] != after
    assert board.panes[2] == rooms
    board.follow(board.shape_in_words, 1)
    assert board.panes[0] == start
    assert board.panes[2] != rooms


@pytest.mark.parametrize(
    ("words", "rooms", "said"),
    [(0.65, 0, "Shape is louder in the words and has no partner: it stays behind. Colour"),
     (0.35, 1, "Colour is louder in the words and has no partner: it stays behind. Shape"),
     (0.65, 0.2, "Shape is louder in the words and has the weaker partner"),
     (0.65, 1, "Shape is loud in the words and has a partner: it stays in front."),
     (0.5, 0.5, "equal in XᵀY"),
     (1, 0, "has no partner: there is nothing"), (0, 1, "has no partner: there is nothing")],
)  # fmt: skip
def test_the_lesson_follows_the_sliders(words: float, rooms: float, said: str) -> None:
    board = StepBoard()
    board.follow(words, rooms)
    assert board.lesson.startswith("At the start")  # the answer comes with the step
    board.go(1)
    assert said in board.lesson


def test_the_real_sixteen() -> None:
    board = StepBoard(load_suite("house_a"))
    assert board.offered == ["four sentences", "House A"]
    board.go(3)
    four = board.status
    board.look_at("House A")
    assert "rest" in board.matrix
    assert board.status != four
    assert 'data-cells="16"' in board.panes[0]
    board.follow(0.1, 0.9)  # the sliders are of the four, and move nothing here
    assert board.numbers[0][0] == "same colour"
    board.look_at("four sentences")
    assert "colour 90 %" in board.shares[0]


def test_what_cannot_be_is_refused_and_the_old_value_stays() -> None:
    board = StepBoard()
    for move, words in (
        (lambda: board.follow(1.5, 0), "from 0"),
        (lambda: board.follow(float("nan"), 0), "from 0"),
        (lambda: board.go(2), "steps that are kept"),
        (lambda: board.look_at("House Z"), "no such pairs"),
    ):
        with pytest.raises(ValueError, match=words):
            move()
    for told in ({"place": 9}, {"place": -1}, {"pairs": "<b>"}, {"shape_in_words": 7},
                 {"shape_in_policies": "x"}, {"matrix": "<script>"}, {"lesson": "no"}):  # fmt: skip
        before = {name: getattr(board, name) for name in ("place", "pairs", "matrix", "lesson")}
        board.set_state(told)
        assert {name: getattr(board, name) for name in before} == before
    assert board.shape_in_words == 0.65
    assert issubclass(Refused, ValueError)


def test_its_picture_tells_what_is_seen() -> None:
    board = StepBoard(load_suite("house_a"))
    for pairs in board.offered:
        board.look_at(pairs)
        board.go(1)
        made = ElementTree.fromstring(board.svg())
        title, told = made[0].text, made[1].text
        assert pairs in title
        assert "XᵀY: colour" in told
        assert "After 1 step" in told
        for part in made.iter():
            if part.tag.endswith("}svg"):
                assert part[0].text
                assert part[1].text
