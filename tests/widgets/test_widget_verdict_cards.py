"""Six claims as cards: each shows what is found of its claim under the choices that are made."""

from __future__ import annotations

import time
from xml.etree import ElementTree

import pytest

import cliprl_lite as clip
from cliprl_lite.experiments.claims import CHOICES, CLAIMS, START, Claim
from cliprl_lite.experiments.judge import Finding, Row
from cliprl_lite.experiments.multiverse import read_cells
from cliprl_lite.experiments.statistics import Interval
from cliprl_lite.widgets import VerdictCards
from cliprl_lite.widgets.card_pictures import _across, card_svg, sign_svg

TABLE, RUNS = (
    clip.read_table(clip.data_path("results", f"{name}.csv")) for name in ("figure2", "worlds")
)
HOSTILE = [
    "<script>alert('x')</script>",
    "$\\frac{1}{2}$ & 'quotes' \"double\"",
    "optimal " * 150_000,
    "🟥🟦🟩",
    "اذهب إلى الكرة الزرقاء",
    "a\x00b\u202ec\n",
    "",
]


@pytest.fixture
def app() -> VerdictCards:
    return VerdictCards(TABLE, RUNS, read_cells())


def texts(svg: str) -> str:
    made = ElementTree.fromstring(svg)
    return " | ".join(part.text or "" for part in made.iter() if part.tag.endswith("}text"))


def test_it_begins_at_the_start(app: VerdictCards) -> None:
    assert app.choices == START
    assert (app.changed, app.differs, app.error, app.status) == ([], [], "", "")
    assert app.told == "These are the starting choices."
    assert list(app.verdicts) == list(CLAIMS)
    assert app.verdicts["halved"] == "confirmed from 15×15 on"
    assert [card["was"] for card in app.cards] == [""] * 6


def test_a_choice_changes_cards_and_says_which(app: VerdictCards) -> None:
    before = app.verdicts
    app.set_state({"choices": START | {"target": "mismatch"}})  # as the browser does
    after = app.verdicts
    moved = [name for name in before if before[name] != after[name]]
    assert app.changed == app.differs == moved
    assert len(moved) == 4
    assert "4 of 6 cards (1, 3, 4, 5)" in app.told
    assert "card 1 was confirmed from 15×15 on, is not confirmed" in app.status
    assert app.cards[0]["was"] == "confirmed from 15×15 on"
    assert app.cards[5]["was"] == ""
    app.choose(algorithm_2="text")  # since the last choice, and since the start
    assert "halved" in app.differs
    assert "halved" not in app.changed
    assert app.cards[0]["was"] == ""
    app.reset()
    assert app.verdicts == before
    assert app.differs == app.changed == []
    assert {card["was"] for card in app.cards} == {""}
    app.choose(clock="first20")
    app.set_state({"asked": [[1, "reset"]]})  # the button in the browser
    assert app.choices == START
    assert app.status == "Back at the starting choices."


def test_asking_changes_nothing(app: VerdictCards) -> None:
    app.choose(clock="first20")
    shown = (app.choices, app.cards, app.status)
    asked = app.under(target="mismatch")
    assert (app.choices, app.cards, app.status) == shown
    app.reset()
    app.choose(target="mismatch")
    assert app.verdicts == asked
    with pytest.raises(ValueError, match="target cannot be"):
        app.under(target="up")


def test_signs_follow_the_words(app: VerdictCards) -> None:
    app.choose(clock="first20")
    for card in app.cards:
        kind = {"confirmed": "yes", "not confirmed": "no"}.get(card["verdict"], "half")
        assert card["sign"] == sign_svg(kind)
    assert {card["verdict"] for card in app.cards} >= {"confirmed", "only at 25×25"}


def test_a_choice_without_effect_says_so(app: VerdictCards) -> None:
    assert app.resting == ["temperature", "length", "optimiser"]
    app.choose(temperature="0.5")
    assert app.changed == []
    assert app.status == "This choice changed no card."
    app.choose(clock="near_optimal", algorithm_1="closest")
    app.choose(clock="optimal", algorithm_1="printed", temperature="0.07")
    assert app.told == "These are the starting choices."


