"""Lab 3: what the autograder asks."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from judge import Graded, NoAnswer, Question, Source, array, dice, near, written
from scipy.spatial.distance import cdist, pdist, squareform
from scipy.special import softmax as independent

import cliprl_lite as clip
from cliprl_lite.learning.clocks import CLOCKS
from questions.lab1 import exact_ends

GRADED = {
    "l3-q1-check": Graded("l3-q1-loss"),
    "l3-q2-check": Graded("l3-q2-step"),
    "l3-q3-check": Graded("l3-q3-targets"),
    "l3-q4-check": Graded("l3-q4-start", ("cliprl_lite.transfer.weightings:softmax",)),
    "l3-q5-check": Graded("l3-q5-clocks"),
    "l3-q6-check": Graded("l3-q6-world"),
}
Q1, Q2, Q3, Q4, Q5, Q6 = GRADED.values()


def tensor(value: Any) -> Source:
    """A tensor that the worker makes."""
    return Source(f"torch.tensor({np.asarray(value).tolist()!r}, dtype=torch.float64)")


# The loss -----------------------------------------------------------------------------------------
def loss(q: Question, S: torch.Tensor, delta: float, target: torch.Tensor) -> torch.Tensor:
    """The loss, by torch's own cross entropy."""
    entropy, (rows, columns) = torch.nn.functional.cross_entropy, q.edition["directions"]
    return rows * entropy(S / delta, target) + columns * entropy(S.T / delta, target)


def losses(q: Question, deltas: tuple[float, ...], gradient: bool) -> None:
    for n, delta in zip((3, 6, 4), deltas, strict=False):
        S = torch.from_numpy(q.dice.uniform(-1, 1, (n, n))).requires_grad_()
        for target in (
            torch.eye(n, dtype=torch.float64),
            torch.from_numpy(q.dice.dirichlet(np.ones(n), n)),
        ):
            right = loss(q, S, delta, target)
            given = tensor(S.detach()), delta, tensor(target)
            if gradient:
                got = q.ask(
                    "lambda S, *rest: "
                    "torch.autograd.grad(contrastive(S.requires_grad_(), *rest), S)[0]",
                    *given,
                )
                (right,) = torch.autograd.grad(right, S)
            else:
                got = q.ask("contrastive", *given)
            what = "the gradient" if gradient else "the loss"
            near(got, right.detach().numpy(), f"{what} of {n} pairs at δ = {delta}")


@Q1.test(0.5, "the loss at δ = 1")
def _(q: Question) -> None:
    losses(q, (1.0, 1.0), gradient=False)


@Q1.test(0.5, "the loss at other δ")
def _(q: Question) -> None:
    losses(q, (0.5, 0.07, 2.0), gradient=False)


@Q1.test(1, "its gradient at other δ")
def _(q: Question) -> None:
    losses(q, (0.5, 0.07, 2.0), gradient=True)


# One step of training -----------------------------------------------------------------------------
def one_step(q: Question) -> tuple[Any, Any, Any, float]:
    """(what the student says, the old towers, the right ones, the right loss)."""
    rows, columns = q.edition["directions"]
    own = f"""
def contrastive(S, delta, target, *_, **__):
    import torch
    entropy = torch.nn.functional.cross_entropy
    return {rows} * entropy(S / delta, target) + {columns} * entropy(S.T / delta, target)
"""
    n, width, other, shared = q.dice.permutation([4, 6, 9, 3]).tolist()
    delta, eta = float(q.dice.uniform(0.2, 0.6)), float(q.dice.uniform(0.1, 0.9))
    x, y, *old = (
        torch.from_numpy(q.dice.standard_normal(shape))
        for shape in ((n, width), (n, other), (width, shared), (other, shared))
    )
    target = torch.from_numpy(q.dice.dirichlet(np.ones(n), n))
    towers = [torch.nn.Parameter(tower.clone()) for tower in old]
    optimiser = torch.optim.SGD(towers, lr=eta, weight_decay=q.edition["decay"])
    a, b = x @ towers[0], y @ towers[1]
    value = loss(q, (a @ b.T) / (a.norm(dim=1)[:, None] * b.norm(dim=1)), delta, target)
    value.backward()
    optimiser.step()
    call = """lambda x, y, A, B, *rest: (
        (lambda made: [made, A, B, [t.requires_grad for t in (*made[0], A, B)]])(
            training_step(x, y, (A, B), *rest)
        )
    )"""
    given = tensor(x), tensor(y), *map(tensor, old), delta, tensor(target), eta
    try:
        said = q.ask(call, *given, instead=own)
    except NoAnswer:
        said = q.ask(call, *given)
    right = [tower.detach().numpy() for tower in towers]
    return said, [tower.numpy() for tower in old], right, float(value.detach())


