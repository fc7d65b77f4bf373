"""The Gymnasium environment: Gymnasium's own checker, the library's transitions, a real learner."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env

from cliprl_lite.gym_env import CELL_PIXELS, ENV_ID, MAX_EPISODE_STEPS, GridWorldEnv
from cliprl_lite.pictures.palette import LIGHT
from cliprl_lite.worlds.gridworld import GridWorld
from cliprl_lite.worlds.suite_files import SuiteError, load_suite
from cliprl_lite.worlds.tasks import Task, TaskSuite

WORLD = GridWorld.from_text("...\n.#.\n...")
SMALL = TaskSuite("small", "A ring", WORLD, (Task("end", "go to the end", (2, 2)),))


def rollout(env: gymnasium.Env, seed: int, n_steps: int = 200) -> list[tuple]:
    """Observations, rewards and ends under a fixed random agent, new episodes included."""
    agent = np.random.default_rng(99)
    seen: list[tuple] = [env.reset(seed=seed)[0]]
    for _ in range(n_steps):
        state, reward, terminated, truncated, _ = env.step(int(agent.integers(4)))
        seen.append((state, reward, terminated, truncated))
        if terminated or truncated:
            seen.append(env.reset()[0])
    return seen


@pytest.mark.parametrize("render_mode", [None, "ansi", "rgb_array"])
@pytest.mark.parametrize(
    "arguments", [{}, {"suite": "corners", "size": 8, "task": "mismatch"}, {"suite": SMALL}]
)
def test_gymnasiums_checker_has_no_complaint(arguments, render_mode):
    # Warnings are errors here. Without a spec the checker cannot remake the environment to render.
    check_env(GridWorldEnv(**arguments, render_mode=render_mode), skip_render_check=True)
    made = gymnasium.make(f"cliprl_lite.gym_env:{ENV_ID}", render_mode=render_mode, **arguments)
    check_env(made.unwrapped)
    rollout(made, seed=0, n_steps=20)  # through the wrappers, which check each step


def test_vector_environment():
    envs = gymnasium.make_vec(ENV_ID, num_envs=3, suite="corners", size=5)
    states, info = envs.reset(seed=0)
    assert states.shape == (3,)
    assert info["action_mask"].shape == (3, 4)
    envs.close()


def test_spec_travels_as_json():
    env = gymnasium.make(ENV_ID, suite="corners", size=5, task="left")
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert rollout(again, seed=3) == rollout(env, seed=3)


def test_the_seed_is_the_only_randomness():
    first = rollout(GridWorldEnv(), seed=5)
    np.random.seed(0)  # noqa: NPY002 (a disturbed global generator)
    assert rollout(GridWorldEnv(), seed=5) == first
    assert rollout(GridWorldEnv(), seed=6) != first


def test_starts_are_all_states_but_the_goal_equally_often():
    env = GridWorldEnv(SMALL)
    env.reset(seed=0)
    counts = np.bincount([env.reset()[0] for _ in range(7000)], minlength=8)
    assert counts[WORLD.state((2, 2))] == 0
    assert (np.abs(counts[:-1] - 1000) < 150).all()  # five standard deviations


def test_same_transitions_as_the_map():
    suite = load_suite("house_a")
    env = GridWorldEnv(suite, "go to the blue key")
    goal = suite.world.state(env.task.goal)
    distances = suite.world.distances(env.task.goal)
    for state in range(suite.world.n_states):
        if state == goal:
            continue
        for action in range(4):
            start, info = env.reset(options={"start": suite.world.cell(state)})
            assert (start, info["distance"]) == (state, distances[state])
            reached, reward, terminated, truncated, after = env.step(action)
            assert reached == suite.world.next_state[state, action]
            assert (reward, terminated, truncated) == (-1.0, reached == goal, False)
            assert info["action_mask"][action] == (reached != state)
            assert after["distance"] == distances[reached]


def test_action_mask_is_what_sampling_takes():
    env = GridWorldEnv(SMALL)
    _, info = env.reset(options={"start": (0, 1)})  # below it is the wall
    assert info["action_mask"].dtype == np.int8
    assert info["action_mask"].tolist() == [0, 0, 1, 1]
    assert {int(env.action_space.sample(info["action_mask"])) for _ in range(50)} == {2, 3}


def test_an_episode_ends_at_the_goal():
    env = GridWorldEnv(SMALL)
    env.reset(options={"start": (0, 1)})
    ends = [env.step(action)[2] for action in (3, 1, 1)]
    assert ends == [False, False, True]
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
        env.step(0)


def test_truncation_is_the_made_environments():
    def length(env: gymnasium.Env) -> int:
        env.reset(options={"start": (0, 0)})
        return next(n for n in range(1, 10_000) if any(env.step(0)[2:4]))  # into the edge for ever

    assert length(gymnasium.make(ENV_ID, suite=SMALL)) == MAX_EPISODE_STEPS
    assert length(gymnasium.make(ENV_ID, suite=SMALL, max_episode_steps=7)) == 7


def test_the_first_task_is_the_default_and_new_ones_can_be_chosen():
    assert GridWorldEnv().task.sentence == "go to the red box"
    assert GridWorldEnv("corners", "right", 10).task.goal == (0, 7)


def test_text():
    env = GridWorldEnv(SMALL, render_mode="ansi")
    env.reset(options={"start": (1, 2)})
    assert env.render() == "...\n.#A\n..G"
    env.step(1)
    assert env.render() == "...\n.#.\n..*"


def cell(picture: np.ndarray, row: int, column: int) -> np.ndarray:
    n = CELL_PIXELS
    return picture[row * n : (row + 1) * n, column * n : (column + 1) * n]


def rgb(colour: str) -> list[int]:
    return list(bytes.fromhex(colour.removeprefix("#")))


def test_picture():
    env = GridWorldEnv(SMALL, render_mode="rgb_array")
    env.reset(options={"start": (0, 1)})
    middle = CELL_PIXELS // 2
    for action, agent in ((2, (0, 0)), (3, (0, 1)), (3, (0, 2)), (1, (1, 2))):
        env.step(action)
        picture = env.render()
        assert picture.shape == (3 * CELL_PIXELS, 3 * CELL_PIXELS, 3)
        assert picture.dtype == np.uint8
        middles = {
            (row, column): cell(picture, row, column)[middle, middle].tolist()
            for row, column in np.ndindex(3, 3)
        }
        expected = dict.fromkeys(middles, rgb(LIGHT["floor"]))
        assert middles == expected | {(1, 1): rgb(LIGHT["wall"]), agent: rgb(LIGHT["map"])}


def test_picture_of_the_goal_has_two_outlines_also_under_the_agent():
    env = GridWorldEnv(SMALL, render_mode="rgb_array")
    middle = CELL_PIXELS // 2
    env.reset(options={"start": (1, 2)})
    before = cell(env.render(), 2, 2)
    env.step(1)
    after = cell(env.render(), 2, 2)
    for picture in (before, after):
        assert (picture[:middle, middle] == rgb(LIGHT["ink"])).all(axis=1).sum() == 2
    assert before[middle, middle].tolist() == rgb(LIGHT["floor"])
    assert after[middle, middle].tolist() == rgb(LIGHT["map"])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"suite": "house_z"}, SuiteError, "there is no suite 'house_z'; take one of"),
        ({"suite": "corners"}, SuiteError, "leaves the size"),
        ({"task": "go home"}, ValueError, "has no task 'go home'; it has 'go to the red box'"),
        ({"suite": SMALL, "size": 5}, ValueError, "give no size"),
        ({"render_mode": "human"}, ValueError, "one of .'ansi', 'rgb_array'. or None"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        GridWorldEnv(**arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": (1, 1)}, "is a wall"),
        ({"start": (3, 0)}, "outside the map"),
        ({"start": (2, 2)}, "is the goal"),
        ({"begin": (0, 0)}, "'start' only"),
        ({"begin": 1, 3: 4}, "'start' only"),
        ({"start": (2.0, 0)}, "two whole numbers; got"),
        ({"start": (True, 0)}, "two whole numbers; got"),
        ({"start": 4}, "two whole numbers; got"),
        ({"start": None}, "two whole numbers; got"),
        ([("start", (0, 0))], "a dictionary or None"),
        ("start", "a dictionary or None"),
        ((), "a dictionary or None"),
    ],
)
def test_bad_reset_options(options, message):
    with pytest.raises(ValueError, match=message):
        GridWorldEnv(SMALL).reset(options=options)


def test_bad_steps():
    env = GridWorldEnv(SMALL, render_mode="ansi")
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.render()
    env.reset()
    for action in (-1, 4, 1.0, "up", True, np.True_, None, [1], np.array([1])):
        with pytest.raises(ValueError, match="from 0 to 3"):
            env.step(action)


def test_rendering_without_a_mode_warns():
    env = GridWorldEnv(SMALL)
    env.reset()
    with pytest.warns(UserWarning, match="render_mode"):
        assert env.render() is None


@pytest.mark.slow
def test_stable_baselines3_learns_the_way():
    from stable_baselines3 import DQN

    env = gymnasium.make(ENV_ID, suite="corners", size=5, max_episode_steps=25)
    world, goal = env.unwrapped.world, env.unwrapped.task.goal
    starts = [(int(row), int(column)) for row, column in world.cells if (row, column) != goal]

    def arrivals(policy) -> int:
        """From how many of the 24 starts the policy arrives within 25 steps."""
        arrived = 0
        for start in starts:
            state, _ = env.reset(options={"start": start})
            terminated = truncated = False
            while not (terminated or truncated):
                state, _, terminated, truncated, _ = env.step(policy(state))
            arrived += terminated
        return arrived

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a network is many times slower on several threads
    try:
        agent = DQN(
            "MlpPolicy",
            env,
            learning_rate=2e-3,
            buffer_size=5000,
            learning_starts=100,
            batch_size=64,
            train_freq=2,
            target_update_interval=100,
            exploration_fraction=0.5,
            policy_kwargs={"net_arch": [32]},
            seed=0,
            device="cpu",
        )
        agent.learn(2000)
        learned = arrivals(lambda state: int(agent.predict(state, deterministic=True)[0]))
    finally:
        torch.set_num_threads(threads)
    rng = np.random.default_rng(0)
    assert arrivals(lambda state: int(rng.integers(4))) <= 12
    assert learned >= 20
