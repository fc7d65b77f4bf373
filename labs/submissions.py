"""Synthetic submissions: what students hand in, and which questions each of them loses.

Eight for every lab: the right one, the empty one, and six with one typical mistake. A mistake
replaces the solution of some cells by other code and names the graded cells that it must lose; all
others must be won. `make_labs.py` builds the notebooks and has nbgrader score them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import dedent


@dataclass(frozen=True)
class Submission:
    """One way of answering a lab.

    Attributes:
        name: short, used as the student's name.
        mistake: what went wrong, in words.
        code: new source for some solution cells, by their `grade_id`.
        loses: the `grade_id` of every graded cell that scores 0.
        answered: False for the student edition handed in as it is, which loses everything.
    """

    name: str
    mistake: str = ""
    code: dict[str, str] = field(default_factory=dict)
    loses: tuple[str, ...] = ()
    answered: bool = True


RIGHT = Submission("right", "none: the solutions of the source")
EMPTY = Submission("empty", "nothing answered", answered=False)


def wrong(name: str, mistake: str, loses: tuple[str, ...], **code: str) -> Submission:
    """A submission with one mistake; underscores in the keywords stand for hyphens."""
    cells = {cell.replace("_", "-"): dedent(source).strip() for cell, source in code.items()}
    return Submission(name, mistake, cells, loses)


LAB_1 = (
    wrong(
        "no_end",
        "the target looks beyond the end of the episode: `done` is not used",
        ("l1-q1-check", "l1-q1-hidden"),
        l1_q1_update="""
        def update(old, reward, next_values, done, eta, gamma):
            return (1 - eta) * old + eta * (reward + gamma * np.max(next_values))
        """,
    ),
    wrong(
        "typed_in",
        "the two answers of the quick check, typed in",
        ("l1-q1-hidden", "l1-q3-check"),
        l1_q1_update="""
        def update(old, reward, next_values, done, eta, gamma):
            return -2.5 if done else -3.4
        """,
    ),
    wrong(
        "first_of_equals",
        "np.argmax, which takes the first of several equally good actions",
        ("l1-q2-check", "l1-q2-hidden", "l1-q3-check"),
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
        ("l1-q3-check", "l1-q3-hidden"),
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
        ("l1-q5-hidden",),
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
        ("l1-q6-hidden",),
        l1_q6_steps="""
        def steps_needed(eta, start, epsilon, seeds):
            table = np.full((house.world.n_states, 4), float(start))
            settings = {"learning_rate": eta, "epsilon": epsilon, "min_episodes": 0, "cap": CAP}
            runs = [clip.learn(house.world, cone, table, seed, **settings) for seed in seeds]
            return np.array([run.steps_optimal for run in runs if run.steps_optimal is not None])
        """,
    ),
)

LAB_2 = (
    wrong(
        "no_length",
        "cosine without the lengths: right for sentences, wrong for all else",
        ("l2-q1-hidden",),
        l2_q1_cosine="""
        def cosine_table(a, b):
            return a @ b.T
        """,
    ),
    wrong(
        "no_temperature",
        "the softmax does not use its temperature",
        ("l2-q2-check", "l2-q2-hidden"),
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
        ("l2-q3-check", "l2-q3-hidden"),
        l2_q3_start="""
        def start_table(weights, tables):
            return (weights[:, None, None] * tables).mean(axis=0)
        """,
    ),
    wrong(
        "wrong_mean",
        "each policy is centred by its own mean, not by the mean policy",
        ("l2-q4-hidden",),
        l2_q4_policies="""
        def policy_similarity(tables):
            rows = tables.reshape(len(tables), -1)
            return np.corrcoef(rows)
        """,
    ),
    wrong(
        "with_diagonal",
        "ranks of the whole table: every pair twice, and each task with itself",
        ("l2-q5-hidden",),
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
        ("l2-q6-fooled",),
        l2_q6_instruction="""
        def fool():
            return "go to the red cone", "walk over to the cone, the red one"
        """,
    ),
)

_COLOURS_BY_CORNER = """
def my_world():
    drawing = \"\"\"
    a..b......
    ..........
    ..c.x.....
    ..........
    ..........
    ........d.
    .........e
    ......l.f.
    \"\"\"
    base_tasks = {
        "a": "go to the red box",
        "b": "go to the red ball",
        "c": "go to the red key",
        "d": "go to the green box",
        "e": "go to the green ball",
        "f": "go to the green key",
        "l": "go to the green cone",
    }
    return drawing, base_tasks, {"x": "NEW"}, "alg1_closest", "first20"
"""

LAB_3 = (
    wrong(
        "no_delta",
        "the similarities are not divided by δ",
        ("l3-q1-hidden",),
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
        ("l3-q1-hidden", "l3-q2-check"),
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
        ("l3-q2-check", "l3-q2-hidden"),
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
        ("l3-q5-hidden",),
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
        ("l3-q6-wins", "l3-q6-again"),
        l3_q6_world=_COLOURS_BY_CORNER.replace("NEW", "go to the red cone"),
    ),
    wrong(
        "nonsense",
        "a world against the rules: a new sentence that resembles nothing known",
        ("l3-q6-legal", "l3-q6-wins", "l3-q6-again"),
        l3_q6_world=_COLOURS_BY_CORNER.replace("NEW", "the stock market fell today"),
    ),
)

SUBMISSIONS: dict[str, tuple[Submission, ...]] = {
    "lab1_tabular_learning": (RIGHT, EMPTY, *LAB_1),
    "lab2_language_and_policies": (RIGHT, EMPTY, *LAB_2),
    "lab3_alignment_and_transfer": (RIGHT, EMPTY, *LAB_3),
}
"""Every synthetic submission, by the name of the lab."""