@Q2.test(1, "the moved towers")
def _(q: Question) -> None:
    for _case in range(3):
        (made, *_), _old, right, _value = one_step(q)
        for name, got, expected in zip("AB", made[0], right, strict=True):
            near(got, expected, f"tower {name} after one step")


@Q2.test(0.5, "the loss before the step")
def _(q: Question) -> None:
    for _case in range(3):
        (made, *_), _old, _right, value = one_step(q)
        near(made[1], value, "the loss")


@Q2.test(0.5, "the old towers stay as they are, and nothing asks for a gradient")
def _(q: Question) -> None:
    (made, A, B, asks), old, _right, _value = one_step(q)
    for before, after, new in zip(old, (A, B), made[0], strict=True):
        near(after, before, "an old tower", 0.0)
        assert (array(new, before.shape) != before).any(), "the new towers are the old ones"
    assert not any(asks[:2]), "the new towers still ask for a gradient"
    assert not any(asks[2:]), "the old towers ask for a gradient now"


# Soft targets -------------------------------------------------------------------------------------
def targets(q: Question, some: Any, delta: float) -> None:
    if q.edition["centre"] == "mean":
        middle = np.array([column.sum() / len(some) for column in some.T])
    else:
        middle = np.percentile(some, 50, axis=0)
    right = independent((1 - squareform(pdist(some - middle, "cosine"))) / delta, axis=1)
    near(q.ask("soft_target", some, delta), right, f"T of {len(some)} policies at δ = {delta}")


@Q3.test(1, "policies of any numbers")
def _(q: Question) -> None:
    for n, width, delta in ((6, 20, 0.5), (3, 7, 1.0)):
        targets(q, q.dice.standard_normal((n, width)) * 2 - 9.0, delta)


@Q3.test(1, "policies of a house, at a low δ")
def _(q: Question) -> None:
    suite = clip.load_suite("house_b")
    tables = np.array([suite.world.optimal_q(task.goal).ravel() for task in suite.tasks])
    targets(q, tables[q.dice.permutation(16)[:9]], 0.2)


# Algorithm 2's start ------------------------------------------------------------------------------
def started(q: Question) -> list[tuple[Any, Any, Any]]:
    """(what the student says, weights, table) in three cases."""
    cases = []
    for n, temperature in ((3, 0.1), (7, 0.5), (5, 2.0)):
        tower, some = q.dice.standard_normal((8, 4)), q.dice.standard_normal((n, 6, 4))
        new, old = q.dice.standard_normal(8), q.dice.standard_normal((n, 8))
        weights = independent(
            (1 - cdist((new @ tower)[None], old @ tower, "cosine")[0]) / temperature
        )
        project = Source(f"lambda v, t={written(tower)}: np.asarray(v) @ t")
        said = q.ask("algorithm_2_start", new, old, project, some, temperature)
        cases.append((said, weights, np.einsum("n,nsa->sa", weights, some)))
    return cases


@Q4.test(1, "the weights")
def _(q: Question) -> None:
    for said, weights, _table in started(q):
        near(said[0], weights, "the weights", 1e-5)


@Q4.test(1, "the start")
def _(q: Question) -> None:
    for said, _weights, table in started(q):
        near(said[1], table, "the start", 1e-5)


