"""A pilot: does averaging networks transfer where an agent sees a part of the room only?

    pip install minigrid stable-baselines3
    python benchmarks/ppo_pilot.py

Twelve tasks of BabyAI's kind, *go to the red ball* among them: one room with three other objects,
all strewn anew in each episode; the agent sees the seven by seven squares before it, and is not
told its mission. PPO (J. Schulman et al.: *Proximal policy optimization algorithms*, 2017;
stable-baselines3's) learns each from one shared random start. Then each of some tasks is taken as
new: what do the other eleven networks give it? Every start learns the new task with the same seed.

It writes `data/results/ppo_pilot.csv`: for each new task and start, the mean steps of an episode
after so many steps of learning; and their means over the new tasks into `docs/findings.md`.
Networks that are learned already stay in the folder `--runs`, so that a stopped pilot goes on where
it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from itertools import product
from pathlib import Path

import gymnasium
import minigrid  # noqa: F401  (its levels get their names)
import numpy as np
import pages
import pandas as pd
import torch
from gymnasium import spaces
from minigrid.envs.babyai.core.roomgrid_level import RoomGridLevel
from minigrid.envs.babyai.core.verifier import GoToInstr, ObjDesc
from multiverse_table import PAGE
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv
from tqdm import tqdm

from cliprl_lite import embed
from cliprl_lite._arrays import FloatArray
from cliprl_lite._paths import data_path
from cliprl_lite._printing import forgiving_output
from cliprl_lite.experiments.results import write_table
from cliprl_lite.transfer.alignment import cosine_similarity
from cliprl_lite.transfer.alignment_training import align
from cliprl_lite.transfer.weightings import closest, literal, softmax

TASKS = tuple(product(("red", "green", "blue", "yellow"), ("ball", "box", "key")))
NEW = (("red", "ball"), ("green", "box"), ("blue", "key"), ("yellow", "ball"))
"""Tasks that are met as new ones."""

LONGEST = 64
"""Steps after which an episode ends without a goal."""

ENVIRONMENTS, EPISODES = 16, 160
SETTINGS = {
    "n_steps": 128, "batch_size": 512, "n_epochs": 6, "gamma": 0.99, "gae_lambda": 0.95,
    "ent_coef": 0.01, "learning_rate": 7e-4, "policy_kwargs": {"net_arch": [64, 64]},
}  # fmt: skip
PPO_COLUMNS = {
    "target": "sentence of the new task",
    "start": "where its network begins; `old` is the network that has learned the task itself",
    "steps": "steps of learning so far",
    "length": f"mean steps of an episode, over {EPISODES} episodes; {LONGEST} without a goal",
    "success": "share of these episodes that reach the goal",
}

WORDS = {
    "scratch": "the shared random start",
    "uniform": "an average with equal weights",
    "alg1": "Algorithm 1",
    "alg1_closest": "Algorithm 1, closest",
    "alg2": "Algorithm 2, repaired",
    "alg2_closest": "Algorithm 2, closest",
    "oracle": "the best old network for the new task",
    "old": "the network that has learned the task",
}
BEGIN = "<!-- The output of ppo_pilot.py: -->"

Weights = dict[str, torch.Tensor]


class OneRoom(RoomGridLevel):
    """A room with one object to go to and three others."""

    def __init__(self, colour: str, kind: str) -> None:
        self.wanted = kind, colour
        super().__init__(num_rows=1, num_cols=1, room_size=7, max_steps=LONGEST)

    def gen_mission(self) -> None:
        self.place_agent()
        self.add_object(0, 0, *self.wanted)
        self.add_distractors(num_distractors=3, all_unique=True)
        self.check_objs_reachable()
        self.instrs = GoToInstr(ObjDesc(*self.wanted))


class Seen(gymnasium.Wrapper):
    """What the agent sees, as zeros and ones: kind, colour and state of 49 squares; direction.

    Actions are left, right and forward.
    """

    def __init__(self, colour: str, kind: str) -> None:
        super().__init__(OneRoom(colour, kind))
        self.observation_space = spaces.Box(0, 1, (49 * 20 + 4,), np.float32)
        self.action_space = spaces.Discrete(3)

    def reset(self, **options):
        with redirect_stdout(StringIO()):  # BabyAI prints what it rejects
            seen, told = self.env.reset(**options)
        return self.as_bits(seen), told

    def step(self, action):
        seen, *rest = self.env.step(int(action))
        return self.as_bits(seen), *rest

    @staticmethod
    def as_bits(seen: dict) -> np.ndarray:
        squares = np.zeros((49, 20), np.float32)
        for first, part in zip((0, 11, 17), seen["image"].reshape(49, 3).T, strict=True):
            squares[np.arange(49), first + part] = 1
        return np.r_[squares.ravel(), np.eye(4, dtype=np.float32)[seen["direction"]]]


def rooms(task: tuple[str, str]) -> DummyVecEnv:
    return DummyVecEnv([lambda: Seen(*task)] * ENVIRONMENTS)


def evaluated(model: PPO, task: tuple[str, str]) -> tuple[float, float]:
    """Mean steps of an episode by the most likely actions, and the share that reach the goal."""
    lengths, reached, worlds = [], [], rooms(task)
    worlds.seed(10_000)
    seen, steps = worlds.reset(), np.zeros(ENVIRONMENTS, int)
    while len(lengths) < EPISODES:
        actions, _ = model.predict(seen, deterministic=True)
        seen, rewards, done, _ = worlds.step(actions)
        steps += 1
        lengths += steps[done].tolist()
        reached += (rewards[done] > 0).tolist()
        steps[done] = 0
    return float(np.mean(lengths)), float(np.mean(reached))


def learned(
    task: tuple[str, str],
    start: Weights | None,
    steps: int,
    seed: int,
    watch: Callable[[PPO, int], None] = lambda model, steps: None,
    every: int | None = None,
) -> Weights:
    """PPO's network after `steps` steps of `task`, from `start`; `watch` looks at it on the way."""
    model = PPO("MlpPolicy", rooms(task), seed=0, device="cpu", **SETTINGS)  # one random start
    if start is not None:
        model.policy.load_state_dict(start)
    model.set_random_seed(seed)
    watch(model, 0)
    every = every or steps
    for done in range(every, steps + 1, every):
        model.learn(every, reset_num_timesteps=False)
        watch(model, done)
    return {name: value.clone() for name, value in model.policy.state_dict().items()}


