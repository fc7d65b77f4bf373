"""The live learner: it learns what the library's learner does, however it is driven."""

from __future__ import annotations

import asyncio
from xml.etree import ElementTree

import numpy as np
import pytest

from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.widgets import LearnerLab, learner_lab
from cliprl_lite.worlds.gridworld import GridWorld

WORLD = GridWorld.four_rooms(7)
GOAL = (0, 0)
TEACHER = WORLD.optimal_q((6, 6))


def table(steps: int, seed: int = 0, **settings: object) -> np.ndarray:
    """What the library learns, in one go."""
    learner = Learner(WORLD, GOAL, seed=seed, **settings)
    learner.run(steps)
    return learner.q


def number(lab: LearnerLab, label: str) -> str:
    return dict(lab.readouts)[label]


@pytest.mark.parametrize(("epsilon", "rate"), [(0.0, 1.0), (0.1, 0.5), (0.3, 0.1)])
def test_its_table_is_the_library_s(epsilon: float, rate: float) -> None:
    lab = LearnerLab(WORLD, GOAL, seed=3, epsilon=epsilon, learning_rate=rate)
    for steps in (1, 11, 12, 13, 400, 563):  # pieces change nothing
        lab.run(steps)
    assert np.array_equal(lab.learner.q, table(1_000, 3, epsilon=epsilon, learning_rate=rate))
    assert not np.array_equal(lab.learner.q, table(1_000, 4, epsilon=epsilon, learning_rate=rate))


def test_the_browser_s_settings_are_those_of_the_run() -> None:
    lab = LearnerLab(WORLD, GOAL)
    first = lab.learner.q.copy()
    lab.run(300)
    lab.set_state({"epsilon": 0.3, "learning_rate": 0.5, "seed": 7, "start": 1})
    assert lab.learner.steps == 0  # a change starts anew
    lab.run(500)
    minus_five = np.full_like(first, -5.0)
    assert np.array_equal(
        lab.learner.q, table(500, 7, start_q=minus_five, epsilon=0.3, learning_rate=0.5)
    )
    assert lab.starts[1] == "all −5"
    assert "ε 0.3, η 0.5, start: all −5, seed 7" in lab.summary()


def test_the_numbers_are_true() -> None:
    lab = LearnerLab(WORLD, GOAL, seed=1)
    assert number(lab, "first episode") == "on its way"
    lab.run(2_000)
    learner = Learner(WORLD, GOAL, seed=1)
    learner.run(2_000)
    lengths = learner.episode_lengths
    optimal = WORLD.n_states - 1 - learner.evaluate().wrong_states
    assert lab.readouts == [
        ["steps", "2,000"],
        ["episodes finished", f"{len(lengths):,}"],
        ["first episode", f"{lengths[0]:,} steps"],
        ["latest episode", f"{lengths[-1]:,} steps"],
        ["optimal squares", f"{optimal} of {WORLD.n_states - 1}"],
    ]


def test_a_copy_starts_from_its_teacher_s_table() -> None:
    lab = LearnerLab(WORLD, GOAL, teachers={"the corner": TEACHER}, start=3)
    assert lab.starts[3] == "copy: the corner"
    expected = TEACHER.copy()
    expected[WORLD.state(GOAL)] = 0
    assert np.array_equal(lab.learner.q, expected)
    lab.arrive()
    assert np.array_equal(
        lab.learner.q, table(lab.learner.steps, start_q=TEACHER)
    )  # and the teacher's own table is as it was
    assert np.array_equal(TEACHER, WORLD.optimal_q((6, 6)))


def test_arriving_is_one_journey() -> None:
    lab, alone = LearnerLab(WORLD, GOAL, seed=2), Learner(WORLD, GOAL, seed=2)
    alone.run(100_000, last_episode=1)
    lab.arrive()
    assert lab.learner.steps == alone.episode_lengths[0]
    assert lab.status == f"Arrived: the first episode took {alone.steps} steps."
    lab.set_state({"asked": [[1, "arrive"]]})  # without a running notebook: at once
    alone.run(100_000, last_episode=2)
    assert lab.learner.steps == alone.steps
    assert "the latest episode" in lab.status


def test_buttons_step_and_restart() -> None:
    lab = LearnerLab(WORLD, GOAL)
    lab.set_state({"asked": [[1, "step"]]})
    lab.set_state({"asked": [[1, "step"], [2, "step"], [3, "step"]]})  # two in one message
    assert lab.learner.steps == 3
    assert lab.scene.count("stroke-linecap") == 3  # the trail
    lab.set_state({"asked": [[4, "restart"]]})
    assert lab.learner.steps == 0
    lab.set_state({"asked": [[5, "arrive"], [6, "restart"], [7, "step"]]})  # none is lost
    assert (lab.learner.steps, lab.error) == (1, "")
    lab.set_state({"asked": [[8, "restart"], [9, "fly"]]})
    assert "no button 'fly'" in lab.error
    lab.restart()
    lab.run(40)
    assert np.array_equal(lab.learner.q, table(40))