# Three clocks, pair by pair -----------------------------------------------------------------------
@cache
def in_pieces(start: str, seed: int, cap: int, episodes: int) -> list[float]:
    """The clocks of a run in four rooms, in pieces."""
    flat = clip.GridWorld.four_rooms(9)
    table = eval(start, {"np": np, "flat": flat})
    learner, found = clip.Learner(flat, (0, 0), table, seed), dict[str, int]()
    while True:
        state = learner.evaluate()
        for name in ("near_optimal", "optimal"):
            if getattr(state, name):
                found.setdefault(name, learner.steps)
        if learner.steps >= cap or (len(found) == 2 and learner.episode >= 100):
            late = [found.get(name, cap) for name in ("near_optimal", "optimal")]
            return [float(learner.episode_lengths[:episodes].mean()), *map(float, late)]
        # checks stand at a spacing of 5 per cent
        pause = max(learner.steps + 1, int(np.ceil(learner.steps * 1.05)))
        learner.run(min(cap, pause) - learner.steps)


def clocked(q: Question, start: str, cap: int) -> None:
    for _case in range(2):
        seed = q.seed()
        right = in_pieces(start, seed, cap, q.edition["episodes"])
        made = f"(lambda flat: {start})(clip.GridWorld.four_rooms(9))"
        got = q.ask(
            "clocks", Source("clip.GridWorld.four_rooms(9)"), (0, 0), Source(made), seed, cap
        )
        near(got, right, "the three clocks of a run in four rooms")


@Q5.test(0.5, "clocks of runs that finish")
def _(q: Question) -> None:
    clocked(q, "None", 50_000)


@Q5.test(0.5, "clocks of runs that are cut off")
def _(q: Question) -> None:
    clocked(q, "np.full((flat.n_states, 4), -30.5)", 5_000)


@Q5.test(0.5, "clocks of a start that is right at once")
def _(q: Question) -> None:
    clocked(q, "flat.optimal_q((0, 0))", 900)


def paired(q: Question, n: int) -> tuple[Any, list[float]]:
    """(what the student says of n trials, their ratios); costs differ ten-thousandfold."""
    plus, ratios = q.edition["plus"], np.exp(1.5 * q.dice.standard_normal(n))
    reference = 10.0 ** q.dice.permutation(np.linspace(1, 5, n))
    costs = ratios * (reference + plus) - plus
    return q.ask("paired_ratio", costs, reference, dice(q.seed()), 20_000), ratios.tolist()


