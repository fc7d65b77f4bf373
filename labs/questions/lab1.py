"""Lab 1: what the autograder asks."""

from __future__ import annotations

from functools import cache
from math import comb
from typing import Any

import numpy as np
from judge import Graded, NoAnswer, Question, Source, array, dice, near, number

import cliprl_lite as clip

GRADED = {
    "l1-q1-check": Graded("l1-q1-update"),
    "l1-q2-check": Graded("l1-q2-choice"),
    "l1-q3-check": Graded("l1-q3-loop"),
    "l1-q4-check": Graded("l1-q4-measures"),
    "l1-q5-check": Graded("l1-q5-interval"),
    "l1-q6-check": Graded("l1-q6-steps"),
}
Q1, Q2, Q3, Q4, Q5, Q6 = GRADED.values()
CAP = 200_000


# One update ---------------------------------------------------------------------------------------
def updates(q: Question, done: bool) -> None:
    for case in range(60):
        old, reward, *seen = (6 * q.dice.standard_normal(6)).tolist()
        eta, gamma = float(q.dice.random()), float(q.dice.random())
        eta = [0.0, 1.0, eta][case % 3]
        right = old + eta * (reward + (0.0 if done else gamma * max(seen)) - old)
        got, kept = q.ask(
            "lambda v, *rest: (update(rest[0], rest[1], v, *rest[2:]), v)",
            np.array(seen), old, reward, done, eta, gamma,
        )  # fmt: skip
        near(got, right, f"from {old:.3f}, reward {reward:.3f}, η = {eta:.2f}, γ = {gamma:.2f}")
        assert kept == seen, "it has changed the values of the next square"


@Q1.test(1, "steps that go on")
def _(q: Question) -> None:
    updates(q, done=False)


@Q1.test(1, "the last step of an episode")
def _(q: Question) -> None:
    updates(q, done=True)


# Which action? ------------------------------------------------------------------------------------
def shares(q: Question, values: list[float], epsilon: float, draws: int = 8_000) -> None:
    """Hold the shares of the actions against their exact probabilities, at five sigmas."""
    best = np.array(values) == max(values)
    right = epsilon * np.array(q.edition["explore"]) + (1 - epsilon) * best / best.sum()
    taken = q.ask(
        f"lambda v, e, rng: [epsilon_greedy(v, e, rng) for _ in range({draws})]",
        np.array(values), epsilon, dice(q.seed()),
    )  # fmt: skip
    found = np.bincount([int(number(one, "an action")) for one in taken], minlength=4) / draws
    assert (np.abs(found - right) <= 5 * np.sqrt(right * (1 - right) / draws)).all(), (
        f"for {np.round(values, 2)} and ε = {epsilon:.2f} the actions are taken with shares "
        f"{found.round(3)}; right is {right.round(3)}"
    )


@Q2.test(1, "shares of the actions, where one is best")
def _(q: Question) -> None:
    for _case in range(3):
        shares(q, (-9 * q.dice.random(4)).tolist(), float(q.dice.uniform(0.1, 0.6)))


@Q2.test(1, "shares of the actions, where several are equally good")
def _(q: Question) -> None:
    for high in ([0, 2], [1, 3], [0, 1, 3]):
        values = -1.3 - 9 * q.dice.random(4)
        values[high] = -1.25
        shares(q, values.tolist(), float(q.dice.uniform(0.1, 0.3)))


@Q2.test(0.5, "ε = 0 and ε = 1")
def _(q: Question) -> None:
    shares(q, (-9 * q.dice.random(4)).tolist(), 0.0)
    shares(q, (-9 * q.dice.random(4)).tolist(), 1.0)


@Q2.test(0.5, "all randomness from rng")
def _(q: Question) -> None:
    seed = q.seed()
    one, again, other = (
        q.ask("lambda rng: [epsilon_greedy(np.zeros(4), 0.5, rng) for _ in range(60)]", dice(each))
        for each in (seed, seed, seed + 1)
    )
    assert one == again, "two generators of the same seed give different actions"
    assert one != other, "two generators of different seeds give the same actions"


# The loop -----------------------------------------------------------------------------------------
OWN = """
def update(old, reward, next_values, done, eta, gamma, *_, **__):
    return old + eta * (reward + (0.0 if done else gamma * max(next_values)) - old)


def epsilon_greedy(values, epsilon, rng, *_, **__):
    explores, values = rng.random() < epsilon, list(values)
    return int(rng.choice([a for a in range(4) if explores or values[a] == max(values)]))
"""


def tables(q: Question, world: str, goal: tuple[int, int], steps: int, seeds: list[int],
           settings: tuple[float, ...]) -> Any:  # fmt: skip
    """A table for each seed, with our `update` and `epsilon_greedy`; or else with the student's."""
    call = (
        f"lambda seeds, *rest: [q_learning(clip.GridWorld.{world}, {goal}, {steps}, "
        "np.random.default_rng(seed), *rest) for seed in seeds]"
    )
    try:
        found = q.ask(call, seeds, *settings, instead=OWN)
    except NoAnswer:
        found = q.ask(call, seeds, *settings)
    n_states = eval(f"clip.GridWorld.{world}", {"clip": clip}).n_states
    return array(found, (len(seeds), n_states, 4), "the tables")


