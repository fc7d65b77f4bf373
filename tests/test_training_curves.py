"""Curves of a training: what is drawn and told is what came in."""

from __future__ import annotations

from xml.etree import ElementTree

from cliprl_lite.pictures.training_curves import WIDTH, training_curves


def test_a_picture_tells_its_numbers_in_every_form() -> None:
    paths = {"a": ("map", {0: -0.104, 10: 9.0}), "b": ("words", {0: 0.0, 100: 2.5})}
    drawn = training_curves(paths, "Σd", (-2, 0, 10), title="The sum")
    assert drawn.words == (
        "The sum. a: −0.10 at step 0, 9.00 at step 10; b: 0.00 at step 0, 2.50 at step 100."
    )
    shown = drawn._repr_mimebundle_()
    assert shown["text/plain"] == drawn.words
    assert shown["image/svg+xml"].removeprefix("<svg ") in shown["text/html"]
    made = ElementTree.fromstring(drawn.svg)
    assert made[1].text == drawn.words
    assert made[2].get("width") == str(WIDTH)  # a ground of its own
    texts = [part.text for part in made.iter() if part.tag.endswith("}text")]
    for word in ("training steps", "Σd", "a", "b", "0", "100"):
        assert word in texts
    assert "1,000" not in texts  # nothing is marked beyond the last step


def test_where_a_curve_runs() -> None:
    drawn = training_curves({"a": ("map", {0: 0.0, 9: 1.0, 99: 0.0})}, "w", (0, 1), title="t")
    (line,) = [
        part.get("d")
        for part in ElementTree.fromstring(drawn.svg).iter()
        if (part.get("d") or "").count("L") == 2
    ]
    x = [float(point.split()[0].lstrip("M")) for point in line.split("L")]
    assert abs((x[1] - x[0]) - (x[2] - x[1])) < 0.2  # 0, 9 and 99: each ten times the last
