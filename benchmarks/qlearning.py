"""How fast is the compiled textbook loop, and how far is it from what the machine can do?

    python benchmarks/qlearning.py [--json FILE]

On a 25×25 open map, goal in a corner, in one run on one core, the two sides of a ratio in turns:

- environment steps of the library's loop against an unwrapped Gymnasium class with a NumPy table
  (`fifty_learners.py`; `rng.choice` among the tied actions, the way of Gymnasium's own tutorial,
  is a third of its time) and against the same source in plain Python;
- the same loop in C (`q_learning.c`) against the compiled one, and where the rest goes: one after
  the other, the compiled loop is relieved of what C does not do, until little is left;
- 50 learners from nothing to optimal in a fresh process, import and checks included, with numba's
  cache filled (warm) and empty (cold), against the Gymnasium loop at the same work.
"""

from __future__ import annotations

import ctypes
import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from fifty_learners import EPSILON, GOAL, LEARNING_RATE, WORLD, GymnasiumLearner
from measurement import Measurement, figure, report
from numba import njit

from cliprl_lite._compiling import compiled
from cliprl_lite.learning import qlearning
from cliprl_lite.learning.qlearning import Learner, q_learning_steps
from cliprl_lite.worlds.finite_world import DISCOUNT
from cliprl_lite.worlds.greedy import evaluate_greedy

HERE = Path(__file__).parent
FEW, MANY = 20_000, 2_000_000  # steps of one timing, of a slow loop and of a fast one
FIRST_STATE, SEED_WORDS = 5, np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9], dtype=np.uint64)

Loop = Callable[[int], object]


def seconds_per_step(loops: dict[str, tuple[Loop, int]], seconds: float) -> dict[str, float]:
    """The best of several timings of each loop, taken in turns: a busy moment meets them all.

    Args:
        loops: by name, a loop and the number of steps of one timing.
    """
    best = dict.fromkeys(loops, np.inf)
    for loop, _ in loops.values():
        loop(1_000)  # compile, warm up
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or np.inf in best.values():
        for name, (loop, n_steps) in loops.items():
            begin = time.perf_counter()
            loop(n_steps)
            best[name] = min(best[name], (time.perf_counter() - begin) / n_steps)
    return best


# ---------------------------------------------------------------------------------------------
# Environment steps a second
# ---------------------------------------------------------------------------------------------
def gymnasium_loop(n_steps: int) -> None:
    GymnasiumLearner().run(n_steps)


def library_loop(n_steps: int) -> None:
    Learner(WORLD, GOAL).run(n_steps)


def run(steps: Callable[..., object], rng: object, n_steps: int) -> np.ndarray:
    """The table after `n_steps` of `q_learning_steps`, or of a loop that takes its arguments."""
    q, log = np.zeros((WORLD.n_states, 4)), np.zeros(0, dtype=np.int64)
    rule = (LEARNING_RATE, EPSILON, DISCOUNT)
    place = (FIRST_STATE, FIRST_STATE, 0, 0)
    steps(q, WORLD.next_state, WORLD.state(GOAL), *rule, rng, *place, n_steps, -1, log, log)
    return q


def plain_loop(n_steps: int) -> np.ndarray:
    return run(q_learning_steps, np.random.default_rng(0), n_steps)


def compiled_loop(n_steps: int) -> np.ndarray:
    return run(compiled(q_learning_steps), np.random.default_rng(0), n_steps)


def gymnasium_ratio(seconds: float) -> float:
    """How many times the Gymnasium loop's steps a second the library's loop takes."""
    loops = {"gymnasium": (gymnasium_loop, FEW), "library": (library_loop, MANY)}
    best = seconds_per_step(loops, seconds)
    return best["gymnasium"] / best["library"]