@Q3.test(1.5, "with ε = 1, η = 1 and many steps, the table of value iteration")
def _(q: Question) -> None:
    cases = (("open_map(4)", (1, 2), 0.0), ("four_rooms(7)", (6, 5), -20.5))
    for name, goal, start in cases:
        world = eval(f"clip.GridWorld.{name}", {"clip": clip})
        (found,) = tables(q, name, goal, 12_000, [q.seed()], (1.0, 1.0, 0.9, start))
        end = world.state(goal)
        assert (found[end] == start).all(), "the goal's row has changed"
        rest = np.arange(world.n_states) != end
        near(found[rest], q.edition["cost"] * world.optimal_q(goal, 0.9)[rest], f"in {name}")


@Q3.test(1, "the entries that one and two steps change")
def _(q: Question) -> None:
    world, start, eta, gamma = clip.GridWorld.open_map(9), -4.25, 0.5, 0.9
    end, seeds = world.state((0, 0)), [q.seed() for _ in range(40)]
    arrived = 0
    for steps in (1, 2):
        for table in tables(q, "open_map(9)", (0, 0), steps, seeds, (eta, 0.5, gamma, start)):
            changed = np.argwhere(table != start).tolist()
            assert 1 <= len(changed) <= steps, f"{steps} steps change {len(changed)} entries"
            for state, action in changed:
                if world.next_state[state, action] != end and len(changed) == steps:
                    near(
                        table[state, action],
                        start + eta * (-q.edition["cost"] + gamma * start - start),
                        f"one entry after {steps} steps from a table of {start}, η = {eta}",
                    )
            if len(changed) == 2:
                (a, one), (b, other) = changed
                goes_on = world.next_state[a, one] == b or world.next_state[b, other] == a
                arrived += goes_on or end in world.next_state[[a, b], [one, other]]
                assert goes_on or end in world.next_state[[a, b], [one, other]], (
                    "the second step does not begin on the square that the first one reached"
                )
    assert arrived, "no second step was ever made"


@Q3.test(0.5, "as many steps as asked for")
def _(q: Question) -> None:
    seeds = [q.seed() for _ in range(12)]
    found = tables(q, "open_map(15)", (0, 0), 10, seeds, (1.0, 0.0, 0.9, 0.0))
    most = int((found != 0).sum(axis=(1, 2)).max())
    assert most == 10, f"ten steps without exploration change ten entries; yours change {most}"


@Q3.test(0.5, "episodes begin on any square but the goal")
def _(q: Question) -> None:
    found = tables(q, "open_map(3)", (1, 1), 1, [q.seed() for _ in range(60)], (1.0, 1.0))
    begun = set(np.argwhere(found != 0)[:, 1].tolist())
    assert 4 not in begun, "an episode began at the goal"
    assert len(begun) >= 6, f"sixty runs began on {len(begun)} squares of eight"


@Q3.test(0.5, "all randomness from rng")
def _(q: Question) -> None:
    seed = q.seed()
    one, again, other = (
        tables(q, "four_rooms(7)", (0, 0), 300, [each], (0.5, 0.1))
        for each in (seed, seed, seed + 1)
    )
    assert (one == again).all(), "two generators of the same seed give different tables"
    assert (one != other).any(), "two generators of different seeds give the same table"


# Has it converged? --------------------------------------------------------------------------------
@Q4.test(1, "the largest error")
def _(q: Question) -> None:
    for _case in range(6):
        table, truth = 9 * q.dice.standard_normal((2, int(q.dice.integers(5, 30)), 4))
        apart = sorted(abs(a - b) for a, b in zip(table.flat, truth.flat, strict=True))
        right = sum(apart[-q.edition["largest"] :]) / q.edition["largest"]
        near(q.ask("largest_error", table, truth), right, "the largest error of a random table")


def steps_from(world: clip.GridWorld, end: int) -> Any:
    """Steps from a square to every other, ring by ring."""
    found, ring, distance = {end}, [end], np.zeros(world.n_states, dtype=int)
    while ring:
        after = {int(s) for state in ring for s in world.next_state[state]} - found
        for state in after:
            distance[state] = distance[ring[0]] + 1
        found, ring = found | after, sorted(after)
    return distance


