"""A race's numbers are those of `learn`, however it is cut into pieces."""

from __future__ import annotations

import asyncio
import json
from xml.etree import ElementTree

import numpy as np
import pytest

import cliprl_lite as clip
from cliprl_lite.learning.clocks import CLOCKS
from cliprl_lite.widgets import Race
from cliprl_lite.widgets.race import SPEEDS

WORLD = clip.GridWorld.open_map(8)
GOAL = (0, 2)
START = 0.6 * WORLD.optimal_q((0, 0)) + 0.4 * WORLD.optimal_q((0, 7))
NEAR = WORLD.optimal_q((0, 1))
HOSTILE = [
    "<script>alert('x')</script>",
    "$\\frac{1}{2}$ & 'quotes'",
    "go " * 400_000,
    "🟥🟦🟩",
    "اذهب إلى الكرة",
    "a\x00b\u202e\n",
    "",
]


def race(seed: int = 0, **more: object) -> Race:
    starts = {"scratch": ("none", None), "words": ("words", START), "map": ("map", NEAR)}
    return Race(WORLD, GOAL, starts, seed, **more)  # type: ignore[arg-type]


def by_learn(table: np.ndarray | None, seed: int) -> dict[str, float | None]:
    run = clip.learn(WORLD, GOAL, table, seed)
    first = float(run.episode_lengths[:20].mean())
    times = (first, run.steps_near_optimal, run.steps_optimal)
    return dict(zip(CLOCKS, times, strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_its_clocks_are_those_of_learn(seed: int) -> None:
    seen = race(seed)
    seen.finish()
    assert seen.times == {
        "scratch": by_learn(None, seed),
        "words": by_learn(START, seed),
        "map": by_learn(NEAR, seed),
    }
    assert seen.finished
    assert [run.steps for run in seen.runs] == [
        clip.learn(WORLD, GOAL, table, seed).steps for table in (None, START, NEAR)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("pieces", [(1,), (7, 300, 11), (1_000_000,)])
def test_pieces_change_nothing(pieces: tuple[int, ...]) -> None:
    seen, number = race(3), 0
    while not seen.finished:
        seen.run_to(seen.taken + pieces[number % len(pieces)])
        number += 1
    assert seen.times["words"] == by_learn(START, 3)
    for run, table in zip(seen.runs, (None, START, NEAR), strict=True):
        whole = clip.learn(WORLD, GOAL, table, 3)
        np.testing.assert_array_equal(run.q, whole.q)
        np.testing.assert_array_equal(run.episode_lengths[:1000], whole.episode_lengths)


def test_another_seed_gives_another_curve_and_the_same_one_the_same() -> None:
    charts = []
    for seed in (0, 1, 0):
        seen = race()
        seen.set_state({"seed": seed})  # as the browser does
        seen.run_to(5_000)
        charts.append(seen.chart)
    assert charts[0] == charts[2] != charts[1]


def test_hope_is_added_to_every_starting_table() -> None:
    seen = race(hopeful=True)
    seen.run_to(100)
    seen.set_state({"hope": 4.0})
    assert seen.taken == 0
    hopeful = START + 4.0
    hopeful[WORLD.state(GOAL)] = 0.0
    np.testing.assert_array_equal(seen.runs[1].q, hopeful)
    assert seen.runs[0].q.max() == 4.0
    seen.finish()
    assert seen.times["words"] == by_learn(START + 4.0, 0)
    assert "hope 4" in seen.summary()


def test_the_chart_shows_the_squares_still_wrong_and_where_the_clocks_stopped() -> None:
    seen = race()
    assert [racer.signs for racer in seen._racers()] == [[], [], []]
    seen.finish()
    for racer, run in zip(seen._racers(), seen.runs, strict=True):
        assert [numbers.tolist() for numbers in racer.curve] == [
            numbers.tolist() for numbers in run.wrong_curve()
        ]
        at_20, near, optimal = racer.signs
        assert at_20[0] == run.episode_lengths[:20].sum()
        assert near == (
            run.steps_near_optimal or 1,
            max(0.5, by_check(run, run.steps_near_optimal)),
            "ring",
        )
        assert optimal == (run.steps_optimal or 1, 0.5, "disc")
    assert seen.chart.count("m-6 0l6 -6") == 3 + 1  # a diamond for each learner, and the key
    until = seen.runs[0].steps_optimal - 1
    assert [sign for *_, sign in seen._racers(until)[0].signs][-1] != "disc"


def by_check(run: clip.Run, steps: int | None) -> int:
    (place,) = np.flatnonzero(run.check_steps == steps)
    return run.checks[place].wrong_states


def test_it_says_who_had_stopped() -> None:
    seen = race()
    assert seen.progress == "After 0 steps."
    seen.finish()
    ends = {name: run.steps for name, run in zip(seen.names, seen.runs, strict=True)}
    for name, end in ends.items():
        assert (f"{name} had stopped after {end:,}" in seen.progress) == (end < seen.taken)


def test_read_outs() -> None:
    seen = race()
    assert seen.playing is False
    assert seen.rows[0] == ["scratch", "not yet (0 of 20)", "not yet", "not yet", "63"]
    assert seen.first == [-1, -1, -1]
    seen.finish()
    assert all("not yet" not in cell for row in seen.rows for cell in row)
    for place, clock in enumerate(CLOCKS):
        times = [seen.times[name][clock] for name in seen.names]
        best = min(times)  # type: ignore[type-var]
        winner = times.index(best) if times.count(best) == 1 else -1
        assert seen.first[place] == winner
    assert "Finished" in seen.status


def test_nobody_is_called_first_too_early() -> None:
    seen = race()
    last: list[int] = [-1, -1, -1]
    while not seen.finished:
        seen.step()
        for before, now in zip(last, seen.first, strict=True):
            assert before in (-1, now)
        last = list(seen.first)


def test_buttons_headless() -> None:
    seen = race()
    seen.set_state({"speed": "×10", "asked": [[1, "step"]]})
    seen.set_state({"asked": [[1, "step"], [2, "step"]]})
    assert seen.taken == 20
    assert all(run.steps == 20 for run in seen.runs)
    seen.set_state({"show_wrong": True, "watched": 1})
    assert "words: " in seen.squares
    seen.set_state({"watched": 99})
    assert "map: " in seen.squares
    seen.set_state({"show_wrong": False})
    assert seen.squares == ""
    seen.set_state({"asked": [[3, "step"], [4, "step"]]})  # two presses in one message
    assert seen.taken == 40
    seen.set_state({"asked": [[5, "fly"]]})
    assert "no button 'fly'" in seen.error
    seen.set_state({"asked": [[6, "step"], [7, "stop"]]})
    assert (seen.taken, seen.error) == (0, "")
    seen.set_state({"asked": [[8, "play"]]})  # no loop runs here
    assert "outside a notebook" in seen.error
    assert seen.playing is False


@pytest.mark.parametrize("speed", SPEEDS)
def test_it_plays_in_the_background(speed: str) -> None:
    async def watch() -> Race:
        seen = race()
        seen.speed = speed
        seen.set_state({"asked": [[1, "play"]]})
        await asyncio.sleep(0.3)
        return seen

    seen = asyncio.run(watch())
    assert seen.taken > 1
    assert seen.error == ""


def test_pause_and_a_new_start_cancel_the_old() -> None:
    async def watch() -> None:
        seen = race()
        seen.play()
        first = seen._task
        seen.play()
        await asyncio.sleep(0.1)
        assert first is not None
        assert first.cancelled()
        assert seen.playing
        seen.set_state({"asked": [[1, "pause"]]})
        await asyncio.sleep(0.05)
        stood = seen.taken
        await asyncio.sleep(0.15)
        assert seen.taken == stood > 0
        assert "Paused" in seen.status
        seen.play()
        seen.seed = 5  # everybody back to the start
        await asyncio.sleep(0.1)
        assert (seen.taken, seen.playing) == (0, False)

    asyncio.run(watch())


def test_it_plays_to_the_end_and_to_the_first_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cliprl_lite.widgets.base.FRAME", 0.0)

    async def watch(speed: str) -> Race:
        seen = race()
        seen.speed = speed
        seen.play()
        while seen.playing:
            await asyncio.sleep(0.01)
        return seen

    end = asyncio.run(watch("ever faster"))
    assert end.times["scratch"] == by_learn(None, 0)
    assert end.status.startswith("Finished")
    arrival = asyncio.run(watch("to first arrival"))
    assert sum(run.learner.episode > 0 for run in arrival.runs) >= 1
    assert arrival.taken < 1_000
    assert "An arrival" in arrival.status

    async def again() -> None:
        end.play()  # a finished race begins anew
        await asyncio.sleep(0.05)
        assert end.playing
        assert 0 < end.taken < 1_000
        end.pause()

    asyncio.run(again())


def test_less_motion_means_fewer_pictures() -> None:
    async def watch() -> None:
        seen, drawn = race(), []
        seen.speed = "×10"
        seen.observe(lambda _: drawn.append(seen.taken), "chart")
        seen.set_state({"calm": True, "asked": [[1, "play"]]})
        await asyncio.sleep(0.3)
        seen.pause()
        assert drawn == [250]  # a second's worth at once, and then still
        seen.reset()
        seen.speed = "to first arrival"
        seen.play()
        await asyncio.sleep(0.3)
        assert sum(run.learner.episode > 0 for run in seen.runs) >= 1
        first = min(run.learner.episode_lengths[0] for run in seen.runs if run.learner.episode)
        assert first <= seen.taken <= 1.04 * first + 1  # it does not run past it
        assert not seen.playing

    asyncio.run(watch())


def test_what_goes_wrong_while_it_plays_is_shown() -> None:
    async def watch() -> Race:
        seen = race()
        seen.runs[1].advance = None  # type: ignore[assignment]
        seen.play()
        await asyncio.sleep(0.1)
        return seen

    seen = asyncio.run(watch())
    assert "stopped half-way" in seen.error
    assert seen.playing is False
    seen.reset()
    assert seen.error == ""


@pytest.mark.parametrize("state", [{"seed": -1}, {"hope": float("nan")}, {"hope": 1e308}])
def test_a_start_that_cannot_be_is_refused_in_words(state: dict[str, float]) -> None:
    seen = race()
    seen.set_state(state)
    assert "cannot start" in seen.error
    assert (seen.seed, seen.hope) == (0, 0.0)
    seen.set_state({"seed": 2, "hope": 0.0})
    seen.reset()
    assert seen.error == ""
    with pytest.raises(ValueError, match="one to three"):
        Race(WORLD, GOAL, {})
    with pytest.raises(ValueError, match="a voice is one of"):
        Race(WORLD, GOAL, {"a": ("loud", None)})


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_labels(typed: str) -> None:
    seen = Race(WORLD, GOAL, {typed: ("none", None), "b": ("map", NEAR)}, title=typed)
    seen.show_wrong = True
    seen.run_to(500)
    for svg in (seen.svg(), seen.chart, seen.squares):
        ElementTree.fromstring(svg)
        assert "<script" not in svg
        assert len(svg) < 60_000
    assert all(0 < len(name) <= 30 for name in seen.names)
    assert "<script" not in json.dumps(seen.animation()._repr_mimebundle_())


def test_without_a_kernel_there_is_a_picture() -> None:
    seen = race()
    seen.show_wrong = True
    seen.finish()
    bundle, _ = seen._repr_mimebundle_()
    made = ElementTree.fromstring(bundle["image/svg+xml"])
    assert made[0].text == "A race to the new goal"
    assert "scratch: first 20 episodes" in str(made[1].text)
    words = [part.text for part in made.iter() if part.tag.endswith("}text")]
    assert {"optimal everywhere", "scratch", seen.rows[0][3]} <= set(words)


def test_the_replay_is_small_and_ends_where_the_race_does() -> None:
    seen = race()
    seen.finish()
    figure = seen.animation()
    bundle = figure._repr_mimebundle_()["application/vnd.plotly.v1+json"]
    assert len(json.dumps(bundle)) < 60_000
    assert len(bundle["frames"]) > 10
    assert f"after {seen.taken:,} steps" in bundle["layout"]["title"]["text"]
    for place, run in enumerate(seen.runs):
        steps, wrong = (list(numbers) for numbers in run.wrong_curve())
        drawn = dict(zip(figure.data[place].x, figure.data[place].y, strict=True))
        filled = [drawn[max(1, at)] for at in steps if max(1, at) in drawn]
        assert filled[-1] == 0.5
        assert set(filled) == {max(0.5, number) for number in wrong}
        assert figure.frames[-1].data[place].y == figure.data[place].y
        assert figure.data[place + 3].x[-1] == max(1, run.steps_optimal)
    assert race().animation().frames  # nothing has happened yet, and it still draws


def test_nobody_is_first_until_it_is_sure() -> None:
    seen, steps = race(), 0
    while all(run.clocks["first20"] is None for run in seen.runs):
        steps += 50
        seen.run_to(steps)
    assert any(run.clocks["first20"] is None for run in seen.runs)
    assert seen.first[0] == -1  # a slow starter may still have the shorter episodes
    seen.finish()
    means = [run.clocks["first20"] for run in seen.runs]
    assert seen.first[0] == means.index(min(means))

    seen.reset()
    seen.run_to(100)
    for place, time in enumerate((500.0, 400.0, 450.0)):
        assert seen._first("optimal") == -1  # the others may need less than that
        seen.runs[place].steps_optimal = time
    assert seen._first("optimal") == 1


def test_who_ends_it_finds_it_standing_still() -> None:
    async def use() -> None:
        for stop in ("end", "close"):
            seen = race()
            seen.play()
            await asyncio.sleep(0.01)
            assert seen.playing
            getattr(seen, stop)()
            assert not seen.playing

    asyncio.run(use())
