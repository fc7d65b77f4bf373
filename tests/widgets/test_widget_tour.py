"""The tour's app, driven as a reader drives it."""

from __future__ import annotations

import asyncio
from xml.etree import ElementTree

import pytest

from cliprl_lite.language.sentences import embed
from cliprl_lite.learning.policies import TabularPolicy
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.transfer.held_out_alignment import align_suite
from cliprl_lite.widgets import Tour
from cliprl_lite.widgets.runners import Runner, outcome
from cliprl_lite.worlds.suite_files import load_suite

HOUSE = load_suite("house_a")
WORLD = HOUSE.world
POLICIES = {t.sentence: TabularPolicy(WORLD, WORLD.optimal_q(t.goal)) for t in HOUSE.tasks}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def tour() -> Tour:
    return Tour(HOUSE, POLICIES, seed=3)


def first_episode(goal: tuple[int, int], table, seed: int) -> int:
    learner = Learner(WORLD, goal, table, seed)
    learner.run(10**7, last_episode=1)
    return int(learner.episode_lengths[0])


def test_choosing_and_going_by_hand(tour: Tour) -> None:
    """The words choose a box, the map something red; the episodes are the library's."""
    tour.choose("go to the red box")
    words, the_map = (choice.split(": ")[1] for choice in tour.choices)
    assert words.endswith("box")
    assert the_map.startswith("go to the red ")
    assert "go to the red box" not in (words, the_map)  # nobody has learned it yet
    goal = HOUSE.tasks[0].goal
    assert tour.goal == WORLD.state(goal)
    for seed in (3, 4):  # every way has other luck
        tour.go()
        expected = {"words": POLICIES[words].q, "none": None, "map": POLICIES[the_map].q}
        assert tour.first_episodes == {k: first_episode(goal, q, seed) for k, q in expected.items()}
        assert not tour.playing
        last = max(tour.first_episodes.values())
        assert f"{last:,} steps" in tour.status
    made = ElementTree.fromstring(tour.bars)
    widths = [float(bar.get("width")) for bar in made.iter(SVG + "rect")]
    steps = list(tour.first_episodes.values())
    assert widths[0] / widths[1] == pytest.approx(steps[0] / steps[1], rel=0.02)


def test_all_have_arrived_at_the_goal(tour: Tour) -> None:
    tour.choose("go to the green key")
    tour.go()
    row, column = WORLD.cell(tour.goal)
    group = ElementTree.fromstring(f"<g>{tour.runners}</g>")
    places = {(circle.get("cx"), circle.get("cy")) for circle in group.iter("circle")}
    side = 390 / 13
    assert places == {(f"{2 + (column + 0.5) * side:g}", f"{2 + (row + 0.5) * side:g}")}
    assert len(list(group.iter("path"))) <= 3 * 12


def test_a_sentence_of_ones_own_has_no_goal_of_its_own(tour: Tour) -> None:
    tour.choose("walk over to the cone, the blue one")
    assert WORLD.cell(tour.goal) == next(
        t.goal for t in HOUSE.tasks if t.sentence.endswith("blue cone")
    )
    tour.choose("bring me something to play with")
    assert "keep the goal" in tour.status
    tour.place((0, 0))  # a goal that contradicts the sentence is allowed
    assert tour.goal == 0
    tour.go()
    assert tour.error == ""
    assert set(tour.first_episodes) == {"words", "none", "map"}


# Who is held out
def favourites(sentence: str, bases, alignment) -> list[str]:
    """Whom words and map choose among some tasks, from the vectors themselves."""
    new, known = embed([sentence])[0], embed([task.sentence for task in bases])
    scores = (known @ new, alignment.similarity(new, known))
    return [bases[int(row.round(6).argmax())].sentence for row in scores]


def chosen(tour: Tour) -> list[str]:
    return [choice.split(": ")[1] for choice in tour.choices]


