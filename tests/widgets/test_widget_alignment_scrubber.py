"""The scrubber shows what `align` trains; what is held out stays covered until it is asked for."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite.transfer.alignment_training import MARKS as ALL_MARKS
from cliprl_lite.transfer.held_out_alignment import record_alignment
from cliprl_lite.widgets.alignment_axes import WIDE, track
from cliprl_lite.widgets.alignment_scrubber import AlignmentScrubber
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import TaskSuite

HOUSE = load_suite("house_a")
MARKS = (0, 2, 8, 40)


RECORD = record_alignment(HOUSE, "go to the blue key", (0.07, 0.5), marks=MARKS)


@pytest.fixture
def scrubber() -> AlignmentScrubber:
    return AlignmentScrubber(HOUSE, RECORD)


def hide(svg: str, name: str) -> list[bool]:
    """Whether each group of that class is hidden."""
    groups = [
        element for element in ElementTree.fromstring(svg).iter() if element.get("class") == name
    ]
    assert groups
    return ["none" in element.get("style", "") for element in groups]


def test_it_shows_its_record(scrubber) -> None:
    scrubber.set_targets("soft")
    scrubber.set_temperature(0.07)
    scrubber.scrub(40)
    np.testing.assert_array_equal(scrubber.similarity, RECORD.frames[1, 0, 3] / 127 - 1)
    assert scrubber.loss == RECORD.losses[1, 0, 3]
    assert scrubber.weight == RECORD.weights[1, 0, 3]
    assert scrubber.score_sum == RECORD.sums[1, 0, 3]


def test_the_browser_gets_all_frames_as_bytes(scrubber) -> None:
    assert len(scrubber.frames) == 2 * 2 * 4 * 16 * 16
    assert len(scrubber.best) == 2 * 2 * 4 * 16
    for trait in ("losses", "weights", "sums", "loss_heights", "weight_heights"):
        assert len(getattr(scrubber, trait)) == 2 * 2 * 4
    state = scrubber.get_state()
    assert {"frames", "best", "losses", "weights"} <= set(state)
    stack = np.frombuffer(scrubber.frames, np.uint8).reshape(2, 2, 4, 16, 16)
    assert (stack[..., range(16), range(16)] == 254).all()  # everything is like itself
    best = np.frombuffer(scrubber.best, np.uint8).reshape(2, 2, 4, 16)
    assert (best != np.arange(16)).all()


def test_steps_lie_on_a_logarithmic_scale_that_has_a_zero(scrubber) -> None:
    first, *_, last = scrubber.across
    shares = (np.array(scrubber.across) - first) / (last - first)
    np.testing.assert_allclose(shares, np.log1p(MARKS) / np.log1p(40), atol=1e-3)


def test_numbers_of_the_scale_do_not_touch() -> None:
    """Of the whole film's scale, whose last two are five characters each."""
    across = (34 + 280 * np.log1p(ALL_MARKS) / np.log1p(3000)).tolist()
    parts = [ElementTree.fromstring(part) for part in track(ALL_MARKS, across)]
    numbers = [part for part in parts if part.tag == "text" and part.text != "training steps"]
    assert [number.text for number in numbers][-4:] == ["100", "300", "1,000", "3,000"]
    places = np.array([float(number.get("x")) for number in numbers])
    half = np.array([4.0 * len(number.text) for number in numbers])  # 13 px: 8 a character
    assert (places[1:] - half[1:] > places[:-1] + half[:-1] + 3).all()
    assert places[-1] + half[-1] < WIDE
    there = [across[ALL_MARKS.index(int(number.text.replace(",", "")))] for number in numbers]
    assert np.abs(places - there).max() < 8  # each still stands at its mark


def test_the_browser_moves_it_as_the_methods_do(scrubber) -> None:
    scrubber.set_state({"step": 8, "temperature": 0.07, "targets": "soft"})
    moved = AlignmentScrubber(HOUSE, RECORD)
    moved.set_targets("soft")
    moved.set_temperature(0.07)
    moved.scrub(8)
    assert scrubber.summary() == moved.summary()
    assert scrubber.svg() == moved.svg()
    assert "soft targets, δ 0.07, step 8" in scrubber.summary()


