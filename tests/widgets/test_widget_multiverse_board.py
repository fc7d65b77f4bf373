"""The board of the multiverse: the library's curve, spot by spot; it asks for what matters."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from cliprl_lite.experiments.claims import CLAIMS, START, every_combination
from cliprl_lite.experiments.multiverse import VALUE_WORDS, percent, read_cells, what_decides
from cliprl_lite.widgets import MultiverseBoard
from cliprl_lite.widgets.base import Refused

CELLS = read_cells()


@pytest.fixture
def board() -> MultiverseBoard:
    return MultiverseBoard(CELLS, place="corners_8", claim="beats scratch")


def test_every_spot_is_a_combination_in_the_order_of_the_curve(board: MultiverseBoard) -> None:
    curve = every_combination(CELLS, "beats scratch", "corners_8")
    spots = [spot.split(" ", 1) for spot in board.spots.splitlines()]
    assert len(spots) == len(curve) == 576
    assert len({codes for codes, _ in spots}) == 576
    for (codes, said), row in zip(spots, curve.to_dict("records"), strict=True):
        chosen = [words[int(code)] for words, code in zip(board.words, codes, strict=True)]
        assert chosen == [VALUE_WORDS[name][row[name]] for name in VALUE_WORDS]
        value = float(said.split(" (")[0].replace(",", ""))
        assert value == pytest.approx(row["value"], rel=0.06, abs=0.5 if value > 100 else 0.005)


def test_it_says_in_how_many_the_claim_holds_and_what_decides(board: MultiverseBoard) -> None:
    curve = every_combination(CELLS, "beats scratch", "corners_8")
    assert f"Holds in {curve['holds'].sum()} of 576 combinations" in board.status
    most = what_decides(curve)
    assert f"({percent(most.iloc[0])} of pairs)" in board.status
    assert " or ".join(VALUE_WORDS[most.index[0]].values()) in board.status


def test_a_choice_draws_another_curve(board: MultiverseBoard) -> None:
    before = board.picture, board.status
    board.choose(clock="first20", target="mismatch")
    assert board.picture != before[0]
    other = every_combination(
        CELLS, "beats scratch", "corners_8", {"clock": "first20", "target": "mismatch"}
    )
    assert f"Holds in {other['holds'].sum()} of 576" in board.status
    board.choose(clock=START["clock"], target=START["target"])
    assert (board.picture, board.status) == before


def test_only_what_matters_is_asked_for(board: MultiverseBoard) -> None:
    assert board.resting == ["world", "algorithm_1"]
    board.choose(claim="halved")
    assert board.resting == ["world"]


@pytest.mark.parametrize(
    ("choices", "said"),
    [({"clock": "noon"}, "clock cannot be 'noon'; take one of first20, near_optimal, optimal"),
     ({"claim": "cosine beats scratch"}, "claim cannot be 'cosine beats scratch'"),
     ({"place": "corners_9"}, "place cannot be 'corners_9'"),
     ({"phase": "moon"}, "there is no choice 'phase'")],
)  # fmt: skip
def test_what_there_is_not_is_refused(
    board: MultiverseBoard, choices: dict[str, str], said: str
) -> None:
    before = dict(board.choices), board.picture
    with pytest.raises(Refused, match=re.escape(said)):
        board.choose(**choices)
    board.set_state({"choices": {**board.choices, **choices}})
    assert said in board.error
    assert (dict(board.choices), board.picture) == before


def test_the_picture_tells_what_it_shows(board: MultiverseBoard) -> None:
    made = ElementTree.fromstring(board.svg())
    assert made[0].text == CLAIMS["beats scratch"].words
    curve = every_combination(CELLS, "beats scratch", "corners_8")
    told = str(made[1].text)
    assert f"holds in {curve['holds'].sum()} of 576" in told
    literal = curve.loc[curve["weighting"] == "literal", "holds"].mean()
    assert f"weights literal: {percent(literal)}" in told
    assert "nan" not in board.svg().lower()
    assert len(board.svg()) < 60_000


def test_a_mark_lies_where_its_combination_is(board: MultiverseBoard) -> None:
    """The marks of a row cover as many places as it has combinations."""
    rows = re.findall(r'<path d="([^"]*)"[^>]*stroke-width="11"', board.picture)
    lengths = [
        sum(float(number) for number in re.findall(r"h([\d.]+)", rows[k] + rows[k + 1]))
        for k in range(0, len(rows), 2)
    ]
    wanted = [len(board.spots.splitlines()) / len(words) for words in board.words for _ in words]
    assert lengths == wanted
