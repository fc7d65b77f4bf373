"""Three agents in their first episode, as widgets show them: what words chose, nobody, and the map.

They walk in small pieces, faster and faster, so that a long episode lasts some eight seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

from cliprl_lite.learning.qlearning import Learner
from cliprl_lite.pictures.drawing import Agent, colour, picture, tag, text

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


def outcome(runners: Sequence[Runner]) -> str:
    """How a race ended, when all are over: who was last, or who was given up."""
    lost = [runner for runner in runners if not runner.arrived]
    if lost:
        who = " and ".join(f"{runner.letter}, which {runner.words}" for runner in lost)
        return f"Given up after {ENDLESS:,} steps: {who}."
    last = max(runners, key=lambda runner: runner.steps)
    return (
        f"All three have arrived. Last was {last.letter}, which {last.words}: {last.steps:,} steps."
    )


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