@pytest.mark.parametrize("words", ["go to the {}", "Go to the {}.", "please go over to the {}"])
def test_nobody_who_chooses_has_seen_the_new_task(tour: Tour, words: str) -> None:
    """Neither its agent nor an alignment that was trained on it; each would change a choice."""
    blind, seen_by_all, seen_by_map = [], [], []
    for transfer in HOUSE.transfers():
        said = words.format(f"{transfer.target.colour} {transfer.target.shape}")
        tour.choose(said)
        without = align_suite(HOUSE, transfer.target.name)
        assert chosen(tour) == favourites(said, transfer.bases, without)
        assert transfer.target.sentence not in chosen(tour)
        assert f"The agent of “{transfer.target.sentence}” is held out" in tour.told
        assert "Somebody has learned" not in tour.told
        blind.append(chosen(tour))
        seen_by_map.append(favourites(said, transfer.bases, align_suite(HOUSE)))
        seen_by_all.append(favourites(said, HOUSE.tasks, align_suite(HOUSE)))
    assert blind != seen_by_map
    assert blind != seen_by_all


@pytest.mark.parametrize(
    "typed",
    [
        "Go to the red box", "go to the red box.", "walk to the red box", "go to the RED BOX!",
        "go to the réd box", "go to the re\u0301d box", "go to the r\u200bed box",
        "  go  to the red box ", "bring me the box, the red one",
    ],
)  # fmt: skip
def test_however_it_is_written_the_asked_for_task_is_held_out(tour: Tour, typed: str) -> None:
    tour.choose(typed)
    assert "go to the red box" not in chosen(tour)
    assert tour.told == (
        "The agent of “go to the red box” is held out: nobody has learned what is asked."
    )
    assert WORLD.cell(tour.goal) == HOUSE.tasks[0].goal
    assert tour.status == "The goal is the red box. Press Go, or another square."


@pytest.mark.parametrize(
    "typed",
    [
        "don't go to the blue box", "avoid the blue box", "anything but the blue box",
        "DON´T go to the blue box!", "never visit the blue box", "do not miss the blue box",
    ],
)  # fmt: skip
def test_a_not_is_not_heard_and_the_reader_is_told(tour: Tour, typed: str) -> None:
    tour.choose("go to the blue box")  # its goal must not stay
    tour.choose(typed)
    assert tour.goal == -1
    assert chosen(tour) == favourites(typed, HOUSE.tasks, align_suite(HOUSE))
    assert tour.told == (
        "The encoder does not hear “not” and listens to the blue box too, so the goal has to be "
        "pressed."
    )
    tour.go()
    assert (tour.first_episodes, "There is no goal yet" in tour.error) == ({}, True)
    tour.place(HOUSE.tasks[4].goal)
    copied = "copied by W and M" if chosen(tour) == ["go to the blue box"] * 2 else ""
    assert f"Somebody has learned exactly this: “go to the blue box”, {copied}" in tour.told
    tour.place((0, 0))
    assert "Somebody" not in tour.told


@pytest.mark.parametrize(
    "typed",
    ["go to the red cone, not the blue box", "Avoid the blue box; walk to the red cone."],
)
def test_what_is_wanted_beside_a_not_is_the_goal(tour: Tour, typed: str) -> None:
    cone = HOUSE.transfer("go to the red cone")
    tour.choose(typed)
    assert WORLD.cell(tour.goal) == cone.target.goal
    assert chosen(tour) == favourites(typed, cone.bases, align_suite(HOUSE, cone.target.name))
    assert tour.told == (
        "The agent of “go to the red cone” is held out: nobody has learned what is asked. "
        "The encoder does not hear “not” and listens to the blue box too; if another goal is "
        "meant, press it."
    )


def test_where_nothing_is_held_out_somebody_may_have_learned_exactly_this(tour: Tour) -> None:
    tour.choose("go to something yellow")
    assert (tour.told, tour.goal) == ("", -1)
    words, the_map = chosen(tour)
    goals = {task.sentence: task.goal for task in HOUSE.tasks}
    tour.place(goals[words])
    also = " and M" if the_map == words else ""
    assert tour.told == f"Somebody has learned exactly this: “{words}”, copied by W{also}."
    other = next(sentence for sentence in goals if sentence not in (words, the_map))
    tour.place(goals[other])
    assert tour.told == f"Somebody has learned exactly this: “{other}”."
    tour.go()  # it is told as long as the choice stands
    assert tour.told == f"Somebody has learned exactly this: “{other}”."
    assert tour.told in tour.summary()