def wrong(q: Question, tied: bool) -> None:
    """Count wrong squares by distances, in tables with and without ties."""
    for name, goal in (
        ("four_rooms(7)", (4, 6)),
        ("open_map(5)", (2, 2)),
        ("four_rooms(9)", (0, 0)),
    ):
        world = eval(f"clip.GridWorld.{name}", {"clip": clip})
        exact, end = world.optimal_q(goal), world.state(goal)
        away = steps_from(world, end)
        noise = q.dice.random(exact.shape)
        for table in (
            (np.zeros_like(exact) - 0.5, -np.floor(3 * noise) / 4, exact - (noise < 0.3) / 2)
            if tied
            else (noise, exact + 1e-3 * noise + 2 * (noise > 0.8), -noise)
        ):
            right = 0
            for state in range(world.n_states):
                liked = [a for a in range(4) if table[state, a] == max(table[state])]
                shorter = [away[world.next_state[state, a]] < away[state] for a in liked]
                right += state != end and not all(shorter)
            got = number(q.ask("wrong_squares", table, Source(f"clip.GridWorld.{name}"), goal))
            assert got == right, f"a table of {name} with {right} wrong squares; yours says {got:g}"


@Q4.test(1, "wrong squares, where one action is best")
def _(q: Question) -> None:
    wrong(q, tied=False)


@Q4.test(1, "wrong squares, where several are equally good")
def _(q: Question) -> None:
    wrong(q, tied=True)


# How sure? ----------------------------------------------------------------------------------------
def exact_ends(values: list[float], percentiles: tuple[float, float]) -> list[float]:
    """Where the bootstrap's distribution function of the median passes two percentiles."""
    values, n = sorted(values), len(values)
    below = [
        sum(comb(n, k) * (i / n) ** k * (1 - i / n) ** (n - k) for k in range(n // 2 + 1, n + 1))
        for i in range(n + 1)
    ]
    ends = [each / 100 for each in percentiles]
    assert all(abs(p - end) > 0.008 for p in below for end in ends), "too near a jump to judge"
    return [values[next(i for i in range(n) if below[i + 1] > end)] for end in ends]


@Q5.test(0.5, "the median")
def _(q: Question) -> None:
    for n in (5, 8, 13):
        values = np.exp(2 * q.dice.standard_normal(n))
        got = q.ask("median_interval", values, dice(q.seed()))
        assert len(got) == 3, f"(median, low, high) are three numbers, not {len(got)}"
        near(got[0], (np.sort(values)[(n - 1) // 2] + np.sort(values)[n // 2]) / 2, "the median")


@Q5.test(1, "the interval, where it is known exactly")
def _(q: Question) -> None:
    for n in (7, 17):
        values = np.exp(2 * q.dice.standard_normal(n)).tolist()
        got = q.ask("median_interval", np.array(values), dice(q.seed()), 20_000)
        near(got[1:], exact_ends(values, q.edition["percentiles"]), f"the ends, of {n} values")


@Q5.test(0.5, "all randomness from rng")
def _(q: Question) -> None:
    values, seed = np.exp(q.dice.standard_normal(40)), q.seed()
    one, again = (q.ask("median_interval", values, dice(seed), 500) for _ in range(2))
    others = [q.ask("median_interval", values, dice(seed + k), 500) for k in range(1, 6)]
    assert one == again, "two generators of the same seed give different intervals"
    assert any(one != other for other in others), "generators of any seed give the same interval"


# η, hope and gloom --------------------------------------------------------------------------------
@cache
def finished_at(target: str, eta: float, start: float, epsilon: float, seed: int) -> int | None:
    """A run in pieces: steps at the first check that finds no wrong square; None if cut off."""
    house = clip.load_suite("house_a")
    world, goal = house.world, house.transfer(target).target.goal
    table = np.full((world.n_states, 4), float(start))
    learner = clip.Learner(world, goal, table, seed, learning_rate=eta, epsilon=epsilon)
    right, others = world.optimal_actions(goal), np.arange(world.n_states) != world.state(goal)
    while learner.steps < CAP:
        liked = learner.q == learner.q.max(axis=1, keepdims=True)
        if not (liked & ~right)[others].any():
            return learner.steps
        # checks stand at a spacing of 5 per cent
        pause = max(learner.steps + 1, int(np.ceil(learner.steps * 1.05)))
        learner.run(min(CAP, pause) - learner.steps)
    return None


def steps(q: Question, cases: tuple[tuple[float, float, float], ...]) -> None:
    for eta, start, epsilon in cases:
        seeds = [q.seed() for _ in range(3)]
        found = [finished_at(q.edition["target"], eta, start, epsilon, seed) for seed in seeds]
        cut = q.edition["times_cap"] * CAP
        right = [cut if one is None else one for one in found]
        got = q.ask("steps_needed", eta, start, epsilon, seeds)
        near(
            got, right, f"steps with η = {eta}, start {start} and ε = {epsilon}, three seeds", 1e-9
        )


@Q6.test(1, "runs that finish")
def _(q: Question) -> None:
    steps(q, ((1.0, 0.0, 0.1), (0.5, 0.0, 0.05)))


@Q6.test(1, "runs that are cut off")
def _(q: Question) -> None:
    steps(q, ((1.0, -5.0, 0.0), (1.0, -20.0, 0.1)))
