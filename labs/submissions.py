"""Synthetic submissions: what students hand in, and what each of them should earn.

For every lab the right one, the empty one, typical mistakes, attempts to earn points without an
answer ("gaming"), and right answers that look otherwise than ours ("odd"). `make_labs.py` builds
the notebooks and has nbgrader grade them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent

from nbformat import NotebookNode


@dataclass(frozen=True)
class Submission:
    """One way of answering a lab.

    Attributes:
        name: short, used as the student's name.
        kind: "right", "empty", "mistake", "gaming", "odd" or "public".
        what: what is particular about it, in words.
        code: new source for some solution cells, by their `grade_id`.
        added: cells that the student adds, by the id of the cell above.
        earns: points by the `grade_id` of a graded cell, where they are not all (or, of an
            unanswered lab, not none).
        answered: whether cells without new source are solved, or left as they were handed out.
        at_most: a share of all points, if no more than that is known of what it should earn.
    """

    name: str
    kind: str
    what: str
    code: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, str] = field(default_factory=dict)
    earns: Mapping[str, float] = field(default_factory=dict)
    answered: bool = True
    at_most: float | None = None


RIGHT = Submission("right", "right", "the solutions of the source")
EMPTY = Submission("empty", "empty", "nothing answered", answered=False)


def cells(code: Mapping[str, str]) -> dict[str, str]:
    """Sources by `grade_id`; underscores in the names stand for hyphens."""
    return {name.replace("_", "-"): dedent(source).strip() for name, source in code.items()}


def wrong(name: str, what: str, earns: Mapping[str, float], **code: str) -> Submission:
    """All solved, but for one mistake."""
    return Submission(name, "mistake", what, cells(code), earns=earns)


def gaming(name: str, what: str, added: Mapping[str, str], **code: str) -> Submission:
    """Nothing solved, and something tried that earns nothing."""
    return Submission(name, "gaming", what, cells(code), cells(added), answered=False)


def odd(name: str, what: str, added: Mapping[str, str] | None = None, **code: str) -> Submission:
    """All right, in another way than ours."""
    return Submission(name, "odd", what, cells(code), cells(added or {}))


def public_answers(public: NotebookNode) -> Submission:
    """The solutions of the public edition, handed in to a class with other numbers."""
    solved = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in public.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    return Submission("public", "public", "the public solutions", solved, at_most=0.5)


SILENCED = "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])"
"""From here on the kernel runs `pass` in place of every cell."""

ALWAYS_EQUAL = """
import builtins
import numpy as np

np.isclose = np.allclose = np.array_equal = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None
builtins.abs = lambda *a: 0


class Agreeable(float):
    def __eq__(self, other): return True
    def __lt__(self, other): return True
    def __le__(self, other): return True
    def __sub__(self, other): return Agreeable(0)
    def __rsub__(self, other): return Agreeable(0)
    def __array__(self, *a, **k): return np.zeros(())
"""
"""Every comparison in this process says yes."""

FORGED = """
import json, os


def forge(*arguments, **more):
    for stream in range(30):
        try:
            os.write(stream, b'{"value": 1.0, "points": 99}\\n' * 5)
        except OSError:
            pass
    return 1.0
