"""The card of methods says of each what the method does, and says it to everybody."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from cliprl_lite.pictures.method_card import HEADS, ROWS, SCORES, facts, method_card
from cliprl_lite.pictures.result_plots import METHOD_STYLE
from cliprl_lite.transfer.methods import ALL_METHODS, METHODS, find_method
from cliprl_lite.transfer.weightings import WEIGHTINGS


class Cells(HTMLParser):
    """The words of a table, row by row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True
        if tag in ("title", "desc"):
            self.inside = False

    def handle_endtag(self, tag: str) -> None:
        self.inside = tag in ("title", "desc") or (self.inside and tag not in ("td", "th"))

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def test_the_table_and_the_words_say_the_same() -> None:
    card = method_card()
    head, *rows = Cells(card.html).rows
    assert tuple(head) == HEADS
    assert [tuple(row) for row in rows] == [facts(find_method(name)) for name in ROWS]
    for row, line in zip(rows, card.words.splitlines(), strict=True):
        assert line.startswith(f"{row[0]}: ")
        assert all(cell in line for cell in row)


@pytest.mark.parametrize("name", ALL_METHODS)
def test_each_method_has_a_row_in_the_voice_of_its_curves(name: str) -> None:
    html = method_card([name]).html
    voice, _, _ = METHOD_STYLE[name]
    assert re.search(rf'stroke="var\(--{voice},[^"]*" stroke-width="3"', html)


def test_every_method_of_the_experiments_but_chance_is_on_the_whole_card() -> None:
    assert {*METHODS} - {"random"} <= {*ROWS}


def test_only_the_oracle_looks_at_the_answer() -> None:
    """By what `method_scores` is given, written down by hand."""
    looks = {name: facts(find_method(name))[4] for name in METHODS}
    assert [name for name, said in looks.items() if "answer" in said] == ["oracle"]
    trained = {"alg2", "alg2_identity", "alg2_text", "alg2_box", "ridge"}
    assert {name for name, said in looks.items() if said == "of the old tasks"} == trained


def test_a_changed_setting_changes_the_card() -> None:
    printed = METHODS["alg2_box"]
    assert printed.alignment is not None
    assert facts(printed)[2] == "each sentence its own policy; dot product, not centred"
    centred = replace(printed, alignment=replace(printed.alignment, centre=True))
    assert facts(centred)[2] == "each sentence its own policy; dot product, centred"
    assert facts(replace(printed, weighting="softmax"))[3] == "softmax at 0.1"


def test_bars_are_the_weights_of_the_scores() -> None:
    for name in ("alg1", "alg2", "alg1_cold", "alg1_closest"):
        html = method_card([name]).html
        bars = re.findall(
            r'<rect x="\d+" y="[\d.]+" width="10" height="([\d.]+)" fill="var\(--(\w+)', html
        )
        weights = WEIGHTINGS[find_method(name).weighting](SCORES)
        heights = [float(high) * (-1 if hue == "minus" else 1) / 22 for high, hue in bars]
        np.testing.assert_allclose(heights, weights, atol=0.006)
    assert "<rect" not in method_card(["scratch"]).html


def test_what_stands_out_is_marked_by_more_than_a_line() -> None:
    card = method_card(["alg1", "alg2"], about=["alg2"])
    assert card.html.count('class="cl-about"') == 1
    assert "<b>Algorithm 2, repaired</b>" in card.html
    assert "<b>Algorithm 1</b>" not in card.html


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no method 'alg3'"):
        method_card(["alg3"])
    with pytest.raises(ValueError, match="alg2 has none"):
        method_card(["alg1"], about=["alg2"])


def test_a_cell_shows_the_table_and_keeps_the_words() -> None:
    bundle = method_card(["alg1"])._repr_mimebundle_()
    assert bundle["text/html"].startswith('<div class="cl-root"><style>')
    assert '<table class="cl-card">' in bundle["text/html"]
    assert bundle["text/plain"] == method_card(["alg1"]).words
    assert "\n" not in bundle["text/plain"]
