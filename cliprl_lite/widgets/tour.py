"""The tour's app: type an instruction, see two ways of choosing a teacher, watch three agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from cliprl_lite.language.sentences import novelty
from cliprl_lite.learning.policies import TabularPolicy
from cliprl_lite.pictures.drawing import (
    Agent,
    agents_svg,
    colour,
    glyph,
    map_svg,
    picture,
    tag,
    text,
)
from cliprl_lite.transfer.algorithms import closest_teachers
from cliprl_lite.transfer.held_out_alignment import align_suite
from cliprl_lite.widgets.base import Refused, module, style
from cliprl_lite.widgets.runners import LETTERS, Runner, Trio, bars_svg
from cliprl_lite.widgets.words import square
from cliprl_lite.worlds.instruction_parser import Request, asked_for
from cliprl_lite.worlds.tasks import Task, TaskSuite

LONGEST = 200
"""Characters of an instruction that are read."""

_SIDE = 390.0


class Tour(Trio):
    """An instruction, two ways of choosing, three agents.

    The sentence only chooses the teachers. The agent that has learned its task is held out, from
    the choice and from the training of the alignment. The goal is a square of the map: suggested
    where the sentence asks for one object that is there, and otherwise for the reader to press.

    Args:
        suite: a house.
        policies: the old agents, sentence → policy, one for each task.
        seed: of the agents' first race; every further race takes the next seed.

    Attributes:
        typed: the instruction in the box.
        goal: state of the goal, −1 before one is chosen.
        told: remarks on the choice: who is held out, a *not* that the encoder does not hear, an old
            agent that has learned exactly this.
        playing: the agents are on their way.
        asked: buttons that were pressed lately: `"choose"`, `"go"` or `"stop"`.
    """

    _esm, _css = module("tour"), style("tour")
    typed = traitlets.Unicode().tag(sync=True, heard=True)
    scene = traitlets.Unicode().tag(sync=True)
    cells: traitlets.List[list[int]] = traitlets.List().tag(sync=True)
    names: traitlets.List[str] = traitlets.List().tag(sync=True)
    runners = traitlets.Unicode().tag(sync=True)
    bars = traitlets.Unicode().tag(sync=True)
    choices: traitlets.List[str] = traitlets.List().tag(sync=True)
    told = traitlets.Unicode().tag(sync=True)
    goal = traitlets.Int(-1).tag(sync=True, heard=True)

    def __init__(
        self, suite: TaskSuite, policies: Mapping[str, TabularPolicy], seed: int = 0
    ) -> None:
        self.suite, self.policies, self.seed = suite, dict(policies), seed
        self._said = ""  # the instruction that the teachers were chosen for
        self._request = Request(None, ())
        self._teachers: dict[str, Task] = {}
        self._warning = ""
        self._runners: list[Runner] = []
        super().__init__(cells=suite.map.cells.tolist())
        things = {t.goal: [f"{t.colour} {t.shape}"] for t in suite.tasks}
        self.names = [
            square((row, column), *things.get((row, column), [])) for row, column in self.cells
        ]
        self.status = "Type what the new agent is to do, and press Choose."
        self._draw()
        self.observe(lambda _: self._goal_pressed(), "goal")

    # -----------------------------------------------------------------------------------------
    # What a reader does
    # -----------------------------------------------------------------------------------------
    def choose(self, instruction: str | None = None) -> None:
        """Have both ways choose a teacher for what is typed."""
        if instruction is not None:
            self.typed = instruction
        self.stop()
        self._runners, self._teachers, self._warning, self.error = [], {}, "", ""
        said = self._said = self._shown
        if not said:
            self.status = "Type what the new agent is to do, and press Choose."
            self._draw()
            return
        self._request = asked_for(said, self.suite.tasks)
        tasks = [task for task in self.suite.tasks if task is not self._request.task]
        known = [task.sentence for task in tasks]
        old = [self.policies[sentence] for sentence in known]
        held_out = self._request.task.name if self._request.task else ""
        alignment = align_suite(self.suite, held_out)
        words, the_map = closest_teachers(said, known, old, alignment)
        nearest = novelty(said, known)
        if nearest.novel:
            self._warning = (
                f"Beware: it resembles nothing that the agents know (best cosine "
                f"{nearest.cosine:.2f}), so trust neither choice."
            )
        suggested = self._suggest()
        self._teachers = {"words": tasks[words], "map": tasks[the_map]}
        self.status = suggested
        self._draw()

    def place(self, cell: tuple[int, int]) -> None:
        """Put the goal on a square."""
        self.goal = self.suite.map.state(cell)

    def go(self) -> None:
        """Send the three agents off: step by step in an event loop, else at once."""
        self.stop()
        self.error = ""
        if self._shown != self._said:  # a race is for the sentence that is shown
            self.choose()
        if not self._teachers:
            self.error = "Nobody has chosen a teacher yet: type an instruction and press Choose."
            return
        if self.goal < 0:
            self.error = "There is no goal yet: press the square that is meant."
            return
        self._line_up(self.suite.map, self.suite.map.cell(self.goal))
        self._set_off("In their first episode …")

    def stop(self) -> None:
        """Stop where they are."""
        under_way = self._task is not None
        self.end()
        if under_way:
            self.status = "Stopped on the way. Go starts them again."

    def _do(self, button: Any) -> None:
        doing = {"choose": self.choose, "go": self.go, "stop": self.stop}
        if not isinstance(button, str) or button not in doing:
            raise ValueError(f"there is no button {str(button)[:40]!r}")
        doing[button]()

    @traitlets.validate("goal")
    def _on_the_map(self, proposal: Any) -> int:
        goal = int(proposal["value"])
        if not -1 <= goal < self.suite.map.n_states:
            raise Refused(f"squares are numbered 0 to {self.suite.map.n_states - 1}")
        return goal

    # -----------------------------------------------------------------------------------------
    # On the way
    # -----------------------------------------------------------------------------------------
    @property
    def first_episodes(self) -> dict[str, int]:
        """Steps of each agent's first episode, as far as it has come."""
        return {runner.kind: runner.steps for runner in self._runners}

    # -----------------------------------------------------------------------------------------
    # What is seen
    # -----------------------------------------------------------------------------------------
    @property
    def _shown(self) -> str:
        """The instruction in the box, as far as it is read."""
        return " ".join(self.typed.split())[:LONGEST]

    def _suggest(self) -> str:
        """Put the goal where the sentence asks for it, and say what a reader can do now."""
        asked = self._request.task
        if asked is not None:
            self.goal = self.suite.map.state(asked.cell)
            return f"The goal is {_thing(asked)}. Press Go, or another square."
        if self._request.negated:
            self.goal = -1
            return "Press the square that is meant."
        if self.goal < 0:
            return "It does not name exactly one object here: press the square that is meant."
        return "It does not name exactly one object here: keep the goal, or press another square."

    def _tell(self) -> str:
        """Remarks on the choice, as long as it stands."""
        if not self._teachers:
            return ""
        asked, negated = self._request.task, self._request.negated
        said = []
        if asked is not None:
            said.append(
                f"The agent of “{asked.sentence}” is held out: nobody has learned what is asked."
            )
        if negated:
            named = _thing(negated[0]) if len(negated) == 1 else "all that it may forbid"
            then = ", so the goal has to be pressed"
            if asked is not None:
                then = "; if another goal is meant, press it"
            said.append(f"The encoder does not hear “not” and listens to {named} too{then}.")
        for task in self.suite.tasks:
            if task is not asked and self.goal == self.suite.map.state(task.cell):
                pupils = [LETTERS[kind] for kind, own in self._teachers.items() if own is task]
                copied = f", copied by {' and '.join(pupils)}" if pupils else ""
                said.append(f"Somebody has learned exactly this: “{task.sentence}”{copied}.")
        return " ".join([*said, self._warning]).strip()

    def _goal_pressed(self) -> None:
        self.stop()
        self._runners = []
        if self._teachers and self.goal >= 0:
            where = square(self.suite.map.cell(self.goal))
            self.status = f"The goal is at {where}. Press Go."
        self._draw()

    def _draw(self) -> None:
        self.told = self._tell()
        self.scene = self._map(())
        self.choices = [
            f"By the words: {self._teachers['words'].sentence}",
            f"By the map: {self._teachers['map'].sentence}",
        ] if self._teachers else []  # fmt: skip
        self._draw_runners()

    def _draw_runners(self) -> None:
        self.runners = agents_svg(self.suite.map, self._agents(), _SIDE)
        self.bars = bars_svg(self._runners)

    def _agents(self) -> list[Agent]:
        return [runner.agent for runner in self._runners]

    def _map(self, agents: list[Agent] | tuple[()]) -> str:
        return map_svg(
            self.suite.map,
            title=self.suite.title,
            description=self._description(),
            goal=self.suite.map.cell(self.goal) if self.goal >= 0 else None,
            objects=[(t.cell, t.colour, t.shape, t.sentence) for t in self.suite.tasks],
            agents=agents,
            side=_SIDE,
        )

    def _description(self) -> str:
        objects = ", ".join(f"{t.colour} {t.shape} at {t.goal}" for t in self.suite.tasks)
        chosen = ". ".join(self.choices)
        return f"A map with {objects}. {chosen}. {self.told} {self.status}"

    def svg(self) -> str:
        rows = [
            tag("text", text(self.typed or "(nothing typed yet)", 60), x=430, y=30, font_size=16,
                font_weight=600, fill=colour("ink")),
        ]  # fmt: skip
        for number, kind in enumerate(("words", "map")):
            if self._teachers:
                task = self._teachers[kind]
                rows += [
                    glyph(task.colour, task.shape, 440, 60 + 30 * number, 18),
                    tag("text", text(self.choices[number], 60), x=458, y=65 + 30 * number,
                        font_size=14, fill=colour("ink")),
                ]  # fmt: skip
        nested = bars_svg(self._runners).replace("<svg ", '<svg x="430" y="130" ', 1)
        inner = self._map(self._agents())
        return picture(
            820, 410, "The tour", self._description(),
            tag("rect", width=820, height=410, fill=colour("page")), inner, *rows, nested,
        )  # fmt: skip

    def summary(self) -> str:
        return " · ".join(part for part in (*self.choices, self.told, self.status) if part)


def _thing(task: Task) -> str:
    """The object at a task's goal, or where that is."""
    named = f"{task.colour} {task.shape}".strip()
    return f"the {named}" if named else square(task.cell)
