"""Strips of dots: how many, where, and which of them are marked."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite.pictures.palette import LIGHT
from cliprl_lite.pictures.strip_plot import Strip, strip_plot

ROWS = {
    "warm / nothing": Strip([0.01, 0.1, 1.0, 10.0], [False, False, False, True]),
    "memory": Strip([1e-9, 1e9], [False, True]),
}


@pytest.fixture(scope="module")
def drawn():
    return strip_plot({"first": ROWS, "last": ROWS}, "steps / steps", title="All")


def paths(drawn) -> list[ElementTree.Element]:
    made = ElementTree.fromstring(drawn.svg)
    return [one for one in made.iter() if one.tag.endswith("}path")]


def test_every_ratio_is_a_dot_and_the_wrong_ones_are_squares(drawn) -> None:
    dots = [one for one in paths(drawn) if one.get("stroke-linecap")]
    counts = [(one.get("stroke-linecap"), str(one.get("d")).count("M")) for one in dots]
    assert counts == [("round", 3), ("square", 1), ("round", 1), ("square", 1)] * 2
    for one in dots:
        wrong = one.get("stroke-linecap") == "square"
        assert LIGHT["minus" if wrong else "none"] in str(one.get("stroke"))


def test_ten_times_as_much_is_as_far_everywhere_and_one_stands_on_its_line(drawn) -> None:
    dots = [str(one.get("d")) for one in paths(drawn) if one.get("stroke-linecap")]
    x = [float(n) for d in dots[:2] for n in re.findall(r"M([\d.]+) ", d)]
    np.testing.assert_allclose(np.diff(x), x[1] - x[0], atol=0.11)
    (line,) = {
        float(re.findall(r"M([\d.]+) ", str(one.get("d")))[0])
        for one in paths(drawn)
        if LIGHT["ink"] in str(one.get("stroke"))
    } & {x[2]}
    assert line == x[2]


def test_dots_beyond_the_axis_stand_at_its_ends(drawn) -> None:
    width = float(ElementTree.fromstring(drawn.svg).get("width", "nan"))
    for one in paths(drawn):
        for n in re.findall(r"M([\d.]+) ", str(one.get("d"))):
            assert 0 < float(n) <= width


def test_it_is_told_in_words(drawn) -> None:
    assert drawn.words == (
        "All. first: warm / nothing: median ×0.55, above 1 in 1 of 4; "
        "memory: median ×500000000.00, above 1 in 1 of 2. last: warm / nothing: median ×0.55, "
        "above 1 in 1 of 4; memory: median ×500000000.00, above 1 in 1 of 2."
    )
    assert drawn.words in drawn.svg