def test_the_goal_moves_to_a_pressed_square() -> None:
    lab = LearnerLab(WORLD, GOAL, place_goal=True)
    lab.run(100)
    lab.set_state({"goal_state": WORLD.state((6, 2))})
    assert lab.learner.goal == (6, 2)
    assert lab.learner.steps == 0
    assert lab.names[WORLD.state((6, 2))] == "row 6, column 2, goal"
    assert "the goal in row 6, column 2" in lab.scene


def test_shade_is_what_the_agent_believes() -> None:
    exact = WORLD.optimal_q(GOAL)
    lab = LearnerLab(WORLD, GOAL, teachers={"itself": exact}, start=3)
    far = WORLD.distances(GOAL)
    made = ElementTree.fromstring(lab.scene)
    shades = {
        int(rect.get("data-state")): float(rect.get("fill-opacity"))
        for rect in made.iter() if rect.get("data-state")
    }  # fmt: skip
    for state, distance in enumerate(far):
        assert shades[state] == pytest.approx(0.9 * distance / far.max(), abs=0.006)
    assert f"0 to {far.max()} steps to go" in lab.legend


def test_squares_that_are_not_optimal_can_be_hatched() -> None:
    lab = LearnerLab(WORLD, GOAL)
    assert "minus" not in lab.scene
    lab.marked = True
    assert "minus" in lab.scene
    exact = LearnerLab(WORLD, GOAL, teachers={"x": WORLD.optimal_q(GOAL)}, start=3, marked=True)
    assert "minus" not in exact.scene
    assert number(exact, "optimal squares") == f"{WORLD.n_states - 1} of {WORLD.n_states - 1}"


# ---------------------------------------------------------------------------------------------
# Playing
# ---------------------------------------------------------------------------------------------
async def until(condition, seconds: float = 20) -> None:
    for _ in range(int(seconds * 100)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")


def test_it_plays_pauses_and_goes_on() -> None:
    async def use() -> None:
        lab = LearnerLab(WORLD, GOAL, seed=5, epsilon=0.3, learning_rate=0.1, speed=10)
        lab.set_state({"asked": [[1, "play"]]})
        await until(lambda: lab.learner.steps >= 30)
        lab.set_state({"asked": [[2, "pause"]]})
        steps = lab.learner.steps
        await asyncio.sleep(0.15)
        assert lab.learner.steps == steps
        assert np.array_equal(
            lab.learner.q, table(steps, 5, epsilon=0.3, learning_rate=0.1)
        )  # however it was cut
        lab.play()
        await until(lambda: lab.learner.steps > steps)
        lab.close()

    asyncio.run(use())


def test_it_pauses_by_itself_when_all_is_learned() -> None:
    async def use() -> None:
        lab = LearnerLab(WORLD, GOAL, seed=5, speed=1_000)
        lab.play()
        await until(lambda: not lab.playing)
        assert lab.learner.evaluate().optimal
        assert lab.status == f"Every square is optimal, after {lab.learner.steps:,} steps."
        assert lab.error == ""

    asyncio.run(use())


def test_a_gloomy_table_is_given_up_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learner_lab, "LIMIT", 5_000)

    async def use() -> None:
        lab = LearnerLab(WORLD, GOAL, start=2, seed=2, epsilon=0.0, speed=1_000)
        lab.play()
        await until(lambda: not lab.playing)
        wrong = lab.learner.evaluate().wrong_states
        assert wrong > 0
        assert lab.status == f"Paused after 5,000 steps: {wrong} squares are still wrong."

    asyncio.run(use())


def test_an_arrival_is_streamed_and_ends_with_the_journey() -> None:
    async def use() -> None:
        lab = LearnerLab(WORLD, GOAL, seed=2)
        lab.set_state({"asked": [[1, "arrive"]]})
        await until(lambda: lab.learner.episode == 1)
        await asyncio.sleep(0.1)
        alone = Learner(WORLD, GOAL, seed=2)
        alone.run(100_000, last_episode=1)
        assert lab.learner.steps == alone.steps
        assert lab.status.startswith("Arrived")

    asyncio.run(use())


def test_a_new_start_cancels_the_old_one() -> None:
    async def use() -> None:
        lab = LearnerLab(WORLD, GOAL, learning_rate=0.1, speed=1)
        lab.play()
        await until(lambda: lab.learner.steps > 2)
        lab.set_state({"seed": 9})
        assert not lab.playing
        assert lab.learner.steps == 0
        await asyncio.sleep(0.15)
        assert lab.learner.steps == 0
        lab = LearnerLab(GridWorld.open_map(25), GOAL)  # where a first episode takes long
        for order in range(1, 5):
            lab.set_state({"asked": [[order, "arrive"]]})
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.sleep(0)
        assert sum(not task.done() for task in others) == 1
        lab.pause()

    asyncio.run(use())


def test_trouble_while_playing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use() -> None:
        lab = LearnerLab(WORLD, GOAL)

        def broken(*_: object) -> None:
            raise RuntimeError("the table is lost")

        monkeypatch.setattr(lab.learner, "run", broken)
        lab.play()
        await until(lambda: lab.error)
        assert lab.error == "This stopped half-way: the table is lost. Start it again."
        assert not lab.playing
        lab.restart()
        assert lab.error == ""

    asyncio.run(use())


