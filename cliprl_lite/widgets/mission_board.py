"""A BabyAI mission, two ways of choosing a teacher, and three first journeys with directions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from cliprl_lite.language.sentences import embed, novelty
from cliprl_lite.learning.policies import TabularPolicy, policy_vectors
from cliprl_lite.pictures.drawing import colour, picture, tag, text
from cliprl_lite.pictures.pose_map import pose_agents_svg, pose_map_svg
from cliprl_lite.transfer.algorithms import closest_teachers
from cliprl_lite.transfer.alignment_training import align
from cliprl_lite.transfer.held_out_alignment import SHORT
from cliprl_lite.widgets.base import Refused, module, style
from cliprl_lite.widgets.runners import Runner, Trio, bars_svg
from cliprl_lite.worlds.instruction_parser import asked_for
from cliprl_lite.worlds.tasks import Task, TaskSuite

LONGEST = 200
"""Characters of a mission that are read."""

_SIDE = 520.0
_BEGIN = "Type a mission, or pick one, and press Choose."


class MissionBoard(Trio):
    """A mission, the teachers that words and map choose for it, and how three agents set out.

    The agent that has learned the mission itself is held out. The agents walk as BabyAI's does: a
    step is a turn to the left, a turn to the right, or a square forward, and each costs 1.

    Args:
        suite: a world whose states are poses, such as those from BabyAI.
        policies: the old agents, sentence → policy, one for each task.
        seed: of the agents' first journeys; Play again takes the next seed.

    Attributes:
        typed: the mission in the box.
        goal: number of the task whose object is the goal, −1 before there is one.
        told: who is held out, and what the choice cannot be trusted for.
        playing: the agents are on their way.

    Raises:
        ValueError: if a task has no policy, or the states of the world are no poses.

    Example:
        >>> from cliprl_lite import load_suite
        >>> house = load_suite("babyai_house_a")
        >>> world = house.world
        >>> old = {t.sentence: TabularPolicy(world, world.optimal_q(t.goal)) for t in house.tasks}
        >>> board = MissionBoard(house, old)
        >>> board.choose("go to the red ball")
        >>> board.choices
        ['By the words: go to the green ball', 'By the map: go to the red key']
    """

    _esm, _css = module("mission_board"), style("mission_board")
    typed = traitlets.Unicode().tag(sync=True, heard=True)
    missions: traitlets.List[str] = traitlets.List().tag(sync=True)
    goal = traitlets.Int(-1).tag(sync=True, heard=True)
    scene = traitlets.Unicode().tag(sync=True)
    runners = traitlets.Unicode().tag(sync=True)
    bars = traitlets.Unicode().tag(sync=True)
    choices: traitlets.List[str] = traitlets.List().tag(sync=True)
    told = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, suite: TaskSuite, policies: Mapping[str, TabularPolicy], seed: int = 0
    ) -> None:
        for task in suite.tasks:
            if task.sentence not in policies:
                raise ValueError(f"there is no policy for {task.sentence!r}; give one a task")
        self.suite, self.policies, self.seed = suite, dict(policies), seed
        self._said = ""  # the mission that the teachers were chosen for
        self._teachers: dict[str, Task] = {}
        self._runners: list[Runner] = []
        super().__init__(missions=suite.sentences)
        self.status = _BEGIN
        self._draw()
        self.observe(lambda _: self._goal_set(), "goal")

    # What a reader does --------------------------------------------------------------------------
    def choose(self, mission: str | None = None) -> None:
        """Have both ways choose a teacher for what is typed."""
        if mission is not None:
            self.typed = mission
        self.end()
        self._runners, self._teachers, self.told, self.error = [], {}, "", ""
        said = self._said = self._shown
        if not said:
            self.status = _BEGIN
            self._draw()
            return
        request = asked_for(said, self.suite.tasks)
        bases = [task for task in self.suite.tasks if task is not request.task]
        known = [task.sentence for task in bases]
        old = [self.policies[sentence] for sentence in known]
        # Short, since in rooms that chance furnished more steps amplify the last bit of a number.
        alignment = align(embed(known), policy_vectors(old), SHORT)
        words, the_map = closest_teachers(said, known, old, alignment)
        self._teachers = {"words": bases[words], "map": bases[the_map]}
        if request.task is not None:
            self.goal = self.suite.tasks.index(request.task)
            self.status = f"The goal is the {_thing(request.task)}. Press Play."
        elif self.goal < 0 or request.negated:
            self.goal = -1
            self.status = "It does not name exactly one object here: pick the goal."
        else:
            self.status = (
                "It does not name exactly one object here: keep the goal, or pick another."
            )
        self.told = self._remarks(request.task, bool(request.negated), known)
        self._draw()

    def play(self) -> None:
        """Send the three agents off: step by step in an event loop, else at once."""
        self.end()
        self.error = ""
        if self._shown != self._said:  # a journey is for the mission that is shown
            self.choose()
        if not self._teachers:
            self.error = "Nobody has chosen a teacher yet: type a mission and press Choose."
            return
        if self.goal < 0:
            self.error = "There is no goal yet: pick the object that is meant."
            return
        self._line_up(self.suite.world, self.suite.tasks[self.goal].goal)
        self.go_on()

    def go_on(self) -> None:
        """Let agents that were stopped walk on."""
        self.error = ""
        if not self._runners or self._over:
            self.play()
            return
        self._set_off("On their first journey …")

    def pause(self) -> None:
        """Stop where they are; Play lets them go on."""
        if self.playing:
            self.end()
            steps = max(runner.steps for runner in self._runners)
            self.status = f"Paused after {steps:,} steps. Play goes on."

    def _do(self, button: Any) -> None:
        doing = {"choose": self.choose, "play": self._pressed, "pause": self.pause}
        if not isinstance(button, str) or button not in doing:
            raise ValueError(f"there is no button {str(button)[:40]!r}")
        doing[button]()

    def _pressed(self) -> None:
        if self._shown != self._said:
            self.play()
        else:
            self.go_on()

    @traitlets.validate("goal")
    def _is_there(self, proposal: Any) -> int:
        goal = int(proposal["value"])
        if not -1 <= goal < len(self.suite.tasks):
            raise Refused(f"the goals are numbered 0 to {len(self.suite.tasks) - 1}")
        return goal

    def _goal_set(self) -> None:
        self.end()
        self._runners = []
        if self._teachers and self.goal >= 0:
            self.status = f"The goal is the {_thing(self.suite.tasks[self.goal])}. Press Play."
        self._draw()

    # On the way ----------------------------------------------------------------------------------
    @property
    def first_journeys(self) -> dict[str, int]:
        """Steps of each agent's first journey, as far as it has come."""
        return {runner.kind: runner.steps for runner in self._runners}

    # What is seen --------------------------------------------------------------------------------
    @property
    def _shown(self) -> str:
        """The mission in the box, as far as it is read."""
        return " ".join(self.typed.split())[:LONGEST]

    def _remarks(self, asked: Task | None, negated: bool, known: list[str]) -> str:
        said = []
        if asked is not None:
            said.append(f"The agent of “{asked.sentence}” is held out.")
        if negated:
            said.append("The encoder does not hear “not”, so an object that is forbidden counts.")
        nearest = novelty(self._said, known)
        if nearest.novel:
            said.append(
                "Beware: it resembles nothing that the agents know (best cosine "
                f"{nearest.cosine:.2f}), so trust neither choice."
            )
        return " ".join(said)

    def _draw(self) -> None:
        with self.hold_sync():
            self.choices = [
                f"By the words: {self._teachers['words'].sentence}",
                f"By the map: {self._teachers['map'].sentence}",
            ] if self._teachers else []  # fmt: skip
            self.scene = self._map([])
            self._draw_runners()

    def _draw_runners(self) -> None:
        with self.hold_sync():
            agents = [runner.agent for runner in self._runners]
            self.runners = pose_agents_svg(self.suite, agents, _SIDE)
            self.bars = bars_svg(self._runners)

    def _map(self, runners: list[Runner]) -> str:
        return pose_map_svg(
            self.suite,
            title=self.suite.title,
            description=self._description(),
            goal=self.suite.tasks[self.goal] if self.goal >= 0 else None,
            agents=[runner.agent for runner in runners],
            side=_SIDE,
        )

    def _description(self) -> str:
        groups: dict[str, list[str]] = {}
        for task in self.suite.tasks:
            groups.setdefault(task.group or "elsewhere", []).append(_thing(task))
        rooms = "; ".join(f"{room}: {', '.join(found)}" for room, found in sorted(groups.items()))
        return " ".join([f"Objects by room: {rooms}.", *self.choices, self.told, self.status])

    def svg(self) -> str:
        lines = [self.typed or "(no mission yet)", *self.choices]
        rows = [
            tag("text", text(line, 60), x=_SIDE + 20, y=30 + 28 * number, font_size=14,
                font_weight=None if number else 600, fill=colour("ink"))
            for number, line in enumerate(lines)
        ]  # fmt: skip
        nested = bars_svg(self._runners).replace("<svg ", f'<svg x="{_SIDE + 20:g}" y="120" ', 1)
        return picture(
            _SIDE + 330, _SIDE, "A mission", self._description(),
            tag("rect", width=_SIDE + 330, height=_SIDE, fill=colour("page")),
            self._map(self._runners), *rows, nested,
        )  # fmt: skip

    def summary(self) -> str:
        return " · ".join(part for part in (*self.choices, self.told, self.status) if part)


def _thing(task: Task) -> str:
    """The object of a task."""
    return f"{task.colour} {task.shape}".strip() or task.name