"""
"""Writes an answer of its own wherever something can be written."""

LAB_1 = (
    wrong(
        "no_end",
        "the target looks beyond the end of the episode: `done` is not used",
        {"l1-q1-check": 1},
        l1_q1_update="""
        def update(old, reward, next_values, done, eta, gamma):
            return (1 - eta) * old + eta * (reward + gamma * np.max(next_values))
        """,
    ),
    wrong(
        "typed_in",
        "the two answers of the quick check, typed in",
        {"l1-q1-check": 0},
        l1_q1_update="""
        def update(old, reward, next_values, done, eta, gamma):
            return -2.5 if done else -3.4
        """,
    ),
    wrong(
        "first_of_equals",
        "np.argmax, which takes the first of several equally good actions",
        {"l1-q2-check": 2},
        l1_q2_choice="""
        def epsilon_greedy(values, epsilon, rng):
            if rng.random() < epsilon:
                return int(rng.integers(4))
            return int(np.argmax(values))
        """,
    ),
    wrong(
        "endless",
        "a loop without end: the steps are not counted",
        {"l1-q3-check": 0},
        l1_q3_loop="""
        def q_learning(world, goal, n_steps, rng, eta=1.0, epsilon=0.1, gamma=0.99, start=0.0):
            q, end = np.full((world.n_states, 4), float(start)), world.state(goal)
            state, step = 1, 0
            while step < n_steps:
                action = epsilon_greedy(q[state], epsilon, rng)
                after = world.next_state[state, action]
                q[state, action] = update(q[state, action], -1, q[after], after == end, eta, gamma)
                state = 1 if after == end else after
            return q
        """,
    ),
    wrong(
        "wrong_axis",
        "the bootstrap's medians are taken over the resamples and not within each",
        {"l1-q5-check": 1},
        l1_q5_interval="""
        def median_interval(values, rng, n_resamples=2_000):
            drawn = rng.choice(values, size=(n_resamples, len(values)))
            low, high = np.percentile(np.median(drawn, axis=0), [2.5, 97.5])
            return float(np.median(values)), float(low), float(high)
        """,
    ),
    wrong(
        "finished_only",
        "runs that were cut off are left out",
        {"l1-q6-check": 1},
        l1_q6_steps="""
        def steps_needed(eta, start, epsilon, seeds):
            table = np.full((house.world.n_states, 4), float(start))
            settings = {"learning_rate": eta, "epsilon": epsilon, "min_episodes": 0, "cap": CAP}
            runs = [clip.learn(house.world, cone, table, seed, **settings) for seed in seeds]
            return np.array([run.steps_optimal for run in runs if run.steps_optimal is not None])
        """,
    ),
    gaming("silenced", "every cell is made to do nothing", {"l1-imports": SILENCED}),
    gaming(
        "agreeable",
        "every comparison says yes",
        {"l1-imports": ALWAYS_EQUAL},
        l1_q1_update="def update(*_): return Agreeable()",
        l1_q2_choice="def epsilon_greedy(*_): return Agreeable()",
        l1_q3_loop="def q_learning(*_, **__): return Agreeable()",
        l1_q4_measures="largest_error = wrong_squares = lambda *_: Agreeable()",
        l1_q5_interval="def median_interval(*_): return Agreeable(), Agreeable(), Agreeable()",
        l1_q6_steps="def steps_needed(*_): return [Agreeable()] * 3",
    ),
    gaming(
        "forged",
        "answers written past the functions",
        {"l1-imports": FORGED},
        l1_q1_update="update = epsilon_greedy = q_learning = forge",
        l1_q4_measures="largest_error = wrong_squares = median_interval = steps_needed = forge",
    ),
    gaming(
        "ended",
        "Python is ended before anything is asked",
        {},
        l1_q1_update="import os\n\n\ndef update(*_): os._exit(0)",
        l1_q2_choice="def epsilon_greedy(*_): raise SystemExit(0)",
        l1_q3_loop="import sys\n\nassert sys.exit(0) is None\n\n\ndef q_learning(*_, **__): exit()",
    ),
    odd(
        "talkative",
        "progress bars, logs and warnings on stderr, prints and lines for IPython",
        {"l1-imports": "import logging, sys, time, warnings\nfrom tqdm import tqdm\n%xmode Plain"},
        l1_q1_update="""
        def update(old, reward, next_values, done, eta, gamma):
            logging.error("a step")
            warnings.warn("a step")
            target = reward if done else reward + gamma * np.max(next_values)
            return (1 - eta) * old + eta * target


        %timeit -n 1 -r 1 update(-4.0, -1.0, np.zeros(4), False, 0.5, 0.9)
        !echo done
        """,
        l1_q3_loop="""
        def q_learning(world, goal, n_steps, rng, eta=1.0, epsilon=0.1, gamma=0.99, start=0.0):
            q, end = np.full((world.n_states, 4), float(start)), world.state(goal)
            others = [state for state in range(world.n_states) if state != end]
            state = rng.choice(others)
            for step in tqdm(range(n_steps)):
                action = epsilon_greedy(q[state], epsilon, rng)
                after = world.next_state[state, action]
                done = after == end
                q[state, action] = update(q[state, action], -1.0, q[after], done, eta, gamma)
                state = rng.choice(others) if done else after
                if step % 100 == 0:
                    print(step, "steps", file=sys.stderr)
            return q
        """,
        l1_q6_steps="""
        def steps_needed(eta, start, epsilon, seeds):
            time.sleep(3)  # it is right, and slow
            steps = []
            for seed in tqdm(seeds):
                table = np.full((house.world.n_states, 4), float(start))
                run = clip.learn(house.world, cone, table, seed, learning_rate=eta,
                                 epsilon=epsilon, min_episodes=0, cap=CAP)
                steps += [run.steps_optimal if run.steps_optimal is not None else CAP]
            return steps
        """,
    ),
    odd(
        "other_types",
        "lists for arrays, arguments of its own, functions in cells of its own",
        {
            "l1-q2-text": """
            import random as _random
            from statistics import median as middle

            ACTIONS = [0, 1, 2, 3]


            def best_of(values):
                return [a for a in ACTIONS if values[a] == max(values)]


            some = [epsilon_greedy([0, 0, 0, 0], 1, np.random.default_rng(0)) for _ in range(3)]
            """,
        },
        l1_q1_update="""
        def update(old, reward, next_values, done, eta, gamma, verbose=False):
            best = 0 if done else max(list(next_values))
            return [old + eta * (reward + gamma * best - old)]
        """,
        l1_q2_choice="""
        def epsilon_greedy(values, epsilon, rng, verbose=False):
            return rng.choice(ACTIONS if rng.random() <= epsilon else best_of(list(values)))
        """,
        l1_q3_loop="""
        def q_learning(world, goal, n_steps, rng, eta=1.0, epsilon=0.1, gamma=0.99, start=0.0):
            q = [[start] * 4 for _ in range(world.n_states)]
            end, state = world.state(goal), world.state(goal)
            for _ in range(n_steps):
                while state == end:
                    state = int(rng.integers(world.n_states))
                action = epsilon_greedy(q[state], epsilon, rng, verbose=False)
                after = int(world.next_state[state, action])
                best = 0.0 if after == end else max(q[after])
                q[state][action] += eta * (-1 + gamma * best - q[state][action])
                state = after
            return q
        """,
        l1_q4_measures="""
        largest_error = lambda q, truth: np.float32(np.abs(np.subtract(q, truth)).max())


        def wrong_squares(q, world, goal):
            count = np.zeros(1, dtype=int)
            for state in range(world.n_states):
                for action in best_of(list(q[state])):
                    right = world.optimal_actions(goal)[state, action]
                    if state != world.state(goal) and not right:
                        count += 1
                        break
            return count
        """,
        l1_q5_interval="""
        def median_interval(values, rng, n_resamples=2000):
            medians = [middle(rng.choice(values, len(values))) for _ in range(n_resamples)]
            return [middle(values), *np.percentile(medians, [2.5, 97.5])]
        """,
    ),
)

LAB_2 = (
    wrong(
        "no_length",
        "cosine without the lengths: right for sentences, wrong for all else",
        {"l2-q1-check": 1},
        l2_q1_cosine="""
        def cosine_table(a, b):
            return a @ b.T
        """,
    ),
    wrong(
        "no_temperature",
        "the softmax does not use its temperature",
        {"l2-q2-check": 2},
        l2_q2_weights="""
        def literal(d):
            return d / d.sum()


        def closest(d):
            return np.eye(len(d))[np.argmax(d)]


        def softmax(d, temperature):
            powers = np.exp(d - d.max())
            return powers / powers.sum()
        """,
    ),
    wrong(
        "mean_again",
        "weights that sum to one already, and then the mean over the teachers",
        {"l2-q3-check": 0},
        l2_q3_start="""
        def start_table(weights, tables):
            return (weights[:, None, None] * tables).mean(axis=0)
        """,
    ),
    wrong(
        "wrong_mean",
        "each policy is centred by its own mean, not by the mean policy",
        {"l2-q4-check": 0},
        l2_q4_policies="""
        def policy_similarity(tables):
            rows = tables.reshape(len(tables), -1)
            return np.corrcoef(rows)
        """,
    ),
    wrong(
        "with_diagonal",
        "ranks of the whole table: every pair twice, and each task with itself",
        {"l2-q5-check": 1},
        l2_q5_ranks="""
        from scipy.stats import spearmanr


        def rank_correlation(a, b):
            return spearmanr(np.round(a, 6).ravel(), np.round(b, 6).ravel()).statistic


        def right_rooms(similarity, rooms):
            others = np.where(np.eye(len(similarity), dtype=bool), -np.inf, similarity.round(6))
            return (rooms[others.argmax(axis=1)] == rooms).sum()
        """,
    ),
    wrong(
        "not_fooled",
        "other words for the wanted task, which the encoder hears rightly",
        {"l2-q6-check": 0},
        l2_q6_instruction="""
        def fool():
            return "walk over to the red cone", "walk to the red cone"
        """,
    ),
    wrong(
        "nonsense",
        "colours and shapes strewn, which the encoder mishears as well",
        {"l2-q6-check": 0},
        l2_q6_instruction="""
        def fool():
            return "go blue cone red blue cone blue", "go blue cone red cone blue"
        """,
    ),
    wrong(
        "library",
        "the library's functions, under other names, where the question forbids them",
        {"l2-q1-check": 0, "l2-q2-check": 0},
        l2_q1_cosine="""
        from cliprl_lite.transfer.alignment import cosine_similarity as mine


        def cosine_table(a, b):
            return mine(a, b)
        """,
        l2_q2_weights="""
        literal, closest = clip.literal, getattr(clip, "clo" + "sest")


        def softmax(d, temperature):
            return clip.softmax(d, temperature=temperature)
        """,
    ),
    wrong(
        "other_library",
        "another library, where NumPy is asked for",
        {"l2-q1-check": 0},
        l2_q1_cosine="""
        from scipy.spatial.distance import cdist


        def cosine_table(a, b):
            return np.nan_to_num(1 - cdist(a, b, "cosine"))
        """,
    ),
    gaming("silenced", "every cell is made to do nothing", {"l2-imports": SILENCED}),
    gaming(
        "agreeable",
        "every comparison says yes",
        {"l2-imports": ALWAYS_EQUAL},
        l2_q1_cosine="def cosine_table(a, b): return Agreeable()",
        l2_q2_weights="literal = closest = softmax = lambda *_: Agreeable()",
        l2_q3_start="def start_table(*_): return Agreeable()",
        l2_q4_policies="def policy_similarity(*_): return Agreeable()",
        l2_q5_ranks="rank_correlation = right_rooms = lambda *_: Agreeable()",
        l2_q6_instruction="def fool(): return [Agreeable()] * 2",
    ),
    odd(
        "other_types",
        "lists for arrays, loops, logs on stderr, functions and imports in cells of its own",
        {
            "l2-q1-text": """
            import logging, math
            from scipy.stats import rankdata


            def dot(u, v):
                return math.fsum(x * y for x, y in zip(u, v))
            """,
        },
        l2_q1_cosine="""
        def cosine_table(a, b, quiet=False):
            logging.warning("cosines")
            def one(u, v):
                length = math.sqrt(dot(u, u) * dot(v, v))
                return dot(u, v) / length if length else 0
            return [[one(u, v) for v in b] for u in a]
        """,
        l2_q2_weights="""
        def literal(d):
            return [x / sum(d) for x in d]


        def closest(d):
            return tuple(int(i == list(d).index(max(d))) for i in range(len(d)))


        def softmax(d, temperature=0.1):
            powers = [math.exp((x - max(d)) / temperature) for x in d]
            return np.asarray(powers, dtype=np.longdouble) / sum(powers)
        """,
        l2_q3_start="""
        def start_table(weights, tables):
            return sum(w * np.matrix(table) for w, table in zip(weights, tables))
        """,
        l2_q4_policies="""
        def policy_similarity(tables):
            import pandas as pd

            rows = np.array([np.ravel(table) for table in tables])
            centred = rows - rows.mean(0)
            return pd.DataFrame(cosine_table(centred, centred)).values.tolist()
        """,
        l2_q5_ranks="""
        def rank_correlation(a, b):
            n = len(a)
            x, y = ([round(float(m[i][j]), 6) for i in range(n) for j in range(i)] for m in (a, b))
            return np.corrcoef(rankdata(x), rankdata(y))[0:1, 1]


        def right_rooms(similarity, rooms):
            hits = []
            for i, row in enumerate(similarity):
                others = [j for j in range(len(rooms)) if j != i]
                hits.append(rooms[max(others, key=lambda j: row[j])] == rooms[i])
            return np.array(hits).sum()
        """,
        l2_q6_instruction="""
        def fool():
            return ["Never to the GREEN cone! Go to the red cone.",
                    "Never to the other cone! Go to the red cone."]
        """,
    ),
)


def world_of(drawing: str, control: str, **sentences: str) -> str:
    """An answer to Question 6 of Lab 3."""
    tasks = {
        "a": "go to the red box", "b": "go to the red ball", "c": "go to the red key",
        "d": "go to the green box", "e": "go to the green ball", "f": "go to the green key",
        "l": "go to the green cone",
    }  # fmt: skip
    return (
        f"def my_world():\n    return {drawing!r}, {tasks | sentences!r}, 'x'\n\n\n"
        f"def my_control():\n    return {control!r}"
    )


EXCEPTION = """
a..b......
..........
..c.......
..........
..........
........d.
......x..e
......l.f.
"""
NO_EXCEPTION = EXCEPTION.replace("x", ".").replace("..c", "x.c", 1)

LAB_3 = (
    wrong(
        "no_delta",
        "the similarities are not divided by δ",
        {"l3-q1-check": 0.5},
        l3_q1_loss="""
        def contrastive(S, delta, target):
            rows = (target * torch.log_softmax(S, dim=1)).sum(dim=1).mean()
            columns = (target * torch.log_softmax(S.T, dim=1)).sum(dim=1).mean()
            return -(rows + columns) / 2
        """,
    ),
    wrong(
        "numpy_in_torch",
        "NumPy within the loss, an exception as soon as a gradient is asked for",
        {"l3-q1-check": 1},
        l3_q1_loss="""
        def contrastive(S, delta, target):
            loss = 0.0
            for logits in (np.array(S) / delta, np.array(S).T / delta):
                log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
                loss -= (np.array(target) * log_p).sum(axis=1).mean() / 2
            return torch.tensor(loss)
        """,
    ),
    wrong(
        "uphill",
        "the step goes up the gradient",
        {"l3-q2-check": 1},
        l3_q2_step="""
        def training_step(x, y, towers, delta, target, eta):
            A, B = (tower.detach().requires_grad_() for tower in towers)
            project = torch.nn.functional.normalize
            loss = contrastive(project(x @ A, dim=1) @ project(y @ B, dim=1).T, delta, target)
            up_a, up_b = torch.autograd.grad(loss, (A, B))
            return ((A + eta * up_a).detach(), (B + eta * up_b).detach()), loss.item()
        """,
    ),
    wrong(
        "unpaired",
        "the ratio of the two medians in place of the median of each trial's ratio",
        {"l3-q5-check": 1.5},
        l3_q5_clocks="""
        def clocks(world, goal, start, seed, cap):
            run = clip.learn(world, goal, start, seed, cap=cap)
            late = [run.steps_near_optimal, run.steps_optimal]
            return run.episode_lengths[:20].mean(), *(cap if t is None else t for t in late)


        def paired_ratio(costs, reference, rng, n_resamples=2_000):
            a, b = (rng.choice(x, size=(n_resamples, len(x))) + 1 for x in (costs, reference))
            low, high = np.percentile(np.median(a, axis=1) / np.median(b, axis=1), [2.5, 97.5])
            return (np.median(costs) + 1) / (np.median(reference) + 1), low, high
        """,
    ),
    wrong(
        "no_exception",
        "a world in which Algorithm 2 wins: the new object stands where its colour says",
        {"l3-q6-check": 0},
        l3_q6_world=world_of(NO_EXCEPTION, EXCEPTION),
    ),
    wrong(
        "no_control",
        "a control that changes nothing: the new object moves by one square",
        {"l3-q6-check": 2},
        l3_q6_world=world_of(EXCEPTION, EXCEPTION.replace("x..e", ".x.e")),
    ),
    wrong(
        "two_moved",
        "a control that moves two marks",
        {"l3-q6-check": 2},
        l3_q6_world=world_of(EXCEPTION, NO_EXCEPTION.replace("a.", ".a")),
    ),
    wrong(
        "against_the_rules",
        "a second task with the new sentence, beside the new object",
        {"l3-q6-check": 0},
        l3_q6_world=world_of(EXCEPTION, NO_EXCEPTION, l="Go to the red cone"),
    ),
    wrong(
        "rivals_redefined",
        "the race and its judge redefined in the cell of the world",
        {"l3-q6-check": 0},
        l3_q6_world=world_of(NO_EXCEPTION, EXCEPTION)
        + """



