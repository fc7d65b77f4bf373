"""Runs: when one is finished, its checks and clocks, replayed step by step."""

from __future__ import annotations

import numpy as np
import pytest
from test_qlearning import bits

from cliprl_lite.learning import runs
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.learning.runs import Run, learn
from cliprl_lite.worlds.greedy import evaluate_greedy
from cliprl_lite.worlds.gridworld import GridWorld

WORLD = GridWorld.from_text("""
    ....#.
    .##...
    .#..#.
    ...#..
""")
GOAL = (0, 5)
ROOMS, FAR_GOAL = GridWorld.four_rooms(9), (1, 6)
WRONG_TEACHER = ROOMS.optimal_q((7, 0))

RUNS = {
    "plain": {"seed": 2},
    "from a wrong teacher": {"seed": 2, "start_q": WRONG_TEACHER},
    "near-optimal only": {"seed": 4, "start_q": WRONG_TEACHER, "until": "near_optimal"},
    "optimal, then spoilt": {
        "seed": 2,
        "start_q": ROOMS.optimal_q(FAR_GOAL) / 2,
        "min_episodes": 30,
    },
    "no episodes asked for": {"seed": 5, "min_episodes": 0},
    "long": {"seed": 2, "min_episodes": 900},
    "cut off early": {"seed": 5, "cap": 61},
    "cut off late": {"seed": 6, "cap": 4_000, "learning_rate": 0.5},
    "cut off between the two": {"seed": 4, "start_q": WRONG_TEACHER, "cap": 10_000},
}


@pytest.fixture(scope="module", params=RUNS)
def case(request: pytest.FixtureRequest) -> tuple[dict, Run]:
    return RUNS[request.param], learn(ROOMS, FAR_GOAL, **RUNS[request.param])


def test_checks_are_spaced_by_five_percent(case: tuple[dict, Run]) -> None:
    _, run = case
    steps = run.check_steps
    assert steps[0] == 0
    assert steps[-1] == run.steps
    assert len(steps) == len(run.checks)
    assert (np.diff(steps) >= 1).all()
    assert (steps[1:] <= 1.05 * steps[:-1] + 1).all()
    assert (steps[1:-1] >= 1.05 * steps[:-2]).all()


def test_every_check_tells_the_truth(case: tuple[dict, Run]) -> None:
    """Replayed in other pieces, step by step around the twentieth episode."""
    choices, run = case
    settings = {
        name: value
        for name, value in choices.items()
        if name in ("seed", "start_q", "learning_rate")
    }
    replay, few_shot = Learner(ROOMS, FAR_GOAL, **settings), None
    found = {"near_optimal": None, "optimal": None}
    for steps, check in zip(run.check_steps, run.checks, strict=True):
        while replay.steps < steps:
            episode = replay.episode
            replay.run(1)
            if episode == 19 and replay.episode == 20:
                few_shot = evaluate_greedy(replay.q, ROOMS, FAR_GOAL)
        assert evaluate_greedy(replay.q, ROOMS, FAR_GOAL) == check
        for rule in found:
            if found[rule] is None and getattr(check, rule):
                found[rule] = int(steps)
    assert replay.q.tobytes() == run.q.tobytes()
    assert replay.episode_lengths.tolist() == run.episode_lengths.tolist()
    assert run.few_shot == few_shot
    assert run.steps_near_optimal == found["near_optimal"]
    assert run.steps_optimal == found["optimal"]


def test_a_run_goes_on_exactly_until_its_rule_and_its_episodes_are_met(
    case: tuple[dict, Run],
) -> None:
    choices, run = case
    rule, episodes = choices.get("until", "optimal"), choices.get("min_episodes", 100)
    passed = run.steps_optimal if rule == "optimal" else run.steps_near_optimal
    if run.stop_reason == "cap":
        assert passed is None
        assert run.steps == choices["cap"]
        return
    assert passed is not None
    assert len(run.episode_lengths) >= episodes
    before = Learner(ROOMS, FAR_GOAL, choices.get("start_q"), choices["seed"])
    before.run(int(run.check_steps[-2]))
    assert before.steps < passed or before.episode < episodes