def test_less_motion_means_fewer_pictures() -> None:
    async def use() -> None:
        lab, seen = LearnerLab(WORLD, GOAL, calm=True, speed=10, learning_rate=0.1), []
        lab.observe(lambda _: seen.append(lab.learner.steps), "scene")
        lab.play()
        await asyncio.sleep(0.3)
        lab.pause()
        assert seen == [250]  # a second's worth at once, and then still

    asyncio.run(use())


def test_playing_without_a_notebook_says_so() -> None:
    lab = LearnerLab(WORLD, GOAL)
    lab.play()
    assert not lab.playing
    assert "run(steps)" in lab.error


# ---------------------------------------------------------------------------------------------
# What people may give it
# ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("epsilon", 5.0, "epsilon lies in"),
        ("learning_rate", 0.0, "learning rate lies in"),
        ("start", 99, "there are 3 starts"),
        ("seed", -1, "0 or more"),
        ("goal_state", 4_000, "squares"),
    ],
)
def test_impossible_settings_are_refused_in_words(name: str, value: float, says: str) -> None:
    lab = LearnerLab(WORLD, GOAL)
    lab.run(70)
    good = getattr(lab, name)
    lab.set_state({name: value})
    assert says in lab.error
    assert (getattr(lab, name), lab.learner.steps) == (good, 70)  # the old run stays
    lab.svg()
    lab.set_state({"asked": [[1, "step"]]})
    assert (lab.learner.steps, lab.error) == (71, "")
    lab.set_state({name: value})
    lab.set_state({name: good})
    assert lab.error == ""
    with pytest.raises(ValueError, match=r"lies in|starts|0 or more|squares"):
        LearnerLab(WORLD, GOAL, **{name: value} if name != "goal_state" else {"start": -1})


def test_a_teacher_from_another_map_is_refused() -> None:
    with pytest.raises(ValueError, match="has shape"):
        LearnerLab(WORLD, GOAL, teachers={"stranger": np.zeros((3, 4))})


HOSTILE = ["<b>&</b>", "$x$ 'q' \"", "x" * 1_000_000, "🙂🙃", "‮מה זה", "\x00\x1b", ""]


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_is_text(typed: str) -> None:
    lab = LearnerLab(
        WORLD, GOAL, objects=[((0, 0), typed, typed, typed)], teachers={typed: TEACHER},
        title=typed, start=3, place_goal=True,
    )  # fmt: skip
    lab.run(30)
    ElementTree.fromstring(lab.svg())
    ElementTree.fromstring(lab.scene)
    assert "<b>" not in lab.svg()
    assert len(lab.svg()) < 60_000
    assert len(lab.starts[3]) <= 48
    assert max(map(len, lab.names)) < 200
    assert len(repr(lab)) < 400


def test_without_a_kernel_there_is_a_picture() -> None:
    lab = LearnerLab(WORLD, GOAL, title="An agent learns")
    lab.run(500)
    bundle, _ = lab._repr_mimebundle_()
    made = ElementTree.fromstring(bundle["image/svg+xml"])
    assert made[0].text == "An agent learns"
    assert "After 500 steps of learning" in made[1].text
    assert "ε 0.1, η 1, start: all 0, seed 0" in made[1].text
    assert "500" in "".join(made.itertext())


# ---------------------------------------------------------------------------------------------
# Long runs, and runs that are stopped
# ---------------------------------------------------------------------------------------------
def test_a_long_run_goes_in_pieces_so_that_it_can_be_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab, pieces = LearnerLab(WORLD, GOAL), []
    learn = lab.learner.run

    def run(steps: int, last_episode: int = -1) -> None:
        pieces.append(steps)
        learn(steps, last_episode)
        if sum(pieces) > 100_000:
            raise KeyboardInterrupt

    monkeypatch.setattr(lab.learner, "run", run)
    with pytest.raises(KeyboardInterrupt):
        lab.run(600_000_000)
    assert lab.learner.steps < 200_000
    lab.svg()


def test_no_speed_is_out_of_bounds() -> None:
    lab = LearnerLab(WORLD, GOAL)
    for asked, kept in ((0, 1), (-5, 1), (10**30, learner_lab.FASTEST), (100, 100)):
        lab.set_state({"speed": asked})
        assert (lab.speed, lab.error) == (kept, "")


def test_to_the_next_arrival_it_does_not_go_at_the_slowest_speed() -> None:
    async def use() -> None:
        lab = LearnerLab(GridWorld.four_rooms(13), (12, 12), epsilon=1.0, speed=1)
        lab.set_state({"asked": [[1, "arrive"]]})
        await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        assert lab.learner.steps == 50 or lab.learner.episode == 1
        lab.end()

    asyncio.run(use())


def test_who_ends_it_finds_it_standing_still() -> None:
    async def use() -> None:
        for stop in ("end", "close"):
            lab = LearnerLab(WORLD, GOAL)
            lab.play()
            await asyncio.sleep(0.01)
            assert lab.playing
            getattr(lab, stop)()
            assert not lab.playing

    asyncio.run(use())