def test_go_races_for_the_sentence_that_is_shown(tour: Tour) -> None:
    tour.choose("go to the red box")
    tour.set_state({"typed": "go to the green key", "asked": [[1, "go"]]})  # without Choose
    by_hand = Tour(HOUSE, POLICIES, seed=3)
    by_hand.choose("go to the green key")
    by_hand.go()
    assert (tour.choices, tour.goal) == (by_hand.choices, by_hand.goal)
    assert tour.first_episodes == by_hand.first_episodes
    assert "“go to the green key” is held out" in tour.told
    tour.set_state({"typed": " go to  the green key", "asked": [[2, "go"]]})  # the same one
    by_hand.go()
    assert tour.first_episodes == by_hand.first_episodes
    tour.set_state({"typed": "don't go to the green key", "asked": [[3, "go"]]})
    assert (tour.goal, tour.first_episodes) == (-1, {})
    assert "There is no goal yet" in tour.error
    tour.set_state({"typed": " ", "asked": [[4, "go"]]})
    assert (tour.choices, tour.first_episodes) == ([], {})
    assert "type an instruction" in tour.error


def test_squares_have_names_for_those_who_listen(tour: Tour) -> None:
    assert tour.cells == WORLD.cells.tolist()
    assert tour.names[0] == "row 0, column 0"
    for task in HOUSE.tasks:
        row, column = task.goal
        name = f"row {row}, column {column}, {task.colour} {task.shape}"
        assert tour.names[WORLD.state(task.goal)] == name


def test_without_a_choice_or_a_goal_nobody_sets_off(tour: Tour) -> None:
    tour.go()
    assert "type an instruction" in tour.error
    tour.choose("fetch it")
    tour.go()
    assert "There is no goal yet" in tour.error
    assert tour.first_episodes == {}


def test_what_resembles_nothing_is_said_to(tour: Tour) -> None:
    tour.choose("the stock market fell today")
    assert "trust neither choice" in tour.told
    tour.place((0, 0))
    tour.go()
    assert "trust neither choice" in tour.told  # on the way too
    tour.choose("go to the red ball")
    assert "trust neither" not in tour.told


@pytest.mark.parametrize(
    "typed",
    ["<img src=x onerror=alert(1)>", "$x$", "🙂🙂", "\u202eabc", "x" * 1_000_000, "\x00\n\t go"],
)
def test_hostile_text_is_text(tour: Tour, typed: str) -> None:
    tour.set_state({"typed": typed, "asked": [[1, "choose"]]})  # as the browser does
    assert tour.error == ""
    assert len(tour.choices) == 2
    made = ElementTree.fromstring(tour.svg())
    assert {element.tag.removeprefix(SVG) for element in made.iter()} <= {
        "svg", "title", "desc", "g", "rect", "path", "circle", "polygon", "text"
    }  # fmt: skip
    assert len(tour.svg()) < 60_000


@pytest.mark.parametrize("typed", ["", "   ", "\n"])
def test_nothing_typed_asks_for_an_instruction(tour: Tour, typed: str) -> None:
    tour.choose("go to the red box")
    tour.choose(typed)
    assert tour.choices == []
    assert "Type what the new agent" in tour.status


def test_in_a_notebook_they_can_be_watched_and_stopped(tour: Tour) -> None:
    seen = []

    async def watch() -> None:
        tour.choose("go to the red box")
        tour.seed = 5  # a long episode
        tour.observe(lambda _: seen.append(dict(tour.first_episodes)), "runners")
        tour.set_state({"asked": [[1, "go"]]})
        assert tour.playing
        await asyncio.sleep(0.3)
        tour.set_state({"asked": [[2, "stop"]]})
        assert not tour.playing
        count = len(seen)
        await asyncio.sleep(0.15)
        assert len(seen) == count  # it has stopped
        assert tour.status == "Stopped on the way. Go starts them again."
        tour.seed = 4
        tour.set_state({"asked": [[3, "go"]]})
        while tour.playing:
            await asyncio.sleep(0.02)

    asyncio.run(watch())
    assert len(seen) > 5
    words = tour.choices[0].split(": ")[1]
    assert tour.first_episodes["words"] == first_episode(HOUSE.tasks[0].goal, POLICIES[words].q, 4)