def average(networks: list[Weights], weights: FloatArray) -> Weights:
    """Σᵢ wᵢ πᵢ, parameter by parameter (Algorithm 1, Step 3)."""
    return {
        name: sum(float(w) * one[name] for w, one in zip(weights, networks, strict=True))
        for name in networks[0]
    }


def sentence(task: tuple[str, str]) -> str:
    return f"go to the {' '.join(task)}"


def starts(new: tuple[str, str], old: dict[tuple[str, str], Weights]) -> dict[str, Weights | None]:
    """Where a network for the new task may begin, by name; None is the shared random start."""
    bases = [task for task in old if task != new]
    networks = [old[task] for task in bases]
    tau_j, tau_i = embed([sentence(new)])[0], embed([sentence(task) for task in bases])
    actor = [name for name in networks[0] if "value" not in name]
    vectors = np.array(
        [torch.cat([one[name].ravel() for name in actor]).numpy() for one in networks]
    )
    by_words = cosine_similarity(tau_j, tau_i)
    by_map = align(tau_i, vectors).similarity(tau_j, tau_i)
    best = min(bases, key=lambda task: evaluated(as_model(old[task], new), new))
    return {
        "scratch": None,
        "uniform": average(networks, np.full(len(bases), 1 / len(bases))),
        "alg1": average(networks, literal(by_words)),
        "alg1_closest": average(networks, closest(by_words)),
        "alg2": average(networks, softmax(by_map)),
        "alg2_closest": average(networks, closest(by_map)),
        "oracle": old[best],
        "old": old[new],
    }


def as_model(network: Weights, task: tuple[str, str]) -> PPO:
    model = PPO("MlpPolicy", rooms(task), seed=0, device="cpu", **SETTINGS)
    model.policy.load_state_dict(network)
    return model


def as_table(rows: pd.DataFrame) -> str:
    """Mean steps of an episode over the new tasks: a row a start, a column a length of learning."""
    means = rows.pivot_table(index="start", columns="steps", values="length")
    lines = [
        "| start | " + " | ".join(f"after {steps:,} steps" for steps in means) + " |",
        "|---|" + "--:|" * means.shape[1],
    ]
    for start, words in WORDS.items():
        cells = ["" if np.isnan(one) else f"{one:.1f}" for one in means.loc[start]]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines)


@forgiving_output()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--old-steps", type=int, default=204_800, help="for each old task")
    parser.add_argument("--new-steps", type=int, default=40_960, help="for each start")
    parser.add_argument("--runs", type=Path, default=Path("runs/ppo"))
    parser.add_argument("--out", type=Path, default=data_path("results") / "ppo_pilot.csv")
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.runs.mkdir(parents=True, exist_ok=True)

    old = {}
    for task in tqdm(TASKS, "old tasks", mininterval=10):
        path = options.runs / f"{'_'.join(task)}_{options.old_steps}.npz"
        if not path.exists():
            network = learned(task, None, options.old_steps, seed=1)
            np.savez(path, **{name: value.numpy() for name, value in network.items()})
        with np.load(path) as file:
            old[task] = {name: torch.from_numpy(file[name]) for name in file}

    rows = []
    for new in tqdm(NEW, "new tasks", mininterval=10):
        for name, start in starts(new, old).items():

            def watch(model: PPO, steps: int, new=new, name=name) -> None:
                rows.append((sentence(new), name, steps, *evaluated(model, new)))

            steps = 0 if name == "old" else options.new_steps
            learned(new, start, steps, seed=2, watch=watch, every=options.new_steps // 4)
        write_table(options.out, pd.DataFrame(rows, columns=list(PPO_COLUMNS)))
    print(f"{len(rows)} rows: {options.out}")
    pages.put(PAGE, BEGIN, as_table(pd.read_csv(options.out)))


if __name__ == "__main__":
    main()
