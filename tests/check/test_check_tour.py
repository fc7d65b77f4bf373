"""Checks of the tour: right answers pass, wrong ones hear what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cliprl_lite.check import tour as check
from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.policies import learn_policy
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.transfer.held_out_alignment import align_suite
from cliprl_lite.worlds.suite_files import load_suite

HOUSE = load_suite("house_a")
TRANSFER = HOUSE.transfer("go to the red box")


@pytest.fixture(scope="module")
def agents() -> dict:
    return {
        task.sentence: learn_policy(HOUSE.world, task.goal, seed=number)[0]
        for number, task in enumerate(HOUSE.tasks)
    }


NOTHING = [..., None, "", "   "]
NO_SENTENCE = [7, ["go"], b"go", lambda: "go"]


@pytest.mark.parametrize("answer", NOTHING)
def test_not_yet(answer: Any, agents: dict) -> None:
    for verdict in (
        check.worst_teacher(answer, TRANSFER, agents),
        check.same_choice(answer, TRANSFER, agents),
        check.misplaced_trust(answer, TRANSFER),
    ):
        assert verdict.mark == "not yet"


@pytest.mark.parametrize("answer", NO_SENTENCE)
def test_no_sentence(answer: Any, agents: dict) -> None:
    for verdict in (
        check.worst_teacher(answer, TRANSFER, agents),
        check.same_choice(answer, TRANSFER, agents),
        check.misplaced_trust(answer, TRANSFER),
    ):
        assert verdict.mark == "wrong"
        assert "between quotation marks" in verdict.words


def test_the_worst_teacher_is_the_worst_by_hand(agents: dict) -> None:
    """Every old task is tried as an answer; exactly the longest episodes pass."""
    steps = {
        task.sentence: check.first_episode(TRANSFER, agents[task.sentence])
        for task in TRANSFER.bases
    }
    longest = max(steps.values())
    for task in TRANSFER.bases:
        verdict = check.worst_teacher(task.sentence, TRANSFER, agents)
        assert verdict.passed == (steps[task.sentence] == longest)
        assert f"{steps[task.sentence]:,.0f} steps" in verdict.words
        if task.group == TRANSFER.target.group:
            assert "right room" in verdict.words
    assert 0 < sum(value == longest for value in steps.values()) < 4


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("go to the red box", "which nobody has learned"),
        ("Go to the red box", "which nobody has learned"),
        ("go to the red box.", "which nobody has learned"),
        ("walk to the re\u0301d box", "which nobody has learned"),
        ("don't go to the red box", "no old agent has learned"),
        ("don't go to the blue box", "no old agent has learned"),
        ("go to the box", "no old agent has learned"),
        ("go to the purple box", "no old agent has learned"),
        ("x" * 10_000, "longer than 200"),
    ],
)
def test_no_teacher_at_all(answer: str, words: str, agents: dict) -> None:
    verdict = check.worst_teacher(answer, TRANSFER, agents)
    assert verdict.mark == "wrong"
    assert words in verdict.words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("go to the red ball", "one of the sixteen"),
        ("Go to the RED ball!", "one of the sixteen"),
        ("go  to the red box.", "one of the sixteen"),
        ("go to the réd box", "one of the sixteen"),
        ("go to the blue\u200b key", "one of the sixteen"),
        ("\ud800", "half a character"),
        ("fetch me the box, the red one", "the map for what decides the room"),
        ("the stock market fell today", "resembles no task"),
        ("<b>$x$</b>", "resembles no task"),
    ],
)
def test_of_two_minds(answer: str, words: str, agents: dict) -> None:
    verdict = check.same_choice(answer, TRANSFER, agents)
    assert verdict.mark == "wrong"
    assert words in verdict.words


def test_of_one_mind(agents: dict) -> None:
    assert check.same_choice("walk over to the red ball", TRANSFER, agents).passed
    assert check.same_choice("please  find the red cone", TRANSFER, agents).passed


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("walk over to the red ball", "“go to the red ball”, and somebody has learned exactly"),
        ("don't go to the blue key", "the encoder does not hear “not”"),
        ("walk over to something green", "here words and map point to one teacher"),
    ],
)
def test_of_one_mind_about_whom(answer: str, words: str, agents: dict) -> None:
    verdict = check.same_choice(answer, TRANSFER, agents)
    assert verdict.passed
    assert words in verdict.words


def test_the_map_that_is_asked_has_not_seen_the_new_task(agents: dict) -> None:
    """Each task asked for in other words; an alignment that knows it would change an answer."""
    changed = 0
    for transfer in HOUSE.transfers():
        said = f"please go over to the {transfer.target.colour} {transfer.target.shape}"
        new, known = embed([said])[0], embed([task.sentence for task in transfer.bases])
        rows = [
            align_suite(HOUSE, held_out).similarity(new, known)
            for held_out in (transfer.target.name, "")
        ]
        blind, seen = (transfer.bases[int(row.round(6).argmax())].sentence for row in rows)
        words = transfer.bases[int((known @ new).round(6).argmax())].sentence
        verdict = check.same_choice(said, transfer, agents)
        told = f"the words choose “{words}”, the map “{blind}”"
        assert (f"both choose “{blind}”" if words == blind else told) in verdict.words
        changed += blind != seen
    assert changed > 0


@pytest.mark.parametrize(
    "answer", ["Go to the blue box.", "walk to the BLUE box", "go to the blué box"]
)
def test_a_teacher_may_be_named_in_other_words(answer: str, agents: dict) -> None:
    verdict = check.worst_teacher(answer, TRANSFER, agents)
    assert verdict == check.worst_teacher("go to the blue box", TRANSFER, agents)
    assert "steps" in verdict.words


def test_misplaced_trust() -> None:
    assert check.misplaced_trust("it rained all night", TRANSFER).passed
    assert "not sure enough" in check.misplaced_trust("the stock market fell today", TRANSFER).words
    for answer in ("go to the red cone", "walk to the box"):
        verdict = check.misplaced_trust(answer, TRANSFER)
        assert verdict.mark == "wrong"
        assert "some trust is due" in verdict.words


@pytest.mark.parametrize(("answer", "passes"), [("bake a cake", False), ("my dog is hungry", True)])
def test_how_sure_the_map_has_to_be(answer: str, passes: bool) -> None:
    """It puts 0.69 and 0.78 on one room."""
    assert check.misplaced_trust(answer, TRANSFER).passed == passes


def test_a_first_journey_is_the_median_of_twenty(agents: dict) -> None:
    policy = agents["go to the blue box"]
    lengths = []
    for seed in range(20):
        learner = Learner(HOUSE.world, TRANSFER.target.goal, policy.q, seed)
        learner.run(1_000_000, last_episode=1)
        lengths.append(learner.steps)
    assert check.first_episode(TRANSFER, policy) == np.median(lengths)
    assert np.ptp(lengths) > 0


def test_half_a_character_is_told(agents: dict) -> None:
    assert "half a character" in check.misplaced_trust("go \ud800", TRANSFER).words
    check.worst_teacher("go \ud800", TRANSFER, agents).words.encode()
