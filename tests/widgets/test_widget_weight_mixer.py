"""Similarities, weights, an averaged policy: held against hand-worked cases and the library."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

import cliprl_lite as clip
from cliprl_lite.widgets import WeightMixer
from cliprl_lite.widgets.weight_mixer import OFFERED
from cliprl_lite.worlds.tasks import Task

HOUSE = clip.load_suite("house_a")
NAMES = ("go to the red cone", "go to the red ball", "go to the blue box", "go to the green box")
TASKS = [next(task for task in HOUSE.tasks if task.sentence == name) for name in NAMES]
TABLES = [HOUSE.world.optimal_q(task.goal) for task in TASKS]
HOSTILE = [
    "<script>alert('x')</script>",
    "$\\frac{1}{2}$ & 'quotes' \"double\"",
    "go " * 400_000,
    "🟥🟦🟩",
    "اذهب إلى الكرة الزرقاء",
    "a\x00b\u202ec\n",
    "",
]


def mixer(*scores: float) -> WeightMixer:
    return WeightMixer(HOUSE.world, TASKS, TABLES, scores or None)


def texts(svg: str) -> str:
    made = ElementTree.fromstring(svg)
    return " | ".join(part.text or "" for part in made.iter() if part.tag.endswith("}text"))


def test_below_zero_every_sign_flips() -> None:
    seen = mixer(0.6, 0.5, -0.8, -0.9)  # by hand: Σd = −0.6
    assert seen.total == -0.6
    np.testing.assert_allclose(seen.weights, [-1, -5 / 6, 4 / 3, 3 / 2])
    expected = sum(w * table for w, table in zip([-1, -5 / 6, 4 / 3, 3 / 2], TABLES, strict=True))
    np.testing.assert_allclose(seen.q, expected)
    assert "−0.83" in seen.bars
    assert "Σd = −0.60" in seen.gauge
    assert "blue box 56 %" in seen.verdict
    assert "green box 36 %" in seen.verdict
    assert "red" not in seen.verdict


@pytest.mark.parametrize("name", OFFERED)
def test_its_weights_are_the_librarys(name: str) -> None:
    seen = mixer()
    seen.set_state({"scores": [0.6, 0.5, -0.35, -0.2], "weighting": name})  # as the browser does
    assert seen.weights == clip.WEIGHTINGS[name]([0.6, 0.5, -0.35, -0.2]).tolist()
    start = clip.warm_start(seen.scores, seen.policies, clip.WEIGHTINGS[name])
    np.testing.assert_array_equal(seen.q, start.policy.q)
    assert seen.error == ""
    assert seen.status.startswith(f"{name}, Σd = 0.55")


def test_zero_is_said_in_words_and_left_again() -> None:
    seen = mixer(0.6, 0.5, -0.6, -0.5)
    assert seen.weights == []
    assert "Σd is zero" in seen.error
    assert "no averaged policy" in seen.verdict
    assert "<rect" not in seen.bars
    assert "Σd is zero" in texts(seen.svg())
    seen.set_weighting("clipped")
    assert seen.error == ""
    assert seen.weights == pytest.approx([6 / 11, 5 / 11, 0, 0])


def test_the_scale_grows_with_the_longest_bar() -> None:
    """The longest of four is as long as its share of the scale, which its ticks name."""
    for scores, longest, reach, ticks in (
        ((0.6, 0.5, 0.5, 0.4), 0.3, 1.5, ("−1", "1")),
        ((0.6, 0.5, -0.5, -0.55), 12.0, 15.0, ("−10", "10")),
        ((1.0, 1.0, -1.0, -0.99), 100.0, 150.0, ("−100", "100")),
    ):
        seen = mixer(*scores)
        assert max(map(abs, seen.weights)) == pytest.approx(longest)
        made = ElementTree.fromstring(seen.bars)
        bars = [
            float(part.get("width", "nan")) for part in made.iter() if part.tag.endswith("}rect")
        ]
        whole = max(float(part.get("width", "nan")) for part in [made])
        assert max(bars) == pytest.approx((whole / 2 - 54) * longest / reach, abs=0.1)
        shown = texts(seen.bars).split(" | ")
        assert {*ticks, "0"} <= set(shown)


def test_a_button_sets_the_scores_that_a_question_is_about() -> None:
    seen = WeightMixer(HOUSE.world, TASKS, TABLES, asked=[0.6, 0.5, -0.8, -0.9])
    assert seen.scores == [0.5] * 4
    seen.set_state({"scores": seen.asked})  # as the browser does
    assert seen.total == -0.6
    assert mixer().asked == []
    with pytest.raises(ValueError, match="take as many scores"):
        WeightMixer(HOUSE.world, TASKS, TABLES, asked=[0.6])


def test_trouble_is_shown_and_nothing_breaks() -> None:
    seen = mixer()
    for state in ({"weighting": "<b>magic</b>"}, {"scores": [1.0]}, {"scores": [float("nan")] * 4}):
        seen.set_state(state)
        assert seen.error
        ElementTree.fromstring(seen.svg())
        seen.set_state({"weighting": "literal", "scores": [0.5] * 4})
        assert seen.error == ""
    for bad in ([1.0], [float("nan")] * 4, [2.0] * 4, ["0.5"] * 4, [None] * 4, "abcd"):
        seen.set_state({"scores": bad})
        assert seen.error
        assert (seen.scores, len(seen.weights)) == ([0.5] * 4, 4)  # the old ones stay
        with pytest.raises(ValueError, match=r"old ones stay|expected a list"):
            seen.scores = bad
    seen.set_state({"scores": [1, 0, 0, 0]})
    assert (seen.error, seen.weights) == ("", [1, 0, 0, 0])
    for bad in ([1.0], [float("nan")] * 4):
        with pytest.raises(ValueError, match="score"):
            seen.set_scores(bad)
    with pytest.raises(ValueError, match="a table for each"):
        WeightMixer(HOUSE.world, TASKS, TABLES[:2])


def test_scores_stay_between_one_and_minus_one() -> None:
    seen = mixer()
    seen.set_scores([7, -7, 0.123, 0])
    assert seen.scores == [1, -1, 0.12, 0]


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_sentences(typed: str) -> None:
    tasks = [Task("a", typed, TASKS[0].goal), Task("b", "go", TASKS[1].goal)]
    seen = WeightMixer(HOUSE.world, tasks, TABLES[:2], [0.6, -0.2])
    seen.set_state({"weighting": typed})
    seen.set_weighting("literal")
    svg = seen.svg()
    ElementTree.fromstring(svg)
    assert "<script" not in svg
    assert len(svg) < 60_000
    assert max(map(len, [*seen.sentences, seen.status])) < 300


def test_without_a_kernel_there_is_a_picture() -> None:
    seen = mixer(0.6, 0.5, -0.8, -0.9)
    bundle, _ = seen._repr_mimebundle_()
    made = ElementTree.fromstring(bundle["image/svg+xml"])
    assert made[0].text == "Similarities, weights, and the averaged policy"
    assert "Σd = −0.60" in str(made[1].text)
    assert "go to the red cone −1.00" in bundle["text/plain"]
    assert "the blue box 56 %" in texts(seen.svg())
