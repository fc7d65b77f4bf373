"""The ruler of sentences: what is typed lands where the encoder puts it, whatever is typed."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite.language.sentences import ModelError, embed
from cliprl_lite.widgets import SentenceRuler, sentence_ruler
from cliprl_lite.widgets.ruler import LONGEST_SENTENCE, clean, fitted, spread, written

ANCHOR = "go to the red cone"
BLUE, BOX, ICE = "go to the blue cone", "go to the red box", "eat an ice cream cone"
HOSTILE = [
    "<script>alert(1)</script><b>&amp;",
    "cost $x$ and $$y$$",
    "😀" * 300,
    "اذهب إلى المخروط الأحمر \u202e txet",
    "half a character \ud83d here",
    "\x00\x07\n\t tabs\r\n",
    "W" * 500,
    "e\u0301" * 90,
]


def by_hand(sentence: str, anchor: str = ANCHOR) -> float:
    """The cosine as the book has it, over sums of products."""
    a, b = (vector.tolist() for vector in embed([anchor, sentence]))
    dot = math.fsum(x * y for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))


def cosines(ruler: SentenceRuler) -> dict[str, float]:
    return {tick["sentence"]: tick["cosine"] for tick in ruler.placed}


def ask(ruler: SentenceRuler, **request: object) -> None:
    """As the browser does."""
    count = ruler.answered + 1
    ruler.set_state({"request": request | {"count": count}})
    assert ruler.answered == count


def drawn(ruler: SentenceRuler) -> ElementTree.Element:
    picture = ElementTree.fromstring(ruler.svg())
    title, description = picture[0].text, picture[1].text
    assert title == "A ruler of cosine similarity"
    assert description is not None
    assert description.startswith("A vertical ruler from 0 to 1")
    return picture


def words(ruler: SentenceRuler) -> list[str]:
    return [node.text or "" for node in drawn(ruler).iter() if node.tag.endswith("text")]


# ---------------------------------------------------------------------------------------------
# Methods, and the browser's requests, which do the same
# ---------------------------------------------------------------------------------------------
def test_sentences_land_at_their_cosine() -> None:
    ruler = SentenceRuler(ANCHOR, [BLUE, BOX])
    ruler.place(ICE)
    assert cosines(ruler) == {s: pytest.approx(by_hand(s), abs=6e-7) for s in (BLUE, BOX, ICE)}
    assert cosines(ruler)[ICE] > cosines(ruler)[BOX]
    assert {"0.88", "0.60", "0.58", "1.00", "anchor: " + ANCHOR} <= set(words(ruler))
    assert "0.88 go to the blue cone; 0.60 eat an ice cream cone; 0.58" in str(drawn(ruler)[1].text)


def test_dots_stand_where_the_numbers_say() -> None:
    ruler = SentenceRuler(ANCHOR, [BLUE, "the stock market fell today"])
    nodes = [node for node in drawn(ruler).iter() if node.tag.endswith("circle")]
    top, blue, stocks = (float(node.attrib["cy"]) for node in nodes)
    axis = [node for node in drawn(ruler).iter() if node.tag.endswith("text")]
    at = {node.text: float(node.attrib["y"]) - 5 for node in axis if node.text in ("0.0", "1.0")}
    assert top == pytest.approx(at["1.0"])
    for height, sentence in ((blue, BLUE), (stocks, "the stock market fell today")):
        share = (at["0.0"] - height) / (at["0.0"] - at["1.0"])
        assert share == pytest.approx(by_hand(sentence), abs=2e-3)


def test_below_zero_the_place_is_clipped_and_the_number_written() -> None:
    ruler = SentenceRuler(ANCHOR, ["qué hora es, señor"])
    (cosine,) = cosines(ruler).values()
    assert cosine == pytest.approx(by_hand("qué hora es, señor"), abs=6e-7)
    ruler._ticks = [sentence_ruler.Tick("below", -0.25)]
    ruler._draw()
    dot = [node for node in drawn(ruler).iter() if node.tag.endswith("circle")][-1]
    zero = next(n for n in drawn(ruler).iter() if n.tag.endswith("text") and n.text == "0.0")
    assert float(dot.attrib["cy"]) == pytest.approx(float(zero.attrib["y"]) - 5)
    assert "−0.25" in words(ruler)


def test_typing_shows_a_place_before_placing() -> None:
    by_method, by_browser = SentenceRuler(ANCHOR), SentenceRuler(ANCHOR)
    by_method.type(ICE)
    ask(by_browser, do="type", text=ICE)
    for ruler in (by_method, by_browser):
        assert ruler.typed == ICE
        assert ruler.status == "cosine 0.60 with the anchor"
        assert ruler.placed == []
        assert f"0.60 {ICE} (being typed)" in str(drawn(ruler)[1].text)
    by_method.place()
    ask(by_browser, do="place", text=ICE)
    for ruler in (by_method, by_browser):
        assert (ruler.typed, list(cosines(ruler))) == ("", [ICE])
        assert "being typed" not in str(drawn(ruler)[1].text)
    assert by_method.scene == by_browser.scene


def test_placing_another_sentence_leaves_the_text_box_alone() -> None:
    ruler = SentenceRuler(ANCHOR)
    ruler.type(BLUE)
    ruler.place(BOX)
    assert ruler.typed == BLUE
    assert list(cosines(ruler)) == [BOX]


def test_the_same_sentence_has_one_place() -> None:
    ruler = SentenceRuler(ANCHOR, [BOX])
    ruler.place(f"  {BOX} ")
    assert list(cosines(ruler)) == [BOX]
    assert "already" in ruler.status
    ruler.type(BOX)
    assert words(ruler).count(BOX) == 1


def test_a_sentence_that_sounds_the_same_is_told() -> None:
    ruler = SentenceRuler(ANCHOR, [BOX])
    ruler.place("Go to  the RÉD box")
    assert ruler.status.startswith(f"Placed at 0.58. The encoder cannot tell it from “{BOX}”. ")
    ruler.place(f"{BOX}.")
    assert "cannot tell" not in ruler.status


def test_removing_and_clearing() -> None:
    ruler = SentenceRuler(ANCHOR, [BLUE, BOX, ICE])
    ruler.remove(1)
    assert list(cosines(ruler)) == [BLUE, ICE]
    ask(ruler, do="remove", number=0)
    assert list(cosines(ruler)) == [ICE]
    assert BLUE not in words(ruler)
    ruler.type(BOX)
    ask(ruler, do="clear")
    assert (ruler.placed, ruler.typed) == ([], "")
    assert "nothing yet" in str(drawn(ruler)[1].text)
    for number in (0, -1, True, "0", None):
        with pytest.raises(ValueError, match="no sentence has the number"):
            SentenceRuler(ANCHOR).remove(number)  # type: ignore[arg-type]


def test_the_ruler_gets_full() -> None:
    ruler = SentenceRuler(ANCHOR, [f"sentence {number}" for number in range(sentence_ruler.ROOM)])
    ruler.place(BOX)
    assert len(ruler.placed) == sentence_ruler.ROOM
    assert "full" in ruler.status
    ruler.type(BOX)  # one more label than there is room for placed ones
    labels = [tick["label"] for tick in ruler.placed]
    assert max(labels) < 100
    with pytest.raises(ValueError, match="room for"):
        SentenceRuler(ANCHOR, [str(number) for number in range(20)])


def test_another_anchor_moves_everything_and_keeps_the_marks() -> None:
    ruler = SentenceRuler(ANCHOR, [BLUE, BOX])
    ruler.mark(0, "wrong")
    ask(ruler, do="anchor", text="go to the red ball")
    assert ruler.anchor == "go to the red ball"
    assert cosines(ruler) == {
        s: pytest.approx(by_hand(s, "go to the red ball"), abs=6e-7) for s in (BLUE, BOX)
    }
    assert [tick["task"] for tick in ruler.placed] == ["wrong", ""]
    before = ruler.scene
    ask(ruler, do="anchor", text="  ")
    assert (ruler.anchor, ruler.scene) == ("go to the red ball", before)
    assert "needs a sentence" in ruler.status
    with pytest.raises(ValueError, match="anchor needs a sentence"):
        SentenceRuler(" ")


# ---------------------------------------------------------------------------------------------
# A wrong one above a right one
# ---------------------------------------------------------------------------------------------
def test_being_fooled_is_seen_and_said() -> None:
    ruler = SentenceRuler(ANCHOR, [ICE, "head for the cone painted red", BLUE])
    ask(ruler, do="mark", number=0, task="wrong")
    ask(ruler, do="mark", number=1, task="right")
    assert ruler.fooled is None  # 0.60 is below 0.68
    assert "Fooled" not in ruler.summary()
    ask(ruler, do="mark", number=2, task="wrong")
    assert ruler.fooled is not None
    wrong, right = ruler.fooled
    assert (wrong.sentence, right.sentence) == (BLUE, "head for the cone painted red")
    assert ruler.status.startswith("Fooled: the wrong “go to the blue cone” (0.88) stands above")
    assert any(word.startswith("Fooled: a wrong task (0.88)") for word in words(ruler))
    bold = [n.text for n in drawn(ruler).iter() if n.attrib.get("font-weight") == "700"]
    assert bold == ["anchor: " + ANCHOR, "head for the cone painted red", BLUE]
    assert [words(ruler).count(sign) for sign in "✓✗"] == [1, 2]
    ruler.mark(1, "")  # taken back
    assert ruler.fooled is None
    ask(ruler, do="mark", number=1, task="splendid")
    assert "right" in ruler.error
    ask(ruler, do="mark", number=9, task="right")
    assert "no sentence has the number 9" in ruler.error
    ruler.mark(1, "right")
    assert ruler.error == ""


def test_a_tie_fools_nobody() -> None:
    ruler = SentenceRuler(ANCHOR, ["Go to the red box", BOX])  # the encoder is deaf to capitals
    ruler.mark(0, "wrong")
    ruler.mark(1, "right")
    assert ruler.fooled is None


# ---------------------------------------------------------------------------------------------
# What is known
# ---------------------------------------------------------------------------------------------
def test_the_nearest_known_task_is_named() -> None:
    known = [BLUE, BOX, "go to the green key"]
    ruler = SentenceRuler(ANCHOR, known=known)
    assert "Nearest of 3 known tasks: 0.88  go to the blue cone" in ruler.summary()
    assert "nothing known is near" not in ruler.summary()
    marks = [n for n in drawn(ruler).iter() if n.attrib.get("class") == "cl-known"]
    assert len(marks) == 3
    assert "somebody has learned" not in ruler.summary()
    ruler.compare_with("Go to the RED box")
    assert "1.00  go to the red box (somebody has learned exactly this)" in ruler.summary()
    ruler.compare_with("the stock market fell today")
    best = max(known, key=lambda sentence: by_hand(sentence, "the stock market fell today"))
    assert f"  {best} (below 0.50: nothing known is near)" in ruler.summary()


# ---------------------------------------------------------------------------------------------
# Whatever is typed
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("typed", HOSTILE)
def test_whatever_is_typed_is_text(typed: str) -> None:
    ruler = SentenceRuler(ANCHOR)
    for request in ("type", "place", "anchor"):
        ask(ruler, do=request, text=typed)
        assert ruler.error == ""
        picture = drawn(ruler)
        assert {node.tag.split("}")[1] for node in picture.iter()} <= {
            "svg", "title", "desc", "g", "path", "rect", "circle", "text",
        }  # fmt: skip
        assert "$" not in ruler.scene
    assert len(ruler.placed) == 1
    assert len(ruler.anchor) <= LONGEST_SENTENCE
    for shown in (ruler.scene, ruler.summary(), repr(ruler), ruler.placed[0]["sentence"]):
        shown.encode()  # whole characters, so that it can be sent and stored


@pytest.mark.parametrize("typed", ["", "   ", "\n\t", "\x00"])
def test_nothing_at_all(typed: str) -> None:
    ruler = SentenceRuler(ANCHOR)
    ask(ruler, do="type", text=typed)
    assert (ruler.typed, ruler.placed, ruler.error) == ("", [], "")
    ask(ruler, do="place", text=typed)
    assert ruler.placed == []
    assert "first" in ruler.status


def test_a_megabyte_is_cut_said_and_quick() -> None:
    ruler = SentenceRuler(ANCHOR)
    ruler.type("warm up")
    begun = time.perf_counter()
    ruler.type("go to the red cone and " * 50_000)
    assert time.perf_counter() - begun < 2
    assert len(ruler.typed) <= LONGEST_SENTENCE
    assert "cut after 200 characters" in ruler.status
    ruler.place()
    assert len(ruler.scene) < 10_000
    ruler.type("short")
    assert "cut" not in ruler.status


@pytest.mark.parametrize(
    "request_",
    [{}, {"do": "explode"}, {"do": "type"}, {"do": "type", "text": 7}, {"do": "mark"},
     {"do": "remove", "number": None}, {"do": "place", "text": None}, {"do": "anchor", "text": []}],
)  # fmt: skip
def test_a_request_that_makes_no_sense_breaks_nothing(request_: dict[str, object]) -> None:
    ruler = SentenceRuler(ANCHOR, [BOX])
    ask(ruler, **request_)
    ask(ruler, do="type", text=ICE)
    assert (ruler.typed, ruler.error, len(ruler.placed)) == (ICE, "", 1)


def test_trouble_with_the_encoder_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    ruler = SentenceRuler(ANCHOR, [BOX])

    def broken(sentences: list[str]) -> np.ndarray:
        raise ModelError("the encoder is not installed; install it")

    monkeypatch.setattr(sentence_ruler, "embed", broken)
    ask(ruler, do="type", text=ICE)
    assert ruler.error == "the encoder is not installed; install it"
    ask(ruler, do="type", text="")
    assert ruler.error == ""


def test_it_says_so_while_the_encoder_loads() -> None:
    """In a process of its own, where nothing has been encoded yet."""
    code = f"""
