"""Charts as SVG: places, signs and labels by hand."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite.pictures.charts import Axis, bars_svg, curves_svg, heatmap_svg

SVG = "{http://www.w3.org/2000/svg}"
OBJECTS = [("red", "box", "go to <the> red box"), ("blue", "ball", "$b$"), ("green", "key", "c")]
MATRIX = np.array([[1.0, 0.3, -0.5], [0.3, 1.0, 0.3], [-0.5, 0.31, 1.0]])


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def shades(heatmap: ElementTree.Element, cell: int) -> dict[tuple[int, int], float]:
    """The signed shade of each cell that is drawn, by its row and column."""
    found = {}
    (group,) = (e for e in heatmap.iter(SVG + "g") if e.get("class") == "cl-cells")
    for path in group:
        sign = -1 if "--minus" in path.get("fill") else 1
        for x, y, rest in re.findall(r"M([\d.]+) ([\d.]+)([^M]+)", path.get("d")):
            assert rest == f"h{cell}v{cell}h-{cell}z"
            place = (round((float(y) - 28) / cell), round((float(x) - 26) / cell))
            assert place not in found
            found[place] = sign * float(path.get("fill-opacity"))
    return found


def test_a_heatmap_by_hand() -> None:
    made = parse(heatmap_svg(MATRIX, OBJECTS, title="t", description="d", side=90))
    expected = {(i, j): round(value, 2) for (i, j), value in np.ndenumerate(MATRIX)}
    assert shades(made, 30) == expected
    (clear,) = (e for e in made.iter(SVG + "rect") if e.get("data-cells"))
    assert [clear.get(name) for name in ("data-cells", "x", "y", "width", "height")] == [
        "3", "26", "28", "90", "90"
    ]  # fmt: skip
    dots = [
        (float(e.get("cx")), float(e.get("cy")))
        for e in made.iter(SVG + "circle")
        if "floor" in e.get("fill")
    ]
    dots = [dot for dot in dots if dot[0] > 26 and dot[1] < 118]
    assert dots == [(71, 43), (41, 73), (71, 103)]  # 1 in row 0, 0 in row 1 (the first), 1 in row 2
    hints = [e.text for e in made.iter(SVG + "title")]
    assert hints[0] == "t"
    assert hints.count("go to <the> red box") == 2


def test_the_frame_of_a_heatmap() -> None:
    plain, framed = (
        len(list(parse(heatmap_svg(MATRIX, OBJECTS, title="t", **frames)).iter(SVG + "rect")))
        for frames in ({}, {"chosen": (0, 2)})
    )
    assert framed == plain + 1


def test_one_scale_for_all() -> None:
    """Not stretched to what happens to be there, and cut at its ends."""
    low, high = (
        shades(parse(heatmap_svg(m, OBJECTS, title="t", side=90)), 30)
        for m in (np.full((3, 3), 0.2), np.full((3, 3), -7.0))
    )
    assert set(low.values()) == {0.2}
    assert set(high.values()) == {-1.0}
    assert len(low) == len(high) == 9


def test_similarities_of_another_shape() -> None:
    with pytest.raises(ValueError, match=r"3 objects need similarities of shape \(3, 3\)"):
        heatmap_svg(np.eye(2), OBJECTS, title="t")


def test_bars_begin_at_zero_and_write_their_numbers() -> None:
    """Two voices; the first has a tie, of which the first is its highest."""
    bars = {"words <w>": ("words", [2.0, 2.0, 0.5]), "map": ("map", [0.0, -1.0, 0.25])}
    made = parse(bars_svg(bars, OBJECTS, title="weights <of> $1$"))
    shown = list(made.iter(SVG + "text"))
    assert [e.text for e in shown][:4] == ["weights <of> $1$", "words <w>", "map", "below zero"]
    numbers = [e for e in shown if re.fullmatch(r"−?\d\.\d\d", e.text)]
    assert [e.text for e in numbers] == ["2.00", "0.00", "2.00", "−1.00", "0.50", "0.25"]
    assert [e.text for e in numbers if e.get("font-weight") == "700"] == ["2.00", "0.25"]
    drawn = [e for e in made.iter(SVG + "rect") if e.get("height") == "10"]
    left, width = ([float(bar.get(k)) for bar in drawn] for k in ("x", "width"))
    np.testing.assert_allclose(np.array(width) / width[3], [2, 0, 2, 1, 0.5, 0.25], atol=1e-3)
    np.testing.assert_allclose(np.delete(left, 3), left[0])
    assert left[0] == pytest.approx(left[3] + width[3], abs=0.02)
    hues = [re.search(r"--(\w+)", bar.get("fill"))[1] for bar in drawn]
    assert hues == ["words", "map", "words", "minus", "words", "map"]
    zero = [e.get("d") for e in made.iter(SVG + "path")][-1]
    assert float(re.match(r"M(\S+)", zero)[1]) == pytest.approx(left[0], abs=0.06)
    tops = [float(bar.get("y")) for bar in drawn]
    assert tops == sorted(tops)


def test_bars_are_told_in_words() -> None:
    """As written beside them: to two decimals, without a minus that no digit earns; and what
    differs by a last bit is equal."""
    bars = {"w": ("words", [0.5, -0.25, -0.004]), "m": ("map", [-1.0, 0.5, 0.5 + 1e-12])}
    told = parse(bars_svg(bars, OBJECTS, title="weights")).find(SVG + "desc").text
    assert told.split(". ") == [
        "Highest for w: go to <the> red box", "Highest for m: $b$",
        "go to <the> red box: w 0.50, m −1.00", "$b$: w −0.25, m 0.50", "c: w 0.00, m 0.50.",
    ]  # fmt: skip


def test_bars_that_are_all_positive_begin_at_zero_too() -> None:
    made = parse(bars_svg({"w": ("words", [1.0, 2.0, 3.0])}, OBJECTS, title="t"))
    drawn = [e for e in made.iter(SVG + "rect") if e.get("height") == "10"]
    left, width = ([float(bar.get(k)) for bar in drawn] for k in ("x", "width"))
    np.testing.assert_allclose(np.array(width) / width[0], [1, 2, 3], atol=1e-3)
    assert left == [164, 164, 164]  # beside the sentences, which end at about 155
    assert "below zero" not in [e.text for e in made.iter(SVG + "text")]


@pytest.mark.parametrize("values", [[1.0], [[1.0, 2.0, 3.0]]])
def test_bars_need_a_value_each(values: list) -> None:
    with pytest.raises(ValueError, match="3 objects need as many values"):
        bars_svg({"w": ("words", values)}, OBJECTS, title="w")


@pytest.mark.parametrize(
    ("axis", "value", "share"),
    [
        (Axis("", 0, 10, ()), 2.5, 0.25),
        (Axis("", -1, 1, ()), 0.0, 0.5),
        (Axis("", 1, 10_000, (), log=True), 100.0, 0.5),
        (Axis("", 1, 10_000, (), log=True), 1.0, 0.0),
    ],
)
def test_places_along_an_axis(axis: Axis, value: float, share: float) -> None:
    assert axis.share(value) == pytest.approx(share)


def test_curves_pass_through_their_points() -> None:
    x, y = Axis("steps", 0, 10, (0, 10)), Axis("loss <nats>", 0, 4, (0, 4))
    curves = {"fall <1>": ("words", [0, 5, 10], [4, 2, 0]), "rise": ("map", [0, 10], [0, 0.05])}
    made = parse(curves_svg(curves, x, y, title="t", cursor=5, width=400, height=280))
    across = 400 - 62 - 40 - 8.2 * len("fall <1>")
    line = next(e.get("d") for e in made.iter(SVG + "path") if "--words" in e.get("stroke"))
    points = [tuple(map(float, p.split())) for p in line[1:].split("L")]
    np.testing.assert_allclose(
        points, [(62, 32), (62 + across / 2, 132), (62 + across, 232)], atol=0.06
    )
    labels = {e.text: float(e.get("y")) for e in made.iter(SVG + "text")}
    assert {"fall <1>", "rise", "steps", "loss <nats>", "t", "10", "4"} <= set(labels)
    assert abs(labels["fall <1>"] - labels["rise"]) >= 15  # their ends lie 2.5 pixels apart
    ends = [e.get("d") for e in made.iter(SVG + "path") if e.get("d").endswith("h20")]
    samples = [float(d.split()[1].removesuffix("h20")) for d in ends]
    assert samples == [labels["rise"] - 5, labels["fall <1>"] - 5]  # each beside its name


def test_a_curve_without_points_and_one_out_of_range() -> None:
    x, y = Axis("x", 0, 1, ()), Axis("y", 0, 1, ())
    made = parse(
        curves_svg({"none": ("none", [], []), "high": ("map", [0, 1], [99, 0])}, x, y, title="t")
    )
    texts = [e.text for e in made.iter(SVG + "text")]
    assert "none" not in texts
    line = next(e.get("d") for e in made.iter(SVG + "path") if "--map" in e.get("stroke"))
    assert 25 < float(line[1:].split("L")[0].split()[1]) < 32


@pytest.mark.parametrize(("title", "side", "there"), [("words", 288, True), ("w" * 30, 288, False)])
def test_the_scale_is_told_where_there_is_room(title: str, side: float, there: bool) -> None:
    made = parse(heatmap_svg(MATRIX, OBJECTS, title=title, side=side))
    ends = [e.text for e in made.iter(SVG + "text")]
    assert ends == [title, "−1", "1"][: 3 if there else 1]
    swatches = [e for e in made.iter(SVG + "rect") if e.get("width") == "12"]
    named = [re.search(r"--(\w+)", e.get("fill"))[1] for e in swatches]
    assert named == ["minus", "minus", "page", "plus", "plus"][: 5 if there else 0]
