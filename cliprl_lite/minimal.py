"""The whole paper, from sentences to a faster learner, in plain NumPy and without the rest.

    python -m cliprl_lite.minimal

An agent has learned fifteen tasks of a house, each described by a sentence. A sixteenth sentence
comes: which old policies should it start from? Algorithm 2 stands here as the course repaired it:
three lines, marked (*), differ from the paper. The library does the same faster and with more
care, and a test holds it equal to this page.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

# A room a colour. The goal of each sentence, in their order: a is the red box, p the yellow key.
HOUSE = """
......#......
.a..b.#.j..i.
......#......
.............
.c..d.#.l..k.
......#......
###.#####.###
......#......
.n..p.#.h..g.
.............
......#......
.m..o.#.f..e.
......#......
""".strip().splitlines()
COLOURS, SHAPES = ("red", "blue", "green", "yellow"), ("box", "ball", "cone", "key")
SENTENCES = [f"go to the {colour} {shape}" for colour in COLOURS for shape in SHAPES]
NEW = SENTENCES.index("go to the red cone")
OLD = [task for task in range(16) if task != NEW]
EPSILON = 0.1  # share of random actions
TEMPERATURE = 0.1  # of the softmax that turns scores into weights


# The world: states are free cells, actions are up, down, left and right -------------------------
def world() -> tuple[np.ndarray, list[int]]:
    """Which state follows on each action, shape `[S, 4]`, and the goal of each sentence."""
    free = [(i, j) for i, row in enumerate(HOUSE) for j, c in enumerate(row) if c != "#"]
    state = {cell: number for number, cell in enumerate(free)}
    moves = [(-1, 0), (1, 0), (0, -1), (0, 1)]
    next_state = [[state.get((i + a, j + b), state[i, j]) for a, b in moves] for i, j in free]
    letters = "".join(HOUSE[i][j] for i, j in free)
    return np.array(next_state), [letters.index(letter) for letter in "abcdefghijklmnop"]


# A policy: Q-learning (Watkins 1989), learning rate 1, discount 0.99, reward −1 a step ----------
def q_learning(
    next_state: np.ndarray, goal: int, q: np.ndarray, episodes: int, rng: np.random.Generator
) -> list[int]:
    """Improve the table `q`, `[S, 4]`, in place; returns the steps that each episode took."""
    lengths = []
    for _ in range(episodes):
        state = int(rng.random() * (len(q) - 1))
        state += state >= goal  # any state but the goal
        steps = 0
        while state != goal:
            if rng.random() < EPSILON:
                action = int(rng.random() * 4)
            else:
                best = np.flatnonzero(q[state] == q[state].max())
                action = best[int(rng.random() * len(best)) if len(best) > 1 else 0]
            successor = next_state[state, action]
            q[state, action] = -1 + 0.99 * q[successor].max()
            state, steps = successor, steps + 1
        lengths.append(steps)
    return lengths


# A sentence: its vector from all-MiniLM-L6-v2, stored with the package ---------------------------
def embed(sentences: list[str]) -> np.ndarray:
    """Unit vectors, shape `[K, 384]`."""
    here = Path(__file__).parent
    data = next(d for d in (here / "data", here.parent / "data") if d.is_dir()) / "embeddings"
    stored = json.loads((data / "sentences.json").read_text("utf-8"))["sentences"]
    return np.load(data / "sentences.npy")[[stored.index(s) for s in sentences]].astype(float)


def unit(rows: np.ndarray) -> np.ndarray:
    """Each row divided by its length; the shape stays."""
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


# Algorithm 2, Step 2: two matrices bring sentences and policies into one space -------------------
def softmax(scores: np.ndarray, axis: int = -1) -> np.ndarray:
    """Positive shares that sum to one along an axis; the shape stays."""
    shares = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return shares / shares.sum(axis=axis, keepdims=True)


def align(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Train on pairs of sentences `[N, E]` and policies `[N, P]`; returns W, `[E, 64]`.

    The loss: L = −(1/2N) Σ [ T log P + Tᵀ log Q ], where P is the softmax of S/δ over each row (a
    sentence chooses a policy) and Q that over each column (a policy chooses a sentence).
    """
    delta, eta, width = 2.0, 1.0, 64
    w = rng.standard_normal((x.shape[1], width)) / np.sqrt(x.shape[1])
    v = rng.standard_normal((y.shape[1], width)) / np.sqrt(y.shape[1])
    targets = softmax(y @ y.T / delta)  # (*) T is the identity in the paper
    for _ in range(100):
        a, b = x @ w, y @ v
        logits = unit(a) @ unit(b).T / delta  # S/δ, with S the cosine of each pair
        p, q = softmax(logits), softmax(logits, axis=0)
        g = (p - targets + q - targets.T) / (2 * len(x) * delta)  # ∂L/∂S
        g_a, g_b = g @ unit(b), g.T @ unit(a)
        w = w - eta * x.T @ through_length(a, g_a)
        v = v - eta * y.T @ through_length(b, g_b)
    return w


def through_length(a: np.ndarray, g: np.ndarray) -> np.ndarray:
    """The gradient of a, from that of a / ‖a‖."""
    along = (g * unit(a)).sum(axis=1, keepdims=True)
    return (g - unit(a) * along) / np.linalg.norm(a, axis=1, keepdims=True)


# Both algorithms: scores, weights, one starting policy -------------------------------------------
def weigh(policies: np.ndarray) -> dict[str, np.ndarray]:
    """The weight of each old policy, `[15]`, by each way; the policies have shape `[15, S, 4]`."""
    new, old = embed([SENTENCES[NEW]])[0], embed([SENTENCES[task] for task in OLD])
    tables = policies.reshape(len(OLD), -1)
    cosine = (old @ new).round(6)
    mean = old.mean(axis=0)
    x, y = unit(old - mean), unit(tables - tables.mean(axis=0))  # (*) the paper does not centre
    w = align(x, y, np.random.default_rng(0))
    aligned = (unit(x @ w) @ unit(unit(new - mean) @ w)).round(6)
    return {
        "from scratch": np.zeros(len(OLD)),
        "Algorithm 1": cosine / cosine.sum(),
        "Algorithm 2, repaired": softmax(aligned / TEMPERATURE).round(9),  # (*) the paper: d / Σd
    }


def main() -> None:
    """Learn fifteen tasks, choose three starts for the sixteenth, and print how each begins."""
    next_state, goals = world()
    policies = np.zeros((len(OLD), len(next_state), 4))
    for task, q in zip(OLD, policies, strict=True):
        q_learning(next_state, goals[task], q, 1_000, np.random.default_rng(task))
    for name, weights in weigh(policies).items():
        start = sum(weight * q for weight, q in zip(weights, policies, strict=True))
        start[goals[NEW]] = 0  # nothing is earned after the end
        first = [
            q_learning(next_state, goals[NEW], start.copy(), 20, np.random.default_rng(seed))
            for seed in range(20)
        ]
        most = SENTENCES[OLD[weights.argmax()]] if weights.any() else "nobody"
        steps = f"{np.mean(first):3.0f} steps an episode over the first 20"
        print(f"{name:21}  most weight on: {most:20}  {steps}")


if __name__ == "__main__":
    main()
