"""A record holds what `align` trains, at every stage, and is cut down without being changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cliprl_lite.alignment_record import RECORD_SETTINGS, record_alignment
from cliprl_lite.alignment_training import align
from cliprl_lite.language import embed
from cliprl_lite.tasks import load_suite
from cliprl_lite.transfer import softmax

HOUSE = load_suite("house_a")
MARKS = (0, 2, 8, 40)
RECORD = record_alignment(HOUSE, "go to the blue key", (0.07, 0.5), marks=MARKS)


@pytest.mark.parametrize(
    ("kind", "delta", "step"), [("identity", 0.5, 8), ("soft", 0.07, 40), ("soft", 0.5, 0)]
)
def test_it_holds_the_training_that_align_does(kind: str, delta: float, step: int) -> None:
    stage = (("identity", "soft").index(kind), (0.07, 0.5).index(delta), MARKS.index(step))
    bases = [task for task in HOUSE.tasks if task.name != "go to the blue key"]
    vectors = embed([task.sentence for task in HOUSE.tasks])
    known = embed([task.sentence for task in bases])
    tables = np.stack([HOUSE.world.optimal_q(task.goal).reshape(-1) for task in bases])
    settings = replace(RECORD_SETTINGS, targets=kind, temperature=delta, steps=step)
    fitted = align(known, tables, settings, seed=0)
    scores = fitted.similarity(embed(["go to the blue key"])[0], known)
    blue = np.array([task.colour == "blue" for task in bases])

    found = RECORD.frames[stage] / 127.0 - 1
    expected = fitted.similarity(vectors, vectors)
    np.testing.assert_allclose(found, expected, atol=0.5 / 127 + 1e-6)
    others = expected - 9 * np.eye(16)
    assert (RECORD.best[stage] == others.argmax(axis=1)).all()
    assert RECORD.losses[stage] == pytest.approx(fitted.losses[-1], abs=1e-4)
    assert RECORD.weights[stage] == pytest.approx(softmax(scores)[blue].sum(), abs=1e-4)
    assert RECORD.sums[stage] == pytest.approx(scores.sum(), abs=1e-3)


def test_a_part_is_what_was_asked_for() -> None:
    part = RECORD.only([0.5], ["soft"])
    assert (part.targets, part.temperatures, part.marks) == (("soft",), (0.5,), MARKS)
    for name in ("frames", "best", "losses", "weights", "sums"):
        np.testing.assert_array_equal(getattr(part, name)[0, 0], getattr(RECORD, name)[1, 1])
    assert RECORD.only([0.5]).losses.shape == (2, 1, 4)
    assert RECORD.only(targets=["soft"]).losses.shape == (1, 2, 4)


def test_what_was_not_recorded_is_refused() -> None:
    with pytest.raises(ValueError, match=r"temperatures of this record are \[0.07, 0.5\]; got"):
        RECORD.only([0.2])
    with pytest.raises(ValueError, match="targets of this record"):
        RECORD.only(targets=["hard"])
    with pytest.raises(ValueError, match="has no target 'go to the moon'"):
        record_alignment(HOUSE, "go to the moon")
    with pytest.raises(ValueError, match="'left' is a target of its own"):
        record_alignment(load_suite("corners", 8), "left")
    lonely = replace(HOUSE.tasks[0], group="only here")
    with pytest.raises(ValueError, match="nothing else is in the group of 'go to the red box'"):
        record_alignment(replace(HOUSE, tasks=(lonely, *HOUSE.tasks[1:])), lonely.name)