def test_covered_until_a_step_is_chosen(scrubber) -> None:
    scrubber.scrub(8)
    svg = scrubber.svg()
    assert hide(svg, "cl-cover") == [False, False]
    assert hide(svg, "cl-weight") == hide(svg, "cl-room") == hide(svg, "cl-chosen") == [True]
    assert scrubber.summary().endswith("weight in the right room covered")
    assert f"{scrubber.weight:.2f}" not in ElementTree.fromstring(scrubber.svg())[1].text

    scrubber.uncover()
    assert (scrubber.covered, scrubber.chosen) == (False, 8)
    svg = scrubber.svg()
    assert hide(svg, "cl-cover") == [True, True]
    assert hide(svg, "cl-weight") == hide(svg, "cl-room") == hide(svg, "cl-chosen") == [False]
    assert scrubber.summary().endswith(f"weight in the right room {scrubber.weight:.2f}")

    scrubber.scrub(40)
    scrubber.uncover()  # the choice was made once
    assert scrubber.chosen == 8


def test_a_step_between_two_marks_goes_to_the_nearer_one(scrubber) -> None:
    for asked, shown in ((3, 2), (7, 8), (10**9, 40), (-5, 0), (10**30, 40)):
        scrubber.scrub(asked)
        assert scrubber.step == shown


def test_what_was_not_trained_is_refused(scrubber) -> None:
    for trait, value, kept in (("temperature", 0.3, 0.5), ("targets", "<b>$x$", "identity")):
        scrubber.set_state({trait: value})
        assert getattr(scrubber, trait) == kept
        assert "nothing was trained" in scrubber.error
        assert "<b>" not in scrubber.error
    scrubber.scrub(2)
    assert scrubber.error == ""
    with pytest.raises(ValueError, match="temperatures here"):
        scrubber.set_temperature(3.0)
    with pytest.raises(ValueError, match="targets here"):
        scrubber.set_targets("hard" * 1000)
    with pytest.raises(ValueError, match="made of 'house_a' as it was then, not of this 'house_b'"):
        AlignmentScrubber(load_suite("house_b"), RECORD)


def test_its_picture_says_what_is_seen(scrubber) -> None:
    scrubber.scrub(40)
    made = ElementTree.fromstring(scrubber.svg())
    assert made[0].text == "House A: a colour per room: aligned sentences after 40 training steps"
    assert "identity targets, δ 0.5, step 40" in made[1].text
    assert "Held out: blue key" in made[1].text
    bases = [i for i in range(16) if i != 7]
    similar = scrubber.similarity[np.ix_(bases, bases)]
    groups = [HOUSE.tasks[i].colour for i in bases]
    same = [
        similar[i, j] for i in range(15) for j in range(15) if i != j and groups[i] == groups[j]
    ]
    assert f"of one room have a mean similarity of {np.mean(same):.2f}" in made[1].text
    (cells,) = (element for element in made.iter() if element.get("class") == "cl-cells")
    drawn = sum(path.get("d").count("M") for path in cells)
    assert drawn == (scrubber.similarity.round(2) != 0).sum()


def replace_tasks(**of_the_first) -> TaskSuite:
    first, *others = HOUSE.tasks[:4]
    return replace(HOUSE, tasks=(replace(first, **of_the_first), *others))


@pytest.mark.parametrize(
    "sentence",
    [
        "<script>alert('x')</script> & $x$",
        "go " * 350_000,
        "🙂\u200d🙂 \ud83d",
        "‏اذهب إلى الباب",
        "",
    ],
    ids=["markup", "a megabyte", "emoji", "right to left", "nothing"],
)
def test_whatever_a_suite_says_is_shown_as_text(sentence: str) -> None:
    hostile = replace_tasks(
        name=sentence, sentence=sentence, colour=sentence[:9], shape=sentence[:9]
    )
    hostile = replace(hostile, title=sentence)
    small = replace(
        record_alignment(HOUSE, "go to the blue key", (0.5,), ("soft",), marks=MARKS),
        held_out=sentence,
        fingerprint=hostile.fingerprint,
        frames=RECORD.frames[1:, 1:, :, :4, :4],
        best=RECORD.best[1:, 1:, :, :4] % 4,
    )
    shown = AlignmentScrubber(hostile, small)
    shown.uncover()
    svg = shown.svg()
    assert len(svg) < 60_000
    assert "<script" not in svg
    made = ElementTree.fromstring(svg.encode("utf-8", "replace"))
    assert made[0].text
    assert made[1].text
    assert max(map(len, shown.names)) <= 80
    assert "".join(shown.names).encode()  # half a character could not be sent
