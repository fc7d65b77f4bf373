"""The exercises of notebook 01: a step, a backup, and a sweep without an end."""

from __future__ import annotations

from typing import Any

import numpy as np

from cliprl_lite._arrays import FloatArray, IntArray
from cliprl_lite.check.answers import Function, Stopped, as_array, as_number, as_whole, slack
from cliprl_lite.check.exercises import exercise
from cliprl_lite.check.verdict import Verdict, right, wrong
from cliprl_lite.worlds.finite_world import DISCOUNT
from cliprl_lite.worlds.gridworld import ACTIONS, MOVES, GridWorld

_MAPS = (
    GridWorld.from_text("..#.\n...."),
    GridWorld.from_text("...\n.#.\n.#.\n..."),
    GridWorld.four_rooms(5),
    GridWorld.four_rooms(7),
)


_HINTS: dict[type[Exception], str] = {
    IndexError: "Ask whether a place is on the map before you look it up"
}

_LIMIT = 1e-3
"""Relative error that is allowed in the number that sweeps converge to."""


@exercise(1, "One step")
def next_cell(step: Any) -> Verdict:
    """Exercise 1: `step(walls, cell, action)` gives the cell that an action leads to.

    Example:
        >>> next_cell(lambda walls, cell, action: ...)
        … Not yet: fill in the dots, and run the cell again
    """
    asked = Function(step, hints=_HINTS)
    faults = [fault for world in _MAPS for fault in _step_faults(asked, world)]
    for kind in ("way", "stays", "edge", "wall"):  # the plainest first
        for found, words in faults:
            if found == kind:
                return wrong(words)
    return right(
        f"all four actions, from every square of {len(_MAPS)} maps; "
        "a blocked move is a step that leads nowhere"
    )


@exercise(2, "One backup")
def one_backup(backup: Any) -> Verdict:
    """Exercise 2: `backup(q, state, next_state, goal)` gives one state's four new values.

    Example:
        >>> one_backup(lambda q, state, next_state, goal: q[state])
        ✗ Not quite: the four old values came back: look where each action leads, and what is there
    """
    asked = Function(backup)
    rng, discount = np.random.default_rng(0), DISCOUNT
    for world in _MAPS:
        q = rng.uniform(-9, 5, (world.n_states, len(ACTIONS)))
        goal = world.n_states // 2
        q[goal] = 0.0
        for state in sorted(range(world.n_states), key=lambda state: state == goal):
            reached = world.next_state[state]
            want = np.zeros(4) if state == goal else -1 + discount * q[reached].max(axis=1)
            answer = asked(q, state, world.next_state, goal)
            got = _four(answer, world)
            if not np.allclose(got, want, rtol=0, atol=max(1e-8, 10 * slack(answer))):
                return wrong(_backup_fault(got, q, state, reached, goal))
    return right(
        f"every state of {len(_MAPS)} maps, beside walls, beside the goal, and at the goal itself"
    )


@exercise(3, "Break it: forget the goal")
def runs_to(limit: Any) -> Verdict:
    """Exercise 3: `limit(discount)` is where every value runs if no episode ever ends.

    Example:
        >>> runs_to(lambda discount: -100).words[:36]
        'the same number for every discount: '
    """
    asked = Function(limit)
    discounts = np.array([0.5, 0.9, 0.99, 0.8, 0.97])
    same = "in the end all entries of the table are the same"
    got = np.array([as_number(asked(float(one)), "one number", same) for one in discounts])
    want = -1 / (1 - discounts)
    if np.allclose(got, want, rtol=_LIMIT, atol=0):
        return right(
            "and all squares run to it alike: without an end there is nothing to find. "
            "At γ = 1 there is no such number, and the values fall for ever"
        )
    if np.allclose(got, got[0]):
        return wrong("the same number for every discount: try the sweeps with 0.5 and with 0.9")
    if np.allclose(got, -want, rtol=_LIMIT):
        return wrong("the size is right; but each step costs 1, so which sign does their sum have?")
    if np.allclose(got, want + 1, rtol=_LIMIT):
        return wrong("one step is missing: the first one is paid in full, before any discount")
    if np.allclose(got, -1 / discounts) or np.allclose(got, -discounts):
        return wrong("the cost goes on for ever: −1, then −γ, then −γ², and so on; sum them all")
    if not np.isfinite(got).all():
        return wrong("below γ = 1 the later costs shrink, so that their sum is a finite number")
    if ((got > want) & (got < 0)).all():
        return wrong("the values are on their way there, but they still fall: sweep longer")
    return wrong("at such a value one more sweep would still change the table")