from cliprl_lite.widgets import SentenceRuler
ruler, said = SentenceRuler({ANCHOR!r}, [{BOX!r}]), []
ruler.observe(lambda change: said.append(change["new"]), "status")
ruler.type("eat an ice cream cone"); ruler.type("eat an ice cream")
print(said)
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    said = result.stdout
    assert said.count("loading the encoder…") == 1
    assert said.index("loading the encoder…") < said.index("cosine 0.60 with the anchor")


def test_known_sentences_do_not_start_the_encoder() -> None:
    code = f"""
import sys
from cliprl_lite.widgets import SentenceRuler
ruler = SentenceRuler({ANCHOR!r}, [{BOX!r}])
ruler.type({BLUE!r})
print("tokenizers" in sys.modules, "loading" in ruler.status)
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "False False\n"


def test_an_answer_comes_within_a_tenth_of_a_second_once_warm() -> None:
    ruler = SentenceRuler(ANCHOR, [BLUE, BOX, ICE])
    ruler.type("warm up")
    times = []
    for letters in range(8, 20):
        begun = time.process_time()
        ruler.type("walk over to the cone, the red one"[:letters])
        times.append(time.process_time() - begun)
    assert np.median(times) < 0.1


# ---------------------------------------------------------------------------------------------
# The pieces
# ---------------------------------------------------------------------------------------------
def test_labels_are_moved_apart_as_little_as_possible() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        n = int(rng.integers(1, 9))
        places = (100 * rng.random(n)).tolist()
        moved = spread(places, 10, 0, 100)
        order = sorted(range(n), key=lambda number: places[number])
        in_order = [moved[number] for number in order]
        assert all(b - a >= 10 - 1e-9 for a, b in pairwise(in_order))
        assert in_order[0] >= 0
        assert in_order[-1] <= 100 + 1e-9
        if all(b - a >= 10 for a, b in pairwise(sorted(places))):
            assert moved == pytest.approx(places)
    assert spread([50, 50, 50], 10, 0, 100) == [40, 50, 60]  # the least squares, by hand
    assert spread([1, 2], 10, 0, 100) == [0, 10]
    assert spread([], 10, 0, 100) == []


def test_pieces_of_text() -> None:
    assert clean(" a\u2028b  c\td ") == "a b c d"
    assert clean("a\ud83d") == "a\ufffd"
    assert written(0.9984) == "0.998"
    assert written(0.99961) == "1.00"
    assert written(-0.001) == "0.00"
    assert fitted("short", 100) == "short"
    assert fitted("W" * 100, 100).endswith("…")
    assert len(fitted("😀" * 100, 100)) < len(fitted("i" * 100, 100))


def test_words_for_those_without_a_kernel() -> None:
    ruler = SentenceRuler(ANCHOR, [BOX])
    bundle, _ = ruler._repr_mimebundle_()
    assert bundle["text/plain"] == "SentenceRuler: one sentence beside “go to the red cone”"
    assert bundle["image/svg+xml"] == ruler.scene
    assert SentenceRuler(ANCHOR).summary().endswith("(nothing placed)")


def test_after_an_error_it_does_not_say_that_it_is_loading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ruler = SentenceRuler("go to the red cone")
    before = ruler.status

    def fail(sentences: object) -> None:
        raise ModelError("there are no weights here")

    monkeypatch.setattr("cliprl_lite.widgets.sentence_ruler.embed", fail)
    monkeypatch.delitem(sys.modules, "tokenizers", raising=False)
    ask(ruler, do="type", text="new words")
    assert (ruler.status, ruler.error) == (before, "there are no weights here")
