"""The compiled loops of a browser tab, where numba does not run: WebAssembly, called by ctypes.

Each function here stands in for the Python function of the same name, takes the same arguments and
gives the same bits. `learning/loops.c` is where they are written, and `learning/loops.wasm` is what
they are compiled to (`python docs/live/compile_loops.py`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cliprl_lite._arrays import BoolArray, FloatArray, IntArray

LIBRARY = Path(__file__).parent / "learning" / "loops.wasm"

FLOATS: Any = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
INTEGERS: Any = np.ctypeslib.ndpointer(np.int64, flags="C_CONTIGUOUS")
TRUTHS: Any = np.ctypeslib.ndpointer(np.bool_, flags="C_CONTIGUOUS")
INTEGER, FLOAT, POINTER = ctypes.c_int64, ctypes.c_double, ctypes.c_void_p


@cache
def library() -> ctypes.CDLL:
    """The loops; ctypes refuses an array that has another type than C expects."""
    loops = ctypes.CDLL(str(LIBRARY))
    world = [INTEGERS, INTEGER, INTEGER]  # next states, S, A
    rule: list[Any] = [FLOAT, FLOAT, FLOAT, POINTER, POINTER]  # η, ε, γ, generator
    diary = [INTEGERS, INTEGERS, INTEGER]
    begin_and_end = [INTEGERS, INTEGERS, INTEGER]
    loops.q_learning_steps.argtypes = [
        FLOATS, *world, *begin_and_end, *rule, INTEGERS, INTEGER, INTEGER, *diary
    ]  # fmt: skip
    loops.q_learning_steps.restype = INTEGER
    loops.greedy_walk.argtypes = [
        FLOATS, *world, INTEGERS, TRUTHS, *[INTEGERS] * 3,
        *[FLOATS] * 2, *[INTEGERS] * 3, TRUTHS, INTEGERS,
    ]  # fmt: skip
    loops.greedy_walk.restype = FLOAT
    loops.capped_walks.argtypes = [FLOATS, *world, INTEGERS, FLOATS, FLOATS]
    loops.capped_walks.restype = None
    return loops


def integers(table: IntArray) -> IntArray:
    """A table that is only read; where NumPy's own integers have 32 bits, it may have these."""
    return np.ascontiguousarray(table, dtype=np.int64)


def q_learning_steps(
    q: FloatArray,
    next_state: IntArray,
    ends: IntArray,
    starts_from: IntArray,
    learning_rate: float,
    epsilon: float,
    discount: float,
    rng: np.random.Generator,
    state: int,
    start: int,
    length: int,
    episode: int,
    n_steps: int,
    last_episode: int,
    starts: IntArray,
    lengths: IntArray,
) -> tuple[int, int, int, int, int]:
    """As in `learning.qlearning`."""
    place = np.array([state, start, length, episode], dtype=np.int64)
    random = rng.bit_generator.ctypes
    done = library().q_learning_steps(
        q, integers(next_state), *q.shape, integers(ends), integers(starts_from), starts_from.size,
        learning_rate, epsilon, discount, random.next_double, random.state, place, n_steps,
        last_episode, starts, lengths, lengths.size,
    )  # fmt: skip
    return done, *place.tolist()


def greedy_walk(
    q: FloatArray,
    next_state: IntArray,
    distances: IntArray,
    counted: BoolArray,
    first: IntArray,
    before: IntArray,
    by: IntArray,
) -> tuple[FloatArray, float, int, int]:
    """As in `worlds.greedy`."""
    lengths, total = np.empty((2, len(q)))
    ties, open_ties, queue = np.empty((3, len(q)), dtype=np.int64)
    greedy, counts = np.empty(q.shape, dtype=np.bool_), np.empty(2, dtype=np.int64)
    walked = library().greedy_walk(
        q, integers(next_state), *q.shape, integers(distances), counted, integers(first),
        integers(before), integers(by), lengths, total, ties, open_ties, queue, greedy, counts,
    )  # fmt: skip
    n_settled, n_wrong = counts.tolist()
    return lengths, walked, n_settled, n_wrong


def capped_walks(share: FloatArray, next_state: IntArray, distances: IntArray) -> FloatArray:
    """As in `worlds.greedy`."""
    left, before = np.empty((2, len(share)))
    library().capped_walks(
        share, integers(next_state), *share.shape, integers(distances), left, before
    )
    return left


LOOPS: dict[str, Callable[..., Any]] = {
    "learning.qlearning.q_learning_steps": q_learning_steps,
    "worlds.greedy.greedy_walk": greedy_walk,
    "worlds.greedy.capped_walks": capped_walks,
}
"""The Python functions, by module and name in this package, and what stands in for each."""
