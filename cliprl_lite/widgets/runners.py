"""Three agents in their first episode, as widgets show them: what words chose, nobody, and the map.

They walk in small pieces, faster and faster, so that a long episode lasts some eight seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from cliprl_lite.learning.policies import TabularPolicy
from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.pictures.drawing import Agent, colour, picture, tag, text
from cliprl_lite.widgets.base import Player
from cliprl_lite.worlds.finite_world import FiniteWorld, Goal
from cliprl_lite.worlds.tasks import Task

ENDLESS = 100_000
"""Steps after which a first episode is given up."""

LETTERS = {"words": "W", "none": "0", "map": "M"}
"""Who chose an agent's teacher → the agent's letter."""

_TRAIL = 12


class Runner:
    """One agent in its first episode.

    Args:
        letter, kind: as of an `Agent`.
        words: what it starts from, after its letter: "starts from nothing".
        learner: at the beginning of its first episode.

    Attributes:
        trail: the last states that it was in.

    Example:
        >>> from cliprl_lite.worlds.gridworld import GridWorld
        >>> world = GridWorld.from_text("...")
        >>> runner = Runner("M", "map", "knows it", Learner(world, (0, 2), world.optimal_q((0, 2))))
        >>> runner.walk(100)
        >>> runner.arrived, runner.trail[-1]
        (True, 2)
    """

    def __init__(self, letter: str, kind: str, words: str, learner: Learner) -> None:
        self.letter, self.kind, self.words, self.learner = letter, kind, words, learner
        self.trail = [learner.state]

    @property
    def steps(self) -> int:
        """Steps so far."""
        return self.learner.steps

    @property
    def arrived(self) -> bool:
        """It has come to a goal."""
        return self.learner.episode > 0

    @property
    def over(self) -> bool:
        """It has arrived, or is given up."""
        return self.arrived or self.steps >= ENDLESS

    @property
    def agent(self) -> Agent:
        """What a map shows of it."""
        return Agent(self.letter, self.trail, self.kind)

    def walk(self, steps: int) -> None:
        """Go on with the first episode, and remember its last states."""
        if self.arrived:
            return
        watched = min(steps, _TRAIL)
        if steps > watched:
            self.learner.run(steps - watched, last_episode=1)
            self.trail = []
        for _ in range(watched):
            if self.over:
                break
            self.trail = [*self.trail[-_TRAIL:], self.learner.state]
            self.learner.run(1, last_episode=1)
        here = self._goal() if self.arrived else self.learner.state
        if self.trail[-1:] != [here]:
            self.trail = [*self.trail[-_TRAIL:], here]

    def _goal(self) -> int:
        """The goal state that it came to: one that lies a step from where it was, if it was seen
        there."""
        goals = self.learner.episodes.goals.tolist()
        after = self.learner.world.next_state[self.trail[-1]].tolist() if self.trail else []
        return next((state for state in after if state in goals), int(goals[0]))


class Trio(Player):
    """A widget that sends three agents off and shows how far they have come.

    Attributes:
        policies: the old agents, sentence → policy.
        seed: of the agents; the next ones take the next seed.
    """

    policies: Mapping[str, TabularPolicy]
    seed: int
    _runners: list[Runner]
    _teachers: dict[str, Task]
    _pace: tuple[float, int]

    def _line_up(self, world: FiniteWorld, goal: Goal) -> None:
        """Put all three at their start: copies of two teachers, and one that copies nobody."""
        self._runners = []
        for kind, letter in LETTERS.items():
            teacher = self._teachers.get(kind)
            words = f"copies “{teacher.sentence}”" if teacher else "starts from nothing"
            table = self.policies[teacher.sentence].q if teacher else None
            self._runners.append(
                Runner(letter, kind, words, Learner(world, goal, table, self.seed))
            )
        self.seed += 1

    def _set_off(self, status: str) -> None:
        """Let them walk: step by step in an event loop, else at once."""
        self.status = status
        try:
            self.begin(self._watch())
        except RuntimeError:  # there is no event loop
            self.finish()
        else:
            self.playing = True

    def finish(self) -> None:
        """Take the agents that are on their way to the goal at once."""
        self.end()
        if self._runners:
            while not self._over:
                self._walk(1_000)
            self._arrived()

    @property
    def _over(self) -> bool:
        return all(runner.over for runner in self._runners)

    async def _watch(self) -> None:
        frame = 0
        while not self._over:
            period, pictures = self._pace
            for _ in range(pictures):  # faster and faster: a long episode lasts some eight seconds
                self._walk(1 + frame // 10)
                frame += 1
            self._draw_runners()
            await asyncio.sleep(period)
        self._arrived()

    def _walk(self, steps: int) -> None:
        for runner in self._runners:
            runner.walk(steps)

    def _arrived(self) -> None:
        self.status = outcome(self._runners)
        self._draw_runners()

    def _draw_runners(self) -> None:
        """Draw the agents where they are."""
        raise NotImplementedError


def outcome(runners: Sequence[Runner]) -> str:
    """How a race ended, when all are over: who was last, or who was given up."""
    lost = [runner for runner in runners if not runner.arrived]
    if lost:
        who = " and ".join(f"{runner.letter}, which {runner.words}" for runner in lost)
        return f"Given up after {ENDLESS:,} steps: {who}."
    most = max(runner.steps for runner in runners)
    last = [runner for runner in runners if runner.steps == most]
    who = ", and ".join(f"{runner.letter}, which {runner.words}" for runner in last)
    verb = "was" if len(last) == 1 else "were"
    return f"All three have arrived. Last {verb} {who}: {most:,} steps."


def bars_svg(runners: Sequence[Runner]) -> str:
    """A bar for each agent: how many steps its first episode has taken so far."""
    width, row = 290.0, 50.0
    longest = max([400, *(runner.steps for runner in runners)])
    marks = []
    for number, runner in enumerate(runners):
        y = number * row
        length = (width - 96) * runner.steps / longest
        state = "" if runner.arrived else " …"
        marks += [
            tag("text", text(f"{runner.letter} {runner.words}", 40), x=0, y=y + 16,
                font_size=14, fill=colour("ink")),
            tag("rect", x=0, y=y + 24, width=max(2.0, length), height=14,
                fill=colour(runner.kind)),
            tag("text", f"{runner.steps:,} steps{state}", x=length + 6, y=y + 36,
                font_size=13, fill=colour("ink")),
        ]  # fmt: skip
    told = "; ".join(f"{r.letter} {r.words}: {r.steps:,} steps" for r in runners)
    return picture(width, 3 * row, "First episodes", told, *marks)
