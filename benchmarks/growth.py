"""How does cost grow with the grid, the number of base tasks and the number of trials?

    python benchmarks/growth.py [--json FILE] [--figure FILE.html]

A power law is a straight line on logarithmic axes, and its slope is the power. Each slope is fitted
where fixed overhead no longer counts, and stands beside that of the operations counted by hand:
S = n² squares, P = 4 S table entries, E = 384 numbers a sentence. Step counts are medians over
seeds; timings are the best of several in one thread, all sizes in turns.

No theorem says after how many steps ε-greedy Q-learning is optimal *everywhere*. Two known things
add up to an estimate. From a table of zeros, greedy and undiscounted, a step lowers its entry by
what it wastes; the sum telescopes, so that all steps beyond shortest paths, over the whole life,
are hardly more than Σ|Q*| ≈ 4 n³ (Koenig & Simmons 1993 bound such searches). And starts are drawn
at random: each square has been one after some S ln S episodes (coupon collector) of n steps.
Together n³ (4 + 2 ln n), which is six tenths of what is measured, with its slope. From a
misleading start neither holds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from measurement import Measurement, figure, report
from plotly.subplots import make_subplots
from threadpoolctl import threadpool_limits

from cliprl_lite._arrays import FloatArray
from cliprl_lite._paths import write_text
from cliprl_lite.experiments.policy_classes import policy_class, rng_for
from cliprl_lite.experiments.statistics import fit_growth
from cliprl_lite.experiments.sweeps import Sweep, run_sweep
from cliprl_lite.experiments.trials import Job, run_job
from cliprl_lite.language.sentences import DIMENSION, embed
from cliprl_lite.learning.policies import TabularPolicy, learn_policy, policy_vectors
from cliprl_lite.learning.runs import learn
from cliprl_lite.pictures.palette import LIGHT
from cliprl_lite.pictures.result_plots import TEMPLATE
from cliprl_lite.transfer.algorithms import warm_start
from cliprl_lite.transfer.alignment import cosine_similarity
from cliprl_lite.transfer.alignment_training import align
from cliprl_lite.transfer.methods import ridge_scores
from cliprl_lite.transfer.weightings import softmax
from cliprl_lite.worlds.greedy import evaluate_greedy, expected_path
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import Task, TaskSuite

SIZES = (8, 12, 18, 27, 40, 60)
BASES = (4, 8, 16, 32, 64, 100)
TRIALS = (1, 2, 4, 8, 16)
SEEDS, ENDLESS = 15, 10**9  # runs of a random step count, and a cap that none of them meets
BASES_SIZE, TRIALS_SIZE = 15, 8  # the maps of the second and the third axis

PANELS = {
    "steps": ("environment steps until optimal", "grid size n"),
    "size": ("time on an n × n map", "grid size n"),
    "bases": (f"time with N base tasks, {BASES_SIZE} × {BASES_SIZE}", "base tasks N"),
    "trials": (f"time of a sweep of corners, {TRIALS_SIZE} × {TRIALS_SIZE}", "trials T"),
}
"""Of each panel, what is measured and what lies along the bottom."""

SPANS = {"steps": SIZES, "size": SIZES, "bases": BASES, "trials": TRIALS}

LOOKS = {
    "nothing": ("from nothing", LIGHT["none"], "circle-open"),
    "alg1": ("Algorithm 1", LIGHT["ink"], "square"),
    "learn": ("learning a base", LIGHT["none"], "circle-open"),
    "learn_all": ("learning the bases", LIGHT["none"], "circle-open"),
    "check": ("an exact check", LIGHT["ink"], "diamond"),
    "walk": ("the oracle's walk", LIGHT["none"], "star"),
    "align": ("an alignment", LIGHT["map"], "circle"),
    "ridge": ("a ridge", LIGHT["map"], "cross-open"),
    "start": ("a warm start", LIGHT["map"], "square-open"),
    "trial": ("a trial, leave one out", LIGHT["ink"], "star"),
    "sweep": ("three methods", LIGHT["ink"], "circle"),
}
"""Of each cost, its label, colour and marker."""


@dataclass(frozen=True)
class Curve:
    """A cost along one axis.

    Attributes:
        panel, key: names in `PANELS` and in `LOOKS`.
        x: where it was measured, shape `[K]`.
        costs: steps or seconds, shape `[K, runs]`.
        fit_from: the smallest x that is fitted.
        theory: the cost counted by hand, up to a factor, at every x; None where nothing is known.
        words: the same in words.
        bound: whether theory is an upper bound.
        limit: the steepest slope that theory allows, with room for noise.
    """

    panel: str
    key: str
    x: tuple[int, ...]
    costs: FloatArray
    fit_from: int
    theory: Callable[[FloatArray], FloatArray] | None
    words: str
    bound: bool = False
    limit: float | None = None

    @property
    def middle(self) -> FloatArray:
        return np.median(self.costs, axis=1)

    @property
    def guide(self) -> FloatArray | None:
        """What theory says, through the last point."""
        if self.theory is None:
            return None
        counted = self.theory(np.array(self.x, dtype=float))
        return counted / counted[-1] * self.middle[-1]

    @property
    def slope(self) -> float:
        return self._slope(self.costs)

    @property
    def wanted(self) -> str:
        """The slope of theory over the same stretch."""
        if self.guide is None:
            return "–"
        return f"{'≤ ' * self.bound}{self._slope(self.guide[:, None]):.1f}"

    def _slope(self, costs: FloatArray) -> float:
        fitted = np.array(self.x) >= self.fit_from
        return fit_growth(np.array(self.x)[fitted], np.log2(costs[fitted]), "power").slope


def in_turns(
    x: tuple[int, ...], action: Callable[[int], object], seconds: float = 6.0
) -> FloatArray:
    """The best of several timings at each x, shape `[K, 1]`: a busy moment meets them all."""
    best = np.full((len(x), 1), np.inf)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or np.isinf(best).any():
        for row, value in enumerate(x):
            begin = time.perf_counter()
            action(value)
            best[row] = min(best[row, 0], time.perf_counter() - begin)
    return best


# ---------------------------------------------------------------------------------------------
# Against the size of the grid
# ---------------------------------------------------------------------------------------------
def learning_curves() -> Iterator[Curve]:
    """Steps and seconds from nothing to optimal, goal in a corner."""
    learn_policy(GridWorld.open_map(SIZES[0]), (0, 0))  # compile
    steps, seconds = np.empty((2, len(SIZES), SEEDS))
    for row, size in enumerate(SIZES):
        world = GridWorld.open_map(size)
        for seed in range(SEEDS):
            begin = time.perf_counter()
            _, run = learn_policy(world, (0, 0), seed)
            seconds[row, seed], steps[row, seed] = time.perf_counter() - begin, run.steps

    def theory(n: FloatArray) -> FloatArray:
        return n**3 * (4 + 2 * np.log(n))

    words = "estimate n³ (4 + 2 ln n)"
    yield Curve("steps", "nothing", SIZES, steps, 8, theory, words, limit=3.5)
    words += ", and checks"
    yield Curve("size", "learn", SIZES, seconds, 27, theory, words, True, 3.5)


def misled_curve() -> Curve:
    """Steps of Algorithm 1. On smaller maps than these it is often right from the start."""
    sizes = SIZES[2:]
    steps = np.empty((len(sizes), SEEDS))
    for row, size in enumerate(sizes):
        suite = load_suite("corners", size)
        target = suite.transfer("left").target
        scores = cosine_similarity(embed([target.sentence])[0], sentences(suite))
        for seed in range(SEEDS):
            start = warm_start(
                scores, list(policy_class("tabular").learn_bases(suite, seed).values())
            ).policy.q
            rng = rng_for(seed, suite.name, target.name)
            run = learn(suite.world, target.goal, start, rng, min_episodes=0, cap=ENDLESS)
            steps[row, seed] = max(run.steps, 1)
    words = "not known: an average of left and right has to be unlearned"
    return Curve("steps", "alg1", sizes, steps, sizes[0], None, words)


def caps(sizes: tuple[int, ...]) -> FloatArray:
    """Where a sweep cuts a run off, at each size."""
    jobs = [Sweep((("corners", size),), trials=1).jobs()[0] for size in sizes]
    return np.array([job.cap for job in jobs], dtype=float)


def sentences(suite: TaskSuite) -> FloatArray:
    return embed([task.sentence for task in suite.tasks])


def size_curves() -> Iterator[Curve]:
    """Seconds of what lies between learning and starting, with the four base tasks of corners."""
    suites = {n: load_suite("corners", n) for n in SIZES}
    worlds = {n: suite.world for n, suite in suites.items()}
    old = {
        n: [TabularPolicy(worlds[n], worlds[n].optimal_q(task.goal)) for task in suite.tasks]
        for n, suite in suites.items()
    }
    vectors, ones = sentences(suites[SIZES[0]]), np.ones(4)

    def walk(n: int) -> object:
        return expected_path(old[n][0].q, worlds[n], (0, 2))

    def align_bases(n: int) -> object:
        return align(vectors, policy_vectors(old[n]))

    def check(n: int) -> object:
        return evaluate_greedy(old[n][0].q, worlds[n], (0, 0))

    def start(n: int) -> object:
        return warm_start(ones, old[n], softmax)

    def curve(key: str, action: Callable[[int], object], *rest: Any) -> Curve:
        return Curve("size", key, SIZES, in_turns(SIZES, action), 27, *rest)

    yield curve("walk", walk, lambda n: n**4, "S sweeps over S squares", False, 4.3)
    yield curve("align", align_bases, lambda n: DIMENSION + 4 * n**2, "E + 4 S", False, 2.4)
    yield curve("check", check, lambda n: n**2, "S squares, each once", False, 2.3)
    yield curve("start", start, lambda n: n**2, "P sums, and fixed cost", True, 2.3)


# ---------------------------------------------------------------------------------------------
# Against the number of base tasks
# ---------------------------------------------------------------------------------------------
def many_tasks() -> TaskSuite:
    """Goals at random, each named by its place; none of the sentences ships with a vector."""
    world = GridWorld.open_map(BASES_SIZE)
    states = np.random.default_rng(0).permutation(world.n_states)[: max(BASES) + 1]
    cells = [world.cell(state) for state in states.tolist()]
    texts = [f"go to row {row}, column {column}" for row, column in cells]
    tasks = tuple(Task(text, text, cell) for text, cell in zip(texts, cells, strict=True))
    return TaskSuite("many", "goals at random", world, tasks)


def learn_in_passes(suite: TaskSuite) -> tuple[list[TabularPolicy], FloatArray]:
    """A policy for each task, and the best seconds of learning it."""
    seconds = np.full(len(suite.tasks), np.inf)
    for _ in range(3):
        policies = []
        for number, task in enumerate(suite.tasks):
            begin = time.perf_counter()
            policies.append(learn_policy(suite.world, task.goal)[0])
            seconds[number] = min(seconds[number], time.perf_counter() - begin)
    return policies, seconds


def leave_one_out(suite: TaskSuite, n: int) -> object:
    """A whole trial of the first n tasks, each of them once the new one."""
    some = TaskSuite(suite.name, suite.title, suite.world, suite.tasks[:n])
    return run_job(Job(some, 0, (), ("scratch", "alg2"), ENDLESS))


def bases_curves() -> Iterator[Curve]:
    """Seconds of the same with more base tasks, and of a whole trial."""
    suite = many_tasks()
    vectors, (old, seconds) = sentences(suite), learn_in_passes(suite)
    tables, new, width = policy_vectors(old), vectors[-1], DIMENSION

    def align_bases(n: int) -> object:
        return align(vectors[:n], tables[:n])

    def ridge(n: int) -> object:
        return ridge_scores(new, vectors[:n], tables[:n])

    def ridge_theory(n: FloatArray) -> FloatArray:
        return n * (width + tables.shape[1]) + n**2 * width + n**3 / 3

    def start(n: int) -> object:
        return warm_start(np.ones(n), old[:n], softmax)

    def curve(key: str, action: Callable[[int], object], *rest: Any) -> Curve:
        return Curve("bases", key, BASES, in_turns(BASES, action), 16, *rest)

    trial = partial(leave_one_out, suite)
    yield curve("trial", trial, lambda n: n**2, "N alignments of N − 1 bases", True, 2.2)
    summed = seconds.cumsum()[np.array(BASES) - 1, None]
    one_by_one = "one after another"
    yield Curve("bases", "learn_all", BASES, summed, 4, lambda n: n, one_by_one, False, 1.2)
    words = "N² (E + P + d a step), beside the random start, which does not grow"
    yield curve("align", align_bases, lambda n: n**2, words, True, 2.2)
    yield curve("ridge", ridge, ridge_theory, "N (E + P) + N² E + N³ / 3", True, 2.2)
    yield curve("start", start, lambda n: n, "N P sums", False, 1.2)


# ---------------------------------------------------------------------------------------------
# Against the number of trials
# ---------------------------------------------------------------------------------------------
def trials_curve() -> Curve:
    """Seconds of a sweep in one process."""

    def sweep(trials: int) -> object:
        suites, methods = (("corners", TRIALS_SIZE),), ("scratch", "alg1", "alg2")
        return run_sweep(Sweep(suites, trials, methods), workers=1, progress=False)

    costs, words = in_turns(TRIALS, sweep, 12.0), "no trial knows of another"
    return Curve("trials", "sweep", TRIALS, costs, 2, lambda n: n, words, limit=1.3)


@cache
def curves() -> tuple[Curve, ...]:
    with threadpool_limits(1):  # threads that wait for each other would be measured in their place
        return (
            *learning_curves(), misled_curve(), *size_curves(), *bases_curves(), trials_curve(),
        )  # fmt: skip


def on(panel: str) -> list[Curve]:
    return [curve for curve in curves() if curve.panel == panel]


# ---------------------------------------------------------------------------------------------
# Table
# ---------------------------------------------------------------------------------------------
def amount(value: float, panel: str) -> str:
    """A cost as people write it, as `7,054` steps or `3.4 ms`."""
    if panel == "steps":
        return f"{value:,.0f}"
    unit, size = next(
        (unit, size) for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 0.0)) if value >= size
    )
    return f"{figure(value / (size or 1e-6))} {unit}"


def print_tables() -> None:
    for panel, (title, axis) in PANELS.items():
        x = SPANS[panel]
        print(f"\n| {title}; {axis} | {' | '.join(map(str, x))} | slope | theory | |")
        print(f"|---|{'--:|' * (len(x) + 2)}---|")
        for curve in on(panel):
            at = dict(zip(curve.x, curve.middle, strict=True))
            costs = " | ".join(amount(at[value], panel) if value in at else "" for value in x)
            slopes = f"{curve.slope:.2f} | {curve.wanted} | {curve.words}"
            print(f"| {LOOKS[curve.key][0]} | {costs} | {slopes} |")
    print()


def longest_run() -> Measurement:
    """What breaks first within these sizes: runs that a fixed cap would have cut off."""
    shares = {
        (curve.costs / caps(curve.x)[:, None]).max(): LOOKS[curve.key][0] for curve in on("steps")
    }
    share = max(shares)
    what = "longest of these learning runs over the step cap of its map"
    return Measurement("growth_cap", what, float(share), "×", 1, note=shares[share])


def measure() -> list[Measurement]:
    print_tables()
    found = []
    for curve in curves():
        what = f"slope against {PANELS[curve.panel][1]}: {LOOKS[curve.key][0]}"
        first, last = (amount(curve.middle[at], curve.panel) for at in (0, -1))
        unit = " steps" * (curve.panel == "steps")
        note = f"theory {curve.wanted} ({curve.words}); {first} to {last}{unit}"
        key = f"growth_{curve.panel}_{curve.key}"
        found.append(Measurement(key, what, curve.slope, "", curve.limit, note=note))
    return [*found, longest_run()]


# ---------------------------------------------------------------------------------------------
# Picture
# ---------------------------------------------------------------------------------------------
STEP_TICKS = ("1,000", "10,000", "100,000", "1 million", "10 million", "100 million")
TICKS = {
    "steps": dict(zip(10.0 ** np.arange(3, 9), STEP_TICKS, strict=True)),
    "time": {power: amount(power, "time") for power in 10.0 ** np.arange(-5, 3)},
}


def picture() -> go.Figure:
    drawn = make_subplots(
        2, 2, horizontal_spacing=0.1, vertical_spacing=0.13,
        subplot_titles=[title for title, _ in PANELS.values()],
    )  # fmt: skip
    drawn.update_layout(
        template=TEMPLATE, width=1240, height=900, showlegend=False,
        title="At the end of each curve <b>its slope</b>, and (dotted) that of theory",
        margin={"l": 90, "r": 10, "t": 90, "b": 60},
    )  # fmt: skip
    for number, panel in enumerate(PANELS):
        draw_panel(drawn, panel, {"row": number // 2 + 1, "col": number % 2 + 1})
    return drawn


def draw_panel(drawn: go.Figure, panel: str, place: dict[str, int]) -> None:
    """Every curve of a panel, and theory as dots over the stretch that was fitted."""
    ends = []
    for curve in on(panel):
        label, colour, symbol = LOOKS[curve.key]
        drawn.add_scatter(
            x=curve.x, y=curve.middle, mode="lines+markers", name=label,
            line={"color": colour, "width": 2}, marker={"symbol": symbol, "size": 8}, **place,
        )  # fmt: skip
        text = f"{label} <b>{curve.slope:.1f}</b>"
        if curve.guide is not None:
            text += f" ({curve.wanted})"
            fitted = np.array(curve.x) >= curve.fit_from
            add_line(drawn, np.array(curve.x)[fitted], curve.guide[fitted], colour, "dot", place)
        ends.append((np.log10(curve.middle[-1]), text, colour))
    if panel == "steps":
        add_line(drawn, np.array(SIZES), caps(SIZES), LIGHT["minus"], "dash", place)
        ends.append((np.log10(caps(SIZES)[-1]), "a run is cut off", LIGHT["minus"]))
    add_axes(drawn, panel, place)
    add_labels(drawn, SPANS[panel][-1], ends, place)


def add_line(
    drawn: go.Figure, x: FloatArray, y: FloatArray, colour: str, dash: str, place: dict[str, int]
) -> None:
    line = {"color": colour, "width": 1.5, "dash": dash}
    drawn.add_scatter(x=x, y=y, mode="lines", hoverinfo="skip", line=line, **place)


def add_axes(drawn: go.Figure, panel: str, place: dict[str, int]) -> None:
    """With room for the labels on the right, and whole powers of ten upwards."""
    values = [value for curve in on(panel) for value in np.log10(curve.middle)]
    if panel == "steps":
        values.extend(np.log10(caps(SIZES)))
    x, ticks = SPANS[panel], TICKS["steps" if panel == "steps" else "time"]
    first, last = np.log10(x[0]), np.log10(x[-1])
    drawn.update_xaxes(
        type="log", title={"text": PANELS[panel][1], "standoff": 6}, tickvals=x, ticktext=x,
        range=[first - 0.04 * (last - first), last + 0.75 * (last - first)], **place,
    )  # fmt: skip
    drawn.update_yaxes(
        type="log", tickvals=list(ticks), ticktext=list(ticks.values()),
        range=[np.floor(min(values)) - 0.1, np.ceil(max(values)) + 0.1], **place,
    )  # fmt: skip


def add_labels(
    drawn: go.Figure, x: int, ends: list[tuple[float, str, str]], place: dict[str, int]
) -> None:
    """A label at the end of each curve, moved up where it would hide another."""
    gap = 0.08 * max(2.0, max(ends)[0] - min(ends)[0])
    lowest = -np.inf
    for height, text, colour in sorted(ends):
        lowest = max(height, lowest + gap)
        drawn.add_annotation(
            x=np.log10(x), y=lowest, text=f"  {text}", showarrow=False, xanchor="left",
            font={"color": colour, "size": 13}, **place,
        )  # fmt: skip


def write_page(file: Path) -> None:
    """The picture as a page of its own, which asks no server for anything."""
    body = picture().to_html(full_html=False, config={"displayModeBar": False})
    ground = LIGHT["page"]
    page = f"<!doctype html><meta charset='utf-8'><body style='margin:0;background:{ground}'>{body}"
    write_text(file, page)


def main() -> int:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--figure", type=Path)
    options, sys.argv[1:] = parser.parse_known_args()
    status = report(measure)
    if options.figure:
        write_page(options.figure)
    return status


if __name__ == "__main__":
    sys.exit(main())
