"""One palette: every file that names a colour names one of it, and all of it can be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from cliprl_lite.pictures.drawing import colour
from cliprl_lite.pictures.palette import DARK, HUES, LIGHT, rgb

ROOT = Path(__file__).parents[1]
HEX = re.compile(r"#[0-9a-fA-F]{6}\b")
SITES_OWN = {"#f3f1ec", "#595650", "#8a2480", "#5e1557", "#f3e3f1", "#b5b9c1", "#eec3e8", "#3b2138"}
"""Quieter grounds and links, which only pages of text have."""


def variables(sheet: str) -> list[dict[str, str]]:
    """Of each rule that sets any, the palette's variables."""
    rules = [dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", rule)) for rule in sheet.split("}")]
    return [rule for rule in rules if rule]


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2)."""

    def luminance(hex_colour: str) -> float:
        parts = [int(hex_colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def test_the_style_sheet_has_both_themes() -> None:
    sheet = (ROOT / "cliprl_lite" / "widgets" / "course.css").read_text("utf-8")
    assert variables(sheet) == [LIGHT, DARK]


def test_a_colour_in_svg_is_a_variable_with_the_light_one_to_fall_back_on() -> None:
    assert [colour(name) for name in HUES] == [f"var(--{n}, {c})" for n, c in LIGHT.items()]


def test_nobody_else_has_a_colour_of_his_own() -> None:
    """Not even one of the palette: its name says what it means."""
    files = [
        path
        for folder in ("cliprl_lite", "docs", "benchmarks", "labs")
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in {".py", ".css", ".js", ".svg"}
    ]
    found = {path.name: set(HEX.findall(path.read_text("utf-8"))) for path in files}
    assert len(files) > 90
    assert {name: colours for name, colours in found.items() if colours} == {
        "palette.py": {*LIGHT.values(), *DARK.values()},
        "course.css": {*LIGHT.values(), *DARK.values()},
        "tour.svg": {*LIGHT.values(), *DARK.values()},  # a picture outside any page of ours
        "site.css": SITES_OWN,
        "favicon.svg": {LIGHT["page"], LIGHT["map"]},  # an icon has no style sheet
        "drawing.py": {LIGHT["map"]},  # an example's answer
    }


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_what_is_written_or_drawn_can_be_seen_on_its_ground(theme: Mapping[str, str]) -> None:
    for text in ("ink", "words", "map", "none"):
        for ground in ("page", "floor"):
            assert contrast(theme[text], theme[ground]) >= 4.5
    assert contrast(theme["wall"], theme["floor"]) >= 3


def test_numbers_of_a_colour() -> None:
    assert rgb("page") == (0xFB, 0xFA, 0xF7)
    assert rgb("none") == (0x73,) * 3