def test_less_motion_means_fewer_pictures(tour: Tour) -> None:
    seen = []

    async def watch() -> None:
        tour.choose("go to the red box")
        tour.seed = 4  # a longer episode
        tour.observe(lambda _: seen.append(tour.first_episodes["none"]), "runners")
        tour.set_state({"calm": True, "asked": [[1, "go"]]})
        await asyncio.sleep(0.3)
        tour.stop()

    asyncio.run(watch())
    assert len(seen) == 1
    assert seen[0] == sum(1 + frame // 10 for frame in range(25))  # a second's worth, at once


def test_in_a_notebook_one_need_not_wait(tour: Tour) -> None:
    async def go() -> None:
        tour.finish()  # nobody is on the way
        tour.choose("go to the red box")
        tour.go()
        tour.finish()
        assert not tour.playing

    asyncio.run(go())
    words = tour.choices[0].split(": ")[1]
    assert tour.first_episodes["words"] == first_episode(HOUSE.tasks[0].goal, POLICIES[words].q, 3)
    assert "All three have arrived" in tour.status


def test_trouble_on_the_way_is_shown(tour: Tour, monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        tour.choose("go to the red box")
        monkeypatch.setattr(tour, "_walk", lambda steps: 1 / 0)
        tour.go()
        await asyncio.sleep(0.05)

    asyncio.run(go())
    assert "division by zero" in tour.error
    assert not tour.playing


def test_a_square_that_is_not_there_changes_nothing(tour: Tour) -> None:
    tour.choose("go to the red box")
    before = tour.goal
    for bad in (10**9, -2):
        tour.set_state({"goal": bad})  # as a page might
        assert (tour.goal, tour.error) == (before, "squares are numbered 0 to 147")
        with pytest.raises(ValueError, match="squares are numbered"):
            tour.goal = bad
    tour.set_state({"goal": 5, "asked": [[1, "go"]]})
    assert (tour.error, tour.first_episodes.keys()) == ("", {"words", "none", "map"})
    tour.set_state({"asked": [[2, "fly"]]})
    assert tour.error == "there is no button 'fly'"


def test_a_new_goal_on_the_way_ends_the_way_in_words(tour: Tour) -> None:
    async def watch() -> None:
        tour.choose("go to the red box")
        tour.seed = 4
        tour.go()
        await asyncio.sleep(0.1)
        tour.set_state({"goal": 0})
        assert (tour.playing, tour.status) == (False, "The goal is at row 0, column 0. Press Go.")

    asyncio.run(watch())


def test_two_who_copy_one_teacher_are_last_together() -> None:
    goal = HOUSE.tasks[0].goal
    slow, best = POLICIES[HOUSE.tasks[4].sentence].q, WORLD.optimal_q(goal)
    tables = {"W": slow, "0": best, "M": slow}
    runners = [
        Runner(letter, "none", "copies", Learner(WORLD, goal, q, 4)) for letter, q in tables.items()
    ]
    for runner in runners:
        runner.walk(10**5)
    words, nobody, the_map = (runner.steps for runner in runners)
    assert words == the_map > nobody
    said = f"Last were W, which copies, and M, which copies: {words:,} steps."
    assert outcome(runners) == f"All three have arrived. {said}"
    assert "Last was 0, which copies:" in outcome(runners[1:2])


def test_who_gives_up_is_named(tour: Tour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cliprl_lite.widgets.runners.ENDLESS", 200)
    tour.choose("go to the red box")
    tour.seed = 4  # W takes 5,508 steps
    tour.go()
    lost = [runner.letter for runner in tour._runners if not runner.arrived]
    assert lost == ["W"]
    assert tour.status.startswith(f"Given up after 200 steps: {lost[0]}, which ")
    assert "arrived" not in tour.status


def test_who_ends_it_finds_it_standing_still(tour: Tour) -> None:
    async def use() -> None:
        tour.choose("go to the red box")
        tour.go()
        await asyncio.sleep(0.01)
        assert tour.playing
        tour.close()
        assert not tour.playing

    asyncio.run(use())