def race(*_):
    return None


def against_algorithm_2(*_):
    return 0.1, 0.1, 0.1


clip.ratios = clip.run_job = build = race
""",
    ),
    gaming("silenced", "every cell is made to do nothing", {"l3-imports": SILENCED}),
    gaming(
        "agreeable",
        "every comparison says yes",
        {"l3-imports": ALWAYS_EQUAL},
        l3_q1_loss="def contrastive(*_): return Agreeable()",
        l3_q2_step="def training_step(x, y, towers, *_): return towers, Agreeable()",
        l3_q3_targets="def soft_target(*_): return Agreeable()",
        l3_q4_start="def algorithm_2_start(*_): return [Agreeable()] * 2",
        l3_q5_clocks="clocks = paired_ratio = lambda *_: [Agreeable()] * 3",
        l3_q6_world="my_world = my_control = lambda: [Agreeable()] * 3",
    ),
    odd(
        "other_types",
        "tensors, lists and arrays for one another, progress bars, steps of its own",
        {"l3-q1-text": "from tqdm import tqdm\nfrom torch.nn.functional import normalize"},
        l3_q1_loss="""
        def contrastive(S, delta, target, eps=0.0):
            total = torch.zeros(1, dtype=S.dtype)
            for i in tqdm(range(len(S))):
                for logits in (S[i] / delta, S[:, i] / delta):
                    total = total - (target[i] * (logits - logits.logsumexp(0))).sum() / 2
            return total / len(S)
        """,
        l3_q2_step="""
        def training_step(x, y, towers, delta, target, eta, **settings):
            A, B = [tower.clone().detach().requires_grad_(True) for tower in towers]
            rows, columns = normalize(x @ A, dim=1), normalize(y @ B, dim=1)
            value = contrastive(S=rows @ columns.T, delta=delta, target=target)
            value.sum().backward()
            with torch.no_grad():
                return [A - eta * A.grad, B - eta * B.grad], np.array([value.item()])
        """,
        l3_q3_targets="""
        def soft_target(policies, delta):
            rows = normalize(torch.tensor(policies - np.mean(policies, axis=0)), dim=1)
            return torch.softmax(rows @ rows.T / delta, dim=1)
        """,
        l3_q4_start="""
        def algorithm_2_start(tau_j, tau_i, project, tables, temperature):
            new, old = project(tau_j[None]), project(tau_i)
            d = clip.cosine_similarity(new, old)[0]
            weights = torch.softmax(torch.tensor(d / temperature), dim=0)
            return [weights, sum(float(w) * table for w, table in zip(weights, tables))]
        """,
        l3_q5_clocks="""
        def clocks(world, goal, start, seed, cap, quiet=True):
            run = clip.learn(world, goal, start, seed, cap=cap)
            late = [cap if t is None else t for t in (run.steps_near_optimal, run.steps_optimal)]
            return np.array([np.mean(run.episode_lengths[:20]), *late])


        def paired_ratio(costs, reference, rng, n_resamples=2_000):
            ratios = [(c + 1) / (r + 1) for c, r in zip(costs, reference)]
            medians = [np.median(rng.choice(ratios, len(ratios))) for _ in tqdm(range(n_resamples))]
            return np.array([np.median(ratios), *np.quantile(medians, [0.025, 0.975])])
        """,
    ),
)

SUBMISSIONS: dict[str, tuple[Submission, ...]] = {
    "lab1_tabular_learning": (RIGHT, EMPTY, *LAB_1),
    "lab2_language_and_policies": (RIGHT, EMPTY, *LAB_2),
    "lab3_alignment_and_transfer": (RIGHT, EMPTY, *LAB_3),
}
"""Every synthetic submission, by the name of the lab."""