# ---------------------------------------------------------------------------------------------
# What may come back from a reader's function
# ---------------------------------------------------------------------------------------------
def _pair(got: Any) -> tuple[int, int]:
    wanted = "a pair of whole numbers, (row, column)"
    cell = as_whole(got, wanted)
    if cell.shape != (2,):
        raise Stopped(wrong(f"a cell is {wanted}; this has the shape {cell.shape}"))
    return int(cell[0]), int(cell[1])


def _four(got: Any, world: GridWorld) -> FloatArray:
    values = as_array(got, "four values, which have to be numbers")
    if values.shape == (world.n_states, 4):
        raise Stopped(wrong("the whole table came back: one backup gives one row of it"))
    if values.shape == ():
        words = "a single number came back: the maximum is taken at each of the four places reached"
        raise Stopped(wrong(words))
    if values.shape != (4,):
        words = f"four values, one for each action; got the shape {values.shape}"
        raise Stopped(wrong(words))
    return values


# ---------------------------------------------------------------------------------------------
# Which mistake it was
# ---------------------------------------------------------------------------------------------
def _step_faults(step: Function, world: GridWorld) -> list[tuple[str, str]]:
    """Kind and words of each mistake on one map."""
    faults = []
    rows, columns = world.shape
    for state, (row, column) in enumerate(world.cells.tolist()):
        for action, (down, along) in enumerate(MOVES.tolist()):
            got = _pair(step(world.walls, (row, column), action))
            if got == world.cell(int(world.next_state[state, action])):
                continue
            ahead = (row + down, column + along)
            inside = 0 <= ahead[0] < rows and 0 <= ahead[1] < columns
            move = f"{ACTIONS[action]} from {(row, column)}"
            if inside and not world.walls[ahead]:
                back = (row - down, column - along)
                turned = (row + along, column + down)
                if got == back:
                    words = f"{move} went the opposite way: row 0 is at the top"
                elif got == turned:
                    words = f"{move} went another way: a cell is (row, column), the row first"
                elif got == (row, column):
                    words = f"{move} did not move, although the way is free"
                else:
                    words = f"{move} led to {got}; an action leads to one of the four neighbours"
                faults.append(("stays" if got == (row, column) else "way", words))
            elif inside:
                faults.append(("wall", f"{move} led to {got}: a wall was in the way"))
            elif got == ahead:
                faults.append(("edge", f"{move} left the map: over the edge the agent stays"))
            else:
                words = f"{move} led to {got}: at the edge the agent stays where it is"
                if got == (ahead[0] % rows, ahead[1] % columns):
                    words += " (an index of −1 is the last one in Python)"
                faults.append(("edge", words))
    return faults


def _backup_fault(
    got: FloatArray,
    q: FloatArray,
    state: int,
    reached: IntArray,
    goal: int,
) -> str:
    if state == goal:
        return "the goal's row has to stay 0: nothing is paid or earned after the end"
    there, discount = q[reached], DISCOUNT
    known = {
        "the four old values came back: look where each action leads, and what is there": q[state],
        "the lowest value was taken: at the next square the agent picks its best action, the "
        "highest": -1 + discount * there.min(axis=1),
        "an average was taken: at the next square the agent picks its best action": -1
        + discount * there.mean(axis=1),
        "the reward is missing: the step itself costs 1": discount * there.max(axis=1),
        "the reward has the wrong sign: a step costs": 1 + discount * there.max(axis=1),
        "the discount is missing: what comes one step later counts γ = 0.99 times": -1
        + there.max(axis=1),
        "the discount is in the wrong place: the reward of this step is paid in full, and only "
        "what comes later is discounted": discount * (there.max(axis=1) - 1),
        "the values of the state itself were used, not those of the squares it leads to": -1
        + discount * np.full(4, q[state].max()),
        "the values of the state itself were used, and not the best of each next square": -1
        + discount * q[state],
        "each action was repeated at the next square: there the agent is free to pick another": -1
        + discount * there[np.arange(4), np.arange(4)],
        "argmax tells which action is best; here its value is needed": -1
        + discount * there.argmax(axis=1),
        "the number of the next state was taken for its value": -1 + discount * reached,
    }
    for words, mistaken in known.items():
        if np.allclose(got, mistaken, rtol=0, atol=1e-8):
            return words
    place = int(np.argmax(np.abs(got - (-1 + discount * there.max(axis=1)))))
    return (
        f"in one of the tests the value of {ACTIONS[place]!r} was {got[place]:.2f}, which is not "
        "−1 plus γ times the best value at the square it leads to"
    )
