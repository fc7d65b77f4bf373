"""The checks of notebook 12: what is right, and each mistake by its name."""

from __future__ import annotations

from typing import Any

import pytest

import cliprl_lite as clip
from cliprl_lite.check import your_world as check
from cliprl_lite.experiments.own_worlds import chosen, mean_rank
from cliprl_lite.worlds.drafts import Draft, drawn

COLOURS = drawn(
    """
....#....
.a.b#.d.e
.........
..x.#..f.
#.#####.#
....#....
.g.h#....
.........
..i.#....
""",
    {
        "a": "go to the red box", "b": "go to the red ball", "x": "go to the red cone",
        "d": "go to the blue box", "e": "go to the blue ball", "f": "go to the blue cone",
        "g": "go to the green box", "h": "go to the green ball", "i": "go to the green cone",
    },
    new="x",
    name="colours",
)  # fmt: skip
DRAFT = Draft.of(COLOURS)
EXCEPTION = DRAFT.move(DRAFT.new, (7, 2)).suite("exception")
HOUSE = clip.load_suite("small_house")
AMONG_BOXES = Draft.of(HOUSE).move(8, (1, 2)).suite("among_boxes")


def test_what_is_right_passes() -> None:
    assert check.words_mislead(COLOURS).passed
    assert check.one_change(COLOURS, EXCEPTION).passed
    assert check.claim_fails(EXCEPTION, "optimal", "exception").passed


def test_a_saved_world_is_taken_by_its_name(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_worlds").mkdir()
    clip.save_suite(tmp_path / "my_worlds" / "colours.toml", COLOURS)
    assert check.words_mislead("colours") == check.words_mislead(COLOURS)


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (..., "Not yet"),
        (None, "Not yet"),
        (3, 'this is an int'),
        ("nowhere", "no suite 'nowhere'"),
        ("corners", "corners"),
        ("house_a", "choose one in the editor"),
        ("babyai_house_a", "no map"),
        (HOUSE, "they are right here"),
        (EXCEPTION, "they are right here"),
        (AMONG_BOXES, "the words are misled, but so is the map"),
        (DRAFT.say(DRAFT.new, "the stock market fell today").suite("x"), "resembles nothing"),
        (
            drawn("a.b.x", {"a": "go to a", "b": "go to b", "x": "go to c"}, new="x"),
            "three old tasks or more",
        ),
    ],
)  # fmt: skip
def test_worlds_in_which_words_do_not_mislead(world: Any, said: str) -> None:
    verdict = check.words_mislead(world)
    assert not verdict.passed
    assert said in repr(verdict)


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ((COLOURS, ...), "Not yet"),
        ((..., COLOURS), "Not yet"),
        ((COLOURS, COLOURS), "the same world"),
        ((COLOURS, DRAFT.move(DRAFT.new, (7, 2)).wall((0, 0)).suite("x")), "2 things differ"),
        ((HOUSE, AMONG_BOXES), "begin with a world in which the map wins"),
        ((COLOURS, DRAFT.wall((0, 0)).suite("x")), "the words have not surely won"),
    ],
)
def test_pairs_that_prove_nothing(pair: tuple[Any, Any], said: str) -> None:
    verdict = check.one_change(*pair)
    assert not verdict.passed
    assert said in repr(verdict)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((..., "optimal", "gloom"), "Not yet"),
        ((HOUSE, ..., "gloom"), "Not yet"),
        ((HOUSE, "optimal", ...), "Not yet"),
        ((HOUSE, "noon", "gloom"), "'noon' is no clock"),
        ((HOUSE, "optimal", "bad luck"), "'bad luck' is no reason"),
        ((HOUSE, ["optimal"], "gloom"), "is no clock"),
        ((HOUSE, "first20", "gloom"), "the claim holds here"),
        ((EXCEPTION, "optimal", "gloom"), "“gloom” is not why"),
        ((EXCEPTION, "optimal", "no rule"), "“no rule” is not why"),
    ],
)
def test_claims_that_do_not_fail_or_not_for_that_reason(answer: Any, said: str) -> None:
    verdict = check.claim_fails(*answer)
    assert not verdict.passed
    assert said in repr(verdict)


def test_what_is_measured_is_what_the_library_says() -> None:
    (transfer,) = EXCEPTION.transfers()
    assert chosen(transfer, EXCEPTION).rank(chosen(transfer, EXCEPTION).by_map) > check.NEAR
    assert mean_rank(EXCEPTION) <= check.RULE
