"""The Gymnasium environment: the map of a suite, with the goal of one of its tasks.

Importing this module registers `CliprlLite/GridWorld-v0`, so that any Gymnasium agent can learn
the course's tasks.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from cliprl_lite.pictures.palette import rgb
from cliprl_lite.worlds.finite_world import STEP_REWARD
from cliprl_lite.worlds.gridworld import ACTIONS
from cliprl_lite.worlds.suite_files import load_suite
from cliprl_lite.worlds.tasks import Task, TaskSuite

ENV_ID = "CliprlLite/GridWorld-v0"
"""The name of the environment in Gymnasium's registry."""

MAX_EPISODE_STEPS = 2000
"""Steps after which `gymnasium.make` truncates: about twice a random walk's mean in `house_a`."""

CELL_PIXELS = 24
"""Width and height of one cell in the drawn picture."""


class GridWorldEnv(gymnasium.Env):
    """An agent on a map looks for the goal of one task.

    ## Description
    The map comes from a suite, the goal from one of its tasks. A move into a wall or over the
    edge leaves the agent where it is. Everything but the start is deterministic.

    ## Action space
    `Discrete(4)`: 0 up, 1 down, 2 left, 3 right.

    ## Observation space
    `Discrete(S)`: the number of the agent's cell among the S free cells, counted row by row from
    the top left.

    ## Reward
    −1 for every step, the one into the goal included.

    ## Starting state
    Any free cell but the goal, all equally likely, drawn from `self.np_random` alone.
    `reset(options={"start": (row, column)})` chooses the cell instead.

    ## Episode end
    - Termination: the agent reaches the goal.
    - Truncation: after 2000 steps, or `gymnasium.make(…, max_episode_steps=…)`. The bare class
      never truncates.

    ## Information
    `reset` and `step` return a dictionary with
    - `action_mask`: int8, shape `[4]`; 1 where the move would change the cell, as
      `action_space.sample(mask)` takes it;
    - `distance`: fewest steps from here to the goal.

    ## Arguments
    - `suite="house_a"`: the name of a shipped suite, the path of a suite file, or a `TaskSuite`.
    - `task=None`: the name of a task, learned or new. The suite's first one if none is given.
    - `size=None`: rows and columns, for a suite whose file leaves them open (`corners`).
    - `render_mode=None`: `"ansi"` draws text (`#` wall, `.` free, `G` goal, `A` agent, `*` agent
      at the goal); `"rgb_array"` draws a uint8 picture, shape `[24·rows, 24·columns, 3]`.

    Raises:
        SuiteError: if the suite cannot be read.
        ValueError: if the suite has no such task, or an argument has an unknown value.

    Example:
        >>> env = gymnasium.make("cliprl_lite.gym_env:CliprlLite/GridWorld-v0",
        ...                      suite="corners", size=5, task="left", render_mode="ansi")
        >>> state, info = env.reset(options={"start": (4, 0)})
        >>> print(env.render())
        ..G..
        .....
        .....
        .....
        A....
        >>> state, info["action_mask"].tolist(), info["distance"]
        (20, [1, 0, 0, 1], 6)
        >>> env.step(0)[:4]  # up
        (15, -1.0, False, False)
    """

    metadata = {"render_modes": ["ansi", "rgb_array"], "render_fps": 8}  # noqa: RUF012 (as in Env)

    def __init__(
        self,
        suite: str | Path | TaskSuite = "house_a",
        task: str | None = None,
        size: int | None = None,
        render_mode: str | None = None,
    ) -> None:
        modes = self.metadata["render_modes"]
        if render_mode is not None and render_mode not in modes:
            raise ValueError(f"the render mode is one of {modes} or None; got {render_mode!r}")
        if not isinstance(suite, TaskSuite):
            suite = load_suite(suite, size)
        elif size is not None:
            raise ValueError(f"suite {suite.name!r} has its map already; give no size with it")
        self.render_mode = render_mode
        self.task = _find_task(suite, task)
        self.world = suite.map
        self.observation_space = spaces.Discrete(self.world.n_states)
        self.action_space = spaces.Discrete(len(ACTIONS))
        self._goal = self.world.state(self.task.cell)
        self._distances = self.world.distances(self.task.goal)
        self._state: int | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Start an episode; returns `(observation, info)`.

        Args:
            seed: seed of `np_random`; without one it goes on from where it was.
            options: `{"start": (row, column)}` chooses the start.

        Raises:
            ValueError: if the start is no cell, a wall, the goal or off the map, or an option is
                unknown.
        """
        super().reset(seed=seed)
        options = {} if options is None else options
        if not isinstance(options, dict):
            raise ValueError(f"the options are a dictionary or None; got {options!r}")
        if unknown := set(options) - {"start"}:
            raise ValueError(f"reset knows the option 'start' only; got {list(unknown)}")
        if "start" in options:
            state = self.world.state(options["start"])
            if state == self._goal:
                raise ValueError(f"the start {self.task.goal} is the goal; choose another cell")
        else:
            state = int(self.np_random.integers(self.world.n_states - 1))
            state += state >= self._goal  # any state but the goal
        self._state = state
        return state, self._info(state)

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Take one action; returns `(observation, reward, terminated, truncated, info)`.

        Raises:
            ValueError: if the action is none of 0, 1, 2, 3.
            ResetNeeded: if no episode is under way.
        """
        if isinstance(action, bool) or not self.action_space.contains(action):
            raise ValueError(f"an action is a whole number from 0 to 3; got {action!r}")
        if self._state is None or self._state == self._goal:
            raise gymnasium.error.ResetNeeded("no episode is under way; call reset() first")
        state = self._state = int(self.world.next_state[self._state, action])
        return state, STEP_REWARD, state == self._goal, False, self._info(state)

    def _info(self, state: int) -> dict[str, Any]:
        return {
            "action_mask": (self.world.next_state[state] != state).astype(np.int8),
            "distance": int(self._distances[state]),
        }

    def render(self) -> str | NDArray[np.uint8] | None:
        """The map as the render mode asks: a text, a picture, or None without a mode.

        Raises:
            ResetNeeded: if there has been no episode yet.
        """
        if self.render_mode is None:
            gymnasium.logger.warn("there is nothing to render: give the environment a render_mode")
            return None
        if self._state is None:
            raise gymnasium.error.ResetNeeded("there is no agent to draw yet; call reset() first")
        agent = self.world.cell(self._state)
        return self._text(agent) if self.render_mode == "ansi" else self._picture(agent)

    def _text(self, agent: tuple[int, int]) -> str:
        rows = [list(row) for row in str(self.world).splitlines()]
        rows[self.task.goal[0]][self.task.goal[1]] = "G"
        rows[agent[0]][agent[1]] = "*" if agent == self.task.goal else "A"
        return "\n".join("".join(row) for row in rows)

    def _picture(self, agent: tuple[int, int]) -> NDArray[np.uint8]:
        picture = self._empty_map.copy()
        offset = np.arange(CELL_PIXELS) - (CELL_PIXELS - 2) / 2  # the last pixel is the hairline
        distance = np.hypot(offset[:, None], offset)
        inside = np.clip(CELL_PIXELS * 0.27 + 0.5 - distance, 0, 1)[..., None]  # a soft edge
        cell = _block(picture, agent)
        cell[:] = np.rint((1 - inside) * cell + inside * np.array(rgb("map")))
        return picture

    @cached_property
    def _empty_map(self) -> NDArray[np.uint8]:
        """The map and the goal without the agent, shape `[24·rows, 24·columns, 3]`."""
        rows, columns = self.world.shape
        shape = (rows * CELL_PIXELS, columns * CELL_PIXELS, 3)
        picture = np.full(shape, rgb("floor"), dtype=np.uint8)
        picture[CELL_PIXELS - 1 :: CELL_PIXELS] = picture[0] = rgb("hair")
        picture[:, CELL_PIXELS - 1 :: CELL_PIXELS] = picture[:, :1] = rgb("hair")
        for row, column in np.argwhere(self.world.walls):
            _block(picture, (row, column))[:] = rgb("wall")
        goal = _block(picture, self.task.cell)
        for margin in (2, 4):
            frame = goal[margin : -margin - 1, margin : -margin - 1]
            frame[[0, -1]] = frame[:, [0, -1]] = rgb("ink")
        return picture


def _block(picture: NDArray[np.uint8], cell: tuple[int, int]) -> NDArray[np.uint8]:
    """The pixels of one cell, a view of shape `[24, 24, 3]`."""
    row, column = (part * CELL_PIXELS for part in cell)
    return picture[row : row + CELL_PIXELS, column : column + CELL_PIXELS]


def _find_task(suite: TaskSuite, name: str | None) -> Task:
    tasks = {task.name: task for task in (*suite.tasks, *suite.targets)}
    if name is None:
        return suite.tasks[0]
    if name not in tasks:
        names = ", ".join(map(repr, tasks))
        raise ValueError(f"suite {suite.name!r} has no task {name!r}; it has {names}")
    return tasks[name]


gymnasium.register(ENV_ID, "cliprl_lite.gym_env:GridWorldEnv", max_episode_steps=MAX_EPISODE_STEPS)