def python_rows() -> list[Measurement]:
    best = seconds_per_step(
        {
            "gymnasium": (gymnasium_loop, FEW),
            "plain": (plain_loop, FEW),
            "library": (library_loop, MANY),
        },
        seconds=8,
    )
    speed = {name: figure(1e-6 / seconds) for name, seconds in best.items()}
    return [
        Measurement(
            "q_gymnasium",
            "steps a second: compiled loop over Gymnasium loop",
            best["gymnasium"] / best["library"],
            "×",
            250,
            at_least=True,
            note=f"{speed['library']} over {speed['gymnasium']} million",
        ),
        Measurement(
            "q_plain",
            "steps a second: compiled loop over the same source in Python",
            best["plain"] / best["library"],
            "×",
            note=f"{speed['library']} over {speed['plain']} million",
        ),
    ]


# ---------------------------------------------------------------------------------------------
# The same loop in C, and where the rest goes
# ---------------------------------------------------------------------------------------------
def c_loop(compiler: str, folder: Path) -> Callable[[int], np.ndarray]:
    """`q_learning.c`, built for this machine."""
    library = folder / "q_learning.so"
    # Without contraction, as numba has it: a fused multiply-add rounds once instead of twice.
    flags = ["-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, HERE / "q_learning.c", "-o", library], check=True)
    function = ctypes.CDLL(str(library)).q_learning
    reals, wholes, words = (
        np.ctypeslib.ndpointer(kind, flags="C_CONTIGUOUS") for kind in ("f8", "i8", "u8")
    )
    real, whole = ctypes.c_double, ctypes.c_int64
    function.restype = None
    function.argtypes = [reals, wholes, whole, whole, real, real, real, words, whole, whole]
    next_state = np.ascontiguousarray(WORLD.next_state)  # row by row, as C reads it
    sizes, rule = (WORLD.n_states, WORLD.state(GOAL)), (LEARNING_RATE, EPSILON, DISCOUNT)

    def loop(n_steps: int) -> np.ndarray:
        q = np.zeros((WORLD.n_states, 4))
        function(q, next_state, *sizes, *rule, SEED_WORDS.copy(), FIRST_STATE, n_steps)
        return q

    return loop


@njit
def draw(rng: np.ndarray) -> float:
    """`draw` of `q_learning.c`, to the same bits."""
    a, b = rng
    rng[0] = b
    a ^= a << np.uint64(23)
    rng[1] = a ^ b ^ (a >> np.uint64(17)) ^ (b >> np.uint64(26))
    return ((rng[1] + b) >> np.uint64(11)) * 2.0**-53


RELIEFS = {
    "q_c_draws": ("  … compiled with the random numbers of C", r"rng\.random\(\)", "draw(rng)"),
    "q_c_unsigned": (
        "  … and with indices that cannot be negative",
        r"\[(\w+), (\w+)\]",
        r"[unsigned(\1), unsigned(\2)]",
    ),
    "q_c_actions": ("  … and with a constant number of actions", r"= q\.shape", "= len(q), 4"),
}
"""What C does not do, taken from the compiled loop one after the other: words, text, new text."""


def relieved_loops() -> dict[str, Loop]:
    """The compiled loop without the first, the first two, … of the `RELIEFS`."""
    source, loops = inspect.getsource(q_learning_steps), {}
    for key, (_, text, new_text) in RELIEFS.items():
        source, found = re.subn(text, new_text, source)
        if not found:
            raise LookupError(f"the loop has no {text!r} any more: mend RELIEFS")
        names = {**vars(qlearning), "draw": draw, "unsigned": np.uint64}
        exec(source, names)
        steps = njit(names["q_learning_steps"])
        loops[key] = lambda n_steps, steps=steps: run(steps, SEED_WORDS.copy(), n_steps)
    return loops


def require_right_answers(in_c: Loop, relieved: dict[str, Loop]) -> None:
    """A loop is only worth timing if it learns, and it is the same if it ends in the same bits."""
    q = in_c(MANY)
    if not evaluate_greedy(q, WORLD, GOAL).optimal:
        raise AssertionError("the loop in C has not learned the way")
    for key, loop in relieved.items():
        if loop(MANY).tobytes() != q.tobytes():
            raise AssertionError(f"the loop in C is not that of {key}")


def c_rows() -> list[Measurement]:
    compiler = shutil.which("cc")
    if compiler is None:
        print("skipped: the same loop in C, since no C compiler (cc) is here")
        return []
    with tempfile.TemporaryDirectory() as folder:
        in_c, relieved = c_loop(compiler, Path(folder)), relieved_loops()
        require_right_answers(in_c, relieved)
        loops = {"c": in_c, "q_c": compiled_loop, **relieved}
        best = seconds_per_step({name: (loop, MANY) for name, loop in loops.items()}, seconds=6)
    nanoseconds = {name: 1e9 * seconds for name, seconds in best.items()}
    note = f"{figure(nanoseconds['q_c'])} over {figure(nanoseconds['c'])} ns; the rest goes into:"
    what = "time of a step: compiled loop over the loop in C"
    rows = [Measurement("q_c", what, best["q_c"] / best["c"], "×", 5, note=note)]
    for before, key in pairwise(("q_c", *RELIEFS)):
        saved = f"{figure(nanoseconds[before] - nanoseconds[key])} ns"
        rows.append(Measurement(key, RELIEFS[key][0], best[key] / best["c"], "×", note=saved))
    return rows


# ---------------------------------------------------------------------------------------------
# Fifty learners in a fresh process
# ---------------------------------------------------------------------------------------------
FIFTY_LEARNERS = """
from cliprl_lite import GridWorld, learn
world = GridWorld.open_map(25)
runs = [learn(world, (0, 0), seed=seed, min_episodes=0) for seed in range(50)]
assert all(run.checks[-1].optimal for run in runs)
print(sum(run.steps for run in runs))
"""


def fresh_process(*arguments: str | Path, **environment: str) -> tuple[float, str]:
    """The seconds of a Python process from start to end, and what it printed."""
    environment = {**os.environ, **environment}
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return time.perf_counter() - begin, done.stdout


def files(folder: str) -> dict[Path, int]:
    """Every file below, and when it was written last."""
    found = (path for path in Path(folder).rglob("*") if path.is_file())
    return {path: path.stat().st_mtime_ns for path in found}


def cold_and_warm() -> tuple[float, float, int]:
    """Seconds with an empty cache, the best with a full one, and the steps taken."""
    with tempfile.TemporaryDirectory() as cache:
        cold, steps = fresh_process("-c", FIFTY_LEARNERS, NUMBA_CACHE_DIR=cache)
        written = files(cache)
        warm = min(fresh_process("-c", FIFTY_LEARNERS, NUMBA_CACHE_DIR=cache)[0] for _ in range(3))
        if not written or files(cache) != written:
            raise AssertionError("the warm runs did not find what the cold run had compiled")
    return cold, warm, int(steps)


def gymnasium_learners(seconds: float) -> tuple[float, list[float]]:
    """Seconds of the start, and for each learner that fits, seconds a step with its checks."""
    wall, printed = fresh_process(HERE / "fifty_learners.py", str(seconds))
    learners = [[float(number) for number in line.split()] for line in printed.splitlines()]
    start = wall - sum(duration for _, duration in learners)
    return start, [duration / steps for steps, duration in learners]


def fifty_rows() -> list[Measurement]:
    """Both sides in turns. A Gymnasium learner takes seconds, so that only some are run: their
    best time a step, times the steps of the library's fifty, plus one start."""
    cold = warm = start = np.inf
    per_step: list[float] = []
    for _ in range(3):
        one_cold, one_warm, steps = cold_and_warm()
        one_start, learners = gymnasium_learners(10)
        cold, warm, start = min(cold, one_cold), min(warm, one_warm), min(start, one_start)
        per_step += learners
    other = start + steps * min(per_step)
    scaled = (
        f"{len(per_step)} Gymnasium learners run, scaled to {figure(steps / 1e6)} million steps"
    )
    return [
        Measurement(
            f"q_50_{name}",
            f"50 learners in a fresh process, {name}: Gymnasium over library",
            other / ours,
            "×",
            target,
            at_least=True,
            note=f"{figure(other)} s over {figure(ours)} s; {scaled}",
        )
        for name, ours, target in (("warm", warm, 30), ("cold", cold, 10))
    ]


def measure() -> list[Measurement]:
    return [*python_rows(), *c_rows(), *fifty_rows()]


if __name__ == "__main__":
    sys.exit(report(measure))