@pytest.mark.parametrize("largest", [1, 7, 400, 30_000])
def test_a_run_in_pieces_is_the_run_at_once_and_stands_where_it_was_stopped(
    case: tuple[dict, Run], largest: int
) -> None:
    choices, whole = case
    rng, run, stops = np.random.default_rng(largest), Run(ROOMS, FAR_GOAL, **choices), 0
    twentieth = whole.episode_lengths[:20].sum() if len(whole.episode_lengths) >= 20 else np.inf
    while run.stop_reason is None:
        to = run.steps + int(rng.integers(1, largest + 1))
        run.advance(to)
        assert run.steps == min(to, whole.steps)
        stops += 1
        if stops % max(1, 2_000 // largest) and run.stop_reason is None:
            continue
        seen = int((whole.check_steps <= run.steps).sum())
        assert run.check_steps.tolist() == whole.check_steps[:seen].tolist()
        assert run.checks == whole.checks[:seen]
        assert run.few_shot == (whole.few_shot if run.steps >= twentieth else None)
        for clock, time in whole.clocks.items():
            stopped = run.steps >= (twentieth if clock == "first20" else time or 0)
            assert run.clocks[clock] == (time if stopped else None)
    run.advance(10**9)  # it has ended
    assert bits(run.learner) == bits(whole.learner)
    assert (run.stop_reason, run.clocks) == (whole.stop_reason, whole.clocks)
    assert run.episode_shortest.tolist() == whole.episode_shortest.tolist()


def test_a_run_does_not_go_back() -> None:
    run = Run(ROOMS, FAR_GOAL, seed=1)
    run.advance(500)
    run.advance(200)
    assert run.steps == 500


def test_the_wrong_curve_counts_at_every_check_and_now() -> None:
    run = Run(ROOMS, FAR_GOAL, seed=0)
    n_squares = ROOMS.n_states - 1
    assert [numbers.tolist() for numbers in run.wrong_curve()] == [[0], [n_squares]]
    pieces = {}
    while run.stop_reason is None:
        run.advance(run.steps + 997)
        pieces[run.steps] = wrong_by_hand(run)
        steps, wrong = run.wrong_curve()
        assert (steps[-1], wrong[-1]) == (run.steps, pieces[run.steps])
    steps, wrong = run.wrong_curve()
    assert steps.tolist() == run.check_steps.tolist()
    assert wrong[-1] == 0 < wrong[len(wrong) // 2]
    for until in (0, 500, 3_000):
        part = run.wrong_curve(until)
        assert part[0].tolist() == [at for at in steps if at <= until]
        assert part[1].tolist() == wrong[: len(part[0])].tolist()
    assert run.wrong_curve(10**9)[0].tolist() == steps.tolist()


def wrong_by_hand(run: Run) -> int:
    """States, the goal apart, with a best action that is on no shortest path."""
    best = run.q == run.q.max(axis=1, keepdims=True)
    good = ROOMS.optimal_actions(FAR_GOAL)
    return int((best & ~good).any(axis=1).sum())


def test_the_cases_above_differ() -> None:
    runs = {name: learn(ROOMS, FAR_GOAL, **choices) for name, choices in RUNS.items()}
    assert {name for name, run in runs.items() if run.stop_reason == "cap"} == {
        name for name in RUNS if name.startswith("cut off")
    }
    wrong, early, between = (
        runs[name] for name in ("from a wrong teacher", "cut off early", "cut off between the two")
    )
    assert wrong.steps_near_optimal < wrong.steps_optimal == wrong.steps
    assert runs["near-optimal only"].steps_optimal is None
    assert runs["long"].steps > runs["long"].steps_optimal
    assert (early.few_shot, early.steps_near_optimal) == (None, None)
    assert between.steps_near_optimal < between.steps
    assert between.steps_optimal is None


def test_a_perfect_start_is_finished_at_step_0_and_still_lasts_100_episodes() -> None:
    run = learn(WORLD, GOAL, WORLD.optimal_q(GOAL))
    assert (run.steps_near_optimal, run.steps_optimal, run.stop_reason) == (0, 0, "finished")
    assert len(run.episode_lengths) >= 100


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("learning_rate", 0.0, "learning rate"),
        ("learning_rate", -0.5, "learning rate"),
        ("learning_rate", 1.01, "learning rate"),
        ("learning_rate", float("nan"), "learning rate"),
        ("epsilon", -0.01, "epsilon"),
        ("epsilon", 1.01, "epsilon"),
        ("epsilon", float("nan"), "epsilon"),
        ("discount", 0.0, "discount"),
        ("discount", 1.01, "discount"),
        ("start_q", np.zeros((4, WORLD.n_states)), "shape"),
        ("start_q", np.zeros((WORLD.n_states, 5)), "shape"),
        ("start_q", np.full((WORLD.n_states, 4), np.nan), "not finite"),
        ("start_q", np.full((WORLD.n_states, 4), -np.inf), "not finite"),
        ("goal", (0, 4), "wall"),
        ("goal", (9, 0), "outside"),
        ("goal", (0.0, 5), "two whole numbers; got"),
        ("goal", (False, 5), "two whole numbers; got"),
        ("goal", 5, "two whole numbers; got"),
        ("until", "perfect", "until is 'optimal' or 'near_optimal'"),
        ("cap", 0, "cap"),
    ],
)
def test_what_cannot_be_is_refused(setting: str, value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        learn(WORLD, **({"goal": GOAL} | {setting: value}))


def test_the_cap_grows_with_the_square_of_the_states_past_25(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runs, "DEFAULT_CAP", 1_000)
    caps = {size: runs.cap_for(GridWorld.open_map(size)) for size in (5, 25, 26, 50, 60)}
    assert caps == {5: 1_000, 25: 1_000, 26: 1_169, 50: 16_000, 60: 33_177}
    assert learn(GridWorld.open_map(26), (0, 0)).steps == 1_169
    assert learn(GridWorld.open_map(26), (0, 0), cap=77).steps == 77