def test_unknown_choices_are_refused(app: VerdictCards) -> None:
    with pytest.raises(ValueError, match="no choice 'colour'; take some of clock, target"):
        app.choose(colour="red")
    with pytest.raises(ValueError, match="clock cannot be 'slow'; take one of first20"):
        app.choose(clock="slow")
    assert app.choices == START


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_choices_change_nothing(app: VerdictCards, typed: str) -> None:
    before = app.verdicts
    for choices in (START | {"clock": typed}, {typed: "optimal"}, START | {"target": typed}):
        app.set_state({"choices": choices})
        assert app.error
        assert len(app.error) < 300
        assert app.choices == START
        assert app.verdicts == before
        svg = app.svg()
        ElementTree.fromstring(svg)
        assert "<script" not in svg
    app.choose(clock="first20")
    assert app.error == ""


def test_pictures_show_the_numbers(app: VerdictCards) -> None:
    app.choose(clock="near_optimal", target="right")
    rows = app._judge.finding("halved", app.choices).rows
    made = ElementTree.fromstring(app.cards[0]["picture"])
    assert made[0].text == CLAIMS["halved"].words
    told = str(made[1].text)
    for row in rows:
        assert f"{row.label}: " in told
    assert told.count("does not hold") == sum(not row.holds for row in rows)
    assert "holds here" in texts(app.cards[0]["picture"])
    assert "½" in texts(app.cards[0]["picture"])
    assert "slope −" in texts(app.cards[1]["picture"])


def test_a_ratio_beyond_the_edge_is_written_out(app: VerdictCards) -> None:
    value = app._judge.finding("halved").rows[-1].found.value
    assert value < 2**-7
    assert f"1/{1 / value:,.0f}" in texts(app.cards[0]["picture"])


def test_every_choice_draws(app: VerdictCards) -> None:
    for name, values in CHOICES.items():
        for value in values:
            app.reset()
            app.choose(**{name: value})
            for card in app.cards:
                ElementTree.fromstring(card["picture"])
                assert "nan" not in card["picture"].lower()
            assert len(app.svg()) < 60_000


def test_without_a_kernel_there_is_a_picture(app: VerdictCards) -> None:
    app.choose(target="mismatch")
    bundle, _ = app._repr_mimebundle_()
    made = ElementTree.fromstring(bundle["image/svg+xml"])
    assert made[0].text == "Six claims and their verdicts"
    for number, card in enumerate(app.cards, start=1):
        assert f"{number} · " in str(made[1].text)
        assert card["verdict"] in texts(bundle["image/svg+xml"])
    assert "exactly as printed" in bundle["text/plain"]


def test_a_known_answer_is_quick(app: VerdictCards) -> None:
    app.choose(clock="first20")
    app.reset()
    times = []
    for _ in range(5):
        began = time.perf_counter()
        app.choose(clock="first20")
        app.reset()
        times.append((time.perf_counter() - began) / 2)
    assert min(times) < 0.15


@pytest.mark.parametrize(("kind", "inside", "outside"), [("ratio", 0.25, 2), ("share", 0.9, 0.1)])
def test_the_shade_lies_where_the_claim_holds(kind: str, inside: float, outside: float) -> None:
    row = Row("8×8", Interval(inside, inside, inside, 9), True)
    svg = card_svg(Claim("halved", "half", kind, "a", "b", 0.5), Finding("confirmed", (row,)))
    rects = [part for part in ElementTree.fromstring(svg).iter() if part.tag.endswith("rect")]
    (shade,) = [part for part in rects if part.get("fill-opacity") == "0.5"]
    left = float(shade.get("x", "nan"))
    right = left + float(shade.get("width", "nan"))
    assert left < _across(inside, kind == "share") < right
    assert not left <= _across(outside, kind == "share") <= right