@Q5.test(0.5, "the median of the trials' own ratios")
def _(q: Question) -> None:
    for n in (7, 17):
        got, ratios = paired(q, n)
        near(got[0], sorted(ratios)[n // 2], f"the median of {n} ratios")


@Q5.test(1, "its interval, where it is known exactly")
def _(q: Question) -> None:
    for n in (7, 17):
        got, ratios = paired(q, n)
        near(got[1:], exact_ends(ratios, q.edition["percentiles"]), f"the ends, of {n} ratios")


# A world in which Algorithm 1 wins ----------------------------------------------------------------
METHOD, CLOCK = "alg1_closest", "optimal"
assert CLOCK in CLOCKS


def world(q: Question) -> tuple[str, dict[str, str], str]:
    """(drawing, base tasks, mark of the new one), if it is a world by the rules."""
    said = q.ask("my_world")
    assert isinstance(said, list) and len(said) == 3, (  # noqa: PT018
        "my_world() is to return (drawing, base_tasks, mark)"
    )
    drawing, tasks, mark = said
    assert isinstance(drawing, str) and isinstance(mark, str), "drawing and mark are texts"  # noqa: PT018
    assert isinstance(tasks, dict), "base_tasks is a dictionary, mark → sentence"
    places = by_mark(q, drawing)
    free = sum(len(row) - row.count("#") for row in drawing.split())
    assert free >= 25, f"{free} free squares; 25 or more"
    assert 3 <= len(tasks) <= 16, f"{len(tasks)} base tasks; 3 to 16 are allowed"
    assert mark not in tasks, "the new task needs a mark of its own"
    for letter in (*tasks, mark):
        times = len(places.get(letter, []))
        assert times == 1, f"the mark {letter!r} stands {times} times on the map; draw it once"
    lines = [*tasks.values(), q.edition["new"]["NEW"]]
    assert len({" ".join(line.lower().split()) for line in lines}) == len(lines), (
        "two tasks share a sentence"
    )
    for line in lines:
        assert 3 <= len(line.split()) <= 20, f"{line!r} has {len(line.split())} words; 3 to 20"
    heard = clip.novelty(lines[-1], lines[:-1]).cosine
    assert heard >= 0.5, f"nothing known resembles {lines[-1]!r}: best cosine {heard:.2f}"
    return drawing, tasks, mark


def by_mark(q: Question, drawing: str) -> dict[str, list[tuple[int, int]]]:
    """Where every sign of a map stands; refused if the map is not of the right size."""
    rows, (height, width) = drawing.split(), q.edition["map"]["size"]
    assert (len(rows), {*map(len, rows)}) == (height, {width}), (
        f"the map is to have {height} rows and {width} columns"
    )
    places: dict[str, list[tuple[int, int]]] = {}
    for i, row in enumerate(rows):
        for j, letter in enumerate(row):
            places.setdefault(letter, []).append((i, j))
    return places


def interval(q: Question, drawing: str, tasks: dict[str, str], mark: str, seeds: Any) -> Any:
    """(median, low, high) of the method's cost over Algorithm 2's."""
    places = {letter: spots[0] for letter, spots in by_mark(q, drawing).items()}
    new = (q.edition["new"]["NEW"], places[mark])
    bases = tuple((said, places[letter]) for letter, said in tasks.items())
    return _interval(drawing, bases, new, tuple(seeds))


@cache
def _interval(drawing: str, bases: Any, new: Any, seeds: tuple[int, ...]) -> Any:
    known = tuple(clip.Task(said, said, place) for said, place in bases)
    suite = clip.TaskSuite(
        "my_world", "my world", clip.GridWorld.from_text(drawing), known, (clip.Task("new", *new),)
    )
    jobs = [clip.Job(suite, seed, (), (METHOD, "alg2"), cap=300_000) for seed in seeds]
    table = clip.to_table([row for job in jobs for row in clip.run_job(job)])
    rows = clip.ratios(table, CLOCK, "alg2").set_index("method")
    return tuple(float(value) for value in rows.loc[METHOD, ["value", "low", "high"]])


def wins(q: Question, drawing: str, tasks: dict[str, str], mark: str, seeds: Any) -> None:
    middle, low, high = interval(q, drawing, tasks, mark, seeds)
    assert high < 1, (
        f"a copy of the closest costs {middle:.2f} times what Algorithm 2 costs until optimal, "
        f"interval {low:.2f} to {high:.2f}; the whole interval has to lie below 1"
    )


@Q6.test(1, "a world by the rules in which Algorithm 1 wins")
def _(q: Question) -> None:
    wins(q, *world(q), range(12))


@Q6.test(1, "it wins with twelve other seeds")
def _(q: Question) -> None:
    made, seeds = world(q), sorted(q.seed() for _ in range(12))
    wins(q, *made, range(12))
    wins(q, *made, seeds)


@Q6.test(2, "a control, one mark moved, in which Algorithm 2 wins")
def _(q: Question) -> None:
    drawing, tasks, mark = made = world(q)
    wins(q, *made, range(12))
    control = q.ask("my_control")
    assert isinstance(control, str), "my_control() is to return a drawing"
    before, after = by_mark(q, drawing), by_mark(q, control)
    letters = {*before, *after} - {"."}
    moved = [letter for letter in letters if before.get(letter) != after.get(letter)]
    one = len(moved) == 1 and len(before.get(moved[0], [])) == len(after.get(moved[0], [])) == 1
    assert one and moved[0] in (*tasks, mark), (  # noqa: PT018
        f"one mark of a task is to stand in another place; moved are: {', '.join(moved) or 'none'}"
    )
    middle, low, high = interval(q, control, tasks, mark, range(12))
    assert low > 1, (
        f"in the control a copy of the closest costs {middle:.2f} times what Algorithm 2 costs, "
        f"interval {low:.2f} to {high:.2f}; the whole interval has to lie above 1"
    )
